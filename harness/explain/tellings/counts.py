"""A sum divided by a number that is a count: the mean over what is counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.explain.counted import counts, is_count
from harness.explain.tellings.ground import Ground
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


def _with_constant(s: Semantics, amount: float, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """The point, where its constant is one that somebody would write: 1, what stands on the other side, ½ or 2."""
    wanted = dict.fromkeys((1.0, other.scale.constant, 0.5, 2.0))
    near = (w for w in wanted if isinstance(w, float) and is_count(amount, w, ground.dtype))
    yield from (with_choice(s, "scale", constant=w) for w in near)


def _number(value: Value, ground: Ground) -> float | None:
    if not isinstance(value, Node):
        return float(value)
    array = ground.array(value)
    return float(array.reshape(())) if array is not None and array.size == 1 and np.isfinite(array).all() else None
