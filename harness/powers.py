"""Powers of whole numbers in the text of a side: how large they are, found without computing them.

Python computes them exactly, however many digits that takes: a short text may ask for more than there is memory.
"""

import operator
from collections.abc import Callable

from harness.syntax import Binary, Literal, Node, Unary

MAX_BITS = 1024

OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "**": operator.pow,
}


def bits(power: Binary) -> int:
    """How many bits a power has at least, as far as the text tells; the powers in it were found to be small enough."""
    base, exponent = _whole(power.left), _whole(power.right)
    if base is None or exponent is None or exponent < 0 or abs(base) <= 1:
        return 0
    return exponent * (abs(base).bit_length() - 1)


def _whole(node: Node) -> int | None:
    """The whole number that a part of the text comes to; None for anything else."""
    match node:
        case Literal(int() as value):
            return value
        case Unary("-", operand):
            inner = _whole(operand)
            return None if inner is None else -inner
        case Binary(op, left, right) if op in OPERATORS:
            a, b = _whole(left), _whole(right)
            return None if a is None or b is None or (op == "**" and b < 0) else OPERATORS[op](a, b)
        case _:
            return None
