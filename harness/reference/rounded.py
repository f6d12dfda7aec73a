"""Balls of float64 with a running error: the bound of a dtype. Its rules stand in `arithmetic.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.reference.formats import FORMATS, Floats, Mask
from harness.reference.plain import Plain
from harness.reference.special import FUNCTION_ERROR, QUOTIENT_ERROR, Special, moved


class Ball(NamedTuple):
    """A float64 middle and a bound on the distance to the exact value; same shape."""

    mid: Floats
    err: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of both."""
        return self.mid.shape


class Rounded:
    """Balls that are widened at every operation by the unit roundoff of `dtype`.

    Args:
        dtype: The dtype of every number.
        ordinary: Sums are those that libraries make: pairwise, in float32 at least, and rounded once at the end. Such
            balls hold what is likely, and not whatever is correct.
    """

    def __init__(self, dtype: str, *, ordinary: bool = False) -> None:
        self.format, self.ordinary = FORMATS[dtype], ordinary

    def lift(self, values: NDArray[Any] | float) -> Ball:
        """A ball of radius 0."""
        mid = np.asarray(values, np.float64)
        return Ball(mid, np.zeros_like(mid))

    def middle(self, a: Ball) -> Floats:
        """The middle."""
        return a.mid

    def structure(self, function: Callable[[Any], Any], a: Ball) -> Ball:
        """Move middle and error alike."""
        return Ball(function(a.mid), function(a.err))

    def join(self, function: Callable[[list[Any]], Any], parts: list[Ball]) -> Ball:
        """Join middles and errors alike."""
        return Ball(function([part.mid for part in parts]), function([part.err for part in parts]))

    def where(self, mask: Mask, a: Ball, b: Ball) -> Ball:
        """Select elementwise."""
        return Ball(np.where(mask, a.mid, b.mid), np.where(mask, a.err, b.err))

    def scatter(self, shape: tuple[int, ...], key: Any, a: Ball) -> Ball:
        """Scatter middle and error alike; what several arrive at is their sum, and rounds like one."""
        plain = Plain()
        mid, err = plain.scatter(shape, key, a.mid), plain.scatter(shape, key, a.err)
        several = np.maximum(plain.scatter(shape, key, np.ones_like(a.mid)) - 1.0, 0.0)
        if np.any(several):
            err = err + self.format.u * _product(several, plain.scatter(shape, key, np.abs(a.mid)) + err)
        return Ball(mid, err)

    def _rounded(self, mid: Floats, err: Floats, factor: float = 1.0) -> Ball:
        size = np.abs(mid)
        err = err + (factor * self.format.u) * size + self.format.eta
        return Ball(mid, np.where(size + err > self.format.largest, np.inf, err))

    def add(self, a: Ball, b: Ball) -> Ball:
        """Sum of two balls."""
        return self._rounded(a.mid + b.mid, a.err + b.err)

    def sub(self, a: Ball, b: Ball) -> Ball:
        """Difference of two balls."""
        return self._rounded(a.mid - b.mid, a.err + b.err)

    def mul(self, a: Ball, b: Ball) -> Ball:
        """Product of two balls; a factor that is exactly 0 leaves no error, whatever the other may be."""
        err = _product(np.abs(a.mid), b.err) + _product(np.abs(b.mid), a.err) + _product(a.err, b.err)
        return self._rounded(a.mid * b.mid, err)

    def div(self, a: Ball, b: Ball) -> Ball:
        """Quotient of two balls; infinite error where the divisor may be 0."""
        mid = a.mid / b.mid
        room = np.abs(b.mid) - b.err
        err = np.where(room > 0, (a.err + _product(np.abs(mid), b.err)) / np.where(room > 0, room, 1.0), np.inf)
        return self._rounded(mid, np.where((a.err == 0) & (b.err == 0), 0.0, err))

    def over(self, a: Ball, b: Ball) -> Ball:
        """a · (1/b), as a logarithm's slope is computed: 1/b that overflows promises nothing, not even of 0 · (1/b)."""
        inverse = self.div(self.lift(1.0), b)
        out = self.mul(a, inverse)
        return Ball(out.mid, np.where(np.isfinite(inverse.mid) & np.isinf(inverse.err), np.inf, out.err))

    def neg(self, a: Ball) -> Ball:
        """Exact."""
        return Ball(-a.mid, a.err)

    def absolute(self, a: Ball) -> Ball:
        """Exact."""
        return Ball(np.abs(a.mid), a.err)

    def exp(self, a: Ball) -> Ball:
        """e^a: relative error e^err − 1."""
        mid = np.exp(a.mid)
        return self._rounded(mid, _product(mid, np.expm1(a.err)), FUNCTION_ERROR)

    def log(self, a: Ball) -> Ball:
        """log a; infinite error where the ball reaches 0."""
        ratio = np.where(a.err > 0, a.err / np.abs(a.mid), 0.0)
        return self._rounded(np.log(a.mid), _log_error(ratio), FUNCTION_ERROR)

    def log1p(self, a: Ball) -> Ball:
        """log(1 + a)."""
        ratio = np.where(a.err > 0, a.err / np.abs(1.0 + a.mid), 0.0)
        return self._rounded(np.log1p(a.mid), _log_error(ratio), FUNCTION_ERROR)

    def expm1(self, a: Ball) -> Ball:
        """e^a − 1."""
        return self._rounded(np.expm1(a.mid), _product(np.exp(a.mid), np.expm1(a.err)), QUOTIENT_ERROR)

    def sqrt(self, a: Ball) -> Ball:
        """√a, correctly rounded by IEEE."""
        mid = np.sqrt(a.mid)
        slope = np.where(mid > 0, a.err / np.where(mid > 0, mid, 1.0), np.inf)
        return self._rounded(mid, np.where(a.err > 0, np.minimum(slope, np.sqrt(a.err)), 0.0))

    def tanh(self, a: Ball) -> Ball:
        """tanh a; its slope is at most 1."""
        return self._rounded(np.tanh(a.mid), a.err, QUOTIENT_ERROR)

    def power(self, a: Ball, exponent: float) -> Ball:
        """a ** exponent: the extreme of the ball's two ends."""
        mid = np.power(a.mid, exponent)
        ends = [
            np.power(np.where(a.mid >= 0, np.maximum(a.mid + s * a.err, 0.0), a.mid + s * a.err), exponent)
            for s in (-1, 1)
        ]
        err = np.maximum(*(np.abs(end - mid) for end in ends))
        return self._rounded(mid, np.where(a.err > 0, err, 0.0), FUNCTION_ERROR)

    def sum(self, a: Ball, axis: tuple[int, ...], *, keepdims: bool) -> Ball:
        """Sum in any order, or in an ordinary one."""
        mid = np.asarray(a.mid.sum(axis, keepdims=keepdims))
        err = a.err.sum(axis, keepdims=keepdims)
        sizes = np.abs(a.mid) + a.err
        if self.ordinary:
            terms = max(a.mid.size // max(mid.size, 1), 1)
            wide = min(self.format.u, FORMATS["float32"].u) * math.ceil(math.log2(terms + 1.0))
            err = err + wide * np.asarray(sizes.sum(axis, keepdims=keepdims)) + self.format.u * np.abs(mid)
        else:
            err = err + self.format.u * _worst_partial_sums(sizes, axis, mid.shape)
        return Ball(mid, np.where(np.abs(mid) > self.format.largest, np.inf, err))

    def special(self, function: Special, a: Ball) -> Ball:
        """A function beyond exp and log, elementwise: as far as it moves on the ball, and its own rounding."""
        mid = function.plain(a.mid)
        return self._rounded(mid, moved(function, a.mid, a.err, mid), function.error)

    def cumsum(self, a: Ball, axis: int) -> Ball:
        """Sums of the first n along `axis`, n − 1 of whose partial sums round, in any order of summing."""
        mid, err = np.cumsum(a.mid, axis), np.cumsum(a.err, axis)
        rounds = np.cumsum(np.ones_like(a.mid), axis) - 1.0
        err = err + self.format.u * _product(rounds, np.cumsum(np.abs(a.mid) + a.err, axis))
        return Ball(mid, np.where(np.abs(mid) > self.format.largest, np.inf, err))

    def matmul(self, a: Ball, b: Ball) -> Ball:
        """Products of matrices: each of the n products of an entry rounds once, and so do n − 1 sums, in any order."""
        size, other = np.abs(a.mid) + a.err, np.abs(b.mid) + b.err
        mid, terms = np.matmul(a.mid, b.mid), a.mid.shape[-1]
        err = np.matmul(np.abs(a.mid), b.err) + np.matmul(a.err, other)
        err = err + terms * (self.format.u * np.matmul(size, other) + self.format.eta)
        return Ball(mid, np.where(np.abs(mid) > self.format.largest, np.inf, err))

    def largest(self, a: Ball, at: Any) -> Ball:
        """The largest over the last axis, which is at `at`: as much larger as any of them may be."""
        mid, err = np.take_along_axis(a.mid, at, -1), np.take_along_axis(a.err, at, -1)
        reach = np.max(a.mid + a.err, axis=-1, keepdims=True)
        return Ball(mid, np.where(reach - mid > err, reach - mid, err))

    def widen(self, a: Ball, units: Floats) -> Ball:
        """Admit a further error of `units` · u: another accepted form of the formula is that much less accurate."""
        return Ball(a.mid, a.err + self.format.u * units)

    def close(self, a: Ball, b: Ball) -> Mask:
        """Where two balls overlap; equal middles are a tie, and no matter of rounding."""
        gap = np.abs(a.mid - b.mid)
        return np.asarray((gap > 0) & (gap <= a.err + b.err))

    def loose(self, values: Floats, mask: Mask) -> Ball:
        """Slopes with room to reach −1 and 1 where `mask` is true."""
        return Ball(np.asarray(values, np.float64), np.where(mask, 1.0 + np.abs(values), 0.0))


def _worst_partial_sums(sizes: Floats, axis: tuple[int, ...], shape: tuple[int, ...]) -> Floats:
    """Σ_{k>1} of the sums of the k largest sizes over `axis`, in the shape of the sum."""
    kept = [i for i in range(sizes.ndim) if i not in axis]
    length = math.prod(sizes.shape[i] for i in axis)  # not −1: the rest may be empty
    rows = np.transpose(sizes, (*kept, *axis)).reshape((*(sizes.shape[i] for i in kept), length))
    if rows.shape[-1] < 2:  # noqa: PLR2004  one term is not added to anything
        return np.zeros(shape)
    falling = np.cumsum(-np.sort(-rows, axis=-1), axis=-1)
    return np.reshape(np.sum(falling[..., 1:], axis=-1), shape)


def _product(a: Floats, b: Floats) -> Floats:
    # 0 · inf is 0 here: an exact zero is not made uncertain by what it multiplies.
    out = a * b
    return np.where((a == 0) | (b == 0), 0.0, out) if np.isnan(out).any() else out


def _log_error(ratio: Floats) -> Floats:
    return np.where(ratio < 1.0, -np.log1p(-np.minimum(ratio, 1.0 - 2.0**-53)), np.inf)
