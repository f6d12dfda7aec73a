"""Inputs that part two points which these inputs do not: for the scope of an `equal`, and for inactive differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.written import as_written
from harness.reference.arithmetic import Arithmetic, Plain, Rounded
from harness.reference.evaluate import Evaluated, Evaluator
from harness.semantics import Semantics
from harness.syntax import Node

ARITHMETICS: tuple[Arithmetic, Arithmetic] = (Plain(), Rounded("float64"))
ROUNDS = 4


class Try:
    """One set of inputs, and what points and expressions come to there: each is evaluated once."""

    def __init__(self, inputs: Mapping[str, np.ndarray], wrt: str | None) -> None:
        self.inputs = inputs
        self.plain, self.rounded = (_Kept(inputs, arith, wrt) for arith in ARITHMETICS)


class _Kept:
    """Points and expressions in one arithmetic."""

    def __init__(self, inputs: Mapping[str, np.ndarray], arith: Arithmetic, wrt: str | None) -> None:
        self._evaluator = Evaluator(inputs, arith, "float64", wrt)
        self._of_text = partial(as_written, inputs=inputs, arith=arith, dtype="float64", wrt=wrt)
        self._written: dict[Node, Evaluated] = {}

    def __call__(self, asked: Semantics | Node) -> Evaluated:
        if isinstance(asked, Semantics):
            return self._evaluator(asked)
        if asked not in self._written:
            self._written[asked] = self._of_text(asked)
        return self._written[asked]


class Tries:
    """Inputs on which two points may part, in the order in which they are tried; made when they are first wanted.

    Args:
        inputs: The case's inputs, whose shapes, kinds and ranges the tries keep to where they can.
        wrt: Compare gradients with respect to this input, or values if None.
    """

    def __init__(self, inputs: Mapping[str, np.ndarray], wrt: str | None) -> None:
        self._made: list[Try] = []
        self._rest = (Try(varied, wrt) for varied in variations(inputs))

    def __iter__(self) -> Iterator[Try]:
        """All of them, those that were made before first."""
        yield from self._made
        for each in self._rest:
            self._made.append(each)
            yield each


def parting_inputs(
    point: Semantics | Node, others: Sequence[Semantics | Node], tries: Tries
) -> list[Mapping[str, np.ndarray] | None]:
    """For each of `others`, inputs on which it and `point` differ by more than rounding; None where none was found."""
    found: list[Mapping[str, np.ndarray] | None] = [None] * len(others)
    for tried in tries if others else ():
        left = [i for i, known in enumerate(found) if known is None]
        if not left:
            break
        for i in left:
            if _parted(point, others[i], tried):
                found[i] = tried.inputs
    return found


def parting_input(a: Semantics | Node, b: Semantics | Node, tries: Tries) -> Mapping[str, np.ndarray] | None:
    """The same for one pair."""
    return parting_inputs(a, [b], tries)[0]


def _parted(a: Semantics | Node, b: Semantics | Node, tried: Try) -> bool:
    try:
        first, second = (np.asarray(_aspect(tried.plain(s))) for s in (a, b))
        if first.shape == second.shape and np.array_equal(first, second, equal_nan=True):
            return False
        x, y = (_aspect(tried.rounded(s)) for s in (a, b))
    except (CaseError, ValueError, IndexError, TypeError, KeyError):
        return False
    if np.size(x.mid) != np.size(y.mid):
        return True
    mid, err = np.reshape(y.mid, np.shape(x.mid)), x.err + np.reshape(y.err, np.shape(x.mid))
    # What an expression may be off by without an end says nothing of its number.
    unsure = np.isinf(err) & np.isfinite(x.mid) & np.isfinite(mid)
    return not within(np.where(unsure, 0.0, difference(x.mid, mid)), np.where(np.isfinite(err), err, 0.0))


def _aspect(evaluated: Evaluated) -> Any:  # noqa: ANN401  an array of any arithmetic
    return evaluated.value if evaluated.gradient is None else evaluated.gradient


def variations(inputs: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Inputs of the same shapes: random ones of the same kind, then each float input at its edges."""
    rng = np.random.default_rng(20240229)
    for i in range(ROUNDS):
        yield {name: _like(a, rng, marks=i % 2 == 0) for name, a in inputs.items()}
    for name, a in inputs.items():
        for edge in _edges(a):
            yield {**inputs, name: edge}


def _like(a: np.ndarray, rng: np.random.Generator, *, marks: bool) -> np.ndarray:
    """Random numbers of the same kind; with `marks`, what is 0 or 1 throughout stays so."""
    if a.dtype.kind != "f":
        kinds = np.unique(a)
        if kinds.size == 2:  # noqa: PLR2004  labels such as −1 and 1, between which there is none
            return rng.choice(kinds, a.shape)
        return rng.integers(int(a.min(initial=0)), int(a.max(initial=1)) + 1, a.shape).astype(a.dtype)
    if a.size and np.all((a >= 0) & (a <= 1)):
        if a.ndim > 1 and np.all(np.abs(a.sum(-1) - 1.0) <= a.shape[-1] * 2.0**-20):
            powers = np.exp(rng.normal(0, 1.5, a.shape))
            return np.asarray(powers / powers.sum(-1, keepdims=True))
        if marks and np.isin(a, (0.0, 1.0)).all():
            return rng.integers(0, 2, a.shape).astype(np.float64)
        return rng.uniform(0.02, 0.98, a.shape)
    finite = a[np.isfinite(a)]
    if finite.size and np.min(finite) >= 0.0:
        # Weights, rates and variances: positive, and zero as often as they were.
        some = rng.uniform(
            0.5 * np.min(finite, where=finite > 0, initial=np.max(finite)), 2.0 * np.max(finite), a.shape
        )
        return np.where(rng.uniform(size=a.shape) < np.mean(finite == 0.0), 0.0, some)
    middle, spread = (float(np.mean(finite)), float(np.std(finite))) if finite.size else (0.0, 0.0)
    return rng.normal(middle, spread + 1.0, a.shape)


def _edges(a: np.ndarray) -> Iterator[np.ndarray]:
    if a.dtype.kind != "f" or not a.size:
        return
    if np.all((a >= 0) & (a <= 1)):
        for value in (0.0, 1.0, 1e-9, 1.0 - 1e-9):
            yield np.where(np.arange(a.size).reshape(a.shape) % 3 == 0, value, a)
    for scale in (0.0, 30.0, 1000.0):
        yield np.where(np.isfinite(a), a, 0.0) * scale
    yield -a


def described(inputs: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]) -> str:
    """The inputs that were changed, as text: `prediction = [[0.1, 0.9], …]`."""
    changed = [name for name, a in inputs.items() if not np.array_equal(a, before[name], equal_nan=a.dtype.kind == "f")]
    return "; ".join(f"{name} = {_text(inputs[name])}" for name in changed)


def _text(a: np.ndarray) -> str:
    return np.array2string(a, precision=6, separator=", ", threshold=12, max_line_width=10_000).replace("\n", "")
