"""What can be done with a syntax tree without knowing any framework: walk it, rewrite it, write it out."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.syntax import (
    Apply,
    Attribute,
    Binary,
    Call,
    Constant,
    Ellipsis_,
    Index,
    Input,
    Literal,
    Method,
    Node,
    Sequence,
    Slice,
    Unary,
)

Keywords = tuple[tuple[str, Node], ...]
Part = Node | tuple[Node, ...] | Keywords | None

# Where the children of each form stand, in reading order.
_PARTS: dict[type[Node], tuple[str, ...]] = {
    Call: ("args", "kwargs"),
    Apply: ("function", "args", "kwargs"),
    Method: ("value", "args", "kwargs"),
    Attribute: ("value",),
    Unary: ("operand",),
    Binary: ("left", "right"),
    Slice: ("start", "stop", "step"),
    Index: ("value", "items"),
    Sequence: ("items",),
}

# How tightly each form binds, loosest first, as in Python's own table of operator precedence.
_BINDING = {
    "not": 0,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 1),
    "|": 2,
    "^": 3,
    "&": 4,
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "//", "%", "@"), 6),
    "**": 8,
}
_SIGN = 7
_NUMBER = 9
_POSTFIX = 10

# Longest first: jax.numpy.log is jnp.log, although jax is an alias as well.
_SPELLINGS = (
    ("torch.nn.functional.", "F."),
    ("tensorflow.", "tf."),
    ("jax.numpy.", "jnp."),
    ("numpy.", "np."),
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under `node`, in reading order."""
    return tuple(child for name in _PARTS.get(type(node), ()) for child in _flat(getattr(node, name)))


def walk(tree: Node) -> Iterator[Node]:
    """Every node of `tree`, parents before children and in reading order."""
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def inputs_of(tree: Node) -> frozenset[str]:
    """Names of the inputs that `tree` reads."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Input))


def substitute(tree: Node, mapping: Mapping[str, Node]) -> Node:
    """`tree` with the inputs named in `mapping` replaced, all at once, so that two inputs can change places."""
    if isinstance(tree, Input):
        return mapping.get(tree.name, tree)
    return rebuild(tree, lambda child: substitute(child, mapping))


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with `change` applied to each of its children."""
    changed: dict[str, Any] = {name: _changed(getattr(node, name), change) for name in _PARTS.get(type(node), ())}
    return replace(node, **changed) if changed else node


def render(tree: Node) -> str:
    """`tree` as text with the usual aliases and no more parentheses than needed; parsing it gives `tree` again."""
    return _WRITE[type(tree)](tree)


def spelling(path: str) -> str:
    """A canonical path as people write it: `torch.nn.functional.mse_loss` is `F.mse_loss`."""
    for prefix, alias in _SPELLINGS:
        if path.startswith(prefix):
            return alias + path.removeprefix(prefix)
    return path


def _flat(part: Part) -> Iterator[Node]:
    for item in part if isinstance(part, tuple) else (part,):
        if item is not None:
            yield item[1] if isinstance(item, tuple) else item


def _changed(part: Part, change: Callable[[Node], Node]) -> Part:
    if not isinstance(part, tuple):
        return part and change(part)
    return tuple((item[0], change(item[1])) if isinstance(item, tuple) else change(item) for item in part)  # type: ignore[return-value]


def _literal(tree: Literal) -> str:
    if isinstance(tree.value, str):
        return f'"{tree.value}"'
    if isinstance(tree.value, float) and not math.isfinite(tree.value):
        return f'float("{tree.value}")'
    return repr(tree.value)


def _arguments(args: tuple[Node, ...], kwargs: Keywords) -> str:
    return f"({', '.join([*map(render, args), *(f'{name}={render(value)}' for name, value in kwargs)])})"


def _operation(tree: Unary | Binary) -> str:
    level = _level(tree)
    if isinstance(tree, Unary):
        return f"not {_operand(tree.operand, level)}" if tree.op == "not" else tree.op + _operand(tree.operand, level)
    # Comparisons do not chain here, and ** groups to the right with a sign allowed there.
    left, right = {1: (2, 2), 8: (_NUMBER, _SIGN)}.get(level, (level, level + 1))
    return f"{_operand(tree.left, left)} {tree.op} {_operand(tree.right, right)}"


def _operand(node: Node, at_least: int) -> str:
    text = render(node)
    return text if _level(node) >= at_least else f"({text})"


def _level(node: Node) -> int:
    if isinstance(node, Unary):
        return _BINDING["not"] if node.op == "not" else _SIGN
    if isinstance(node, Binary):
        return _BINDING[node.op]
    if isinstance(node, Literal) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _number_level(node.value)
    return _POSTFIX + 1


def _number_level(value: float) -> int:
    """A sign in front binds like one, and digits cannot carry a dot: `(2).sum()`, not `2.sum()`."""
    if not math.isfinite(value):
        return _POSTFIX + 1
    return _SIGN if math.copysign(1, value) < 0 else _NUMBER


def _optional(node: Node | None) -> str:
    return "" if node is None else render(node)


def _indices(items: tuple[Node, ...]) -> str:
    if not items:
        return "()"
    # A tuple as the one item would be read as several: x[(0, 1),] is not x[0, 1].
    alone = len(items) == 1 and isinstance(items[0], Sequence) and items[0].kind == "tuple"
    return ", ".join(map(render, items)) + ("," if alone else "")


def _slice(tree: Slice) -> str:
    ends = f"{_optional(tree.start)}:{_optional(tree.stop)}"
    return ends if tree.step is None else f"{ends}:{render(tree.step)}"


def _sequence(tree: Sequence) -> str:
    text = ", ".join(map(render, tree.items))
    if tree.kind == "list":
        return f"[{text}]"
    return f"({text},)" if len(tree.items) == 1 else f"({text})"


_WRITE: dict[type[Node], Callable[..., str]] = {
    Literal: _literal,
    Input: lambda tree: tree.name,
    Constant: lambda tree: spelling(tree.path),
    Ellipsis_: lambda _: "...",
    Call: lambda tree: spelling(tree.function) + _arguments(tree.args, tree.kwargs),
    Apply: lambda tree: _operand(tree.function, _POSTFIX) + _arguments(tree.args, tree.kwargs),
    Method: lambda tree: f"{_operand(tree.value, _POSTFIX)}.{tree.name}" + _arguments(tree.args, tree.kwargs),
    Attribute: lambda tree: f"{_operand(tree.value, _POSTFIX)}.{tree.name}",
    Unary: _operation,
    Binary: _operation,
    Slice: _slice,
    Index: lambda tree: f"{_operand(tree.value, _POSTFIX)}[{_indices(tree.items)}]",
    Sequence: _sequence,
}
