"""Errors as parts of a size, written out: |p − t| / |t| and |p − t| / (|p| + |t|), however the size is kept from 0."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from harness.catalog.api import Described
from harness.explain.named import number, operation, power
from harness.explain.sums import terms
from harness.expression import inputs_of
from harness.semantics import Gradient, Layout, Reduction, Scale, Semantics, Target, Term, Value
from harness.syntax import Binary, Node

Describe = Callable[[Node], Described]
Parameters = tuple[tuple[str, Value], ...]
_LEAST = frozenset({"maximum", "clip", "clamp_min"})


def percentage(node: Node, describe: Describe) -> Semantics | None:
    """The unreduced error in parts of a size that `node` spells, or None."""
    found = _quotient(node)
    if found is None:
        return None
    (x, t, tie), size, times = found
    told = _of_size(size, x, t)
    if told is None:
        return None
    family, parameters, factor = told
    if not _is_size_of(size, t) and family == "absolute-percentage":
        x, t = t, x
    if describe(t).shape not in ((), describe(x).shape) or not inputs_of(x) or not inputs_of(t):
        return None
    return Semantics(
        Layout(x),
        Target(t),
        term=Term(family, parameters=parameters),
        reduction=Reduction(batch="none"),
        scale=Scale(constant=float(times / factor)),
        gradient=Gradient(tie=(("abs", 1.0),)) if tie else Gradient(),
    )


def _quotient(node: Node) -> tuple[tuple[Node, Node, bool], Node, Fraction] | None:
    """((p, t, whether |x| has slope 1 at 0), size, c) of c |p − t| / size."""
    match node:
        case Binary("/", upper, size) if (found := terms(upper)) is not None and len(found) == 1:
            ((error, times),) = found.items()
        case _:
            return None
    kind, inner, tie = ("", None, False) if error is None else power(error)
    match inner:
        case Binary("-", x, t) if kind == "absolute" and times > 0:
            return (x, t, tie), size, times
        case _:
            return None


def _of_size(size: Node, x: Node, t: Node) -> tuple[str, Parameters, Fraction] | None:
    """(family, parameters, what the sizes are multiplied by) of what the error is divided by."""
    floor, inner = _floored(size)
    found = _sizes(inner)
    if found is None:
        return None
    of, added = found
    factors = {*of.values()}
    arrays = [_shifted(array) for array in of]
    if len(factors) != 1 or min(factors) <= 0 or (added and floor):
        return None
    factor = factors.pop()
    given = {"epsilon": float(added / factor), "floor": float(floor / factor)}
    parameters: Parameters = tuple((name, amount) for name, amount in given.items() if amount)
    if len(arrays) == 1 and arrays[0][0] in (x, t):
        shift = arrays[0][1]
        return "absolute-percentage", (*parameters, ("added", shift)) if shift else parameters, factor
    if len(arrays) == 2 and {array for array, _ in arrays} == {x, t} and not any(s for _, s in arrays):  # noqa: PLR2004
        return "symmetric-percentage", parameters, factor
    return None


def _is_size_of(size: Node, t: Node) -> bool:
    found = _sizes(_floored(size)[1])
    return found is not None and [_shifted(array)[0] for array in found[0]] == [t]


def _floored(size: Node) -> tuple[Fraction, Node]:
    """(floor, inner) of a size that is at least that; 0 where nothing is."""
    found = operation(size)
    if found is None or found[0] not in _LEAST:
        return Fraction(0), size
    parts = [*found[1], *found[2].values()]
    bounds = [amount for part in parts if (amount := number(part)) is not None]
    others = [part for part in parts if number(part) is None]
    return (Fraction(repr(bounds[0])), others[0]) if len(bounds) == len(others) == 1 else (Fraction(0), size)


def _sizes(node: Node) -> tuple[dict[Node, Fraction], Fraction] | None:
    """Multiples of |x| by x, and the number added to them; None for anything else."""
    of: dict[Node, Fraction] = {}
    added = Fraction(0)
    waiting = [(node, Fraction(1))]
    while waiting:
        part, amount = waiting.pop()
        kind, inner, _ = power(part)
        if kind == "absolute" and inner is not None:
            of[inner] = of.get(inner, Fraction(0)) + amount
            continue
        found = terms(part)
        if found is not None and [*found] == [part]:
            found = _multiple(part)
        if found is None:
            return None
        added += amount * found.pop(None, Fraction(0))
        waiting += [(inner, amount * factor) for inner, factor in found.items() if inner is not None]
    return of, added


def _multiple(node: Node) -> dict[Node | None, Fraction] | None:
    """A sum of sizes that is halved as a whole."""
    match node:
        case Binary("/", inner, c) if amount := number(c):
            return {inner: 1 / Fraction(repr(amount))}
        case Binary("*", inner, c) | Binary("*", c, inner) if amount := number(c):
            return {inner: Fraction(repr(amount))}
        case _:
            return None


def _shifted(array: Node) -> tuple[Node, float]:
    """(t, c) of t + c."""
    match array:
        case Binary("+", t, c) if (amount := number(c)) is not None:
            return t, amount
        case _:
            return array, 0.0
