"""What the classes weigh, where one weight goes with the target of each sample.

Beside a gradient one batch says it: each row's gradient is what it would be, times the weight of its class. Without one,
each class is put beside the first in a batch of both. A weight is known to within what rounding may have done to the
answer it is read off: the bound of the point that has the weight, over the answer's slope by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.explain.identify.amounts import literal
from harness.explain.identify.answers import Answer, Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import asked
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import LONG, digits, short
from harness.explain.identify.outcome import predicted
from harness.explain.identify.samples import Source
from harness.explain.identify.tuning import Path, number_at, slope_of
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Plain, Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics, with_choice

MOST_CLASSES = 100  # Classes that are told apart without gradients.
LONGEST = 4096
ROUGH = 1e4  # Roundings by which a factor may be off.
ITEMS: Path = ("weight", "klass", "args", 0, "items")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A point, and how far its measured numbers may be off, by where they stand."""

    semantics: Semantics
    errors: Mapping[Path, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Weights relative to the first class's, and the inputs that each was read off."""

    weights: Array
    inputs: Mapping[int, Inputs]
    by_slope: bool


def weighted_classes(asker: Asker, s: Semantics, source: Source, suspects: Sequence[int]) -> Iterator[Measured]:
    """The point with class weights, for a mean that counts them and one that does not."""
    masked = int(s.weight.mask) if isinstance(s.weight.mask, float) else None
    first = next(c for c in range(asker.frame.classes) if c != masked)
    classes = [c for c in suspects if c not in (first, masked)]
    told = _by_one_batch(asker, s, source, first, classes)
    ways = [("weights", told), ("elements", told)] if told else _beside_the_first(asker, s, source, first, classes)
    for denominator, way in ways:
        if way is not None and np.isfinite(way.weights).all():
            for point in _weighted(s, way.weights, denominator, ROUGH * FORMATS[asker.frame.dtype].u):
                yield Measured(point, _errors(asker, point, way))


def _by_one_batch(asker: Asker, s: Semantics, source: Source, first: int, classes: Sequence[int]) -> _Read | None:
    """Each class once the target in one batch, of which the gradient tells how much each counts."""
    frame, k = asker.frame, asker.frame.classes
    labels = np.array([first, *classes])
    times = -(-len(labels) // frame.count)
    if times * frame.count > LONGEST or (times > 1 and (frame.axis == 0 or len(frame.shape) < 2)):  # noqa: PLR2004
        return None
    long = replace(asker, frame=frame.longer(times), extras=frame.longer_inputs(asker.extras, times))
    targets = np.resize(labels, long.frame.count)
    rows = Rows(source.draw(46, (long.frame.count, k)).x, np.eye(k)[targets])
    factors = by_gradient(long, s, rows)
    if factors is None or factors[0] == 0.0:
        return None
    weights = np.ones(k)
    for c in classes:
        weights[c] = float(np.mean(factors[targets == c]) / np.mean(factors[targets == first]))
    inputs = long.frame.inputs(rows, long.extras)
    return _Read(weights, dict.fromkeys(classes, inputs), by_slope=True)


def _beside_the_first(
    asker: Asker, s: Semantics, source: Source, first: int, classes: Sequence[int]
) -> list[tuple[str, _Read | None]]:
    """Each class in a batch of which half has the first for its target.

    A mean that counts the weights is (own + w other)/(n + w n'); one that does not is (own + w other)/m.
    """
    frame = asker.frame
    m, k = frame.count, frame.classes
    if m < 2 or len(classes) > MOST_CLASSES:  # noqa: PLR2004  one beside the other
        return []
    x, eye = source.draw(43, (m, k)).x, np.eye(k)
    halves = np.arange(m) % 2 == 1
    n, n_other = float((~halves).sum()), float(halves.sum())
    counted, plain, inputs = np.ones(k), np.ones(k), {}
    for c in classes:
        rows = Rows(x, np.where(halves[:, None], eye[c], eye[first]))
        loss, case = per_row(asker, s, rows), asked(asker, frame.inputs(rows, asker.extras))
        if case.answer is None or loss is None or case.answer.size not in (1, m):
            return []
        own, other = (float(loss[half].sum()) for half in (~halves, halves))
        answer = float(case.answer.sum()) * (m if case.answer.size == 1 and s.reduction.batch == "mean" else 1)
        mean = answer / m
        counted[c] = (mean * n - own) / (other - mean * n_other) if other != mean * n_other else np.nan
        plain[c] = (answer - own) / other
        inputs[c] = case.inputs
    return [("weights", _Read(counted, inputs, False)), ("elements", _Read(plain, inputs, False))]  # noqa: FBT003


def _weighted(s: Semantics, weights: Array, denominator: str, error: float) -> Iterator[Semantics]:
    """The point with these weights; a class of weight 0 among others of 1 is left out."""
    left_out = np.flatnonzero(np.abs(weights) <= error)
    if len(left_out) == 1 and np.all(np.abs(np.delete(weights, left_out) - 1.0) <= error):
        masked = with_choice(s, "weight", mask=float(left_out[0]))
        for counted in ("kept", "elements"):
            yield with_choice(masked, "reduction", denominator=counted)
    # Where the mean does not count them, the constant was that of the first class: it is no other's.
    own = [float(s.scale.constant)] if denominator == "elements" else []  # type: ignore[arg-type]
    for unit in (*own, *units(weights, error)):
        klass = literal(shortest(weights * unit, error))
        for where in ("target", "terms"):
            option = with_choice(s, "weight", klass=klass, klass_in=where)
            if denominator == "elements":
                option = with_choice(option, "scale", constant=short(float(s.scale.constant) / unit, 0.0))  # type: ignore[arg-type]
            yield with_choice(option, "reduction", denominator=denominator) if s.reduction.batch == "mean" else option


def shortest(weights: Array, error: float) -> list[float]:
    """The weights as short numbers if all of them are; of many that are none, a few are so near to one by chance."""
    shorter = [short(float(w), error * max(abs(float(w)), 1.0)) for w in weights]
    return shorter if all(digits(w) <= LONG for w in shorter) else [float(w) for w in weights]


def units(weights: Array, error: float) -> list[float]:
    """Scales under which the weights are short numbers: they are known up to a factor."""
    scales = [n / d for d in (1, 2, 5, 10, 20, 50, 100) for n in range(1, 100)]
    some = weights[: min(len(weights), 24)]
    return [*sorted(scales, key=lambda u: sum(digits(short(float(w) * u, error * u)) for w in some))[:2], 1.0]


def _errors(asker: Asker, point: Semantics, told: _Read) -> dict[Path, float]:
    """How far each weight may be off: the bound of what it was read off, over the slope by it."""
    if point.weight.klass is None:
        return {}
    frame, found = asker.frame, {}
    bound = _slope_bounds(asker, point, told) if told.by_slope else {}
    for c, inputs in told.inputs.items():
        path: Path = (*ITEMS, c, "value")
        weight = abs(number_at(point, path))
        if told.by_slope:
            found[path] = weight * bound[c] + 2.0**-52 * weight
            continue
        err = float(np.sum(evaluate(point, inputs, Rounded(frame.dtype), frame.dtype, None).value.err))
        slope = float(np.sum(slope_of(point, path, inputs, frame.dtype, None)[0]))
        found[path] = 2.0 * err / abs(slope) + 2.0**-52 * weight if slope else weight
    return found


def _slope_bounds(asker: Asker, point: Semantics, told: _Read) -> dict[int, float]:
    """Relative error of each class's factor, read off rows g as Σ g g' / Σ g²: that of g', for it and for the first."""
    frame = asker.frame
    inputs = next(iter(told.inputs.values()))
    ball = evaluate(point, inputs, Rounded(frame.dtype), frame.dtype, frame.prediction).gradient
    mid, err = (frame.rows_of({**inputs, frame.prediction: a}).x for a in (ball.mid, ball.err))
    relative = (np.abs(mid) * err).sum(-1) / np.maximum((mid * mid).sum(-1), 1e-300)
    labels = np.argmax(frame.rows_of(inputs).t, -1)
    first = float(np.max(relative[labels == labels[0]]))
    return {c: 2.0 * (float(np.max(relative[labels == c])) + first) for c in told.inputs}


def per_row(asker: Asker, s: Semantics, rows: Rows) -> Array | None:
    """What the point makes of each row, [M], were the batch not reduced."""
    mask = None if isinstance(s.weight.mask, float) else s.weight.mask
    alone = replace(with_choice(s, "reduction", batch="none", microbatches=None), weight=replace(s.weight, mask=mask))
    value = predicted(alone, asker.frame.inputs(rows, asker.extras), asker.frame.dtype)
    if value is None or value.size % asker.frame.count:
        return None
    return np.asarray(value.reshape(asker.frame.count, -1).sum(-1))


def by_gradient(asker: Asker, s: Semantics, rows: Rows) -> Array | None:
    """Each row's gradient over what it would be, were the batch only added up."""
    frame = asker.frame
    inputs = frame.inputs(rows, asker.extras)
    answer = asker.oracle.both(inputs)
    if not isinstance(answer, Answer) or answer.gradient is None or not np.all(np.isfinite(answer.gradient)):
        return None
    added = with_choice(s, "reduction", batch="sum", microbatches=None)
    expected = evaluate(added, inputs, Plain(), frame.dtype, frame.prediction).gradient
    own, theirs = (frame.rows_of({**inputs, frame.prediction: g}).x for g in (np.asarray(expected), answer.gradient))
    size = (own * own).sum(-1)
    if not np.all(size > 0.0):
        return None
    factors = (own * theirs).sum(-1) / size
    gap = np.abs(theirs - factors[:, None] * own)
    if np.any(gap > ROUGH * FORMATS[frame.dtype].u * np.abs(theirs).max()):
        return None
    return np.asarray(factors)
