"""Calls of a framework that come to a given point, found by removing one difference after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from harness.catalog import APIS
from harness.catalog.api import Api
from harness.errors import CaseError
from harness.explain.aligned import aligned
from harness.explain.compose import Facts, resolve
from harness.explain.differences import Difference, differences
from harness.explain.forms import two_class
from harness.explain.translate.dialects import Dialect, Inexpressible, retold
from harness.explain.translate.drafts import Draft
from harness.explain.translate.edits import edits_for
from harness.explain.translate.wish import Wish
from harness.semantics import Semantics, with_choice
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
# Options without which a call is none.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "tensorflow.nn.weighted_cross_entropy_with_logits": ("pos_weight",),
    "tensorflow.compat.v1.losses.cosine_distance": ("axis",),
    "torch.nn.functional.gaussian_nll_loss": ("var",),
    "torch.nn.GaussianNLLLoss": ("var",),
}
# Drafts that are worked on and candidates that are shown, of each API; candidates in all; drafts behind one edit.
MOST_DRAFTS_EACH = 14
MOST_FOUND_EACH = 2
MOST_FOUND = 12
MOST_BRANCHES = 6
# What a call can leave as it is: how numbers are computed, and what only edges show.
SILENT = frozenset({"guard.order", "mode", "evaluation", "reduction.zero", "target.bad_index", "layout.broadcast"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expression with its point, and what still parts that from the goal."""

    draft: Draft
    point: Semantics
    left: tuple[Difference, ...]

    @property
    def tree(self) -> Node:
        """The expression."""
        return self.draft.tree


def framework_apis(to: str) -> tuple[Api, ...]:
    """The catalog calls of a framework."""
    return tuple(api for api in APIS.values() if api.framework == to)


def starts(goal: Semantics, dialect: Dialect) -> Iterator[Draft]:
    """The bare call of every API of a framework, with prediction and target in their places.

    Raises:
        Inexpressible: The arrays themselves cannot be made there.
    """
    x, t = retold(goal.layout.prediction, dialect), retold(goal.target.source, dialect)
    parameters = dict(goal.term.parameters)
    given = {
        "pos_weight": goal.weight.positive or 1.0,
        "var": parameters.get("variance", 1.0),
        "axis": goal.layout.class_axis or -1,
    }
    nodes = {name: Literal(v) if isinstance(v, int | float) else retold(v, dialect) for name, v in given.items()}
    for api in framework_apis(dialect.name):
        names = (*api.parameters, *api.call)
        yield Draft(api, tuple((name, nodes[name]) for name in REQUIRED.get(api.path, ()) if name in names), x, t)


def candidates(goal: Semantics, drafts: Iterable[Draft], facts: Facts, dialect: Dialect) -> Iterator[Candidate]:
    """Expressions reached from `drafts`, every difference either removed or shown to have no edit that removes it.

    What is nearest to the goal is worked on first, so that the first candidates are likely the simplest.
    """
    ticket = count()
    waiting: list[tuple[int, int, int, _Stage]] = []
    for draft in drafts:
        point = resolved(draft.tree, facts)
        if point is not None and point.term.family in _related(goal):
            stage = _Stage(draft, point, _left(point, goal), frozenset())
            heappush(waiting, (len(_counted(stage.left)), draft.length, next(ticket), stage))
    worked, found = Counter[str](), Counter[str]()
    while waiting and found.total() < MOST_FOUND:
        *_, stage = heappop(waiting)
        path = stage.draft.api.path if stage.draft.api else ""
        if found[path] == MOST_FOUND_EACH or worked[path] == MOST_DRAFTS_EACH:
            continue
        worked[path] += 1
        factor = stage.next_factor()
        if factor is None:
            found[path] += 1
            yield Candidate(stage.draft, stage.point, stage.left)
            continue
        for after in _next(stage, factor, Wish(goal, stage.point, dialect, facts.describe), facts):
            size = len(_counted(after.left) - after.handled)
            heappush(waiting, (size, after.draft.length, next(ticket), after))


@dataclass(frozen=True, slots=True)
class _Stage:
    """A draft on its way, its point, and the factors that have had their edit: each has one at most."""

    draft: Draft
    point: Semantics
    left: tuple[Difference, ...]
    handled: frozenset[str]

    def next_factor(self) -> str | None:
        """The first difference that has edits and has not had its turn."""
        done = self.handled | SILENT
        return next(
            (d.factor for d in self.left if d.factor not in done and not _same(d) and edits_for(d.factor)), None
        )


def _counted(left: tuple[Difference, ...]) -> set[str]:
    return {d.factor for d in left if d.factor not in SILENT and not _same(d)}


def _nearer(after: tuple[Difference, ...], before: tuple[Difference, ...], factor: str) -> bool:
    """Whether a difference is gone, and no other has come in its place."""
    counted = _counted(after)
    return factor not in counted and len(counted) < len(_counted(before))


def _same(d: Difference) -> bool:
    """Whether a difference is one of names only, as far as weights of one per sample go."""
    return d.factor == "reduction.denominator" and {d.before[0], d.after[0]} <= {"weights", "weights-unbroadcast"}


def _related(goal: Semantics) -> tuple[str, ...]:
    return RELATED.get(goal.term.family, (goal.term.family,))


def between(point: Semantics, goal: Semantics) -> tuple[Difference, ...]:
    """What must change about `point` so that it is the goal, in the coordinates in which that is least."""
    return differences(*met(point, goal))


def _left(point: Semantics, goal: Semantics) -> tuple[Difference, ...]:
    """The same, but for a label to be ignored that is no class: where the goal has none, no input bears it."""
    mask = point.weight.mask
    no_class = goal.weight.mask is None and isinstance(mask, int | float) and mask < 0
    return between(unmasked(point) if no_class else point, goal)


def unmasked(s: Semantics) -> Semantics:
    """`s` without a label to be ignored."""
    counted = {"denominator": "elements"} if s.reduction.denominator == "kept" else {}
    return with_choice(with_choice(s, "weight", mask=None), "reduction", **counted)


def met(point: Semantics, goal: Semantics) -> tuple[Semantics, Semantics]:
    """Both in the coordinates in which they differ least."""
    return aligned(two_class(point), two_class(goal))


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


def _next(stage: _Stage, factor: str, wish: Wish, facts: Facts) -> list[_Stage]:
    """Drafts with the factor's difference removed; without any, the draft with it left."""
    edit = edits_for(factor)
    assert edit is not None
    handled = stage.handled | _TOGETHER.get(factor, frozenset({factor}))
    found: dict[Node, _Stage] = {}
    try:
        for changed in edit(stage.draft, wish):
            tree = changed.tree
            if tree in found:
                continue
            point = resolved(tree, facts)
            left = () if point is None else _left(point, wish.goal)
            if point is not None and (factor in _TOGETHER or _nearer(left, stage.left, factor)):
                found[tree] = _Stage(changed, point, left, handled)
            if len(found) == MOST_BRANCHES:
                break
    except Inexpressible:
        pass
    return [*found.values()] or [_Stage(stage.draft, stage.point, stage.left, handled)]
