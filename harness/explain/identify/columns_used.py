"""A black box that looks at one column of its prediction is identified as a function of that column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Answer, Ask, Inputs, Oracle
from harness.explain.identify.frame import Frame, domain_of, kind_of
from harness.records import Array, Raised
from harness.syntax import Index, Input, Literal, Slice

MANY = 16


def narrowed(frame: Frame, oracle: Oracle) -> tuple[Frame, Oracle]:
    """The frame and the black box of the only column that matters; both as they are where more than one does."""
    x = frame.given[frame.prediction]
    if x.ndim != 2 or not 1 < x.shape[1] <= MANY or frame.axis != 1:  # noqa: PLR2004  a table has two axes
        return frame, oracle
    used = [c for c in range(x.shape[1]) if _matters(oracle, frame, c)]
    if len(used) != 1:
        return frame, oracle
    column = used[0]
    given = {**frame.given, frame.prediction: x[:, column]}
    target = np.asarray(given[frame.target], np.float64)
    if target.shape != x.shape[:1]:
        return frame, oracle
    given[frame.target] = target
    tree = Index(Input("prediction"), (Slice(), Literal(column)))
    oracle.note("each column of the prediction alone", f"only column {column} matters")
    alone = replace(
        oracle,
        ask=_within(oracle.ask, frame.prediction, x, column),
        slope=_within(oracle.slope, frame.prediction, x, column),
    )
    narrow = replace(frame, given=given, axis=0, kind=kind_of(target), domain=domain_of(x[:, column]), tree=tree)
    return narrow, alone


def _matters(oracle: Oracle, frame: Frame, column: int) -> bool:
    x = frame.given[frame.prediction]
    before = oracle.value(frame.given)
    for factor in (0.7, 0.45):
        moved = x.copy()
        moved[:, column] = x[:, column] * factor
        after = oracle.value({**frame.given, frame.prediction: moved})
        if before is None or after is None or not np.array_equal(before, after, equal_nan=True):
            return True
    return False


def _within(ask: Ask, name: str, whole: Array, column: int) -> Callable[[Inputs], Answer | Raised]:
    def asked(inputs: Inputs) -> Answer | Raised:
        x = whole.copy()
        x[:, column] = inputs[name]
        answer = ask({**inputs, name: x})
        if isinstance(answer, Raised) or answer.gradient is None:
            return answer
        return Answer(answer.value, answer.gradient[:, column])

    return asked
