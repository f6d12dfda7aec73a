"""Targets that were smoothed by hand: a·t + b with exact rational a and b, and what that is called.

`t * 0.9 + 0.1 / 5`, `t * (1 - e) + (1 - t) * e / 4`: numbers are read as the decimals they were written as, so that the
convention follows from equations that hold exactly or not at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from harness.explain.named import operation
from harness.semantics import Smoothing
from harness.syntax import Binary, Literal, Node, Unary
from harness.trees import walk


@dataclass(frozen=True, slots=True)
class Affine:
    """slope · source + offset; without a source, a number."""

    source: Node | None
    slope: Fraction
    offset: Fraction


def affine(node: Node) -> Affine | None:
    """`node` as an affine function of one part of it, the outermost that is no arithmetic; None if it is none."""
    match node:
        case Literal(value) if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(value)
        case Unary("-", operand):
            return _times(affine(operand), Fraction(-1))
        case Binary("+", left, right):
            return _plus(affine(left), affine(right))
        case Binary("-", left, right):
            return _plus(affine(left), _times(affine(right), Fraction(-1)))
        case Binary("*", left, right):
            return _product(affine(left), affine(right))
        case Binary("/", left, right):
            return _quotient(affine(left), affine(right))
        case _:
            return Affine(node, Fraction(1), Fraction(0))


def _number(value: float) -> Affine | None:
    return Affine(None, Fraction(0), Fraction(repr(value))) if math.isfinite(value) else None


def _times(x: Affine | None, factor: Fraction) -> Affine | None:
    return None if x is None else Affine(x.source, x.slope * factor, x.offset * factor)


def _plus(x: Affine | None, y: Affine | None) -> Affine | None:
    if x is None or y is None or (None not in (x.source, y.source) and x.source != y.source):
        return None
    return Affine(x.source or y.source, x.slope + y.slope, x.offset + y.offset)


def _product(x: Affine | None, y: Affine | None) -> Affine | None:
    if x is None or y is None or None not in (x.source, y.source):
        return None
    return _times(x, y.offset) if y.source is None else _times(y, x.offset)


def _quotient(x: Affine | None, y: Affine | None) -> Affine | None:
    return None if x is None or y is None or y.source is not None or not y.offset else _times(x, 1 / y.offset)


def is_complement(x: Node, y: Node) -> bool:
    """Whether y is 1 − x, however either is written."""
    first, second = affine(x), affine(y)
    if first is None or second is None or first.source != second.source or first.source is None:
        return False
    return first.slope == -second.slope and first.offset + second.offset == 1


def smoothing(node: Node, classes: int | None) -> tuple[Node, Smoothing] | None:
    """What `node` smooths, and how: t is its source, K the number of classes; None if it smooths nothing."""
    found = affine(node)
    if found is None or found.source is None or found.slope <= 0 or found.offset == 0 or operation(node) is not None:
        return None
    kind = _kind(found, classes, node)
    return None if kind is None else (found.source, Smoothing(kind[0], float(kind[1])))


def _kind(found: Affine, classes: int | None, node: Node) -> tuple[str, Fraction] | None:
    keep, add = found.slope, found.offset
    if classes is not None and keep + add == 1:
        return "added", add * classes
    if classes is not None and keep + add * classes == 1:
        over_all, over_others = 1 - keep, add * (classes - 1)
        # Two names for one target: the amount that its author wrote down tells which was meant.
        return (
            ("others", over_others)
            if over_others in _written(node) - {over_all} and over_all not in _written(node)
            else ("uniform", over_all)
        )
    return ("binary", 1 - keep) if keep + 2 * add == 1 else None


def _written(node: Node) -> set[Fraction]:
    literals = (part.value for part in walk(node) if isinstance(part, Literal))
    return {Fraction(repr(v)) for v in literals if isinstance(v, int | float) and not isinstance(v, bool)}
