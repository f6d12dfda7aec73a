"""Sums, means, products and what is made of them, over all or some axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference.axes import axes_of, place
from harness.reference.extremes import MAX, MIN
from harness.reference.formats import Floats
from harness.reference.moves import MOVES, kept_of, rows_of
from harness.reference.operation import Operation, Value, axis_of, on_floats, operation, plain, tensor_of, variant
from harness.reference.primitives import flat_root
from harness.reference.structural import stack
from harness.reference.tape import Tensor


def _of_chosen(x: Tensor, where: Value) -> tuple[Tensor, Any]:
    """What `where` chooses, with zeros elsewhere, and the choice as numbers."""
    if where is None:
        return x, np.ones(x.shape)
    chosen = np.broadcast_to(np.asarray(plain(where), bool), np.broadcast_shapes(x.shape, np.shape(plain(where))))
    return x.broadcast_to(chosen.shape).where(chosen, 0.0), chosen.astype(np.float64)


def _counted(counts: Any, axis: Any, keepdims: Any) -> Floats:
    return np.asarray(np.sum(counts, axes_of(axis_of(axis), np.ndim(counts)), keepdims=bool(keepdims)))


def total(x: Tensor, axis: Any = None, keepdims: Any = False, where: Value = None) -> Tensor:
    """Σ x."""
    return _of_chosen(x, where)[0].sum(axis_of(axis), keepdims=bool(keepdims))


def mean(x: Tensor, axis: Any = None, keepdims: Any = False, where: Value = None) -> Tensor:
    """Σ x over the number of elements."""
    chosen, counts = _of_chosen(x, where)
    return chosen.sum(axis_of(axis), keepdims=bool(keepdims)) / _counted(counts, axis, keepdims)


def _average(x: Tensor, axis: Any = None, weights: Value = None) -> Tensor:
    if weights is None:
        return mean(x, axis)
    w = tensor_of(x, weights)
    if w.ndim == 1 and x.ndim > 1:
        w = w.reshape(tuple(n if i == place(int(axis), x.ndim) else 1 for i, n in enumerate(x.shape)))
    return total(x * w, axis) / total(w.broadcast_to(x.shape), axis)


def variance(x: Tensor, axis: Any = None, keepdims: Any = False, ddof: Any = 0, where: Value = None) -> Tensor:
    """Σ (x − mean)² over the number of elements less `ddof`."""
    centred, counts = _of_chosen(x - mean(x, axis, keepdims=True, where=where), where)
    return total(centred * centred, axis, keepdims) / (_counted(counts, axis, keepdims) - float(ddof))


def _deviation(x: Tensor, axis: Any = None, keepdims: Any = False, ddof: Any = 0, where: Value = None) -> Tensor:
    return variance(x, axis, keepdims, ddof, where).sqrt()


def _of_torch(root: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """torch divides by n − 1 unless told otherwise, by a flag or by a number."""

    def spread(x: Tensor, axis: Any = None, unbiased: Any = True, keepdims: Any = False, ddof: Any = None) -> Tensor:
        if isinstance(axis, bool):
            axis, unbiased = None, axis
        return root(variance(x, axis, keepdims, int(unbiased) if ddof is None else ddof))

    return spread


def _moments(x: Tensor, axis: Any, shift: Value = None, keepdims: Any = False) -> tuple[Tensor, Tensor]:
    del shift
    return mean(x, axis, keepdims), variance(x, axis, keepdims)


def _weighted_moments(x: Tensor, axis: Any, frequency_weights: Value, keepdims: Any = False) -> tuple[Tensor, Tensor]:
    w = tensor_of(x, frequency_weights).broadcast_to(x.shape)
    whole = total(w, axis, keepdims=True)
    middle = total(x * w, axis, keepdims=True) / whole
    gap = x - middle
    spread = total(gap * gap * w, axis, keepdims=True) / whole
    shape = total(x, axis, keepdims).shape
    return middle.reshape(shape), spread.reshape(shape)


def cumulative(x: Tensor, axis: Any = None, exclusive: Any = False, reverse: Any = False) -> Tensor:
    """Sums of the first 1, 2, 3, …; reversed, of the last; exclusive, without the element itself."""
    if axis is None:
        return cumulative(x.reshape((-1,)), 0, exclusive, reverse)
    ar, at = x.arith, place(int(axis), x.ndim)

    def forth(a: Any, turned: Any) -> Any:
        there = ar.structure(lambda part: np.flip(part, at), a) if turned else a
        summed = ar.cumsum(there, at)
        return ar.structure(lambda part: np.flip(part, at), summed) if turned else summed

    out = Tensor(ar, forth(x.data, reverse), ((x, lambda g: forth(g, not reverse)),))
    return _shifted(out, at, -1 if reverse else 1) if exclusive else out


def _shifted(x: Tensor, axis: int, by: int) -> Tensor:
    edge = [(0, 0)] * x.ndim
    edge[axis] = (max(by, 0), max(-by, 0))
    padded = MOVES["pad"].function(x, edge)
    start = max(-by, 0)
    return MOVES["narrow"].function(padded, axis, start, x.shape[axis])  # type: ignore[no-any-return]


def _slices(x: Tensor, axis: int) -> list[Tensor]:
    return list(MOVES["unstack"].function(x, axis))


def product_of(x: Tensor, axis: Any = None, keepdims: Any = False) -> Tensor:
    """Π x; the slope of a factor is the product of the others, which libraries may take as the whole over the factor.

    That form rounds twice more, and in underflow and overflow parts from the product of the others.
    """
    rows = rows_of(x, axis)
    out = rows.of(np.ones(rows.shape[:-1]))
    for factor in _slices(rows, rows.ndim - 1):
        out = out * factor
    return kept_of(_widened_back(out, 3.0), axis, x, keepdims)


def _widened_back(x: Tensor, units: float) -> Tensor:
    """The same numbers, their slopes off by `units` · u more."""
    ar = x.arith
    return Tensor(ar, x.data, ((x, lambda g: ar.widen(g, units * np.abs(ar.middle(g)))),))


def _cumulative_product(x: Tensor, axis: Any = None, exclusive: Any = False, reverse: Any = False) -> Tensor:
    if axis is None:
        return _cumulative_product(x.reshape((-1,)), 0, exclusive, reverse)
    at = place(int(axis), x.ndim)
    parts = _slices(x, at)[:: -1 if reverse else 1]
    out = [x.of(np.ones(parts[0].shape))] if parts else []
    for part in parts:
        out.append(out[-1] * part)
    kept = out[:-1] if exclusive else out[1:]
    return _widened_back(stack(tuple(kept[:: -1 if reverse else 1]), at), float(len(parts) + 2))


def _flat_at_zero(x: Tensor, axis: Any = 0, exclusive: Any = False, reverse: Any = False) -> Tensor:
    """TensorFlow's, which divides by each factor for its slope, and gives a factor of 0 none."""
    return _cumulative_product(x.where(x.mid != 0, 0.0), axis, exclusive, reverse)


def _without_nan(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda x, axis=None, keepdims=False: function(x, axis, keepdims, ~np.isnan(x.mid))


def norm(
    x: Tensor, order: Any = 2, axis: Any = None, keepdims: Any = False, root: Callable[[Tensor], Tensor] = Tensor.sqrt
) -> Tensor:
    """(Σ |x|ᵖ)^(1/p), of all elements or along axes; `root` is the square root."""
    p = 2.0 if order in (None, "fro", "euclidean") else float(order)
    if p == 2.0:  # noqa: PLR2004
        return root(total(x * x, axis, keepdims))
    if p == 0.0:
        return x.of(np.sum(x.mid != 0, axes_of(axis_of(axis), x.ndim), keepdims=bool(keepdims)))
    if math.isinf(p):
        return (MAX if p > 0 else MIN).function(x.abs(), axis, keepdims)  # type: ignore[no-any-return]
    return total(x.abs() ** p, axis, keepdims) ** (1.0 / p)


def _norm_of_torch(x: Tensor, order: Any = 2, axis: Any = None, keepdims: Any = False) -> Tensor:
    return norm(x, order, axis, keepdims, flat_root)


def _matrix_or_vector(of: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def either(x: Tensor, order: Any = None, axis: Any = None, keepdims: Any = False) -> Tensor:
        if order not in (None, "fro") and len(axes_of(axis_of(axis), x.ndim)) == 2:  # noqa: PLR2004
            raise CaseError("not-interpretable", f"the norm of order {order} of a matrix has no reading here")
        return of(x, order, axis, keepdims)

    return either


def _trace(x: Value, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Tensor:
    return MOVES["diagonal"].function(x, offset, axis1, axis2).sum(-1)  # type: ignore[no-any-return]


def _added(parts: Any) -> Value:
    """Python's sum: one after another, as NumPy adds them."""
    items = parts if isinstance(parts, tuple) else MOVES["unstack"].function(parts)
    out = items[0]
    for item in items[1:]:
        out = out + item
    return out


SUM, MEAN = (on_floats(f, "x", "axis", "keepdims", "where") for f in (total, mean))
VAR, STD = (on_floats(f, "x", "axis", "keepdims", "ddof", "where") for f in (variance, _deviation))
CUMSUM, CUMPROD = (on_floats(f, "x", "axis", "exclusive", "reverse") for f in (cumulative, _cumulative_product))
TF_CUMPROD = on_floats(_flat_at_zero, "x", "axis", "exclusive", "reverse")
NORM, TORCH_NORM = (on_floats(f, "x", "order", "axis", "keepdims") for f in (norm, _norm_of_torch))
LINALG_NORM = on_floats(_matrix_or_vector(norm), "x", "order", "axis", "keepdims")

SUMS: dict[str, Operation] = {
    "sum": SUM, "mean": MEAN, "var": VAR, "std": STD, "cumsum": CUMSUM, "cumprod": CUMPROD, "norm": NORM,
    "average": on_floats(_average, "x", "axis", "weights"),
    "prod": on_floats(product_of, "x", "axis", "keepdims"),
    "nansum": on_floats(_without_nan(total), "x", "axis", "keepdims"),
    "nanmean": on_floats(_without_nan(mean), "x", "axis", "keepdims"),
    "trace": on_floats(_trace, "x", "offset", "axis1", "axis2"),
    "moments": on_floats(_moments, "x", "axis", "shift", "keepdims"),
    "weighted_moments": on_floats(_weighted_moments, "x", "axis", "frequency_weights", "keepdims"),
    "add_n": operation(_added, "parts"),
}  # fmt: skip

SUMS_OF: dict[str, Operation] = {
    "builtins.sum": operation(_added, "parts"),
    "torch.var": on_floats(_of_torch(lambda x: x), "x", "axis", "unbiased", "keepdims", "ddof"),
    "torch.std": on_floats(_of_torch(flat_root), "x", "axis", "unbiased", "keepdims", "ddof"),
    "torch.norm": TORCH_NORM, "torch.linalg.vector_norm": TORCH_NORM,
    "torch.linalg.norm": on_floats(_matrix_or_vector(_norm_of_torch), "x", "order", "axis", "keepdims"),
    **dict.fromkeys(("numpy.linalg.norm", "jax.numpy.linalg.norm", "keras.ops.norm"), LINALG_NORM),
    "jax.lax.cumsum": variant(CUMSUM, "x", "axis", "reverse"),
    "tensorflow.cumsum": variant(CUMSUM, axis=0),
    "tensorflow.math.cumprod": TF_CUMPROD, "keras.ops.cumprod": TF_CUMPROD,
}  # fmt: skip

__all__ = ["SUMS", "SUMS_OF", "mean", "norm", "total", "variance"]
