"""What can be changed about a call so that one convention becomes another's: a table from factor to edits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.explain.translate import sums
from harness.explain.translate.drafts import HOLE, Draft
from harness.explain.translate.reading import Read
from harness.explain.translate.sketch import Sketch
from harness.explain.translate.wish import Edit, Wish, flags, setting
from harness.syntax import Literal, Sequence

_PREFIXES = ("softmax", "log_softmax", "sigmoid", "log_sigmoid", "log", "exp", "tanh", "relu")

# Names under which APIs take what a term or stage calls by another name.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "delta": ("delta", "beta"), "beta": ("beta", "delta"), "quantile": ("alpha",), "power": ("p",),
    "floor": ("eps", "epsilon"),
    "full": ("full", "compute_full_loss"), "margin": ("margin",), "q": ("q",), "alpha": ("alpha",),
    "smooth": ("smooth",),
    "variance": ("var",), "epsilon": ("epsilon",), "over": ("axis",),
}  # fmt: skip


def activated(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """An activation, or its inverse, applied to the prediction before the call."""
    yield from flags(draft, wish)
    for start in (draft, *flags(draft, wish)):
        for name in _PREFIXES:
            along = (-1,) if name in ("softmax", "log_softmax") else ()
            yield replace(start, prediction=wish.dialect.call(name, Sketch(start.prediction), *along).node)


def tempered(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The prediction divided by the temperature."""
    temperature = wish.node(wish.goal.activation.temperature)
    yield replace(draft, prediction=(Sketch(draft.prediction) / Sketch(temperature)).node)


def encoded(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The target in the form that the call wants."""
    yield from flags(draft, wish)
    r = Read(
        replace(wish.goal, target=replace(wish.goal.target, smoothing=None, range=None)), wish.dialect, wish.describe
    )
    raw = r.raw
    if wish.goal.target.encoding in ("index", "ranked") or (wish.goal.target.encoding == "index-list"):
        yield replace(draft, target=wish.dialect.one_hot(raw, r.x).node)
    yield replace(draft, target=(raw * 2 - 1).node)
    yield replace(draft, target=((raw + 1) / 2).node)
    for name in ("log", "exp"):
        yield replace(draft, target=wish.dialect.call(name, raw).node)
    if wish.goal.target.encoding == "dense" and len(wish.describe(wish.goal.target.source).shape) > 1:
        yield replace(draft, target=wish.dialect.call("argmax", raw, -1).node)
    labels = tuple(Literal(i) for i in range(r.shape[-1])) if len(r.shape) > 1 else (Literal(0), Literal(1))
    yield from setting(draft, ("labels",), Sequence(labels))


def smoothed(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """`label_smoothing`, or the smoothing written out."""
    goal = wish.goal.target.smoothing
    if goal is None:
        yield from setting(draft, ("label_smoothing",), Literal(0.0))
        return
    r = Read(replace(wish.goal, target=replace(wish.goal.target, range=None)), wish.dialect, wish.describe)
    amount = goal.amount
    yield from setting(draft, ("label_smoothing",), wish.node(amount))
    classes = goal.classes or float(r.shape[-1] if r.shape else 1)
    if isinstance(amount, int | float) and goal.kind == "others":
        yield from setting(draft, ("label_smoothing",), Literal(amount * classes / (classes - 1)))
    if isinstance(amount, int | float) and goal.kind == "binary":
        yield from setting(draft, ("label_smoothing",), wish.node(amount))
    yield replace(draft, target=r.t.node)


def ranged(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The target clipped."""
    low, high = wish.goal.target.range or (None, None)
    bounds = [None if b is None else Sketch(wish.node(b)) for b in (low, high)]
    yield replace(draft, target=wish.dialect.clipped(Sketch(draft.target), *bounds).node)


def guarded(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The guard written in front of the call, or taken as its option."""
    guard = wish.goal.guard
    if guard == type(guard)():
        return
    if guard.added_epsilon is not None:
        yield from setting(draft, ("epsilon", "eps"), wish.node(guard.added_epsilon))
    r = Read(wish.goal, wish.dialect, wish.describe)
    if wish.point.activation.chain == wish.goal.activation.chain == ():
        yield replace(draft, prediction=r.p.node)
    if wish.point.activation.chain[:1] == ("exp",) or wish.goal.activation.chain == ():
        yield replace(draft, prediction=r.log_p.node)


def parametrised(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Every parameter of the goal's term that the call takes, all at once."""
    changed = draft
    for name, value in wish.goal.term.parameters:
        for option in ALIASES.get(name, (name,)):
            if draft.option(option) is not None:
                flag = isinstance(changed.option(option), Literal) and isinstance(changed.option(option).value, bool)  # type: ignore[union-attr]
                changed = changed.having(option, Literal(bool(value)) if flag else wish.node(value))
                break
    if changed != draft:
        yield changed
    yield from flags(draft, wish)


def modulated(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """γ of a focal loss, ε of a poly loss."""
    m = wish.goal.modulation
    if m.focal is not None:
        yield from setting(draft, ("gamma",), wish.node(m.focal))
    else:
        yield from setting(draft, ("gamma",), Literal(0.0))
    if m.poly is not None:
        yield from setting(draft, ("epsilon",), wish.node(m.poly))


def axed(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The axis of the classes: an option, or the axes moved."""
    axis = wish.goal.layout.class_axis
    if axis is not None:
        yield from setting(draft, ("axis", "dim"), Literal(axis))
    r = Read(wish.goal, wish.dialect, wish.describe)
    yield replace(draft, prediction=r.x.node)


def scaled(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """A factor, a sign, another base of the logarithm, a constant added: whatever still differs, at once."""
    own, goal = wish.point.scale, wish.goal.scale
    out = Sketch(HOLE)
    if own.constant != goal.constant:
        yield from setting(draft, ("alpha",), wish.node(goal.constant))
        number = isinstance(own.constant, int | float) and isinstance(goal.constant, int | float)
        ratio = goal.constant / own.constant if number and own.constant else None  # type: ignore[operator]
        out = out * Sketch(wish.node(ratio) if ratio is not None else wish.node(goal.constant))
    if own.sign != goal.sign:
        out = -out
    if own.log_base != goal.log_base and goal.log_base:
        out = out / math.log(goal.log_base)
    if own.offset != goal.offset and isinstance(own.offset, int | float) and isinstance(goal.offset, int | float):
        out = out + (goal.offset - own.offset)
    if out.node != HOLE:
        yield draft.wrapped(out.node)


def rooted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The square root of what the call returns."""
    if wish.point.reduction.root == "none" != wish.goal.reduction.root:
        under = dict(wish.goal.term.parameters).get("under_root")
        inner = Sketch(HOLE) if under is None else Sketch(HOLE) + Sketch(wish.node(under))
        yield draft.wrapped(wish.dialect.call("sqrt", inner).node)


# Factor, or the stage it belongs to, to the edits that may remove the difference, shortest code first.
EDITS: Mapping[str, Edit] = {
    "layout.class_axis": axed,
    "target.encoding": encoded,
    "target.source": encoded,
    "target.smoothing": smoothed,
    "target.range": ranged,
    "activation": activated,
    "activation.temperature": tempered,
    "guard": guarded,
    "term.parameter": parametrised,
    "term.family": parametrised,
    "modulation": modulated,
    "weight.positive": sums.positively_weighted,
    "weight.class": sums.class_weighted,
    "weight.sample": sums.sample_weighted,
    "weight.mask": sums.masked,
    "reduction.root": rooted,
    "reduction": sums.reduced,
    "scale": scaled,
}


def edits_for(factor: str) -> Edit | None:
    """The edits of a factor, or of its stage."""
    return EDITS.get(factor) or EDITS.get(factor.partition(".")[0])
