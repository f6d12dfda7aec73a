"""Logarithms, powers, sigmoids, softmaxes and entropies: the functions that losses are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference import primitives
from harness.reference.axes import axes_of
from harness.reference.formats import quantise
from harness.reference.moves import kept_of, rows_of
from harness.reference.operation import Operation, Value, axis_of, on_floats, tensor_of, variant
from harness.reference.tape import Tensor


def _clip(x: Tensor, low: Value = None, high: Value = None, tie: float = 1.0) -> Tensor:
    """x between its bounds; at a bound the slope is that of the inside, except in JAX, which takes half of it."""
    out = x if low is None else x.maximum(tensor_of(x, low), tie)
    return out if high is None else out.minimum(tensor_of(x, high), tie)


def _of_inexact(x: Tensor, power: float, out: Tensor) -> Tensor:
    """Room for an exponent that the dtype holds as another number: d(x^p) = x^p log x dp."""
    with np.errstate(all="ignore"):
        moved = np.abs(power * np.log(np.abs(x.mid)))
        return primitives.slack(x, moved * np.abs(out.mid), (moved + 1.0) * np.abs(power * out.mid / x.mid))


def _log_to_base(x: Tensor, base: Value = None) -> Tensor:
    return x.log() if base is None else x.log() / tensor_of(x, base).log()


def _squared_difference(x: Tensor, y: Value) -> Tensor:
    error = x - tensor_of(x, y)
    return error * error


def _power(x: Tensor, exponent: Value) -> Tensor:
    e = tensor_of(x, exponent)
    if e.needs or np.unique(e.mid).size != 1:
        return (e * x.log()).exp()
    power = float(np.ravel(e.mid)[0])
    out = x * x if power == 2.0 else x**power  # noqa: PLR2004
    if quantise(np.asarray(power), "bfloat16") != power:
        out = out + _of_inexact(x, power, out)
    return out.broadcast_to(np.broadcast_shapes(x.shape, e.shape))


def _smooth_labels(x: Tensor, alpha: Value, axis: Any = -1) -> Tensor:
    classes = float(np.prod(x.shape) if axis is None else x.shape[int(axis)])
    amount = tensor_of(x, alpha)
    return x * (1.0 - amount) + amount / classes


def _kl_div(x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    return primitives.xlogy(x, x) - primitives.xlogy(x, other) - x + other


def _logaddexp(x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    return other + primitives.softplus(x - other)


def _stats_entropy(p: Tensor, q: Value = None, base: Any = None, axis: Any = 0) -> Tensor:
    p = p / p.sum(int(axis), keepdims=True)
    if q is None:
        out = -primitives.xlogy(p, p).sum(int(axis))
    else:
        other = tensor_of(p, q)
        other = other / other.sum(int(axis), keepdims=True)
        out = (primitives.xlogy(p, p) - primitives.xlogy(p, other)).sum(int(axis))
    return out if base is None else out / math.log(float(base))


def _torch_softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """torch's softplus: log(1 + e^βx)/β, and x itself beyond the threshold, which in float64 leaves off up to 2e-9."""
    scaled = x * float(beta) if float(beta) != 1.0 else x
    return x.where(scaled.mid > float(threshold), primitives.softplus(scaled) / float(beta))


def _logsumexp(x: Tensor, axis: Any = None, keepdims: Any = False) -> Tensor:
    return kept_of(primitives.logsumexp(rows_of(x, axis), -1), axis, x, keepdims)


def _over_axes(function: Callable[[Tensor, int], Tensor]) -> Operation:
    """`function` over one axis, several, or all as one row."""

    def over(x: Tensor, axis: Any = -1) -> Tensor:
        if isinstance(axis, int):
            return function(x, axis)
        gone = axes_of(axis_of(axis), x.ndim)
        kept = tuple(i for i in range(x.ndim) if i not in gone)
        turned = function(rows_of(x, axis), -1).reshape(tuple(x.shape[i] for i in (*kept, *gone)))
        return turned.transpose(tuple(int(i) for i in np.argsort((*kept, *gone))))

    return on_floats(over, "x", "axis")


def _implicit(of: Operation) -> Operation:
    """torch's, which without an axis takes the first of one axis or three, and the second of two or four."""

    def over(x: Tensor, axis: Any = None) -> Tensor:
        return of.function(x, (0 if x.ndim in (0, 1, 3) else 1) if axis is None else axis)  # type: ignore[no-any-return]

    return on_floats(over, "x", "axis")


def _inverse(x: Tensor) -> Tensor:
    """1/x, which Eigen refines from an approximation: 3.2u off at most, as measured; its slope −(1/x)²."""
    out = (1.0 / x.constant()).widen(3.0 / np.where(x.mid == 0, 1.0, np.abs(x.mid)))
    return x.sloped(out.data, (-(out * out)).data)


def _inverse_root(x: Tensor) -> Tensor:
    """1/√x, as inexact as an elementary function."""
    return x**-0.5


CLIP = on_floats(_clip, "x", "low", "high", held=True)

FLOATING: dict[str, Operation] = {
    "log": on_floats(lambda x: x.log(), "x"),
    "exp": on_floats(lambda x: x.exp(), "x"),
    "log1p": on_floats(lambda x: x.log1p(), "x"),
    "expm1": on_floats(lambda x: x.expm1(), "x"),
    "sqrt": on_floats(lambda x: x.sqrt(), "x"),
    "tanh": on_floats(lambda x: x.tanh(), "x"),
    "log2": on_floats(lambda x: x.log() / math.log(2.0), "x"),
    "log10": on_floats(lambda x: x.log() / math.log(10.0), "x"),
    "square": on_floats(lambda x: x * x, "x"),
    "squared_difference": on_floats(_squared_difference, "x", "y"),
    "abs": on_floats(lambda x: x.abs(), "x"),
    "neg": on_floats(lambda x: -x, "x"),
    "reciprocal": on_floats(_inverse, "x"),
    "rsqrt": on_floats(_inverse_root, "x"),
    "pow": on_floats(_power, "x", "exponent"),
    "clip": CLIP,
    "clamp_min": on_floats(_clip, "x", "low", held=True),
    "clamp_max": on_floats(lambda x, high: _clip(x, None, high), "x", "high", held=True),
    "sigmoid": on_floats(primitives.sigmoid, "x"),
    "log_sigmoid": on_floats(primitives.log_sigmoid, "x"),
    "softplus": on_floats(primitives.softplus, "x"),
    "softmax": _over_axes(primitives.softmax),
    "softmin": _over_axes(lambda x, axis: primitives.softmax(-x, axis)),
    "log_softmax": _over_axes(primitives.log_softmax),
    "logsumexp": on_floats(_logsumexp, "x", "axis", "keepdims"),
    "logaddexp": on_floats(_logaddexp, "x", "y"),
    "rel_entr": on_floats(lambda x, y: primitives.xlogy(x, x) - primitives.xlogy(x, tensor_of(x, y)), "x", "y"),
    "entr": on_floats(lambda x: -primitives.xlogy(x, x), "x"),
    "scipy_kl_div": on_floats(_kl_div, "x", "y"),
    "stats_entropy": on_floats(_stats_entropy, "p", "q", "base", "axis"),
    "sign": on_floats(lambda x: x.of(np.sign(x.mid)), "x"),
    "detach": on_floats(lambda x: x.constant(), "x"),
}

FLOATING_OF: dict[str, Operation] = {
    "optax.smooth_labels": on_floats(_smooth_labels, "x", "alpha", "axis"),
    "math.log": on_floats(_log_to_base, "x", "base"),
    "torch.nn.functional.softplus": on_floats(_torch_softplus, "x", "beta", "threshold"),
    "jax.numpy.abs": on_floats(lambda x: x.abs(1.0), "x"),
    "jax.numpy.clip": on_floats(lambda x, low=None, high=None: _clip(x, low, high, 0.5), "x", "low", "high", held=True),
    "jax.lax.clamp": on_floats(lambda x, low, high: _clip(x, low, high, 0.0), "low", "x", "high", count=2, held=True),
    **{
        f"{module}.softmax": variant(FLOATING["softmax"], axis=None)
        for module in ("scipy.special", "jax.scipy.special")
    },
    **{
        f"{module}.log_softmax": variant(FLOATING["log_softmax"], axis=None)
        for module in ("scipy.special", "jax.scipy.special")
    },
    **{f"torch.nn.functional.{name}": _implicit(FLOATING[name]) for name in ("softmax", "log_softmax", "softmin")},
}
