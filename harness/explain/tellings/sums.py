"""Sums of losses: in another order, and over parts of one batch, told as one loss of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.catalog.api import Described
from harness.explain.microbatches import joined
from harness.explain.tellings.ground import Ground
from harness.semantics import Semantics, with_choice
from harness.syntax import Node


def reordered(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """Each of the others first."""
    parts = [replace(s, plus=(), scale=replace(s.scale, offset=0.0)), *s.plus]
    for i in range(1, len(parts)):
        first, *rest = parts[i], *parts[:i], *parts[i + 1 :]
        yield with_choice(replace(first, plus=tuple(rest)), "scale", offset=s.scale.offset)


def as_poly(s: Semantics, _ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A cross-entropy of hard targets and ½ c Σ|p − t| = c(1 − p) beside it, where the other side's is a poly loss."""
    if len(s.plus) != 1 or not isinstance(s.scale.constant, float) or other.modulation.poly is None:
        return
    first, second = replace(s, plus=()), s.plus[0]
    constants = s.scale.constant, second.scale.constant
    alike = (first.activation, first.reduction) == (second.activation, second.reduction)
    if not (alike and first.term.family == "cross-entropy" and second.term.family == "absolute"):
        return
    if isinstance(constants[1], float) and constants[0] and first.term.sides == "one" and s.scale.offset == 0.0:
        poly = 2.0 * constants[1] / constants[0] * second.scale.sign * first.scale.sign
        yield with_choice(first, "modulation", poly=poly)


def of_even_parts(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """The mean of means of parts of one length: the mean of all."""
    if len(set(s.reduction.microbatches or ())) == 1:
        yield with_choice(s, "reduction", microbatches=None)


def as_whole(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Means of parts of a batch, added with one constant: a mean of means; sums of parts: the sum over all of it."""
    parts = (replace(s, plus=()), *s.plus)
    constant = s.scale.constant
    if len(parts) < 2 or not isinstance(constant, float) or s.scale.offset != 0.0:  # noqa: PLR2004  one is no sum
        return

    def describe(node: Node) -> Described:
        return Described(ground.shape(node) or (), integral=False)

    whole = joined(parts, describe)
    if whole is None:
        return
    if s.reduction.batch == "mean":
        yield with_choice(whole, "scale", constant=constant * len(parts))
    elif s.reduction.batch == "sum":
        yield with_choice(whole, "reduction", microbatches=None)
