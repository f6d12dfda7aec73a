"""An expression as it is written, evaluated over any arithmetic: the harness's own reading of a side's text.

Used for the arrays that play a role in a loss (`prediction[:, 1] - prediction[:, 0]`), for parameters (`w`), and, when
an expression is not a catalog call, for the whole of it. Losses inside it go through `loss`, which the caller provides.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference.extent import within_reach
from harness.reference.floating import FLOATING
from harness.reference.formats import quantise
from harness.reference.operation import shape_of
from harness.reference.structural import STRUCTURAL
from harness.reference.tape import Tensor
from harness.syntax import (
    Apply,
    Attribute,
    Binary,
    Call,
    Constant,
    Ellipsis_,
    Index,
    Input,
    Literal,
    Method,
    Node,
    Sequence,
    Slice,
    Unary,
)  # fmt: skip

# Spellings whose last component is not already the operation's name.
NAMES = {
    "reduce_sum": "sum", "reduce_mean": "mean", "reduce_max": "max", "reduce_min": "min",
    "reduce_logsumexp": "logsumexp", "amax": "max", "amin": "min", "power": "pow", "float_power": "pow",
    "absolute": "abs", "negative": "neg", "clamp": "clip", "clip_by_value": "clip", "expit": "sigmoid",
    "logsigmoid": "log_sigmoid", "log_expit": "log_sigmoid", "LogSigmoid": "log_sigmoid", "expand_dims": "unsqueeze",
    "cat": "concatenate", "concat": "concatenate", "hstack": "concatenate", "view": "reshape", "ravel": "flatten",
    "permute": "transpose", "t": "transpose", "matmul": "dot", "mm": "dot", "inner": "dot", "vdot": "dot",
    "stop_gradient": "detach", "tensor": "identity", "as_tensor": "identity", "asarray": "identity",
    "array": "identity", "constant": "identity", "convert_to_tensor": "identity", "Tensor": "identity",
    "contiguous": "identity", "numpy": "identity", "item": "identity", "cpu": "identity", "clone": "identity",
    "squared_difference": "squared_difference", "cast": "astype", "to": "astype", "type": "astype",
    "astype": "astype", "is_nan": "isnan", "entropy": "stats_entropy", "kl_div": "scipy_kl_div", "gather": "gather",
    "multiply": "mul", "divide": "div", "subtract": "sub", "true_divide": "div", "logsumexp": "logsumexp",
    "vector_norm": "norm", "shape": "size", "float": "float32", "double": "float64", "half": "float16",
    "long": "int64", "int": "int64", "size": "size", "select": "where", "expand": "broadcast_to",
}  # fmt: skip
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
NAMED_OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "le": "<=",
}
BOUNDED = frozenset({"clip", "clamp_min", "clamp_max", "maximum", "minimum"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
PARAMETERS = {
    "dim": "axis", "keepdim": "keepdims", "a_min": "low", "a_max": "high", "min": "low", "max": "high",
    "clip_value_min": "low", "clip_value_max": "high", "num_classes": "classes", "depth": "classes",
    "indices": "index", "dtype": "dtype", "ord": "order", "p": "order", "other": "y", "axes": "axis",
    "correction": "ddof", "x1": "x", "x2": "y", "qk": "q", "pk": "p", "end_dim": "end", "start_dim": "start",
}  # fmt: skip
CONSTANTS = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "newaxis": None,
    "Inf": math.inf,
    "NaN": math.nan,
}
DTYPES = {
    "float64": "float64", "double": "float64", "float32": "float32", "float": "float32", "float16": "float16",
    "half": "float16", "bfloat16": "bfloat16", "int64": "int64", "long": "int64", "int32": "int64", "bool": "bool",
}  # fmt: skip

Loss = Callable[[Node, "Scope"], Tensor | None]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: inputs by name, a template tensor that fixes the arithmetic, and how losses are evaluated.

    `dtype` is that of the arrays, in which the bounds of a clip are held; None where constants are exact.
    """

    inputs: Mapping[str, Any]
    template: Tensor
    loss: Loss | None = None
    dtype: str | None = None

    def lift(self, value: Any) -> Tensor:
        """`value` as a tensor of this scope's arithmetic."""
        return value if isinstance(value, Tensor) else self.template.of(np.asarray(value, np.float64))


def interpret(node: Node, scope: Scope) -> Any:
    """The value of `node`: a Tensor, an ndarray of indices or masks, a number, a tuple, or a dtype's name.

    Raises:
        CaseError: `not-interpretable`, if a function has no reading here.
    """
    match node:
        case Literal(value):
            return value
        case Input(name):
            return scope.inputs[name]
        case Constant(path):
            return _constant(path)
        case Sequence(items):
            return tuple(interpret(item, scope) for item in items)
        case Unary(op, operand):
            return _unary(op, interpret(operand, scope))
        case Binary(op, left, right):
            return binary(op, interpret(left, scope), interpret(right, scope), scope)
        case Attribute(value, name):
            return _attribute(interpret(value, scope), name)
        case Index(value, items):
            return _indexed(interpret(value, scope), tuple(_key(item, scope) for item in items))
        case Method(value, name, args, kwargs):
            return _operation(name, (value, *args), kwargs, scope)
        case Call(function, args, kwargs) if not (scope.loss and _is_loss(node)):
            return _operation(function, args, kwargs, scope)
        case _:
            return _evaluated_loss(node, scope)


def _is_loss(node: Call) -> bool:
    last = node.function.rpartition(".")[2]
    known = NAMES.get(last, last)
    if node.function.endswith("functional.kl_div") or node.function.startswith("keras.losses."):
        return True
    if known == "squared_difference":
        return False
    return known not in FLOATING and known not in STRUCTURAL and known not in NAMED_OPERATORS and known not in DTYPES


def _evaluated_loss(node: Node, scope: Scope) -> Tensor:
    value = scope.loss(node, scope) if scope.loss and isinstance(node, Call | Apply) else None
    if value is None:
        raise CaseError("not-interpretable", f"no reading of {type(node).__name__} here: {node!r:.80}")
    return value


def _constant(path: str) -> Any:
    last = path.rpartition(".")[2]
    if last in CONSTANTS:
        return CONSTANTS[last]
    if last in DTYPES:
        return DTYPES[last]
    raise CaseError("not-interpretable", f"the constant {path!r} has no reading here")


def _unary(op: str, value: Any) -> Any:
    if op == "-":
        return -value if isinstance(value, Tensor) else -np.asarray(value)
    return ~np.asarray(value, bool) if op in ("~", "not") else value


def _plain(value: Any) -> Any:
    return value.mid if isinstance(value, Tensor) else value


def binary(op: str, left: Any, right: Any, scope: Scope) -> Any:
    """A binary operation of two values of any kind."""
    if op != "@":
        within_reach(np.broadcast_shapes(shape_of(left), shape_of(right)))
    if op in COMPARISONS or op in ("&", "|", "^", "//", "%"):
        return BINARY[op](np.asarray(_plain(left)), np.asarray(_plain(right)))
    if op in ("**", "@"):
        return FLOATING["pow" if op == "**" else "dot"].function(scope.lift(left), right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        # Booleans are 0 and 1; a Tensor on either side decides the arithmetic.
        return BINARY[op](*(v if isinstance(v, Tensor) else scope.lift(v) for v in (left, right)))
    return _exact(op, left, right, scope)


def _exact(op: str, left: Any, right: Any, scope: Scope) -> Any:
    both_integral = all(np.asarray(v).dtype.kind in "iub" for v in (left, right))
    if np.ndim(left) == 0 and np.ndim(right) == 0:
        return BINARY[op](left, right)
    if both_integral and op != "/":
        return BINARY[op](np.asarray(left), np.asarray(right))
    return BINARY[op](scope.lift(left), scope.lift(right))


def _attribute(value: Any, name: str) -> Any:
    shape = value.shape if isinstance(value, Tensor) else np.shape(value)
    match name:
        case "T" | "mT":
            return STRUCTURAL["transpose"].function(value)
        case "shape":
            return shape
        case "ndim":
            return len(shape)
        case "size":
            return int(np.prod(shape))
        case _:
            raise CaseError("not-interpretable", f"the attribute .{name} has no reading here")


def _key(item: Node, scope: Scope) -> Any:
    match item:
        case Slice(start, stop, step):
            return slice(*(None if part is None else int(interpret(part, scope)) for part in (start, stop, step)))
        case Ellipsis_():
            return Ellipsis
        case _:
            value = interpret(item, scope)
            if value is None:
                return None
            if isinstance(value, tuple | range):
                return np.asarray(value)
            array = np.asarray(_plain(value))
            return array if array.dtype == bool else array.astype(np.int64) if array.ndim else int(array)


def _indexed(value: Any, key: tuple[Any, ...]) -> Any:
    if isinstance(value, tuple):
        return value[key[0]]
    return value.index(key) if isinstance(value, Tensor) else np.asarray(value)[key]


def _operation(function: str, args: tuple[Node, ...], kwargs: tuple[tuple[str, Node], ...], scope: Scope) -> Any:
    last = function.rpartition(".")[2]
    if function.startswith("tensorflow") and last == "gather":
        last = "take"
    if function.startswith("torch.") and last == "softplus":
        last = "torch_softplus"
    name = NAMES.get(last, last)
    values = [interpret(arg, scope) for arg in args]
    named = {
        PARAMETERS.get(k, k): interpret(v, scope)
        for k, v in kwargs
        if k not in ("out", "name", "device", "requires_grad")
    }
    if function.startswith("builtins.") and last in ("float", "int", "range"):
        return {"float": float, "int": int, "range": range}[last](*values)
    if name in NAMED_OPERATORS:
        return binary(NAMED_OPERATORS[name], values[0], values[1] if len(values) > 1 else named["y"], scope)
    if name == "squared_difference":
        error = scope.lift(values[0]) - scope.lift(values[1])
        return error * error
    if name in DTYPES and name not in FLOATING:
        return STRUCTURAL["astype"].function(values[0], DTYPES[name]) if values else DTYPES[name]
    return _apply(name, values, named, scope, function)


def _held(value: Any, dtype: str) -> Any:
    """A number as an array of the dtype holds it: what a clip compares with."""
    return float(quantise(np.asarray(value), dtype)) if isinstance(value, float) else value


def _apply(name: str, values: list[Any], named: dict[str, Any], scope: Scope, function: str) -> Any:
    operation = FLOATING.get(name) or STRUCTURAL.get(name)
    if operation is None:
        raise CaseError("not-interpretable", f"{function!r} has no reading here")
    unknown = set(named) - set(operation.parameters) - {"dtype", "shape"}
    if unknown:
        raise CaseError("not-interpretable", f"{function!r} is not read with {', '.join(sorted(unknown))}")
    named = {k: v for k, v in named.items() if k in operation.parameters}
    if name in FLOATING and values and isinstance(values[0], tuple | list):
        values[0] = STRUCTURAL["stack"].function([scope.lift(v) for v in values[0]])
    if name == "identity" and values and isinstance(values[0], tuple) and any(isinstance(v, Tensor) for v in values[0]):
        return STRUCTURAL["stack"].function(values[0])
    if name in FLOATING and values and not isinstance(values[0], Tensor):
        values[0] = scope.lift(values[0])
    if name in BOUNDED and scope.dtype is not None:
        values = [values[0], *(_held(v, scope.dtype) for v in values[1:])]
        named = {k: _held(v, scope.dtype) for k, v in named.items()}
    return operation.function(*values, **named)
