"""Stages `reduction` and `scale`: from contributions to the number that is printed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives

if TYPE_CHECKING:
    from harness.reference.tape import Tensor
    from harness.semantics import Reduction


@dataclass(frozen=True, slots=True)
class Contributions:
    """What is added up.

    Attributes:
        loss: Weighted contributions: elements if the loss is flat, else one per sample or position.
        weight: The weights in `loss`, broadcast to its shape, or None for ones; masked entries are 0.
        raw_weight: Sum of the sample weights as given, before broadcasting.
        kept: Which entries count, shape of `loss`, or None for all.
        samples: Length of the leading axis of the prediction.
    """

    loss: Tensor
    weight: Tensor | None
    raw_weight: Tensor | None
    kept: np.ndarray | None
    samples: int


def reduce_classes(reduction: Reduction, term: Tensor) -> Tensor:
    """Sum or mean over the last axis, or nothing."""
    match reduction.classes:
        case "sum":
            return term.sum(-1)
        case "mean":
            return term.sum(-1) / float(term.shape[-1])
        case _:
            return term


def rooted(x: Tensor, added: Tensor | None, tie: float) -> Tensor:
    """√(x + added); `tie` says whether its slope at 0 is 0, or has none."""
    x = x if added is None else x + added
    return primitives.flat_root(x) if tie == 0.0 else x.sqrt()


def reduce_batch(reduction: Reduction, parts: Contributions) -> Tensor:
    """None, sum, or mean with the chosen denominator; means of means for micro-batches."""
    if reduction.batch == "none":
        return parts.loss
    if reduction.microbatches and reduction.batch == "mean":
        return _mean_of_means(reduction, parts)
    total = parts.loss.sum()
    return total if reduction.batch == "sum" else _divide(reduction, total, _denominator(reduction, parts))


def _mean_of_means(reduction: Reduction, parts: Contributions) -> Tensor:
    edges = _edges(reduction.microbatches or (), parts.loss.shape[0])
    means = [_chunk_mean(reduction, parts, slice(a, b)) for a, b in pairwise(edges)]
    total = means[0]
    for mean in means[1:]:
        total = total + mean
    return total / float(len(means))


def _edges(sizes: tuple[int, ...], length: int) -> list[int]:
    """Where parts of these sizes begin and end, the last size as often as it takes."""
    edges = [0, *np.cumsum(sizes).tolist()]
    while edges[-1] < length:
        edges.append(min(edges[-1] + sizes[-1], length))
    return edges


def _chunk_mean(reduction: Reduction, parts: Contributions, rows: slice) -> Tensor:
    chunk = Contributions(
        loss=parts.loss.index(rows),
        weight=None if parts.weight is None else parts.weight.index(rows),
        raw_weight=parts.raw_weight,
        kept=None if parts.kept is None else parts.kept[rows],
        samples=len(range(*rows.indices(parts.samples))),
    )
    return _divide(reduction, chunk.loss.sum(), _denominator(reduction, chunk))


def _denominator(reduction: Reduction, parts: Contributions) -> Tensor:
    size = float(math.prod(parts.loss.shape))
    counted = size if parts.kept is None else float(np.sum(parts.kept))
    match reduction.denominator:
        case "samples":
            return parts.loss.of(float(parts.samples))
        case "kept":
            return parts.loss.of(counted)
        case "weights":
            return parts.loss.of(counted) if parts.weight is None else parts.weight.sum()
        case "weights-unbroadcast":
            return parts.loss.of(counted) if parts.raw_weight is None else parts.raw_weight.sum()
        case "nonzero-weights":
            return parts.loss.of(counted if parts.weight is None else float(np.count_nonzero(parts.weight.mid)))
        case _:
            return parts.loss.of(size)


def _divide(reduction: Reduction, total: Tensor, denominator: Tensor) -> Tensor:
    # 0/0 is nan, and so is the gradient of what has weight 0; what was left out by a mask has gradient 0 still.
    return total * 0.0 if reduction.zero == "zero" and float(denominator.mid) == 0.0 else total / denominator
