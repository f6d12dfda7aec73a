"""Operations on anything: arrays of indices and masks stay what they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.reference.axes import place
from harness.reference.extent import within_reach
from harness.reference.formats import quantise
from harness.reference.operation import Operation, Value, integers, ndim_of, operation, shape_of, tensor_of
from harness.reference.tape import Tensor, join


def take_along(x: Value, index: Value, axis: Any) -> Value:
    """The elements at `index` along one axis, as numpy.take_along_axis."""
    index = integers(index)
    if not isinstance(x, Tensor):
        return np.take_along_axis(x, index, axis)
    ax = place(int(axis), x.ndim)
    grid = list(np.indices(index.shape, sparse=True))
    grid[ax] = index
    return x.index(tuple(grid))


def _gather(x: Value, axis: Any, index: Value) -> Value:
    return take_along(x, index, axis)


def _take(x: Value, index: Value, axis: Any = None, mode: str | None = None) -> Value:
    if axis is None:
        x, axis = _reshape(x, (-1,)), 0
    at = place(int(axis), ndim_of(x))
    return _index(x, (slice(None),) * at + (_inside(index, shape_of(x)[at], mode),))


def _take_along_axis(x: Value, index: Value, axis: Any = -1, mode: str | None = None) -> Value:
    return take_along(x, _inside(index, shape_of(x)[int(axis)], mode), axis)


def _inside(index: Value, length: int, mode: str | None) -> Any:
    """Positions as integers, those outside brought in as `mode` says."""
    found = integers(index)
    return np.clip(found, 0, length - 1) if mode == "clip" else found % length if mode == "wrap" else found


def _index(x: Value, key: tuple[Any, ...]) -> Value:
    return x.index(key) if isinstance(x, Tensor) else np.asarray(x)[key]


def _reshape(x: Value, *shape: Any) -> Value:
    flat = tuple(int(n) for part in shape for n in (part if isinstance(part, list | tuple) else (part,)))
    return x.reshape(flat) if isinstance(x, Tensor) else np.reshape(x, flat)


def _squeeze(x: Value, axis: Any = None) -> Value:
    shape = shape_of(x)
    ones = (i for i, n in enumerate(shape) if n == 1)
    drop = set(ones if axis is None else (place(int(a), len(shape)) for a in np.atleast_1d(axis)))
    return _reshape(x, tuple(n for i, n in enumerate(shape) if i not in drop or n != 1))


def unsqueeze(x: Value, axis: Any) -> Value:
    """A new axis of length 1 at `axis`."""
    shape = shape_of(x)
    at = int(axis) % (len(shape) + 1)
    return _reshape(x, (*shape[:at], 1, *shape[at:]))


def _flatten(x: Value, start: int = 0, end: int = -1) -> Value:
    shape = shape_of(x)
    stop = end % max(len(shape), 1)
    return _reshape(x, (*shape[:start], -1, *shape[stop + 1 :]))


def _transpose(x: Value, *axes: Any) -> Value:
    flat = tuple(
        int(n) for part in axes if part is not None for n in (part if isinstance(part, list | tuple) else (part,))
    )
    if len(flat) == 2 < ndim_of(x):  # noqa: PLR2004
        # Of two axes of more, torch's transpose exchanges them; NumPy's names every axis.
        return _swap(x, *flat)
    order = flat or tuple(range(ndim_of(x)))[::-1]
    return x.transpose(order) if isinstance(x, Tensor) else np.transpose(x, order)


def _swap(x: Value, first: Any, second: Any) -> Value:
    order = list(range(ndim_of(x)))
    order[first], order[second] = order[second], order[first]
    return _transpose(x, tuple(order))


def _broadcast_to(x: Value, *shape: Any) -> Value:
    goal = _sizes(shape)
    return x.broadcast_to(goal) if isinstance(x, Tensor) else np.broadcast_to(x, goal)


def _moveaxis(x: Value, source: Any, destination: Any) -> Value:
    return x.moveaxis(int(source), int(destination)) if isinstance(x, Tensor) else np.moveaxis(x, source, destination)


def _concatenate(parts: Any, axis: Any = 0) -> Value:
    tensors = [p for p in parts if isinstance(p, Tensor)]
    if not tensors:
        return np.concatenate(parts, axis)
    ts = [tensor_of(tensors[0], p) for p in parts]
    edges = np.cumsum([t.shape[int(axis)] for t in ts])[:-1]
    return join(lambda a: np.concatenate(a, int(axis)), lambda a: np.split(a, edges, int(axis)), ts)


def _stack(parts: Any, axis: Any = 0) -> Value:
    tensors = [p for p in parts if isinstance(p, Tensor)]
    if not tensors:
        return np.stack(parts, axis)
    ts = [tensor_of(tensors[0], p) for p in parts]
    return join(lambda a: np.stack(a, int(axis)), lambda a: list(np.moveaxis(a, int(axis), 0)), ts)


def _one_hot(labels: Value, classes: Any = -1, *_: Any, **__: Any) -> Any:
    index = integers(labels)
    count = int(np.max(index)) + 1 if int(classes) < 0 else int(classes)
    within_reach((*index.shape, count))
    return (index[..., None] == np.arange(count)).astype(np.int64)


def _where(condition: Value, a: Value, b: Value) -> Value:
    mask = np.asarray(condition.mid if isinstance(condition, Tensor) else condition, bool)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return np.where(mask, a, b)
    first = a if isinstance(a, Tensor) else b.of(np.asarray(a, np.float64))
    second = tensor_of(first, b)
    shape = np.broadcast_shapes(mask.shape, first.shape, second.shape)
    return first.broadcast_to(shape).where(np.broadcast_to(mask, shape), second.broadcast_to(shape))


def _cast(x: Value, dtype: str) -> Value:
    if dtype in ("int64", "int32", "bool"):
        kind = bool if dtype == "bool" else np.int64
        return np.asarray(x.mid if isinstance(x, Tensor) else x).astype(kind)
    if not isinstance(x, Tensor):
        return quantise(np.asarray(x), dtype)
    return (
        x.weighted_slope(x.arith.lift(quantise(x.mid, dtype)), np.ones(x.shape))
        if dtype in ("float16", "bfloat16")
        else x
    )


def _sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return within_reach(tuple(int(n) for part in shape for n in (part if isinstance(part, list | tuple) else (part,))))


def _arange(*limits: Any) -> Any:
    whole = range(*(int(n) for n in limits))
    within_reach((len(whole),))
    return np.arange(whole.start, whole.stop, whole.step)


# On anything: arrays of indices and masks stay what they are.
STRUCTURAL: dict[str, Operation] = {
    "where": operation(_where, "condition", "x", "y"),
    "masked_fill": operation(lambda x, mask, value: _where(mask, value, x), "x", "mask", "value"),
    "gather": operation(_gather, "x", "axis", "index"),
    "take_along_axis": operation(_take_along_axis, "x", "index", "axis", "mode"),
    "take": operation(_take, "x", "index", "axis", "mode"),
    "one_hot": operation(_one_hot, "x", "classes"),
    "stack": operation(_stack, "x", "axis"),
    "concatenate": operation(_concatenate, "x", "axis"),
    "reshape": operation(_reshape, "x", "*"),
    "flatten": operation(_flatten, "x", "start", "end"),
    "squeeze": operation(_squeeze, "x", "axis"),
    "unsqueeze": operation(unsqueeze, "x", "axis"),
    "transpose": operation(_transpose, "x", "*"),
    "swapaxes": operation(_swap, "x", "first", "second"),
    "moveaxis": operation(_moveaxis, "x", "source", "destination"),
    "identity": operation(lambda x, *_: x, "x", "*"),
    "broadcast_to": operation(_broadcast_to, "x", "shape"),
    "argmax": operation(lambda x, axis=None: np.argmax(x.mid if isinstance(x, Tensor) else x, axis), "x", "axis"),
    "isnan": operation(lambda x: np.isnan(x.mid if isinstance(x, Tensor) else x), "x"),
    "isfinite": operation(lambda x: np.isfinite(x.mid if isinstance(x, Tensor) else x), "x"),
    "any": operation(lambda x, axis=None: np.any(x.mid if isinstance(x, Tensor) else x, axis), "x", "axis"),
    "zeros_like": operation(lambda x: np.zeros(shape_of(x)), "x"),
    "ones_like": operation(lambda x: np.ones(shape_of(x)), "x"),
    "full_like": operation(lambda x, value: np.full(shape_of(x), float(value)), "x", "value"),
    "zeros": operation(lambda *shape: np.zeros(_sizes(shape)), "*"),
    "ones": operation(lambda *shape: np.ones(_sizes(shape)), "*"),
    "eye": operation(lambda n: np.eye(within_reach((int(n), int(n)))[0]), "n"),
    "arange": operation(_arange, "*"),
    "len": operation(lambda x: shape_of(x)[0], "x"),
    "numel": operation(lambda x: int(np.prod(shape_of(x))), "x"),
    "size": operation(lambda x, axis=None: shape_of(x) if axis is None else shape_of(x)[int(axis)], "x", "axis"),
    "count_nonzero": operation(lambda x: float(np.count_nonzero(x.mid if isinstance(x, Tensor) else x)), "x"),
    "logical_not": operation(lambda x: ~np.asarray(x, bool), "x"),
    "astype": operation(_cast, "x", "dtype"),
}
