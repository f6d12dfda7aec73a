"""Rows that count differently: by class, by micro-batch, or one by one.

How much a row counts is read off its gradient where there is one. Else classes are asked beside one another, and rows are
told apart by as many batches as there are rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.explain.identify.amounts import literal
from harness.explain.identify.answers import Answer
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, asked, fits
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import digits, short
from harness.explain.identify.outcome import predicted
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS, Plain
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics, with_choice

MOST_ROWS = 48  # Rows that are told apart without gradients.
MOST_CLASSES = 100  # Classes that are.
CLASSED = frozenset({"index", "one-hot", "distribution"})
ROUGH = 1e4  # Roundings by which a factor may be off.


def uneven(asker: Asker, s: Semantics, cases: Sequence[Case], source: Source) -> Semantics | None:
    """The point whose rows count differently, with what makes them; None if nothing in the space does."""
    if asker.form.output == "element" or s.plus or s.scale.offset != 0.0:
        return None
    frame = asker.frame
    options: Iterator[Semantics] = iter(())
    classed = frame.kind in CLASSED and s.layout.class_axis is not None and s.weight.klass is None
    if classed and _same_class(asker, s, source):
        options = by_class(asker, s, source, range(frame.classes))
    elif s.weight.mask is None:
        factors = _factors(asker, s, source.draw(41, (frame.count, frame.classes)), source)
        options = iter(()) if factors is None else _by_place(s, factors, ROUGH * FORMATS[frame.dtype].u)
    return next((option for option in options if fits(option, cases, frame.dtype)), None)


def _same_class(asker: Asker, s: Semantics, source: Source) -> bool:
    """Whether distinct rows with one and the same target count alike, be it more than the point says."""
    frame, ratios = asker.frame, []
    label = source.draw(42, (frame.count, frame.classes)).t
    target = np.repeat(label[_counted(s, label)][:1], frame.count, 0)
    for seed in (42, 45):
        inputs = frame.inputs(Rows(source.draw(seed, (frame.count, frame.classes)).x, target), asker.extras)
        value, answer = predicted(s, inputs, frame.dtype), asker.oracle.value(inputs)
        if value is None or answer is None or value.size != answer.size:
            return False
        ratios.append(answer.reshape(-1) / value.reshape(-1))
    every = np.concatenate(ratios)
    return bool(np.all(np.abs(every / every[0] - 1.0) <= ROUGH * FORMATS[frame.dtype].u))


def _counted(s: Semantics, t: Array) -> Array:
    """Which rows have a target that is not left out."""
    return np.argmax(t, -1) != s.weight.mask if isinstance(s.weight.mask, float) else np.ones(len(t), bool)


def by_class(asker: Asker, s: Semantics, source: Source, suspects: Sequence[int]) -> Iterator[Semantics]:
    """Class weights, each measured beside the first class that counts, for a mean that counts them and one that does not."""
    frame = asker.frame
    m, k = frame.count, frame.classes
    masked = int(s.weight.mask) if isinstance(s.weight.mask, float) else None
    first = next(c for c in range(k) if c != masked)
    if m < 2 or len(suspects) > MOST_CLASSES:  # noqa: PLR2004  one beside the other
        return
    x = source.draw(43, (m, k)).x
    eye = np.eye(k)
    classes = [c for c in suspects if c not in (first, masked)]
    halves = np.arange(m) % 2 == 1
    alone = _per_row(asker, s, Rows(x, np.repeat(eye[first : first + 1], m, 0)))
    measured: dict[str, Array] = {"weights": np.ones(k), "elements": np.ones(k)}
    for c in classes:
        t = np.where(halves[:, None], eye[c], eye[first])
        loss = _per_row(asker, s, Rows(x, t))
        case = asked(asker, frame.inputs(Rows(x, t), asker.extras))
        if case.answer is None or loss is None or alone is None or case.answer.size not in (1, m):
            return
        own, other = (float(loss[half].sum()) for half in (~halves, halves))
        answer = float(case.answer.sum()) if case.answer.size == m else float(case.answer.reshape(-1)[0]) * _total(s, m)
        # A mean that counts the weights is (own + w other)/(n + w n'); one that does not is (own + w other)/m.
        n, n_other = float((~halves).sum()), float(halves.sum())
        mean = answer / m
        measured["weights"][c] = (mean * n - own) / (other - mean * n_other) if other != mean * n_other else np.nan
        measured["elements"][c] = (answer - own) / other
    yield from _weighted(s, measured, ROUGH * FORMATS[frame.dtype].u)


def _weighted(s: Semantics, measured: Mapping[str, Array], error: float) -> Iterator[Semantics]:
    """The point with the weights measured under each denominator; a class of weight 0 among others of 1 is left out."""
    for denominator, weights in measured.items():
        if not np.isfinite(weights).all():
            continue
        left_out = np.flatnonzero(np.abs(weights) <= error)
        if len(left_out) == 1 and np.all(np.abs(np.delete(weights, left_out) - 1.0) <= error):
            masked = with_choice(s, "weight", mask=float(left_out[0]))
            for counted in ("kept", "elements"):
                yield with_choice(masked, "reduction", denominator=counted)
        # Where the mean does not count them, the constant was that of the first class: it is no other's.
        own = [float(s.scale.constant)] if denominator == "elements" else []  # type: ignore[arg-type]
        for unit in (*own, *_units(weights, error)):
            klass = literal([short(float(w) * unit, error * max(abs(float(w) * unit), 1.0)) for w in weights])
            for where in ("target", "terms"):
                option = with_choice(s, "weight", klass=klass, klass_in=where)
                if denominator == "elements":
                    option = with_choice(option, "scale", constant=short(float(s.scale.constant) / unit, 0.0))  # type: ignore[arg-type]
                yield with_choice(option, "reduction", denominator=denominator) if s.reduction.batch == "mean" else option


def _total(s: Semantics, m: int) -> float:
    """What a mean of M rows is multiplied by to be their sum."""
    return float(m) if s.reduction.batch == "mean" else 1.0


def _per_row(asker: Asker, s: Semantics, rows: Rows) -> Array | None:
    """What the point makes of each row, [M], were the batch not reduced."""
    mask = None if isinstance(s.weight.mask, float) else s.weight.mask
    alone = replace(with_choice(s, "reduction", batch="none", microbatches=None), weight=replace(s.weight, mask=mask))
    value = predicted(alone, asker.frame.inputs(rows, asker.extras), asker.frame.dtype)
    if value is None or value.size % asker.frame.count:
        return None
    return np.asarray(value.reshape(asker.frame.count, -1).sum(-1))


def _factors(asker: Asker, s: Semantics, rows: Rows, source: Source) -> Array | None:
    """How much each row counts, [M], while the targets stay."""
    found = _by_gradient(asker, s, rows)
    return found if found is not None else _by_batches(asker, s, rows, source)


def _by_gradient(asker: Asker, s: Semantics, rows: Rows) -> Array | None:
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


def _by_batches(asker: Asker, s: Semantics, rows: Rows, source: Source) -> Array | None:
    """Least squares over several predictions."""
    frame, m = asker.frame, asker.frame.count
    if m > MOST_ROWS:
        return None
    losses, answers = [], []
    for seed in range(50, 50 + m + 3):
        each = Rows(source.draw(seed, (m, frame.classes)).x, rows.t)
        loss, answer = _per_row(asker, s, each), asker.oracle.value(frame.inputs(each, asker.extras))
        if loss is None or answer is None or answer.size != 1:
            return None
        losses.append(loss)
        answers.append(float(answer.reshape(-1)[0]))
    a, y = np.array(losses), np.array(answers)
    if not (np.isfinite(a).all() and np.isfinite(y).all()):
        return None
    factors = np.linalg.lstsq(a, y)[0]
    gap = np.abs(a @ factors - y)
    if np.any(gap > ROUGH * FORMATS[frame.dtype].u * (np.abs(a) @ np.abs(factors))):
        return None
    return np.asarray(factors)


def _by_place(s: Semantics, factors: Array, error: float) -> Iterator[Semantics]:
    """Micro-batches, or a weight for each place in the batch."""
    yield from _microbatched(s, factors, error)
    relative = factors / float(np.sum(factors)) * len(factors)
    sample = literal([short(float(f), error * 10.0) for f in relative])
    yield with_choice(s, "weight", sample=sample)


def _units(weights: Array, error: float) -> list[float]:
    """Scales under which the weights are short numbers: they are known up to a factor."""
    scales = [n / d for d in (1, 2, 5, 10, 20, 50, 100) for n in range(1, 100)]
    return [*sorted(scales, key=lambda u: sum(digits(short(float(w) * u, error * u)) for w in weights))[:2], 1.0]


def _microbatched(s: Semantics, factors: Array, error: float) -> Iterator[Semantics]:
    """Sizes along the leading axis such that each part's mean counts alike."""
    if s.reduction.batch != "mean":
        return
    shares = factors / np.sum(factors)
    sizes: list[int] = []
    at = 0
    while at < len(shares):
        run = int(np.argmax(np.append(np.abs(shares[at:] / shares[at] - 1.0) > error * 10.0, True)))
        sizes.append(run)
        at += run
    yield from (with_choice(s, "reduction", microbatches=split) for split in _splits(tuple(sizes), shares))


def _splits(runs: tuple[int, ...], shares: Array) -> Iterator[tuple[int, ...]]:
    """Runs of equal shares may be several parts of one size."""
    ends = np.cumsum((0, *runs))
    weights = [float(np.sum(shares[a:b])) for a, b in itertools.pairwise(ends)]
    least = min(weights)
    for pieces in range(1, 5) if least > 0.0 else ():
        counts = [w / least * pieces for w in weights]
        if all(abs(c - round(c)) < 1e-6 and r % round(c) == 0 for c, r in zip(counts, runs, strict=True)):  # noqa: PLR2004
            yield tuple(r // round(c) for c, r in zip(counts, runs, strict=True) for _ in range(round(c)))
