"""An expression as it is written, evaluated over any arithmetic: the harness's own reading of a side's text.

Used for the arrays that play a role in a loss (`prediction[:, 1] - prediction[:, 0]`), for parameters (`w`), and, when
an expression is not a catalog call, for the whole of it. Losses inside it go through `loss`, which the caller provides.
What each function is worth stands in the tables that `readings.py` puts together.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.modules import as_function
from harness.naming import arrays_of
from harness.reference.constants import Making, inexact, together
from harness.reference.creation import Limits
from harness.reference.extent import within_reach
from harness.reference.formats import quantise
from harness.reference.operation import Operation, Pair, plain, shape_of
from harness.reference.readings import OPERATIONS, method_of, reading_of
from harness.reference.spellings import CONSTANTS, DTYPES, IGNORED, NAMED_OPERATORS, NAMES, PARAMETERS, words
from harness.reference.structural import cast, stack
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

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": np.true_divide, "//": operator.floordiv,
    "%": operator.mod, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
# With a slope: the quotient of two Tensors, and what is an operation of the tables.
BINARY_OF_TENSORS = {**BINARY, "/": operator.truediv}
_SPELLED = {"**": "pow", "@": "dot", "%": "mod"}
# Parameters whose numbers enter the result, and not only decide.
_INEXACT = words(
    """
    x y value source weight weights alpha slope low high max_value nan posinf neginf
    """
)
# A parameter's other name where an operation has no such parameter.
_OTHERWISE = (
    ("dtype", "kind"), ("axis", "shape"), ("value", "source"), ("value", "filling"), ("value", "data"), ("x", "data"),
    ("order", "p"), ("y", "divisor"),
)  # fmt: skip
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})

Loss = Callable[[Node, "Scope"], Tensor | None]
Keywords = tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: inputs by name, a template tensor that fixes the arithmetic, and how losses are evaluated.

    `dtype` is that of the arrays, as which numbers of the text are held; None where constants are exact. `framework` is
    the one whose methods arrays have; if empty, the one that the tree names.
    """

    inputs: Mapping[str, Any]
    template: Tensor
    loss: Loss | None = None
    dtype: str | None = None
    framework: str = ""

    @property
    def making(self) -> Making:
        """What arrays are made in here."""
        return Making(self.template, self.dtype or "float64")

    def lift(self, value: Any) -> Tensor:
        """`value` as a tensor of this scope's arithmetic; several values as one array."""
        if isinstance(value, Tensor):
            return value
        if isinstance(value, tuple) and any(isinstance(v, Tensor | tuple) for v in value):
            return stack([self.lift(v) for v in value])  # type: ignore[no-any-return]
        numbers = np.asarray(value, np.float64)
        return self.template.of(numbers) if self.dtype is None else inexact(self.template, numbers, self.dtype)


def interpret(node: Node, scope: Scope) -> Any:
    """The value of `node`: a Tensor, an ndarray of indices or masks, a number, a tuple, or a dtype's name.

    Raises:
        CaseError: `not-interpretable`, if a function has no reading here.
    """
    return _value(node, scope if scope.framework else replace(scope, framework=arrays_of(node)))


def _value(node: Node, scope: Scope) -> Any:
    match node:
        case Literal(value):
            return value
        case Input(name):
            return scope.inputs[name]
        case Constant(path):
            return _constant(path)
        case Sequence(items):
            return tuple(_value(item, scope) for item in items)
        case Unary(op, operand):
            return _unary(op, _value(operand, scope))
        case Binary(op, left, right):
            return binary(op, _value(left, scope), _value(right, scope), scope)
        case Attribute(value, name):
            return _attribute(_value(value, scope), name, scope)
        case Index(value, items):
            return _indexed(_value(value, scope), tuple(_key(item, scope) for item in items))
        case Method(value, name, args, kwargs):
            return _called(method_of(scope.framework, name), name, (value, *args), kwargs, scope)
        case Call(function, args, kwargs):
            return _of_call(node, function, args, kwargs, scope)
        case Apply() if (call := as_function(node)) is not None:
            return _value(call, scope)
        case _:
            return _evaluated_loss(node, scope)


def _of_call(node: Node, function: str, args: tuple[Node, ...], kwargs: Keywords, scope: Scope) -> Any:
    path = function if "." in function else f"builtins.{function}"
    reading = reading_of(path)
    last = path.rpartition(".")[2]
    if reading is not None or NAMES.get(last, last) in {*NAMED_OPERATORS, *DTYPES}:
        return _called(reading, last, args, kwargs, scope)
    return _evaluated_loss(node, scope)


def _evaluated_loss(node: Node, scope: Scope) -> Tensor:
    value = scope.loss(node, scope) if scope.loss and isinstance(node, Call | Apply) else None
    if value is None:
        name = node.function if isinstance(node, Call) else f"{type(node).__name__}: {node!r:.80}"
        raise CaseError("not-interpretable", f"{name!r} has no reading here")
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
    return ~np.asarray(plain(value), bool) if op in ("~", "not") else value


def binary(op: str, left: Any, right: Any, scope: Scope) -> Any:
    """A binary operation of two values of any kind."""
    if op != "@":
        within_reach(np.broadcast_shapes(shape_of(left), shape_of(right)))
    floats = isinstance(left, Tensor) or isinstance(right, Tensor)
    if op in COMPARISONS or op in ("&", "|", "^", "//") or (op == "%" and not floats):
        return BINARY[op](plain(left), plain(right))
    if op == "**" and type(left) is type(right) is int and 0 <= right <= 64:  # noqa: PLR2004  as large as lengths are
        return left**right
    if op in _SPELLED:
        return OPERATIONS[_SPELLED[op]].function(scope.lift(left), _with_floats(right, scope))
    if floats:
        # Booleans are 0 and 1; a Tensor on either side decides the arithmetic.
        return BINARY_OF_TENSORS[op](*together(*_both(left, right, scope)))
    return _exact(op, left, right, scope)


def _both(left: Any, right: Any, scope: Scope) -> tuple[Tensor, Tensor]:
    """Both as Tensors: a number beside an array that was cast is held as that array's dtype holds it."""
    a, b = scope.lift(left), scope.lift(right)
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return a, b
    own, other = (a, b) if isinstance(left, Tensor) else (b, a)
    if own.arith is not scope.template.arith:
        numbers = other.mid
        other = own.of(numbers).widen(np.where(quantise(numbers, "bfloat16") == numbers, 0.0, np.abs(numbers)))
    return (own, other) if isinstance(left, Tensor) else (other, own)


def _with_floats(value: Any, scope: Scope) -> Any:
    return value if isinstance(value, Tensor) or np.asarray(value).dtype.kind in "iub" else scope.lift(value)


def _exact(op: str, left: Any, right: Any, scope: Scope) -> Any:
    both_integral = all(np.asarray(v).dtype.kind in "iub" for v in (left, right))
    if np.ndim(left) == 0 and np.ndim(right) == 0:
        return BINARY[op](left, right)
    if both_integral and op != "/":
        return BINARY[op](np.asarray(left), np.asarray(right))
    return BINARY_OF_TENSORS[op](scope.lift(left), scope.lift(right))


def _attribute(value: Any, name: str, scope: Scope) -> Any:
    if isinstance(value, Pair | Limits) and name in value._fields:
        return getattr(value, name)
    shape = shape_of(value)
    match name:
        case "T":
            return OPERATIONS["transpose"].function(value)
        case "mT":
            return OPERATIONS["swapaxes"].function(value, -1, -2)
        case "shape":
            return shape
        case "ndim":
            return len(shape)
        case "size":
            return int(np.prod(shape))
        case "dtype" if scope.dtype is not None:
            return scope.dtype
        case _:
            raise CaseError("not-interpretable", f"the attribute .{name} has no reading here")


def _key(item: Node, scope: Scope) -> Any:
    match item:
        case Slice(start, stop, step):
            return slice(*(None if part is None else int(_value(part, scope)) for part in (start, stop, step)))
        case Ellipsis_():
            return Ellipsis
        case _:
            value = _value(item, scope)
            if value is None:
                return None
            array = plain(np.asarray(value) if isinstance(value, tuple | range) else value)
            return array if array.dtype == bool else array.astype(np.int64) if array.ndim else int(array)


def _indexed(value: Any, key: tuple[Any, ...]) -> Any:
    if isinstance(value, tuple):
        return value[key[0]]
    return value.index(key) if isinstance(value, Tensor) else np.asarray(value)[key]


def _called(reading: Operation | None, last: str, args: tuple[Node, ...], kwargs: Keywords, scope: Scope) -> Any:
    name = NAMES.get(last, last)
    values = [_value(arg, scope) for arg in args]
    named = {PARAMETERS.get(k, k): _value(v, scope) for k, v in kwargs if k not in IGNORED}
    if reading is not None:
        return _applied(reading, values, named, scope)
    if name in NAMED_OPERATORS:
        sides = [*values, *(named[side] for side in ("x", "y") if side in named)]
        return binary(NAMED_OPERATORS[name], sides[0], sides[1], scope)
    if name in DTYPES:
        return cast(values[0], DTYPES[name], scope.making) if values else DTYPES[name]
    raise CaseError("not-interpretable", f"{last!r} has no reading here")


def _applied(reading: Operation, values: list[Any], named: dict[str, Any], scope: Scope) -> Any:
    if named:
        own = reading.parameters
        names = {old: new for old, new in _OTHERWISE if old in named and old not in own and new in own}
        named = {names.get(k, k): v for k, v in named.items()}
    given = reading.arguments(values, named)
    if "dtype" not in reading.parameters:
        given.pop("dtype", None)
    for parameter in reading.asks:
        given[parameter] = _SURROUNDINGS[parameter](scope)
    for parameter in reading.parameters[: reading.floats]:
        if parameter in given:
            given[parameter] = scope.lift(given[parameter])
    if scope.dtype is not None:
        given = {k: _number(k, v, reading, scope) for k, v in given.items()}
    return reading.call(given)


_SURROUNDINGS: dict[str, Callable[[Scope], Any]] = {
    "template": lambda scope: scope.template,
    "working": lambda scope: scope.dtype or "float64",
    "making": lambda scope: scope.making,
}


def _number(parameter: str, value: Any, reading: Operation, scope: Scope) -> Any:
    """A number of the text as an array of the dtype holds it: exactly as a bound to compare with, else inexactly."""
    if not isinstance(value, float) or scope.dtype is None:
        return value
    if reading.held:
        return float(quantise(np.asarray(value), scope.dtype))
    return scope.lift(value) if parameter in _INEXACT else value


__all__ = ["DTYPES", "NAMES", "Loss", "Scope", "binary", "interpret"]
