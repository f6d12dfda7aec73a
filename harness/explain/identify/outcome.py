"""The reference on the black box's own inputs: does a point say what the black box said?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.identify.tuning import Tuned, slack
from harness.reference.arithmetic import FORMATS, Ball, Plain, Rounded
from harness.reference.evaluate import evaluate

if TYPE_CHECKING:
    from harness.explain.identify.answers import Answer, Inputs
    from harness.records import Array
    from harness.semantics import Semantics

# Units of rounding by which a search may be off: it decides what is tried next and no more.
ROUGH = {"float64": 4096.0, "float32": 256.0}


def predicted(semantics: Semantics, inputs: Inputs, dtype: str) -> Array | None:
    """The value of `semantics` in plain float64; None where the inputs do not fit it."""
    try:
        return np.asarray(evaluate(semantics, inputs, Plain(), dtype, None).value, np.float64)
    except (CaseError, ValueError, IndexError, TypeError):
        return None


def roughly(semantics: Semantics, inputs: Inputs, answer: Array | None, dtype: str, size: float = 0.0) -> bool:
    """Whether the point's value is the answer up to some roundings, also of numbers of this size: to order a search."""
    return _near(predicted(semantics, inputs, dtype), answer, dtype, size)


def roughly_sloped(semantics: Semantics, inputs: Inputs, gradient: Array | None, dtype: str, wrt: str) -> bool:
    """Whether the point's gradient is the answer's up to some roundings of its largest element."""
    try:
        return _near(evaluate(semantics, inputs, Plain(), dtype, wrt).gradient, gradient, dtype, 0.0)
    except CaseError:
        return False


def _near(value: Array | None, answer: Array | None, dtype: str, size: float) -> bool:
    if value is None or answer is None or value.size != answer.size:
        return False
    a, b = np.asarray(value, np.float64).reshape(-1), answer.reshape(-1)
    same = (np.isnan(a) & np.isnan(b)) | (a == b)
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= ROUGH.get(dtype, 16.0) * FORMATS[dtype].u * (
            np.abs(b) + float(np.max(np.abs(b[np.isfinite(b)]), initial=size))
        )
    return bool(np.all(same | near))


def agrees(point: Tuned, inputs: Inputs, answer: Answer, dtype: str, wrt: str) -> str:
    """Which aspect of the answer is outside the point's rounding bound: "value", "gradient", or neither, "".

    Raises:
        CaseError: If the inputs do not fit the point.
    """
    by = wrt if answer.gradient is not None else None
    found = evaluate(point.semantics, inputs, Rounded(dtype), dtype, by)
    value, gradient = slack(point, inputs, dtype, by)
    if not _inside(found.value, answer.value, value):
        return "value"
    if answer.gradient is not None and not _inside(found.gradient, answer.gradient, gradient):
        return "gradient"
    return ""


def _inside(ball: Ball, answer: Array, room: Array | float) -> bool:
    mid, bound = ball.mid.reshape(-1), (ball.err + room).reshape(-1)
    if mid.size != answer.size:
        return False
    # An infinite bound says that anything may come out of an overflow; it says nothing where the formula is infinite.
    other = np.asarray(answer, np.float64).reshape(-1)
    if np.any(np.isinf(mid) & (mid != other)):
        return False
    return within(difference(mid, other), bound)
