"""The classification losses of optax as points of the space."""

from dataclasses import replace

from harness.catalog.api import Arguments
from harness.semantics import (
    Activation,
    Gradient,
    Layout,
    Modulation,
    Reduction,
    Semantics,
    Target,
    Term,
    Value,
    Weight,
)  # fmt: skip
from harness.syntax import Binary, Call, Constant, Literal, Node, Sequence

ELEMENTWISE = Reduction(batch="none")
PER_SAMPLE = Reduction("sum", "none")

# jnp.maximum halves the slope at a tie.
KINK = Gradient(tie=(("relu", 0.5),))


def elementwise(a: Arguments, prediction: str, target: str) -> Layout:
    """Prediction against target, element by element; different shapes grow each other."""
    same = not a.given(target) or a.shape(prediction) == a.shape(target)
    return Layout(a.node(prediction), broadcast="aligned" if same else "expanded")


def sigmoid(a: Arguments) -> Semantics:
    """Binary cross-entropy of logits."""
    return Semantics(
        layout=elementwise(a, "logits", "labels"),
        target=Target(a.node("labels")),
        activation=Activation(("sigmoid",)),
        term=Term(sides="two"),
        reduction=ELEMENTWISE,
    )


def focal(a: Arguments) -> Semantics:
    """Binary cross-entropy of logits times (1 − p_t)^γ, and α where it is given."""
    modulation, weight = Modulation(focal=a.value("gamma")), Weight(balance=a.optional("alpha"))
    return replace(sigmoid(a), modulation=modulation, weight=weight)


def per_sample(a: Arguments, prediction: str, target: str) -> Semantics | None:
    """A sum over `axis`; over all axes together where it is None; an axis that is a tuple is no point of the space."""
    x, t, axis = a.node(prediction), a.node(target), a.nodes.get("axis", Literal(-1))
    ndim = max(len(a.shape(prediction)), 1)
    if axis == Literal(None):
        x, t, axis, ndim = _flattened(x), _flattened(t), Literal(-1), 1
    if isinstance(axis, Sequence):
        return None
    layout = Layout(x, int(axis.value) % ndim - ndim)  # type: ignore[union-attr,arg-type]
    return _masked(a, Semantics(layout=layout, target=Target(t), reduction=PER_SAMPLE), ndim)


def _flattened(node: Node) -> Node:
    return Call("numpy.ravel", (node,))


def _masked(a: Arguments, whole: Semantics, ndim: int) -> Semantics:
    """`where` with an axis fewer than the prediction leaves out samples; this leaves full masks to `left_out`."""
    if not a.given("where") or len(a.shape("where")) >= ndim:
        return whole
    return replace(whole, weight=replace(whole.weight, mask=a.value("where")))


def full_mask(a: Arguments, prediction: str) -> Node | None:
    """`where`, if it says of every class of every sample whether it counts."""
    if not a.given("where") or len(a.shape("where")) < len(a.shape(prediction)):
        return None
    return _flattened(a.node("where")) if a.nodes.get("axis") == Literal(None) else a.node("where")


def emptied(whole: Semantics, mask: Node) -> Semantics:
    """Classes outside `mask` have no target, and what has no target adds nothing."""
    source = Call("numpy.where", (mask, whole.target.source, Literal(0.0)))
    term = replace(whole.term, parameters=(*whole.term.parameters, ("zero_target", 1.0)))
    return replace(whole, target=replace(whole.target, source=source), term=term)


def supported(whole: Semantics, mask: Node | None) -> Semantics:
    """Classes outside `mask` take no part in the softmax either."""
    if mask is None:
        return whole
    return replace(emptied(whole, mask), activation=replace(whole.activation, support=mask))


def softmax(a: Arguments) -> Semantics | None:
    """Softmax cross-entropy of dense targets."""
    whole = per_sample(a, "logits", "labels")
    if whole is None:
        return None
    return supported(replace(whole, activation=Activation(("softmax",))), full_mask(a, "logits"))


def safe_softmax(a: Arguments) -> Semantics | None:
    """The same, with 0 · log 0 = 0."""
    whole = softmax(a)
    return None if whole is None else replace(whole, term=Term(parameters=(("zero_target", 1.0),)))


def poly(a: Arguments) -> Semantics | None:
    """Softmax cross-entropy plus ε Σ t(1 − p)."""
    whole = softmax(a)
    return None if whole is None else replace(whole, modulation=Modulation(poly=a.value("epsilon")))


def integer_labels(a: Arguments) -> Semantics | None:
    """Softmax cross-entropy of class indices; a mask over classes spares the label's own logit and is no point."""
    if full_mask(a, "logits") is not None:
        return None
    whole = per_sample(a, "logits", "labels")
    if whole is None or a.nodes.get("axis") == Literal(None):
        return None
    target = Target(a.node("labels"), "index", bad_index="wrap")
    return replace(whole, target=target, activation=Activation(("softmax",)))


def ranking(a: Arguments) -> Semantics | None:
    """Softmax cross-entropy of relevances over the last axis, averaged over the lists that have an item."""
    reduce_fn = a.nodes.get("reduce_fn", Constant("jax.numpy.mean"))
    name = reduce_fn.path.rpartition(".")[2] if isinstance(reduce_fn, Constant) else "none"
    if name not in ("mean", "sum", "none"):
        return None
    labels = a.node("labels")
    mask = a.node("where") if a.given("where") else None
    kept = None if mask is None else Call("numpy.any", (mask, Literal(-1)))
    whole = Semantics(
        layout=Layout(a.node("logits"), -1),
        target=Target(Binary("*", labels, a.node("weights")) if a.given("weights") else labels),
        activation=Activation(("softmax",)),
        weight=Weight(mask=kept),
        reduction=Reduction("sum", name, "elements" if mask is None else "kept", zero="zero"),
    )
    return supported(whole, mask)


def multiclass_margin(margin: Value, a: Arguments) -> Semantics:
    """max over the classes of x_c + m[c ≠ y], minus x_y."""
    return Semantics(
        layout=Layout(a.node("scores"), -1),
        target=Target(a.node("labels"), "index", bad_index="zero"),
        term=Term("crammer-singer", parameters=() if margin == 1.0 else (("margin", margin),)),
        reduction=PER_SAMPLE,
    )


def margin_of(margin: Value, a: Arguments) -> Semantics:
    """max(0, m − tx) for t = ±1."""
    return Semantics(
        layout=elementwise(a, "predictor_outputs", "targets"),
        target=Target(a.node("targets"), "signed"),
        term=Term("hinge", parameters=() if margin == 1.0 else (("margin", margin),)),
        reduction=ELEMENTWISE,
        gradient=KINK,
    )
