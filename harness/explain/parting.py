"""Inputs that part two points which these inputs do not: for the scope of an `equal`, and for inactive differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from harness.errors import CaseError
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics

SEARCH = Rounded("float64")
ROUNDS = 4


def parting_input(a: Semantics, b: Semantics, inputs: Mapping[str, np.ndarray], wrt: str | None) -> Mapping[str, np.ndarray] | None:
    """Inputs of the same shapes on which `a` and `b` differ by more than rounding; None if none was found.

    Args:
        a: A point.
        b: Another.
        inputs: The case's inputs, whose shapes, kinds and ranges the tries keep to where they can.
        wrt: Compare gradients with respect to this input, or values if None.
    """
    for tried in variations(inputs):
        if _parted(a, b, tried, wrt):
            return tried
    return None


def _parted(a: Semantics, b: Semantics, inputs: Mapping[str, np.ndarray], wrt: str | None) -> bool:
    try:
        x, y = (evaluate(s, inputs, SEARCH, "float64", wrt) for s in (a, b))
    except (CaseError, ValueError, IndexError):
        return False
    first, second = (x.value, y.value) if wrt is None else (x.gradient, y.gradient)
    if np.shape(first.mid) != np.shape(second.mid):
        return True
    with np.errstate(invalid="ignore"):
        apart = np.abs(first.mid - second.mid)
    same = (first.mid == second.mid) | (np.isnan(first.mid) & np.isnan(second.mid))
    room = np.where(np.isfinite(first.err + second.err), first.err + second.err, 0.0)
    return bool(np.any(~same & ~(apart <= room)))


def variations(inputs: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Inputs of the same shapes: random ones of the same kind, then each float input at its edges."""
    rng = np.random.default_rng(20240229)
    for _ in range(ROUNDS):
        yield {name: _like(a, rng) for name, a in inputs.items()}
    for name, a in inputs.items():
        for edge in _edges(a):
            yield {**inputs, name: edge}


def _like(a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if a.dtype.kind != "f":
        return rng.integers(int(a.min(initial=0)), int(a.max(initial=1)) + 1, a.shape).astype(a.dtype)
    if a.size and np.all((a >= 0) & (a <= 1)):
        if a.ndim > 1 and np.all(np.abs(a.sum(-1) - 1.0) <= a.shape[-1] * 2.0**-20):
            powers = np.exp(rng.normal(0, 1.5, a.shape))
            return np.asarray(powers / powers.sum(-1, keepdims=True))
        return rng.uniform(0.02, 0.98, a.shape)
    return rng.normal(float(np.mean(a)) if a.size else 0.0, float(np.std(a)) + 1.0, a.shape) * (1.0 if np.any(a < 0) else 1.0)


def _edges(a: np.ndarray) -> Iterator[np.ndarray]:
    if a.dtype.kind != "f" or not a.size:
        return
    if np.all((a >= 0) & (a <= 1)):
        for value in (0.0, 1.0, 1e-9, 1.0 - 1e-9):
            yield np.where(np.arange(a.size).reshape(a.shape) % 3 == 0, value, a)
    for scale in (0.0, 30.0, 1000.0):
        yield a * scale
    yield -a


def described(inputs: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]) -> str:
    """The inputs that were changed, as text: `prediction = [[0.1, 0.9], …]`."""
    changed = [name for name, a in inputs.items() if not np.array_equal(a, before[name], equal_nan=a.dtype.kind == "f")]
    return "; ".join(f"{name} = {_text(inputs[name])}" for name in changed)


def _text(a: np.ndarray) -> str:
    return np.array2string(a, precision=6, separator=", ", threshold=12, max_line_width=10_000).replace("\n", "")
