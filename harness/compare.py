"""Arrays against arrays, under bounds that were derived and never tuned.

The classes come first: nan equals nan, an infinity equals the same infinity, and neither equals a number. Numbers are
held against a bound elementwise; no mean or norm ever decides.
"""

from __future__ import annotations

import math

import numpy as np

from harness.findings import Divergence
from harness.records import Array
from harness.reference.arithmetic import FORMATS


def excess(distance: Array, bound: Array) -> Array:
    """|distance| / bound elementwise: at most 1 where the bound holds; 0/0 is 0, and nan counts as infinite.

    Args:
        distance: Differences, any shape; inf or nan where the classes of the two numbers differ.
        bound: Non-negative, same shape.
    """
    size = np.abs(np.where(np.isnan(distance), np.inf, distance))
    with np.errstate(all="ignore"):
        ratio = np.where(size == 0, 0.0, size / bound)
    return np.where(np.isinf(size) & ~np.isinf(bound), np.inf, np.where(np.isinf(bound), 0.0, ratio))


def difference(a: Array, b: Array) -> Array:
    """b − a elementwise; 0 where both are nan or the same infinity. The shapes broadcast."""
    with np.errstate(invalid="ignore"):
        gap = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    same = (np.isnan(a) & np.isnan(b)) | (np.asarray(a) == np.asarray(b))
    return np.where(same, 0.0, gap)


def within(distance: Array, bound: Array) -> bool:
    """Whether every element is inside its bound."""
    inside = np.abs(distance) <= bound
    return bool(inside.all()) or bool(np.all(excess(distance, bound) <= 1.0))


def identical(a: Array, b: Array) -> bool:
    """Whether two arrays are the same bits: shape, values, signs of zero, and nan where nan is."""
    return a.shape == b.shape and bool(
        np.all((np.isnan(a) & np.isnan(b)) | ((a == b) & (np.signbit(a) == np.signbit(b))))
    )


def ulps(gap: float, at: float, dtype: str) -> float:
    """|gap| in units of the last place of `dtype` at the number `at`; inf where either is not finite."""
    if gap == 0.0:
        return 0.0
    if not (math.isfinite(gap) and math.isfinite(at)):
        return math.inf
    form = FORMATS[dtype]
    size = max(abs(at), form.eta)
    return abs(gap) / math.ldexp(1.0, math.frexp(size)[1] - form.precision)


def diverge(a: Array, b: Array, bound: Array, dtype: str) -> Divergence:
    """How far `b` is from `a`, told at the element that exceeds its bound the most.

    Args:
        a: Side A's numbers.
        b: Side B's numbers, of the same shape.
        bound: Sum of both sides' bounds, of the same shape.
        dtype: The case's dtype, whose units the ulps are in.
    """
    detail = difference(a, b)
    if detail.size == 0:
        return Divergence(0.0, (), 0.0, 0.0, detail, bound)
    key = excess(detail, bound)
    worst = int(np.argmax(np.where(np.any(key > 0), key, np.abs(detail))))
    at = tuple(int(i) for i in np.unravel_index(worst, detail.shape))
    gap = float(detail[at])
    return Divergence(gap, at, float(np.asarray(bound)[at]), ulps(gap, float(a[at]), dtype), detail, bound)


def broadcastable(a: Array, b: Array) -> bool:
    """Whether two arrays have a common form without growing either: same shape, or the same shape but for axes of 1."""
    return tuple(n for n in np.shape(a) if n != 1) == tuple(n for n in np.shape(b) if n != 1)
