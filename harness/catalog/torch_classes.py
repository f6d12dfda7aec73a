"""The losses of torch over classes and labels: cross-entropies, divergences, margins."""

from harness.catalog.api import Arguments, from_end
from harness.catalog.torch_common import classes_of, elementwise, flat, index_target, reduction_name
from harness.semantics import (
    Activation,
    Evaluation,
    Gradient,
    Guard,
    Layout,
    Reduction,
    Semantics,
    Smoothing,
    Target,
    Term,
    Value,
    Weight,
)
from harness.syntax import Attribute, Binary, Call, Node


def binary_cross_entropy(a: Arguments) -> Semantics:
    """Both outcomes of a probability; each logarithm floored at −100, its derivative by another rule."""
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target")),
        guard=Guard(clamp=-100.0, order=("clamp",)),
        term=Term(sides="two"),
        weight=Weight(sample=a.optional("weight")),
        reduction=flat(a),
        gradient=Gradient(clip="floored"),
    )


def binary_cross_entropy_with_logits(a: Arguments) -> Semantics:
    """Both outcomes of σ(x), from the logits."""
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target")),
        activation=Activation(("sigmoid",)),
        term=Term(sides="two"),
        weight=Weight(sample=a.optional("weight"), positive=a.optional("pos_weight")),
        reduction=flat(a),
    )


def soft_margin(a: Arguments) -> Semantics:
    """log(1 + e^−tx) for t = ±1, written just so: it overflows."""
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target"), "signed"),
        activation=Activation(("sigmoid",)),
        term=Term("logistic", sides="two"),
        reduction=flat(a),
        evaluation=Evaluation("naive"),
    )


def multilabel_soft_margin(a: Arguments) -> Semantics:
    """The sigmoid loss averaged over the last axis, which holds the labels; class weights act inside that mean."""
    return Semantics(
        layout=Layout(prediction=a.node("input"), class_axis=-1),
        target=Target(a.node("target")),
        activation=Activation(("sigmoid",)),
        term=Term(sides="two"),
        weight=Weight(klass=a.optional("weight"), klass_in="terms"),
        reduction=Reduction(classes="mean", batch=reduction_name(a)),
    )


def cross_entropy(a: Arguments) -> Semantics:
    """Softmax cross-entropy with class indices or class probabilities, which divide their means differently."""
    return _over_classes(a, classes_of(a), "softmax", _smoothing(a), index=index_target(a))


def nll(a: Arguments) -> Semantics:
    """The same without the softmax: the prediction holds log-probabilities."""
    return _over_classes(a, classes_of(a), "exp", None, index=True)


def linear_cross_entropy(a: Arguments) -> Semantics:
    """Softmax cross-entropy of the logits xWᵀ + b."""
    logits: Node = Call("torch.matmul", (a.node("input"), Attribute(a.node("linear_weight"), "T")))
    if a.given("linear_bias"):
        logits = Binary("+", logits, a.node("linear_bias"))
    rank = len(a.shape("input"))
    index = len(a.shape("target")) < rank
    return _over_classes(a, Layout(logits, from_end(1, rank)), "softmax", _smoothing(a), index=index)


def _over_classes(
    a: Arguments, layout: Layout, activation: str, smoothing: Smoothing | None, *, index: bool
) -> Semantics:
    weight = a.optional("weight")
    counted = "kept" if weight is None else "weights"
    ignored = a.value("ignore_index") if a.given("ignore_index") else -100.0
    return Semantics(
        layout=layout,
        target=Target(a.node("target"), "index" if index else "dense", smoothing),
        activation=Activation((activation,)),
        weight=Weight(klass=weight, klass_in="terms", mask=ignored if index else None),
        reduction=Reduction(classes="sum", batch=reduction_name(a), denominator=counted if index else "elements"),
    )


def _smoothing(a: Arguments) -> Smoothing | None:
    amount: Value | None = a.optional("label_smoothing")
    # torch leaves a negative amount out without a word.
    none = amount is None or (isinstance(amount, float) and amount <= 0)
    return None if none or amount is None else Smoothing("uniform", amount)


def kl_div(a: Arguments) -> Semantics:
    """t(log t − x) elementwise of log-probabilities x; "batchmean" divides the sum by the length of axis 0."""
    batchmean = reduction_name(a) == "batchmean"
    over_samples = Reduction(batch="mean", denominator="samples")
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target"), "log" if a.plain("log_target") else "dense"),
        activation=Activation(("exp",)),
        term=Term("kl"),
        reduction=over_samples if batchmean else flat(a),
    )


def multi_margin(a: Arguments) -> Semantics:
    """Σ max(0, m − x_y + x_c)^p over the wrong classes, divided by the number of all of them."""
    return Semantics(
        layout=classes_of(a),
        target=Target(a.node("target"), "index"),
        term=Term("multi-margin", parameters=(("margin", a.value("margin")), ("power", a.value("p")))),
        weight=Weight(klass=a.optional("weight")),
        reduction=Reduction(classes="mean", batch=reduction_name(a)),
    )


def multilabel_margin(a: Arguments) -> Semantics:
    """Σ max(0, 1 − x_y + x_c) over labels y and other classes c, divided by the number of classes."""
    return Semantics(
        layout=Layout(prediction=a.node("input"), class_axis=-1),
        target=Target(a.node("target"), "index-list"),
        term=Term("multilabel-margin"),
        reduction=Reduction(classes="mean", batch=reduction_name(a)),
    )


def hinge_embedding(a: Arguments) -> Semantics:
    """x where t is 1 and max(0, m − x) where t is −1; another t counts as both."""
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target"), "signed"),
        term=Term("hinge-embedding", parameters=(("margin", a.value("margin")), ("both", 1.0))),
        reduction=flat(a),
        gradient=Gradient(tie=(("relu", 1.0),)),
    )
