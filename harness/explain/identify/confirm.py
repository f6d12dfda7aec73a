"""Confirmation: a point against the black box on inputs it was not found with, under the rounding bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from harness.errors import CaseError
from harness.explain.identify.answers import Answer, Inputs, Oracle
from harness.explain.identify.asking import Asker
from harness.explain.identify.extremes import ties
from harness.explain.identify.frame import Frame, Rows
from harness.explain.identify.outcome import agrees, roughly
from harness.explain.identify.samples import draw
from harness.explain.identify.tuning import Tuned, long_numbers, shortened, tuned
from harness.records import Array, Raised
from harness.reference.arithmetic import quantise
from harness.semantics import Gradient, Semantics, with_choice

FRESH = 3
TUNED = 8
EDGES = 6  # Sets of inputs that the edges are spread over at the most.
SOFT = frozenset({"simplex", "unit"})
CLIPS = ("zero", "through", "half", "floored")
KINKS = ("abs", "relu", "max", "norm", "softplus")
SLOPES = (0.0, 0.5, 1.0, -1.0, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Refuted:
    """Inputs on which a point is wrong, and in what: "value", "gradient" or "raises"."""

    inputs: Inputs
    aspect: str


def confirmed(
    asker: Asker, semantics: Semantics, domain: str, kind: str, edge: Rows, more: Sequence[Inputs] = ()
) -> tuple[Semantics, Refuted | None]:
    """`semantics` with the slopes that the gradients show, and the first refutation if there is one."""
    point = (
        tuned(semantics, _cases(asker, domain, kind, edge), asker.frame.dtype)
        if any(long_numbers(semantics))
        else Tuned(semantics)
    )
    inputs = (*_inputs(asker, domain, kind, edge), *((inputs, False) for inputs in more))
    return _held(asker.oracle, asker.frame, point, inputs)


def confirmed_as_given(oracle: Oracle, frame: Frame, semantics: Semantics) -> Semantics | None:
    """A point that was found through another quantity, held on inputs of the user's own kind; None if it is refuted."""
    rng = np.random.default_rng(90)
    sets = [frame.given]
    for _ in range(FRESH):
        moved = {n: _moved(rng, frame.given[n], frame.dtype) for n in (frame.prediction, *frame.extras)}
        sets.append({**frame.given, **moved})
    found, refuted = _held(oracle, frame, Tuned(semantics), ((inputs, False) for inputs in sets))
    return found if refuted is None else None


def _moved(rng: np.random.Generator, like: Array, dtype: str) -> Array:
    if like.dtype.kind != "f":
        return like
    return quantise(like * rng.uniform(0.5, 1.0, like.shape), dtype)


def _held(
    oracle: Oracle, frame: Frame, point: Tuned, cases: Iterable[tuple[Inputs, bool]]
) -> tuple[Semantics, Refuted | None]:
    """The point on inputs one after another, with the slopes that the gradients show; what refutes it ends it."""
    seen: list[tuple[Inputs, Answer]] = []
    for inputs, beyond in cases:
        answer = oracle.both(inputs)
        if isinstance(answer, Raised) or (beyond and not np.all(np.isfinite(answer.value))):
            continue
        seen.append((inputs, answer))
        aspect = _aspect(frame, point, inputs, answer)
        if aspect == "gradient":
            others = (replace(point, semantics=s) for s in _slopes(point.semantics))
            held = next((p for p in others if not any(_aspect(frame, p, *case) for case in reversed(seen))), None)
            point, aspect = (point, aspect) if held is None else (held, "")
        if aspect:
            return point.semantics, Refuted(inputs, aspect)

    def holds(s: Semantics) -> bool:
        return not any(_aspect(frame, Tuned(s), *case) for case in seen)

    return shortened(point, holds), None


def _cases(asker: Asker, domain: str, kind: str, edge: Rows) -> list[tuple[Inputs, Array]]:
    """Answers to fit long numbers to: random ones, and the edges."""
    frame, shape = asker.frame, (asker.frame.count, asker.frame.classes)
    sets = [frame.inputs(draw(seed, shape, domain, kind, frame.dtype), asker.extras) for seed in range(70, 70 + TUNED)]
    for start in range(0, edge.count, max(shape[0], -(-edge.count // 6))):
        sets.append(frame.inputs(edge.pick(np.arange(start, start + shape[0]) % edge.count), asker.extras))
    answers = ((inputs, asker.oracle.value(inputs)) for inputs in sets)
    return [(inputs, answer) for inputs, answer in answers if answer is not None]


def _aspect(frame: Frame, semantics: Tuned, inputs: Inputs, answer: Answer) -> str:
    if not frame.exact:
        return "" if roughly(semantics.semantics, inputs, answer.value, frame.dtype) else "value"
    try:
        return agrees(semantics, inputs, answer, frame.dtype, frame.prediction)
    except CaseError:
        return "value"


def _slopes(s: Semantics) -> Iterator[Semantics]:
    """The point with other slopes where the value decides none: in the dead zone of a guard, and at a kink."""
    ties = [s.gradient.tie, *(_tied(s, kink, slope) for kink in KINKS for slope in SLOPES)]
    for tie, clip in product(ties, CLIPS):
        yield replace(s, gradient=replace(s.gradient, clip=clip, tie=tie))
    yield with_choice(s, "gradient", closed_form="normalised-target")


def _tied(s: Semantics, kink: str, slope: float) -> tuple[tuple[str, float], ...]:
    return tuple(sorted({**dict(s.gradient.tie), kink: slope}.items()))


def _inputs(asker: Asker, domain: str, kind: str, edge: Rows) -> Iterator[tuple[Inputs, bool]]:
    """Inputs, and whether they lie beyond the user's own, where a black box may have no number."""
    frame = asker.frame
    m, k = frame.count, frame.classes
    for seed in range(FRESH):
        yield frame.inputs(draw(1000 + seed, (m, k), domain, kind, frame.dtype), _extras(asker, seed)), False
    for start in range(0, edge.count, max(m, -(-edge.count // EDGES))):
        at = edge.pick(np.arange(start, start + m) % edge.count)
        yield frame.inputs(at, _extras(asker, 0)), True
        if kind in SOFT:
            # Where a guard acts, the other classes' targets show whether it acts on each class or on their sum.
            soft = draw(2000 + start, (m, k), domain, kind, frame.dtype).t
            yield frame.inputs(Rows(at.x, soft), _extras(asker, 0)), True
    for x, t in ties(domain, kind, k):
        yield frame.inputs(Rows(np.repeat(x[None], m, 0), np.repeat(t[None], m, 0)), asker.extras), True
    for extras in _nothing(asker):
        yield frame.inputs(draw(3000, (m, k), domain, kind, frame.dtype), extras), False
    yield frame.given, False


def _nothing(asker: Asker) -> Iterator[Inputs]:
    """Weights and masks of which nothing is left, and of which one is."""
    given = asker.frame.given
    for name in asker.frame.extras:
        if given[name].size > 1:
            one = np.zeros_like(given[name])
            one.reshape(-1)[-1] = 1
            yield {**asker.extras, name: np.zeros_like(given[name])}
            yield {**asker.extras, name: one}


def _extras(asker: Asker, seed: int) -> Inputs:
    rng = np.random.default_rng(seed + 7)
    return {name: _varied(rng, np.asarray(asker.frame.given[name]), asker.frame.dtype) for name in asker.frame.extras}


def _varied(rng: np.random.Generator, like: np.ndarray, dtype: str) -> np.ndarray:
    if like.size == 1:
        return like
    if like.dtype.kind in "iub":
        values = rng.integers(0, 2, like.shape).astype(like.dtype)
        values.reshape(-1)[0] = 1
        return values
    return quantise(rng.uniform(0.2, 2.0, like.shape), dtype)


__all__ = ["Gradient", "Refuted", "confirmed"]
