"""Overlaps written out in sums: Dice, intersection over union and Tversky, over everything or over some axes.

`(2 * (p * t).sum() + s) / (p.sum() + t.sum() + s)`: what is summed above and below the line is expanded into multiples
of Σpt, Σp, Σt, Σp² and Σt², which say which of the ratios it is, however its sizes were written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from harness.catalog.api import Described
from harness.catalog.overlap import over
from harness.explain.joint import core
from harness.explain.named import number, operation, power
from harness.explain.sums import factors, terms
from harness.expression import inputs_of
from harness.semantics import Layout, Reduction, Scale, Semantics, Target, Term, Value
from harness.syntax import Binary, Literal, Node, Sequence

Describe = Callable[[Node], Described]
Monomial = tuple[int, int]  # Powers of p and of t.
Polynomial = dict[Monomial, Fraction]
Axes = Node | None
P, T, PT = (1, 0), (0, 1), (1, 1)
PP, TT = (2, 0), (0, 2)
ONE: Monomial = (0, 0)


def overlap(node: Node, describe: Describe, prediction: str) -> Semantics | None:
    """The ratio that `node` spells, as 1 less the loss that is known by its name; None if it spells none."""
    match node:
        case Binary("/", upper, lower):
            found = _arrays(upper, prediction)
        case _:
            return None
    if found is None:
        return None
    p, t, axes = found
    above, below = (_summed(part, p, t, axes) for part in (upper, lower))
    named = None if above is None or below is None else _named(above, below)
    shape = describe(p).shape
    if named is None or shape != describe(t).shape or not shape:
        return None
    whole = (core(p), core(t))
    at = _positions(axes, len(shape))
    if at is None or not all(isinstance(array, Node) for array in whole):
        return None
    p, t, at, shape = _before_layout((p, t), whole, at, describe)
    family, parameters = named
    batch = "mean" if len(at) == len(shape) else "none"
    return Semantics(
        Layout(p),
        Target(t),
        term=Term(family, parameters=(*parameters, *over(at, len(shape)))),
        reduction=Reduction(batch=batch),
        scale=Scale(sign=-1, offset=1.0),
    )


def _arrays(upper: Node, prediction: str) -> tuple[Node, Node, Axes] | None:
    """(p, t, axes) of the first Σpt above the line."""
    for part in terms(upper) or {}:
        found = None if part is None else _sum(part)
        for product in (terms(found[0]) or {}) if found is not None else {}:
            for p, t in factors(product) if product is not None else ():
                if prediction in inputs_of(p) and prediction not in inputs_of(t) and found is not None:
                    return p, t, found[1]
    return None


def _sum(node: Node) -> tuple[Node, Axes] | None:
    """(x, axes) of `sum(x, axes)`."""
    found = operation(node)
    if found is None or found[0] != "sum" or not found[1] or set(found[2]) - {"axis", "dim"}:
        return None
    _, args, kwargs = found
    return args[0], kwargs.get("axis", kwargs.get("dim", args[1] if len(args) > 1 else None))


def _summed(node: Node, p: Node, t: Node, axes: Axes) -> Polynomial | None:
    """Multiples of the sums by what they sum, the constant under 1; None for anything else."""
    parts = terms(node)
    if parts is None:
        return None
    total: Polynomial = {}
    for part, amount in parts.items():
        found = None if part is None else _sum(part)
        inner = {ONE: Fraction(1)} if part is None else None
        if found is not None and found[1] == axes:
            inner = polynomial(found[0], p, t)
            if inner is None or ONE in inner:
                return None
        if inner is None:
            return None
        total = _plus(total, inner, amount)
    return total


def polynomial(node: Node, p: Node, t: Node) -> Polynomial | None:
    """Powers of p and t with what they are multiplied by; None for anything else."""
    if node in (p, t):
        return {P if node == p else T: Fraction(1)}
    amount = number(node)
    if amount is not None:
        return {ONE: Fraction(repr(amount))} if math.isfinite(amount) else None
    kind, inner, _ = power(node)
    if kind == "squared" and inner is not None:
        return _times(*(polynomial(inner, p, t),) * 2)
    match node:
        case Binary("+" | "-" as op, left, right):
            first, second = polynomial(left, p, t), polynomial(right, p, t)
            return None if first is None or second is None else _plus(first, second, Fraction(1 if op == "+" else -1))
        case Binary("*", left, right):
            return _times(polynomial(left, p, t), polynomial(right, p, t))
        case _:
            return None


def _plus(first: Polynomial, second: Polynomial, amount: Fraction) -> Polynomial:
    none = Fraction(0)
    total = {m: first.get(m, none) + amount * second.get(m, none) for m in {**first, **second}}
    return {m: c for m, c in total.items() if c}


def _times(first: Polynomial | None, second: Polynomial | None) -> Polynomial | None:
    if first is None or second is None:
        return None
    total: Polynomial = {}
    for (i, j), a in first.items():
        total = _plus(total, {(i + k, j + m): b for (k, m), b in second.items()}, a)
    return total


# What stands in front of Σpt above the line, and below it in front of each sum.
RATIOS: tuple[tuple[int, Mapping[Monomial, int], str, tuple[tuple[str, Value], ...]], ...] = (
    (2, {P: 1, T: 1}, "dice", ()),
    (2, {PP: 1, TT: 1}, "dice", (("squared", 1.0),)),
    (1, {P: 1, T: 1, PT: -1}, "iou", ()),
)


def _named(above: Polynomial, below: Polynomial) -> tuple[str, tuple[tuple[str, Value], ...]] | None:
    """(family, parameters) of a ratio."""
    none = Fraction(0)
    both, smooth, floor = above.get(PT, none), above.get(ONE, none), below.get(ONE, none)
    sizes = {m: c for m, c in below.items() if m != ONE}
    if set(above) - {PT, ONE}:
        return None
    amounts = {"smooth": smooth, "epsilon": floor - smooth}
    given = tuple((name, float(amount)) for name, amount in amounts.items() if amount)
    for count, denominator, family, own in RATIOS:
        if both == count and sizes == denominator:
            return family, (*given, *own)
    alpha, beta = sizes.get(T, none), sizes.get(P, none)
    if both == 1 and sizes.get(PT, none) == 1 - alpha - beta and not set(sizes) - {P, T, PT} and alpha and beta:
        return "tversky", (*given, ("alpha", float(alpha)), ("beta", float(beta)))
    return None


def _positions(axes: Axes, ndim: int) -> tuple[int, ...] | None:
    """Which axes are summed over, counted from the front."""
    if axes is None or axes == Literal(None):
        return tuple(range(ndim))
    items = axes.items if isinstance(axes, Sequence) else (axes,)
    given = [number(item) for item in items]
    return None if None in given else tuple(sorted(int(axis) % ndim for axis in given if axis is not None))


def _before_layout(
    arrays: tuple[Node, Node], whole: tuple[Value | None, Value | None], at: tuple[int, ...], describe: Describe
) -> tuple[Node, Node, tuple[int, ...], tuple[int, ...]]:
    """The arrays before they were flattened, wholly or behind their samples, and the axes that are summed over."""
    p, t = whole
    shape = describe(arrays[0]).shape
    if isinstance(p, Node) and isinstance(t, Node) and describe(p).shape == describe(t).shape and describe(p).shape:
        before = describe(p).shape
        if len(at) == len(shape):
            return p, t, tuple(range(len(before))), before
        if at == (1,) and shape == (before[0], math.prod(before[1:])):
            return p, t, tuple(range(1, len(before))), before
    return *arrays, at, shape
