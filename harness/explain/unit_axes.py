"""Axes of length 1 that people add and drop around a call, where they change nothing but what a mean seems to count.

`x[None]`, `x[0]` of a batch of one, `x.view(-1, 4)` of four numbers: prediction and target without them are the same
loss, once "divided by the length of the leading axis" is told as the count that it is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Described
from harness.explain.named import operation
from harness.semantics import Semantics
from harness.syntax import Ellipsis_, Index, Literal, Node, Slice

Describe = Callable[[Node], Described]
_RESHAPES = frozenset({"unsqueeze", "squeeze", "reshape"})


def without_unit_axes(s: Semantics, describe: Describe) -> Semantics:
    """`s` with the leading axes of length 1 taken off prediction and target, where both stay in step."""
    s = _counted(s, describe)
    weighted = s.weight.sample is not None or (s.weight.mask is not None and isinstance(s.weight.mask, Node))
    if s.layout.broadcast != "aligned" or weighted or s.layout.class_axis not in (None, -1):
        return s
    x, t = _bare(s.layout.prediction, describe), _bare(s.target.source, describe)
    if (x, t) == (s.layout.prediction, s.target.source) or not _in_step(s, describe(x).shape, describe(t).shape):
        return s
    return replace(s, layout=replace(s.layout, prediction=x), target=replace(s.target, source=t))


def adds_axes(items: tuple[Node, ...]) -> bool:
    """Whether an index only adds axes of length 1."""
    return all(item in (Literal(None), Ellipsis_(), Slice(None, None, None)) for item in items)


def _counted(s: Semantics, describe: Describe) -> Semantics:
    """A mean over the leading axis, told by what it counts: one sample, or the elements of an array with one axis."""
    shape = describe(s.layout.prediction).shape
    if (
        s.reduction.denominator != "samples"
        or s.reduction.batch != "mean"
        or s.reduction.classes != "flat"
        or not shape
    ):
        return s
    if len(shape) == 1:
        return replace(s, reduction=replace(s.reduction, denominator="elements"))
    one = shape[0] == 1
    return replace(s, reduction=replace(s.reduction, batch="sum", denominator="elements")) if one else s


def _bare(node: Node, describe: Describe) -> Node:
    while True:
        inner = _under(node)
        if inner is None or _long(describe(inner).shape) != _long(describe(node).shape):
            return node
        node = inner


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    # One axis at least, so that a scalar and its one element are not told apart.
    return tuple(n for n in shape if n != 1) or (1,)


def _under(node: Node) -> Node | None:
    if isinstance(node, Index):
        return node.value if adds_axes(node.items) or node.items == (Literal(0),) else None
    found = operation(node)
    return found[1][0] if found is not None and found[0] in _RESHAPES and found[1] else None


def _in_step(s: Semantics, x: tuple[int, ...], t: tuple[int, ...]) -> bool:
    if s.target.encoding == "index":
        return t == x[:-1]
    return t in (x, ())
