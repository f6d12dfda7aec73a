"""Whether a candidate is the goal: by the reference on many inputs, and then by both frameworks themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.compare import difference, ulps, within
from harness.errors import CaseError
from harness.explain.standing import as_arrays
from harness.explain.translate.kinds import Trial
from harness.explain.written import as_written
from harness.findings import Probe
from harness.records import Array, Computed, Expression, InputArray, Observation
from harness.reference.arithmetic import Arithmetic, Plain, Rounded
from harness.reference.evaluate import Evaluated, evaluate
from harness.semantics import Semantics
from harness.syntax import Node

PLAIN, WIDE = Plain(), Rounded("float64")
FAILURES = (CaseError, ValueError, IndexError, TypeError, KeyError, ZeroDivisionError, AssertionError)

# Frameworks whose answers have no gradient.
VALUES_ONLY = frozenset({"numpy", "sklearn", "onnx"})

# A loss as something to evaluate: arrays, arithmetic, dtype, wrt → value and gradient.
Evaluator = Callable[[Mapping[str, np.ndarray], Arithmetic, str, str | None], Evaluated]


@dataclass(frozen=True, slots=True)
class OfPoint:
    """A point, evaluated by the reference."""

    semantics: Semantics

    def __call__(self, arrays: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None) -> Evaluated:
        """Its value and gradient."""
        return evaluate(self.semantics, arrays, arith, dtype, wrt)


@dataclass(frozen=True, slots=True)
class OfTree:
    """An expression, operation by operation."""

    tree: Node

    def __call__(self, arrays: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None) -> Evaluated:
        """Its value and gradient."""
        return as_written(self.tree, arrays, arith, dtype, wrt)


def parted(a: Evaluator, b: Evaluator, trial: Trial, dtype: str, wrt: str | None) -> bool | None:
    """Whether two losses differ on a trial by more than float64 rounding; None where the first has no value there."""
    x, y = (_on(trial, side, PLAIN, dtype, wrt) for side in (a, b))
    if x is None or y is None:
        return None if x is None else True
    if _same(x.value, y.value) and (wrt is None or _same(x.gradient, y.gradient)):
        return False
    x, y = (_on(trial, side, WIDE, dtype, wrt) for side in (a, b))
    if x is None or y is None:
        return True
    return _apart(x.value, y.value) or (wrt is not None and _apart(x.gradient, y.gradient))


def _on(trial: Trial, side: Evaluator, arith: Arithmetic, dtype: str, wrt: str | None) -> Evaluated | None:
    """What a loss comes to on a trial, evaluated once."""
    key = side, arith, dtype, wrt
    if key not in trial.known:
        trial.known[key] = _evaluated(side, trial.arrays, arith, dtype, wrt)
    return trial.known[key]


def _evaluated(
    side: Evaluator, arrays: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None
) -> Evaluated | None:
    try:
        return side(arrays, arith, dtype, wrt)
    except FAILURES:
        return None


def _same(x: object, y: object) -> bool:
    first, second = np.asarray(x), np.asarray(y)
    return first.shape == second.shape and np.array_equal(first, second, equal_nan=True)


def _apart(x: object, y: object) -> bool:
    first, second = (np.asarray(side.mid) for side in (x, y))  # type: ignore[attr-defined]
    if not _fits(first, second):
        return True
    room = np.asarray(x.err) + np.reshape(np.asarray(y.err), first.shape)  # type: ignore[attr-defined]
    return not within(difference(first, np.reshape(second, first.shape)), np.where(np.isfinite(room), room, 0.0))


def _fits(x: np.ndarray, y: np.ndarray) -> bool:
    """One element is one element, whatever axes of length 1 it comes in."""
    return x.shape == y.shape or (x.size == y.size == 1)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What running both sides came to.

    Attributes:
        refuted: How they differ on ordinary inputs; empty if they do not.
        edges: Edges at which they differ, in words.
        ulps: The largest difference of a value, in units of the last place.
    """

    refuted: str
    edges: tuple[str, ...] = ()
    ulps: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """Puts the original and candidates to their frameworks; the original once per trial.

    `evaluator` is what the reference says of the original: its rounding is half of what is allowed.
    """

    original: Expression
    evaluator: Evaluator
    dtype: str
    wrt: str | None
    probe: Probe
    seen: dict[int, Observation]

    def agreement(self, candidate: Expression, evaluator: Evaluator, trials: tuple[Trial, ...]) -> Agreement:
        """Run a candidate on `trials`; the first disagreement that is not at an edge ends it."""
        worst, asked, edges = 0.0, 0, []
        for trial in trials:
            if id(trial) not in self.seen:
                self.seen[id(trial)] = self.probe(self.original, trial.inputs, self.dtype, self.wrt)
            first = self.seen[id(trial)]
            if not isinstance(first, Computed):
                continue
            second = self.probe(candidate, trial.inputs, self.dtype, self.wrt)
            apart = self._apart(first, second, evaluator, trial.inputs)
            if apart and not trial.edge:
                return Agreement(apart)
            if apart:
                edges.append(f"{apart} where {trial.edge}")
            elif isinstance(second, Computed):
                worst, asked = max(worst, _worst(first.value, second.value, self.dtype)), asked + 1
        return Agreement("" if asked else "it could not be compared on any input", tuple(edges), worst)

    def _apart(self, a: Computed, b: Observation, evaluator: Evaluator, inputs: Mapping[str, InputArray]) -> str:
        if not isinstance(b, Computed):
            return f"it does not run ({_words(b)})"
        arrays = as_arrays(inputs, self.dtype)
        both = a.gradient is not None and b.gradient is not None
        rounded = [
            _evaluated(side, arrays, Rounded(self.dtype), self.dtype, self.wrt if both else None)
            for side in (self.evaluator, evaluator)
        ]
        if not _held(a.value, b.value, [None if r is None else r.value for r in rounded]):
            return "its value is another"
        if not both or a.gradient is None or b.gradient is None:
            return ""
        held = _held(a.gradient, b.gradient, [None if r is None else r.gradient for r in rounded])
        return "" if held else "its gradient is another"


def _held(x: Array, y: Array, bounds: list[object]) -> bool:
    """Whether two observed arrays are within the sum of both bounds; without any bound they must be the same."""
    if not _fits(x, y):
        return False
    room = np.zeros(x.shape)
    for bound in bounds:
        if bound is not None:
            err = np.asarray(bound.err)  # type: ignore[attr-defined]
            room = room + (np.reshape(err, x.shape) if err.size == x.size else np.max(err, initial=0.0))
    return within(difference(x, np.reshape(y, x.shape)), np.where(np.isnan(room), 0.0, room))


def _worst(x: Array, y: Array, dtype: str) -> float:
    gaps = np.abs(difference(x, np.reshape(y, x.shape)))
    finite = np.isfinite(gaps) & np.isfinite(x)
    return max((ulps(float(g), float(v), dtype) for g, v in zip(gaps[finite], x[finite], strict=True)), default=0.0)


def _words(seen: Observation) -> str:
    parts = (getattr(seen, name, "") for name in ("kind", "message", "reason"))
    return ": ".join(str(part) for part in parts if part) or type(seen).__name__
