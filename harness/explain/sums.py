"""A tree as the sum of its terms with exact coefficients, and a term as the product of two."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from harness.explain.affine import affine
from harness.syntax import Binary, Node, Unary

Terms = dict[Node | None, Fraction]


def terms(node: Node) -> Terms | None:
    """Coefficient by term, the constant under None; None if a coefficient is not finite."""
    match node:
        case Binary("+", left, right):
            return _joined(terms(left), terms(right), 1)
        case Binary("-", left, right):
            return _joined(terms(left), terms(right), -1)
        case Unary("-", operand):
            return _joined({}, terms(operand), -1)
        case _:
            found = affine(node)
    if found is None:
        return {node: Fraction(1)}
    constant: Terms = {None: found.offset} if found.offset else {}
    return constant if found.source is None else {**constant, found.source: found.slope}


def _joined(first: Terms | None, second: Terms | None, sign: int) -> Terms | None:
    if first is None or second is None:
        return None
    none = Fraction(0)
    total = {part: first.get(part, none) + sign * second.get(part, none) for part in {**first, **second}}
    return {part: amount for part, amount in total.items() if amount}


def factors(node: Node) -> Iterator[tuple[Node, Node]]:
    """Both orders of the two factors of a product; nothing where it is none."""
    match node:
        case Binary("*", left, right):
            yield left, right
            yield right, left
        case _:
            return
