"""From parts of a row to points of the whole loss: what the classes and the batch are added up to and divided by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from harness.catalog.overlap import over
from harness.explain.identify.amounts import SPREAD, Part, Reading, literal
from harness.explain.identify.frame import Frame
from harness.explain.identify.numbers import LONG, cost, digits, short
from harness.reference.terms import FAMILIES
from harness.semantics import Layout, Modulation, Reduction, Scale, Semantics, Term, Value, Weight, with_choice
from harness.syntax import Input

UNUSUAL = 0.4  # A constant in front of a sum is more likely to be part of a mean.
BASES = (0.0, 2.0, 10.0)
LOGARITHMIC = frozenset({"cross-entropy", "kl", "entropy", "generalised-kl"})
IN_BASES = LOGARITHMIC | {"logistic"}


@dataclass(frozen=True, slots=True)
class Form:
    """What the black box returns: "element" for each, "position" for each sample or position, "scalar"."""

    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point of the whole loss and how much it says."""

    semantics: Semantics
    cost: float


def candidates(readings: list[Reading], frame: Frame, form: Form) -> list[Candidate]:
    """Every way to write the readings as a whole loss with uniform weights, simplest first."""
    found = [c for reading in readings for c in _of_reading(reading, frame, form)]
    return sorted(found, key=lambda c: c.cost)


def _of_reading(reading: Reading, frame: Frame, form: Form) -> Iterator[Candidate]:
    options = [list(_of_part(part, frame, form)) for part in reading.parts]
    if not all(options):
        return
    for first_options, *others in product(*(_by_term(option) for option in options)):
        for own in first_options:
            chosen = [own, *(min(_alike(o, own.semantics.reduction), key=lambda c: c.cost) for o in others)]
            first, *rest = (c.semantics for c in chosen)
            first = with_choice(first, "scale", offset=reading.offset)
            yield Candidate(replace(first, plus=tuple(rest)), reading.cost + sum(c.cost for c in chosen))


def _by_term(options: list[Candidate]) -> list[list[Candidate]]:
    """Options that are different functions apart: ratios over different axes."""
    groups: dict[Term, list[Candidate]] = {}
    for option in options:
        groups.setdefault(option.semantics.term, []).append(option)
    return list(groups.values())


def _alike(options: list[Candidate], reduction: Reduction) -> list[Candidate]:
    """The options that are reduced in the same way, or at least over the batch."""
    same = [c for c in options if c.semantics.reduction == reduction]
    return same or [c for c in options if c.semantics.reduction.batch == reduction.batch] or options


def _of_ratio(part: Part, frame: Frame, form: Form) -> Iterator[Candidate]:
    """A ratio over everything, over each sample, over each class, or over each class of a sample."""
    layout = replace(part.core.layout, class_axis=frame.axis if _rowwise(part) else None)
    ndim, k, m = len(frame.shape), frame.classes, frame.count
    axis = ndim - 1 if _rowwise(part) else frame.axis
    samples = frame.shape[0] if ndim > 1 else 1
    kept = (
        {(): m, (0,): m // samples, tuple(i for i in range(ndim) if i != axis): 1}
        if not part.per_class
        else {(axis,): m, (0, axis): m // samples}
    )
    for left, scale in dict(sorted(kept.items(), key=lambda item: len(item[0]))).items():
        axes = tuple(i for i in range(ndim) if i not in left)
        parts = {(): 1, (0,): samples, (axis,): k, (0, axis): k * samples}.get(left, m)
        values = dict(part.core.term.parameters)
        parameters: tuple[tuple[str, Value], ...] = tuple(
            (n, _rescaled(part, n, float(v), scale))  # type: ignore[arg-type]
            for n, v in values.items()
        )
        if len(axes) < ndim:
            parameters = (*parameters, *over(axes, ndim))
        core = replace(part.core, layout=layout, term=replace(part.core.term, parameters=parameters))
        each = parts // k if part.per_class else parts
        if form.output == "position" and part.per_class:
            for classes, factor in (("mean", 1.0 / k), ("sum", 1.0)):
                reduced = replace(core, reduction=Reduction(classes=classes, batch="none"))
                yield from _scaled(reduced, float(part.amount[0]) / factor, part, factor, 0.1 * len(left))
            continue
        if form.output in {"position", "element"}:
            yield from _scaled(
                replace(core, reduction=Reduction(batch="none")), float(part.amount[0]), part, 1.0, 0.1 * len(left)
            )
            continue
        factor = 1.0 / k if part.per_class else 1.0
        yield from _scaled(
            replace(core, reduction=Reduction()), float(part.amount[0]) / factor, part, factor, 0.1 * len(left)
        )
        if parts > 1:
            yield from _scaled(
                replace(core, reduction=Reduction(batch="sum")),
                float(part.amount[0]) / each,
                part,
                each,
                0.3 + 0.1 * len(left),
            )


def _rescaled(part: Part, name: str, value: float, scale: int) -> float:
    """A smoothing term in the unit of the sums that it is added to."""
    error = SPREAD * part.spread.get({"epsilon": "extra"}.get(name, name), 0.0)
    return short(value * scale, error * scale) if name in ("smooth", "epsilon") else value


def _of_part(part: Part, frame: Frame, form: Form) -> Iterator[Candidate]:
    if FAMILIES[part.core.term.family].shape == "ratio":
        yield from _of_ratio(part, frame, form)
        return
    coupled = FAMILIES[part.core.term.family].shape == "coupled"
    for reduction, factor, extra in _reductions(part, frame, form):
        whole = coupled or reduction.classes in ("sum", "mean") or (reduction.classes == "none")
        layout = replace(part.core.layout, class_axis=frame.axis if whole or _rowwise(part) else None)
        core = replace(part.core, layout=layout, reduction=reduction)
        core, size, told = _with_classes(core, part, factor)
        yield from _scaled(core, size, part, factor, extra + told, frame.classes)


def _rowwise(part: Part) -> bool:
    steps = {"softmax", "l2-normalise"} & set(part.core.activation.chain)
    return bool(steps) or part.core.guard.renormalise


def _with_classes(core: Semantics, part: Part, factor: float) -> tuple[Semantics, float, float]:
    """The core with what its classes weigh, the constant that is left in front, and the price of the weights."""
    error = float(np.max(part.error))
    first = float(part.amount[0])
    if np.all(np.abs(part.amount - first) <= 2.0 * error):
        return core, first / factor, 0.0
    weights = [short(float(w) / factor, error / factor) for w in part.amount]
    weighted = replace(core, weight=replace(core.weight, klass=literal(weights), klass_in=part.klass_in))
    return weighted, 1.0, sum(cost(w, 1.0) for w in weights) / len(weights)


def _scaled(
    core: Semantics, size: float, part: Part, factor: float, extra: float, classes: int = 1
) -> Iterator[Candidate]:
    error = float(np.max(part.error)) / factor
    logarithmic = core.term.family in IN_BASES
    for base in BASES if logarithmic else BASES[:1]:
        unit = math.log(base) if base else 1.0
        constant = short(abs(size) * unit, error * unit)
        if base and (digits(constant) > LONG):
            continue
        if constant == 0.0:
            continue
        modulation = replace(
            core.modulation,
            poly=_ratio(part.poly, size * factor, part) if part.poly else None,
            z_loss=_ratio(part.z, size * factor * (classes if core.reduction.classes == "mean" else 1), part)
            if part.z
            else None,
        )
        if part.z and core.reduction.classes not in ("sum", "mean"):
            continue
        scale = Scale(constant=constant, sign=1 if size > 0 else -1, log_base=base)
        price = (
            cost(constant, 1.0)
            + (UNUSUAL if constant != 1.0 and core.reduction.batch == "sum" else 0.0)
            + (0.5 if base else 0.0)
            + extra
            + (0.3 if size < 0 else 0.0)
        )
        yield Candidate(replace(core, modulation=modulation, scale=scale), price)


def _ratio(amount: float, size: float, part: Part) -> float:
    ratio = amount / size
    return short(ratio, abs(ratio) * float(np.max(part.error)) * 4.0 / abs(amount) + abs(ratio) * 1e-14)


def _reductions(part: Part, frame: Frame, form: Form) -> Iterator[tuple[Reduction, float, float]]:
    """Reductions, the factor each puts before a sum over one row's classes, and its price."""
    k, m = frame.classes, frame.count
    coupled = FAMILIES[part.core.term.family].shape == "coupled"
    categorical = _rowwise(part) or (part.core.term.family in LOGARITHMIC and part.core.term.sides == "one")
    if form.output == "element":
        yield Reduction(classes="none" if categorical else "flat", batch="none"), 1.0, 0.0
        return
    if coupled:
        yield from ((Reduction(classes=c, batch=b), f, e) for c, b, f, e in _batches("flat", 1.0, m, form, 0.0))
        return
    if categorical or form.output == "position":
        yield from ((Reduction(classes=c, batch=b), f, e) for c, b, f, e in _batches("sum", 1.0, m, form, 0.0))
        yield from ((Reduction(classes=c, batch=b), f, e) for c, b, f, e in _batches("mean", 1.0 / k, m, form, 0.6))
        if form.output == "scalar" and not _rowwise(part) and part.core.target.encoding != "index":
            yield Reduction(), 1.0 / k, 0.7
    else:
        yield Reduction(), 1.0 / k, 0.0
        yield Reduction(batch="sum"), float(m), 0.2
        yield from ((Reduction(classes=c, batch=b), f, e) for c, b, f, e in _batches("sum", 1.0, m, form, 0.8))
    if form.output == "scalar" and len(frame.positions) > 1:
        yield Reduction(classes="sum", denominator="samples"), m / frame.shape[0], 0.9


def _batches(classes: str, factor: float, m: int, form: Form, extra: float) -> Iterator[tuple[str, str, float, float]]:
    if form.output == "position":
        yield classes, "none", factor, extra
        return
    yield classes, "mean", factor, extra
    if m > 1:
        yield classes, "sum", factor * m, extra + 0.2


__all__ = ["Candidate", "Form", "Input", "Layout", "Modulation", "Weight", "candidates"]
