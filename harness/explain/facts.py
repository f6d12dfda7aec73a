"""What resolving an expression may ask of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.catalog.api import Described
from harness.catalog.roles import TARGET_NAMES
from harness.explain.named import number, operation
from harness.semantics import Semantics
from harness.syntax import Attribute, Binary, Call, Constant, Index, Literal, Node
from harness.trees import inputs_of


@dataclass(frozen=True, slots=True)
class Facts:
    """What resolving may ask of a tree.

    `describe` tells its shape and kind, `array` its numbers where it depends on no prediction, `declared` the point
    of a call of the catalog with all that is done to its arguments (None for any other tree), and `recognise` the point
    of a formula that is written out: what it computes, found by asking it. `alone` says that the expression has
    no input that is called a target; `opaque` that arrays which are no known loss may be read as they stand.
    """

    describe: Callable[[Node], Described]
    array: Callable[[Node], np.ndarray]
    declared: Callable[[Node], Semantics | None]
    prediction: str
    dtype: str
    recognise: Callable[[Node], Semantics | None] = lambda _node: None
    alone: bool = False
    opaque: bool = False

    def shape(self, node: Node) -> tuple[int, ...]:
        """The shape of a tree."""
        return self.describe(node).shape


def is_alone(node: Node) -> bool:
    """Whether an expression has no input that is called a target."""
    return not {*map(str.lower, inputs_of(node))} & {*TARGET_NAMES}


def constant_of(node: Node, facts: Facts) -> float | None:
    """A number that the expression fixes: a literal, a size such as `len(x)` and `x.shape[0]`, or a log of a number."""
    literal = number(node)
    if literal is not None:
        return literal
    if not _is_fixed(node):
        return None
    array = facts.array(node)
    return float(array) if array.ndim == 0 else None


def _is_fixed(node: Node) -> bool:
    match node:
        case Literal() | Constant():
            return True
        case Attribute(_, "shape" | "size" | "ndim"):
            return True
        case Call(function, _, _) if function.rpartition(".")[2] in ("len", "size", "numel", "shape"):
            return True
        case Call(_, args, _):
            return all(_is_fixed(arg) for arg in args)
        case Index(value, _):
            return _is_fixed(value)
        case Binary(_, left, right):
            return _is_fixed(left) and _is_fixed(right)
        case _:
            found = operation(node)
            return found is not None and found[0] in ("size", "numel", "len")
