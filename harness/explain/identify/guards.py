"""Stage `guard`: what keeps a logarithm from zero, found at the edges where it shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.asking import Asker
from harness.explain.identify.bounds import TRIALS, bound_of, noise_of, refined, whole
from harness.explain.identify.extremes import extreme_rows
from harness.explain.identify.floors import FLOORED, floors
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import DENOMINATORS, LONG, digits, short
from harness.explain.identify.outcome import ROUGH
from harness.explain.identify.reversed_terms import reversed_terms
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Mask
from harness.semantics import Guard, Semantics, with_choice
from harness.syntax import Binary, Literal

# Families whose values fall with a power or the logarithm of what a probability is kept from falling below.
STEEP = frozenset({"cross-entropy", "kl", "entropy", "poisson", "generalised-kl", "generalised-cross-entropy"})
# Families with something that keeps a logarithm from zero or a division by it.
GUARDED = STEEP | FLOORED
FORMS = ("naive", "linear-beyond-20", "linear-above-20", "linear-below-20")
# Families that are a power of the error, and which.
DEGREES = {"squared": 2, "absolute": 1, "quantile": 1}
NAIVE = frozenset({"log-cosh", "logistic"})  # Families that have other forms without an activation.
ZERO_TARGETS = 3  # Ways in which a product with a target of 0 may be written.


def guarded(asker: Asker, semantics: Semantics, source: Source) -> Iterator[Semantics]:
    """`semantics` with each guard that gives the answers where a guard shows most, those that hold beyond first.

    Nothing is asked where no guard has a place. `semantics` holds for distinct rows and for all inputs: its further
    inputs are neutral here.
    """
    if source.domain == "simplex" or not any(part.term.family in GUARDED for part in (semantics, *semantics.plus)):
        yield from _evaluations(semantics)
        return
    extremes = extreme_rows(semantics.activation.chain, source, asker.frame.classes)
    rows, inside = extremes.rows.pick(extremes.telling), ~extremes.beyond[extremes.telling]
    y = asker.values(rows)
    known = np.isfinite(y).reshape(rows.count, -1).all(1)
    partly: list[tuple[int, Semantics]] = []
    for candidate in _candidates(asker, semantics, rows, y, known & inside):
        same = same_rows(asker.worth(candidate, rows), y, asker.frame.dtype)
        # Where the black box gives no number at all, the formula may have one.
        if np.any(~same & inside & ~np.isnan(y).reshape(rows.count, -1).any(1)):
            continue
        if same.all():
            yield candidate
        else:
            partly.append((int(same.sum()), candidate))
    yield from (candidate for _, candidate in sorted(partly, key=lambda item: -item[0]))


def same_rows(a: Array, b: Array, dtype: str) -> NDArray[np.bool_]:
    """Which rows agree up to some roundings; none of another shape."""
    if a.shape != b.shape:
        return np.zeros(b.shape[0], bool)
    with np.errstate(invalid="ignore"):
        limit = ROUGH.get(dtype, 16.0) * FORMATS[dtype].u * (1.0 + np.abs(b))
        near = np.isfinite(b) & (np.abs(a - b) <= limit)
        same = (np.isnan(a) & np.isnan(b)) | (a == b) | near
    return np.asarray(same.reshape(same.shape[0], -1).all(1))


def _candidates(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask) -> Iterator[Semantics]:
    yield from _evaluations(s)
    for floored in reversed_terms(asker, s, rows, y, known):
        yield from _evaluations(floored)
    yield from floors(asker, s, rows, y, known)
    if not any(part.term.family in STEEP for part in (s, *s.plus)):
        return
    guards: list[Guard] = []
    for order in _orders(s):
        low, highs = _bounds(asker, s, rows, y, known, order)
        guards.extend(_guards(s.guard, low, highs, order))
    for which in range(ZERO_TARGETS):
        for guard in guards:
            yield from islice(_zero_targets(_with_guard(s, guard)), which, which + 1)
    if s.activation.chain:
        for guard in guards:
            yield _with_guard(_in_form(s, "naive"), guard)
    if s.term.family == "kl":
        yield from _both_clipped(asker, s, rows, y, known)


def _orders(s: Semantics) -> tuple[tuple[str, ...], ...]:
    if s.guard.renormalise:
        return (("renormalise", "clip"), ("clip", "renormalise"))
    if s.modulation.focal is None:
        return (("clip",),)
    if s.activation.chain[-1:] == ("softmax",):
        # Rescaling what sums to 1 changes nothing, but then the modulation takes notice of the clip.
        return (("clip",), ("renormalise", "clip"))
    return (("clip",), ("clip", "modulation"))


def _evaluations(s: Semantics) -> Iterator[Semantics]:
    yield from _zero_targets(s)
    forms = FORMS if s.activation.chain[-1:] == ("sigmoid",) or s.term.family in NAIVE else FORMS[:1]
    # Of probabilities as they are, log(1 − p) may be taken of 1 − p.
    several = s.guard == Guard() and (s.activation.chain or s.term.sides == "two")
    for form in forms if several or s.term.family in NAIVE else ():
        yield from _zero_targets(_in_form(s, form))
    yield from _factored_in(s)


def _factored_in(s: Semantics) -> Iterator[Semantics]:
    """A constant in front of a power of the error, as a factor of prediction and target: its rounding is another."""
    constant, degree = s.scale.constant, DEGREES.get(s.term.family)
    if degree is None or s.activation.chain or s.plus or not isinstance(constant, float) or constant == 1.0:
        return
    factor = short(constant ** (1.0 / degree), 1e-13 * constant)
    if digits(factor) > LONG and not any(factor * q == round(factor * q) for q in DENOMINATORS):
        return
    inner = with_choice(s, "layout", prediction=Binary("*", s.layout.prediction, Literal(factor)))
    inner = with_choice(inner, "target", source=Binary("*", s.target.source, Literal(factor)))
    yield with_choice(inner, "scale", constant=1.0)


def _zero_targets(s: Semantics) -> Iterator[Semantics]:
    yield s
    picked = _picked(s)
    if picked != s:
        yield picked
    if s.term.direction == "forward" and s.term.family == "kl":
        yield with_choice(s, "term", parameters=(("log_zero", -math.inf),))


def _picked(s: Semantics) -> Semantics:
    """`s`, and what is added to it, with a product with a weight of 0 left out, whatever it is that is weighted."""
    own = replace(s, plus=tuple(map(_picked, s.plus)))
    divergence = s.term.family == "kl" or (s.term.family == "cross-entropy" and s.term.direction == "forward")
    if not divergence or s.target.encoding == "index" or s.term.parameters:
        return own
    return with_choice(own, "term", parameters=(("zero_target", 1.0),))


def _in_form(s: Semantics, form: str) -> Semantics:
    """`s`, and what is added to it, evaluated in another form."""
    plus = tuple(_in_form(part, form) for part in s.plus)
    return replace(s, evaluation=replace(s.evaluation, form=form), plus=plus)


def _with_guard(s: Semantics, guard: Guard) -> Semantics:
    plus = tuple(
        _with_guard(part, guard) if part.term.family in STEEP and part.guard == s.guard else part for part in s.plus
    )
    return replace(s, guard=guard, plus=plus)


def _guards(known: Guard, low: float | None, highs: list[float], order: tuple[str, ...]) -> Iterator[Guard]:
    mirrored = _upper(None if low is None else 1.0 - low)
    bounds: list[tuple[float | str | None, float | str | None]] = [
        (low, None),
        (low, mirrored),
        (low, 1.0),
        (None, 1.0),
    ]
    bounds += [(low, _upper(h)) for h in highs] + [(None, _upper(h)) for h in highs]
    clips = [
        Guard(clip=b, renormalise="renormalise" in order, order=order)
        for b in dict.fromkeys(bounds)
        if b != (None, None)
    ]
    if low is None:
        yield from clips
        return
    floor = whole(math.log(low))
    clamp = replace(known, clamp=floor, order=(*known.order, "clamp"))
    # Of a logarithm floored at -10 and a probability at 4.54e-05 the shorter number is what somebody wrote.
    yield from (clamp, *clips) if digits(floor) < digits(low) else (*clips, clamp)
    if known.added_epsilon is None:
        yield replace(known, added_epsilon=low, order=(*known.order, "added_epsilon"))


def _upper(high: float | None) -> float | str | None:
    if high is None:
        return None
    below = 1.0 - high
    text = short(below, 2.0**-52)
    return f"1-epsilon:{text:g}" if below > 0 and digits(text) <= LONG and text >= 2.0**-50 else high


def _bounds(
    asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask, order: tuple[str, ...]
) -> tuple[float | None, list[float]]:
    """The lower bound that a clip must have to give the answers at the edges, and upper ones that it may have."""

    def trial(low: float | None, high: float | None) -> Array:
        guard = Guard(clip=(low, high), renormalise="renormalise" in order, order=order)
        return asker.worth(_with_guard(s, guard), rows)

    noise = noise_of(asker)
    low = refined(y, trial, known, noise)
    missed = bound_of(y, lambda e, _: trial(None, 1.0 - e), TRIALS, known, noise)  # type: ignore[operator]
    hit = bound_of(y, lambda e, _: trial(None, e), tuple(1.0 - e for e in TRIALS), known, noise)
    highs = [h for h in (None if missed is None else 1.0 - missed, hit) if h is not None and 0.0 < h < 1.0]
    return low, highs


def _both_clipped(asker: Asker, s: Semantics, rows: Rows, y: Array, known: Mask) -> Iterator[Semantics]:
    """A divergence whose target is clipped with its prediction."""

    def clipped(low: float | None, high: float | None) -> Semantics:
        return with_choice(_with_guard(s, Guard(clip=(low, high), order=("clip",))), "target", range=(low, 1.0))

    def trial(low: float | None, _: float | None) -> Array:
        return asker.worth(clipped(low, None), rows)

    noise = noise_of(asker)
    low = refined(y, trial, known, noise)
    if low is not None:
        yield from (clipped(low, high) for high in (1.0, None))
