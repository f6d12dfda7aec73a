"""Calls of a framework that come to a given point, found by removing one difference after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.catalog import APIS
from harness.catalog.api import Api
from harness.errors import CaseError
from harness.explain.compose import Facts, resolve
from harness.explain.differences import Difference, aligned, differences
from harness.explain.forms import two_class
from harness.explain.translate.dialects import DIALECTS, Dialect, Inexpressible, retold
from harness.explain.translate.drafts import Draft
from harness.explain.translate.edits import Wish, edits_for
from harness.semantics import Semantics
from harness.syntax import Literal, Node

# Families that one API can be talked into: a divergence is a cross-entropy but for the target's entropy, and so on.
RELATED: Mapping[str, tuple[str, ...]] = {
    "huber": ("huber", "smooth-l1"),
    "smooth-l1": ("smooth-l1", "huber"),
    "logistic": ("logistic", "cross-entropy"),
    "cross-entropy": ("cross-entropy", "logistic"),
    "dice": ("dice", "tversky"),
    "tversky": ("tversky", "dice"),
    "absolute": ("absolute", "quantile"),
}
MOST_DRAFTS = 160
# What a call can leave as it is: how numbers are computed, and what only edges show.
SILENT = frozenset({"guard.order", "mode", "evaluation", "reduction.zero", "target.bad_index", "layout.broadcast"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expression with its point, and what still parts that from the goal."""

    tree: Node
    point: Semantics
    left: tuple[Difference, ...]
    length: int


def framework_apis(to: str) -> tuple[Api, ...]:
    """The catalog calls of a framework."""
    return tuple(api for api in APIS.values() if api.framework == to)


def starts(goal: Semantics, to: str) -> Iterator[Draft]:
    """The bare call of every API of `to`, with prediction and target in their places.

    Raises:
        Inexpressible: The arrays themselves cannot be made there.
    """
    dialect = DIALECTS[to]
    x, t = retold(goal.layout.prediction, dialect), retold(goal.target.source, dialect)
    parameters = dict(goal.term.parameters)
    needed = {"pos_weight": goal.weight.positive or 1.0, "var": parameters.get("variance", 1.0), "axis": goal.layout.class_axis or -1}
    for api in framework_apis(to):
        options = tuple(
            (name, Literal(v) if isinstance(v, int | float) else retold(v, dialect))
            for name, v in needed.items()
            if name in (*api.parameters, *api.call) and name not in api.defaults and (name != "axis" or "dim" in api.parameters)
        )
        yield Draft(api, options, x, t)


def candidates(goal: Semantics, start: Draft, facts: Facts, dialect: Dialect) -> Iterator[Candidate]:
    """Expressions reached from `start`, every difference either removed or shown to have no edit that removes it."""
    waiting: list[tuple[Draft, frozenset[str]]] = [(start, frozenset())]
    seen: set[Node] = set()
    while waiting and len(seen) < MOST_DRAFTS:
        draft, handled = waiting.pop()
        tree = draft.tree
        point = None if tree in seen else resolved(tree, facts)
        seen.add(tree)
        if point is None or point.term.family not in _related(goal):
            continue
        left = between(point, goal)
        factor = next((d.factor for d in left if d.factor not in handled and d.factor not in SILENT and edits_for(d.factor)), None)
        if factor is None:
            yield Candidate(tree, point, left, draft.length)
            continue
        wish = Wish(goal, point, dialect, facts.describe)
        waiting += _next(draft, factor, handled, wish, facts)


def _related(goal: Semantics) -> tuple[str, ...]:
    return RELATED.get(goal.term.family, (goal.term.family,))


def between(point: Semantics, goal: Semantics) -> tuple[Difference, ...]:
    """What must change about `point` so that it is the goal, in the coordinates in which that is least."""
    return differences(*aligned(two_class(point), two_class(goal)))


def resolved(tree: Node, facts: Facts) -> Semantics | None:
    """The point of a candidate, or None where its arguments do not fit."""
    try:
        return resolve(tree, facts)
    except (CaseError, ValueError, IndexError, TypeError, KeyError, AttributeError, AssertionError, ZeroDivisionError):
        return None


# Weights are told in several ways, which the reference tells apart better than their spelling.
_TOGETHER = {
    "weight.class": frozenset({"weight.class", "weight.sample"}),
    "weight.sample": frozenset({"weight.sample", "weight.class"}),
}


def _next(draft: Draft, factor: str, handled: frozenset[str], wish: Wish, facts: Facts) -> list[tuple[Draft, frozenset[str]]]:
    """Drafts with the factor's difference removed, the likeliest last; without any, the draft with it left."""
    edit = edits_for(factor)
    assert edit is not None
    done = handled | _TOGETHER.get(factor, frozenset({factor}))
    found: list[tuple[Draft, frozenset[str]]] = []
    try:
        for changed in edit(draft, wish):
            point = resolved(changed.tree, facts)
            if point is not None and (factor in _TOGETHER or factor not in {d.factor for d in between(point, wish.goal)}):
                found.append((changed, done if factor in _TOGETHER else handled))
    except Inexpressible:
        pass
    return found[::-1] or [(draft, done)]
