"""What a pair is judged on: where each side stands, and the inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from harness.explain.parting import Tries
from harness.explain.standing import PLAIN, Enclosed, Reference, holds
from harness.explain.tellings.ground import Ground
from harness.records import Array
from harness.reference.evaluate import Evaluator
from harness.semantics import Semantics
from harness.syntax import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where one side stands.

    Attributes:
        name: The side's name in the case.
        value: What it returned, float64.
        gradient: Its gradient, or None.
        semantics: Its point, or None if it has none that is known.
        reference: What the reference says of the point; for a claim, the digits and half their last unit.
        written: The same of the expression operation by operation, where that is known: bounds a naive form.
        tree: The expression, or None for a function and a claim.
        claimed: The numbers were printed by somebody; their bound is half the last digit's unit.
    """

    name: str
    value: Array
    gradient: Array | None
    semantics: Semantics | None
    reference: Reference | None
    written: Reference | None = None
    tree: Node | None = None
    claimed: bool = False

    @property
    def spelled(self) -> Node | Semantics | None:
        """The expression, or the point where it is a call of the catalog that stands for it, or a function's."""
        return self.semantics if self.tree is None or self.written is self.reference else self.tree

    def observed(self, aspect: str) -> Array:
        """Value or gradient as it was returned."""
        array = self.value if aspect == "value" else self.gradient
        assert array is not None
        return array

    def enclosed(self, aspect: str, *, as_written: bool = False) -> Enclosed | None:
        """The reference of the aspect."""
        source = self.written if as_written else self.reference
        if source is None:
            return None
        return source.value if aspect == "value" else source.gradient

    def stands(self, aspect: str, dtype: str) -> bool:
        """Proof 1: the point reproduces what was observed."""
        enclosed = self.enclosed(aspect)
        return enclosed is not None and holds(self.observed(aspect), enclosed, dtype)

    def stands_as_written(self, aspect: str, dtype: str) -> bool:
        """Whether the naive form's wider bound covers what was observed."""
        enclosed = self.enclosed(aspect, as_written=True)
        return enclosed is not None and holds(self.observed(aspect), enclosed, dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a pair of one case is judged on: its inputs in one dtype, and what the prediction is said to be.

    `searching` allows the neighbourhood of a point to be searched for what a claim or a contradiction may be. What is
    evaluated for one pair is kept for the others.
    """

    inputs: Mapping[str, np.ndarray]
    dtype: str
    wrt: str | None
    prediction_is: str | None = None
    searching: bool = True
    evaluators: dict[str, Evaluator] = field(default_factory=dict)
    tried: dict[str, Tries] = field(default_factory=dict)
    grounds: dict[str, Ground] = field(default_factory=dict)

    @property
    def ground(self) -> Ground:
        """What the inputs say of trees and of points in other words."""
        return _kept(self.grounds, "", lambda: Ground(self.inputs, self.dtype, self.wrt))

    def evaluator(self, aspect: str) -> Evaluator:
        """Points on the case's inputs in plain float64, each evaluated once for all pairs."""
        return _kept(self.evaluators, aspect, lambda: Evaluator(self.inputs, PLAIN, self.dtype, self._of(aspect)))

    def tries(self, aspect: str) -> Tries:
        """Other inputs, on which points may part; what points come to there is kept for all pairs."""
        return _kept(self.tried, aspect, lambda: Tries(self.inputs, self._of(aspect)))

    def _of(self, aspect: str) -> str | None:
        return self.wrt if aspect == "gradient" else None


def _kept(known: dict[str, T], key: str, make: Callable[[], T]) -> T:
    if key not in known:
        known[key] = make()
    return known[key]
