"""What divisors and arguments of logarithms are floored at, found where they are less than that."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import short
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Mask
from harness.semantics import Semantics, with_choice

FLOORED = frozenset({"cosine", "absolute-percentage", "squared-log", "dice", "iou", "tversky"})
RATIOS = frozenset({"dice", "iou", "tversky"})
KEPT_OFF = 1e-7  # What keeps a ratio of nothing from 0/0, where it is too small to be seen of any other.
FLOORS = (0.0, 1e-8, 1e-7, 1e-12, 1e-6, 1e-5, 1e-10, 1e-3, 2.0**-52, 2.0**-23, float(np.float32(1e-7)))
FLOOR_TRIED = 0.1


def floors(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask) -> Iterator[Semantics]:
    """The point with each floor that it may have to give the answers `y` at the edges."""
    if any(part.term.family in RATIOS for part in (s, *s.plus)):
        yield from (_kept_off(s, name) for name in ("epsilon", "smooth"))
        return
    for floor in (*_measured(asker, s, rows, y, known), *FLOORS) if s.term.family in FLOORED else ():
        yield with_choice(s, "term", parameters=(*s.term.parameters, ("floor", floor)))
        if s.term.family == "cosine":
            square = floor if floor in FLOORS else floor * floor
            yield with_choice(s, "term", parameters=(*s.term.parameters, ("floor", square), ("floor_on_square", 1.0)))


def _kept_off(s: Semantics, name: str) -> Semantics:
    """The point with its ratios kept from 0/0."""
    own = replace(s, plus=tuple(_kept_off(part, name) for part in s.plus))
    if s.term.family not in RATIOS or {"smooth", "epsilon"} & dict(s.term.parameters).keys():
        return own
    return with_choice(own, "term", parameters=((name, KEPT_OFF), *s.term.parameters))


def _measured(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask) -> Iterator[float]:
    """What norms are floored at: where they are less, a cosine is a + b/floor."""
    if s.term.family != "cosine":
        return
    high, low = (
        asker.worth(with_choice(s, "term", parameters=(*s.term.parameters, ("floor", f))), rows)
        for f in (2.0 * FLOOR_TRIED, FLOOR_TRIED)
    )
    with np.errstate(all="ignore"):
        b = 2.0 * FLOOR_TRIED * (low - high)
        found = b / (y - (low - b / FLOOR_TRIED))
        sure = np.abs(b) > FLOOR_TRIED * 2.0**-20 * np.abs(low)
    usable = known & sure & np.isfinite(found) & (found > 0.0) & (found < 0.5 * FLOOR_TRIED)
    if usable.any():
        value = math.exp(commonest(np.log(found[usable]), 1e-6))
        yield short(value, value * max(1e-10, 64.0 * FORMATS[asker.frame.dtype].u))


def commonest(values: Array, noise: float) -> float:
    """The value that most rows agree on: those that the guard does not reach, or not alone, each give another."""
    near = np.abs(values[:, None] - values[None, :]) <= max(1e-9, noise) * np.abs(values)[:, None]
    count = near.sum(1)
    return float(np.min(values[count == count.max()]))
