"""The binary cross-entropy written by hand: of probabilities, and of logits in the textbook's stable form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from harness.explain.affine import affine, is_complement
from harness.explain.named import number, operation
from harness.explain.sums import Terms, factors, terms
from harness.semantics import Activation, Gradient, Guard, Layout, Reduction, Semantics, Target, Term, with_choice
from harness.syntax import Binary, Literal, Node

NOTHING = Literal(0.0)
ELEMENTWISE = Reduction(batch="none")

# The slope that max(x, 0) has at 0, by how it is written and whose function it is.
_RELU = {"clamp": 1.0, "clamp_min": 1.0, "clip": 1.0, "relu": 0.0, "maximum": 0.5}
_RELU_OF = {("jax", "clip"): 0.5, ("tensorflow", "maximum"): 1.0, ("builtins", "max"): 0.5}


def binary(node: Node, framework: str) -> Semantics | None:
    """The elementwise point that `node` spells, the sign with it; None if it is no such formula."""
    parts = terms(node)
    if parts is None:
        return None
    return _of_probabilities(parts) or _of_logits(parts, framework)


def _of_probabilities(parts: Terms) -> Semantics | None:
    """c · (t log p + (1 − t) log(1 − p)), with an ε added in both logarithms or in neither."""
    if len(parts) != 2 or len(set(parts.values())) != 1 or None in parts:  # noqa: PLR2004
        return None
    amount = next(iter(parts.values()))
    pairs = [_weighted_log(part) for part in parts if part is not None]
    for first, second in (pairs, pairs[::-1]):
        if first is None or second is None:
            return None
        p, q = _added(first.inside), _added(second.inside)
        alike = p[1] == q[1] and first.floor == second.floor
        if alike and is_complement(first.target, second.target) and is_complement(p[0], q[0]):
            return _scaled(_two_sided(p[0], first.target, p[1], first.floor), -amount)
    return None


@dataclass(frozen=True, slots=True)
class _WeightedLog:
    """t · max(log a, floor)."""

    target: Node
    inside: Node
    floor: float | None = None


def _weighted_log(node: Node) -> _WeightedLog | None:
    """`t * log(a)`, `xlogy(t, a)`, `xlog1py(t, b)` or `t * log1p(b)` for a = 1 + b, its logarithm floored or not."""
    found = operation(node)
    if found is not None and found[0] in ("xlogy", "xlog1py") and len(found[1]) == 2:  # noqa: PLR2004
        return _WeightedLog(found[1][0], _inside(found[0] == "xlogy", found[1][1]))
    for t, log in factors(node):
        bare, floor = _floored(log)
        inner = operation(bare)
        if inner is not None and len(inner[1]) == 1 and inner[0] in ("log", "log1p"):
            return _WeightedLog(t, _inside(inner[0] == "log", inner[1][0]), floor)
    return None


def _inside(whole: bool, argument: Node) -> Node:  # noqa: FBT001
    return argument if whole else Binary("+", Literal(1.0), argument)


def _floored(node: Node) -> tuple[Node, float | None]:
    """(log, c) of `log.clamp(min=c)` for a negative c."""
    found = operation(node)
    if found is None or found[0] not in ("clip", "clamp_min", "maximum") or not found[1]:
        return node, None
    bounds = [number(b) for b in (*found[1][1:], *found[2].values()) if b != Literal(None)]
    low = bounds[0] if len(bounds) == 1 else None
    return (found[1][0], low) if low is not None and low < 0 else (node, None)


def _added(node: Node) -> tuple[Node, float | None]:
    """(p, ε) of `p + ε`."""
    match node:
        case Binary("+", p, epsilon) if 0.0 < (number(epsilon) or 0.0) < 0.1:  # noqa: PLR2004  more is no epsilon
            return p, number(epsilon)
        case _:
            return node, None


def _two_sided(p: Node, t: Node, epsilon: float | None, floor: float | None) -> Semantics:
    order = tuple(name for name, v in (("added_epsilon", epsilon), ("clamp", floor)) if v is not None)
    guard = Guard(added_epsilon=epsilon, clamp=floor, order=order)
    return Semantics(Layout(p), Target(t), guard=guard, term=Term(sides="two"), reduction=ELEMENTWISE)


def _of_logits(parts: Terms, framework: str) -> Semantics | None:
    """c · (max(x, 0) − xt + log(1 + e^−|x|)), whose slopes at 0 cancel only if each is the right one."""
    kinks = [(p, found) for p in parts if p is not None and (found := _softplus_of_size(p)) is not None]
    if len(kinks) != 1 or None in parts:
        return None
    part, (x, steep) = kinks[0]
    amount = parts[part]
    for other, slope in _positive_parts(parts, x, framework):
        rest = {p: c for p, c in parts.items() if p not in (part, other)}
        t = _target_in(rest, x, amount)
        if parts[other] == amount and t is not None:
            tie = 1.0 - slope + (0.5 if steep and framework == "jax" else 0.0)
            whole = Semantics(
                Layout(x), Target(t), Activation(("sigmoid",)), term=Term(sides="two"), reduction=ELEMENTWISE,
                gradient=Gradient() if tie == 0.5 else Gradient(tie=(("softplus", tie),)),  # noqa: PLR2004
            )  # fmt: skip
            return _scaled(whole, amount)
    return None


def _softplus_of_size(node: Node) -> tuple[Node, bool] | None:
    """(x, True) of `log1p(exp(-abs(x)))` and of `log(1 + exp(-abs(x)))`."""
    found = operation(node)
    if found is None or found[0] not in ("log", "log1p") or len(found[1]) != 1:
        return None
    inside = affine(found[1][0])
    if inside is None or inside.slope != 1 or inside.offset != (1 if found[0] == "log" else 0) or inside.source is None:
        return None
    power = operation(inside.source)
    exponent = affine(power[1][0]) if power is not None and power[0] == "exp" else None
    size = operation(exponent.source) if exponent is not None and exponent.source is not None else None
    if exponent is None or exponent.slope != -1 or exponent.offset or size is None or size[0] != "abs":
        return None
    return size[1][0], True


def _positive_parts(parts: Terms, x: Node, framework: str) -> Iterator[tuple[Node, float]]:
    """Terms that are max(x, 0), with their slope at 0."""
    for part in parts:
        found = None if part is None else positive_part(part, framework)
        if found is not None and part is not None and found[0] == x:
            yield part, found[1]


def positive_part(node: Node, framework: str) -> tuple[Node, float] | None:
    """(x, its slope at 0) of max(x, 0)."""
    found = operation(node)
    if found is None or found[0] not in _RELU or not found[1]:
        return None
    arguments = [*found[1], *found[2].values()]
    if found[0] == "maximum" and number(arguments[0]) == 0.0:
        arguments.reverse()
    inner, bounds = arguments[0], [number(b) for b in arguments[1:]]
    if bounds != ([] if found[0] == "relu" else [0.0]):
        return None
    return inner, _RELU_OF.get((framework, found[0]), _RELU[found[0]])


def _target_in(rest: Terms, x: Node, amount: Fraction) -> Node | None:
    """t of what is left, −xt; 0 where nothing is."""
    if not rest:
        return NOTHING
    if len(rest) != 1:
        return None
    product, coefficient = next(iter(rest.items()))
    if product is None or coefficient != -amount:
        return None
    return next((t for t, other in factors(product) if other == x), None)


def _scaled(s: Semantics, amount: Fraction) -> Semantics:
    return with_choice(s, "scale", constant=abs(float(amount)), sign=1 if amount > 0 else -1)


__all__ = ["binary"]
