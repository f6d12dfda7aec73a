"""Terms −p log t: what log 0 of the target is taken for, and what p is kept from falling below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.bounds import TRIALS, bound_of, noise_of, whole
from harness.explain.identify.floors import commonest
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import short
from harness.records import Array
from harness.reference.arithmetic import Mask
from harness.semantics import Guard, Semantics, with_choice

TRIED = 1e-4
ROUNDS = 6


def reversed_terms(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask) -> Iterator[Semantics]:
    """The point with log 0 of the target at what a reversed term shows it to be."""
    parts = (replace(s, plus=()), *s.plus)
    at = next(
        (i for i, part in enumerate(parts) if part.term.direction == "reverse" and part.term.family != "entropy"), None
    )
    if at is None:
        return

    def with_part(part: Semantics) -> Semantics:
        changed = [*parts[:at], part, *parts[at + 1 :]]
        return replace(changed[0], plus=tuple(changed[1:]))

    def trial(low: float | None, _: float | None) -> Array:
        return asker.worth(with_part(with_choice(parts[at], "target", range=(low, None))), rows)

    low = bound_of(y, trial, TRIALS, known, noise_of(asker))
    if low is None:
        return
    yield with_part(with_choice(parts[at], "target", range=(low, 1.0)))
    yield with_part(with_choice(parts[at], "target", range=(low, None)))
    yield with_part(with_choice(parts[at], "term", parameters=(("log_zero", whole(math.log(low))),)))
    yield from map(with_part, _with_clip(asker, with_part, parts[at], rows, y, known, low))


def _with_clip(
    asker: Asker,
    with_part: Callable[[Semantics], Semantics],
    part: Semantics,
    rows: Rows,
    y: Array,
    known: Mask,
    low: float,
) -> Iterator[Semantics]:
    """The part with its p clipped, too: the answers are linear in that bound, and in the logarithm of the other.

    Each is estimated with the other at its last estimate, until both stay.
    """
    error = noise_of(asker)
    clip = 0.0

    def changed(floor: float, bound: float) -> Semantics:
        guard = Guard(clip=(bound, 1.0), order=("clip",)) if bound else part.guard
        return with_choice(replace(part, guard=guard), "target", range=(floor, 1.0))

    def told(floor: float, bound: float) -> Array:
        return asker.worth(with_part(changed(floor, bound)), rows)

    for _ in range(ROUNDS):
        base, tried = told(low, 0.0), told(low, TRIED)
        with np.errstate(all="ignore"):
            found = TRIED * (y - base) / (tried - base)
            steep = np.abs(tried - base)
        usable = known & np.isfinite(found) & (found > 0.0) & (found < TRIED) & (steep > 0.1 * np.max(steep[known]))
        if not usable.any():
            return
        clip = commonest(found[usable], 1e-3)
        low = bound_of(y, lambda floor, _: told(floor or low, clip), TRIALS, known, error) or low  # noqa: B023
    clip = short(clip, 1e-6 * clip)
    low = short(low, 1e-9 * low)
    yield changed(low, clip)
