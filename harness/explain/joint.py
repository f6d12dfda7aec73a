"""Differences that are one thing to a person although several arrays change with them.

Prediction and target exchanged; both shifted along the samples; the same weights laid along another axis.
"""

from __future__ import annotations

from dataclasses import replace

from harness.explain.affine import is_complement
from harness.explain.named import operation
from harness.expression import render
from harness.semantics import Semantics, Value
from harness.syntax import Ellipsis_, Index, Literal, Node, Slice

# Operations that give an array other axes and leave its elements in their order.
_AXES_ONLY = frozenset({"unsqueeze", "squeeze", "reshape", "flatten", "identity"})


def core(node: Value | None) -> Value | None:
    """The array under operations that only add, drop or merge axes: `w` of `w[:, None]` and of `w.reshape(-1, 1)`."""
    while isinstance(node, Node):
        inner = _under(node)
        if inner is None:
            return node
        node = inner
    return node


def _under(node: Node) -> Node | None:
    if isinstance(node, Index):
        return node.value if all(_keeps_all(item) for item in node.items) else None
    found = operation(node)
    return found[1][0] if found is not None and found[0] in _AXES_ONLY and found[1] else None


def _keeps_all(item: Node) -> bool:
    return item in (Literal(None), Ellipsis_(), Slice(None, None, None))


def exchange(a: Semantics, b: Semantics) -> tuple[str, str, str] | None:
    """(factor, A's choice, B's choice) where prediction and target change together; None where they do not."""
    x, t, y, u = a.layout.prediction, a.target.source, b.layout.prediction, b.target.source
    if x == u and t == y and a.target.encoding == b.target.encoding:
        return "term.direction", f"{render(x)} against {render(t)}", f"{render(y)} against {render(u)}"
    if _mirrored(a, b) and is_complement(x, y) and is_complement(t, u):
        # A two-sided loss is the same of 1 − p and 1 − t; what is left is a guard that is wider on one side.
        return "guard.clip", f"{render(x)} against {render(t)}", f"{render(y)} against {render(u)}"
    if x != y and t != u and _shifted(x, y) and _shifted(t, u):
        left_out = _left_out((x, t), (y, u)) or _left_out((y, u), (x, t))
        factor = "weight.mask" if left_out else "target.shift"
        return factor, f"{render(x)} against {render(t)}", f"{render(y)} against {render(u)}"
    return None


def _mirrored(a: Semantics, b: Semantics) -> bool:
    return a.guard == b.guard and all(map(_symmetric, (a, b)))


def _symmetric(s: Semantics) -> bool:
    """Whether nothing but a guard tells an element's two outcomes apart."""
    weighted = s.weight.positive is not None or s.weight.balance is not None or s.modulation.focal is not None
    two_sided = s.term.family == "cross-entropy" and s.term.sides == "two" and not s.activation.chain
    return two_sided and s.target.encoding == "dense" and not weighted


def exchanged(s: Semantics, b: Semantics) -> Semantics:
    """`s` with the arrays of `b`."""
    return replace(
        s, layout=replace(s.layout, prediction=b.layout.prediction), target=replace(s.target, source=b.target.source)
    )


def _shifted(first: Node, second: Node) -> bool:
    """Whether two arrays are different parts of one, or one is a part of the other."""
    bases = _unsliced(first), _unsliced(second)
    whole = [node if base is None else base for node, base in zip((first, second), bases, strict=True)]
    return bases != (None, None) and whole[0] == whole[1]


def _left_out(whole: tuple[Node, Node], part: tuple[Node, Node]) -> bool:
    """Whether one side reads the same part of both arrays of which the other reads all."""
    items = {node.items if isinstance(node, Index) else None for node in part}
    return len(items) == 1 and all(_unsliced(own) == every for every, own in zip(whole, part, strict=True))


def _unsliced(node: Node) -> Node | None:
    """x of `x[1:]` and of `x[:, :-1]`: another part along some axes, what it consists of unchanged."""
    if isinstance(node, Index) and all(isinstance(item, Slice) and item.step is None for item in node.items):
        return node.value
    return None
