"""`.sum()` and `.mean()` written behind a loss, over everything or over one axis."""

from __future__ import annotations

from dataclasses import replace

from harness.explain.facts import Facts
from harness.explain.named import number
from harness.explain.rows import ROWS, over_rows, rows_of
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Value, with_choice
from harness.syntax import Call, Literal, Node


def reduced(s: Semantics, how: str, axis_node: Node | None, facts: Facts) -> Semantics | None:
    """`.sum()` and `.mean()` over everything or over one axis."""
    axis = None if axis_node is None else number(axis_node)
    if axis_node is not None and axis is None and axis_node != Literal(None):
        return None
    plus = [p for other in s.plus if (p := reduced(other, how, axis_node, facts)) is not None]
    if len(plus) < len(s.plus):
        return None
    s = replace(s, plus=tuple(plus))
    if s.reduction.batch in ROWS:
        return over_rows(s, how) if axis is None else None
    if s.reduction.batch != "none":
        return s if axis is None else None
    offset = _reduced_offset(s.scale.offset, how, axis)
    if offset is None:
        return None
    s = with_choice(s, "scale", offset=offset)
    if axis is None:
        s, how = _samples_first(s, how, facts)
        return with_choice(s, "reduction", batch=how, denominator=_denominator(s), zero="nan")
    return _over_axis(s, how, int(axis), facts)


def _reduced_offset(offset: Value, how: str, axis: float | None) -> Value | None:
    """What an offset of every element comes to; None where that takes more than the offset to tell."""
    if isinstance(offset, Node):
        return None if axis is not None else Call(f"numpy.{how}", (offset,))
    return offset if how == "mean" or offset == 0.0 else None


def _samples_first(s: Semantics, how: str, facts: Facts) -> tuple[Semantics, str]:
    """Elements that were reduced over the samples before the columns, told in the usual order: it is the same."""
    w, r = s.weight, s.reduction
    plain = (w.sample, w.mask, w.klass, s.layout.softmax_axis) == (None,) * 4
    rows = len(facts.shape(s.layout.prediction)) == 2 and s.layout.class_axis == 0  # noqa: PLR2004  samples, columns
    if not (plain and rows and r.classes in ("sum", "mean") and FAMILIES[s.term.family].shape == "elementwise"):
        return s, how
    return with_choice(with_choice(s, "layout", class_axis=-1), "reduction", classes=how), r.classes


def _denominator(s: Semantics) -> str:
    # A mean written behind an unreduced loss counts everything, but what was selected by a mask is all there is.
    return (
        "kept"
        if s.weight.mask is not None
        and s.reduction.denominator == "kept"
        and not isinstance(s.weight.mask, float | int)
        else "elements"
    )


def _over_axis(s: Semantics, how: str, axis: int, facts: Facts) -> Semantics | None:
    shape = facts.describe(s.layout.prediction).shape
    if s.reduction.root == "each" and s.reduction.classes == "flat" and len(shape) > 1:
        return None  # A root of each element, before it is summed along an axis: the classes' sum comes before a root.
    elementwise = s.reduction.classes in ("flat", "none") and FAMILIES[s.term.family].shape == "elementwise"
    ndim = len(shape) if elementwise else len(shape) - 1
    if ndim == 0:
        return None
    if elementwise and (ndim > 1 or how == "sum"):
        return replace(
            with_choice(s, "reduction", classes=how),
            layout=replace(s.layout, class_axis=axis if axis < 0 or axis < ndim - 1 else -1),
        )
    if ndim == 2 and axis in (1, -1):  # noqa: PLR2004  one loss per position of a sequence
        return rows_of(s, how, shape[0])
    return with_choice(s, "reduction", batch=how) if ndim == 1 and axis in (0, -1) else None
