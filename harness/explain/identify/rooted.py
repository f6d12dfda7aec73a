"""The root of a known loss: its square is identified, and the root of that is held on the black box's own inputs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Answer, Ask, Inputs, Oracle
from harness.explain.identify.frame import Frame
from harness.records import Array, Raised
from harness.semantics import Semantics, with_choice


def is_root(first: Array) -> bool:
    """Whether an answer may be the root of a loss: one number, and none below 0."""
    return first.size == 1 and bool(np.all(first >= 0.0))


def squares_of(oracle: Oracle) -> Oracle:
    """The black box whose answers are the squares of this one's; what is negative somewhere is no root."""

    def squared(ask: Ask) -> Ask:
        def answered(inputs: Inputs) -> Answer | Raised:
            answer = ask(inputs)
            if isinstance(answer, Raised):
                return answer
            with np.errstate(over="ignore"):
                value = np.where(answer.value < 0.0, math.nan, np.square(answer.value))
            if answer.gradient is None:
                return Answer(value)
            # A square that is 0 has slope 0 there, where a root may have none.
            with np.errstate(invalid="ignore", over="ignore"):
                return Answer(value, np.where(answer.value == 0.0, 0.0, 2.0 * answer.value * answer.gradient))

        return answered

    return replace(oracle, ask=squared(oracle.ask), slope=squared(oracle.slope), known={}, sloped={})


def is_flat(oracle: Oracle, frame: Frame) -> bool:
    """Whether it has slope 0 where prediction and target are the same, as torch's norm has it."""
    x, t = frame.given[frame.prediction], frame.given.get(frame.target)
    if t is None or t.shape != x.shape:
        return False
    answer = oracle.both({**frame.given, frame.prediction: t.astype(x.dtype)})
    return isinstance(answer, Answer) and answer.gradient is not None and not np.any(answer.gradient)


def rooted(s: Semantics, *, flat: bool) -> Semantics | None:
    """√s, with slope 0 where it is 0, or with none; None where `s` is no loss by itself."""
    scale = s.scale
    numbers = isinstance(scale.constant, float) and isinstance(scale.offset, float)
    if s.plus or not numbers or scale.sign < 0 or scale.log_base or s.reduction.root != "none":
        return None
    constant, added = float(scale.constant), float(scale.offset)  # type: ignore[arg-type]
    if constant <= 0.0 or added < 0.0:
        return None
    parameters = (*s.term.parameters, ("under_root", added / constant)) if added else s.term.parameters
    told = with_choice(with_choice(s, "reduction", root="whole"), "term", parameters=parameters)
    told = with_choice(told, "scale", constant=math.sqrt(constant), offset=0.0)
    return with_choice(told, "gradient", tie=(*s.gradient.tie, ("norm", 0.0))) if flat else told
