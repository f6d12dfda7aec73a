"""The losses of tf.nn as points of the space (TensorFlow 2.21); none of them reduces over the batch but `l2_loss`."""

from dataclasses import replace

from harness.catalog.api import Api, Arguments
from harness.semantics import (
    Activation,
    Gradient,
    Layout,
    Reduction,
    Scale,
    Semantics,
    Target,
    Term,
    Weight,
)  # fmt: skip
from harness.syntax import Literal

_ROLES = {"prediction": "logits", "target": "labels"}
_ELEMENTWISE = Reduction(batch="none")


def _sigmoid(a: Arguments) -> Semantics:
    return Semantics(
        layout=Layout(a.node("logits")),
        target=Target(a.node("labels")),
        activation=Activation(("sigmoid",)),
        term=Term(sides="two"),
        reduction=_ELEMENTWISE,
    )


def _weighted(a: Arguments) -> Semantics:
    # Its derivative of log1p(exp(−|x|)) + relu(−x) at exactly 0 is 0, where that of softplus(−x) is −1/2.
    weighted = replace(_sigmoid(a), gradient=Gradient(tie=(("softplus", 0.0),)))
    return replace(weighted, weight=Weight(positive=a.value("pos_weight")))


def _softmax(a: Arguments) -> Semantics:
    ndim = max(len(a.shape("logits")), 1)
    return declare_softmax(a, "labels", int(a.plain("axis") or 0) % ndim - ndim)


def declare_softmax(a: Arguments, target: str, axis: int) -> Semantics:
    """Softmax cross-entropy of dense targets, with a derivative that takes them to sum to 1."""
    return Semantics(
        layout=Layout(a.node("logits"), axis),
        target=Target(a.node(target)),
        activation=Activation(("softmax",)),
        reduction=Reduction("sum", "none"),
        gradient=Gradient(closed_form="normalised-target"),
    )


def declare_sparse(a: Arguments) -> Semantics:
    """Softmax cross-entropy of class indices."""
    return Semantics(
        layout=Layout(a.node("logits"), -1),
        target=Target(a.node("labels"), "index"),
        activation=Activation(("softmax",)),
        reduction=Reduction("sum", "none"),
    )


def _log_poisson(a: Arguments) -> Semantics:
    full = (("full", 1.0),) if a.plain("compute_full_loss") else ()
    return Semantics(
        layout=Layout(a.node("log_input")),
        target=Target(a.node("targets")),
        activation=Activation(("exp",)),
        term=Term("poisson", parameters=full),
        reduction=_ELEMENTWISE,
    )


def _l2(a: Arguments) -> Semantics:
    return Semantics(
        layout=Layout(a.node("t")),
        target=Target(Literal(0.0)),
        term=Term("squared"),
        scale=Scale(constant=0.5),
        reduction=Reduction(batch="sum"),
    )


APIS = (
    Api("tensorflow.nn.sigmoid_cross_entropy_with_logits", "tensorflow", ("labels", "logits", "name"), _ROLES, _sigmoid,
        family="binary"),
    Api("tensorflow.nn.weighted_cross_entropy_with_logits", "tensorflow", ("labels", "logits", "pos_weight", "name"),
        _ROLES, _weighted, family="binary"),
    Api("tensorflow.nn.softmax_cross_entropy_with_logits", "tensorflow", ("labels", "logits", "axis", "name"), _ROLES,
        _softmax, {"axis": -1}, family="categorical"),
    Api("tensorflow.nn.sparse_softmax_cross_entropy_with_logits", "tensorflow", ("labels", "logits", "name"), _ROLES,
        declare_sparse, index_target="always", family="categorical"),
    Api("tensorflow.nn.log_poisson_loss", "tensorflow", ("targets", "log_input", "compute_full_loss", "name"),
        {"prediction": "log_input", "target": "targets"}, _log_poisson, {"compute_full_loss": False},
        family="regression"),
    Api("tensorflow.nn.l2_loss", "tensorflow", ("t", "name"), {"prediction": "t"}, _l2, family="regression"),
)  # fmt: skip
