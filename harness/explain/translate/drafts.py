"""A catalog call under construction: an API, its options, the arrays it is given, and what is written around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.catalog import api_of
from harness.catalog.api import Api, bind
from harness.syntax import Apply, Call, Input, Literal, Node
from harness.trees import rebuild, render, substitute, walk

HOLE = Input("·")
Options = tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """One candidate.

    Attributes:
        api: The call's catalog entry; None where the loss inside is a tree of its own, which stays as it is.
        options: Parameters given by name, beside prediction and target.
        prediction: The tree handed in as prediction.
        target: The tree handed in as target.
        around: What is done with the call's result, which stands in it as `HOLE`.
        inner: The loss itself, where `api` is None.
    """

    api: Api | None
    options: Options
    prediction: Node
    target: Node
    around: Node = HOLE
    inner: Node | None = None

    @property
    def call(self) -> Node:
        """The call alone."""
        if self.api is None:
            assert self.inner is not None
            return self.inner
        return made(self.api, self.options, self.prediction, self.target)

    @property
    def tree(self) -> Node:
        """The whole expression."""
        return substitute(self.around, {HOLE.name: self.call})

    def option(self, name: str) -> Node | None:
        """What an option is set to, its default, or None where the call has no such option."""
        if self.api is None or name not in (*self.api.parameters, *self.api.call):
            return None
        return dict(self.options).get(name, Literal(self.api.defaults.get(name)))

    def having(self, name: str, value: Node) -> Draft:
        """The draft with an option set, or left out where that is its default."""
        assert self.api is not None
        rest = tuple(pair for pair in self.options if pair[0] != name)
        default = name in self.api.defaults and Literal(self.api.defaults[name]) == value
        return replace(self, options=rest if default else (*rest, (name, value)))

    def wrapped(self, around: Node) -> Draft:
        """The draft inside more: `around` says where by `HOLE`."""
        return replace(self, around=substitute(around, {HOLE.name: self.around}))

    @property
    def length(self) -> int:
        """Characters of the code."""
        return len(render(self.tree))


def made(api: Api, options: Options, prediction: Node, target: Node) -> Node:
    """The call of `api`, arrays in their positions and options by name."""
    roles = {api.roles.get("prediction"): prediction, api.roles.get("target"): target}
    names = api.call or api.parameters
    arrays: list[Node] = []
    for name in names:
        if name not in roles:
            break
        arrays.append(roles[name])
    placed = names[: len(arrays)]
    order = (*api.parameters, *api.call)
    options = tuple(sorted(options, key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order)))
    given = (*((n, node) for n, node in roles.items() if n is not None and n in names and n not in placed), *options)
    if not api.call:
        return Call(api.path, tuple(arrays), given)
    constructor = tuple(pair for pair in given if pair[0] in api.parameters)
    return Apply(Call(api.path, (), constructor), tuple(arrays), tuple(pair for pair in given if pair[0] in api.call))


def taken_apart(tree: Node) -> Draft | None:
    """A side's own expression as a draft: the first catalog call in it, and what is around that; None without one."""
    call = next((node for node in walk(tree) if api_of(node) is not None), None)
    api = None if call is None else api_of(call)
    if api is None or not isinstance(call, Call | Apply):
        return None
    bound = bind(api, call)
    x, t = api.roles.get("prediction", ""), api.roles.get("target", "")
    if x not in bound:
        return None
    options = tuple((name, node) for name, node in bound.items() if name not in (x, t))
    return Draft(api, options, bound[x], bound.get(t, Literal(0.0)), _replaced(tree, call, HOLE))


def _replaced(tree: Node, old: Node, new: Node) -> Node:
    return new if tree == old else rebuild(tree, lambda child: _replaced(child, old, new))


__all__ = ["HOLE", "Draft", "Options", "made", "taken_apart"]
