"""What the sides of one case stand on in one dtype; what several of them need is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from harness.errors import CaseError
from harness.explain.compose import Facts
from harness.explain.points import facts_for, point_of
from harness.explain.question import Question, Standing
from harness.explain.standing import Reference, as_arrays, reference
from harness.explain.written import same_formula, written_reference
from harness.records import Case, Computed, Expression
from harness.semantics import Semantics


class Footing:
    """The inputs of one case in one dtype, and what the reference says there of the points that its sides stand for."""

    def __init__(self, case: Case, dtype: str) -> None:
        self.case, self.dtype = case, dtype
        self.arrays: Mapping[str, np.ndarray] = as_arrays(case.inputs, dtype)
        self._known: dict[tuple[Semantics, str | None], Reference] = {}

    @cached_property
    def facts(self) -> Facts:
        """What resolving the sides' texts may ask."""
        return facts_for(self.case.inputs, self.dtype, self.case.gradient or "prediction")

    def question(self) -> Question:
        """What pairs of the sides are judged on."""
        return Question(self.arrays, self.dtype, self.case.gradient, self.case.prediction_is)

    def standing(self, name: str, seen: Computed, known: Semantics | None = None) -> Standing:
        """The point of one side, and what the reference says of it; `known` is the point of a function."""
        side = self.case.sides[name]
        wrt = self.case.gradient if seen.gradient is not None else None
        semantics = reached = written = None
        if known is not None:
            semantics, reached = known, self._reference(known, wrt)
        if isinstance(side, Expression):
            try:
                semantics = point_of(side.tree, self.facts)
                reached = None if semantics is None else self._reference(semantics, wrt)
            except (CaseError, ValueError, IndexError):
                # A catalog point that these inputs do not fit: the framework took them, so the side has no known point.
                semantics = reached = None
            resolved = None if semantics is None or reached is None else (semantics, reached)
            written = written_reference(side.tree, self.arrays, self.dtype, wrt, resolved, self.facts.describe)
            if reached is not None and written is not None and not same_formula(reached, written):
                # Read as a point, the expression is worth something else than as it stands: it was misread.
                semantics = reached = None
            if side.mode != "eager" and semantics is not None:
                semantics = replace(semantics, mode=replace(semantics.mode, execution=side.mode))
        return Standing(name, seen.value, seen.gradient, semantics, reached, written)

    def _reference(self, semantics: Semantics, wrt: str | None) -> Reference:
        known = self._known.get((semantics, wrt))
        if known is None:
            known = self._known[semantics, wrt] = reference(semantics, self.arrays, self.dtype, wrt)
        return known
