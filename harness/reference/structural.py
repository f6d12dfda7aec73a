"""Operations on anything: arrays of indices and masks stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference.axes import place
from harness.reference.constants import Making
from harness.reference.extent import within_reach
from harness.reference.moves import moveaxis
from harness.reference.operation import (
    Operation,
    Value,
    integers,
    ndim_of,
    operation,
    plain,
    shape_of,
    sizes,
    tensor_of,
    variant,
)
from harness.reference.tape import Tensor, join


def take_along(x: Value, index: Value, axis: Any) -> Value:
    """The elements at `index` along one axis; of the other axes, those where `index` has any."""
    index = integers(index)
    ax = place(int(axis), ndim_of(x))
    grid = list(np.indices(index.shape, sparse=True))
    grid[ax] = index
    return _index(x, tuple(grid))


def _gather(x: Value, axis: Any, index: Value) -> Value:
    return take_along(x, index, axis)


def _take(x: Value, index: Value, axis: Any = None, mode: str | None = None) -> Value:
    if axis is None:
        x, axis = _reshape(x, (-1,)), 0
    at = place(int(axis), ndim_of(x))
    return _index(x, (slice(None),) * at + (_inside(index, shape_of(x)[at], mode),))


def _take_along_axis(x: Value, index: Value, axis: Any = -1, mode: str | None = None) -> Value:
    """As numpy.take_along_axis: beside the axis, an array of length 1 goes with every element of the other."""
    if axis is None:
        x, axis = _reshape(x, (-1,)), 0
    at = place(int(axis), ndim_of(x))
    found = _inside(index, shape_of(x)[at], mode)
    own, other = list(shape_of(x)), list(found.shape)
    own[at] = other[at] = 1
    shared = list(np.broadcast_shapes(tuple(own), tuple(other)))
    wide = [*shared[:at], shape_of(x)[at], *shared[at + 1 :]]
    shared[at] = found.shape[at]
    return take_along(_broadcast_to(x, wide), np.broadcast_to(found, shared), at)


def _gather_of_tensorflow(x: Value, index: Value, _checked: Any = None, axis: Any = None, batch_dims: Any = 0) -> Value:
    """The slices at `index` along one axis, of each of the first `batch_dims` axes its own."""
    found, batch = integers(index), int(batch_dims)
    at = batch if axis is None else place(int(axis), ndim_of(x))
    grid = tuple(
        np.reshape(g, g.shape + (1,) * (found.ndim - batch)) for g in np.indices(found.shape[:batch], sparse=True)
    )
    out = _index(moveaxis(x, (at,), (batch,)), (*grid, found))
    own = tuple(range(batch, found.ndim))
    return moveaxis(out, own, tuple(i + at - batch for i in own))


def _scatter(x: Value, axis: Any, index: Value, source: Value) -> Value:
    """torch's: `x` with the elements of `source` written where `index` says along one axis."""
    found = integers(index)
    at = place(int(axis), ndim_of(x))
    grid = list(np.indices(found.shape, sparse=True))
    grid[at] = found
    key = tuple(np.broadcast_arrays(*grid))
    positions = np.full(shape_of(x), -1)
    positions[key] = np.arange(found.size).reshape(found.shape)
    kept = tuple(slice(0, n) for n in found.shape)
    written = _index(_reshape(_index(source, kept), (-1,)), (np.maximum(positions, 0),)) if ndim_of(source) else source
    return where(positions >= 0, written, x)


def _inside(index: Value, length: int, mode: str | None) -> Any:
    """Positions as integers, those outside brought in as `mode` says."""
    found = integers(index)
    return np.clip(found, 0, length - 1) if mode == "clip" else found % length if mode == "wrap" else found


def _index(x: Value, key: tuple[Any, ...]) -> Value:
    return x.index(key) if isinstance(x, Tensor) else np.asarray(x)[key]


def _select(x: Value, axis: Any, index: Any) -> Value:
    return _index(x, (slice(None),) * place(int(axis), ndim_of(x)) + (int(plain(index)),))


def _reshape(x: Value, *lengths: Any, shape: Any = ()) -> Value:
    goal = sizes((*lengths, shape))
    return x.reshape(goal) if isinstance(x, Tensor) else np.reshape(x, goal)


def _squeeze(x: Value, axis: Any = None) -> Value:
    shape = shape_of(x)
    ones = (i for i, n in enumerate(shape) if n == 1)
    drop = set(ones if axis is None else (place(int(a), len(shape)) for a in np.atleast_1d(axis)))
    return _reshape(x, tuple(n for i, n in enumerate(shape) if i not in drop or n != 1))


def unsqueeze(x: Value, axis: Any) -> Value:
    """A new axis of length 1 at `axis`, or several."""
    shape = list(shape_of(x))
    ndim = len(shape) + np.size(axis)
    for at in sorted(int(a) % ndim for a in np.atleast_1d(axis)):
        shape.insert(at, 1)
    return _reshape(x, tuple(shape))


def _flatten(x: Value, start: Any = 0, end: Any = -1) -> Value:
    shape = shape_of(x)
    first, last = (place(int(i), len(shape)) for i in (start, end))
    return _reshape(x, (*shape[:first], int(np.prod(shape[first : last + 1])), *shape[last + 1 :]))


def _transpose(x: Value, *axes: Any, axis: Any = (), dim0: Any = None, dim1: Any = None) -> Value:
    """The axes in another order, or reversed; of two axes of more, torch's transpose exchanges them."""
    flat = sizes(part for part in (*axes, axis, dim0, dim1) if part is not None)
    if len(flat) == 2 < ndim_of(x):  # noqa: PLR2004
        return _swap(x, *flat)
    order = tuple(place(i, ndim_of(x)) for i in flat) or tuple(range(ndim_of(x)))[::-1]
    return x.transpose(order) if isinstance(x, Tensor) else np.transpose(x, order)


def _swap(x: Value, first: Any, second: Any) -> Value:
    order = list(range(ndim_of(x)))
    order[int(first)], order[int(second)] = order[int(second)], order[int(first)]
    return _transpose(x, tuple(order)) if len(order) > 1 else x


def _broadcast_to(x: Value, *lengths: Any, shape: Any = ()) -> Value:
    """Repeated along axes of length 1; −1 keeps a length."""
    asked = sizes((*lengths, shape))
    own = (1,) * (len(asked) - ndim_of(x)) + shape_of(x)
    goal = within_reach(tuple(n if m < 0 else m for n, m in zip(own, asked, strict=True)))
    return x.broadcast_to(goal) if isinstance(x, Tensor) else np.broadcast_to(x, goal)


def _joined(function: Callable[..., Any], apart: Callable[[Any, list[Any], int], list[Any]]) -> Callable[..., Value]:
    def joined(parts: Any, axis: Any = 0) -> Value:
        at, tensors = int(axis), [p for p in parts if isinstance(p, Tensor)]
        if not tensors:
            return function([np.asarray(p) for p in parts], at)
        ts = [tensor_of(tensors[0], p) for p in parts]
        return join(lambda a: function(a, at), lambda a: apart(a, ts, at), ts)

    return joined


def _cut(a: Any, parts: list[Tensor], axis: int) -> list[Any]:
    return np.split(a, np.cumsum([t.shape[axis] for t in parts])[:-1], axis)


concatenate = _joined(np.concatenate, _cut)
stack = _joined(np.stack, lambda a, _, axis: list(np.moveaxis(a, axis, 0)))


def _rows(parts: Any) -> Value:
    return concatenate([unsqueeze(p, 0) if ndim_of(p) == 1 else p for p in parts], 0)


def _columns(parts: Any) -> Value:
    return concatenate([unsqueeze(p, 1) if ndim_of(p) == 1 else p for p in parts], 1)


def _side_by_side(parts: Any) -> Value:
    return concatenate(parts, 0 if ndim_of(parts[0]) == 1 else 1)


def where(condition: Value, x: Value, y: Value) -> Value:
    """`x` where the condition holds, `y` elsewhere."""
    mask = np.asarray(plain(condition), bool)
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        return np.where(mask, x, y)
    first = x if isinstance(x, Tensor) else y.of(np.asarray(x, np.float64))
    second = tensor_of(first, y)
    shape = within_reach(np.broadcast_shapes(mask.shape, first.shape, second.shape))
    return first.broadcast_to(shape).where(np.broadcast_to(mask, shape), second.broadcast_to(shape))


def cast(x: Value, kind: str, making: Making) -> Value:
    """Integers and truth values are cut off; a narrower float is rounded to, and computed in from there on."""
    if kind in ("int64", "bool"):
        return plain(x).astype(bool if kind == "bool" else np.int64)
    return making.cast(x, kind) if isinstance(x, Tensor) else making.held(np.asarray(x), kind)


def _array(data: Value, dtype: Any = None, made_in: Any = None, *, making: Making) -> Value:
    """What is an array already, as it is; numbers as the dtype holds them in which a framework makes arrays."""
    if isinstance(data, Tensor):
        return data if dtype is None else cast(data, dtype, making)
    if isinstance(data, tuple) and any(isinstance(v, Tensor) for v in data):
        return stack(data)
    return making.constant(np.asarray(data), dtype or made_in)


def _size(x: Value, axis: Any = None) -> Any:
    return shape_of(x) if axis is None else shape_of(x)[int(axis)]


def _count(x: Value, axis: Any = None) -> int:
    return int(np.prod(shape_of(x))) if axis is None else shape_of(x)[int(axis)]


STRUCTURAL: dict[str, Operation] = {
    "where": operation(where, "condition", "x", "y"),
    "masked_fill": operation(lambda x, mask, value: where(mask, value, x), "x", "mask", "value"),
    "gather": operation(_gather, "x", "axis", "index"),
    "take_along_axis": operation(_take_along_axis, "x", "index", "axis", "mode"),
    "take": operation(_take, "x", "index", "axis", "mode"),
    "index_select": operation(lambda x, axis, index: _take(x, index, axis), "x", "axis", "index"),
    "scatter": operation(_scatter, "x", "axis", "index", "source"),
    "stack": operation(stack, "parts", "axis"),
    "concatenate": operation(concatenate, "parts", "axis"),
    "hstack": operation(_side_by_side, "parts"),
    "vstack": operation(_rows, "parts"),
    "column_stack": operation(_columns, "parts"),
    "reshape": operation(_reshape, "x", "*", "shape"),
    "flatten": operation(_flatten, "x", "start", "end"),
    "squeeze": operation(_squeeze, "x", "axis"),
    "unsqueeze": operation(unsqueeze, "x", "axis"),
    "transpose": operation(_transpose, "x", "*", "axis", "dim0", "dim1"),
    "swapaxes": operation(_swap, "x", "first", "second"),
    "identity": operation(_array, "data", "dtype", "making"),
    "broadcast_to": operation(_broadcast_to, "x", "*", "shape"),
    "expand_as": operation(lambda x, y: _broadcast_to(x, shape_of(y)), "x", "y"),
    "view_as": operation(lambda x, y: _reshape(x, shape_of(y)), "x", "y"),
    "type_as": operation(lambda x, y: x if isinstance(y, Tensor) else plain(x).astype(plain(y).dtype), "x", "y"),
    "len": operation(lambda x: len(x) if isinstance(x, tuple) else shape_of(x)[0], "x"),
    "numel": operation(_count, "x"),
    "size": operation(_size, "x", "axis"),
    "ndim": operation(ndim_of, "x"),
    "astype": operation(cast, "x", "kind", "making"),
}

# In these a number becomes float32 unless told otherwise, whatever the arrays are made of.
MADE_IN_FLOAT32 = (
    "torch.tensor", "torch.as_tensor", "torch.scalar_tensor", "tensorflow.constant", "tensorflow.convert_to_tensor",
    "keras.ops.array", "keras.ops.convert_to_tensor",
)  # fmt: skip

STRUCTURAL_OF: dict[str, Operation] = {
    **dict.fromkeys(MADE_IN_FLOAT32, variant(STRUCTURAL["identity"], made_in="float32")),
    "keras.ops.vstack": operation(concatenate, "parts"),
    "torch.select": operation(_select, "x", "axis", "index"),
    "torch.Tensor.where": operation(lambda x, condition, y: where(condition, x, y), "x", "condition", "y"),
    "tensorflow.gather": operation(_gather_of_tensorflow, "x", "index", "_checked", "axis", "batch_dims"),
    **dict.fromkeys(
        ("numpy.size", "jax.numpy.size", "keras.ops.size", "tensorflow.size"), operation(_count, "x", "axis")
    ),
}
