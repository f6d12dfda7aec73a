"""Weights of classes, of positives and of samples: the same weights where each sample has those of its class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.counted import counts, is_count
from harness.explain.named import operation
from harness.explain.tellings.ground import Ground
from harness.semantics import Semantics, Value, with_choice
from harness.syntax import Binary, Call, Index, Literal, Node, Sequence

HARD = (0.0, 1.0)


def of_samples(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Class weights of hard targets: each sample has that of its class."""
    w, y = s.weight.klass, s.target.source
    if not isinstance(w, Node) or s.weight.sample is not None or s.target.smoothing is not None:
        return
    if s.target.encoding != "index" or ground.array(y) is None:
        return
    array = Call("numpy.array", (w,)) if isinstance(w, Sequence) else w
    yield replace(s, weight=replace(s.weight, klass=None, klass_in="target", sample=Index(array, (y,))))


def of_classes(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """`w[y]`, the weights of samples, as those of classes."""
    found = _looked_up(s.weight.sample, s.target.source)
    if found is not None and s.weight.klass is None and s.target.encoding == "index":
        yield replace(s, weight=replace(s.weight, klass=found, klass_in="target", sample=None))


def _looked_up(weights: Value | None, labels: Node) -> Node | None:
    if isinstance(weights, Index) and weights.items == (labels,):
        return weights.value
    found = operation(weights) if isinstance(weights, Node) else None
    if found is not None and found[0] in ("take", "gather") and len(found[1]) >= 2 and found[1][1] == labels:  # noqa: PLR2004
        return found[1][0]
    return None


def within_terms(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """Where a target is one class, its weight inside the sum over the classes is that of the sample."""
    if s.weight.klass is not None and s.target.encoding == "index" and s.target.smoothing is None:
        other = "terms" if s.weight.klass_in == "target" else "target"
        yield with_choice(s, "weight", klass_in=other)


def of_positives(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Weights of elements that are one number for positives and 1 for the others: pos_weight."""
    weights = s.weight.sample
    if s.term.sides != "two" or not isinstance(weights, Node) or s.weight.positive is not None:
        return
    array, t = ground.array(weights), _hard(s, ground)
    if array is None or t is None or array.shape != t.shape or s.reduction.denominator != "elements":
        return
    high, low = np.unique(array[t == 1]), np.unique(array[t == 0])
    if high.size == 1 and low.tolist() == [1.0]:
        yield replace(s, weight=replace(s.weight, sample=None, positive=float(high[0])))


def of_elements(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """pos_weight of targets that are 0 or 1: a weight of each element."""
    positive = s.weight.positive
    if s.term.sides != "two" or positive is None or s.weight.sample is not None or _hard(s, ground) is None:
        return
    amount = Literal(positive) if isinstance(positive, int | float) else positive
    more = Binary("*", Binary("-", amount, Literal(1.0)), s.target.source)
    yield replace(s, weight=replace(s.weight, positive=None, sample=Binary("+", Literal(1.0), more)))


def _hard(s: Semantics, ground: Ground) -> np.ndarray | None:
    t = ground.array(s.target.source)
    plain = s.target.encoding == "dense" and s.target.smoothing is None
    return t if t is not None and plain and np.isin(t, HARD).all() else None


def unnormalised(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Weights that were divided by one number, `w / w.sum()`: those before, and a mean that counts them."""
    match s.weight.sample:
        case Binary("/", weights, divisor):
            total = ground.array(divisor)
        case _:
            return
    constant = s.scale.constant
    if total is None or total.size != 1 or not isinstance(constant, float) or s.reduction.batch not in ("sum", "mean"):
        return
    before = with_choice(s, "weight", sample=weights)
    own = 1.0 if s.reduction.batch == "sum" else counts(s, ground).get(s.reduction.denominator, 0.0)
    for denominator, count in counts(before, ground).items():
        if is_count(own * float(total.reshape(())), count, ground.dtype):
            yield with_choice(before, "reduction", batch="mean", denominator=denominator)


def same_numbers(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """Weights or a mask that are the other side's in another spelling."""
    for name in ("sample", "mask"):
        own, wanted = getattr(s.weight, name), getattr(other.weight, name)
        if not isinstance(own, Node) or not isinstance(wanted, Node) or own == wanted:
            continue
        a, b = ground.array(own), ground.array(wanted)
        if a is not None and b is not None and a.shape == b.shape and np.array_equal(a, b):
            yield with_choice(s, "weight", **{name: wanted})
