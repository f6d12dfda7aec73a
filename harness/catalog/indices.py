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
    "take_along_axis": slice(0, None),
    "take": slice(0, None),
    "index_select": slice(1, None),
}
_FROM_FIRST = frozenset({"one_hot", "arange"})


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
            yield from args[:1] if name in _FROM_FIRST else args[1:]
            yield from (value for key, value in kwargs if key in ("index", "indices", "labels"))
        case Method(_, name, args, _) if name in _INDEXING:
            yield from args[_INDEXING[name]]
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
        case Method(_, "view" | "reshape", (Sequence(items),), _):
            return len(items)
        case Method(_, "view" | "reshape", args, _):
            return len(args)
        case Method(_, "flatten" | "ravel", (), ()):
            return 1
        case Method(value, "argmax", _, _):
            return axes_of(value, inputs) - 1
        case Method(value, "squeeze", _, _):
            return axes_of(value, inputs) - 1
        case Method(value, "unsqueeze", _, _):
            return axes_of(value, inputs) + 1
        case Call(function, (value, *_), _) if function.endswith((".argmax", ".squeeze")):
            return axes_of(value, inputs) - 1
        case Call(function, (value, *_), _) if function.endswith((".one_hot", ".unsqueeze", ".expand_dims", ".stack")):
            return axes_of(value, inputs) + 1
        case _:
            leaves = [leaf.name for leaf in walk(node) if isinstance(leaf, Input)]
            return max((inputs[name].values.ndim for name in leaves), default=0)


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
