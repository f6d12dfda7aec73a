"""Lengths, directions and distances of vectors, and of numbers brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.reference import sums
from harness.reference.extent import within_reach
from harness.reference.operation import Operation, Value, on_floats, tensor_of, variant
from harness.reference.primitives import flat_root
from harness.reference.sums import norm, total
from harness.reference.tape import Tensor


def _normalize(x: Tensor, order: Any = 2.0, axis: Any = 1, eps: Any = 1e-12) -> Tensor:
    """torch's x / max(‖x‖, ε): a norm below ε has slope 0, one of exactly ε its own."""
    return x / norm(x, order, axis, keepdims=True, root=flat_root).maximum(float(eps), 1.0)


def _l2_normalize(x: Tensor, axis: Any = None, eps: Any = 1e-12) -> Tensor:
    """TensorFlow's x · 1/√max(Σ x², ε)."""
    return x * total(x * x, axis, keepdims=True).maximum(float(eps), 1.0) ** -0.5


def _normalize_of_keras(x: Tensor, axis: Any = -1, order: Any = 2, eps: Any = None) -> Tensor:
    """Keras' x · min(1/√Σ x², 1/ε), or x / max(‖x‖, ε) for other norms."""
    least = 1e-7 if eps is None else float(eps)
    if float(order) == 2.0:  # noqa: PLR2004
        return x * (total(x * x, axis, keepdims=True) ** -0.5).minimum(1.0 / least, 1.0)
    return x / norm(x, order, axis, keepdims=True).maximum(least, 1.0)


def _standardize(
    x: Tensor, axis: Any = -1, mean: Value = None, variance: Value = None, eps: Any = 1e-5, where: Value = None
) -> Tensor:
    """JAX's (x − m)/√(v + ε) with v = mean(x²) − m², which cancels, from 0 on."""
    middle = sums.mean(x, axis, keepdims=True, where=where) if mean is None else tensor_of(x, mean)
    if variance is None:
        variance = (sums.mean(x * x, axis, keepdims=True, where=where) - middle * middle).maximum(0.0)
    return (x - middle) * (tensor_of(x, variance) + float(eps)) ** -0.5


def _cosine_similarity(x: Tensor, y: Value, axis: Any = 1, eps: Any = 1e-8) -> Tensor:
    other, ax = tensor_of(x, y), int(axis)
    norms = (norm(part, 2, ax, root=flat_root).maximum(float(eps)) for part in (x, other))
    return (x * other).sum(ax) / (next(norms) * next(norms))


def _pairwise_distance(x: Tensor, y: Value, order: Any = 2.0, eps: Any = 1e-6, keepdims: Any = False) -> Tensor:
    """torch's ‖x − y + ε‖ over the last axis."""
    return norm(x - tensor_of(x, y) + float(eps), order, -1, keepdims, flat_root)


def _cdist(x: Tensor, y: Value, order: Any = 2.0) -> Tensor:
    """‖xᵢ − yⱼ‖ for every row of x and every row of y; slope 0 where two rows are one.

    Of more than 25 rows, torch takes ‖x‖² + ‖y‖² − 2x·y under the root, as inexact as its parts are large.
    """
    other = tensor_of(x, y)
    within_reach((*x.shape[:-1], *other.shape[-2:]))
    gap = x.reshape((*x.shape[:-1], 1, x.shape[-1])) - other.reshape((*other.shape[:-2], 1, *other.shape[-2:]))
    if float(order) != 2.0 or max(x.shape[-2], other.shape[-2]) <= 25:  # noqa: PLR2004
        return norm(gap, order, -1, root=flat_root)
    sizes = (np.sum(part.mid**2, -1) for part in (x, other))
    parts = 2.0 * (x.shape[-1] + 2.0) * (next(sizes)[..., :, None] + next(sizes)[..., None, :])
    return flat_root((gap * gap).sum(-1).widen(np.where(np.isfinite(parts), parts, 0.0)))


VECTORS: dict[str, Operation] = {
    "cosine_similarity": on_floats(_cosine_similarity, "x", "y", "axis", "eps"),
    "pairwise_distance": on_floats(_pairwise_distance, "x", "y", "order", "eps", "keepdims"),
    "cdist": on_floats(_cdist, "x", "y", "order"),
    "l2_normalize": variant(on_floats(_l2_normalize, "x", "axis", "eps", held=True), eps=1e-12),
    "standardize": on_floats(_standardize, "x", "axis", "mean", "variance", "eps", "where"),
}

_KERAS_NORMALIZE = on_floats(_normalize_of_keras, "x", "axis", "order", "eps")

VECTORS_OF: dict[str, Operation] = {
    "torch.nn.functional.normalize": variant(on_floats(_normalize, "x", "order", "axis", "eps", held=True), eps=1e-12),
    **dict.fromkeys(("keras.ops.normalize", "keras.utils.normalize"), _KERAS_NORMALIZE),
}
