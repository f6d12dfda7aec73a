"""scipy.stats.entropy: the entropy of a distribution, or the divergence of one from another."""

from harness.catalog.api import Api, Arguments, from_end
from harness.semantics import Guard, Layout, Reduction, Scale, Semantics, Target, Term
from harness.syntax import Binary, Call, Input, Literal, Node
from harness.trees import inputs_of

_NORMALISED = Guard(renormalise=True, order=("renormalise",))


def entropy(a: Arguments) -> Semantics | None:
    """Σ pk log(pk / qk), or −Σ pk log pk without qk; both are divided by their sums first.

    The prediction is qk, as in every other divergence, unless it is pk that is called so: then the term is reversed.
    """
    axis, base = a.plain("axis"), a.plain("base")
    if axis is None or a.plain("keepdims"):
        return None
    scale = Scale(log_base=0.0 if base is None else float(base))
    first, second = a.node("pk"), a.node("qk") if a.given("qk") else None
    last = from_end(int(axis), len(a.shape("pk")))
    reduction = Reduction("sum", "none")
    if second is None:
        layout, target, term = Layout(first, last), Target(Literal(0.0)), Term("entropy")
        return Semantics(layout, target, guard=_NORMALISED, term=term, reduction=reduction, scale=scale)
    names = [Input("prediction") if "prediction" in inputs_of(tree) else None for tree in (first, second)]
    reverse = names[0] is not None and names[1] is None
    prediction, target_tree = (first, second) if reverse else (second, first)
    direction = "reverse" if reverse else "forward"
    return Semantics(
        layout=Layout(prediction, last),
        target=Target(_normalised(target_tree, int(axis))),
        guard=_NORMALISED,
        term=Term("kl", direction=direction, parameters=(("zero_target", 1.0),)),
        reduction=reduction,
        scale=scale,
    )


def _normalised(tree: Node, axis: int) -> Node:
    total = Call("numpy.sum", (tree,), (("axis", Literal(axis)), ("keepdims", Literal(True))))  # noqa: FBT003
    return Binary("/", tree, total)


APIS = (
    Api("scipy.stats.entropy", "numpy", ("pk", "qk", "base", "axis", "nan_policy", "keepdims"),
        {"target": "pk", "prediction": "qk"}, entropy, {"axis": 0, "qk": None, "base": None, "keepdims": False},
        family="divergence"),
)  # fmt: skip
