"""The losses of torch that compare embeddings: the prediction is the tree of their distance, scored like any other."""

import numpy as np

from harness.catalog.api import Arguments, from_end
from harness.catalog.torch_common import flat
from harness.semantics import Gradient, Layout, Reduction, Scale, Semantics, Target, Term, Value
from harness.syntax import Binary, Call, Literal, Node

# What torch adds to both squared norms: 1e-12 as a float32.
_ADDED = float(np.float32(1e-12))
_TAKES_THE_SIDE = Gradient(tie=(("relu", 1.0),))


def margin_ranking(a: Arguments) -> Semantics:
    """max(0, m − t(a − b))."""
    difference = Binary("-", a.node("input1"), a.node("input2"))
    shape = np.broadcast_shapes(a.shape("input1"), a.shape("input2"))
    return Semantics(
        layout=Layout(difference, broadcast="aligned" if shape == a.shape("target") else "expanded"),
        target=Target(a.node("target"), "signed"),
        term=Term("hinge", parameters=(("margin", a.value("margin")),)),
        reduction=flat(a),
        gradient=_TAKES_THE_SIDE,
    )


def cosine_embedding(a: Arguments) -> Semantics:
    """1 − cos where t is 1 and max(0, cos − m) where it is −1: the hinge embedding of the distance 1 − cos."""
    distance = Binary("-", Literal(1.0), _cosine(a.node("input1"), a.node("input2")))
    margin: Value = a.value("margin")
    complement = 1.0 - margin if isinstance(margin, float) else Binary("-", Literal(1.0), margin)
    return Semantics(
        layout=Layout(distance, broadcast="expanded"),
        target=Target(a.node("target"), "signed"),
        term=Term("hinge-embedding", parameters=(("margin", complement), ("both", 0.0))),
        reduction=flat(a),
        gradient=_TAKES_THE_SIDE,
    )


def triplet_margin(a: Arguments) -> Semantics:
    """max(0, m + d(a, p) − d(a, n)): the hinge of d(a, n) − d(a, p), which ought to be positive."""
    anchor, positive, negative = (a.node(name) for name in ("anchor", "positive", "negative"))
    far = _distance(a, anchor, negative)
    if a.plain("swap"):
        far = Call("torch.minimum", (far, _distance(a, positive, negative)))
    return Semantics(
        layout=Layout(Binary("-", far, _distance(a, anchor, positive))),
        target=Target(Literal(1.0)),
        term=Term("hinge", parameters=(("margin", a.value("margin")),)),
        reduction=flat(a),
        gradient=_TAKES_THE_SIDE,
    )


def cosine_similarity(a: Arguments) -> Semantics:
    """cos(x₁, x₂) along an axis, each norm floored; a similarity and no loss, hence the sign."""
    return Semantics(
        layout=Layout(a.node("x1"), class_axis=from_end(int(a.plain("dim") or 0), len(a.shape("x1")))),
        target=Target(a.node("x2")),
        term=Term("cosine", parameters=(("floor", a.value("eps")),)),
        reduction=Reduction(classes="sum", batch="none"),
        scale=Scale(sign=-1),
        gradient=Gradient(tie=(("norm", 0.0),), clip="through"),
    )


def _cosine(x: Node, y: Node) -> Node:
    squares = (Binary("+", _dot(v, v), Literal(_ADDED)) for v in (x, y))
    return Binary("/", _dot(x, y), Call("torch.sqrt", (Binary("*", *squares),)))


def _dot(x: Node, y: Node) -> Node:
    return Call("torch.sum", (Binary("*", x, y), Literal(-1)))


def _distance(a: Arguments, x: Node, y: Node) -> Node:
    difference = Binary("+", Binary("-", x, y), _tree(a.value("eps")))
    return Call("torch.norm", (difference, _tree(a.value("p")), Literal(-1)))


def _tree(value: Value) -> Node:
    return Literal(value) if isinstance(value, float) else value
