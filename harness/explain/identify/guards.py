"""Stage `guard`: what keeps a logarithm from zero, found at the edges where it shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.asking import Asker
from harness.explain.identify.extremes import extreme_rows
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import LONG, digits, short
from harness.explain.identify.outcome import ROUGH
from harness.explain.identify.rowwise import worth
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import Guard, Semantics, with_choice

LOGARITHMIC = frozenset({"cross-entropy", "kl", "entropy", "poisson", "generalised-kl"})
TRIALS = (1e-3, 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What the edges showed.

    Attributes:
        semantics: The point with its guard; None if no guard of the space gives the answers at the edges.
        rows: The edges at which the black box gives a number, or none where the point gives none either.
        silent: How many edges were left out because only the black box gives no number there.
    """

    semantics: Semantics | None
    rows: Rows
    silent: int = 0


def guarded(asker: Asker, semantics: Semantics, domain: str, kind: str) -> Edges:
    """`semantics` with the guard that its answers at the edges show."""
    frame, form = asker.frame, asker.form
    rows = extreme_rows(semantics.activation.chain, domain, kind, frame.classes, frame.dtype)
    if domain == "simplex":
        return Edges(semantics, rows.pick(slice(0, 0)))
    y = asker.values(rows)
    known = np.isfinite(y).reshape(rows.count, -1).all(1)
    options = [(s, _same(worth(s, rows, frame, form), y, frame.dtype)) for s in _evaluations(semantics)]
    fitting = next((s for s, same in options if same.all()), None)
    if fitting is None:
        for candidate in _candidates(asker, semantics, rows, y, known):
            options.append((candidate, _same(worth(candidate, rows, frame, form), y, frame.dtype)))
            if options[-1][1].all():
                break
    best, same = max(options, key=lambda option: int(option[1].sum()))
    if np.any(~same & known):
        return Edges(None, rows.pick(known))
    return Edges(best, rows.pick(same), int((~same).sum()))


def _same(a: Array, b: Array, dtype: str) -> NDArray[np.bool_]:
    """Which rows agree up to some roundings."""
    with np.errstate(invalid="ignore"):
        limit = ROUGH * FORMATS[dtype].u * (1.0 + np.abs(b))
        same = (np.isnan(a) & np.isnan(b)) | (a == b) | (np.abs(a - b) <= limit)
    return np.asarray(same.reshape(same.shape[0], -1).all(1))


def _candidates(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Array) -> Iterator[Semantics]:
    if not any(part.term.family in LOGARITHMIC for part in (s, *s.plus)):
        return
    low, high = _floor(asker, s, rows, y, known)
    for guard in _guards(s.guard, low, high):
        for form in _zero_targets(_with_guard(s, guard)):
            yield form


def _evaluations(s: Semantics) -> Iterator[Semantics]:
    yield from _zero_targets(s)
    if s.activation.chain and s.guard == Guard():
        naive = replace(s, evaluation=replace(s.evaluation, form="naive"))
        yield from _zero_targets(naive)


def _zero_targets(s: Semantics) -> Iterator[Semantics]:
    yield s
    if s.term.direction == "forward" and s.term.family in ("cross-entropy", "kl"):
        yield with_choice(s, "term", parameters=(("zero_target", 1.0),))
    if s.term.family == "kl":
        yield with_choice(s, "term", parameters=(("log_zero", -math.inf),))


def _with_guard(s: Semantics, guard: Guard) -> Semantics:
    plus = tuple(_with_guard(part, guard) if part.term.family in LOGARITHMIC and part.guard == s.guard else part for part in s.plus)
    return replace(s, guard=guard, plus=plus)


def _guards(known: Guard, low: float | None, high: float | None) -> Iterator[Guard]:
    renormalised = ("renormalise",) if known.renormalise else ()
    orders = (("clip", *renormalised), (*renormalised, "clip")) if renormalised else (("clip",),)
    bounds = [(low, None), (low, _upper(high)), (low, _upper(1.0 - low if low is not None else None)), (None, _upper(high))]
    for bound in dict.fromkeys(bounds):
        if bound != (None, None):
            for order in orders:
                yield Guard(clip=bound, renormalise=known.renormalise, order=order)
    if low is not None:
        clamp = math.log(low)
        yield replace(known, clamp=_whole(clamp), order=(*known.order, "clamp"))
        if known.added_epsilon is None:
            yield replace(known, added_epsilon=low, order=(*known.order, "added_epsilon"))


def _whole(value: float) -> float:
    rounded = float(round(value))
    return rounded if abs(value - rounded) < 1e-9 else value  # noqa: PLR2004  a logarithm's own rounding


def _upper(high: float | None) -> float | str | None:
    if high is None:
        return None
    below = 1.0 - high
    text = short(below, 2.0**-52)
    return f"1-epsilon:{text:g}" if below > 0 and digits(text) <= LONG and text >= 2.0**-50 else high


def _floor(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Array) -> tuple[float | None, float | None]:
    """The bounds that a clip must have to give the answers at the two most extreme rows."""
    values = [worth(_with_guard(s, Guard(clip=(e, None), order=("clip",))), rows, asker.frame, asker.form) for e in TRIALS]
    uppers = [worth(_with_guard(s, Guard(clip=(None, 1.0 - e), order=("clip",))), rows, asker.frame, asker.form) for e in TRIALS]
    low = _bound(y, values, known)
    high = _bound(y, uppers, known)
    return low, None if high is None else 1.0 - high


def _bound(y: Array, values: list[Array], known: Array) -> float | None:
    """From two trial bounds, whose answers are linear in their logarithms, to the one that gives the answer."""
    a, b = values
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (b - a) / (math.log(TRIALS[1]) - math.log(TRIALS[0]))
        logs = math.log(TRIALS[0]) + (y - a) / slope
    usable = np.isfinite(logs) & (np.abs(slope) > 1e-9) & (np.abs(logs) < 720.0)  # noqa: PLR2004  the range of exp
    usable &= known.reshape((-1,) + (1,) * (y.ndim - 1))
    if not usable.any():
        return None
    log = float(np.min(logs[usable]))
    value = math.exp(log)
    power = round(math.log2(value))
    if abs(value - 2.0**power) <= 1e-12 * value:  # noqa: PLR2004  a machine epsilon
        return 2.0**power
    return short(value, value * 1e-12 * max(abs(log), 1.0))
