"""Rows to ask about: predictions of each domain, targets of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator

from harness.explain.identify.frame import CONSTANT, Rows
from harness.records import Array
from harness.reference.arithmetic import quantise

Shape = tuple[int, int]
Sampler = Callable[[Generator, Shape], Array]


def _simplex(rng: Generator, shape: Shape) -> Array:
    weights = rng.gamma(1.5, size=shape) + 0.05
    return np.asarray(weights / weights.sum(-1, keepdims=True))


def _one_hot(rng: Generator, shape: Shape) -> Array:
    """Each class as often as any other; which of them, where the rows are fewer, is left to chance."""
    order = rng.permutation(shape[1]) if shape[0] < shape[1] else np.arange(shape[1])
    labels = rng.permutation(order[np.arange(shape[0]) % shape[1]])
    return np.asarray(labels[:, None] == np.arange(shape[1]), np.float64)


def _binary(rng: Generator, shape: Shape) -> Array:
    return (rng.permutation(np.arange(shape[0] * shape[1])) % 2).reshape(shape).astype(np.float64)


def _constant(value: float, _rng: Generator, shape: Shape) -> Array:
    return np.full(shape, value)


# Where predictions are drawn from; "simplex" serves a black box that wants rows of sum 1.
PREDICTIONS: dict[str, Sampler] = {
    "unit": lambda rng, shape: rng.uniform(0.04, 0.96, shape),
    "simplex": _simplex,
    "positive": lambda rng, shape: np.exp(rng.normal(0.0, 0.8, shape)),
    "negative": lambda rng, shape: -np.exp(rng.normal(0.0, 0.8, shape)),
    "real": lambda rng, shape: rng.normal(0.0, 1.6, shape),
}
# Which domains to try, widest first where the black box may well take more than the user's numbers show.
DOMAINS: dict[str, tuple[str, ...]] = {
    "unit": ("unit", "simplex"),
    "positive": ("positive", "unit"),
    "negative": ("negative",),
    "real": ("real",),
}
TARGETS: dict[str, Sampler] = {
    "index": _one_hot,
    "one-hot": _one_hot,
    "simplex": _simplex,
    "unit": lambda rng, shape: rng.uniform(0.02, 0.98, shape),
    "binary": _binary,
    "lists": _binary,
    "signed": lambda rng, shape: 2.0 * _binary(rng, shape) - 1.0,
    "log-simplex": lambda rng, shape: np.log(_simplex(rng, shape)),
    "count": lambda rng, shape: rng.integers(0, 6, shape).astype(np.float64),
    **{kind: partial(_constant, value) for kind, value in CONSTANT.items()},
    "positive": PREDICTIONS["positive"],
    "real": PREDICTIONS["real"],
}
# Targets of a kind may be softer than the user's: the wider answer is tried first and holds for both.
KINDS: dict[str, tuple[str, ...]] = {
    "index": ("index",),
    "lists": ("lists",),
    "one-hot": ("simplex", "one-hot"),
    "distribution": ("simplex",),
    "binary": ("unit", "binary"),
    "unit": ("unit",),
    "signed": ("real", "signed"),
    "log-distribution": ("log-simplex", "real"),
    "count": ("positive", "count"),
    "positive": ("positive",),
    "real": ("real",),
    **{kind: (kind,) for kind in CONSTANT},
}
HARD = frozenset({"index", "lists", "one-hot", "binary", "signed"})


# What a scale multiplies; all else is what it is without one.
SCALED_DOMAINS = frozenset({"positive", "negative", "real"})
SCALED_KINDS = frozenset({"count", "positive", "real"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: the domain of the predictions, the kind of the targets, the dtype, how large they are."""

    domain: str
    kind: str
    dtype: str
    scale: float = 1.0

    def draw(self, seed: int, shape: Shape) -> Rows:
        """P rows over K classes, P and K being `shape`; the same for the same seed."""
        rng = np.random.default_rng(seed)
        x, t = PREDICTIONS[self.domain](rng, shape), TARGETS[self.kind](rng, shape)
        if self.scale != 1.0 and self.domain in SCALED_DOMAINS:
            x = x * self.scale
        if self.scale != 1.0 and self.kind in SCALED_KINDS:
            t = t * self.scale if self.kind != "count" else np.round(t * self.scale)
        return Rows(quantise(x, self.dtype), quantise(t, self.dtype))
