"""What kind of numbers an input holds, and further inputs of that kind: ordinary ones, and the edges of the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from harness.explain.standing import as_arrays
from harness.records import InputArray
from harness.reference.evaluate import Evaluated

Values = NDArray[Any]
Shape = tuple[int, ...]
SEED = 20240229
ORDINARY = 3


def kind_of(given: InputArray) -> str:
    """The narrowest kind that the numbers of an input fit."""
    a = given.values
    if not a.size:
        return "real"
    if a.dtype.kind != "f" or given.integral:
        return _kind_of_integers(a)
    if np.all((a >= 0) & (a <= 1)):
        whole = a.ndim and np.all(np.abs(a.sum(-1) - 1.0) <= a.shape[-1] * 2.0**-10)
        return "simplex" if whole and a.shape[-1] > 1 else "unit"
    if np.all(a <= 0) and a.ndim and np.all(np.abs(np.exp(a).sum(-1) - 1.0) <= a.shape[-1] * 2.0**-10):
        return "log-simplex"
    return "positive" if np.all(a > 0) else "real"


def _kind_of_integers(a: Values) -> str:
    present = set(np.unique(a).tolist())
    if a.ndim > 1 and present == {0, 1} and np.all(a.sum(-1) == 1):
        return "one-hot"
    if present <= {0, 1} and a.ndim > 0:
        return "binary"
    if present <= {-1, 1}:
        return "signed"
    return "whole"


def _simplex(rng: Generator, shape: Shape) -> Values:
    powers = rng.gamma(1.0, size=shape) + 0.01
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def _one_hot(rng: Generator, shape: Shape) -> Values:
    return np.asarray(rng.integers(0, shape[-1], shape[:-1])[..., None] == np.arange(shape[-1]), np.int64)


SAMPLERS: Mapping[str, Callable[[Generator, Shape], Values]] = {
    "real": lambda rng, shape: rng.normal(0.0, 2.0, shape),
    "positive": lambda rng, shape: np.exp(rng.normal(0.0, 0.8, shape)),
    "unit": lambda rng, shape: rng.uniform(0.02, 0.98, shape),
    "simplex": _simplex,
    "log-simplex": lambda rng, shape: np.log(_simplex(rng, shape)),
    "one-hot": _one_hot,
    "binary": lambda rng, shape: rng.integers(0, 2, shape),
    "signed": lambda rng, shape: 2 * rng.integers(0, 2, shape) - 1,
    "count": lambda rng, shape: rng.integers(0, 6, shape),
}


def sample(kind: str, shape: Shape, rng: Generator) -> InputArray:
    """A random input of a kind."""
    values = np.asarray(SAMPLERS[kind](rng, shape))
    return InputArray(values if values.dtype.kind == "f" else values.astype(np.int64), values.dtype.kind != "f")


def _like(given: InputArray, kind: str, rng: Generator) -> InputArray:
    a = given.values
    if kind == "whole":
        # The same labels in another order: which are there at all may be a matter of its own.
        values: Values = rng.permutation(a.ravel()).reshape(a.shape)
    else:
        values = np.asarray(SAMPLERS[kind](rng, a.shape)).astype(a.dtype)
    return replace(given, values=values)


def _every(a: Values, step: int, value: float) -> Values:
    return np.where(np.arange(a.size).reshape(a.shape) % step == 0, value, a).astype(a.dtype)


def _planted_class(a: Values, rng: Generator) -> Values:
    """Rows of a distribution that are certain of one class."""
    return np.where(
        (np.arange(a.shape[0]) % 2 == 0).reshape(-1, *[1] * (a.ndim - 1)), _one_hot(rng, a.shape), a
    ).astype(a.dtype)


EDGES: Mapping[str, Callable[[Values, Generator], Iterator[Values]]] = {
    "unit": lambda a, _rng: (_every(a, step, value) for step, value in ((3, 0.0), (4, 1.0), (2, 1e-9))),
    "simplex": lambda a, rng: iter([_planted_class(a, rng)] if a.ndim > 1 else []),
    "real": lambda a, _rng: (a * scale for scale in (0.0, 30.0, 1000.0, -1.0)),
    "positive": lambda a, _rng: (a * scale for scale in (1e-6, 1e4)),
}


@dataclass(frozen=True, eq=False)
class Trial:
    """One set of inputs; `edge` says that it lies at the edge of its kind, or what makes it so.

    `known` is what losses come to on them.
    """

    inputs: Mapping[str, InputArray]
    edge: str = ""
    known: dict[object, Evaluated | None] = field(default_factory=dict)

    @cached_property
    def arrays(self) -> dict[str, Values]:
        """The inputs, not rounded to any dtype: a distribution sums to 1 here, whatever that would make of it."""
        return as_arrays(self.inputs, "float64")


def trials(inputs: Mapping[str, InputArray], main: tuple[str, ...]) -> tuple[Trial, ...]:
    """The inputs themselves, random ones of the same kinds and shapes, and the edges of the kinds of `main`."""
    rng = np.random.default_rng(SEED)
    kinds = {name: kind_of(given) for name, given in inputs.items()}
    found = [Trial(inputs)]
    found += [Trial({name: _like(given, kinds[name], rng) for name, given in inputs.items()}) for _ in range(ORDINARY)]
    base = found[1].inputs
    for name, kind in kinds.items():
        if name in main and kind in EDGES:
            for values in EDGES[kind](base[name].values, rng):
                changed = {**base, name: replace(base[name], values=values)}
                found.append(Trial(changed, f"{name} = {_text(values)}"))
    return tuple(found)


def _text(a: Values) -> str:
    return np.array2string(a, precision=6, separator=", ", threshold=8, edgeitems=2, max_line_width=10_000).replace(
        "\n", ""
    )
