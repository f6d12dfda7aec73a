"""What a tree calls its outermost operation, and the number it is worth where it is one."""

from __future__ import annotations

from collections.abc import Callable

from harness.modules import as_function
from harness.reference.interpret import NAMES
from harness.syntax import Binary, Call, Literal, Method, Node, Unary

# Calls that hand an array on as it is; a cast to a narrower dtype is looked at before.
IDENTITIES = frozenset({"identity", "detach", "float32", "float64", "astype"})


def operation(node: Node) -> tuple[str, tuple[Node, ...], dict[str, Node]] | None:
    """The common name of a call or method, its arguments with the receiver first, and its keywords; else None."""
    match node:
        case Call(function, args, kwargs):
            last = function.rpartition(".")[2]
            return NAMES.get(last, last), args, dict(kwargs)
        case Method(value, name, args, kwargs):
            return NAMES.get(name, name), (value, *args), dict(kwargs)
        case Unary("-", operand):
            return "neg", (operand,), {}
        case _:
            call = as_function(node)
            return None if call is None else operation(call)


def number(node: Node) -> float | None:
    """A literal number, or a quotient, product or negation of some; None for anything else."""
    match node:
        case Literal(value) if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        case Unary("-", operand):
            inner = number(operand)
            return None if inner is None else -inner
        case Binary(op, left, right) if op in _ARITHMETIC:
            a, b = number(left), number(right)
            return None if a is None or b is None or (op == "/" and b == 0) else _ARITHMETIC[op](a, b)
        case _:
            return None


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def power(node: Node) -> tuple[str, Node | None, bool]:
    """("squared" or "absolute", what it is taken of, whether |x| has slope 1 at 0), or ("", None, False)."""
    match node:
        case Binary("**", inner, Literal(2 | 2.0)):
            return "squared", inner, False
        case Call(function, (x, t)) if function.endswith("squared_difference"):
            return "squared", Binary("-", x, t), False
        case _:
            found = operation(node)
    if found is None or not found[1] or found[2]:
        return "", None, False
    name, args = found[0], found[1]
    squares = name == "square" or (name == "pow" and len(args) == 2 and number(args[1]) == 2.0)  # noqa: PLR2004
    if name == "abs":
        return "absolute", args[0], isinstance(node, Call) and node.function.startswith("jax.")
    return ("squared", args[0], False) if squares else ("", None, False)
