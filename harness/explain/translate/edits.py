"""What can be changed about a call so that one convention becomes another's: a table from factor to edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.explain.translate.dialects import Dialect, Inexpressible, retold
from harness.explain.translate.drafts import HOLE, Draft
from harness.explain.translate.reading import Describe, Read
from harness.explain.translate.sketch import Sketch
from harness.semantics import Semantics, Value
from harness.syntax import Binary, Call, Constant, Literal, Node, Sequence
from harness.trees import inputs_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What a draft is to become: the goal, the draft's own point, and in whose words."""

    goal: Semantics
    point: Semantics
    dialect: Dialect
    describe: Describe

    def node(self, value: Value) -> Node:
        """An amount in the dialect's words."""
        return Literal(_short(float(value))) if isinstance(value, int | float) else retold(value, self.dialect)


Edit = Callable[[Draft, Wish], Iterator[Draft]]

REDUCTIONS: Mapping[str, tuple[str, ...]] = {
    "torch": ("none", "sum", "mean", "batchmean"),
    "keras": ("none", "sum", "sum_over_batch_size", "mean_with_sample_weight"),
    "onnx": ("none", "sum", "mean"),
    "optax": ("none", "sum", "mean"),
    "tensorflow": ("NONE", "SUM", "SUM_OVER_BATCH_SIZE", "MEAN", "SUM_BY_NONZERO_WEIGHTS"),
}
_FLAGS = ("from_logits", "log_input", "log_target", "apply_sigmoid", "apply_softmax", "full", "compute_full_loss",
          "apply_class_balancing", "swap", "normalize")  # fmt: skip
_PREFIXES = ("softmax", "log_softmax", "sigmoid", "log_sigmoid", "log", "exp", "tanh", "relu")

# Names under which APIs take what a term or stage calls by another name.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "delta": ("delta", "beta"), "beta": ("beta", "delta"), "quantile": ("alpha",), "power": ("p",), "floor": ("eps", "epsilon"),
    "full": ("full", "compute_full_loss"), "margin": ("margin",), "q": ("q",), "alpha": ("alpha",), "smooth": ("smooth",),
    "variance": ("var",), "epsilon": ("epsilon",), "over": ("axis",),
}  # fmt: skip


def _short(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 1e6 else value  # noqa: PLR2004


def flags(draft: Draft, _wish: Wish) -> Iterator[Draft]:
    """Each flag the other way."""
    for name in _FLAGS:
        match draft.option(name):
            case Literal(bool() as value):
                yield draft.having(name, Literal(not value))
            case _:
                pass


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
    yield from _set(draft, ("labels",), Sequence(labels))


def smoothed(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """`label_smoothing`, or the smoothing written out."""
    goal = wish.goal.target.smoothing
    if goal is None:
        yield from _set(draft, ("label_smoothing",), Literal(0.0))
        return
    r = Read(replace(wish.goal, target=replace(wish.goal.target, range=None)), wish.dialect, wish.describe)
    amount = goal.amount
    yield from _set(draft, ("label_smoothing",), wish.node(amount))
    classes = goal.classes or float(r.shape[-1] if r.shape else 1)
    if isinstance(amount, int | float) and goal.kind == "others":
        yield from _set(draft, ("label_smoothing",), Literal(amount * classes / (classes - 1)))
    if isinstance(amount, int | float) and goal.kind == "binary":
        yield from _set(draft, ("label_smoothing",), wish.node(amount))
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
        yield from _set(draft, ("epsilon", "eps"), wish.node(guard.added_epsilon))
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
        yield from _set(draft, ("gamma",), wish.node(m.focal))
    else:
        yield from _set(draft, ("gamma",), Literal(0.0))
    if m.poly is not None:
        yield from _set(draft, ("epsilon",), wish.node(m.poly))


def positively_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """`pos_weight`."""
    positive = wish.goal.weight.positive
    if positive is None:
        yield from _without(draft, ("pos_weight",))
    node = Literal(1.0) if positive is None else wish.node(positive)
    if wish.dialect.name == "torch" and isinstance(node, Literal):
        node = Call("torch.tensor", (Literal(float(node.value or 0)),))
    yield from _set(draft, ("pos_weight",), node)


def class_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Weights per class: an option, or each sample's own as its sample weight; α of a balanced loss."""
    weight = wish.goal.weight
    if weight.balance is not None:
        for start in (draft, *flags(draft, wish)):
            yield from _set(start, ("alpha",), wish.node(weight.balance))
    elif draft.option("apply_class_balancing") is not None:
        yield from flags(draft, wish)
    if weight.klass is None:
        yield from _without(draft, ("weight", "class_weights"))
        return
    yield from _set(draft, ("weight", "weights", "class_weights", "alpha"), wish.node(weight.klass))
    r = Read(wish.goal, wish.dialect, wish.describe)
    own = (
        r.d.taken(r.value(weight.klass), r.raw) if r.indexed else r.d.reduced("sum", r.hard * r.value(weight.klass), -1)
    )
    yield from _weighted(draft, own.node)


def sample_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Weights per element or sample."""
    if wish.goal.weight.sample is None:
        yield from _without(draft, ("weight", "weights", "sample_weight"))
    else:
        yield from _set(draft, ("weight",), wish.node(wish.goal.weight.sample))
        yield from _weighted(draft, wish.node(wish.goal.weight.sample))


def _weighted(draft: Draft, weight: Node) -> Iterator[Draft]:
    """As an option; or multiplied with what the call returns unreduced."""
    yield from _set(draft, ("sample_weight", "weights"), weight)
    for loose in unreduced(draft):
        yield loose.wrapped(Binary("*", HOLE, weight))


def unreduced(draft: Draft) -> Iterator[Draft]:
    """The draft with nothing added up: as it is where the call has no reduction."""
    if draft.option("reduction") is None:
        yield draft
    else:
        yield from (draft.having("reduction", node) for node in reductions(draft)[:1])


def reductions(draft: Draft) -> tuple[Node, ...]:
    """What the call takes as `reduction`, "none" first."""
    if draft.option("reduction") is None or draft.api is None:
        return ()
    root, dialect = draft.api.path.partition(".")[0], draft.api.framework
    names = REDUCTIONS[root if root in REDUCTIONS else dialect]
    if dialect == "tensorflow":
        return tuple(Constant(f"tensorflow.compat.v1.losses.Reduction.{name}") for name in names)
    if "kl_div" not in draft.api.path and "KLDiv" not in draft.api.path:
        names = tuple(name for name in names if name != "batchmean")
    return tuple(Literal(name) for name in names)


def masked(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The label to be ignored, or the mask."""
    mask = wish.goal.weight.mask
    if mask is None:
        yield from _without(draft, ("ignore_index", "ignore_class", "where"))
        return
    label = isinstance(mask, int | float | Literal)
    yield from _set(draft, ("ignore_index", "ignore_class") if label else ("where",), wish.node(mask))


def axed(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """The axis of the classes: an option, or the axes moved."""
    axis = wish.goal.layout.class_axis
    if axis is not None:
        yield from _set(draft, ("axis", "dim"), Literal(axis))
    r = Read(wish.goal, wish.dialect, wish.describe)
    yield replace(draft, prediction=r.x.node)


def reduced(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Every reduction the call has, and what is written behind one that has none."""
    for value in reductions(draft):
        yield draft.having("reduction", value)
    weights = wish.goal.weight.sample
    for loose in unreduced(draft):
        for around in _sums(wish, weights):
            yield loose.wrapped(around)
        if draft.around != HOLE and inputs_of(draft.around) == {HOLE.name}:
            bare = replace(loose, around=HOLE)
            yield bare
            for around in _sums(wish, weights):
                yield bare.wrapped(around)
    yield from _rescaled(draft, wish)


def _sums(wish: Wish, weights: Value | None) -> Iterator[Node]:
    d, hole = wish.dialect, Sketch(HOLE)
    for outer in ("mean", "sum"):
        yield d.reduced(outer, hole).node
    for inner in ("sum", "mean"):
        yield d.reduced(inner, hole, -1).node
        yield from (d.reduced(outer, d.reduced(inner, hole, -1)).node for outer in ("mean", "sum"))
    if weights is not None:
        w = Sketch(wish.node(weights))
        yield (d.reduced("sum", hole * w) / d.reduced("sum", w)).node
        yield (d.reduced("sum", hole) / d.reduced("sum", w)).node
        yield (d.reduced("mean", hole * w)).node
    klass = wish.goal.weight.klass
    if klass is not None and wish.goal.target.encoding == "index":
        own = d.taken(Sketch(wish.node(klass)), Read(wish.goal, d, wish.describe).raw)
        yield (d.reduced("sum", hole) / d.reduced("sum", own)).node


def _rescaled(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """A sum divided, or a mean multiplied, by a count that the shapes fix."""
    shape = Read(wish.goal, wish.dialect, wish.describe).shape
    counts = dict.fromkeys(n for n in (shape[0] if shape else 1, shape[-1] if shape else 1) if n > 1)
    for start in (draft, *(draft.having("reduction", value) for value in reductions(draft)[1:3])):
        for count in counts:
            yield start.wrapped(Binary("/", HOLE, Literal(count)))
            yield start.wrapped(Binary("*", HOLE, Literal(count)))


def scaled(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """A factor, a sign, another base of the logarithm, a constant added: whatever still differs, at once."""
    own, goal = wish.point.scale, wish.goal.scale
    out = Sketch(HOLE)
    if own.constant != goal.constant:
        yield from _set(draft, ("alpha",), wish.node(goal.constant))
        number = isinstance(own.constant, int | float) and isinstance(goal.constant, int | float)
        ratio = goal.constant / own.constant if number and own.constant else None  # type: ignore[operator]
        out = out * Sketch(wish.node(ratio) if ratio is not None else wish.node(goal.constant))
    if own.sign != goal.sign:
        out = -out
    if own.log_base != goal.log_base and goal.log_base:
        import math  # noqa: PLC0415

        out = out / math.log(goal.log_base)
    if own.offset != goal.offset and isinstance(own.offset, int | float) and isinstance(goal.offset, int | float):
        out = out + (goal.offset - own.offset)
    if out.node != HOLE:
        yield draft.wrapped(out.node)


def _set(draft: Draft, names: tuple[str, ...], value: Node) -> Iterator[Draft]:
    for name in names:
        if draft.option(name) is not None and draft.option(name) != value:
            yield draft.having(name, value)


def _without(draft: Draft, names: tuple[str, ...]) -> Iterator[Draft]:
    for name in names:
        rest = tuple(pair for pair in draft.options if pair[0] != name)
        if rest != draft.options:
            yield replace(draft, options=rest)


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
    "weight.positive": positively_weighted,
    "weight.class": class_weighted,
    "weight.sample": sample_weighted,
    "weight.mask": masked,
    "reduction": reduced,
    "scale": scaled,
}


def edits_for(factor: str) -> Edit | None:
    """The edits of a factor, or of its stage."""
    return EDITS.get(factor) or EDITS.get(factor.partition(".")[0])


__all__ = ["EDITS", "Edit", "Inexpressible", "Wish", "edits_for", "reductions"]
