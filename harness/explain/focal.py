"""A cross-entropy times how hard its element is, written out: (1 − p_t)^γ, from p and t or from the loss itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from harness.explain.facts import Facts
from harness.explain.named import number, operation
from harness.explain.overlap import ONE, PT, P, Polynomial, T, polynomial
from harness.expression import inputs_of
from harness.semantics import Guard, Modulation, Semantics, Value, Weight, with_choice
from harness.syntax import Binary, Literal, Node, Unary
from harness.trees import walk

HARD: Polynomial = {P: Fraction(1), T: Fraction(1), PT: Fraction(-2)}  # 1 − p_t of p_t = pt + (1 − p)(1 − t).
Resolve = Callable[[Node, Facts], Semantics | None]


def focal(s: Semantics, factor: Node, facts: Facts, resolve: Resolve) -> Semantics | None:
    """The unreduced cross-entropy `s` times `factor`, where that is a power of what is missing of its probability."""
    base, exponent = _power(factor)
    if base is None or exponent is None or not _is_bare(s) or s.reduction.batch != "none":
        return None
    if not (_is_missing(s, base) or _is_missing_of_loss(s, base, facts, resolve)):
        return None
    return with_choice(s, "modulation", focal=exponent)


def balanced(s: Semantics, weight: Node) -> Semantics | None:
    """`s` weighted by αt + (1 − α)(1 − t), which is α for one outcome and 1 − α for the other."""
    elementwise = s.term.sides == "two" and s.target.encoding == "dense" and s.reduction.classes == "flat"
    told = polynomial(weight, s.layout.prediction, s.target.source) if elementwise else None
    if told is None or s.weight != Weight() or set(told) - {T, ONE}:
        return None
    alpha = 1 - told.get(ONE, Fraction(0))
    return with_choice(s, "weight", balance=float(alpha)) if told.get(T) == 2 * alpha - 1 else None


def _power(node: Node) -> tuple[Node | None, Value | None]:
    """(x, γ) of x ** γ; a number, or an input that is one."""
    match node:
        case Binary("**", base, exponent):
            pass
        case _:
            found = operation(node)
            if found is None or found[0] not in ("pow", "square") or found[2]:
                return node, 1.0
            base, exponent = found[1] if found[0] == "pow" else (found[1][0], Literal(2.0))
    return base, number(exponent)


def _is_bare(s: Semantics) -> bool:
    """Whether a loss is a cross-entropy and nothing else."""
    plain = s.term.family == "cross-entropy" and s.term.direction == "forward" and not s.term.parameters
    untouched = (s.weight, s.modulation, s.guard) == (Weight(), Modulation(), Guard()) and not s.plus
    scale = s.scale.constant == 1.0 and s.scale.offset == 0.0 and not s.scale.log_base
    return plain and untouched and scale and s.target.smoothing is None and s.target.range is None


def _is_missing(s: Semantics, base: Node) -> bool:
    """Whether `base` is p + t − 2pt, in whatever order it is multiplied out."""
    if s.term.sides != "two" or s.target.encoding != "dense":
        return False
    return any(polynomial(base, p, s.target.source) == HARD for p in _probabilities(s, base))


def _probabilities(s: Semantics, base: Node) -> Iterator[Node]:
    """Parts of `base` that are the p of `s`."""
    if s.activation.chain == ():
        yield s.layout.prediction
    for node in dict.fromkeys(walk(base)):
        found = operation(node)
        of_scores = found is not None and (found[0],) == s.activation.chain == ("sigmoid",)
        if of_scores and found is not None and found[1] == (s.layout.prediction,):
            yield node


def _is_missing_of_loss(s: Semantics, base: Node, facts: Facts, resolve: Resolve) -> bool:
    """Whether `base` is 1 − e^−loss, the loss being that of the label alone."""
    alone = s.term.sides == "two" or (s.target.encoding == "index" and s.reduction.classes == "sum")
    match base:
        case Binary("-", one, power) if number(one) == 1.0 and alone and facts.prediction in inputs_of(power):
            found = operation(power)
        case _:
            return False
    if found is None or found[0] != "exp" or len(found[1]) != 1:
        return False
    match found[1][0]:
        case Unary("-", loss):
            return resolve(loss, facts) == s
        case log_p:
            negative = resolve(log_p, facts)
            return negative is not None and with_choice(negative, "scale", sign=-negative.scale.sign) == s
