"""The search for one row's loss: hypotheses in order, each fitted to the same answers, each fit read as points."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from harness.explain.identify.amounts import SPREAD, Reading
from harness.explain.identify.asking import Asker, collect
from harness.explain.identify.assemble import Candidate, candidates
from harness.explain.identify.facts import facts_of
from harness.explain.identify.fit import Data, Fit, Model, descend, solve
from harness.explain.identify.frame import Frame
from harness.explain.identify.models import models, possible
from harness.explain.identify.numbers import digits, short
from harness.explain.identify.parts import readings
from harness.explain.identify.samples import DOMAINS, KINDS
from harness.explain.identify.view import Trial
from harness.semantics import Semantics, with_choice

MANY = 16  # Classes beyond which their weights are not told apart one by one.


@dataclass(frozen=True, slots=True)
class Found:
    """What one fit may mean, simplest first, and the domain and kind of targets it was found on."""

    candidates: tuple[Candidate, ...]
    domain: str
    kind: str
    data: Data


def found(asker: Asker, seed: int, given_up: AbstractSet[str]) -> Iterator[Found]:
    """Points that reproduce the answers to identical rows; kinds of targets may be given up on the way."""
    frame = asker.frame
    for kind in KINDS[frame.kind]:
        for domain in DOMAINS[frame.domain]:
            data = collect(asker, domain, kind, seed)
            if data is None:
                continue
            data = _per_class(asker, data, domain, kind, seed)
            for points in _candidates(asker, data, domain, kind):
                yield Found(points, domain, kind, data)
                if kind in given_up:
                    break
            break


def _per_class(asker: Asker, data: Data, domain: str, kind: str, seed: int) -> Data:
    """The same, with the classes told apart, if the black box does."""
    k = asker.frame.classes
    if k == 1 or k > MANY or data.ignored is not None:
        return data
    rolled = data.rows.pick(slice(0, 2))
    rolled = replace(rolled, x=np.roll(rolled.x, 1, -1), t=np.roll(rolled.t, 1, -1))
    gap = np.abs(asker.values(rolled) - (data.y[:2] if data.y.ndim == 1 else np.roll(data.y[:2], 1, -1)))
    if np.all(gap <= data.noise * (np.abs(data.y[:2]) + np.max(np.abs(data.y)))):
        return data
    return collect(asker, domain, kind, seed + 1, per_class=True) or data


def _candidates(asker: Asker, data: Data, domain: str, kind: str) -> Iterator[tuple[Candidate, ...]]:
    last = kind == KINDS[asker.frame.kind][-1]
    facts = facts_of(asker, data)
    for model in models(domain, kind, asker.frame.classes, last=last, narrow=data.dtype != "float64"):
        fit = fitted(data, model) if not model.free or possible(model, facts) else None
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
