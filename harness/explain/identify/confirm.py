"""Confirmation: a point against the black box on inputs it was not found with, under the rounding bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.errors import CaseError
from harness.explain.identify.answers import Answer, Inputs, Oracle
from harness.explain.identify.asking import Asker
from harness.explain.identify.frame import Frame, Rows
from harness.explain.identify.outcome import agrees, predicted, roughly, roughly_sloped
from harness.explain.identify.questions import BEYOND, EDGE, FRESH, FRESH_ONES, GIVEN, SLOPES_OPEN, TIE, Question
from harness.explain.identify.samples import Source
from harness.explain.identify.slopes import other_slopes
from harness.explain.identify.tuning import Path, Tuned, long_numbers, shortened, tuned
from harness.records import Array, Raised
from harness.reference.arithmetic import FORMATS, quantise
from harness.semantics import Semantics

TUNED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Refuted:
    """Inputs on which a point is wrong, what sort they are of, and in what it is: "value" or "gradient"."""

    inputs: Inputs
    sort: str
    aspect: str


@dataclass(eq=False)
class Held:
    """How a point fared.

    Attributes:
        semantics: The point, with the slopes that the gradients show.
        refuted: What refutes it, or None.
        asked: How many questions of each sort were answered.
        silent: At how many edges the black box gives no number where the point has one.
        outside: At how many sets beyond the user's own numbers the black box says something else.
        sloped: At how many sets at the edges, where the value is right, the gradient is another.
        rounded: At how many other sets the gradient is right up to roundings, and further off than its bound.
    """

    semantics: Semantics
    refuted: Refuted | None = None
    asked: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    outside: int = 0
    sloped: int = 0
    rounded: int = 0

    @property
    def flaws(self) -> tuple[int, int, int, int]:
        """What a better point would not have."""
        return (self.outside, self.silent, self.rounded, self.sloped)


def confirmed(
    asker: Asker,
    semantics: Semantics,
    source: Source,
    asked: Sequence[Question],
    known: Mapping[Path, float] | None = None,
) -> Held:
    """`semantics` on questions one after another; what refutes it ends it. `known`: how far measured numbers may be off."""
    measured = known or {}
    fitted = any(path not in measured for path in long_numbers(semantics))
    point = tuned(semantics, _cases(asker, source, asked) if fitted else (), asker.frame.dtype, measured)
    return _Confirming(asker.oracle, asker.frame, point, asker).through(asked)


def confirmed_as_given(oracle: Oracle, frame: Frame, semantics: Semantics) -> Semantics | None:
    """A point found through another quantity, held on inputs of the user's own kind; None if it is refuted."""
    rng = np.random.default_rng(90)
    sets: list[Inputs] = [frame.given]
    for _ in range(FRESH):
        moved = {n: _moved(rng, frame.given[n], frame.dtype) for n in (frame.prediction, *frame.extras)}
        sets.append({**frame.given, **moved})
    held = _Confirming(oracle, frame, Tuned(semantics), None).through(Question(each, GIVEN) for each in sets)
    return held.semantics if held.refuted is None else None


def _moved(rng: np.random.Generator, like: Array, dtype: str) -> Array:
    if like.dtype.kind != "f":
        return like
    return quantise(like * rng.uniform(0.5, 1.0, like.shape), dtype)


def _cases(asker: Asker, source: Source, asked: Iterable[Question]) -> list[tuple[Inputs, Array]]:
    """Answers to fit long numbers to: random ones, and the edges."""
    frame, shape = asker.frame, (asker.frame.count, asker.frame.classes)
    sets: list[Inputs] = [frame.inputs(source.draw(seed, shape), asker.extras) for seed in range(70, 70 + TUNED)]
    sets += [question.inputs for question in asked if question.sort == EDGE]
    answers = ((inputs, asker.oracle.value(inputs)) for inputs in sets)
    return [(inputs, answer) for inputs, answer in answers if answer is not None]


class _Confirming:
    """One point on its way through the questions."""

    def __init__(self, oracle: Oracle, frame: Frame, point: Tuned, asker: Asker | None) -> None:
        self.oracle, self.frame, self.point, self.asker = oracle, frame, point, asker
        self.held = Held(point.semantics)
        self.seen: list[tuple[Question, Answer]] = []
        # Beyond, e^x is infinite: what is written with it may have no number where the formula has one.
        self.overflowing = float(np.log(FORMATS[frame.dtype].largest))

    def through(self, asked: Iterable[Question]) -> Held:
        """All questions, until one refutes the point."""
        for question in asked:
            answer = self.oracle.both(question.inputs)
            if isinstance(answer, Raised):
                continue
            aspect = self._aspect(question, answer)
            if aspect:
                self.held.refuted = Refuted(question.inputs, question.sort, aspect)
                return self.held
            self.held.asked[question.sort] += 1
        if not self.held.asked[GIVEN if self.asker is None else FRESH_ONES]:
            self.held.refuted = Refuted(self.frame.given, FRESH_ONES, "value")
        self.held.semantics = shortened(self.point, self._holds)
        return self.held

    def _aspect(self, question: Question, answer: Answer) -> str:
        """In what the answer refutes the point, after what may be forgiven: empty if in nothing."""
        aspect = self._differs(self.point, question.inputs, answer)
        if aspect == "value":
            return self._value_beside(question, answer)
        self.seen.append((question, answer))
        if aspect != "gradient":
            return ""
        untried = () if self.held.sloped or self.held.rounded else other_slopes(self.point.semantics)
        others = (replace(self.point, semantics=s) for s in untried)
        better = next((point for point in others if self._all_hold(point)), None)
        if better is not None:
            self.point, self.held.semantics = better, better.semantics
            return ""
        edge = question.sort in SLOPES_OPEN
        point, dtype, by = self.point.semantics, self.frame.dtype, self.frame.prediction
        if not edge and not roughly_sloped(point, question.inputs, answer.gradient, dtype, by):
            return aspect
        self.seen[-1] = (question, Answer(answer.value))
        self.held.sloped += edge
        self.held.rounded += not edge
        return ""

    def _value_beside(self, question: Question, answer: Answer) -> str:
        """Where the values differ: row by row, if one without a number hides the others; and beyond, no refutation."""
        if question.sort == BEYOND:
            self.held.outside += bool(np.all(np.isfinite(answer.value)))
            return ""
        hidden = question.sort in (EDGE, TIE) and not np.all(np.isfinite(answer.value))
        if not hidden or question.rows is None or self.asker is None:
            return "value"
        for row in range(question.rows.count):
            alone = question.rows.pick(np.full(self.frame.count, row))
            inputs = self.frame.inputs(Rows(alone.x, alone.t), self.asker.extras)
            said = self.oracle.value(inputs)
            if said is None or not self._differs(self.point, inputs, Answer(said)):
                continue
            told = predicted(self.point.semantics, inputs, self.frame.dtype)
            if told is None or told.size != said.size:
                return "value"
            lost = np.isnan(said) | (np.isinf(said) & (np.max(np.abs(alone.x)) > self.overflowing))
            filled = np.where(lost, told.reshape(said.shape), said)
            if self._differs(self.point, inputs, Answer(filled)):
                return "value"
            self.held.silent += 1
        return ""

    def _all_hold(self, point: Tuned) -> bool:
        return not any(self._differs(point, question.inputs, answer) for question, answer in reversed(self.seen))

    def _holds(self, semantics: Semantics) -> bool:
        return self._all_hold(Tuned(semantics))

    def _differs(self, point: Tuned, inputs: Inputs, answer: Answer) -> str:
        if not self.frame.exact:
            # The quantity was rounded before the black box saw it.
            size = float(np.max(np.abs(inputs[self.frame.prediction]), initial=1.0))
            near = roughly(point.semantics, inputs, answer.value, self.frame.dtype, size)
            return "" if near else "value"
        try:
            return agrees(point, inputs, answer, self.frame.dtype, self.frame.prediction)
        except CaseError:
            return "value"


__all__ = ["Held", "Refuted", "confirmed", "confirmed_as_given"]
