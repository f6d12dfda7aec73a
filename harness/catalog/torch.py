"""The losses of torch.nn and torch.nn.functional as points of the space (torch 2.13)."""

from __future__ import annotations

from harness.catalog.api import Api, Arguments, Plain
from harness.semantics import (
    Activation, Gradient, Guard, Layout, Reduction, Semantics, Smoothing, Target, Term, Value, Weight,
)  # fmt: skip

_ROLES = {"prediction": "input", "target": "target"}
_REDUCED: dict[str, Plain] = {"reduction": "mean"}


def _reduction(a: Arguments, *, classes: str = "flat", denominator: str = "elements") -> Reduction:
    return Reduction(classes=classes, batch=str(a.plain("reduction")), denominator=denominator)


def _elementwise(a: Arguments) -> Layout:
    return Layout(prediction=a.node("input"), broadcast=_broadcast(a))


def _broadcast(a: Arguments) -> str:
    return "aligned" if a.shape("input") == a.shape("target") else "expanded"


def _binary_cross_entropy(a: Arguments) -> Semantics:
    return Semantics(
        layout=_elementwise(a),
        target=Target(a.node("target")),
        guard=Guard(clamp=-100.0, order=("clamp",)),
        term=Term(sides="two"),
        weight=Weight(sample=a.optional("weight")),
        reduction=_reduction(a),
        gradient=Gradient(clip="floored"),
    )


def _cross_entropy(a: Arguments) -> Semantics:
    index = len(a.shape("target")) < len(a.shape("input"))
    amount: Value | None = a.optional("label_smoothing")
    weighted = a.given("weight")
    return Semantics(
        layout=Layout(prediction=a.node("input"), class_axis=1 if len(a.shape("input")) > 1 else 0),
        target=Target(a.node("target"), "index" if index else "dense", Smoothing("uniform", amount) if amount else None),
        activation=Activation(("softmax",)),
        weight=Weight(klass=a.optional("weight"), klass_in="terms", mask=a.value("ignore_index") if index else None),
        reduction=_reduction(a, classes="sum", denominator="weights" if index and weighted else "kept" if index else "elements"),
    )


FUNCTIONS = (
    Api("torch.nn.functional.binary_cross_entropy", "torch", ("input", "target", "weight", "size_average", "reduce", "reduction"),
        _ROLES, _binary_cross_entropy, _REDUCED, family="binary"),
    Api("torch.nn.functional.cross_entropy", "torch",
        ("input", "target", "weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing"),
        _ROLES, _cross_entropy, {**_REDUCED, "ignore_index": -100, "label_smoothing": 0.0}, index_target="by-shape", family="categorical"),
)  # fmt: skip
CLASSES = (
    Api("torch.nn.BCELoss", "torch", ("weight", "size_average", "reduce", "reduction"),
        _ROLES, _binary_cross_entropy, _REDUCED, call=("input", "target"), family="binary"),
    Api("torch.nn.CrossEntropyLoss", "torch",
        ("weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing"),
        _ROLES, _cross_entropy, {**_REDUCED, "ignore_index": -100, "label_smoothing": 0.0}, call=("input", "target"),
        index_target="by-shape", family="categorical"),
)  # fmt: skip
APIS = FUNCTIONS + CLASSES
