"""What each API is: signature, roles of its arguments, and its declared Semantics. One module per framework."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.catalog import (
    indices,
    keras,
    keras_penalties,
    onnx,
    optax,
    roles,
    scipy,
    sklearn,
    tensorflow,
    tensorflow_average,
    tensorflow_v1,
    torch,
)
from harness.catalog.api import Api, Arguments, Describe, Described, bind
from harness.errors import CaseError
from harness.records import InputArray
from harness.semantics import Semantics
from harness.syntax import Apply, Call, Constant, Input, Node
from harness.trees import rebuild, walk

_MODULES = (keras, keras_penalties, onnx, optax, scipy, sklearn, tensorflow, tensorflow_average, tensorflow_v1, torch)
APIS: Mapping[str, Api] = {api.path: api for module in _MODULES for api in module.APIS}

# Roles that a bare loss takes from inputs of the same name.
_OPTIONAL_ROLES = ("sample_weight",)


def api_of(node: Node) -> Api | None:
    """The entry that `node` calls, complete with prediction and target; None if it is no call of a catalog loss."""
    match node:
        case Call(function) if function in APIS and not APIS[function].call:
            return APIS[function]
        case Apply(Call(function)) if function in APIS and APIS[function].call:
            return APIS[function]
        case _:
            return None


def declare(node: Node, describe: Describe, dtype: str) -> Semantics | None:
    """The Semantics that the catalog declares for a call, or None for anything else.

    Raises:
        CaseError: If the call's arguments do not fit the API.
    """
    api = api_of(node)
    if api is None:
        return None
    assert isinstance(node, Call | Apply)

    def inner(argument: Node) -> tuple[Semantics | None] | None:
        return None if api_of(argument) is None else (declare(argument, describe, dtype),)

    return api.declare(Arguments(bind(api, node), api.defaults, describe, dtype, api.path, inner))


def complete(node: Node, inputs: Collection[str]) -> Node:
    """Every bare loss in a tree with prediction and target filled in by role; anything else as it is.

    `torch.nn.BCELoss() / 3` becomes `torch.nn.BCELoss()(prediction, target) / 3`;
    `tf.nn.weighted_cross_entropy_with_logits(pos_weight=w)` gets the two arguments it lacks by keyword. A call that has
    one of the two is not bare.

    Raises:
        CaseError: `missing-input`, if the case has no input called prediction or target.
    """
    match node:
        case Constant(path) if path in APIS:
            return complete(Call(path), inputs)
        case Apply(Call() as made, args, kwargs):
            # What is applied is not bare; what it is applied to may be.
            given = tuple((name, complete(value, inputs)) for name, value in kwargs)
            return Apply(made, tuple(complete(arg, inputs) for arg in args), given)
        case Call(function, args, kwargs) if function in APIS:
            api = APIS[function]
            if api.call:
                return Apply(node, tuple(_input(api, name, inputs) for name in _required(api, api.call, inputs)))
            bound = bind(api, node)
            if {api.roles.get("prediction"), api.roles.get("target")} & set(bound):
                return node
            lacking = [name for name in _required(api, api.parameters, inputs) if name not in bound]
            return Call(function, args, (*kwargs, *((name, _input(api, name, inputs)) for name in lacking)))
        case _:
            return rebuild(node, lambda child: complete(child, inputs))


def check_arguments(tree: Node) -> None:
    """Hold every catalog call in a tree against its signature, which is that of the release the catalog describes.

    Raises:
        CaseError: `unknown-argument`.
    """
    for node in walk(tree):
        match node:
            case Call(function) if function in APIS:
                bind(APIS[function], node)
            case Apply(Call(function)) if function in APIS and APIS[function].call:
                bind(APIS[function], node)
            case _:
                pass


def _required(api: Api, names: tuple[str, ...], inputs: Collection[str]) -> list[str]:
    by_parameter = {parameter: role for role, parameter in api.roles.items()}
    wanted = (n for n in names if n in by_parameter)
    return [n for n in wanted if by_parameter[n] not in _OPTIONAL_ROLES or by_parameter[n] in inputs]


def _input(api: Api, parameter: str, inputs: Collection[str]) -> Input:
    role = next(role for role, name in api.roles.items() if name == parameter)
    if role not in inputs:
        message = (
            f"{api.path} is bare and so takes an input called {role!r}; the inputs are {', '.join(sorted(inputs))}"
        )
        raise CaseError("missing-input", message)
    return Input(role)


def predicted(trees: Iterable[Node], inputs: Mapping[str, InputArray]) -> str | None:
    """The input that is read as the prediction; None where that leaves a choice."""
    return roles.predicted(trees, inputs, api_of)


def index_inputs(tree: Node, inputs: Mapping[str, InputArray]) -> frozenset[str]:
    """Names of the integral inputs that `tree` uses as class indices, labels or positions: those are given as int64."""
    return indices.index_inputs(tree, inputs, api_of)


__all__ = ["APIS", "Api", "Described", "api_of", "check_arguments", "complete", "declare", "index_inputs", "predicted"]
