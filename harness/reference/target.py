"""Stage `target`: from the array that was given to t, of the prediction's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import CaseError

if TYPE_CHECKING:
    from harness.reference.tape import Tensor
    from harness.semantics import Target


@dataclass(frozen=True, slots=True)
class Decoded:
    """The target ready for use.

    Attributes:
        t: Target behind smoothing and range, shape of the prediction with the class axis last.
        hard: Target before smoothing, same shape: what class weights are looked up with.
        kept: False where an index was the ignored label; None where nothing is ignored.
        bad: True where an index is outside the classes and stands for nan; None where there is none.
        log: Logarithm of t where the target was given as one; None otherwise.
    """

    t: Tensor
    hard: Tensor
    kept: np.ndarray | None
    bad: np.ndarray | None
    log: Tensor | None = None


def decode(target: Target, source: Any, x: Tensor, amounts: dict[str, Tensor], ignored: float | None) -> Decoded:
    """Decode, smooth and clip the target.

    Args:
        target: The stage's choices.
        source: The array given: a Tensor, or an integer ndarray of class indices.
        x: The prediction, class axis last.
        amounts: "smoothing", "low" and "high" as tensors where they are chosen.
        ignored: The label that is left out, or None.

    Raises:
        CaseError: `wrong-shape`, if the target cannot be brought to the prediction's shape.
    """
    kept = bad = log = None
    if target.encoding == "ranked":
        source = _ranks(source)
    if target.encoding == "index" or (target.encoding == "ranked" and source.ndim < x.ndim):
        hard, kept, bad = _one_hot(target, source, x, ignored)
    elif target.encoding == "index-list":
        hard = x.of(_counts(source, x.shape[-1]))
    else:
        given = source if hasattr(source, "arith") else x.of(np.asarray(source, np.float64))
        hard = _dense(target, given)
        log = given if target.encoding == "log" else None
    if target.order is not None:
        hard = hard.index((..., np.asarray(target.order)))
    t = _smoothed(target, hard, amounts) if target.smoothing else hard
    if target.range is not None:
        t = _clipped(t, amounts)
    return Decoded(t, hard, kept, bad, log if t is hard else None)


def _ranks(labels: Any) -> np.ndarray:
    values = np.asarray(labels.mid if hasattr(labels, "arith") else labels)
    return np.unique(values, return_inverse=True)[1].reshape(values.shape)


def _one_hot(target: Target, source: Any, x: Tensor, ignored: float | None) -> tuple[Tensor, Any, Any]:
    index = np.asarray(source.mid if hasattr(source, "arith") else source)
    index = np.trunc(index).astype(np.int64)
    classes = x.shape[-1]
    if index.shape != x.shape[:-1] and index.shape == (*x.shape[:-1], 1):
        index = index[..., 0]
    if index.shape != x.shape[:-1]:
        message = f"class indices of shape {index.shape} do not fit a prediction of shape {x.shape}"
        raise CaseError("wrong-shape", message)
    kept = None if ignored is None else index != ignored
    if target.bad_index == "wrap":
        index = np.where((index < 0) & (index >= -classes), index + classes, index)
    outside = (index < 0) | (index >= classes)
    if target.bad_index == "clip":
        index, outside = np.clip(index, 0, classes - 1), np.zeros_like(outside)
    counted = outside if kept is None else outside & kept
    one_hot = (index[..., None] == np.arange(classes)).astype(np.float64)
    bad = counted if target.bad_index != "zero" and bool(np.any(counted)) else None
    return x.of(one_hot), kept, bad


def _counts(source: Any, classes: int) -> np.ndarray:
    lists = np.asarray(source.mid if hasattr(source, "arith") else source).astype(np.int64)
    listed = np.cumprod(lists >= 0, axis=-1, dtype=bool)[..., None]
    return np.asarray(np.sum(listed & (lists[..., None] == np.arange(classes)), axis=-2), np.float64)


def _dense(target: Target, t: Tensor) -> Tensor:
    match target.encoding:
        case "signed":
            return (t + 1.0) * 0.5
        case "signed-if-not-binary":
            return t if np.all((t.mid == 0) | (t.mid == 1)) else (t + 1.0) * 0.5
        case "log":
            return t.exp()
        case _:
            return t


def _smoothed(target: Target, t: Tensor, amounts: dict[str, Tensor]) -> Tensor:
    assert target.smoothing is not None
    e, classes = amounts["smoothing"], target.smoothing.classes or (float(t.shape[-1]) if t.ndim else 1.0)
    match target.smoothing.kind:
        case "uniform":
            return t * (1.0 - e) + e / classes
        case "binary":
            return t * (1.0 - e) + e * 0.5
        case "others":
            return t * (1.0 - e) + (1.0 - t) * (e / (classes - 1.0))
        case "added":
            return t * (1.0 - e / classes) + e / classes
        case kind:
            raise AssertionError(kind)


def _clipped(t: Tensor, amounts: dict[str, Tensor]) -> Tensor:
    if "low" in amounts:
        t = t.maximum(amounts["low"], 1.0)
    return t.minimum(amounts["high"], 1.0) if "high" in amounts else t
