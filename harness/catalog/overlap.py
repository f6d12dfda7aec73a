"""Which axes a ratio of sums runs over, as the parameter `over` of the families that are ratios."""

from harness.catalog.api import Arguments
from harness.syntax import Literal, Node, Sequence


def axes_of(a: Arguments, name: str, ndim: int) -> tuple[int, ...]:
    """The axes given for a parameter, counted from the front; all of them where it is None."""
    node = a.nodes.get(name, Literal(a.defaults.get(name)))
    if node == Literal(None):
        return tuple(range(ndim))
    items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else (node,)
    return tuple(sorted(int(item.value) % ndim for item in items if isinstance(item, Literal) and item.value is not None))


def over(axes: tuple[int, ...], ndim: int) -> float | None:
    """0 all axes, 1 all but the first, 2 all but the last, 3 the last, 4 all but those two; None for other axes."""
    known = (range(ndim), range(1, ndim), range(ndim - 1), range(ndim - 1, ndim), range(1, ndim - 1))
    codes = [float(code) for code, candidate in enumerate(known) if tuple(candidate) == axes]
    return codes[0] if codes else None
