"""What the inputs of a case say of the trees in a point: shapes, numbers, and whether two points are one loss here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.reference.arithmetic import Plain, Rounded
from harness.reference.evaluate import Evaluated, Evaluator
from harness.reference.interpret import Scope, interpret
from harness.reference.rounded import Ball
from harness.reference.tape import Tensor
from harness.semantics import Semantics
from harness.syntax import Node

PLAIN = Plain()


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The inputs, rounded to `dtype`, on which points are told in other words; `wrt` is differentiated by.

    What is found of trees, points and pairs of points is kept.
    """

    inputs: Mapping[str, np.ndarray]
    dtype: str
    wrt: str | None
    arrays: dict[Node, np.ndarray | None] = field(default_factory=dict)
    evaluators: dict[str | None, Evaluator] = field(default_factory=dict)
    pairs: dict[tuple[Semantics, Semantics], tuple[Semantics, Semantics]] = field(default_factory=dict)

    def array(self, node: Node) -> np.ndarray | None:
        """The numbers of a tree; None where it has no reading."""
        if node not in self.arrays:
            self.arrays[node] = self._read(node)
        return self.arrays[node]

    def _read(self, node: Node) -> np.ndarray | None:
        leaves = {n: Tensor(PLAIN, a) if a.dtype.kind == "f" else a for n, a in self.inputs.items()}
        try:
            with np.errstate(all="ignore"):
                value = interpret(node, Scope(leaves, Tensor(PLAIN, np.zeros(()))))
            return np.asarray(value.mid if isinstance(value, Tensor) else value)
        except (CaseError, ValueError, IndexError, TypeError, KeyError):
            return None

    def shape(self, node: Node) -> tuple[int, ...] | None:
        """The shape of a tree."""
        found = self.array(node)
        return None if found is None else found.shape

    def same(self, a: Semantics, b: Semantics) -> bool:
        """Whether two points come to the same numbers here, up to rounding; where to nan, in the gradient too."""
        try:
            x, y = (self._evaluated(s, None).value for s in (a, b))
            if not _meet(x, y):
                return False
            if self.wrt is None or not np.isnan(x.mid).any():
                return True
            return _meet(*(self._evaluated(s, self.wrt).gradient for s in (a, b)))
        except (CaseError, ValueError, IndexError, TypeError):
            return False

    def _evaluated(self, s: Semantics, wrt: str | None) -> Evaluated:
        if wrt not in self.evaluators:
            self.evaluators[wrt] = Evaluator(self.inputs, Rounded(self.dtype, ordinary=True), self.dtype, wrt)
        return self.evaluators[wrt](s)


def _meet(x: Ball, y: Ball) -> bool:
    if x.mid.size != y.mid.size:
        return False
    room = np.where(np.isfinite(x.err), x.err, 0.0) + np.reshape(np.where(np.isfinite(y.err), y.err, 0.0), x.mid.shape)
    return within(difference(x.mid, np.reshape(y.mid, x.mid.shape)), room)
