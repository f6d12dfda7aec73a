"""Which array is held against which: differences that are predictions, and divergences told the other way round."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.named import number, operation
from harness.explain.tellings.ground import Ground
from harness.semantics import Activation, Guard, Semantics, Term, with_choice
from harness.syntax import Binary, Call, Literal, Method, Node
from harness.trees import inputs_of

EVEN = frozenset({"squared", "absolute", "huber", "smooth-l1", "log-cosh"})
DIRECTED = frozenset({"kl", "cross-entropy"})
TURNED = {"forward": "reverse", "reverse": "forward"}
NOTHING = (Literal(0), Literal(0.0))


def of_two(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """An even function of a difference: of one array against the other."""
    if s.term.family not in EVEN or s.target.source not in NOTHING or s.activation.chain or s.weight.positive:
        return
    match s.layout.prediction:
        case Binary("-", a, b):
            if "prediction" in inputs_of(b) and "prediction" not in inputs_of(a):
                a, b = b, a
        case _:
            return
    expanded = ground.shape(a) != ground.shape(b)
    layout = replace(s.layout, prediction=a, broadcast="expanded" if expanded else "aligned")
    yield replace(s, layout=layout, target=replace(s.target, source=b))


def of_quotient(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """|(a − b) / b|: the error of a as a part of b."""
    if s.term.family != "absolute" or s.target.source not in NOTHING or s.activation.chain or s.weight.positive:
        return
    match s.layout.prediction:
        case Binary("/", Binary("-", a, b), whole) if whole in (a, b) and ground.shape(a) == ground.shape(b):
            told = replace(s, term=replace(s.term, family="absolute-percentage"))
            x, t = (a, b) if whole == b else (b, a)
            yield replace(told, layout=replace(s.layout, prediction=x), target=replace(s.target, source=t))
        case _:
            return


def of_logarithms(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """The squared difference of two logarithms: that of log(1 + p) and log(1 + t), or of another sum than with 1."""
    if s.term != Term("squared") or s.target.encoding != "dense" or s.activation.temperature != 1.0:
        return
    chained = Call("numpy.log", (s.layout.prediction,)) if s.activation.chain == ("log",) else s.layout.prediction
    p, t = _inside(chained), _inside(s.target.source)
    if s.activation.chain not in ((), ("log",)) or s.guard != Guard() or p is None or t is None or p[1] != t[1]:
        return
    term = Term("squared-log", parameters=() if p[1] == 1.0 else (("inside", p[1]),))
    told = replace(s, term=term, activation=Activation())
    yield replace(told, layout=replace(s.layout, prediction=p[0]), target=replace(s.target, source=t[0]))


def _inside(node: Node) -> tuple[Node, float] | None:
    """(x, c) of log(x + c)."""
    found = operation(node)
    if found is None or found[0] not in ("log", "log1p") or len(found[1]) != 1 or found[2]:
        return None
    inner = found[1][0]
    if found[0] == "log1p":
        return inner, 1.0
    match inner:
        case Binary("+", x, c) | Binary("+", c, x) if (amount := number(c)) is not None:
            return x, amount
        case _:
            return inner, 0.0


def of_root(s: Semantics, ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """An absolute error beside the root of a square: the root of its square."""
    beside = other.term.family == "squared" and other.reduction.root == "each" and other.reduction.classes == "flat"
    if not beside or s.term.family != "absolute" or s.reduction.classes != "flat" or s.reduction.root != "none":
        return
    arrays = ground.array(s.layout.prediction), ground.array(s.target.source)
    if s.activation.chain or arrays[0] is None or arrays[1] is None or np.any(arrays[0] == arrays[1]):
        return  # At 0 the slopes of the two are their own.
    told = with_choice(replace(s, term=replace(s.term, family="squared")), "reduction", root="each")
    yield replace(told, gradient=other.gradient)


def as_absolute(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """√e² is |e|, with a slope of its own at 0."""
    plain = s.term.family == "squared" and not s.term.parameters
    if plain and s.reduction.root == "each" and s.reduction.classes == "flat":
        told = with_choice(with_choice(s, "term", family="absolute"), "reduction", root="none")
        yield with_choice(told, "gradient", tie=(("abs", dict(s.gradient.tie).get("norm", math.nan)),))


def as_quantile(s: Semantics, _ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """Half of |e| is the quantile loss of the median."""
    if s.term.family == "absolute" and other.term.family == "quantile" and isinstance(s.scale.constant, float):
        told = with_choice(s, "term", family="quantile", parameters=(("quantile", 0.5),))
        yield with_choice(told, "scale", constant=2.0 * s.scale.constant)


def the_other_way_round(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """A divergence of the prediction from the target is one of the target from the prediction, reversed."""
    if s.term.family not in DIRECTED or s.term.sides != "one" or s.guard != Guard() or s.target.smoothing is not None:
        return
    if s.target.encoding != "dense" or s.weight.klass is not None:
        return
    exchanged = _exchanged(s)
    if exchanged is not None:
        x, t = exchanged
        told = replace(s, layout=replace(s.layout, prediction=x), target=replace(s.target, source=t))
        yield with_choice(told, "term", direction=TURNED[s.term.direction])


def _exchanged(s: Semantics) -> tuple[Node, Node] | None:
    """The two arrays with their places changed, each behind the activation that the place asks for."""
    x, t, chain = s.layout.prediction, s.target.source, s.activation.chain
    if not chain:
        return t, x
    found = operation(t)
    if len(chain) != 1 or found is None or found[0] != chain[0] or not found[1]:
        return None
    inner, temperature = found[1][0], s.activation.temperature
    if temperature != 1.0:
        match inner:
            case Binary("/", y, own) if temperature == own or number(own) == temperature:
                inner, x = y, Binary("/", x, own)
            case _:
                return None
    return inner, _with_argument(t, x)


def _with_argument(node: Node, x: Node) -> Node:
    match node:
        case Call(function, (_, *rest), kwargs):
            return Call(function, (x, *rest), kwargs)
        case Method(_, name, args, kwargs):
            return Method(x, name, args, kwargs)
        case _:
            raise AssertionError(node)


def as_divergence(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """A cross-entropy less the entropy of what it is taken of."""
    if len(s.plus) != 1:
        return
    parts = (replace(s, plus=()), s.plus[0])
    for cross, entropy in (parts, parts[::-1]):
        if cross.term.family != "cross-entropy" or entropy.term.family != "entropy" or cross.term.sides != "one":
            continue
        turned = cross.term.direction != entropy.term.direction
        opposite = cross.scale.sign == -entropy.scale.sign and cross.scale.constant == entropy.scale.constant
        blank = replace(entropy, term=cross.term, scale=cross.scale, target=cross.target)
        if turned and opposite and blank == replace(cross, plus=()):
            yield with_choice(replace(cross, plus=()), "term", family="kl")
