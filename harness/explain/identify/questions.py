"""What a point is confirmed on: inputs that it was not found with, of the user's own kind and at the edges of it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.extremes import extreme_rows, grouped, next_to, packed, ties
from harness.explain.identify.floors import FLOORED
from harness.explain.identify.frame import Rows
from harness.explain.identify.samples import SCALED_DOMAINS, SCALED_KINDS, Source
from harness.reference.arithmetic import FORMATS, Mask, quantise
from harness.reference.terms import FAMILIES
from harness.semantics import Guard, Semantics
from harness.syntax import Node
from harness.trees import inputs_of

FRESH = 3
SPREAD = 2.0**-10  # Sizes that are asked for together, as a part of all that the dtype tells apart.
SOFT = frozenset({"simplex", "unit"})
APART = frozenset({"binary", "unit", "signed", "count", "positive", "real"})  # Targets of which each stands for itself.
TINY = 1e-6  # A size at which floors that are still to be found may act, and offsets hide what they are added to.
SCALES = (TINY, 0.01, 0.1, 10.0, 100.0, 1e3, 1e5)
# What a refutation means: fresh inputs, larger or smaller ones, the edges, outside of what predictions can be, a tie of
# prediction and target, weights of which nothing is left, the user's own inputs, labels that are no class.
FRESH_ONES, SCALED, EDGE, BEYOND, TIE, NOTHING, GIVEN, LABEL = (
    "fresh", "scaled", "edge", "beyond", "tie", "nothing", "given", "label",
)  # fmt: skip
# Where two formulas that are one may have other slopes.
SLOPES_OPEN = frozenset({SCALED, EDGE, BEYOND, TIE, NOTHING, LABEL})


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Inputs, what sort they are of, and the rows that they consist of where each can be asked alone."""

    inputs: Inputs
    sort: str
    rows: Rows | None = None


def questions(asker: Asker, semantics: Semantics, source: Source, marks: tuple[str, ...]) -> Iterator[Question]:
    """Everything that `semantics`, which may still want its guard, is held against; `marks` are inputs of 0 and 1."""
    frame = asker.frame
    masks = _marked(semantics, marks)
    shape = (frame.count, frame.classes)
    for seed in range(FRESH):
        rows = source.draw(1000 + seed, shape)
        yield Question(frame.inputs(rows, extras_of(asker, masks, seed)), FRESH_ONES)
    yield from edges(asker, semantics, source, extras_of(asker, masks, 0))
    for x, t in ties(source.domain, source.kind, frame.classes):
        rows = Rows(np.repeat(x[None], frame.count, 0), np.repeat(t[None], frame.count, 0))
        yield Question(frame.inputs(rows, asker.extras), TIE, rows.pick(slice(0, 1)))
    for extras in _nothing(asker):
        yield Question(frame.inputs(source.draw(3000, shape), extras), NOTHING)
    yield Question(frame.given, GIVEN)


def scaled(asker: Asker, semantics: Semantics, source: Source) -> Iterator[tuple[float, Question]]:
    """Larger and smaller predictions and targets, and the scale of each; nearest to that of the source first."""
    by_prediction = source.domain in SCALED_DOMAINS and not semantics.activation.chain
    by_target = source.kind in SCALED_KINDS
    if not by_prediction and not by_target:
        return
    frame = asker.frame
    for scale in sorted(SCALES, key=lambda scale: abs(np.log10(scale / source.scale))):
        hidden = semantics.term.family in FLOORED or semantics.scale.offset != 0.0
        if scale == source.scale or (scale == TINY and hidden):
            continue
        rows = replace(source, scale=scale).draw(4000, (frame.count, frame.classes))
        if not by_prediction:
            rows = Rows(source.draw(4000, (frame.count, frame.classes)).x, rows.t)
        yield scale, Question(frame.inputs(rows, asker.extras), SCALED)


def edges(asker: Asker, semantics: Semantics, source: Source, extras: Inputs) -> Iterator[Question]:
    """The edges, as many at once as there is room for; those at which the point overflows, alone."""
    if source.domain == "simplex":
        return
    frame = asker.frame
    extremes = extreme_rows(semantics.activation.chain, source, frame.classes)
    bare = asker.worth(semantics, extremes.rows)
    # What overflows in the dtype says nothing, and would hide what it is added to.
    small = np.abs(bare) <= FORMATS[source.dtype].largest / (frame.count * frame.classes)
    finite: Mask = np.all(small.reshape(extremes.rows.count, -1), axis=1)
    apart: Mask = ~finite if asker.form.output == "scalar" else np.zeros_like(finite)
    single = _is_elementwise(semantics) and source.kind in APART
    for sort, which in ((EDGE, ~extremes.beyond), (BEYOND, extremes.beyond)):
        # What is packed is one element of each row; whole rows are asked as they are.
        for pack in (True, False) if single else (False,):
            chosen = np.flatnonzero(which & ((extremes.at >= 0) == pack) if single else which)
            size = frame.count * (frame.classes if pack else 1)
            values = np.where(np.isfinite(bare), bare, 0.0)[chosen]
            for i, group in enumerate(grouped(values, size, apart[chosen], SPREAD / FORMATS[source.dtype].u)):
                rows, at = extremes.rows.pick(chosen[group]), extremes.at[chosen[group]]
                asked = packed(rows, at) if pack and len(group) > 1 else rows
                yield _edge(asker, extras, asked, rows, sort)
                if source.kind in SOFT and (i % 2 == 0 or apart[chosen[group]].any()):
                    # Where a guard acts, the other classes' targets show whether it acts on each class or on their sum.
                    soft = source.draw(2000 + i, asked.x.shape).t
                    yield _edge(asker, extras, Rows(asked.x, soft), rows, sort)


def around(asker: Asker, semantics: Semantics, source: Source, marks: tuple[str, ...]) -> list[Question]:
    """Probabilities next to what a guard keeps them from, where a clip, a floor and an added number differ."""
    low = next(iter(_lows(semantics.guard)), 0.0)
    if source.domain == "simplex" or low < FORMATS[source.dtype].eta:
        return []
    extras = extras_of(asker, _marked(semantics, marks), 0)
    rows = [next_to(low, semantics.activation.chain, source, asker.frame.classes, hit=hit) for hit in (True, False)]
    return [_edge(asker, extras, part, part, EDGE) for part in rows if part.count]


def _lows(guard: Guard) -> Iterator[float]:
    """What a guard keeps a probability from falling below."""
    if guard.clip is not None and isinstance(guard.clip[0], float):
        yield guard.clip[0]
    if isinstance(guard.clamp, float):
        yield float(np.exp(guard.clamp))
    if isinstance(guard.added_epsilon, float):
        yield guard.added_epsilon


def _is_elementwise(s: Semantics) -> bool:
    """Whether each element counts for itself."""
    return all(
        part.layout.class_axis is None
        and part.weight.klass is None
        and FAMILIES[part.term.family].shape == "elementwise"
        and not part.guard.renormalise
        for part in (s, *s.plus)
    )


def _edge(asker: Asker, extras: Inputs, asked: Rows, rows: Rows, sort: str) -> Question:
    full = asked.pick(np.arange(asker.frame.count) % asked.count)
    return Question(asker.frame.inputs(full, extras), sort, rows)


def _nothing(asker: Asker) -> Iterator[Inputs]:
    """Weights and masks of which nothing is left, and of which one is."""
    given = asker.frame.given
    for name in asker.frame.extras:
        if given[name].size > 1:
            one = np.zeros_like(given[name])
            one.reshape(-1)[-1] = 1
            yield {**asker.extras, name: np.zeros_like(given[name])}
            yield {**asker.extras, name: one}


def extras_of(asker: Asker, masks: AbstractSet[str], seed: int) -> Inputs:
    """Other values of the further inputs: 0 and 1 where they say what counts, and any numbers where they do not."""
    rng = np.random.default_rng(seed + 7)
    return {
        name: varied(rng, np.asarray(asker.frame.given[name]), asker.frame.dtype, marks=name in masks)
        for name in asker.frame.extras
    }


def _marked(semantics: Semantics, marks: tuple[str, ...]) -> frozenset[str]:
    """Inputs that say what counts, and are 0 or 1."""
    found = (_inputs_of(part.weight.mask) for part in (semantics, *semantics.plus))
    return frozenset(marks).union(*found)


def _inputs_of(value: object) -> frozenset[str]:
    return frozenset(inputs_of(value)) if isinstance(value, Node) else frozenset()


def varied(rng: np.random.Generator, like: NDArray[np.generic], dtype: str, *, marks: bool) -> NDArray[np.generic]:
    """Random numbers in the form of `like`: 0 and 1, of which one is 1, where `like` holds nothing else by its type."""
    if like.size == 1:
        return like
    if marks or like.dtype.kind in "iub":
        values = rng.integers(0, 2, like.shape).astype(like.dtype)
        values.reshape(-1)[0] = 1
        return values
    return quantise(rng.uniform(0.2, 2.0, like.shape), dtype)
