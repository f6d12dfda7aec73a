"""A syntax tree as a function over a framework's real objects.

The parser has held the tree against the allow-list, so this only walks it: once, into nested closures, because a tree
is evaluated for many inputs and because `torch.compile`, `tf.function` and `jax.jit` trace closures but not a walker.
"""

import builtins
import importlib
import operator
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from harness.adapters.base import Absent
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
)
from harness.trees import children, inputs_of, walk

Function = Callable[..., Any]
Thunk = Callable[[Mapping[str, Any]], Any]
Resolve = Callable[[str], Any]

# Bits of the largest integer that a text may make of two others.
MOST_BITS = 4096


def power(base: Any, exponent: Any) -> Any:
    """base ** exponent; of integers as far as the result is no larger than anybody means.

    Raises:
        OverflowError: It is larger, and would take hours or all memory.
    """
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * exponent > MOST_BITS:
        raise OverflowError(f"an integer of more than {MOST_BITS} bits")
    return base**exponent


UNARY: Mapping[str, Function] = {"-": operator.neg, "+": operator.pos, "~": operator.invert, "not": operator.not_}
BINARY: Mapping[str, Function] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": power,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

# What is read off an array without reading its numbers: no derivative passes here, and none is lost.
STRUCTURE = frozenset({".shape", ".ndim", ".size", ".dtype", ".numel", ".dim", "len"})
# What takes the numbers out of a framework, and with them the derivative.
EXITS = frozenset({".numpy", ".item", ".tolist", "bool", "float", "int", "round"})
HOST_ROOTS = frozenset({"math", "numpy", "scipy", "sklearn"})


def resolve(path: str) -> Any:
    """The object at a canonical path: `torch.nn.functional.cross_entropy`, or `len` for a function of Python's own.

    Raises:
        Absent: The package is not installed, or this version of it has no such name.
    """
    root, *names = path.split(".")
    try:
        if names:
            return _walk(importlib.import_module(root), root, names)
        return power if root == "pow" else getattr(builtins, root)
    except ModuleNotFoundError as error:
        raise Absent(f"{path}: {error.name} is not installed in this environment") from error
    except AttributeError as error:
        raise Absent(f"{path} does not exist in this environment: {error}") from error


def _walk(value: Any, path: str, names: list[str]) -> Any:
    for name in names:
        path = f"{path}.{name}"
        try:
            value = getattr(value, name)
        except AttributeError:
            if not isinstance(value, ModuleType):
                raise
            value = _submodule(path, name)
    return value


def _submodule(path: str, name: str) -> Any:
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise AttributeError(f"no name {name!r}") from error


def is_host(path: str) -> bool:
    """Whether a canonical path leads to a library of NumPy arrays."""
    return path.partition(".")[0] in HOST_ROOTS


def reads_numbers(node: Node, name: str) -> bool:
    """Whether the numbers of the input, not only its shape or dtype, reach the value of `node`."""
    if isinstance(node, Input):
        return node.name == name
    if _label(node) in STRUCTURE:
        return False
    return any(reads_numbers(child, name) for child in children(node))


def severed_at(tree: Node, name: str, kept: frozenset[str]) -> str:
    """The function that takes the input `name` out of the framework, and so out of its derivative; empty if none does.

    `kept` are the host functions that the adapter replaces by its framework's own.
    """
    for node in walk(tree):
        label = _label(node)
        leaves = label in EXITS or (isinstance(node, Call) and is_host(label))
        if leaves and label not in kept | STRUCTURE and any(reads_numbers(child, name) for child in children(node)):
            return label
    return ""


def _label(node: Node) -> str:
    match node:
        case Call(function=path):
            return path
        case Method(name=name) | Attribute(name=name):
            return f".{name}"
        case _:
            return ""


class Arguments(NamedTuple):
    """The thunks of a call's arguments."""

    positional: tuple[Thunk, ...]
    named: tuple[tuple[str, Thunk], ...]

    def apply(self, function: Function, arrays: Mapping[str, Any]) -> Any:
        """Evaluate the arguments and call `function` with them."""
        return function(*[arg(arrays) for arg in self.positional], **{name: arg(arrays) for name, arg in self.named})


def build(node: Node, find: Resolve) -> Thunk:
    """A function from the inputs' arrays to the value of the tree; `find` looks canonical paths up, once.

    Raises:
        Absent: The tree names something that does not exist here.
    """
    return BUILDERS[type(node)](node, find)


def _arguments(node: Call | Apply | Method, find: Resolve) -> Arguments:
    return Arguments(
        tuple(build(arg, find) for arg in node.args),
        tuple((name, build(arg, find)) for name, arg in node.kwargs),
    )


def _constant(value: Any) -> Thunk:
    return lambda _: value


def _input(node: Input, _: Resolve) -> Thunk:
    name = node.name
    return lambda arrays: arrays[name]


def _call(node: Call, find: Resolve) -> Thunk:
    return partial(_arguments(node, find).apply, find(node.function))


def _apply(node: Apply, find: Resolve) -> Thunk:
    arguments, function = _arguments(node, find), build(node.function, find)
    if not inputs_of(node.function):
        # A loss object without arrays of the case in it is made once, as its user would.
        return partial(arguments.apply, function({}))
    return lambda arrays: arguments.apply(function(arrays), arrays)


def _method(node: Method, find: Resolve) -> Thunk:
    name, value, arguments = node.name, build(node.value, find), _arguments(node, find)
    return lambda arrays: arguments.apply(getattr(value(arrays), name), arrays)


def _attribute(node: Attribute, find: Resolve) -> Thunk:
    name, value = node.name, build(node.value, find)
    return lambda arrays: getattr(value(arrays), name)


def _unary(node: Unary, find: Resolve) -> Thunk:
    function, operand = UNARY[node.op], build(node.operand, find)
    return lambda arrays: function(operand(arrays))


def _binary(node: Binary, find: Resolve) -> Thunk:
    function, left, right = BINARY[node.op], build(node.left, find), build(node.right, find)
    return lambda arrays: function(left(arrays), right(arrays))


def _slice(node: Slice, find: Resolve) -> Thunk:
    start, stop, step = (_constant(None) if x is None else build(x, find) for x in (node.start, node.stop, node.step))
    return lambda arrays: slice(start(arrays), stop(arrays), step(arrays))


def _index(node: Index, find: Resolve) -> Thunk:
    value, items = build(node.value, find), [build(item, find) for item in node.items]
    if len(items) == 1:
        only = items[0]
        return lambda arrays: value(arrays)[only(arrays)]
    return lambda arrays: value(arrays)[tuple([item(arrays) for item in items])]


def _sequence(node: Sequence, find: Resolve) -> Thunk:
    kind, items = {"list": list, "tuple": tuple}[node.kind], [build(item, find) for item in node.items]
    return lambda arrays: kind([item(arrays) for item in items])


BUILDERS: Mapping[type, Callable[[Any, Resolve], Thunk]] = {
    Literal: lambda node, _: _constant(node.value),
    Constant: lambda node, find: _constant(find(node.path)),
    Ellipsis_: lambda _node, _: _constant(...),
    Input: _input,
    Call: _call,
    Apply: _apply,
    Method: _method,
    Attribute: _attribute,
    Unary: _unary,
    Binary: _binary,
    Slice: _slice,
    Index: _index,
    Sequence: _sequence,
}
