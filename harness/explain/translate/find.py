"""Expressions in a framework for a given point, shortest first, each shown by the reference to be that point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property, reduce

from harness.explain.compose import Facts
from harness.explain.describe import SUBJECTS, words_of
from harness.explain.differences import Difference
from harness.explain.standing import facts_of
from harness.explain.translate.calls import Candidate, between, candidates, starts
from harness.explain.translate.check import VALUES_ONLY, Evaluator, OfPoint, OfTree, parted
from harness.explain.translate.dialects import DIALECTS, Dialect, Inexpressible
from harness.explain.translate.formula import written_out
from harness.explain.translate.kinds import Trial, trials
from harness.explain.translate.simpler import simpler, told
from harness.records import InputArray
from harness.semantics import Gradient, Guard, Semantics
from harness.syntax import Binary, Node
from harness.trees import inputs_of, render, walk

FORMULAS = frozenset({"torch", "tensorflow", "keras", "jax", "numpy"})
# Differences that may be left: what keeps a number finite, how it is rounded, and slopes that the value does not fix.
HARMLESS = (
    "guard",
    "gradient",
    "evaluation",
    "precision",
    "mode",
    "target.bad_index",
    "target.range",
)


# Losses for other purposes, which happen to be one that is asked for.
UNUSUAL = (
    "ranking_softmax_loss",
    "multilabel_soft_margin_loss",
    "MultiLabelSoftMargin",
    "NLLLoss2d",
    "perceptron",
    "safe_softmax",
    "convex_kl",
    "linear_cross_entropy",
)
UNUSUAL_COST = 80


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """An expression that is the goal on every ordinary input.

    Attributes:
        tree: The expression.
        evaluator: What the reference says of it.
        missing: Conventions of the goal that it leaves out, in words; empty if it is the goal at the edges as well.
        agrees: The trials on which it is the goal.
        exact: Whether these are all.
    """

    tree: Node
    evaluator: Evaluator
    missing: tuple[str, ...]
    agrees: tuple[Trial, ...]
    exact: bool


@dataclass(frozen=True, eq=False)
class Search:
    """A goal, where it is to be said, and on what it must hold.

    `evaluator` is what the reference says of the original; it is the goal's own unless the original is no point.
    """

    goal: Semantics
    to: str
    inputs: Mapping[str, InputArray]
    dtype: str
    wrt: str | None
    evaluator: Evaluator
    facts: Facts

    @property
    def dialect(self) -> Dialect:
        """The framework's words."""
        return replace(DIALECTS[self.to], dtype=self.dtype)

    @property
    def read_in(self) -> str:
        """The dtype whose constants apply: none is rounded, unless a guard is one of the dtype's own."""
        clip = self.goal.guard.clip or ()
        return self.dtype if any("machine" in str(bound) for bound in clip) else "float64"

    @property
    def slope(self) -> str | None:
        """The input by which derivatives are compared, where the framework has any."""
        return None if self.to in VALUES_ONLY else self.wrt

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Inputs to hold candidates against: the given ones, others of their kinds, edges."""
        names = inputs_of(self.goal.layout.prediction) | inputs_of(self.goal.target.source)
        return trials(self.inputs, tuple(sorted(names)))


def expressions_for(
    semantics: Semantics,
    to: str,
    inputs: Mapping[str, InputArray],
    dtype: str = "float32",
    wrt: str | None = "prediction",
) -> Iterator[Node]:
    """Expressions in the framework `to` that stand for a point: those exact at the edges first, shortest first.

    Args:
        semantics: The point.
        to: torch, tensorflow, keras, jax, numpy, sklearn or onnx.
        inputs: Inputs by name: shapes and kinds decide what an expression is held against.
        dtype: The dtype whose constants apply.
        wrt: The input by which derivatives are compared, or None.
    """
    yield from (accepted.tree for accepted in accepted_of(search_of(semantics, to, inputs, dtype, wrt)))


def search_of(goal: Semantics, to: str, inputs: Mapping[str, InputArray], dtype: str, wrt: str | None) -> Search:
    """The search for a point whose original is the point itself."""
    return Search(goal, to, inputs, dtype, wrt, OfPoint(goal), facts_of(inputs, dtype, wrt or "prediction"))


def inputs_in(point: Semantics) -> frozenset[str]:
    """Names of the inputs that any convention of a point reads."""
    parts: list[object] = [point]
    names: frozenset[str] = frozenset()
    while parts:
        part = parts.pop()
        if isinstance(part, Node):
            names |= inputs_of(part)
        elif isinstance(part, tuple):
            parts.extend(part)
        elif is_dataclass(part) and not isinstance(part, type):
            parts.extend(getattr(part, f.name) for f in fields(part))
    return names


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A tree to try, its point if that is known, and how it differs from the goal."""

    tree: Node
    point: Semantics | None
    left: tuple[Difference, ...]
    written: bool = False

    @property
    def cost(self) -> tuple[bool, int, int]:
        """Calls before formulas, then by parts of the code, then by characters; what is left out counts as two."""
        text = render(self.tree)
        unusual = sum(name in text for name in UNUSUAL)
        masks = sum(d.factor == "weight.mask" for d in self.left)
        return self.written, sum(1 for _ in walk(self.tree)) + 2 * masks + UNUSUAL_COST * unusual, len(text)


def accepted_of(search: Search, extra: tuple[Node, ...] = ()) -> Iterator[Accepted]:
    """Every accepted candidate: those that hold at the edges first, calls before formulas, short before long.

    Args:
        search: The goal.
        extra: Trees that are the goal already, and come first.
    """
    tries = search.trials
    for tree in extra:
        own = _accepted(search, _Proposed(tree, search.goal, ()), tries)
        if own is not None:
            yield own
    proposed: dict[Node, _Proposed] = {}
    for each in _proposals(search):
        proposed.setdefault(each.tree, each)
    others = []
    for each in sorted(proposed.values(), key=lambda each: each.cost):
        accepted = _accepted(search, each, tries)
        if accepted is not None and accepted.exact:
            yield accepted
        elif accepted is not None:
            others.append(accepted)
    yield from others


def _proposals(search: Search) -> Iterator[_Proposed]:
    goals = tuple(simpler(search.goal, search.inputs))
    try:
        for goal in goals:
            for candidate in candidates(goal, starts(goal, search.dialect), search.facts, search.dialect):
                yield _Proposed(candidate.tree, candidate.point, between(candidate.point, search.goal))
    except Inexpressible:
        pass
    yield from _of_parts(search)
    for goal in goals if search.to in FORMULAS else ():
        for variant in dict.fromkeys((replace(goal, guard=Guard()), goal)):
            try:
                yield _Proposed(
                    written_out(variant, search.dialect, search.facts.describe),
                    None,
                    between(variant, search.goal),
                    written=True,
                )
            except Inexpressible:
                continue


def _of_parts(search: Search) -> Iterator[_Proposed]:
    """Losses that are added, each by the shortest expression that says it."""
    if not search.goal.plus:
        return
    parts = (replace(search.goal, plus=()), *search.goal.plus)
    found = [next(accepted_of(replace(search, goal=part, evaluator=OfPoint(part))), None) for part in parts]
    trees = [accepted.tree for accepted in found if accepted is not None]
    if len(trees) == len(parts):
        yield _Proposed(reduce(lambda left, right: Binary("+", left, right), trees), None, ())


def _accepted(search: Search, each: _Proposed, tries: tuple[Trial, ...]) -> Accepted | None:
    evaluator = OfTree(each.tree) if each.point is None else OfPoint(each.point)
    agrees: list[Trial] = []
    edges: list[str] = []
    for trial in tries:
        apart = parted(search.evaluator, evaluator, trial, search.read_in, search.slope)
        if apart and not trial.edge:
            return None
        if apart:
            edges.append(trial.edge)
        elif apart is False or not trial.edge:
            agrees.append(trial)
    if edges and each.left and not any(_harmless(d) for d in each.left):
        return None
    return Accepted(each.tree, evaluator, _missing(each.left, edges), tuple(agrees), not edges)


def _harmless(difference: Difference) -> bool:
    return difference.factor.startswith(HARMLESS)


def _missing(left: tuple[Difference, ...], edges: list[str]) -> tuple[str, ...]:
    """What is left out, in words: only what is known not to be another spelling of the same."""
    masks = [d for d in left if d.factor == "weight.mask" and d.after[0] is not None]
    told = [*masks, *(d for d in left if edges and _harmless(d))]
    where = f"; another result where {edges[0]}" if edges else ""
    return tuple(f"{d.factor}: {_phrase(d)}{where}" for d in told) or ((f"edges{where}",) if edges else ())


def _phrase(d: Difference) -> str:
    own, wanted = words_of(d, None)
    return f"{SUBJECTS[d.factor][0].lower()}{SUBJECTS[d.factor][1:]} — {wanted}; here — {own}"


def why_not(search: Search) -> str:
    """Why there is no expression: what the nearest call lacks, or that there is none of its family."""
    facts = search.facts
    nearest: Candidate | None = None
    try:
        for candidate in candidates(search.goal, starts(search.goal, search.dialect), facts, search.dialect):
            if nearest is None or len(candidate.left) < len(nearest.left):
                nearest = candidate
        if search.to in FORMULAS:
            written_out(told(search.goal, search.inputs), search.dialect, facts.describe)
    except Inexpressible as reason:
        return str(reason)
    if nearest is None:
        return f"{search.to} has no loss of the family {search.goal.term.family}"
    lacking = [d for d in nearest.left if d.factor not in ("guard.order", "mode")]
    words = "; ".join(f"{d.factor}, {_phrase(d)}" for d in lacking)
    return f"the nearest, {render(nearest.tree)}, has no counterpart of {words or 'its gradient'}"


__all__ = ["Accepted", "Gradient", "Search", "accepted_of", "expressions_for", "why_not"]
