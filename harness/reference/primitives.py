"""Fused functions with one derivative and one error statement each, for any arithmetic.

Each is a formula that libraries evaluate in several accepted ways (log-softmax, or logsumexp minus the logit; softplus,
or relu(x) − xt + log1p(e^−|x|)). The tensor is computed in the best of them and widened by what the least accurate
accepted one loses, so that a bound covers them all:

    log_softmax   shifting and un-shifting by the largest x each round once: 2|max x|, and |x − max x| of the element
    log_sigmoid   (1 − t)x − log σ(x) cancels after three roundings of size |x| at most, of 1 − t, the product and
                  the logarithm: 3|x|; the slope 1 − σ(x), with σ off by 2.4u at most (at x = 0), and once more rounded
                  when it is scaled before the 1 is taken: 4 in all
    softmax       relative error (|x − max| + number of classes), plus 1 of its complement
"""

import math
from typing import Any

import numpy as np

from harness.reference.arithmetic import Floats
from harness.reference.axes import place
from harness.reference.tape import Tensor


def logsumexp(x: Tensor, axis: int, *, keepdims: bool = False) -> Tensor:
    """log Σ exp x over `axis`, shifted by the maximum; an infinite maximum is not shifted by."""
    peak = np.max(x.mid, axis=axis, keepdims=True, initial=-np.inf)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    total = (x - peak).exp().sum(axis, keepdims=True).log() + peak
    return total if keepdims else total.structure(lambda a: np.squeeze(a, axis), lambda a: np.expand_dims(a, axis))


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """x − logsumexp(x)."""
    with np.errstate(invalid="ignore"):
        peak = np.max(x.mid, axis=axis, keepdims=True, initial=-np.inf)
        scale = 2.0 * np.abs(peak) + np.abs(x.mid - peak)
        scale = np.where(np.isfinite(scale), scale, 0.0)
    total = logsumexp(x.constant(), axis, keepdims=True)
    out = (x.constant() - total).widen(np.broadcast_to(scale, x.shape))
    ar = x.arith

    def back(g: Any) -> Any:
        probabilities = softmax(x.constant(), axis).data
        return ar.sub(g, ar.mul(probabilities, ar.sum(g, (place(axis, x.ndim),), keepdims=True)))

    return Tensor(ar, out.data, ((x, back),))


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """exp x / Σ exp x over `axis`."""
    ar, ax = x.arith, place(axis, x.ndim)
    peak = np.max(x.mid, axis=axis, keepdims=True, initial=-np.inf)
    powers = (x.constant() - np.where(np.isfinite(peak), peak, 0.0)).exp()
    out = (powers / powers.sum(axis, keepdims=True)).widen(_magnitude(powers))

    def back(g: Any) -> Any:
        inner = ar.sum(ar.mul(g, out.data), (ax,), keepdims=True)
        return ar.mul(out.data, ar.sub(g, inner))

    return Tensor(ar, out.data, ((x, back),))


def _magnitude(powers: Tensor) -> Floats:
    # Exponentiating x − max instead of x − logsumexp: one rounding of the probability itself more.
    mid = powers.mid
    return np.asarray(2.0 * mid / np.maximum(np.max(mid, initial=0.0), 1e-300))


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^−x), without overflow; its derivative σ(x)σ(−x)."""
    ar = x.arith
    small = (-(x.constant().abs())).exp()
    upper = 1.0 / (1.0 + small)
    lower = small / (1.0 + small)
    positive = x.mid >= 0
    out = upper.where(positive, lower)

    def back(g: Any) -> Any:
        # Libraries differentiate through p(1 − p), whose second factor has lost what p was rounded to.
        complement = lower.where(positive, upper).widen(np.ones(x.shape))
        return ar.mul(g, ar.mul(out.data, complement.data))

    return Tensor(ar, out.data, ((x, back),))


def log_sigmoid(x: Tensor) -> Tensor:
    """log σ(x) = min(x, 0) − log1p(e^−|x|); its derivative σ(−x).

    Libraries may compute the derivative as 1 − σ(x), or, as JAX does, as e^(−x − softplus(−x)), whose exponent is as
    inexact as its larger part.
    """
    ar = x.arith
    still = x.constant()
    out = still.where(x.mid < 0, 0.0) - (-(still.abs())).exp().log1p()
    size = np.abs(x.mid)
    out = out.widen(np.where(np.isfinite(size), 3.0 * size, 0.0))

    def back(g: Any) -> Any:
        slope = sigmoid(-still)
        return ar.mul(g, slope.widen(4.0 + np.where(np.isfinite(size), (size + 5.0) * slope.mid, 0.0)).data)

    return Tensor(ar, out.data, ((x, back),))


def softplus(x: Tensor, linear: float = math.inf) -> Tensor:
    """log(1 + e^x); x itself beyond `linear`, with slope 1."""
    exact = -log_sigmoid(-x)
    return exact if math.isinf(linear) else x.where(x.mid > linear, exact)


def slack(x: Tensor, value: Floats, slope: Floats) -> Tensor:
    """A 0 that widens what it is added to by `value` · u, and the derivative with respect to `x` by `slope` · u.

    For forms whose rounding no ball of the better form covers, because they cancel where it does not.
    """
    ar = x.arith
    zero = ar.lift(np.zeros(np.broadcast_shapes(x.shape, value.shape)))
    value, slope = (np.where(np.isfinite(units), units, 0.0) for units in (value, slope))
    return x.sloped(ar.widen(zero, value), ar.widen(zero, slope))


def flat_root(x: Tensor) -> Tensor:
    """√x with slope 0, where others have none, at 0: as torch takes a norm's and a deviation's."""
    ar, out = x.arith, x.constant().sqrt()
    zero = ar.lift(0.0)

    def back(g: Any) -> Any:
        return ar.where(out.mid != 0, ar.div(ar.mul(g, ar.lift(0.5)), out.data), zero)

    return Tensor(ar, out.data, ((x, back),))


def xlogy(x: Tensor, y: Tensor) -> Tensor:
    """x log y, and 0 where x is 0 whatever y is."""
    zero = np.broadcast_to(x.mid == 0, np.broadcast_shapes(x.shape, y.shape))
    safe = y.where(~np.broadcast_to(x.mid == 0, y.shape), 1.0) if x.shape == y.shape else y
    return (x * safe.log()).where(~zero, 0.0)


def normalise(x: Tensor, axis: int = -1, floor: float = 0.0) -> Tensor:
    """x / max(‖x‖₂, floor) over `axis`."""
    norm = (x * x).sum(axis, keepdims=True).sqrt()
    return x / (norm.maximum(floor) if floor else norm)
