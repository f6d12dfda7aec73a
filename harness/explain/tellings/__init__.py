"""One loss has many tellings: the pair of them in which two losses differ least is the one a person would give.

A mask is weights of 0 and 1; a sum divided by 7 is a mean; class weights are weights of samples; a transposed array
with another class axis is the array. Each rule gives a point in other words; that it is the same loss on the inputs of
the case is checked by the reference before it is believed. The search for the pair that differs least goes from the
points as they were read, one rule at a time, the nearest pairs first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

from harness.explain.differences import aligned, differences
from harness.explain.tellings import arrays, axes, counts, masks, sums, weights
from harness.explain.tellings.ground import Ground
from harness.semantics import Semantics

Rule = Callable[[Semantics, Ground], Iterator[Semantics]]
RULES: tuple[Rule, ...] = (
    axes.unmoved,
    axes.unmerged,
    masks.unselected,
    masks.without_planted_label,
    masks.as_label,
    masks.as_mask,
    masks.as_weights,
    weights.of_samples,
    weights.of_classes,
    weights.within_terms,
    weights.of_positives,
    weights.of_elements,
    sums.as_whole,
    sums.as_poly,
    sums.reordered,
    arrays.of_two,
    arrays.the_other_way_round,
    arrays.as_divergence,
)
# Rules that look at what the other side says.
BETWEEN: tuple[Callable[[Semantics, Ground, Semantics], Iterator[Semantics]], ...] = (
    masks.counting_alike,
    weights.same_numbers,
    counts.as_mean,
    counts.as_sum,
)
# Differences that no number shows on ordinary inputs count little; pairs whose tellings are tried.
SILENT = frozenset({"mode", "evaluation", "reduction.zero", "target.bad_index", "guard.order"})
SLIGHT = 0.1
# That another array is read says less than any convention.
OPAQUE, MORE = frozenset({"layout.prediction", "target.source", "target.encoding", "layout.class_axis"}), 1.25
MOST_PAIRS = 40
Pair = tuple[Semantics, Semantics]


def told(a: Semantics, b: Semantics, ground: Ground) -> Pair:
    """Both points in the tellings in which they differ least; as they are where no other differs less.

    Args:
        a: Side A's point.
        b: Side B's.
        ground: The inputs on which a telling must be the same loss.
    """
    best, least = (a, b), _distance(a, b)
    if least < 1.0:
        return best
    ticket = count()
    seen = {best}
    waiting = [(least, 0, next(ticket), best)]
    known: dict[Semantics, tuple[Semantics, ...]] = {}
    for _ in range(MOST_PAIRS):
        if not waiting or least < 1.0:
            break
        _, steps, _, pair = heappop(waiting)
        for other in _neighbours(pair, ground, known):
            if other in seen:
                continue
            seen.add(other)
            distance = _distance(*other)
            heappush(waiting, (distance, steps + 1, next(ticket), other))
            if distance < least:
                best, least = other, distance
    return best


def _neighbours(pair: Pair, ground: Ground, known: dict[Semantics, tuple[Semantics, ...]]) -> Iterator[Pair]:
    for i in (0, 1):
        s, other = pair[i], pair[1 - i]
        if s not in known:
            known[s] = tuple(told for rule in RULES for told in rule(s, ground) if ground.same(s, told))
        between = (told for rule in BETWEEN for told in rule(s, ground, other) if ground.same(s, told))
        for words in (*known[s], *between):
            yield (words, other) if i == 0 else (other, words)


def _distance(a: Semantics, b: Semantics) -> float:
    """How many things a person would say differ."""
    left = (d.factor for d in differences(*aligned(a, b)))
    return sum(SLIGHT if factor in SILENT else MORE if factor in OPAQUE else 1.0 for factor in left)


__all__ = ["Ground", "told"]
