"""Formulas as trees, written with Python's own operators: `-(t * log_p)` builds the tree of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from harness.syntax import Binary, Literal, Node, Unary


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A tree under construction; what changes nothing (`* 1`, `+ 0`, two minus signs) is left out."""

    node: Node

    def __add__(self, other: Operand) -> Sketch:
        """Their sum."""
        return self if node_of(other) in _ZERO else _signed("+", "-", self, other)

    def __radd__(self, other: float) -> Sketch:
        """Their sum."""
        return self if node_of(other) in _ZERO else _signed("+", "-", Sketch(node_of(other)), self)

    def __sub__(self, other: Operand) -> Sketch:
        """Their difference."""
        return self if node_of(other) in _ZERO else _signed("-", "+", self, other)

    def __rsub__(self, other: float) -> Sketch:
        """Their difference."""
        return _signed("-", "+", Sketch(node_of(other)), self)

    def __mul__(self, other: Operand) -> Sketch:
        """Their product."""
        if node_of(other) in _ONE:
            return self
        return Sketch(node_of(other)) if self.node in _ONE else Sketch(Binary("*", self.node, node_of(other)))

    def __rmul__(self, other: float) -> Sketch:
        """Their product."""
        return self if node_of(other) in _ONE else Sketch(Binary("*", node_of(other), self.node))

    def __truediv__(self, other: Operand) -> Sketch:
        """Their quotient."""
        return self if node_of(other) in _ONE else Sketch(Binary("/", self.node, node_of(other)))

    def __pow__(self, exponent: Operand) -> Sketch:
        """The power."""
        return self if node_of(exponent) in _ONE else Sketch(Binary("**", self.node, node_of(exponent)))

    def __neg__(self) -> Sketch:
        """The negation."""
        match self.node:
            case Unary("-", operand):
                return Sketch(operand)
            case Literal(int() | float() as value):
                return Sketch(Literal(-value))
            case _:
                return Sketch(Unary("-", self.node))

    def compared(self, op: str, other: Operand) -> Sketch:
        """A comparison, elementwise."""
        return Sketch(Binary(op, self.node, node_of(other)))


Operand = Sketch | float

_ZERO = (Literal(0), Literal(0.0))
_ONE = (Literal(1), Literal(1.0))


def node_of(value: Operand) -> Node:
    """The tree of a sketch or number; whole numbers are written without a point."""
    if isinstance(value, Sketch):
        return value.node
    return Literal(int(value) if float(value).is_integer() and abs(value) < 1e6 else float(value))  # noqa: PLR2004


def _signed(op: str, opposite: str, left: Sketch, right: Operand) -> Sketch:
    match node_of(right):
        case Unary("-", operand):
            return Sketch(Binary(opposite, left.node, operand))
        case other:
            return Sketch(Binary(op, left.node, other))
