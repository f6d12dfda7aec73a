"""Hinges and logistic losses of a score and a sign, written out: max(0, 1 − sx), its square, and log(1 + e^−sx).

The sign may be the labels as they are, whatever they are: labels of 0 and 1 that were not made ±1 are read as written.
"""

from __future__ import annotations

from fractions import Fraction

from harness.explain.affine import affine
from harness.explain.binary import positive_part
from harness.explain.named import number, operation, power
from harness.explain.sums import factors, terms
from harness.expression import inputs_of
from harness.semantics import Evaluation, Gradient, Layout, Reduction, Semantics, Target, Term
from harness.syntax import Binary, Input, Node, Unary


def margin(node: Node, prediction: str, framework: str) -> Semantics | None:
    """The unreduced point of a score and a sign that `node` spells, or None."""
    kind, inner, _ = power(node)
    squared = kind == "squared" and inner is not None
    found = positive_part(inner if squared and inner is not None else node, framework)
    if found is not None:
        return _hinge(*found, prediction, squared=squared)
    exponent = _under_softplus(node)
    if exponent is None:
        return None
    told = _signed(exponent[0], prediction)
    if told is None or told[2]:
        return None
    x, target, _ = told
    form = Evaluation("stable" if exponent[1] else "naive")
    return Semantics(Layout(x), target, term=Term("logistic"), reduction=Reduction(batch="none"), evaluation=form)


def _hinge(inside: Node, slope: float, prediction: str, *, squared: bool) -> Semantics | None:
    told = _signed(inside, prediction)
    if told is None or told[2] <= 0:
        return None
    x, target, width = told
    parameters = () if width == 1 else (("margin", float(width)),)
    return Semantics(
        Layout(x),
        target,
        term=Term("squared-hinge" if squared else "hinge", parameters=parameters),
        reduction=Reduction(batch="none"),
        gradient=Gradient(tie=(("relu", slope),)) if slope and not squared else Gradient(),
    )


def _signed(node: Node, prediction: str) -> tuple[Node, Target, Fraction] | None:
    """(x, target, m) of m − s · x, where s is an input, or 2y − 1 of one."""
    found = terms(node)
    if found is None:
        return None
    width = found.pop(None, Fraction(0))
    if len(found) != 1:
        return None
    ((product, amount),) = found.items()
    for x, sign in factors(product) if product is not None else ():
        negative = isinstance(x, Unary) and x.op == "-"
        score, factor = (x.operand, -amount) if isinstance(x, Unary) and negative else (x, amount)
        if prediction not in inputs_of(score) or prediction in inputs_of(sign):
            continue
        label = affine(sign)
        if label is None or not isinstance(label.source, Input):
            continue
        told = {(Fraction(1), Fraction(0)): "signed", (Fraction(2), Fraction(-1)): "dense"}
        encoding = told.get((label.slope * -factor, label.offset * -factor))
        if encoding is not None:
            return score, Target(label.source, encoding), width
    return None


def _under_softplus(node: Node) -> tuple[Node, bool] | None:
    """(z, whether it is a call of its own) of log(1 + e^z)."""
    found = operation(node)
    if found is None or len(found[1]) != 1 or found[2]:
        return None
    name, (inner,), _ = found
    if name == "softplus":
        return inner, True
    match inner:
        case Binary("+", one, grown) | Binary("+", grown, one) if name == "log" and number(one) == 1.0:
            inside = operation(grown)
        case _:
            inside = operation(inner) if name == "log1p" else None
    exponential = inside is not None and inside[0] == "exp" and len(inside[1]) == 1
    return (inside[1][0], False) if exponential and inside is not None else None
