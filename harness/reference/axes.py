"""Where an axis is, counted from the front."""

from __future__ import annotations

from harness.errors import CaseError


def place(axis: int, ndim: int) -> int:
    """`axis` counted from the front; of a single number, as in NumPy and torch, its only row is meant: 0.

    Raises:
        CaseError: `wrong-shape`, where there is no such axis.
    """
    length = max(ndim, 1)
    if not -length <= axis < length:
        raise CaseError("wrong-shape", f"an array of {ndim} axes has no axis {axis}")
    return axis % length
