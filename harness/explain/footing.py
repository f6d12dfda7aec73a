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
from harness.explain.standing import Reference, References, as_arrays
from harness.explain.written import same_formula, written_reference
from harness.records import Case, Computed, Expression
from harness.semantics import Semantics
from harness.syntax import Node


class Footing:
    """The inputs of one case in one dtype, and what the reference says there of the points that its sides stand for."""

    def __init__(self, case: Case, dtype: str) -> None:
        self.case, self.dtype = case, dtype
        self.arrays: Mapping[str, np.ndarray] = as_arrays(case.inputs, dtype)
        self._references = References(self.arrays, dtype)

    @cached_property
    def facts(self) -> Facts:
        """What resolving the sides' texts may ask."""
        return facts_for(self.case.inputs, self.dtype, self.case.prediction)

    def question(self) -> Question:
        """What pairs of the sides are judged on."""
        return Question(self.arrays, self.dtype, self.case.gradient, self.case.prediction_is)

    def standing(self, name: str, seen: Computed, known: Semantics | None = None) -> Standing:
        """The point of one side, and what the reference says of it; `known` is the point of a function."""
        side = self.case.sides[name]
        wrt = self.case.gradient if seen.gradient is not None else None
        semantics = reached = written = tree = None
        if known is not None:
            semantics, reached = known, self._references(known, wrt)
        if isinstance(side, Expression):
            try:
                semantics = point_of(side.tree, self.facts)
                reached = None if semantics is None else self._references(semantics, wrt)
            except (CaseError, ValueError, IndexError):
                # A catalog point that these inputs do not fit: the framework took them, so the side has no known point.
                semantics = reached = None
            written = self._written(side.tree, wrt, semantics, reached)
            tree = side.tree
            if reached is not None and written is not None and not same_formula(reached, written):
                # Read as a point, the expression is worth something else than as it stands: it was misread.
                semantics = reached = None
            if side.mode != "eager" and semantics is not None:
                semantics = replace(semantics, mode=replace(semantics.mode, execution=side.mode))
        return Standing(name, seen.value, seen.gradient, semantics, reached, written, tree)

    def _written(
        self, tree: Node, wrt: str | None, semantics: Semantics | None, reached: Reference | None
    ) -> Reference | None:
        """The text as it is written; of a call with nothing around it, that is the point itself and no other form."""
        if reached is not None and self.facts.declared(tree) == semantics:
            return reached
        return written_reference(tree, self.arrays, self.dtype, wrt)
