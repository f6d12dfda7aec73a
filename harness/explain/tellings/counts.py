"""A sum divided by a number that is a count: the mean over what is counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.explain.counted import counts, is_count
from harness.explain.identify.numbers import ROUND
from harness.explain.tellings.ground import Ground
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Value, with_choice
from harness.syntax import Node


def recounted(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A sum or a mean divided by another count, where the constant that makes up for it is one somebody would write."""
    constant = _number(s.scale.constant, ground)
    if s.reduction.batch not in ("sum", "mean") or s.plus or s.reduction.microbatches or constant is None:
        return
    known = counts(s, ground)
    own = 1.0 if s.reduction.batch == "sum" else known.get(s.reduction.denominator)
    if not own:
        return
    total = with_choice(s, "reduction", batch="sum", denominator="elements")
    yield from _with_constant(total, constant / own, ground, other)
    for denominator, count in known.items():
        mean = with_choice(s, "reduction", batch="mean", denominator=denominator)
        yield from _with_constant(mean, constant / own * count, ground, other)


def reclassed(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A sum over the classes as a mean over them, and the reverse, where the constant that makes up for it is usual."""
    constant, shape = _number(s.scale.constant, ground), ground.shape(s.layout.prediction)
    elementwise = FAMILIES[s.term.family].shape == "elementwise" and s.weight.klass is None
    if constant is None or not shape or len(shape) < 2 or not elementwise or s.plus:  # noqa: PLR2004
        return
    axis = -1 if s.layout.class_axis is None else s.layout.class_axis
    told = with_choice(s, "layout", class_axis=axis)
    if s.reduction.classes == "mean":
        told = with_choice(told, "reduction", classes="sum")
        yield from _with_constant(told, constant / shape[axis], ground, other)
    elif s.reduction.classes == "sum" or (s.reduction.classes, s.reduction.batch) == ("flat", "sum"):
        told = with_choice(told, "reduction", classes="mean")
        yield from _with_constant(told, constant * shape[axis], ground, other)


def _with_constant(s: Semantics, amount: float, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """The point, where its constant is one that somebody would write: 1, or what stands on the other side.

    Round factors are, too, beside a constant that is none itself: 1/14 is half of 1/7, and 2 is what somebody wrote.
    """
    own = s.scale.constant
    fetched = () if own == 1.0 or own in ROUND else sorted(ROUND)
    wanted = dict.fromkeys((1.0, other.scale.constant, *fetched))
    near = (w for w in wanted if isinstance(w, float) and is_count(amount, w, ground.dtype))
    yield from (with_choice(s, "scale", constant=w) for w in near)


def _number(value: Value, ground: Ground) -> float | None:
    if not isinstance(value, Node):
        return float(value)
    array = ground.array(value)
    return float(array.reshape(())) if array is not None and array.size == 1 and np.isfinite(array).all() else None
