"""One loss has many tellings: the pair of them in which two losses differ least is the one a person would give.

A mask is weights of 0 and 1; a sum divided by 7 is a mean; class weights are weights of samples; a transposed array
with another class axis is the array. Each rule gives a point in other words; that it is the same loss on the inputs of
the case is checked by the reference before it is believed. The search for the pair that differs least goes from the
points as they were read, one rule at a time, the nearest pairs first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from heapq import heappop, heappush
from itertools import count

from harness.explain.aligned import aligned
from harness.explain.differences import differences
from harness.explain.tellings import arrays, axes, counts, masks, sums, weights
from harness.explain.tellings.ground import Ground
from harness.semantics import Semantics

Rule = Callable[[Semantics, Ground], Iterator[Semantics]]
RULES: tuple[Rule, ...] = (
    axes.unmoved,
    axes.unmerged,
    axes.absorbed,
    axes.squeezed,
    masks.unselected,
    masks.without_planted_label,
    masks.without_clamped_labels,
    masks.as_label,
    masks.as_mask,
    masks.as_weights,
    weights.of_samples,
    weights.of_classes,
    weights.within_terms,
    weights.of_positives,
    weights.of_elements,
    weights.unnormalised,
    sums.as_whole,
    sums.of_even_parts,
    sums.as_smoothed,
    sums.of_columns,
    sums.reordered,
    arrays.of_two,
    arrays.of_quotient,
    arrays.as_absolute,
    arrays.of_logarithms,
    arrays.the_other_way_round,
    arrays.as_divergence,
)
# Rules that look at what the other side says.
BETWEEN: tuple[Callable[[Semantics, Ground, Semantics], Iterator[Semantics]], ...] = (
    masks.counting_alike,
    weights.same_numbers,
    counts.recounted,
    counts.reclassed,
    sums.as_poly,
    arrays.of_root,
    arrays.as_quantile,
)
# Differences that no number shows on ordinary inputs count little; pairs whose tellings are tried.
SILENT = frozenset({"mode", "evaluation", "reduction.zero", "target.bad_index", "guard.order"})
SLIGHT = 0.1
# That another array is read, another loss added or another constant put in front says less than any convention.
OPAQUE = frozenset({"layout.prediction", "layout.class_axis", "layout.broadcast", "target.source", "target.encoding"})
MORE = {**dict.fromkeys(OPAQUE, 1.25), "term.added": 1.2, "scale.constant": 1.15}
# Nobody turns a sum around in order to say what differs, or makes up a factor, unless that says more.
FETCHED = 0.15
MOST_PAIRS = 40
SOMETHING = (1.0, ())  # Less is nothing that a person would say.
Pair = tuple[Semantics, Semantics]
Distance = tuple[float, tuple[str, ...]]


def told(a: Semantics, b: Semantics, ground: Ground) -> Pair:
    """Both points in the tellings in which they differ least; as they are where no other differs less.

    Args:
        a: Side A's point.
        b: Side B's.
        ground: The inputs on which a telling must be the same loss.
    """
    best, least = (a, b), _distance(a, b, ground)
    if least < SOMETHING or (_has_one_telling(least) and not ground.same(a, b)):
        return best
    ticket = count()
    seen = {best}
    waiting = [(*least, 0.0, next(ticket), best)]
    known: dict[Semantics, tuple[Semantics, ...]] = {}
    for _ in range(MOST_PAIRS):
        if not waiting or least < SOMETHING:
            break
        *_, price, _, pair = heappop(waiting)
        for other in _neighbours(pair, ground, known):
            if other in seen:
                continue
            seen.add(other)
            paid = price + _price(pair, other)
            distance = _distance(*other, ground, paid)
            heappush(waiting, (*distance, paid, next(ticket), other))
            if distance < least:
                best, least = other, distance
    return best


def _has_one_telling(distance: Distance) -> bool:
    """Whether no other telling of two losses that differ could say less: one convention, which is no weighting."""
    paid, names = distance
    return paid <= SOMETHING[0] and len(names) == 1 and not names[0].startswith("weight.")


def _price(pair: Pair, other: Pair) -> float:
    """What a step costs: that a sum begins with another of its parts, or that a factor is on neither side."""
    steps = [(s, t) for s, t in zip(pair, other, strict=True) if s != t]
    turned = sum(len(s.plus) == len(t.plus) and s.plus != t.plus and s.term != t.term for s, t in steps)
    usual = {1.0, *(s.scale.constant for s in pair)}
    # What is added without being divided by how many there are is that many times their mean.
    made_up = sum(t.scale.constant not in {*usual, float(1 + len(s.plus))} for s, t in steps)
    return FETCHED * (turned + made_up)


def _neighbours(pair: Pair, ground: Ground, known: dict[Semantics, tuple[Semantics, ...]]) -> Iterator[Pair]:
    for i in (0, 1):
        s, other = pair[i], pair[1 - i]
        if s not in known:
            known[s] = tuple(told for rule in RULES for told in rule(s, ground) if ground.same(s, told))
        between = (told for rule in BETWEEN for told in rule(s, ground, other) if ground.same(s, told))
        for words in (*known[s], *between):
            yield (words, other) if i == 0 else (other, words)


def _distance(a: Semantics, b: Semantics, ground: Ground, paid: float = 0.0) -> Distance:
    """How many things a person would say differ; of as many, names decide, whichever side is the first."""
    one, other = aligned(a, b)
    left = differences(one, other)
    resting = [d for d in left if d.factor in OPAQUE and ground.same(one, d.throw(one))]
    said = sum(SLIGHT if d in resting or d.factor in SILENT else MORE.get(d.factor, 1.0) for d in left)
    if len(resting) > 1 and not ground.same(one, reduce(lambda s, d: d.throw(s), resting, one)):
        said += MORE[resting[0].factor]  # None of them does anything alone, and together they do.
    return paid + said, tuple(sorted(d.factor for d in left))


__all__ = ["Ground", "told"]
