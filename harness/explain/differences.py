"""The conventions in which two points differ, each as a switch that can be thrown alone.

A row of `DETAILS` is what a person would call one difference: its name, and the fields that must change together for
the point to stay meaningful. The order is the order of the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from harness.explain.joint import core, exchange, exchanged
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, get, with_choice

Fields = tuple[tuple[str, str], ...]
Switch = Callable[[Semantics], Semantics]
RATIO = 2.0**-50  # Of two quotients that should be one: what dividing may round.

DETAILS: tuple[tuple[str, Fields], ...] = (
    ("layout.prediction", (("layout", "prediction"),)),
    ("layout.class_axis", (("layout", "class_axis"), ("layout", "softmax_axis"))),
    ("layout.broadcast", (("layout", "broadcast"),)),
    ("target.source", (("target", "source"), ("target", "encoding"), ("target", "bad_index"))),
    ("target.smoothing", (("target", "smoothing"),)),
    ("target.range", (("target", "range"),)),
    ("target.order", (("target", "order"),)),
    ("activation", (("activation", "chain"),)),
    ("activation.temperature", (("activation", "temperature"),)),
    ("activation.support", (("activation", "support"),)),
    ("guard.clip", (("guard", "clip"),)),
    ("guard.clamp", (("guard", "clamp"),)),
    ("guard.added_epsilon", (("guard", "added_epsilon"),)),
    ("guard.renormalise", (("guard", "renormalise"),)),
    ("guard.recovered_logits", (("guard", "recovered_logits"),)),
    ("guard.order", (("guard", "order"),)),
    ("guard.floor", (("term", "floors"),)),
    ("term.sides", (("term", "sides"),)),
    ("term.family", (("term", "family"), ("term", "parameters"))),
    ("term.direction", (("term", "direction"),)),
    ("term.parameter", (("term", "shape"),)),
    ("term.added", (("", "plus"),)),
    ("modulation.focal", (("modulation", "focal"),)),
    ("modulation.poly", (("modulation", "poly"),)),
    ("modulation.z_loss", (("modulation", "z_loss"),)),
    ("weight.positive", (("weight", "positive"),)),
    ("weight.class", (("weight", "klass"), ("weight", "klass_in"), ("weight", "balance"))),
    ("weight.sample", (("weight", "sample"),)),
    ("weight.mask", (("weight", "mask"),)),
    ("reduction.classes", (("reduction", "classes"),)),
    ("reduction.batch", (("reduction", "batch"),)),
    ("reduction.denominator", (("reduction", "denominator"),)),
    ("reduction.microbatches", (("reduction", "microbatches"),)),
    ("reduction.zero", (("reduction", "zero"),)),
    ("scale.constant", (("scale", "constant"),)),
    ("scale.sign", (("scale", "sign"),)),
    ("scale.log_base", (("scale", "log_base"),)),
    ("scale.offset", (("scale", "offset"),)),
    ("precision.input", (("precision", "input"),)),
    ("precision.accumulation", (("precision", "accumulation"),)),
    ("evaluation", (("evaluation", "form"),)),
    ("mode", (("mode", "execution"),)),
    ("gradient.tie", (("gradient", "tie"),)),
    ("gradient.clip", (("gradient", "clip"),)),
    ("gradient.closed_form", (("gradient", "closed_form"),)),
)
ORDER = {factor: i for i, (factor, _) in enumerate(DETAILS)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One switch: its name, both choices, and the function that throws it from A's choice to B's."""

    factor: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    throw: Callable[[Semantics], Semantics]


# Parameters of a term that only keep it from dividing by zero, or from log 0: guards, to whoever reads of them.
FLOORS = frozenset({"floor", "epsilon", "zero_target", "log_zero"})
_PARTS = {("term", "floors"): True, ("term", "shape"): False}


def read(s: Semantics, stage: str, name: str) -> Any:  # noqa: ANN401  a convention may be of any type
    """The choice in `stage.name`; the empty stage is the point's own, and a term's parameters are of two kinds."""
    if (stage, name) in _PARTS:
        return tuple(pair for pair in s.term.parameters if (pair[0] in FLOORS) == _PARTS[stage, name])
    if (stage, name) == ("guard", "clip"):
        return _bounds(s.guard.clip)
    return getattr(s, name) if not stage else get(s, stage, name)


def _bounds(clip: tuple[Any, Any] | None) -> tuple[Any, Any] | None:
    # "epsilon:1e-07" is how a table spells the number 1e-07.
    if clip is None:
        return None
    low, high = (float(b[8:]) if isinstance(b, str) and b.startswith("epsilon:") else b for b in clip)
    return low, high


def _write(s: Semantics, stage: str, name: str, choice: Any) -> Semantics:  # noqa: ANN401
    if (stage, name) in _PARTS:
        others = tuple(pair for pair in s.term.parameters if (pair[0] in FLOORS) != _PARTS[stage, name])
        return with_choice(s, "term", parameters=(*others, *choice))
    return with_choice(s, stage, **{name: choice}) if stage else replace(s, **{name: choice})


@lru_cache(maxsize=1024)  # the aspects and dtypes of a case ask again and again
def differences(a: Semantics, b: Semantics) -> tuple[Difference, ...]:
    """The switches that lead from `a` to `b`, in stage order."""
    found = []
    both = exchange(a, b)
    if both is not None:
        found.append((-1, Difference(both[0], both[1:2], both[2:], partial(exchanged, b=b))))
        a = exchanged(a, b)
    added = a.plus
    for factor, fields in _in_order(a, b):
        before = tuple(read(a, *f) for f in fields)
        after = tuple(read(b, *f) for f in fields)
        if factor == "term.added":
            before = (added,)
        if before == after or _implied(factor, a, b):
            continue
        throw = _switch(fields, after, b)
        if factor != "term.added" and throughout(fields, a, b):
            throw, added = _thrown_throughout(throw, fields, b), _all_with(added, fields, b)
        found.append((ORDER[factor], Difference(_named(factor, before, after), before, after, throw)))
    return tuple(difference for _, difference in sorted(found, key=lambda place: place[0]))


def _in_order(a: Semantics, b: Semantics) -> Iterator[tuple[str, Fields]]:
    """The rows of DETAILS, with what is added last: what changes in every part of a sum is no other part."""
    broadcast = a.layout.broadcast != b.layout.broadcast and core(a.layout.prediction) == core(b.layout.prediction)
    for factor, fields in DETAILS:
        if factor == "layout.broadcast" and broadcast:
            # An axis that was dropped or not makes the shapes fit or not.
            yield factor, (*fields, ("layout", "prediction"))
        elif factor != "term.added" and not (factor == "layout.prediction" and broadcast):
            yield factor, fields
    yield "term.added", (("", "plus"),)


def throughout(fields: Fields, a: Semantics, b: Semantics) -> bool:
    """Whether the losses that are added differ in these fields just as the first ones do: constants by one factor."""
    if len(a.plus) != len(b.plus) or not a.plus:
        return False
    pairs = [(a, b), *zip(a.plus, b.plus, strict=True)]
    if fields == (("scale", "constant"),):
        constants = [(x.scale.constant, y.scale.constant) for x, y in pairs]
        if not all(isinstance(c, float) and c for pair in constants for c in pair):
            return False
        ratios = [y / x for x, y in constants]  # type: ignore[operator]
        return all(abs(r - ratios[0]) <= RATIO * abs(ratios[0]) for r in ratios)
    changes = {(tuple(read(x, *f) for f in fields), tuple(read(y, *f) for f in fields)) for x, y in pairs}
    return len(changes) == 1


def _all_with(parts: tuple[Semantics, ...], fields: Fields, b: Semantics) -> tuple[Semantics, ...]:
    """Parts of a sum with the choices of B's."""
    if len(parts) != len(b.plus):
        return parts
    return tuple(
        _switch(fields, tuple(read(other, *f) for f in fields), other)(part)
        for part, other in zip(parts, b.plus, strict=True)
    )


def _thrown_throughout(throw: Switch, fields: Fields, b: Semantics) -> Switch:
    def everywhere(s: Semantics) -> Semantics:
        return replace(throw(s), plus=_all_with(s.plus, fields, b))

    return everywhere


def _named(factor: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """What a person would call the difference, where that depends on what it is."""
    if factor == "target.source":
        return "target.encoding" if before[1] != after[1] else factor if before[0] != after[0] else "target.bad_index"
    same_weights = factor.startswith("weight.") and before[0] is not None and core(before[0]) == core(after[0])
    return "layout.broadcast" if same_weights and before[1:] == after[1:] else factor


def _implied(factor: str, a: Semantics, b: Semantics) -> bool:
    """Whether a field differs only because another difference makes it: parameters go with their family."""
    match factor:
        case "term.family":
            return a.term.family == b.term.family
        case "term.parameter" | "guard.floor":
            return a.term.family != b.term.family
        case "guard.order":
            common = set(a.guard.order) & set(b.guard.order)
            return [g for g in a.guard.order if g in common] == [g for g in b.guard.order if g in common]
        case "weight.class":
            return (a.weight.klass, a.weight.balance) == (b.weight.klass, b.weight.balance) and (a.weight.klass is None)
        case "reduction.denominator" | "reduction.microbatches" | "reduction.zero":
            return "mean" not in (a.reduction.batch, b.reduction.batch) or (
                factor != "reduction.microbatches" and a.reduction.batch != b.reduction.batch
            )
        case _:
            return False


def _switch(fields: Fields, after: tuple[Any, ...], b: Semantics) -> Callable[[Semantics], Semantics]:
    def throw(s: Semantics) -> Semantics:
        for (stage, name), choice in zip(fields, after, strict=True):
            s = _write(s, stage, name, choice)
        if fields[0] == ("reduction", "batch"):
            # What a mean counts, and what it is of nothing, come with the mean.
            s = with_choice(s, "reduction", denominator=b.reduction.denominator, zero=b.reduction.zero)
        return ordered(s, b) if fields[0][0] == "guard" else s

    return throw


def ordered(s: Semantics, b: Semantics) -> Semantics:
    """`s` with `guard.order` naming just the guards it has, in the order that A and then B give them."""
    guard = s.guard
    present = {
        "clip": guard.clip is not None, "clamp": guard.clamp is not None,
        "added_epsilon": guard.added_epsilon is not None, "renormalise": guard.renormalise,
    }  # fmt: skip
    first = tuple(g for g in guard.order if present.get(g))
    rest = tuple(g for g in b.guard.order if present.get(g) and g not in first)
    merged = (
        b.guard.order
        if set(b.guard.order) == set(first) | set(rest) and set(b.guard.order) <= set(present) and not first
        else (*first, *rest)
    )
    return with_choice(s, "guard", order=tuple(g for g in merged if present.get(g)))


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
        s.weight.sample is not None
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
