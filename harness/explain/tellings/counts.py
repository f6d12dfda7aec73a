"""A sum divided by a number that is a count: the mean over what is counted."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from harness.explain.tellings.ground import Ground
from harness.reference.formats import FORMATS
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Value, with_choice
from harness.syntax import Node


def as_mean(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A sum with a constant that is one over a count, or the other side's over a count."""
    constant = _number(s.scale.constant, ground)
    if s.reduction.batch != "sum" or s.plus or constant is None:
        return
    for denominator, count in counts(s, ground).items():
        told = with_choice(s, "reduction", batch="mean", denominator=denominator)
        yield from _with_constant(told, constant * count, ground, other)


def as_sum(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A mean with a constant that is a count, or the other side's times a count."""
    constant = _number(s.scale.constant, ground)
    if s.reduction.batch != "mean" or s.plus or s.reduction.microbatches or constant is None:
        return
    count = counts(s, ground).get(s.reduction.denominator)
    if count:
        told = with_choice(s, "reduction", batch="sum", denominator="elements")
        yield from _with_constant(told, constant / count, ground, other)


def _with_constant(s: Semantics, amount: float, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """The point, where its constant is one that somebody would write: 1, or what stands on the other side."""
    wanted = (1.0, other.scale.constant) if isinstance(other.scale.constant, float) else (1.0,)
    near = (w for w in wanted if abs(amount - w) <= 2.0 * FORMATS[ground.dtype].u * abs(w))
    yield from (with_choice(s, "scale", constant=w) for w in near)


def _number(value: Value, ground: Ground) -> float | None:
    if not isinstance(value, Node):
        return float(value)
    array = ground.array(value)
    return float(array.reshape(())) if array is not None and array.size == 1 and np.isfinite(array).all() else None


def counts(s: Semantics, ground: Ground) -> dict[str, float]:
    """What a mean of this loss may divide by here, by the denominator's name."""
    shape = ground.shape(s.layout.prediction)
    if not shape:
        return {}
    each = shape
    if FAMILIES[s.term.family].shape == "coupled" or s.reduction.classes in ("sum", "mean"):
        axis = (s.layout.class_axis if s.layout.class_axis is not None else -1) % len(shape)
        each = tuple(n for i, n in enumerate(shape) if i != axis)
    found = {"elements": float(math.prod(each)), "samples": float(shape[0])}
    weights = s.weight.sample if isinstance(s.weight.sample, Node) else None
    kept = _kept(s, ground, each)
    if kept is not None:
        found["kept"] = float(kept.sum())
    array = None if weights is None else ground.array(weights)
    if array is not None:
        found["weights-unbroadcast"] = float(array.sum())
        try:
            wide = np.broadcast_to(array, each)
        except ValueError:
            return found
        found["weights"] = float(wide.sum() if kept is None else wide[kept].sum())
    return found


def _kept(s: Semantics, ground: Ground, each: tuple[int, ...]) -> np.ndarray | None:
    mask = s.weight.mask
    if mask is None:
        return None
    array = ground.array(mask) if isinstance(mask, Node) else ground.array(s.target.source)
    if array is None:
        return None
    kept = array.astype(bool) if isinstance(mask, Node) else array != mask
    while kept.ndim < len(each) and kept.shape != each[-kept.ndim :]:
        kept = kept[..., None]
    try:
        return np.broadcast_to(kept, each)
    except ValueError:
        return None
