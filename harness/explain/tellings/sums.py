"""Sums of losses: in another order, and over parts of one batch, told as one loss of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.catalog.api import Described
from harness.explain.counted import counts
from harness.explain.identify.numbers import digits, short
from harness.explain.microbatches import joined
from harness.explain.named import number
from harness.explain.tellings.ground import Ground
from harness.reference.formats import FORMATS
from harness.semantics import Semantics, Smoothing, with_choice
from harness.syntax import Node


def reordered(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """Each of the others first."""
    parts = [replace(s, plus=(), scale=replace(s.scale, offset=0.0)), *s.plus]
    for i in range(1, len(parts)):
        first, *rest = parts[i], *parts[:i], *parts[i + 1 :]
        yield with_choice(replace(first, plus=tuple(rest)), "scale", offset=s.scale.offset)


def as_poly(s: Semantics, _ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A cross-entropy of hard targets and ½ c Σ|p − t| = c(1 − p) beside it, where the other side's is a poly loss."""
    if len(s.plus) != 1 or not isinstance(s.scale.constant, float) or other.modulation.poly is None:
        return
    first, second = replace(s, plus=()), s.plus[0]
    constants = s.scale.constant, second.scale.constant
    alike = (first.activation, first.reduction) == (second.activation, second.reduction)
    if not (alike and first.term.family == "cross-entropy" and second.term.family == "absolute"):
        return
    if isinstance(constants[1], float) and constants[0] and first.term.sides == "one" and s.scale.offset == 0.0:
        poly = 2.0 * constants[1] / constants[0] * second.scale.sign * first.scale.sign
        yield with_choice(first, "modulation", poly=poly)


def as_smoothed(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """A cross-entropy of labels, and one beside it in which every class counts alike: smoothed labels.

    a·CE(y) + b·Σ_c −log p_c = C·CE((1 − e)·y + e/K), where C = a + K·b and e = K·b/C; spread over the K − 1 other
    classes it is e·(K − 1)/K.
    """
    if len(s.plus) != 1 or s.scale.offset != 0.0:
        return
    parts = (replace(s, plus=()), s.plus[0])
    for labelled, uniform in (parts, parts[::-1]):
        amounts = _each(labelled, 1.0, ground), _each(uniform, _constant_target(uniform), ground)
        shape = ground.shape(labelled.layout.prediction)
        if None in amounts or not shape or labelled.layout.class_axis is None or not _smoothable(labelled, uniform):
            continue
        own, every = (float(amount or 0.0) for amount in amounts)
        classes = shape[labelled.layout.class_axis]
        whole = own + classes * every
        if min(own, every, whole) <= 0.0:
            continue
        constant = rounded(labelled.scale.constant * whole / own, ground.dtype)  # type: ignore[operator]
        spread = {"uniform": classes * every / whole, "others": (classes - 1) * every / whole}
        kinds = {kind: rounded(amount, ground.dtype) for kind, amount in spread.items()}
        for kind in sorted(kinds, key=lambda k: digits(kinds[k])):
            smoothed = with_choice(labelled, "target", smoothing=Smoothing(kind, kinds[kind]))
            yield with_choice(smoothed, "scale", constant=constant)


def _smoothable(labelled: Semantics, uniform: Semantics) -> bool:
    alike = (labelled.layout.prediction, labelled.activation, labelled.guard, labelled.scale.sign) == (
        uniform.layout.prediction, uniform.activation, uniform.guard, uniform.scale.sign,
    )  # fmt: skip
    families = {(part.term.family, part.term.sides) for part in (labelled, uniform)}
    return alike and families == {("cross-entropy", "one")} and labelled.target.smoothing is None


def _constant_target(s: Semantics) -> float | None:
    """The one number that is the target of every element."""
    return number(s.target.source) if s.target.smoothing is None and s.target.encoding == "dense" else None


def _each(s: Semantics, target: float | None, ground: Ground) -> float | None:
    """What one class of one sample counts for in a reduced loss."""
    constant, shape = s.scale.constant, ground.shape(s.layout.prediction)
    weighted = (s.weight.sample, s.weight.klass, s.weight.positive, s.reduction.microbatches) != (None,) * 4
    if target is None or not isinstance(constant, float) or weighted or not shape or s.reduction.batch == "none":
        return None
    count = 1.0 if s.reduction.batch == "sum" else counts(s, ground).get(s.reduction.denominator)
    classes = shape[-1 if s.layout.class_axis is None else s.layout.class_axis]
    return None if not count else constant * target / count / (classes if s.reduction.classes == "mean" else 1)


def rounded(value: float, dtype: str) -> float:
    """The short number that `value` is, as the dtype holds it."""
    return short(value, FORMATS[dtype].u * abs(value))


def of_even_parts(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """The mean of means of parts of one length: the mean of all."""
    if len(set(s.reduction.microbatches or ())) == 1:
        yield with_choice(s, "reduction", microbatches=None)


def as_whole(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Means of parts of a batch, added with one constant: a mean of means; sums of parts: the sum over all of it."""
    parts = (replace(s, plus=()), *s.plus)
    constant = s.scale.constant
    if len(parts) < 2 or not isinstance(constant, float) or s.scale.offset != 0.0:  # noqa: PLR2004  one is no sum
        return

    def describe(node: Node) -> Described:
        return Described(ground.shape(node) or (), integral=False)

    whole = joined(parts, describe)
    if whole is None:
        return
    if s.reduction.batch == "mean":
        yield with_choice(whole, "scale", constant=constant * len(parts))
    elif s.reduction.batch == "sum":
        yield with_choice(whole, "reduction", microbatches=None)
