"""Losses that no point of the space is, and that are short formulas all the same: read as what they compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference.constants import Making
from harness.reference.extremes import EXTREMES
from harness.reference.operation import Operation, Value, axis_of, on_floats, plain, tensor_of
from harness.reference.sums import mean
from harness.reference.tape import Tensor


def _triplet(
    x: Tensor, near: Value, far: Value, axis: Any = -1, norm_degree: Any = 2, margin: Any = 1.0, eps: Any = 1e-6
) -> Tensor:
    """optax' max(d(a, p) − d(a, n) + m, 0) with d = (Σ (x − y)^k + ε)^(1/k)."""
    degree = float(norm_degree)

    def distance(y: Value) -> Tensor:
        powers = (x - tensor_of(x, y)) ** degree
        return (powers.sum(axis_of(axis)) + float(eps)) ** (1.0 / degree)

    return (distance(near) - distance(far) + float(margin)).maximum(0.0)


def _share_of_wrong_rows(x: Tensor, y: Value) -> Tensor:
    wrong = plain(x) != plain(y)
    return _counted(x, wrong.reshape(wrong.shape[0], -1).any(-1))


def _counted(x: Tensor, wrong: Any) -> Tensor:
    """A share, or 1 less the others' share."""
    return mean(x.of(wrong.astype(np.float64))).widen(np.asarray(1.0))


def _of_outputs(x: Tensor, y: Value, *, logarithms: bool = False) -> Tensor:
    """The root of each output's mean squared error, averaged over the outputs."""
    a, b = x, tensor_of(x, y)
    error = a.log1p() - b.log1p() if logarithms else a - b
    return mean(mean(error * error, 0).sqrt())


def _median_error(x: Tensor, y: Value) -> Tensor:
    return mean(EXTREMES["median"].function((x - tensor_of(x, y)).abs(), 0))


def _largest_error(x: Tensor, y: Value) -> Tensor:
    return EXTREMES["max"].function((x - tensor_of(x, y)).abs())  # type: ignore[no-any-return]


def _weighted(
    x: Tensor, weights: Value = 1.0, reduction: str = "weighted_sum_by_nonzero_weights", *, making: Making
) -> Tensor:
    """TensorFlow 1's reductions of losses times weights, in float32 whatever they are given in.

    Raises:
        CaseError: `not-interpretable`, for a reduction that there is not.
    """
    factors = making.cast(weights, "float32") if isinstance(weights, Tensor) else weights
    return making.cast(_reduced(making.cast(x, "float32"), factors, reduction), making.working)


def _reduced(x: Tensor, weights: Value, reduction: str) -> Tensor:
    w = tensor_of(x, weights)
    if w.ndim < x.ndim and w.ndim:
        w = w.reshape((*w.shape, *(1,) * (x.ndim - w.ndim)))
    product = x * w
    wide = np.broadcast_to(w.mid, product.shape)
    counts = {
        "weighted_sum": 1.0,
        "weighted_sum_over_batch_size": float(np.prod(product.shape)),
        "weighted_sum_by_nonzero_weights": float(np.count_nonzero(wide)),
    }
    if reduction == "none":
        return product
    if reduction == "weighted_mean":
        whole = w.broadcast_to(product.shape).sum()
        return product.sum() / whole if np.any(whole.mid) else product.sum() * 0.0
    if reduction not in counts:
        raise CaseError("not-interpretable", f"the reduction {reduction!r} has no reading here")
    return product.sum() / counts[reduction] if counts[reduction] else product.sum() * 0.0


METRICS_OF: dict[str, Operation] = {
    "optax.losses.triplet_margin_loss": on_floats(_triplet, "x", "near", "far", "axis", "norm_degree", "margin", "eps"),
    "sklearn.metrics.zero_one_loss": on_floats(_share_of_wrong_rows, "x", "y"),
    "sklearn.metrics.hamming_loss": on_floats(lambda x, y: _counted(x, plain(x) != plain(y)), "x", "y"),
    "sklearn.metrics.max_error": on_floats(_largest_error, "x", "y"),
    "sklearn.metrics.median_absolute_error": on_floats(_median_error, "x", "y"),
    "sklearn.metrics.root_mean_squared_error": on_floats(_of_outputs, "x", "y"),
    "sklearn.metrics.root_mean_squared_log_error": on_floats(lambda x, y: _of_outputs(x, y, logarithms=True), "x", "y"),
    "tensorflow.compat.v1.losses.compute_weighted_loss": on_floats(_weighted, "x", "weights", "reduction", "making"),
}
