"""The losses of sklearn.metrics (1.9) as points: values only, for labels of any kind and weighted means."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from harness.catalog.api import Api, Arguments, Plain
from harness.semantics import Guard, Layout, Reduction, Scale, Semantics, Target, Term, Value, Weight
from harness.syntax import Binary, Call, Literal, Node, Sequence

_MACHINE = Guard(clip=("machine", "1-machine"), order=("clip",))


def log_loss(a: Arguments) -> Semantics | None:
    """−log p of the label's class, p clipped to the machine epsilon of its dtype; one column is P(larger label)."""
    name = "y_pred" if a.given("y_pred") else "y_proba"
    labels = _encoding(a)
    if labels is None:
        return None
    one = _one_column(a, name)
    dense = len(a.shape("y_true")) > 1 or (one and labels == "index")
    return Semantics(
        layout=Layout(_column(a, name)) if one else Layout(a.node(name), class_axis=-1),
        target=Target(_column(a, "y_true") if one else a.node("y_true"), "dense" if dense else labels),
        guard=_MACHINE,
        term=Term(sides="two" if one else "one"),
        weight=Weight(sample=a.optional("sample_weight")),
        reduction=_mean(a, classes="flat" if one else "sum", batch="mean" if a.plain("normalize") else "sum"),
    )


def hinge_loss(a: Arguments) -> Semantics | None:
    """max(0, 1 − sx) of one column, where the larger label is positive; Crammer and Singer's margin of several."""
    if _one_column(a, "pred_decision"):
        return Semantics(
            layout=Layout(_column(a, "pred_decision")),
            target=Target(_column(a, "y_true"), "ranked"),
            term=Term("hinge", parameters=(("margin", 1.0),)),
            weight=Weight(sample=a.optional("sample_weight")),
            reduction=_mean(a),
        )
    labels = _encoding(a)
    if labels is None:
        return None
    return Semantics(
        layout=Layout(a.node("pred_decision"), class_axis=-1),
        target=Target(a.node("y_true"), labels),
        term=Term("crammer-singer", parameters=(("margin", 1.0),)),
        weight=Weight(sample=a.optional("sample_weight")),
        reduction=_mean(a, classes="sum"),
    )


def brier_score_loss(a: Arguments) -> Semantics | None:
    """(p − t)² summed over the classes; the sum of two equal columns, or of two classes, is halved unless told."""
    half = a.plain("scale_by_half")
    if _one_column(a, "y_proba"):
        positive = a.given("pos_label")
        target: Node = Binary("==", a.node("y_true"), a.node("pos_label")) if positive else _column(a, "y_true")
        return Semantics(
            layout=Layout(_column(a, "y_proba")),
            target=Target(target, "dense" if positive else "signed-if-not-binary"),
            term=Term("squared"),
            weight=Weight(sample=a.optional("sample_weight")),
            reduction=_mean(a),
            scale=Scale(1.0 if half else 2.0),
        )
    labels = _encoding(a)
    if labels is None:
        return None
    halved = a.shape("y_proba")[1] < 3 if half == "auto" else bool(half)  # noqa: PLR2004  sklearn's own rule
    return Semantics(
        layout=Layout(a.node("y_proba"), class_axis=-1),
        target=Target(a.node("y_true"), "dense" if len(a.shape("y_true")) > 1 else labels),
        term=Term("squared"),
        weight=Weight(sample=a.optional("sample_weight")),
        reduction=_mean(a, classes="sum"),
        scale=Scale(0.5 if halved else 1.0),
    )


def _mean(a: Arguments, classes: str = "flat", batch: str = "mean") -> Reduction:
    return Reduction(classes, batch, "weights" if a.given("sample_weight") else "elements")


def _one_column(a: Arguments, name: str) -> bool:
    shape = a.shape(name)
    return len(shape) == 1 or shape[1] == 1


def _column(a: Arguments, name: str) -> Node:
    return a.node(name) if len(a.shape(name)) == 1 else Call("numpy.ravel", (a.node(name),))


def _encoding(a: Arguments) -> str | None:
    """How labels are read: by rank among those present, or as indices if `labels` spells out 0, 1, …, C − 1."""
    if not a.given("labels"):
        return "ranked"
    match a.node("labels"):
        case Sequence(items) if sorted(map(_number, items)) == list(range(len(items))):
            return "index"
        case _:
            return None


def _number(node: Node) -> float:
    return float(node.value) if isinstance(node, Literal) and isinstance(node.value, int | float) else -1.0


def error(family: str, *parameters: tuple[str, str]) -> Callable[[Arguments], Semantics | None]:
    """A regression loss: mean over samples with their weights, then over outputs with theirs."""

    def declare(a: Arguments) -> Semantics | None:
        term = Term(family, parameters=tuple((name, a.value(parameter)) for name, parameter in parameters))
        if a.nodes.get("multioutput") == Literal("raw_values"):
            return None if a.given("sample_weight") else _per_output(a, term)
        weight = _weight(a)
        return Semantics(
            layout=Layout(a.node("y_pred")),
            target=Target(a.node("y_true")),
            term=term,
            weight=Weight(sample=weight),
            reduction=Reduction(denominator="elements" if weight is None else "weights"),
        )

    return declare


def _per_output(a: Arguments, term: Term) -> Semantics:
    shape = (Literal(-1), Literal(1))
    columns = [
        a.node(name) if len(a.shape(name)) > 1 else Call("numpy.reshape", (a.node(name), Sequence(shape, "tuple")))
        for name in ("y_pred", "y_true")
    ]
    layout, target = Layout(columns[0], class_axis=-2), Target(columns[1])
    return Semantics(layout=layout, target=target, term=term, reduction=Reduction("mean", "none"))


def _weight(a: Arguments) -> Value | None:
    samples, outputs = a.optional("sample_weight"), a.nodes.get("multioutput", Literal("uniform_average"))
    if samples is not None and len(a.shape("y_pred")) > 1:
        samples = Call("numpy.expand_dims", (a.node("sample_weight"), Literal(1)))
    if isinstance(outputs, Literal) or samples is None:
        return samples if isinstance(outputs, Literal) else outputs
    return Binary("*", Literal(samples) if isinstance(samples, float) else samples, outputs)


def absolute_percentage(a: Arguments) -> Semantics | None:
    """|p − t| / max(|t|, ε), where ε is that of float64 as the dtype holds it: 0 in float16."""
    epsilon = float(np.finfo(np.float64).eps)
    declared = error("absolute-percentage")(a)
    if declared is None or a.dtype == "float16":
        return declared
    return replace(declared, term=replace(declared.term, parameters=(("floor", epsilon),)))


def half_squared(a: Arguments) -> Semantics:
    """(p − t)²/2, what the trees and networks of scikit-learn are trained with."""
    weight = a.optional("sample_weight")
    return Semantics(
        layout=Layout(a.node("raw_prediction")),
        target=Target(a.node("y_true")),
        term=Term("squared"),
        weight=Weight(sample=weight),
        reduction=Reduction(denominator="elements" if weight is None else "weights"),
        scale=Scale(0.5),
    )


_HALF = {"prediction": "raw_prediction", "target": "y_true", "sample_weight": "sample_weight"}
_WEIGHTED: dict[str, Plain] = {"sample_weight": None}
_OUTPUTS: dict[str, Plain] = {"sample_weight": None, "multioutput": "uniform_average"}
_REGRESSION = {"prediction": "y_pred", "target": "y_true", "sample_weight": "sample_weight"}


def _regression(name: str, declare: Callable[[Arguments], Semantics | None], **defaults: Plain) -> Api:
    parameters = ("y_true", "y_pred", "sample_weight", *defaults, "multioutput")
    return Api(f"sklearn.metrics.{name}", "sklearn", parameters, _REGRESSION, declare, _OUTPUTS | defaults,
               family="regression")  # fmt: skip


def _classes(name: str, prediction: str, options: str, declare: Callable[[Arguments], Semantics | None], family: str,
             **defaults: Plain) -> Api:  # fmt: skip
    roles = {"prediction": prediction, "target": "y_true", "sample_weight": "sample_weight"}
    return Api(f"sklearn.metrics.{name}", "sklearn", ("y_true", prediction, *options.split()), roles, declare,
               _WEIGHTED | defaults, index_target="always", family=family)  # fmt: skip


APIS = (
    _classes("log_loss", "y_proba", "normalize sample_weight labels y_pred", log_loss, "categorical", normalize=True),
    _classes("hinge_loss", "pred_decision", "labels sample_weight", hinge_loss, "margin"),
    _classes("brier_score_loss", "y_proba", "sample_weight pos_label labels scale_by_half", brier_score_loss,
             "categorical", scale_by_half="auto"),
    Api("sklearn._loss.HalfSquaredError", "sklearn", ("sample_weight",), _HALF, half_squared, _WEIGHTED,
        ("y_true", "raw_prediction", "sample_weight"), family="regression"),
    _regression("mean_squared_error", error("squared")),
    _regression("mean_absolute_error", error("absolute")),
    _regression("mean_absolute_percentage_error", absolute_percentage),
    _regression("mean_squared_log_error", error("squared-log")),
    _regression("mean_pinball_loss", error("quantile", ("quantile", "alpha")), alpha=0.5),
)  # fmt: skip
