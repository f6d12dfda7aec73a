"""Two points in the coordinates in which they differ least: one reduction or two, Huber or Smooth-L1."""

from __future__ import annotations

from dataclasses import replace

from harness.explain.differences import differences
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice


def aligned(a: Semantics, b: Semantics) -> tuple[Semantics, Semantics]:
    """The same two losses in the coordinates in which they differ least.

    A loss that averages over everything at once is also one that averages over classes and then over samples; which of
    the two a person would say depends on what it is held against.
    """
    b = _of_family(b, a)
    flat = _flat(a), _flat(b)
    if flat[0] is not None and flat[1] is not None:
        return flat[0], flat[1]
    return _unfolded(a, b), _unfolded(b, a)


def _of_family(b: Semantics, a: Semantics) -> Semantics:
    """Smooth-L1 is Huber divided by its parameter: `b` told in A's family where that leaves fewer differences."""
    names = {"huber": "delta", "smooth-l1": "beta"}
    if a.term.family == b.term.family or not {a.term.family, b.term.family} <= set(names):
        return b
    width = dict(b.term.parameters).get(names[b.term.family], 1.0)
    if not (isinstance(width, float) and width > 0 and isinstance(b.scale.constant, float)):
        return b
    constant = b.scale.constant / width if b.term.family == "smooth-l1" else b.scale.constant * width
    term = replace(b.term, family=a.term.family, parameters=((names[a.term.family], width),))
    told = replace(b, term=term, scale=replace(b.scale, constant=constant))
    return told if len(differences(a, told)) < len(differences(a, b)) else b


def _flat(s: Semantics) -> Semantics | None:
    r = s.reduction
    if r.classes == "flat":
        return s
    elementwise = FAMILIES[s.term.family].shape == "elementwise"
    plain = (s.weight.sample, s.weight.mask, s.weight.klass, s.modulation.z_loss, r.microbatches) == (None,) * 5
    same = (r.classes, r.batch) in {("mean", "mean"), ("sum", "sum"), ("none", "none")}
    if not (
        elementwise
        and plain
        and r.root != "each"
        and same
        and r.denominator in ("elements", "samples", "kept")
        and s.layout.class_axis in (-1, None)
    ):
        return None
    return with_choice(s, "reduction", classes="flat", denominator="elements")


def _unfolded(s: Semantics, other: Semantics) -> Semantics:
    """A flat reduction told as one over classes and one over samples, with the other side's class axis."""
    if s.reduction.classes != "flat" or FAMILIES[s.term.family].shape != "elementwise":
        return s if s.reduction.classes != "flat" else with_choice(s, "reduction", classes=other.reduction.classes)
    if (
        s.reduction.root == "each"
        or s.weight.sample is not None
        or s.weight.mask is not None
        or s.reduction.denominator not in ("elements", "kept", "samples")
    ):
        return s
    axis = s.layout.class_axis if s.layout.class_axis is not None else other.layout.class_axis
    axis = -1 if axis is None else axis
    # What is normalised over the classes has no axis of its own.
    softmax = None if s.layout.softmax_axis == axis else s.layout.softmax_axis
    changed = with_choice(s, "layout", class_axis=axis, softmax_axis=softmax)
    if s.reduction.batch == "mean" and s.reduction.denominator == "samples":
        return with_choice(changed, "reduction", classes="sum")
    return with_choice(changed, "reduction", classes=s.reduction.batch, denominator="elements")
