"""Rows that count differently: by class, by micro-batch, or one by one.

How much a row counts is read off its gradient where there is one. Else rows are told apart by as many batches as there are
rows, and classes by asking them beside one another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from harness.explain.identify.amounts import literal
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, fits
from harness.explain.identify.class_weights import (
    ROUGH,
    Measured,
    by_gradient,
    per_row,
    shortest,
    units,
    weighted_classes,
)
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import short
from harness.explain.identify.outcome import predicted
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import Semantics, with_choice
from harness.syntax import Constant, Index, Node, Slice

MOST_ROWS = 48  # Rows that are told apart without gradients.
CLASSED = frozenset({"index", "one-hot", "distribution"})


def uneven(asker: Asker, s: Semantics, cases: Sequence[Case], source: Source) -> Measured | None:
    """The point whose rows count differently, with what makes them; None if nothing in the space does."""
    if asker.form.output == "element" or s.plus or s.scale.offset != 0.0:
        return None
    frame = asker.frame
    options: Iterator[Measured] = iter(())
    classed = frame.kind in CLASSED and s.layout.class_axis is not None and s.weight.klass is None
    if classed and _same_class(asker, s, source):
        options = weighted_classes(asker, s, source, range(frame.classes))
    elif s.weight.mask is None:
        factors = _factors(asker, s, source.draw(41, (frame.count, frame.classes)), source)
        if factors is not None:
            options = (Measured(point) for point in _by_place(s, factors, ROUGH * FORMATS[frame.dtype].u))
    return next((option for option in options if fits(option.semantics, cases, frame.dtype)), None)


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


def _factors(asker: Asker, s: Semantics, rows: Rows, source: Source) -> Array | None:
    """How much each row counts, [M], while the targets stay."""
    found = by_gradient(asker, s, rows)
    return found if found is not None else _by_batches(asker, s, rows, source)


def _by_batches(asker: Asker, s: Semantics, rows: Rows, source: Source) -> Array | None:
    """Least squares over several predictions."""
    frame, m = asker.frame, asker.frame.count
    if m > MOST_ROWS:
        return None
    losses, answers = [], []
    for seed in range(50, 50 + m + 3):
        each = Rows(source.draw(seed, (m, frame.classes)).x, rows.t)
        loss, answer = per_row(asker, s, each), asker.oracle.value(frame.inputs(each, asker.extras))
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
    constant = float(s.scale.constant)  # type: ignore[arg-type]
    for unit in dict.fromkeys((constant, *units(relative, error), 1.0)):
        sample: Node = literal(shortest(relative * unit, error))
        if s.reduction.classes == "flat":
            # One weight for all elements of a row.
            sample = Index(sample, (Slice(), Constant("numpy.newaxis")))
        yield with_choice(with_choice(s, "weight", sample=sample), "scale", constant=short(constant / unit, error))


def _microbatched(s: Semantics, factors: Array, error: float) -> Iterator[Semantics]:
    """Sizes along the leading axis such that each part's mean counts alike."""
    if s.reduction.batch != "mean":
        return
    shares = factors / np.sum(factors)
    sizes: list[int] = []
    at = 0
    while at < len(shares):
        other = np.abs(shares[at:] - shares[at]) > error * 10.0 * np.abs(shares[at])
        run = int(np.argmax(np.append(other, True)))
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
