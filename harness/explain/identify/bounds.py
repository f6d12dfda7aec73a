"""What a guard keeps a probability from, read off the answers at the edges: they are linear in its logarithm."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.floors import commonest
from harness.explain.identify.numbers import short
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Mask

TRIALS = (1e-3, 1e-6)
REFINED = 12


def whole(value: float) -> float:
    """A floor of logarithms as the whole number that it is but for the rounding of a logarithm."""
    rounded = float(round(value))
    return rounded if abs(value - rounded) < 1e-9 else value  # noqa: PLR2004  that rounding


def noise_of(asker: Asker) -> float:
    """Relative error of a logarithm that is read off the answers at the edges."""
    return max(1e-12, 8.0 * FORMATS[asker.frame.dtype].u)


def refined(y: Array, trial: Callable[[float | None, float | None], Array], known: Mask, noise: float) -> float | None:
    """The lower bound, with the trials ever nearer to it: behind a clip 1 − p and the sum over the classes move too."""
    low = bound_of(y, trial, TRIALS, known, noise)
    for _ in range(REFINED if low is not None else 0):
        assert low is not None
        nearer = bound_of(y, trial, (1.01 * low, low), known, noise) or low
        if nearer == low:
            break
        low = nearer
    return low


def bound_of(
    y: Array,
    trial: Callable[[float | None, float | None], Array],
    places: tuple[float, ...],
    known: Mask,
    noise: float,
) -> float | None:
    """From the answers under two trial bounds, which are linear in their logarithms, to the bound that gives the answer."""
    a, b = (trial(place, None) for place in places)
    logs = [math.log(place) for place in places]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (b - a) / (logs[1] - logs[0])
        found = logs[0] + (y - a) / slope
    steep = np.where(np.isfinite(slope) & known.reshape((-1,) + (1,) * (y.ndim - 1)), np.abs(slope), 0.0)
    usable = np.isfinite(found) & (steep > 0.01 * np.max(steep, initial=1e-9)) & (np.abs(found) < 720.0)  # noqa: PLR2004
    if not usable.any():
        return None
    log = commonest(found[usable], noise)
    value = math.exp(log)
    # Where the answer hardly moves with the bound, its own rounding says little of the bound.
    noise = max(noise, noise * float(np.min(np.abs(y[usable]) / steep[usable])) / max(abs(log), 1.0))
    power = round(math.log2(value))
    if abs(value - 2.0**power) <= 1e-12 * value:
        return 2.0**power
    return short(value, value * max(1e-12, noise) * max(abs(log), 1.0))
