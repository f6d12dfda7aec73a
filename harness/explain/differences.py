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
from harness.semantics import STAGES, Semantics, get, with_choice
from harness.syntax import Node

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
    ("term.family", (("term", "family"), ("term", "floors"), ("term", "shape"))),
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
    ("reduction.batch", (("reduction", "batch"), ("term", "over"))),
    ("reduction.denominator", (("reduction", "denominator"),)),
    ("reduction.microbatches", (("reduction", "microbatches"),)),
    ("reduction.zero", (("reduction", "zero"),)),
    ("reduction.root", (("reduction", "root"), ("term", "under_root"))),
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
# A mean, and a sum divided by something else.
DIVIDED: Fields = (("reduction", "denominator"), ("reduction", "batch"), ("reduction", "zero"), ("scale", "constant"))
ORDER = {factor: i for i, (factor, _) in enumerate(DETAILS)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One switch: its name, both choices, and the function that throws it from A's choice to B's.

    `part` is the family of the loss that it changes, where that is one of several that are added.
    """

    factor: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    throw: Callable[[Semantics], Semantics]
    part: str = ""


# Parameters of a term that only keep it from dividing by zero, or from log 0: guards, to whoever reads of them.
FLOORS = frozenset({"floor", "epsilon", "added", "inside", "zero_target", "log_zero"})
# What a ratio sums over is one of its parameters, and a reduction.
OVER = frozenset({"over"})
ROOT = frozenset({"under_root"})  # Goes with the root that it stands under.


def _kind(parameter: str) -> str:
    kinds = {"floors": FLOORS, "over": OVER, "under_root": ROOT}
    return next((kind for kind, names in kinds.items() if parameter in names), "shape")


_KINDS = frozenset({("term", "floors"), ("term", "over"), ("term", "under_root"), ("term", "shape")})


def read(s: Semantics, stage: str, name: str) -> Any:  # noqa: ANN401  a convention may be of any type
    """The choice in `stage.name`; the empty stage is the point's own, and a term's parameters are of three kinds."""
    if (stage, name) in _KINDS:
        return tuple(pair for pair in s.term.parameters if _kind(pair[0]) == name)
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
    if (stage, name) in _KINDS:
        others = tuple(pair for pair in s.term.parameters if _kind(pair[0]) != name)
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
    alike = {stage for stage in STAGES if getattr(a, stage) == getattr(b, stage)}
    for factor, fields in _in_order(a, b):
        if alike.issuperset(stage for stage, _ in fields):
            continue
        before = tuple(read(a, *f) for f in fields)
        after = tuple(read(b, *f) for f in fields)
        if factor == "term.added":
            before = (added,)
        if before == after or (fields != DIVIDED and _implied(factor, a, b)):
            continue
        throw = _switch(fields, after, b)
        if factor != "term.added" and throughout(fields, a, b):
            throw, added = _thrown_throughout(throw, fields, b), _all_with(added, fields, b)
        part = a.term.family if factor == "scale.constant" and a.plus and not throughout(fields, a, b) else ""
        found.append((ORDER[factor], Difference(_named(factor, before, after), before, after, throw, part)))
    return tuple(difference for _, difference in sorted(found, key=lambda place: place[0]))


def _in_order(a: Semantics, b: Semantics) -> Iterator[tuple[str, Fields]]:
    """The rows of DETAILS, with what is added last: what changes in every part of a sum is no other part."""
    ways = {s.layout.broadcast for s in (a, b)}
    arrays = {(core(s.layout.prediction), core(s.target.source), s.target.encoding) for s in (a, b)}
    broadcast = len(ways) == 2 and len(arrays) == 1  # noqa: PLR2004
    weights = a.weight.sample, b.weight.sample
    laid: Fields = (("layout", "prediction"), ("target", "source"))
    if broadcast and None not in weights and core(weights[0]) == core(weights[1]):
        laid += (("weight", "sample"),)
    divided = _divided(a, b) or _divided(b, a)
    for factor, fields in DETAILS:
        if divided and factor in ("reduction.batch", "scale.constant"):
            continue
        if divided and factor == "reduction.denominator":
            yield factor, DIVIDED
        elif factor == "layout.broadcast" and broadcast:
            # An axis that was dropped or not makes the shapes fit or not.
            yield factor, (*fields, *laid)
        elif factor != "term.added" and not (broadcast and fields[0] in laid):
            yield factor, fields
    yield "term.added", (("", "plus"),)


def _divided(mean: Semantics, total: Semantics) -> bool:
    """Whether one is a mean and the other a sum divided by what the inputs come to: by another number."""
    by_inputs = isinstance(total.scale.constant, Node) and not isinstance(mean.scale.constant, Node)
    return by_inputs and (mean.reduction.batch, total.reduction.batch) == ("mean", "sum")


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
    if factor == "reduction.root":
        return factor if before[0] != after[0] else "guard.floor"
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
