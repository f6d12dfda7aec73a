"""What a draft is to become, and the smallest changes to it: an option set, left out, or turned the other way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.explain.translate.dialects import Dialect, retold
from harness.explain.translate.drafts import Draft
from harness.explain.translate.reading import Describe
from harness.semantics import Semantics, Value
from harness.syntax import Literal, Node

_FLAGS = ("from_logits", "log_input", "log_target", "apply_sigmoid", "apply_softmax", "full", "compute_full_loss",
          "apply_class_balancing", "swap", "normalize")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What a draft is to become: the goal, the draft's own point, and in whose words."""

    goal: Semantics
    point: Semantics
    dialect: Dialect
    describe: Describe

    def node(self, value: Value) -> Node:
        """An amount in the dialect's words."""
        return Literal(short(float(value))) if isinstance(value, int | float) else retold(value, self.dialect)


Edit = Callable[[Draft, Wish], Iterator[Draft]]


def short(value: float) -> float | int:
    """A number as one would write it: whole ones without a point."""
    return int(value) if value.is_integer() and abs(value) < 1e6 else value  # noqa: PLR2004


def flags(draft: Draft, _wish: Wish) -> Iterator[Draft]:
    """Each flag the other way."""
    for name in _FLAGS:
        match draft.option(name):
            case Literal(bool() as value):
                yield draft.having(name, Literal(not value))
            case _:
                pass


def setting(draft: Draft, names: tuple[str, ...], value: Node) -> Iterator[Draft]:
    """The draft with one of the options `names` set to `value`, for each of them that the call has."""
    for name in names:
        if draft.option(name) is not None and draft.option(name) != value:
            yield draft.having(name, value)


def without(draft: Draft, names: tuple[str, ...]) -> Iterator[Draft]:
    """The draft without one of the options `names` that it sets, for each of them."""
    for name in names:
        rest = tuple(pair for pair in draft.options if pair[0] != name)
        if rest != draft.options:
            yield replace(draft, options=rest)
