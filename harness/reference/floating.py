"""Operations on floats: the first argument is a Tensor when the function is called."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference import primitives
from harness.reference.operation import Operation, Value, operation, tensor_of
from harness.reference.structural import take_along, unsqueeze
from harness.reference.tape import Tensor


def _mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
    total = x.sum(_axis(axis), keepdims=keepdims)
    return total / (float(np.prod(x.shape)) / max(float(np.prod(total.shape)), 1.0) if np.prod(total.shape) else 1.0)


def _axis(axis: Any) -> Any:
    return tuple(int(a) for a in axis) if isinstance(axis, list | tuple) else None if axis is None else int(axis)


def _average(x: Tensor, axis: Any = None, weights: Value = None) -> Tensor:
    if weights is None:
        return _mean(x, axis)
    w = tensor_of(x, weights)
    if w.ndim == 1 and x.ndim > 1:
        w = w.reshape(tuple(x.shape[i] if i == int(axis) % x.ndim else 1 for i in range(x.ndim)))
    return (x * w).sum(_axis(axis)) / w.broadcast_to(x.shape).sum(_axis(axis))


def _extreme(sign: int) -> Callable[..., Value]:
    def extreme(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
        if axis is not None and not isinstance(axis, int | np.integer):
            return _elementwise_extreme(sign, x, axis)
        flat = x.reshape((-1,)) if axis is None else x
        at = np.argmax(sign * flat.mid, axis=-1 if axis is None else axis, keepdims=True)
        out: Tensor = take_along(flat, at, -1 if axis is None else int(axis))
        if keepdims:
            return out.reshape((1,) * x.ndim) if axis is None else out
        return out.reshape(() if axis is None else tuple(np.delete(out.shape, int(axis))))

    return extreme


def _elementwise_extreme(sign: int, x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    return x.maximum(other) if sign > 0 else x.minimum(other)


def _clip(x: Tensor, low: Value = None, high: Value = None) -> Tensor:
    # At a bound the slope is that of the inside.
    out = x if low is None else x.maximum(tensor_of(x, low), 1.0)
    return out if high is None else out.minimum(tensor_of(x, high), 1.0)


def _power(x: Tensor, exponent: Value) -> Tensor:
    if isinstance(exponent, Tensor) or np.ndim(exponent):
        e = tensor_of(x, exponent)
        return (e * x.log()).exp() if np.ndim(e.mid) and np.unique(e.mid).size != 1 else x ** float(np.ravel(e.mid)[0])
    return x ** float(exponent) if not float(exponent) == 2.0 else x * x  # noqa: PLR2004, SIM201


def _norm(x: Tensor, order: Any = 2, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
    axes, p = _axis(axis), float(order)
    if p == 2.0:  # noqa: PLR2004
        return (x * x).sum(axes, keepdims=keepdims).sqrt()
    if math.isinf(p):
        return _extreme(1 if p > 0 else -1)(x.abs(), axis, keepdims)  # type: ignore[no-any-return]
    total = (x.abs() ** p).sum(axes, keepdims=keepdims)
    return total ** (1.0 / p)


def _dot(x: Tensor, y: Value) -> Tensor:
    other = tensor_of(x, y)
    if x.ndim == 1 and other.ndim == 1:
        return (x * other).sum()
    if other.ndim == 1:
        return (x * other).sum(-1)
    rows: Tensor = unsqueeze(x, -1)
    return (rows * (other if x.ndim == 1 else unsqueeze(other, -3))).sum(-2)


def _var(x: Tensor, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Tensor:  # noqa: FBT001, FBT002
    centred = x - _mean(x, axis, keepdims=True)
    count = float(np.prod(x.shape)) / float(np.prod(_mean(x, axis).shape) or 1)
    return (centred * centred).sum(_axis(axis), keepdims=keepdims) / (count - ddof)


def _cosine_similarity(x: Tensor, y: Value, axis: Any = 1, eps: float = 1e-8) -> Tensor:
    other = tensor_of(x, y)
    ax = int(axis)
    norms = (x * x).sum(ax).sqrt().maximum(float(eps)), (other * other).sum(ax).sqrt().maximum(float(eps))
    return (x * other).sum(ax) / (norms[0] * norms[1])


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


def _logsumexp(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
    if axis is None or isinstance(axis, list | tuple):
        return primitives.logsumexp(x.reshape((-1,)), 0)
    return primitives.logsumexp(x, int(axis), keepdims=bool(keepdims))


# On floats: the first argument is a Tensor when the function is called.
FLOATING: dict[str, Operation] = {
    "log": operation(Tensor.log, "x"),
    "exp": operation(Tensor.exp, "x"),
    "log1p": operation(Tensor.log1p, "x"),
    "expm1": operation(Tensor.expm1, "x"),
    "sqrt": operation(Tensor.sqrt, "x"),
    "tanh": operation(Tensor.tanh, "x"),
    "log2": operation(lambda x: x.log() / math.log(2.0), "x"),
    "log10": operation(lambda x: x.log() / math.log(10.0), "x"),
    "square": operation(lambda x: x * x, "x"),
    "abs": operation(lambda x: x.abs(), "x"),
    "neg": operation(lambda x: -x, "x"),
    "reciprocal": operation(lambda x: 1.0 / x, "x"),
    "rsqrt": operation(lambda x: 1.0 / x.sqrt(), "x"),
    "pow": operation(_power, "x", "exponent"),
    "clip": operation(_clip, "x", "low", "high"),
    "clamp_min": operation(_clip, "x", "low"),
    "clamp_max": operation(lambda x, high: _clip(x, None, high), "x", "high"),
    "maximum": operation(lambda x, y: x.maximum(tensor_of(x, y)), "x", "y"),
    "minimum": operation(lambda x, y: x.minimum(tensor_of(x, y)), "x", "y"),
    "relu": operation(lambda x: x.relu(), "x"),
    "sigmoid": operation(primitives.sigmoid, "x"),
    "log_sigmoid": operation(primitives.log_sigmoid, "x"),
    "softplus": operation(primitives.softplus, "x"),
    "torch_softplus": operation(_torch_softplus, "x", "beta", "threshold"),
    "softmax": operation(lambda x, axis=-1: primitives.softmax(x, int(axis)), "x", "axis"),
    "log_softmax": operation(lambda x, axis=-1: primitives.log_softmax(x, int(axis)), "x", "axis"),
    "logsumexp": operation(_logsumexp, "x", "axis", "keepdims"),
    "logaddexp": operation(_logaddexp, "x", "y"),
    "xlogy": operation(lambda x, y: primitives.xlogy(x, tensor_of(x, y)), "x", "y"),
    "rel_entr": operation(lambda x, y: primitives.xlogy(x, x) - primitives.xlogy(x, tensor_of(x, y)), "x", "y"),
    "entr": operation(lambda x: -primitives.xlogy(x, x), "x"),
    "scipy_kl_div": operation(_kl_div, "x", "y"),
    "stats_entropy": operation(_stats_entropy, "p", "q", "base", "axis"),
    "sum": operation(
        lambda x, axis=None, keepdims=False: x.sum(_axis(axis), keepdims=bool(keepdims)), "x", "axis", "keepdims"
    ),
    "mean": operation(_mean, "x", "axis", "keepdims"),
    "average": operation(_average, "x", "axis", "weights"),
    "max": operation(_extreme(1), "x", "axis", "keepdims"),
    "min": operation(_extreme(-1), "x", "axis", "keepdims"),
    "norm": operation(_norm, "x", "order", "axis", "keepdims"),
    "dot": operation(_dot, "x", "y"),
    "var": operation(_var, "x", "axis", "keepdims", "ddof"),
    "std": operation(lambda x, axis=None, keepdims=False: _var(x, axis, keepdims).sqrt(), "x", "axis", "keepdims"),
    "sign": operation(lambda x: x.of(np.sign(x.mid)), "x"),
    "detach": operation(Tensor.constant, "x"),
    "smooth_labels": operation(_smooth_labels, "x", "alpha", "axis"),
    "cosine_similarity": operation(_cosine_similarity, "x", "y", "axis", "eps"),
}
