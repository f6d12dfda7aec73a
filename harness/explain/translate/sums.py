"""Edits of what is weighted, left out and added up: options of the call, or what is written around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.explain.translate.drafts import HOLE, Draft
from harness.explain.translate.reading import Read
from harness.explain.translate.sketch import Sketch
from harness.explain.translate.wish import Wish, flags, setting, without
from harness.semantics import Value
from harness.syntax import Binary, Call, Constant, Literal, Node
from harness.trees import inputs_of

REDUCTIONS: Mapping[str, tuple[str, ...]] = {
    "torch": ("none", "sum", "mean", "batchmean"),
    "keras": ("none", "sum", "sum_over_batch_size", "mean_with_sample_weight"),
    "onnx": ("none", "sum", "mean"),
    "optax": ("none", "sum", "mean"),
    "tensorflow": ("NONE", "SUM", "SUM_OVER_BATCH_SIZE", "MEAN", "SUM_BY_NONZERO_WEIGHTS"),
}


def positively_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """`pos_weight`."""
    positive = wish.goal.weight.positive
    if positive is None:
        yield from without(draft, ("pos_weight",))
    node = Literal(1.0) if positive is None else wish.node(positive)
    if wish.dialect.name == "torch" and isinstance(node, Literal):
        node = Call("torch.tensor", (Literal(float(node.value or 0)),))
    yield from setting(draft, ("pos_weight",), node)


def class_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Weights per class: an option, or each sample's own as its sample weight; α of a balanced loss."""
    weight = wish.goal.weight
    if weight.balance is not None:
        for start in (draft, *flags(draft, wish)):
            yield from setting(start, ("alpha",), wish.node(weight.balance))
    elif draft.option("apply_class_balancing") is not None:
        yield from flags(draft, wish)
    if weight.klass is None:
        yield from without(draft, ("weight", "class_weights"))
        return
    yield from setting(draft, ("weight", "weights", "class_weights", "alpha"), wish.node(weight.klass))
    r = Read(wish.goal, wish.dialect, wish.describe)
    own = (
        r.d.taken(r.value(weight.klass), r.raw) if r.indexed else r.d.reduced("sum", r.hard * r.value(weight.klass), -1)
    )
    yield from _weighted(draft, own.node)


def sample_weighted(draft: Draft, wish: Wish) -> Iterator[Draft]:
    """Weights per element or sample."""
    if wish.goal.weight.sample is None:
        yield from without(draft, ("weight", "weights", "sample_weight"))
    else:
        yield from setting(draft, ("weight",), wish.node(wish.goal.weight.sample))
        yield from _weighted(draft, wish.node(wish.goal.weight.sample))


def _weighted(draft: Draft, weight: Node) -> Iterator[Draft]:
    """As an option; or multiplied with what the call returns unreduced."""
    yield from setting(draft, ("sample_weight", "weights"), weight)
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
        yield from without(draft, ("ignore_index", "ignore_class", "where"))
        return
    label = isinstance(mask, int | float | Literal)
    yield from setting(draft, ("ignore_index", "ignore_class") if label else ("where",), wish.node(mask))


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
