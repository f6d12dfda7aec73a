"""The losses of tf.compat.v1.losses as points of the space (TensorFlow 2.21).

All weigh and reduce in float32; the regressions, log loss and hinge compute in it, too. A mean of nothing is 0.
"""

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Api, Arguments, Plain
from harness.catalog.tensorflow import declare_softmax, declare_sparse
from harness.semantics import (
    Activation,
    Guard,
    Layout,
    Precision,
    Reduction,
    Semantics,
    Smoothing,
    Target,
    Term,
    Value,
    Weight,
)  # fmt: skip
from harness.syntax import Call, Constant, Literal

Declare = Callable[[Arguments], Semantics | None]

# Denominator of each reduction that is a mean, by the constant's name and by its text.
_DENOMINATORS = {
    "MEAN": "weights", "weighted_mean": "weights",
    "SUM_OVER_BATCH_SIZE": "elements", "weighted_sum_over_batch_size": "elements",
    "SUM_BY_NONZERO_WEIGHTS": "nonzero-weights", "SUM_OVER_NONZERO_WEIGHTS": "nonzero-weights",
    "weighted_sum_by_nonzero_weights": "nonzero-weights",
}  # fmt: skip
_OTHERS = {"NONE": "none", "none": "none", "SUM": "sum", "weighted_sum": "sum"}


def _reduction(a: Arguments, classes: str, weight: Value | None) -> Reduction:
    node = a.nodes.get("reduction", Literal(a.defaults["reduction"]))
    name = node.path.rpartition(".")[2] if isinstance(node, Constant) else str(a.plain("reduction"))
    if name in _OTHERS:
        return Reduction(classes, _OTHERS[name], zero="zero")
    # Without weights all three count the elements.
    denominator = "elements" if weight is None else _DENOMINATORS.get(name, "elements")
    return Reduction(classes, "mean", denominator, zero="zero")


def _weights(a: Arguments) -> Value | None:
    weight = a.optional("weights")
    return None if weight == 1.0 else weight


def _rounded(dtype: str) -> str | None:
    return None if dtype == "float32" else "float32"


def _flat(prediction: str, family: str, *parameters: str, guarded: bool = False) -> Declare:
    """An elementwise loss computed in float32."""

    def declare(a: Arguments) -> Semantics:
        weight = _weights(a)
        return Semantics(
            layout=Layout(a.node(prediction)),
            target=Target(a.node("labels")),
            guard=Guard(added_epsilon=a.value("epsilon"), order=("added_epsilon",)) if guarded else Guard(),
            term=Term(family, "two" if guarded else "one", parameters=tuple((n, a.value(n)) for n in parameters)),
            weight=Weight(sample=weight),
            reduction=_reduction(a, "flat", weight),
            precision=Precision(input=_rounded(a.dtype)),
        )

    return declare


def _smoothing(a: Arguments, kind: str) -> Smoothing | None:
    amount = a.value("label_smoothing")
    return None if amount == 0.0 else Smoothing(kind, amount)


def _reduced(a: Arguments, base: Semantics, classes: str, weight: Value | None) -> Semantics:
    """A loss of tf.nn, weighted and reduced in float32."""
    return replace(
        base,
        weight=Weight(sample=weight),
        reduction=_reduction(a, classes, weight),
        precision=Precision(accumulation=_rounded(a.dtype)),
    )


def _sigmoid(a: Arguments) -> Semantics:
    base = Semantics(
        layout=Layout(a.node("logits")),
        target=Target(a.node("multi_class_labels"), smoothing=_smoothing(a, "binary")),
        activation=Activation(("sigmoid",)),
        term=Term(sides="two"),
    )
    return _reduced(a, base, "flat", _weights(a))


def _softmax(a: Arguments) -> Semantics:
    base = declare_softmax(a, "onehot_labels", -1)
    base = replace(base, target=replace(base.target, smoothing=_smoothing(a, "uniform")))
    return _reduced(a, base, "sum", _weights(a))


def _sparse(a: Arguments) -> Semantics:
    weight = _weights(a)
    # A trailing axis of length 1 is taken off labels and weights.
    if weight is not None and not isinstance(weight, float) and len(a.shape("weights")) == len(a.shape("logits")):
        weight = Call("numpy.squeeze", (weight, Literal(-1)))
    return _reduced(a, declare_sparse(a), "sum", weight)


def _cosine(a: Arguments) -> Semantics:
    """1 − Σxt, the axis kept; the vectors are trusted to have length 1."""
    ndim, axis = max(len(a.shape("predictions")), 1), a.plain("axis") if a.given("axis") else a.plain("dim")
    weight = _weights(a)
    return Semantics(
        layout=Layout(a.node("predictions"), int(axis or 0) % ndim - ndim),
        target=Target(a.node("labels")),
        term=Term("cosine", parameters=(("unit", 1.0),)),
        weight=Weight(sample=weight),
        reduction=_reduction(a, "sum", weight),
        precision=Precision(input=_rounded(a.dtype)),
    )


def _api(name: str, arrays: str, options: str, declare: Declare, family: str, **defaults: Plain) -> Api:
    target, prediction = arrays.split()
    head, _, tail = options.partition("|")
    parameters = (target, prediction, *head.split(), "scope", "loss_collection", "reduction", *tail.split())
    return Api(
        f"tensorflow.compat.v1.losses.{name}",
        "tensorflow",
        parameters,
        {"prediction": prediction, "target": target, "sample_weight": "weights"},
        declare,
        {"weights": 1.0, "reduction": "weighted_sum_by_nonzero_weights", **defaults},
        index_target="always" if name.startswith("sparse") else "never",
        family=family,
    )


APIS = (
    _api("log_loss", "labels predictions", "weights epsilon", _flat("predictions", "cross-entropy", guarded=True),
         "binary", epsilon=1e-07),
    _api("sigmoid_cross_entropy", "multi_class_labels logits", "weights label_smoothing", _sigmoid, "binary",
         label_smoothing=0.0),
    _api("softmax_cross_entropy", "onehot_labels logits", "weights label_smoothing", _softmax, "categorical",
         label_smoothing=0.0),
    _api("sparse_softmax_cross_entropy", "labels logits", "weights", _sparse, "categorical"),
    _api("hinge_loss", "labels logits", "weights", _flat("logits", "hinge"), "margin"),
    _api("huber_loss", "labels predictions", "weights delta", _flat("predictions", "huber", "delta"), "regression",
         delta=1.0),
    _api("absolute_difference", "labels predictions", "weights", _flat("predictions", "absolute"), "regression"),
    _api("mean_squared_error", "labels predictions", "weights", _flat("predictions", "squared"), "regression"),
    _api("cosine_distance", "labels predictions", "axis weights|dim", _cosine, "similarity"),
)  # fmt: skip
