"""What a few answers say of a row's loss before anything is fitted: they rule hypotheses out, and decide nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.fit import Data
from harness.explain.identify.frame import Rows
from harness.records import Array
from harness.reference.arithmetic import quantise

LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """Symmetries of a row's loss.

    Attributes:
        shifts: Adding one number to all of a row's predictions changes nothing.
        separates: It is a sum over the row's elements.
    """

    shifts: bool
    separates: bool


def facts_of(asker: Asker, data: Data) -> Facts:
    """Symmetries of the first few rows of `data`."""
    x, t = data.rows.x[:LOOKED_AT], data.rows.t[:LOOKED_AT]
    step = 0.4 * (np.max(data.rows.x) - np.min(data.rows.x))
    # From one row's prediction to another's: what lies between is what the black box takes.
    toward = np.roll(data.rows.x, LOOKED_AT, axis=0)[:LOOKED_AT] - x
    base = _total(data.y[:LOOKED_AT])

    def moved(delta: Array) -> Array:
        return _total(asker.values(Rows(quantise(x + delta, data.dtype), t)))

    first, rest = np.zeros_like(x), toward.copy()
    first[:, 0], rest[:, 0] = toward[:, 0], 0.0
    limit = 16.0 * data.noise * (1.0 + np.abs(base))
    shifts = bool(np.all(np.abs(moved(np.full_like(x, 0.25 * step)) - base) <= limit)) and asker.frame.classes > 1
    mixed = moved(first) + moved(rest) - moved(toward) - base
    return Facts(shifts, bool(np.all(np.abs(mixed) <= limit)))


def _total(y: Array) -> Array:
    return np.asarray(y.sum(-1)) if y.ndim > 1 else y
