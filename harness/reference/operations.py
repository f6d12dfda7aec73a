"""The functions people write losses with, by their common name, over tensors of any arithmetic.

Values are `Tensor`s, or plain ndarrays and numbers where nothing is differentiated (indices, masks, shapes). Each
operation is listed with its parameter names in order; spellings of the frameworks (`dim`, `keepdim`, `axis`) are
unified before the call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.reference import primitives
from harness.reference.arithmetic import quantise
from harness.reference.tape import Tensor, join

Value = Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A function on tensors and the names of its parameters in order."""

    function: Callable[..., Value]
    parameters: tuple[str, ...]


def _tensor_of(template: Tensor, value: Value) -> Tensor:
    return template.of(np.asarray(value, np.float64)) if not isinstance(value, Tensor) else value



def _mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
    total = x.sum(_axis(axis), keepdims=keepdims)
    return total / (float(np.prod(x.shape)) / max(float(np.prod(total.shape)), 1.0) if np.prod(total.shape) else 1.0)


def _axis(axis: Any) -> Any:
    return tuple(int(a) for a in axis) if isinstance(axis, list | tuple) else None if axis is None else int(axis)


def _average(x: Tensor, axis: Any = None, weights: Value = None) -> Tensor:
    if weights is None:
        return _mean(x, axis)
    w = _tensor_of(x, weights)
    if w.ndim == 1 and x.ndim > 1:
        w = w.reshape(tuple(x.shape[i] if i == int(axis) % x.ndim else 1 for i in range(x.ndim)))
    return (x * w).sum(_axis(axis)) / w.broadcast_to(x.shape).sum(_axis(axis))


def _extreme(sign: int) -> Callable[..., Value]:
    def extreme(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: FBT001, FBT002
        if axis is not None and not isinstance(axis, int | np.integer):
            return _elementwise_extreme(sign, x, axis)
        flat = x.reshape((-1,)) if axis is None else x
        at = np.argmax(sign * flat.mid, axis=-1 if axis is None else axis, keepdims=True)
        out = _take_along(flat, at, -1 if axis is None else int(axis))
        if keepdims:
            return out.reshape((1,) * x.ndim) if axis is None else out
        return out.reshape(() if axis is None else tuple(np.delete(out.shape, int(axis))))

    return extreme


def _elementwise_extreme(sign: int, x: Tensor, y: Value) -> Tensor:
    other = _tensor_of(x, y)
    return x.maximum(other) if sign > 0 else x.minimum(other)


def _take_along(x: Value, index: Value, axis: Any) -> Value:
    index = _integers(index)
    if not isinstance(x, Tensor):
        return np.take_along_axis(x, index, axis)
    ax = int(axis) % x.ndim
    grid = list(np.indices(index.shape, sparse=True))
    grid[ax] = index
    return x.index(tuple(grid))


def _integers(value: Value) -> Any:
    return np.asarray(value.mid if isinstance(value, Tensor) else value).astype(np.int64)


def _gather(x: Value, axis: Any, index: Value) -> Value:
    return _take_along(x, index, axis)


def _take(x: Value, index: Value, axis: Any = None, mode: str | None = None) -> Value:
    if axis is None:
        x, axis = _reshape(x, (-1,)), 0
    at = int(axis) % _ndim(x)
    return _index(x, (slice(None),) * at + (_inside(index, _shape(x)[at], mode),))


def _take_along_axis(x: Value, index: Value, axis: Any = -1, mode: str | None = None) -> Value:
    return _take_along(x, _inside(index, _shape(x)[int(axis)], mode), axis)


def _inside(index: Value, length: int, mode: str | None) -> Any:
    """Positions as integers, those outside brought in as `mode` says."""
    found = _integers(index)
    return np.clip(found, 0, length - 1) if mode == "clip" else found % length if mode == "wrap" else found


def _ndim(x: Value) -> int:
    return x.ndim if isinstance(x, Tensor) else np.ndim(x)


def _index(x: Value, key: tuple[Any, ...]) -> Value:
    return x.index(key) if isinstance(x, Tensor) else np.asarray(x)[key]


def _reshape(x: Value, *shape: Any) -> Value:
    flat = tuple(int(n) for part in shape for n in (part if isinstance(part, list | tuple) else (part,)))
    return x.reshape(flat) if isinstance(x, Tensor) else np.reshape(x, flat)


def _shape(x: Value) -> tuple[int, ...]:
    return x.shape if isinstance(x, Tensor) else np.shape(x)


def _squeeze(x: Value, axis: Any = None) -> Value:
    shape = _shape(x)
    drop = {i for i, n in enumerate(shape) if n == 1} if axis is None else {a % len(shape) for a in np.atleast_1d(axis)}
    return _reshape(x, tuple(n for i, n in enumerate(shape) if i not in drop or n != 1))


def _unsqueeze(x: Value, axis: Any) -> Value:
    shape = _shape(x)
    at = int(axis) % (len(shape) + 1)
    return _reshape(x, (*shape[:at], 1, *shape[at:]))


def _flatten(x: Value, start: int = 0, end: int = -1) -> Value:
    shape = _shape(x)
    stop = end % max(len(shape), 1)
    return _reshape(x, (*shape[:start], -1, *shape[stop + 1 :]))


def _transpose(x: Value, *axes: Any) -> Value:
    flat = tuple(int(n) for part in axes if part is not None for n in (part if isinstance(part, list | tuple) else (part,)))
    order = flat or tuple(range(_ndim(x)))[::-1]
    return x.transpose(order) if isinstance(x, Tensor) else np.transpose(x, order)


def _swap(x: Value, first: Any, second: Any) -> Value:
    order = list(range(_ndim(x)))
    order[first], order[second] = order[second], order[first]
    return _transpose(x, tuple(order))


def _moveaxis(x: Value, source: Any, destination: Any) -> Value:
    return x.moveaxis(int(source), int(destination)) if isinstance(x, Tensor) else np.moveaxis(x, source, destination)


def _concatenate(parts: Any, axis: Any = 0) -> Value:
    tensors = [p for p in parts if isinstance(p, Tensor)]
    if not tensors:
        return np.concatenate(parts, axis)
    ts = [_tensor_of(tensors[0], p) for p in parts]
    edges = np.cumsum([t.shape[int(axis)] for t in ts])[:-1]
    return join(lambda a: np.concatenate(a, int(axis)), lambda a: np.split(a, edges, int(axis)), ts)


def _stack(parts: Any, axis: Any = 0) -> Value:
    tensors = [p for p in parts if isinstance(p, Tensor)]
    if not tensors:
        return np.stack(parts, axis)
    ts = [_tensor_of(tensors[0], p) for p in parts]
    return join(lambda a: np.stack(a, int(axis)), lambda a: list(np.moveaxis(a, int(axis), 0)), ts)


def _one_hot(labels: Value, classes: Any = -1, *_: Any, **__: Any) -> Any:
    index = _integers(labels)
    count = int(np.max(index)) + 1 if int(classes) < 0 else int(classes)
    return (index[..., None] == np.arange(count)).astype(np.int64)


def _where(condition: Value, a: Value, b: Value) -> Value:
    mask = np.asarray(condition.mid if isinstance(condition, Tensor) else condition, bool)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return np.where(mask, a, b)
    first = a if isinstance(a, Tensor) else b.of(np.asarray(a, np.float64))
    second = _tensor_of(first, b)
    shape = np.broadcast_shapes(mask.shape, first.shape, second.shape)
    return first.broadcast_to(shape).where(np.broadcast_to(mask, shape), second.broadcast_to(shape))


def _clip(x: Tensor, low: Value = None, high: Value = None) -> Tensor:
    # At a bound the slope is that of the inside.
    out = x if low is None else x.maximum(_tensor_of(x, low), 1.0)
    return out if high is None else out.minimum(_tensor_of(x, high), 1.0)


def _power(x: Tensor, exponent: Value) -> Tensor:
    if isinstance(exponent, Tensor) or np.ndim(exponent):
        e = _tensor_of(x, exponent)
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
    other = _tensor_of(x, y)
    if x.ndim == 1 and other.ndim == 1:
        return (x * other).sum()
    if other.ndim == 1:
        return (x * other).sum(-1)
    return (_unsqueeze(x, -1) * (other if x.ndim == 1 else _unsqueeze(other, -3))).sum(-2)


def _cast(x: Value, dtype: str) -> Value:
    if dtype in ("int64", "int32", "bool"):
        kind = bool if dtype == "bool" else np.int64
        return np.asarray(x.mid if isinstance(x, Tensor) else x).astype(kind)
    if not isinstance(x, Tensor):
        return quantise(np.asarray(x), dtype)
    return x.weighted_slope(x.arith.lift(quantise(x.mid, dtype)), np.ones(x.shape)) if dtype in ("float16", "bfloat16") else x


def _var(x: Tensor, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Tensor:  # noqa: FBT001, FBT002
    centred = x - _mean(x, axis, keepdims=True)
    count = float(np.prod(x.shape)) / float(np.prod(_mean(x, axis).shape) or 1)
    return (centred * centred).sum(_axis(axis), keepdims=keepdims) / (count - ddof)


def _cosine_similarity(x: Tensor, y: Value, axis: Any = 1, eps: float = 1e-8) -> Tensor:
    other = _tensor_of(x, y)
    ax = int(axis)
    norms = (x * x).sum(ax).sqrt().maximum(float(eps)), (other * other).sum(ax).sqrt().maximum(float(eps))
    return (x * other).sum(ax) / (norms[0] * norms[1])


def _smooth_labels(x: Tensor, alpha: Value, axis: Any = -1) -> Tensor:
    classes = float(np.prod(x.shape) if axis is None else x.shape[int(axis)])
    amount = _tensor_of(x, alpha)
    return x * (1.0 - amount) + amount / classes


def _kl_div(x: Tensor, y: Value) -> Tensor:
    other = _tensor_of(x, y)
    return primitives.xlogy(x, x) - primitives.xlogy(x, other) - x + other


def _logaddexp(x: Tensor, y: Value) -> Tensor:
    other = _tensor_of(x, y)
    return other + primitives.softplus(x - other)


def _stats_entropy(p: Tensor, q: Value = None, base: Any = None, axis: Any = 0) -> Tensor:
    p = p / p.sum(int(axis), keepdims=True)
    if q is None:
        out = -primitives.xlogy(p, p).sum(int(axis))
    else:
        other = _tensor_of(p, q)
        other = other / other.sum(int(axis), keepdims=True)
        out = (primitives.xlogy(p, p) - primitives.xlogy(p, other)).sum(int(axis))
    return out if base is None else out / math.log(float(base))


def _torch_softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """torch's softplus: log(1 + e^βx)/β, and x itself beyond the threshold, which in float64 leaves off up to 2e-9."""
    scaled = x * float(beta) if float(beta) != 1.0 else x
    return x.where(scaled.mid > float(threshold), primitives.softplus(scaled) / float(beta))


def _op(function: Callable[..., Value], *parameters: str) -> Operation:
    return Operation(function, parameters)


# On floats: the first argument is a Tensor when the function is called.
FLOATING: dict[str, Operation] = {
    "log": _op(Tensor.log, "x"),
    "exp": _op(Tensor.exp, "x"),
    "log1p": _op(Tensor.log1p, "x"),
    "expm1": _op(Tensor.expm1, "x"),
    "sqrt": _op(Tensor.sqrt, "x"),
    "tanh": _op(Tensor.tanh, "x"),
    "log2": _op(lambda x: x.log() / math.log(2.0), "x"),
    "log10": _op(lambda x: x.log() / math.log(10.0), "x"),
    "square": _op(lambda x: x * x, "x"),
    "abs": _op(lambda x: x.abs(), "x"),
    "neg": _op(lambda x: -x, "x"),
    "reciprocal": _op(lambda x: 1.0 / x, "x"),
    "rsqrt": _op(lambda x: 1.0 / x.sqrt(), "x"),
    "pow": _op(_power, "x", "exponent"),
    "clip": _op(_clip, "x", "low", "high"),
    "clamp_min": _op(lambda x, low: _clip(x, low), "x", "low"),
    "clamp_max": _op(lambda x, high: _clip(x, None, high), "x", "high"),
    "maximum": _op(lambda x, y: x.maximum(_tensor_of(x, y)), "x", "y"),
    "minimum": _op(lambda x, y: x.minimum(_tensor_of(x, y)), "x", "y"),
    "relu": _op(lambda x: x.relu(), "x"),
    "sigmoid": _op(primitives.sigmoid, "x"),
    "log_sigmoid": _op(primitives.log_sigmoid, "x"),
    "softplus": _op(primitives.softplus, "x"),
    "torch_softplus": _op(_torch_softplus, "x", "beta", "threshold"),
    "softmax": _op(lambda x, axis=-1: primitives.softmax(x, int(axis)), "x", "axis"),
    "log_softmax": _op(lambda x, axis=-1: primitives.log_softmax(x, int(axis)), "x", "axis"),
    "logsumexp": _op(lambda x, axis=None, keepdims=False: _logsumexp(x, axis, keepdims), "x", "axis", "keepdims"),
    "logaddexp": _op(_logaddexp, "x", "y"),
    "xlogy": _op(lambda x, y: primitives.xlogy(x, _tensor_of(x, y)), "x", "y"),
    "rel_entr": _op(lambda x, y: primitives.xlogy(x, x) - primitives.xlogy(x, _tensor_of(x, y)), "x", "y"),
    "entr": _op(lambda x: -primitives.xlogy(x, x), "x"),
    "scipy_kl_div": _op(_kl_div, "x", "y"),
    "stats_entropy": _op(_stats_entropy, "p", "q", "base", "axis"),
    "sum": _op(lambda x, axis=None, keepdims=False: x.sum(_axis(axis), keepdims=bool(keepdims)), "x", "axis", "keepdims"),
    "mean": _op(_mean, "x", "axis", "keepdims"),
    "average": _op(_average, "x", "axis", "weights"),
    "max": _op(_extreme(1), "x", "axis", "keepdims"),
    "min": _op(_extreme(-1), "x", "axis", "keepdims"),
    "norm": _op(_norm, "x", "order", "axis", "keepdims"),
    "dot": _op(_dot, "x", "y"),
    "var": _op(_var, "x", "axis", "keepdims", "ddof"),
    "std": _op(lambda x, axis=None, keepdims=False: _var(x, axis, keepdims).sqrt(), "x", "axis", "keepdims"),
    "sign": _op(lambda x: x.of(np.sign(x.mid)), "x"),
    "detach": _op(Tensor.constant, "x"),
    "smooth_labels": _op(_smooth_labels, "x", "alpha", "axis"),
    "cosine_similarity": _op(_cosine_similarity, "x", "y", "axis", "eps"),
}


def _logsumexp(x: Tensor, axis: Any, keepdims: Any) -> Tensor:
    if axis is None or isinstance(axis, list | tuple):
        return primitives.logsumexp(x.reshape((-1,)), 0)
    return primitives.logsumexp(x, int(axis), keepdims=bool(keepdims))


# On anything: arrays of indices and masks stay what they are.
STRUCTURAL: dict[str, Operation] = {
    "where": _op(_where, "condition", "x", "y"),
    "masked_fill": _op(lambda x, mask, value: _where(mask, value, x), "x", "mask", "value"),
    "gather": _op(_gather, "x", "axis", "index"),
    "take_along_axis": _op(_take_along_axis, "x", "index", "axis", "mode"),
    "take": _op(_take, "x", "index", "axis", "mode"),
    "one_hot": _op(_one_hot, "x", "classes"),
    "stack": _op(_stack, "x", "axis"),
    "concatenate": _op(_concatenate, "x", "axis"),
    "reshape": _op(_reshape, "x", "*"),
    "flatten": _op(_flatten, "x", "start", "end"),
    "squeeze": _op(_squeeze, "x", "axis"),
    "unsqueeze": _op(_unsqueeze, "x", "axis"),
    "transpose": _op(_transpose, "x", "*"),
    "swapaxes": _op(_swap, "x", "first", "second"),
    "moveaxis": _op(_moveaxis, "x", "source", "destination"),
    "identity": _op(lambda x, *_: x, "x", "*"),
    "argmax": _op(lambda x, axis=None: np.argmax(x.mid if isinstance(x, Tensor) else x, axis), "x", "axis"),
    "isnan": _op(lambda x: np.isnan(x.mid if isinstance(x, Tensor) else x), "x"),
    "isfinite": _op(lambda x: np.isfinite(x.mid if isinstance(x, Tensor) else x), "x"),
    "any": _op(lambda x, axis=None: np.any(x.mid if isinstance(x, Tensor) else x, axis), "x", "axis"),
    "zeros_like": _op(lambda x: np.zeros(_shape(x)), "x"),
    "ones_like": _op(lambda x: np.ones(_shape(x)), "x"),
    "full_like": _op(lambda x, value: np.full(_shape(x), float(value)), "x", "value"),
    "zeros": _op(lambda *shape: np.zeros(_sizes(shape)), "*"),
    "ones": _op(lambda *shape: np.ones(_sizes(shape)), "*"),
    "eye": _op(lambda n: np.eye(int(n)), "n"),
    "arange": _op(lambda *limits: np.arange(*(int(n) for n in limits)), "*"),
    "len": _op(lambda x: _shape(x)[0], "x"),
    "numel": _op(lambda x: int(np.prod(_shape(x))), "x"),
    "size": _op(lambda x, axis=None: _shape(x) if axis is None else _shape(x)[int(axis)], "x", "axis"),
    "count_nonzero": _op(lambda x: float(np.count_nonzero(x.mid if isinstance(x, Tensor) else x)), "x"),
    "logical_not": _op(lambda x: ~np.asarray(x, bool), "x"),
    "astype": _op(_cast, "x", "dtype"),
}


def _sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(int(n) for part in shape for n in (part if isinstance(part, list | tuple) else (part,)))
