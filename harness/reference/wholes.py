"""Terms that consume the class axis, or everything: generalised cross-entropy, cosine, ratios of overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives
from harness.reference.formats import FORMATS
from harness.reference.setting import Family, Setting

if TYPE_CHECKING:
    from harness.reference.tape import Tensor


def _generalised_cross_entropy(s: Setting) -> Tensor:
    q = s.number("q", 0.5)
    p = (s.t * s.reading.p()).sum(-1)
    # The exponents q and q − 1 are themselves rounded: an error of |log p| for the power.
    with np.errstate(divide="ignore", invalid="ignore"):
        inexact = np.abs(np.log(p.mid)) * p.mid**q
        steep = 2.0 * inexact / p.mid
    return (1.0 - p**q) / q + primitives.slack(p, inexact, steep)


def _cosine(s: Setting) -> Tensor:
    """−cos, or 1 − cos with the parameter "distance"; with "unit", 1 − xt, the lengths being taken for 1.

    "added" is what is added to the product of the lengths that is divided by.
    """
    floor = s.number("floor", 0.0)
    x, t = s.reading.p(), s.t
    dot = (x * t).sum(-1)
    if s.number("unit", 0.0):
        return 1.0 - dot
    squares = (x * x).sum(-1), (t * t).sum(-1)
    if s.number("floor_on_square", 0.0):
        norms = [square.maximum(floor).sqrt() for square in squares]
    else:
        norms = [_norm(s, square, floor) for square in squares]
    lengths = norms[0] * norms[1]
    cosine = dot / (lengths + s.parameters["added"] if "added" in s.parameters else lengths) + _steepest(s, x, norms[0])
    return 1.0 - cosine if s.number("distance", 0.0) else -cosine


def _steepest(s: Setting, x: Tensor, norm: Tensor) -> Tensor:
    """A 0 whose slope is unbounded where ‖x‖⁻³ overflows: as x/√Σx² has it, on the way to the slope of the norm."""
    with np.errstate(divide="ignore"):
        beyond = (norm.mid > 0) & (norm.mid**-3.0 > FORMATS[s.reading.dtype].largest)
    ar, zero = x.arith, x.arith.lift(np.zeros(x.shape))
    room = np.broadcast_to(np.where(beyond, np.inf, 0.0)[..., None], x.shape)
    return x.sloped(zero, ar.widen(zero, room)).sum(-1)


def _norm(s: Setting, square: Tensor, floor: float) -> Tensor:
    zero = square.mid == 0
    flat = not math.isnan(s.ties["norm"])
    norm = square.where(~zero, 1.0).sqrt().where(~zero, 0.0) if flat else square.sqrt()
    if not floor:
        return norm
    floored = norm.maximum(floor)
    return norm.sloped(floored.data, norm.of(1.0).data) if s.semantics.gradient.clip == "through" else floored


def _overlap_axes(s: Setting) -> tuple[int, ...]:
    """What a ratio sums over: the axes in its parameter "over", or all."""
    over = s.parameters.get("over")
    return tuple(range(s.t.ndim)) if over is None else tuple(int(axis) % s.t.ndim for axis in over.mid)


def _tversky(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    both = (p * t).sum(axes)
    missed, false = ((1.0 - p) * t).sum(axes), (p * (1.0 - t)).sum(axes)
    lower = both + s.parameter("alpha", 0.5) * missed + s.parameter("beta", 0.5) * false
    return _one_minus(s, both + smooth, lower + smooth + epsilon)


def _dice(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    squared = s.number("squared", 0.0)
    sizes = ((p * p if squared else p).sum(axes), (t * t if squared else t).sum(axes))
    return _one_minus(s, (p * t).sum(axes) * 2.0 + smooth, sizes[0] + sizes[1] + smooth + epsilon)


def _iou(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    both = (p * t).sum(axes)
    return _one_minus(s, both + smooth, p.sum(axes) + t.sum(axes) - both + smooth + epsilon)


def _one_minus(s: Setting, upper: Tensor, lower: Tensor) -> Tensor:
    """1 − upper / lower; libraries write its sizes in several ways, whose slopes cancel to (t + ratio) / lower."""
    axes, p, ratio = _overlap_axes(s), s.reading.p(), upper / lower
    share, size = (np.expand_dims(np.abs(part.mid), axes) for part in (ratio, lower))
    steep = 6.0 * (np.abs(s.t.mid) + share) / size
    return 1.0 - ratio + primitives.slack(p, np.zeros(p.shape), np.broadcast_to(steep, p.shape)).sum(axes)


WHOLES: dict[str, Family] = {
    "generalised-cross-entropy": Family(_generalised_cross_entropy, r"(1-p_y^q)/q", "coupled"),
    "cosine": Family(_cosine, r"-\frac{p\cdot t}{\lVert p\rVert\lVert t\rVert}", "coupled"),
    "dice": Family(_dice, r"1-\frac{2\sum pt}{\sum p+\sum t}", "ratio"),
    "iou": Family(_iou, r"1-\frac{\sum pt}{\sum p+\sum t-\sum pt}", "ratio"),
    "tversky": Family(_tversky, r"1-\frac{\sum pt}{\sum pt+\alpha\sum(1-p)t+\beta\sum p(1-t)}", "ratio"),
}
