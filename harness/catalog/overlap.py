"""Which axes a ratio of sums runs over."""

from harness.catalog.api import Arguments
from harness.semantics import Value
from harness.syntax import Literal, Node, Sequence


def axes_of(a: Arguments, name: str, ndim: int) -> tuple[int, ...]:
    """The axes given for a parameter, counted from the front; all of them where it is None."""
    node = a.nodes.get(name, Literal(a.defaults.get(name)))
    if node == Literal(None):
        return tuple(range(ndim))
    items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else (node,)
    given = (item.value for item in items if isinstance(item, Literal))
    return tuple(sorted(int(axis) % ndim for axis in given if axis is not None))


def over(axes: tuple[int, ...], ndim: int) -> tuple[tuple[str, Value], ...]:
    """The parameter `over` of a ratio: axes counted from the end; left out where it is all of them."""
    if axes == tuple(range(ndim)):
        return ()
    return (("over", Sequence(tuple(Literal(axis - ndim) for axis in axes), "tuple")),)
