"""The two loss operators of ONNX as points: torch's cross-entropy with indices, where negative ones wrap around."""

from collections.abc import Callable

from harness.catalog.api import Api, Arguments, Plain, from_end
from harness.semantics import Activation, Layout, Reduction, Semantics, Target, Weight


def _cross_entropy(prediction: str, target: str, weights: str, activation: str) -> Callable[[Arguments], Semantics]:
    def declare(a: Arguments) -> Semantics:
        weight, ignored = a.optional(weights), a.optional("ignore_index")
        counted = "weights" if weight is not None else "elements" if ignored is None else "kept"
        return Semantics(
            layout=Layout(a.node(prediction), from_end(1, len(a.shape(prediction)))),
            target=Target(a.node(target), "index", bad_index="wrap"),
            activation=Activation((activation,)),
            weight=Weight(klass=weight, klass_in="terms", mask=ignored),
            reduction=Reduction("sum", str(a.plain("reduction")), counted),
        )

    return declare


def _operator(name: str, inputs: str, activation: str) -> Api:
    prediction, target, weights = inputs.split()
    defaults: dict[str, Plain] = {"reduction": "mean", "ignore_index": None}
    parameters = (prediction, target, weights, "ignore_index", "reduction")
    declare = _cross_entropy(prediction, target, weights, activation)
    roles = {"prediction": prediction, "target": target}
    return Api(
        f"onnx.{name}", "onnx", parameters, roles, declare, defaults, index_target="always", family="categorical"
    )


APIS = (
    _operator("SoftmaxCrossEntropyLoss", "scores labels weights", "softmax"),
    _operator("NegativeLogLikelihoodLoss", "input target weight", "exp"),
)
