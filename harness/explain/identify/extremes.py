"""Rows at the edges: probabilities of 0 and 1 and what is next to them, saturated logits, ties, large and small numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.frame import CONSTANT, Rows
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Mask, quantise

TINY = (0.0, 1e-40, 1e-25, 1e-17, 1e-14, 1e-11, 1e-9, 3e-8, 3e-7, 3e-6, 3e-5, 3e-4, 3e-3, 0.03)
BEYOND = (-0.25, 1.25)
SATURATED = (4.0, 8.0, 12.0, 16.0, 19.0, 22.0, 26.0, 30.0, 35.0, 45.0, 60.0, 90.0, 300.0, 700.0, 800.0, 1e5)
LARGE = (1e-12, 1e-7, 1e-3, 1.0, 10.0, 1e3, 1e6, 1e12)
RATES = (-1e3, -1e-3, -1e-8, 0.0, 2.0, 6.0, 20.0, 35.0, 80.0, 300.0, 700.0)
SHORT = (0.0, 1e-13, 3e-9, 3e-8, 3e-7, 1e-4)
REST = (0.31, 0.47, 0.22, 0.38, 0.55)
NEXT = (0.4, 0.9, 1.1, 3.0)  # Of a bound, where it is looked at.
SQUASHED = (("sigmoid",), ("softmax",))


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Rows at the edges.

    Attributes:
        rows: Predictions and targets.
        beyond: Outside of what the user's predictions can be.
        telling: Where a guard shows most: its bounds are read off there.
        at: Which element is at the edge; −1 where all are.
    """

    rows: Rows
    beyond: NDArray[np.bool_]
    telling: NDArray[np.bool_]
    at: NDArray[np.int_]


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    x: Array
    t: Array
    beyond: bool = False
    telling: bool = False
    at: int = -1


def extreme_rows(chain: tuple[str, ...], source: Source, classes: int) -> Extremes:
    """Each edge once as the target's element and once as another's, the rest of the row in the middle."""
    floor = FORMATS[source.dtype].eta
    edges = [*_one_by_one(chain, source, classes, floor), *_whole_rows(chain, source, classes)]
    rows = (np.array([edge.x for edge in edges]), np.array([edge.t for edge in edges]))
    found = Rows(*(quantise(a, source.dtype) for a in rows))
    beyond, telling = (np.array([getattr(edge, name) for edge in edges], bool) for name in ("beyond", "telling"))
    return Extremes(found, beyond, telling, np.array([edge.at for edge in edges]))


def _one_by_one(chain: tuple[str, ...], source: Source, classes: int, floor: float) -> Iterator[_Edge]:
    """Rows of which one element is at an edge."""
    values, squashed = _edges(chain, source.domain), chain[-1:] in SQUASHED
    # Numbers below the smallest normal one may be flushed to 0 or not, on the way in and out.
    values = values[(values == 0.0) | (np.abs(values) >= floor)]
    for i, value in enumerate(values):
        for hit in (True, False):
            x = _middle(chain, classes)
            x[i % classes] = value
            target = _target(i % classes, source.kind, classes, hit=hit)
            beyond = not squashed and _outside(float(value), source.domain)
            yield _Edge(x, target, beyond, _tells(float(value), chain, source.domain), i % classes)


def _edges(chain: tuple[str, ...], domain: str) -> Array:
    """Values of one element of the prediction that lead p to its edges."""
    tiny = np.array(TINY)
    if chain[-1:] in SQUASHED:
        return np.concatenate([-np.array(SATURATED), np.array(SATURATED), [0.0]])
    if chain == ("exp",):
        return np.concatenate([np.log(np.maximum(tiny, 1e-300)), RATES])
    if domain in ("unit", "simplex"):
        return np.concatenate([np.unique(np.concatenate([tiny, 1.0 - tiny])), BEYOND])
    return np.concatenate([[0.0], LARGE, -np.array(LARGE)])


def _outside(value: float, domain: str) -> bool:
    """Whether predictions of the domain are never `value`."""
    if domain in ("unit", "simplex"):
        return value in BEYOND
    return (domain == "positive" and value < 0.0) or (domain == "negative" and value > 0.0)


def _tells(value: float, chain: tuple[str, ...], domain: str) -> bool:
    if chain[-1:] in SQUASHED:
        return abs(value) == SATURATED[-1]
    if chain == ("exp",):
        return value <= math.log(1e-300)
    return value in (0.0, 1.0) if domain in ("unit", "simplex") else abs(value) <= 1.0


def _whole_rows(chain: tuple[str, ...], source: Source, classes: int) -> Iterator[_Edge]:
    """Rows that are the same throughout: all 0 or 1 beside such targets, and those whose norm is what is divided by."""
    if source.domain in ("real", "positive") and not chain:
        for value in SHORT:
            yield _Edge(np.full(classes, value), _target(0, source.kind, classes, hit=True), telling=True)
    low, high = (-SATURATED[-1], SATURATED[-1]) if chain[-1:] in SQUASHED else (0.0, 1.0)
    if source.kind in ("binary", "unit") and (chain[-1:] in SQUASHED or source.domain in ("unit", "simplex")):
        for x in (low, high):
            for t in (0.0, 1.0):
                yield _Edge(np.full(classes, x), np.full(classes, t), telling=x == low and t == 0.0)


def _middle(chain: tuple[str, ...], classes: int) -> Array:
    middle = np.array([REST[i % len(REST)] for i in range(classes)])
    if chain[-1:] in SQUASHED:
        return np.asarray(middle - 0.4)
    return np.log(middle) if chain == ("exp",) else middle


def _target(at: int, kind: str, classes: int, *, hit: bool) -> Array:
    if kind in CONSTANT:
        return np.full(classes, CONSTANT[kind])
    t = np.zeros(classes)
    if kind in ("index", "one-hot", "simplex", "log-simplex") and classes > 1:
        t[at if hit else (at + 1) % classes] = 1.0
        some = np.maximum(t, 1e-6)
        return np.log(some / some.sum()) if kind == "log-simplex" else t
    t[at] = 1.0
    t = t if hit else 1.0 - t
    return 2.0 * t - 1.0 if kind == "signed" else t


def next_to(low: float, chain: tuple[str, ...], source: Source, classes: int, *, hit: bool) -> Rows:
    """Rows of which one probability is a little less or more than `low`, or 1 less that where it is no hit."""
    rows = []
    middle = _middle(chain, classes)
    for factor in NEXT if hit or (chain in ((), ("sigmoid",)) and low > FORMATS[source.dtype].u) else ():
        p = low * factor if hit else 1.0 - low * factor
        x = middle.copy()
        x[0] = _leading_to(p, chain, middle[1:])
        rows.append(x)
    target = _target(0, source.kind, classes, hit=hit)
    found = np.array(rows).reshape(-1, classes)
    return Rows(quantise(found, source.dtype), np.repeat(target[None], len(rows), 0))


def _leading_to(p: float, chain: tuple[str, ...], others: Array) -> float:
    """The prediction whose probability is `p`."""
    if not chain or chain[-1] not in ("exp", "sigmoid", "softmax"):
        return p
    if chain[-1] == "exp":
        return float(np.log(p))
    beside = float(np.log(np.exp(others).sum())) if chain[-1] == "softmax" else 0.0
    return float(np.log(p) - np.log1p(-p)) + beside


def ties(domain: str, kind: str, classes: int) -> Iterator[tuple[Array, Array]]:
    """Predictions on the kinks of a difference or a margin."""
    t = np.linspace(-1.0, 1.0, classes) if kind == "real" else _target(0, kind, classes, hit=True)
    yield t.copy(), t
    yield np.ones(classes), t
    yield np.zeros(classes), t
    if domain == "real":
        yield -np.ones(classes), t


def packed(rows: Rows, at: NDArray[np.int_]) -> Rows:
    """Elements that are at an edge, as many in one row as there is room for, where each counts for itself."""
    count, classes = rows.x.shape
    x, t = (np.take_along_axis(a, at[:, None], 1)[:, 0] for a in (rows.x, rows.t))
    fill = np.arange(-(-count // classes) * classes) % count
    return Rows(x[fill].reshape(-1, classes), t[fill].reshape(-1, classes))


def grouped(values: Array, size: int, apart: Mask, spread: float) -> Iterator[NDArray[np.intp]]:
    """Rows to be asked together, none so small that another hides it; `apart`, alone.

    `size` is how many there is room for, `spread` how many times as large as the least of them the largest may be.
    """
    if not len(values):
        return
    size_of = np.abs(values).reshape(len(values), -1).sum(1)
    together = np.flatnonzero(~apart)
    order = together[np.argsort(size_of[together], kind="stable")]
    start = 0
    while start < len(order):
        sizes = size_of[order[start:]]
        near = sizes / spread <= np.min(sizes[sizes > 0.0], initial=np.inf)
        stop = start + min(size, int(np.count_nonzero(near)))
        yield order[start:stop]
        start = stop
    yield from (np.array([row]) for row in np.flatnonzero(apart))
