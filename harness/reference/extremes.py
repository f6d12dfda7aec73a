"""The largest, the smallest, the middle one: what is chosen by comparing numbers, and where the slope goes at a tie.

Elements that share the largest number share its slope evenly, in every framework; only torch's `max` along an axis,
which also says where it found it, gives all of it to the first. Where rounding may decide which is larger, a slope may
be anything between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference.axes import place
from harness.reference.moves import kept_of, rows_of
from harness.reference.operation import (
    Operation,
    Pair,
    Value,
    axis_of,
    integers,
    ndim_of,
    on_floats,
    operation,
    plain,
    shape_of,
    tensor_of,
    variant,
)
from harness.reference.structural import take_along
from harness.reference.tape import Tensor


def peak(x: Tensor, *, shared: bool = True) -> Tensor:
    """The largest over the last axis; if not `shared`, the first of those that are equal has all of the slope."""
    mid, ar = x.mid, x.arith
    at = np.argmax(mid, axis=-1, keepdims=True)
    value = ar.structure(lambda a: np.take_along_axis(a, at, -1), x.data)
    chosen = mid == np.take_along_axis(mid, at, -1) if shared else np.arange(mid.shape[-1]) == at
    close = ar.close(x.data, value)
    share = ar.loose(chosen / np.sum(chosen, axis=-1, keepdims=True), close | (chosen & close.any(-1, keepdims=True)))
    data = ar.structure(lambda a: a[..., 0], ar.largest(x.data, at))
    return Tensor(ar, data, ((x, lambda g: ar.mul(ar.structure(lambda a: a[..., None], g), share)),))


def _extreme(sign: int, *, shared: bool = True) -> Callable[..., Tensor]:
    def extreme(
        x: Tensor, axis: Any = None, keepdims: Any = False, where: Value = None, initial: Value = None
    ) -> Tensor:
        wide = x if where is None else x.where(np.broadcast_to(np.asarray(plain(where), bool), x.shape), -sign * np.inf)
        rows = rows_of(wide, axis)
        out = kept_of(peak(rows, shared=shared) if sign > 0 else -peak(-rows, shared=shared), axis, x, keepdims)
        return out if initial is None else _of_two(sign)(out, initial)

    return extreme


def _of_two(sign: int, tie: float = 0.5) -> Callable[[Tensor, Value], Tensor]:
    def of_two(x: Tensor, y: Value) -> Tensor:
        other = tensor_of(x, y)
        return x.maximum(other, tie) if sign > 0 else x.minimum(other, tie)

    return of_two


def _of_torch(sign: int) -> Callable[..., Value]:
    """torch's three functions in one name: of everything, of two arrays, and along an axis with the places."""

    def extreme(x: Tensor, axis: Any = None, keepdims: Any = False, y: Value = None) -> Value:
        if y is not None or np.ndim(plain(axis)) or isinstance(axis, Tensor):
            return _of_two(sign)(x, axis if y is None else y)
        if axis is None:
            return _extreme(sign)(x)
        found = _argument(np.argmax if sign > 0 else np.argmin)(x, axis, keepdims)
        return Pair(_extreme(sign, shared=False)(x, axis, keepdims), found)

    return extreme


def _of_python(sign: int) -> Callable[..., Value]:
    """Python's own: the first of those that nothing exceeds, itself and not a copy."""

    def extreme(x: Value, *others: Value) -> Value:
        items = (x, *others) if others else tuple(x)
        best = items[0]
        for item in items[1:]:
            if isinstance(best, Tensor) or isinstance(item, Tensor):
                first = best if isinstance(best, Tensor) else item.of(best)
                best = _of_two(sign, 1.0)(first, item)
            else:
                best = item if sign * item > sign * best else best
        return best

    return extreme


def _without_nan(sign: int) -> Callable[..., Tensor]:
    def extreme(x: Tensor, axis: Any = None, keepdims: Any = False) -> Tensor:
        return _extreme(sign)(x, axis, keepdims, ~np.isnan(x.mid))

    return extreme


def _argument(function: Callable[..., Any]) -> Callable[..., Any]:
    def found(x: Value, axis: Any = None, keepdims: Any = False) -> Any:
        return function(plain(x), axis=axis_of(axis), keepdims=bool(keepdims))

    return found


def _order(x: Value, axis: Any, *, falling: bool) -> Any:
    numbers = plain(x)
    return np.argsort(-numbers if falling else numbers, axis=int(axis), kind="stable")


def _falling(descending: Any, direction: str) -> bool:
    return bool(descending) or direction.upper() == "DESCENDING"


def _argsort(x: Value, axis: Any = -1, descending: Any = False, direction: str = "") -> Any:
    return _order(x, axis, falling=_falling(descending, direction))


def _sort(x: Value, axis: Any = -1, descending: Any = False, direction: str = "") -> Value:
    return take_along(x, _argsort(x, axis, descending, direction), axis)


def _sort_of_torch(x: Value, axis: Any = -1, descending: Any = False) -> Pair:
    order = _order(x, axis, falling=bool(descending))
    return Pair(take_along(x, order, axis), order)


def _topk(x: Value, k: Any, axis: Any = -1, largest: Any = True, sorted: Any = True) -> Pair:  # noqa: A002
    del sorted
    order = np.take(_order(x, axis, falling=bool(largest)), np.arange(int(k)), int(axis))
    return Pair(take_along(x, order, axis), order)


def _median(x: Tensor, axis: Any = None, keepdims: Any = False) -> Tensor:
    """The mean of the two in the middle; of an odd number, the one."""
    rows = rows_of(x, axis)
    order, n = np.argsort(rows.mid, axis=-1, kind="stable"), rows.shape[-1]
    low, high = (take_along(rows, order[..., i : i + 1], -1).reshape(rows.shape[:-1]) for i in ((n - 1) // 2, n // 2))
    return kept_of(low * 0.5 + high * 0.5, axis, x, keepdims)


def _median_of_torch(x: Tensor, axis: Any = None, keepdims: Any = False) -> Value:
    """The lower of the two in the middle."""
    rows = rows_of(x, axis)
    order = np.argsort(rows.mid, axis=-1, kind="stable")
    at = order[..., (rows.shape[-1] - 1) // 2 :][..., :1]
    values = take_along(rows, at, -1).reshape(rows.shape[:-1])
    if axis is None:
        return _spread(rows, values)
    gone = place(int(axis), x.ndim)
    return Pair(kept_of(values, axis, x, keepdims), np.expand_dims(at[..., 0], gone) if keepdims else at[..., 0])


def _spread(rows: Tensor, value: Tensor) -> Tensor:
    """A single order statistic, its slope shared by all that equal it."""
    equal = rows.mid == value.mid
    return rows.weighted_slope(value.data, equal / np.sum(equal))


def _unique(x: Value) -> Value:
    numbers = plain(x).ravel()
    first = np.unique(numbers, return_index=True)[1]
    return x.reshape((-1,)).index((first,)) if isinstance(x, Tensor) else numbers[first]


def _nonzero(x: Value, as_tuple: Any = True) -> Any:
    found = np.nonzero(plain(x))
    return found if as_tuple else np.stack(found, -1)


def _ptp(x: Tensor, axis: Any = None, keepdims: Any = False) -> Tensor:
    return _extreme(1)(x, axis, keepdims) - _extreme(-1)(x, axis, keepdims)


def _masked_select(x: Value, mask: Value, axis: Any = 0) -> Value:
    """The elements where `mask` is true; a mask of fewer axes than the array selects rows, from `axis` on."""
    chosen = np.asarray(plain(mask), bool)
    key = (slice(None),) * (int(axis) if chosen.ndim < ndim_of(x) else 0) + (chosen,)
    return x.index(key) if isinstance(x, Tensor) else np.asarray(x)[key]


def _masked_select_of_torch(x: Value, mask: Value) -> Value:
    shape = np.broadcast_shapes(shape_of(x), shape_of(mask))
    wide = x.broadcast_to(shape) if isinstance(x, Tensor) else np.broadcast_to(x, shape)
    return _masked_select(wide, np.broadcast_to(plain(mask), shape))


def _gather_nd(x: Value, index: Value, batch_dims: Any = 0) -> Value:
    """TensorFlow's: the last axis of `index` holds an index into the first axes."""
    at, lead = np.moveaxis(integers(index), -1, 0), int(batch_dims)
    grid = np.indices(at.shape[1:], sparse=True)[:lead]
    key = (*(np.reshape(g, g.shape) for g in grid), *at)
    return x.index(key) if isinstance(x, Tensor) else np.asarray(x)[key]


MAX, MIN = (on_floats(_extreme(sign), "x", "axis", "keepdims", "where", "initial") for sign in (1, -1))
MAXIMUM, MINIMUM = (on_floats(_of_two(sign), "x", "y", held=True) for sign in (1, -1))
# TensorFlow gives the first of two equal numbers all of the slope.
TF_MAXIMUM, TF_MINIMUM = (on_floats(_of_two(sign, 1.0), "x", "y", held=True) for sign in (1, -1))
ARGMAX, ARGMIN = (operation(_argument(f), "x", "axis", "keepdims") for f in (np.argmax, np.argmin))

EXTREMES: dict[str, Operation] = {
    "max": MAX, "min": MIN, "maximum": MAXIMUM, "minimum": MINIMUM, "argmax": ARGMAX, "argmin": ARGMIN,
    "nanmax": on_floats(_without_nan(1), "x", "axis", "keepdims"),
    "nanmin": on_floats(_without_nan(-1), "x", "axis", "keepdims"),
    "ptp": on_floats(_ptp, "x", "axis", "keepdims"),
    "sort": operation(_sort, "x", "axis", "descending", "direction"),
    "argsort": operation(_argsort, "x", "axis", "descending", "direction"),
    "topk": operation(_topk, "x", "k", "axis", "largest", "sorted"),
    "median": on_floats(_median, "x", "axis", "keepdims"),
    "unique": operation(_unique, "x"),
    "nonzero": operation(_nonzero, "x"),
    "argwhere": operation(lambda x: np.argwhere(plain(x)), "x"),
    "masked_select": operation(_masked_select, "x", "mask", "axis"),
    "gather_nd": operation(_gather_nd, "x", "index", "batch_dims"),
}  # fmt: skip

EXTREMES_OF: dict[str, Operation] = {
    "torch.max": on_floats(_of_torch(1), "x", "axis", "keepdims", "y"),
    "torch.min": on_floats(_of_torch(-1), "x", "axis", "keepdims", "y"),
    "torch.sort": operation(_sort_of_torch, "x", "axis", "descending"),
    "torch.median": on_floats(_median_of_torch, "x", "axis", "keepdims"),
    "torch.masked_select": operation(_masked_select_of_torch, "x", "mask"),
    "torch.Tensor.nonzero": variant(operation(_nonzero, "x", "as_tuple"), as_tuple=False),
    "jax.numpy.unique": operation(lambda x: _unique(x.constant() if isinstance(x, Tensor) else x), "x"),
    "jax.lax.max": MAXIMUM, "jax.lax.min": MINIMUM,
    "builtins.max": operation(_of_python(1), "x", "*"), "builtins.min": operation(_of_python(-1), "x", "*"),
    "tensorflow.argmax": variant(ARGMAX, axis=0), "tensorflow.argmin": variant(ARGMIN, axis=0),
    **{f"{module}.maximum": TF_MAXIMUM for module in ("tensorflow", "keras.ops")},
    **{f"{module}.minimum": TF_MINIMUM for module in ("tensorflow", "keras.ops")},
}  # fmt: skip
