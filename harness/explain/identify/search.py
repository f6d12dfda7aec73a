"""The search for one row's loss: hypotheses in order, each fitted to the same answers, each fit read as points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.explain.identify.amounts import SPREAD, Reading
from harness.explain.identify.asking import Asker, collect, of_one_class, with_classes
from harness.explain.identify.assemble import Candidate, candidates
from harness.explain.identify.facts import Facts, facts_of
from harness.explain.identify.fit import Data, Fit, Model, descend, solve
from harness.explain.identify.frame import Frame
from harness.explain.identify.models import models, possible
from harness.explain.identify.numbers import digits, short
from harness.explain.identify.parts import readings
from harness.explain.identify.samples import DOMAINS, KINDS, SCALED_DOMAINS, SCALED_KINDS, Source
from harness.explain.identify.view import Trial
from harness.explain.identify.weighted_smoothing import weighted_and_smoothed
from harness.records import Array
from harness.semantics import Semantics, with_choice

MANY = 16  # Classes beyond which their weights are not told apart one by one.
RESCALED = 2  # How often the search goes on with larger or smaller numbers.
USUAL = 1.6  # How large numbers are at a scale of 1.


@dataclass(frozen=True, slots=True)
class Found:
    """What one fit may mean, simplest first, and the rows it was found on."""

    candidates: tuple[Candidate, ...]
    source: Source
    data: Data


@dataclass
class Steer:
    """Where the search is to go, said by whoever tries what it finds.

    Attributes:
        given_up: Kinds of targets that are not worth more fits.
        scale: How large numbers are to be next; None to go on with these.
        tried: Points that were refuted, with the rows they were found on.
    """

    given_up: set[str] = field(default_factory=set)
    scale: float | None = None
    tried: set[tuple[Semantics, Source]] = field(default_factory=set)


def found(asker: Asker, seed: int, steer: Steer) -> Iterator[Found]:
    """Points that reproduce the answers to identical rows."""
    frame = asker.frame
    for kind in KINDS[frame.kind]:
        for domain in DOMAINS[frame.domain]:
            source = Source(domain, kind, frame.dtype, _usual_scale(frame, domain, kind))
            data = collect(asker, source, seed)
            if data is None:
                continue
            for _ in range(RESCALED + 1):
                for points, rows in _of_rows(asker, data, source, seed):
                    yield Found(points, source, rows)
                    if kind in steer.given_up or steer.scale is not None:
                        break
                if steer.scale is None:
                    break
                source, steer.scale = replace(source, scale=steer.scale), None
                data = collect(asker, source, seed) or data
            break


def _usual_scale(frame: Frame, domain: str, kind: str) -> float:
    """How large the user's numbers are, as a power of ten, where what they are held against is as large."""
    if domain not in SCALED_DOMAINS or kind not in SCALED_KINDS:
        return 1.0
    sizes = np.abs(np.concatenate([np.ravel(frame.given[name]) for name in (frame.prediction, frame.target)]))
    size = float(np.median(sizes[sizes > 0.0])) if np.any(sizes > 0.0) else USUAL
    power = round(float(np.log10(size / USUAL)))
    return 10.0**power if abs(power) > 1 else 1.0


def _of_rows(asker: Asker, data: Data, source: Source, seed: int) -> Iterator[tuple[tuple[Candidate, ...], Data]]:
    """What the answers may mean; where classes differ, also those to more rows, and to rows of one class alone."""
    if not _classes_differ(asker, data):
        yield from ((points, data) for points in _candidates(asker, data, source))
        if source.kind not in HARD_CLASSES or asker.frame.classes <= 2:  # noqa: PLR2004  both have been seen
            return
    elif asker.frame.classes <= MANY and data.ignored is None:
        wide = with_classes(asker, data, source, seed + 1)
        if source.kind in HARD_CLASSES:
            yield from ((points, wide) for points in weighted_and_smoothed(asker, wide))
        yield from ((points, wide) for points in _candidates(asker, wide, source))
    one = of_one_class(asker, source, seed + 2, 0 if data.ignored != 0 else 1)
    if one is not None:
        yield from ((points, one) for points in _candidates(asker, one, source))


HARD_CLASSES = frozenset({"index", "one-hot"})


def _classes_differ(asker: Asker, data: Data) -> bool:
    """Whether a row counts otherwise when its classes are exchanged; where one is left out, it may be that alone."""
    if asker.frame.classes == 1:
        return False
    rolled = data.rows.pick(slice(0, 2))
    rolled = replace(rolled, x=np.roll(rolled.x, 1, -1), t=np.roll(rolled.t, 1, -1))
    if data.ignored is not None and rolled.t[:, data.ignored].any():
        rolled = replace(rolled, x=np.roll(rolled.x, 1, -1), t=np.roll(rolled.t, 1, -1))
    before = data.y[:2] if data.y.ndim == 1 else np.roll(data.y[:2], 1, -1)
    gap = np.abs(asker.values(rolled) - before)
    same: Array = gap <= data.noise * (np.abs(before) + np.max(np.abs(data.y)))
    return not np.all(same)


@dataclass(eq=False)
class _Symmetries:
    """Symmetries of a row, asked for when they are wanted first."""

    asker: Asker
    data: Data

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.asker, self.data)


def _candidates(asker: Asker, data: Data, source: Source) -> Iterator[tuple[Candidate, ...]]:
    last = source.kind == KINDS[asker.frame.kind][-1]
    symmetries = _Symmetries(asker, data)
    signed, narrow = asker.frame.kind == "signed", data.dtype != "float64"
    for model in models(source.domain, source.kind, asker.frame.classes, signed=signed, last=last, narrow=narrow):
        fit = fitted(data, model) if not model.free or possible(model, symmetries.facts) else None
        if fit is None:
            continue
        points = candidates(_readings(fit, data, asker.frame.classes), asker.frame, asker.form)
        if data.ignored is not None:
            points = [replace(c, semantics=_masked(c.semantics, data.ignored)) for c in points]
        if points:
            yield tuple(points)


def _readings(fit: Fit, data: Data, classes: int) -> list[Reading]:
    """What the fit may mean; with few digits to go by, also with its numbers as they were measured."""
    found = readings(fit, classes)
    return found if data.dtype == "float64" else [*found, *readings(fit, classes, 1.0)]


def _masked(semantics: Semantics, label: int) -> Semantics:
    plus = tuple(_masked(part, label) for part in semantics.plus)
    return replace(with_choice(semantics, "weight", mask=float(label)), plus=plus)


def fitted(data: Data, model: Model) -> Fit | None:
    """`model` fitted to `data`, its parameters at the shortest numbers that do; None if it does not fit."""
    if data.per_class:
        plain = tuple(n for n in ({"z": "k.z"}.get(c, c) for c in model.columns) if n in PER_CLASS)
        given = tuple(BY_TARGET[c] for c in model.columns if c in BY_TARGET)
        options = (replace(model, columns=columns) for columns in (given, plain) if columns)
        return next((fit for fit in (_fitted(data, option) for option in options) if fit is not None), None)
    return _fitted(data, model)


def _fitted(data: Data, model: Model) -> Fit | None:
    if not model.free:
        return solve(data, model, Trial())
    fit = descend(data, model)
    snapped = None if fit is None else _snapped(data, fit)
    return None if snapped is None or any(_is_none(data, snapped, name) for name in model.free) else snapped


# A free parameter that turns out to be none: the model without it was tried before.
NONE = {"gamma": 0.0, "epsilon": 0.0, "temperature": 1.0, "smoothing": 0.0}


def _is_none(data: Data, fit: Fit, name: str) -> bool:
    # Few digits leave little room between what is there and what is not: confirming tells them apart.
    sure = 1e3 if data.dtype == "float64" else 2.0
    return name in NONE and abs(getattr(fit.trial, name) - NONE[name]) <= max(sure * fit.spread[name], 1e-13)


# What classes may weight; where columns of one row are given to the classes by the target, after the plain ones.
PER_CLASS = frozenset({
    "ce", "ce0", "squared", "absolute", "1", "f.ce", "g.ce", "g.ce0", "huber", "hinge", "squared-hinge", "log-cosh", "poly",
    "k.z", "lp", "f.lp", "lq", "multi-margin", "multi-margin-2",
})  # fmt: skip
BY_TARGET = {"ce": "k.ce", "f.ce": "k.f.ce", "poly": "k.poly", "z": "k.z", "multi-margin": "k.multi-margin",
             "multi-margin-2": "k.multi-margin-2"}  # fmt: skip


def _snapped(data: Data, fit: Fit) -> Fit:
    """The fit with its parameters at the shortest numbers under which it still fits."""
    names = fit.model.free
    options = {
        tuple(short(getattr(fit.trial, n), factor * fit.spread[n]) for n in names)
        for factor in (30.0 * SPREAD, SPREAD, 1.0)
    }
    # At the value that stands for none it would be another model, which had its turn.
    some = [values for values in options if not any(NONE.get(n) == v for n, v in zip(names, values, strict=True))]
    for values in sorted(some, key=lambda option: sum(map(digits, option))):
        shorter = solve(data, fit.model, fit.trial.moved(names, np.array(values)))
        if shorter is not None and len(shorter.amounts) <= len(fit.amounts):
            return replace(shorter, spread=fit.spread)
    return fit


__all__ = ["Frame", "found"]
