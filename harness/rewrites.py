"""Spellings that are read as others: numbers and texts that have a name, and methods that write into a new array."""

import math

from harness.functions import FINFO_ATTRIBUTES, MAKERS, TEXTS, WRITING_METHODS
from harness.syntax import Call, Literal, Method, Node

_SPECIAL = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def special_number(path: str, argument: Node) -> Node:
    """`float("inf")` and `float("nan")`, which Python has no literal for, are numbers here."""
    value = argument.value if isinstance(argument, Literal) else None
    return Literal(_SPECIAL[value]) if isinstance(value, str) and value in _SPECIAL else Call(path, (argument,))


def text_of(path: str) -> Literal | None:
    """`keras.losses.Reduction.SUM` is "sum"."""
    return Literal(TEXTS[path]) if path in TEXTS else None


def unwritten(name: str, value: Node) -> str | None:
    """The method that returns what `name` writes into an array that nobody else has: `scatter_` is `scatter` there.

    None for a method that writes into anything else, and the name itself for one that does not write.
    """
    if name in WRITING_METHODS and _made_here(value):
        return WRITING_METHODS[name]
    return None if name.endswith("_") else name


def is_limit(value: Node, name: str) -> bool:
    """Whether `.max` or `.min` is that of a dtype, and no method of an array."""
    return name in FINFO_ATTRIBUTES and isinstance(value, Call) and value.function.rpartition(".")[2] == "finfo"


def _made_here(value: Node) -> bool:
    match value:
        case Call(path):
            return path.rpartition(".")[2] in MAKERS
        case Method(_, name):
            return name in MAKERS
        case _:
            return False
