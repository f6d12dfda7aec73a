"""The call that makes one side agree with the other, and single factors put to the framework: proof 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from harness.catalog import api_of, complete
from harness.compare import difference, within
from harness.explain.differences import Difference
from harness.explain.standing import as_arrays
from harness.explain.translate.calls import Candidate, candidates, resolved
from harness.explain.translate.check import FAILURES, Evaluator, OfPoint, parted
from harness.explain.translate.drafts import HOLE, Draft, taken_apart
from harness.explain.translate.find import Search, accepted_of, inputs_in, search_of
from harness.findings import Probe, Proof, Remedy
from harness.naming import framework_of
from harness.records import Array, Computed, Expression, InputArray
from harness.reference.arithmetic import Rounded
from harness.semantics import Semantics
from harness.syntax import Apply, Node
from harness.trees import inputs_of, render

# Framework calls per side for a remedy, and factors put to the framework one at a time.
MOST_RUN = 3
MOST_FACTORS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What the changed side is to return: the other side's point and the numbers that were observed of it.

    `room` is how far these may be off by themselves: half a unit of the last digit of a claim, else 0.
    """

    point: Semantics
    value: Array
    gradient: Array | None
    room: Array
    tree: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Where remedies are run."""

    inputs: Mapping[str, InputArray]
    dtype: str
    wrt: str | None
    probe: Probe


def remedy(  # noqa: PLR0913, PLR0917  two sides and where they are run
    a: Expression,
    b: Expression,
    points: tuple[Semantics, Semantics],
    inputs: Mapping[str, InputArray],
    dtype: str,
    wrt: str | None,
    probe: Probe,
    names: tuple[str, str] = ("A", "B"),
) -> Remedy | None:
    """The shortest change to one side's call that makes the sides agree, run; None if none was found that did.

    Changed arguments of the call come before something written around it, and that before another call.
    """
    setting = Setting(inputs, dtype, wrt, probe)
    seen = [probe(side, inputs, dtype, wrt) for side in (a, b)]
    wanted = [
        Wanted(point, s.value, s.gradient, np.zeros(s.value.shape), side.tree) if isinstance(s, Computed) else None
        for point, s, side in zip(points, seen, (a, b), strict=True)
    ]
    return best_remedy({names[0]: (a, wanted[1]), names[1]: (b, wanted[0])}, setting)


def best_remedy(sides: Mapping[str, tuple[Expression, Wanted | None]], setting: Setting) -> Remedy | None:
    """Of the changes to each side that were run and agree, the one that changes the least.

    Another call in a side's place is looked for only where no change of either side's own call agrees.
    """
    known = [(name, side, wanted) for name, (side, wanted) in sides.items() if wanted is not None]
    for changes in (_own_changes, _other_calls):
        found = [
            (cost, Remedy(name, code, verified=True))
            for name, side, wanted in known
            for cost, code in [_first_that_agrees(changes(side, wanted, setting), side, wanted, setting)]
            if code
        ]
        if found:
            return min(found, key=lambda pair: pair[0])[1]
    return None


Cost = tuple[int, int]
Change = tuple[Cost, Node, Evaluator]


def _first_that_agrees(
    changes: Iterator[Change], side: Expression, wanted: Wanted, setting: Setting
) -> tuple[Cost, str]:
    """The code that makes `side` return what is wanted, and how much of a change it is; no code if there is none."""
    for cost, tree, evaluator in islice(changes, MOST_RUN):
        if _returns(tree, evaluator, side, wanted, setting):
            return cost, _as_written(tree, setting)
    return (9, 0), ""


def _search(side: Expression, wanted: Wanted, setting: Setting) -> Search:
    names = inputs_of(side.tree) | inputs_in(wanted.point)
    # In the case's order: trials are drawn one input after the other.
    read = {name: given for name, given in setting.inputs.items() if name in names}
    return search_of(wanted.point, side.framework, read, setting.dtype, setting.wrt)


def _own_changes(side: Expression, wanted: Wanted, setting: Setting) -> Iterator[Change]:
    """The side's own call with other arguments, or with something written around it; the least change first."""
    search = _search(side, wanted, setting)
    for cost, candidate in sorted(_own(side.tree, search), key=lambda pair: pair[0]):
        if candidate.tree != side.tree and _is_goal(candidate, search, here=False):
            yield cost, candidate.tree, OfPoint(candidate.point)


def _other_calls(side: Expression, wanted: Wanted, setting: Setting) -> Iterator[Change]:
    """Other calls of the side's framework, and formulas; last what is only a copy of the other side."""
    search = _search(side, wanted, setting)
    copies = []
    for accepted in accepted_of(search):
        length = len(render(accepted.tree))
        if _is_copy(accepted.tree, wanted, side, search):
            copies.append(((1, length), accepted.tree, accepted.evaluator))
        else:
            yield (0, length), accepted.tree, accepted.evaluator
    yield from copies


def _own(tree: Node, search: Search) -> Iterator[tuple[Cost, Candidate]]:
    """Changes of the side's own call: of its arguments (0), and of what is around it (1)."""
    draft = taken_apart(tree)
    if draft is None:
        return
    starts = (
        (draft, Draft(draft.api, draft.options, draft.prediction, draft.target)) if draft.around != HOLE else (draft,)
    )
    for candidate in candidates(search.goal, starts, search.facts, search.dialect):
        around = candidate.draft.around != draft.around or candidate.draft.prediction != draft.prediction
        yield (int(around), candidate.draft.length), candidate


def _is_goal(candidate: Candidate, search: Search, *, here: bool) -> bool:
    """Whether the candidate is the goal on the given inputs, and unless `here`, on ordinary others."""
    evaluator = OfPoint(candidate.point)
    tries = [t for t in search.trials if not t.edge][: 1 if here else None]
    return not any(parted(search.evaluator, evaluator, t, search.read_in, search.slope) for t in tries)


def _is_copy(tree: Node, wanted: Wanted, side: Expression, search: Search) -> bool:
    """Whether an expression is but the other side's call, in either of its spellings."""
    if wanted.tree is None or framework_of(wanted.tree) != side.framework:
        return False
    both = api_of(tree) is not None and api_of(wanted.tree) is not None
    return tree == wanted.tree or (both and resolved(tree, search.facts) == resolved(wanted.tree, search.facts))


def _returns(tree: Node, evaluator: Evaluator, side: Expression, wanted: Wanted, setting: Setting) -> bool:
    """Whether the framework returns what is wanted, value and gradient, within the bounds of both."""
    changed = Expression(render(tree), tree, side.framework, side.environment, side.mode)
    seen = setting.probe(changed, setting.inputs, setting.dtype, setting.wrt)
    if not isinstance(seen, Computed) or seen.value.size != wanted.value.size:
        return False
    both = seen.gradient is not None and wanted.gradient is not None and wanted.gradient.shape == seen.gradient.shape
    arrays = as_arrays(setting.inputs, setting.dtype)
    try:
        bounds = [
            s(arrays, Rounded(setting.dtype), setting.dtype, setting.wrt if both else None)
            for s in (evaluator, OfPoint(wanted.point))
        ]
    except FAILURES:
        return False
    room = wanted.room + sum(_room(b.value, wanted.value.shape) for b in bounds)
    if not within(difference(wanted.value, np.reshape(seen.value, wanted.value.shape)), room):
        return False
    if not both or wanted.gradient is None or seen.gradient is None:
        return True
    slack = sum((_room(b.gradient, wanted.gradient.shape) for b in bounds), np.zeros(wanted.gradient.shape))
    return within(difference(wanted.gradient, seen.gradient), slack)


def _room(rounded: object, shape: tuple[int, ...]) -> Array:
    err = np.asarray(rounded.err)  # type: ignore[attr-defined]
    err = np.where(np.isnan(err), 0.0, err)
    return np.reshape(err, shape) if err.size == int(np.prod(shape)) else np.full(shape, np.max(err, initial=0.0))


def _as_written(tree: Node, setting: Setting) -> str:
    """The code; a loss that is given nothing but prediction and target by role is written bare."""
    match tree:
        case Apply(function, _, ()) if {"prediction", "target"} <= {*setting.inputs} and complete(
            function, setting.inputs
        ) == tree:
            return render(function)
        case _:
            return render(tree)


def single_factors(side: Expression, point: Semantics, factors: tuple[Difference, ...], setting: Setting) -> Proof:
    """Proof 3: each factor that a change of the side's own call expresses alone, put to the framework.

    Returns:
        Passed if the framework returned what the reference predicts for every such corner, failed if not for one, and
        not run if no factor can be expressed alone.
    """
    outcomes = [
        _corner(side, factor.throw(point), setting)
        for factor in factors[:MOST_FACTORS]
        if not factor.factor.startswith("gradient.")
    ]
    ran = [outcome for outcome in outcomes if outcome is not None]
    return Proof.NOT_RUN if not ran else Proof.PASSED if all(ran) else Proof.FAILED


def _corner(side: Expression, corner: Semantics, setting: Setting) -> bool | None:
    search = search_of(corner, side.framework, setting.inputs, setting.dtype, setting.wrt)
    for _, candidate in sorted(_own(side.tree, search), key=lambda pair: pair[0]):
        if candidate.tree != side.tree and _is_goal(candidate, search, here=True):
            wanted = _predicted(corner, setting)
            return None if wanted is None else _returns(candidate.tree, OfPoint(candidate.point), side, wanted, setting)
    return None


def _predicted(corner: Semantics, setting: Setting) -> Wanted | None:
    arrays = as_arrays(setting.inputs, setting.dtype)
    try:
        out = OfPoint(corner)(arrays, Rounded(setting.dtype), setting.dtype, setting.wrt)
    except FAILURES:
        return None
    value = np.asarray(out.value.mid)
    gradient = None if setting.wrt is None else np.asarray(out.gradient.mid)
    return Wanted(corner, value, gradient, np.zeros(value.shape))


__all__ = ["Setting", "Wanted", "best_remedy", "remedy", "single_factors"]
