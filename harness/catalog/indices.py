"""Which inputs a tree uses as class indices, labels or positions: those are given to a framework as int64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from harness.catalog.api import Api, bind
from harness.records import InputArray
from harness.syntax import Apply, Call, Constant, Ellipsis_, Index, Input, Literal, Method, Node, Sequence, Slice
from harness.trees import walk

# Functions whose arguments hold positions: which of them do, as a slice of the arguments behind the receiver.
_INDEXING = {
    "gather": slice(0, None),
    "gather_nd": slice(0, 1),
    "index_select": slice(1, None),
    "repeat": slice(0, 1),
    "repeat_interleave": slice(0, 1),
    "scatter": slice(1, 2),
    "take": slice(0, None),
    "take_along_axis": slice(0, None),
    "take_along_dim": slice(0, None),
}
_FROM_FIRST = frozenset({"arange", "multi_hot", "one_hot", "to_categorical"})
_KEYWORDS = frozenset({"index", "indices", "labels", "repeats"})


def index_inputs(tree: Node, inputs: Mapping[str, InputArray], api_of: Callable[[Node], Api | None]) -> frozenset[str]:
    """Names of the integral inputs that stand in `tree` where integers are needed."""
    used = (part for node in walk(tree) for part in _positions(node, inputs, api_of))
    names = {leaf.name for part in used for leaf in walk(part) if isinstance(leaf, Input)}
    return frozenset(name for name in names if inputs[name].integral)


def _positions(node: Node, inputs: Mapping[str, InputArray], api_of: Callable[[Node], Api | None]) -> Iterator[Node]:
    match node:
        case Index(_, items):
            yield from items
        case Call(function, args, kwargs) if (name := function.rpartition(".")[2]) in _INDEXING or name in _FROM_FIRST:
            yield from args[:1] if name in _FROM_FIRST else args[1:][_INDEXING[name]]
            yield from (value for key, value in kwargs if key in _KEYWORDS)
        case Method(_, name, args, kwargs) if name in _INDEXING:
            yield from args[_INDEXING[name]]
            yield from (value for key, value in kwargs if key in _KEYWORDS)
        case _:
            pass
    api = api_of(node)
    if api is not None and api.index_target != "never":
        assert isinstance(node, Call | Apply)
        yield from _index_target(api, bind(api, node), inputs)


def _index_target(api: Api, bound: Mapping[str, Node], inputs: Mapping[str, InputArray]) -> Iterator[Node]:
    target, prediction = bound.get(api.roles["target"]), bound.get(api.roles["prediction"])
    if target is None or prediction is None:
        return
    fewer = axes_of(target, inputs) < axes_of(prediction, inputs)
    if api.index_target == "always" or fewer:
        yield target


def axes_of(node: Node, inputs: Mapping[str, InputArray]) -> int:
    """The number of axes of the array that a tree yields, as far as its syntax tells.

    What is not told apart (elementwise functions, casts) keeps the most axes of what is in it.
    """
    match node:
        case Input(name):
            return inputs[name].values.ndim
        case Index(value, items):
            return axes_of(value, inputs) + sum(_axes_of_item(item, inputs) for item in items)
        case Method(value, name, args, _) if (known := _axes_after(name, value, args, inputs)) is not None:
            return known
        case Call(function, (value, *args), _) if (
            known := _axes_after(function.rpartition(".")[2], value, tuple(args), inputs)
        ) is not None:
            return known
        case _:
            leaves = [leaf.name for leaf in walk(node) if isinstance(leaf, Input)]
            return max((inputs[name].values.ndim for name in leaves), default=0)


# How many axes a function adds.
_ADDED = {"argmax": -1, "argmin": -1, "squeeze": -1, "expand_dims": 1, "one_hot": 1, "stack": 1, "unsqueeze": 1}


def _axes_after(name: str, value: Node, args: tuple[Node, ...], inputs: Mapping[str, InputArray]) -> int | None:
    """The axes of what a function makes of `value`; None where that is not told by its name."""
    match name, args:
        case (("view" | "reshape"), (Sequence(items),)):
            return len(items)
        case (("view" | "reshape"), _):
            return len(args)
        case (("flatten" | "ravel"), ()):
            return 1
        case _:
            return axes_of(value, inputs) + _ADDED[name] if name in _ADDED else None


def _axes_of_item(item: Node, inputs: Mapping[str, InputArray]) -> int:
    """What one item of an index adds to the axes of what is indexed."""
    match item:
        case Slice() | Ellipsis_():
            return 0
        case Literal(None) | Constant():
            return 1
        case Literal():
            return -1
        case _:
            return axes_of(item, inputs) - 1


__all__ = ["axes_of", "index_inputs"]
