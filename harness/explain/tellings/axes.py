"""Axes that were moved or merged in front of a loss: the same loss of the array as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np

from harness.catalog.api import Described
from harness.explain.absorb import absorb
from harness.explain.named import operation
from harness.explain.tellings.ground import Ground
from harness.reference.interpret import Scope, interpret
from harness.reference.plain import Plain
from harness.reference.tape import Tensor
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice
from harness.syntax import Attribute, Call, Index, Input, Literal, Node, Slice
from harness.trees import rebuild

MOVES = frozenset({"transpose", "moveaxis", "movedim", "swapaxes", "permute_dims", "T", "mT"})
MERGES = frozenset({"reshape", "flatten"})
MOST_AXES = 5
INNER = "·"


def unmoved(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """A prediction whose axes were permuted: the array before, with its own class axis."""
    x, axis = s.layout.prediction, s.layout.class_axis
    found = _moved(x, ground)
    if found is None or axis is None or s.layout.softmax_axis is not None:
        return
    inner, order = found
    at = order[axis % len(order)]
    if [i for i in order if i != at] != sorted(i for i in order if i != at):
        return  # The samples themselves are in another order.
    target = s.target
    if target.encoding != "index":
        same = _moved(target.source, ground)
        if same is None or same[1] != order:
            return
        target = replace(target, source=same[0])
    yield replace(s, layout=replace(s.layout, prediction=inner, class_axis=at - len(order)), target=target)


def _moved(node: Node, ground: Ground) -> tuple[Node, tuple[int, ...]] | None:
    """(x, order) of a tree that is x with its axes in that order."""
    inner = _argument(node, MOVES)
    shape = None if inner is None else ground.shape(inner)
    if inner is None or shape is None or not 1 < len(shape) <= MOST_AXES:
        return None
    numbers = np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)
    moved = _applied(node, inner, numbers)
    orders = permutations(range(len(shape)))
    order = next((o for o in orders if moved is not None and np.array_equal(numbers.transpose(o), moved)), None)
    return None if order is None or order == tuple(range(len(shape))) else (inner, order)


def _argument(node: Node, names: frozenset[str]) -> Node | None:
    if isinstance(node, Attribute):
        return node.value if node.name in names else None
    found = operation(node)
    return found[1][0] if found is not None and found[0] in names and found[1] else None


def _applied(node: Node, inner: Node, numbers: np.ndarray) -> np.ndarray | None:
    """What the outermost operation of `node` makes of other numbers in the place of `inner`."""
    outer = _with_hole(node, inner)
    plain = Plain()
    value = interpret(outer, Scope({INNER: Tensor(plain, numbers)}, Tensor(plain, np.zeros(()))))
    return np.asarray(value.mid) if isinstance(value, Tensor) else None


def _with_hole(node: Node, inner: Node) -> Node:
    return rebuild(node, lambda child: Input(INNER) if child is inner else child)


def absorbed(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """What was done to the arrays before their axes were moved or merged."""

    def describe(node: Node) -> Described:
        array = ground.array(node)
        return Described((), integral=False) if array is None else Described(array.shape, array.dtype.kind in "iub")

    changed = absorb(s, describe, ground.dtype)
    if changed != s:
        yield changed


def squeezed(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """`x[:, 0]` of an axis of length 1: x without that axis."""
    x, t = (_squeezed(node, ground) for node in (s.layout.prediction, s.target.source))
    if (x, t) != (s.layout.prediction, s.target.source):
        yield replace(s, layout=replace(s.layout, prediction=x), target=replace(s.target, source=t))


def _squeezed(node: Node, ground: Ground) -> Node:
    match node:
        case Index(x, (*whole, Literal(0))) if all(item == Slice() for item in whole):
            shape = ground.shape(x)
        case _:
            return node
    at = len(whole)
    return Call("numpy.squeeze", (x,), (("axis", Literal(at)),)) if shape and shape[at : at + 1] == (1,) else node


def unmerged(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Positions that were merged into one axis in front of a loss that reduces them all: the arrays before."""
    x, y = s.layout.prediction, s.target.source
    inner, labels = _argument(x, MERGES), _argument(y, MERGES)
    if inner is None or labels is None or s.reduction.batch not in ("sum", "mean") or s.reduction.microbatches:
        return
    shapes = [ground.shape(node) for node in (x, inner, y, labels)]
    if any(shape is None for shape in shapes) or (s.weight.klass is not None and s.reduction.classes == "flat"):
        return
    flat, before, _, before_labels = (shape or () for shape in shapes)
    classes = s.reduction.classes != "flat" or s.layout.class_axis is not None
    if classes and (s.layout.class_axis not in (-1, 1) or len(flat) != 2 or before[-1:] != flat[-1:]):  # noqa: PLR2004
        return
    if before_labels != (before[:-1] if s.target.encoding == "index" else before):
        return
    counted = {name: tree for name in ("sample", "mask") if isinstance(tree := getattr(s.weight, name), Node)}
    whole = {name: _argument(tree, MERGES) for name, tree in counted.items()}
    if any(tree is None or ground.shape(tree) != (before[:-1] if classes else before) for tree in whole.values()):
        return
    told = with_choice(replace(s, target=replace(s.target, source=labels)), "weight", **whole)
    told = with_choice(told, "layout", prediction=inner, class_axis=-1 if classes else None)
    if FAMILIES[s.term.family].shape == "elementwise" or classes:
        denominator = "elements" if s.reduction.denominator == "samples" else s.reduction.denominator
        yield with_choice(told, "reduction", denominator=denominator)
