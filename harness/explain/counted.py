"""What a mean counts: elements, samples, what is left by a mask, the weights used; and what sums of weights count."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from harness.records import Array
from harness.reference.formats import FORMATS
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice
from harness.syntax import Node

ROUNDINGS = 2.0  # A count, and a quotient of it.


class Arrays(Protocol):
    """Whoever knows the numbers of trees."""

    def array(self, node: Node, /) -> np.ndarray | None:
        """The numbers of a tree."""

    def shape(self, node: Node, /) -> tuple[int, ...] | None:
        """The shape of a tree."""


def same_weights(summed: Array, used: Array) -> bool:
    """Whether the weights that are summed are those that were used: flattened, broadcast, or as they are."""
    if np.array_equal(np.ravel(summed), np.ravel(used)):
        return True
    try:
        return np.array_equal(summed, np.broadcast_to(used, np.shape(summed)))
    except ValueError:
        return False


def weights_summed(s: Semantics, weights: Node, arrays: Arrays) -> str:
    """The denominator's name: weights of fewer elements than there are losses count once each where they are summed."""
    every = math.prod(arrays.shape(weights) or ()) == math.prod(contributions(s, arrays) or ())
    return "weights" if every else "weights-unbroadcast"


def contributions(s: Semantics, arrays: Arrays) -> tuple[int, ...] | None:
    """The shape of what is added up: elements, or one for each sample or position."""
    shape = arrays.shape(s.layout.prediction)
    if not shape or not (FAMILIES[s.term.family].shape == "coupled" or s.reduction.classes in ("sum", "mean")):
        return shape
    axis = (s.layout.class_axis if s.layout.class_axis is not None else -1) % len(shape)
    return tuple(n for i, n in enumerate(shape) if i != axis)


def used(s: Semantics, arrays: Arrays) -> np.ndarray | None:
    """How much each contribution counts: its weight, and 0 where it is left out; None where that is not known."""
    shape = contributions(s, arrays)
    if shape is None:
        return None
    total = np.ones(shape)
    for part in (_kept(s, arrays), _weights(s, arrays)):
        wide = np.ones(()) if part is None else part
        while wide.ndim < len(shape) and wide.shape != shape[-wide.ndim :] and wide.ndim:
            wide = wide[..., None]
        try:
            total = total * np.broadcast_to(wide, shape)
        except ValueError:
            return None
    return total


def _kept(s: Semantics, arrays: Arrays) -> np.ndarray | None:
    mask = s.weight.mask
    if mask is None:
        return None
    if isinstance(mask, Node):
        array = arrays.array(mask)
        return None if array is None else array.astype(bool)
    labels = arrays.array(s.target.source)
    return None if labels is None or s.target.encoding != "index" else labels != mask


def _weights(s: Semantics, arrays: Arrays) -> np.ndarray | None:
    return arrays.array(s.weight.sample) if isinstance(s.weight.sample, Node) else None


def counts(s: Semantics, arrays: Arrays) -> dict[str, float]:
    """What a mean of this loss may divide by here, by the denominator's name: what was used first."""
    shape, whole = contributions(s, arrays), arrays.shape(s.layout.prediction)
    amounts = used(s, arrays)
    if not shape or not whole or amounts is None:
        return {}
    found = {}
    kept = _kept(s, arrays)
    if s.weight.sample is not None:
        raw = _weights(s, arrays)
        found["weights"] = float(amounts.sum())
        found |= {} if raw is None else {"weights-unbroadcast": float(raw.sum())}
        found["nonzero-weights"] = float(np.count_nonzero(amounts))
    if kept is not None:
        found["kept"] = float(used(without_weights(s), arrays).sum())  # type: ignore[union-attr]
    return {**found, "elements": float(math.prod(shape)), "samples": float(whole[0])}


def without_weights(s: Semantics) -> Semantics:
    """The point with nothing weighted."""
    return with_choice(s, "weight", sample=None)


def is_count(amount: float, count: float, dtype: str) -> bool:
    """Whether a number is a count as the dtype holds them: 3 + 1e-8 is 3 in float32."""
    return abs(amount - count) <= ROUNDINGS * FORMATS[dtype].u * abs(count)


def counted_rows(s: Semantics, divisor: np.ndarray, arrays: Arrays, dtype: str) -> str | None:
    """What a divisor for each sequence counts of it, by the denominator's name; None for something else."""
    ways = {"weights": s, "kept": without_weights(s)} if s.weight.sample is not None else {"kept": s}
    for name, told in ways.items():
        amounts = used(told, arrays)
        if amounts is None or divisor.shape != amounts.shape[:1]:
            return None
        rows = amounts.reshape(len(amounts), -1).sum(1)
        if all(is_count(float(d), float(r), dtype) for d, r in zip(divisor, rows, strict=True)):
            return name
    return None
