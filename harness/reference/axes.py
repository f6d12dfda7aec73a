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


def axes_of(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; None are all of them."""
    if axis is None:
        return tuple(range(ndim))
    found = tuple(place(i, ndim) for i in ((axis,) if isinstance(axis, int) else axis))
    return found if ndim else ()
