"""Functions of one element or two beyond those of the tape: each value, slope and slope at a kink as libraries have it.

The slopes of the special functions (`special.py`) are given here; what can be written in other operations is, so that
value, derivative and rounding follow from theirs. Two forms that libraries choose between are covered as follows.

    lgamma      Lanczos' formula adds terms of size (x + 7.5) log(x + 7.5) that cancel: that many units, four times
    digamma     terms of size log(x + 10) + 1/|x|, likewise
    log_ndtr    log(erfcx(−x/√2)/2) − x²/2, or log Φ(x) where Φ(x) is off by a unit: x²/2 + 2 units more
    erfc        beyond 0 through e^(−x²), whose exponent rounds: x² + 5 units more of the result
    logaddexp2  log2(2^a + 2^b), or max + log1p(2^−|a−b|)/log 2, whose parts are of size |a| and |b|
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference import primitives
from harness.reference.formats import FORMATS
from harness.reference.operation import Operation, Value, on_floats, tensor_of
from harness.reference.special import (
    CEIL,
    COS,
    COSH,
    DIGAMMA,
    ERF,
    ERFC,
    FLOOR,
    LGAMMA,
    LOG_NDTR,
    ROUND,
    SIN,
    SINH,
    Special,
)
from harness.reference.tape import Tensor

Function = Callable[[Tensor], Tensor]
LOG_2 = math.log(2.0)


def applied(function: Special, slope: Function) -> Function:
    """`function` of a tensor; `slope` gives its derivative, of the same tensor without a way back."""

    def result(x: Tensor) -> Tensor:
        ar = x.arith
        return Tensor(ar, ar.special(function, x.data), ((x, lambda g: ar.mul(g, slope(x.constant()).data)),))

    return result


def _flat(function: Special) -> Function:
    """`function` without a derivative: a step, or a slope, whose own slope nobody asks for."""
    return lambda x: Tensor(x.arith, x.arith.special(function, x.data))


def _bell(x: Tensor) -> Tensor:
    """2/√π · e^(−x²)."""
    return (-(x * x)).exp() * (2.0 / math.sqrt(math.pi))


def _lanczos(x: Tensor) -> Any:
    size = np.abs(x.mid) + 7.5
    return np.where(np.isfinite(size), 4.0 * size * np.log(size), 0.0)


def _digamma(x: Tensor) -> Tensor:
    size = np.abs(x.mid)
    parts = np.log(size + 10.0) + 1.0 / np.where(size > 0, size, 1.0)
    return _flat(DIGAMMA)(x).widen(np.where(np.isfinite(parts), 4.0 * parts, 0.0))


sin, cos = applied(SIN, _flat(COS)), applied(COS, lambda x: -_flat(SIN)(x))
sinh, cosh = applied(SINH, _flat(COSH)), applied(COSH, _flat(SINH))
erf, _complement = applied(ERF, _bell), applied(ERFC, lambda x: -_bell(x))
_log_gamma = applied(LGAMMA, _digamma)


def erfc(x: Tensor) -> Tensor:
    """1 − erf x."""
    out, above = _complement(x), np.maximum(x.mid, 0.0)
    return out.widen(np.where(np.isfinite(above), (above * above + 5.0) * out.mid, 0.0))


def lgamma(x: Tensor) -> Tensor:
    """log |Γ(x)|."""
    return _log_gamma(x).widen(_lanczos(x))


def _hazard(x: Tensor) -> Tensor:
    """φ(x)/Φ(x) = e^(−x²/2 − log Φ(x))/√2π."""
    return (-(x * x * 0.5) - log_ndtr(x)).exp() / math.sqrt(2.0 * math.pi)


_log_of_phi = applied(LOG_NDTR, _hazard)


def log_ndtr(x: Tensor) -> Tensor:
    """log Φ(x) of the standard normal."""
    half = x.mid * x.mid * 0.5
    return _log_of_phi(x).widen(np.where(np.isfinite(half), half + 2.0, 0.0))


def _exp2(x: Tensor) -> Tensor:
    return (x * LOG_2).exp()


def rounded(x: Tensor, decimals: Any = 0) -> Tensor:
    """The nearest integer, of two the even one, or so many decimals; flat everywhere."""
    if int(decimals) == 0:
        return _flat(ROUND)(x)
    scale = 10.0 ** int(decimals)
    out = _flat(ROUND)(x * scale) / scale
    return out.widen(np.abs(np.where(np.isfinite(out.mid), out.mid, 0.0)))


def _mod(x: Tensor, y: Value) -> Tensor:
    """x − ⌊x/y⌋ y, of the sign of y and with slope 1."""
    other = tensor_of(x, y)
    return x - other * np.floor(x.mid / other.mid)


def _no_nan(x: Tensor, y: Value) -> Tensor:
    """x/y, and 0 where y is, slopes and all."""
    other = tensor_of(x, y)
    zero = other.mid == 0
    shape = np.broadcast_shapes(x.shape, other.shape)
    return (x / other.where(~zero, 1.0)).where(np.broadcast_to(~zero, shape), 0.0)


def _multiply_no_nan(x: Tensor, y: Value) -> Tensor:
    """x y, and 0 where y is, whatever x is."""
    other = tensor_of(x, y)
    shape = np.broadcast_shapes(x.shape, other.shape)
    zero = np.broadcast_to(other.mid == 0, shape)
    return (x.broadcast_to(shape).where(~zero, 0.0)) * other


def _times(log: Function) -> Callable[[Tensor, Value], Tensor]:
    """x log y, and 0 where x is; its slope there is log y, as torch and JAX have it."""

    def product(x: Tensor, y: Value) -> Tensor:
        out, ar = x * log(tensor_of(x, y)), x.arith
        zero = np.broadcast_to(x.mid == 0, out.shape)
        return Tensor(ar, ar.where(zero, ar.lift(0.0), out.data), ((out, lambda g: g),))

    return product


def _flat_times(log: Function) -> Callable[[Tensor, Value], Tensor]:
    """TensorFlow's, whose slopes are 0 there as well."""
    return lambda x, y: _of_zero(x, tensor_of(x, y), lambda safe: x * log(safe), 1.0)


def _xdivy(x: Tensor, y: Value) -> Tensor:
    return _of_zero(x, tensor_of(x, y), lambda safe: x / safe, 1.0)


def _of_zero(x: Tensor, y: Tensor, function: Function, harmless: float) -> Tensor:
    """`function` of y, with 0 where x is 0 whatever y is."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    zero = np.broadcast_to(x.mid == 0, shape)
    return function(y.broadcast_to(shape).where(~zero, harmless)).where(~zero, 0.0)


def _logaddexp2(x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    gap = x - other
    peak = np.maximum(np.abs(x.mid), np.abs(other.mid))
    out = other + primitives.softplus(gap * LOG_2) / LOG_2
    return out.widen(np.where(np.isfinite(peak), 2.0 * peak + 4.0, 0.0))


def _logit(x: Tensor, eps: Any = None) -> Tensor:
    """log(p/(1 − p)), of p between ε and 1 − ε if there is an ε; flat beyond.

    Libraries write log(p/(1 − p)) or log p − log(1 − p), whose parts are as inexact as they are large.
    """
    p = x if eps is None else x.maximum(float(eps), 1.0).minimum(1.0 - float(eps), 1.0)
    return p.log() - (1.0 - p).log()


def _lerp(x: Tensor, y: Value, weight: Value) -> Tensor:
    """x + w(y − x), or y − (1 − w)(y − x): off by three units of their size."""
    gap = tensor_of(x, y) - x
    out = x + gap * tensor_of(x, weight)
    return out.widen(2.0 * np.abs(np.where(np.isfinite(gap.mid), gap.mid, 0.0)) + np.zeros(out.shape))


def _heaviside(x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    shape = np.broadcast_shapes(x.shape, other.shape)
    step = np.broadcast_to((x.mid > 0).astype(np.float64), shape)
    return other.broadcast_to(shape).where(np.broadcast_to(x.mid == 0, shape), step)


def _huber(delta: Tensor, r: Value) -> Tensor:
    """scipy's: r²/2 up to δ, δ(|r| − δ/2) beyond."""
    other = tensor_of(delta, r)
    size = other.abs()
    shape = np.broadcast_shapes(delta.shape, other.shape)
    return (other * other * 0.5).broadcast_to(shape).where(size.mid <= delta.mid, delta * (size - delta * 0.5))


def _pseudo_huber(delta: Tensor, r: Value) -> Tensor:
    """δ²(√(1 + (r/δ)²) − 1)."""
    ratio = tensor_of(delta, r) / delta
    return delta * delta * ((ratio * ratio + 1.0).sqrt() - 1.0)


def _nan_to_num(x: Tensor, nan: Any = 0.0, posinf: Any = None, neginf: Any = None, working: str = "float64") -> Tensor:
    """Finite numbers for what is none, flat there: the dtype's own ends for infinities."""
    largest = float(FORMATS[working].largest)
    out = x.where(~np.isnan(x.mid), 0.0 if nan is None else nan)
    out = out.where(out.mid != math.inf, largest if posinf is None else posinf)
    return out.where(out.mid != -math.inf, -largest if neginf is None else neginf)


def _mod_in_float32(x: Tensor, divisor: Value) -> Tensor:
    """Keras', which makes a number float32 before it casts it to the dtype of the array."""
    return _mod(x, divisor if isinstance(divisor, Tensor) else float(np.float32(divisor)))


XLOGY, XLOG1PY = (on_floats(_times(log), "x", "y") for log in (Tensor.log, Tensor.log1p))

ELEMENTWISE: dict[str, Operation] = {
    "ceil": on_floats(_flat(CEIL), "x"),
    "cos": on_floats(cos, "x"),
    "cosh": on_floats(cosh, "x"),
    "divide_no_nan": on_floats(_no_nan, "x", "y"),
    "erf": on_floats(erf, "x"),
    "erfc": on_floats(erfc, "x"),
    "exp2": on_floats(_exp2, "x"),
    "floor": on_floats(_flat(FLOOR), "x"),
    "heaviside": on_floats(_heaviside, "x", "y"),
    "lerp": on_floats(_lerp, "x", "y", "weight"),
    "lgamma": on_floats(lgamma, "x"),
    "log_ndtr": on_floats(log_ndtr, "x"),
    "logaddexp2": on_floats(_logaddexp2, "x", "y"),
    "logit": on_floats(_logit, "x", "eps"),
    "mod": on_floats(_mod, "x", "y"),
    "multiply_no_nan": on_floats(_multiply_no_nan, "x", "y"),
    "nan_to_num": on_floats(_nan_to_num, "x", "nan", "posinf", "neginf", "working"),
    "reciprocal_no_nan": on_floats(lambda x: _no_nan(x.of(1.0), x), "x"),
    "round": on_floats(rounded, "x", "decimals"),
    "sin": on_floats(sin, "x"),
    "sinh": on_floats(sinh, "x"),
    "xdivy": on_floats(_xdivy, "x", "y"),
    "xlog1py": XLOG1PY,
    "xlogy": XLOGY,
}

ELEMENTWISE_OF: dict[str, Operation] = {
    "keras.ops.mod": on_floats(_mod_in_float32, "x", "divisor"),
    "scipy.special.huber": on_floats(_huber, "delta", "r"),
    "scipy.special.pseudo_huber": on_floats(_pseudo_huber, "delta", "r"),
    "tensorflow.math.xlog1py": on_floats(_flat_times(Tensor.log1p), "x", "y"),
    "tensorflow.math.xlogy": on_floats(_flat_times(Tensor.log), "x", "y"),
}
