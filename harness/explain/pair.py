"""Two standings, one aspect: the verdict, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.compare import broadcastable, diverge, identical, within
from harness.errors import CaseError
from harness.explain.account import factors_of, rounding_of, worths_of
from harness.explain.aligned import aligned
from harness.explain.blame import blame
from harness.explain.describe import stage_table, words_of
from harness.explain.differences import Difference, differences
from harness.explain.formula import formula
from harness.explain.meeting import Met, bound_of, meet, seen_differences, told_apart
from harness.explain.parting import described, parting_input, parting_inputs
from harness.explain.plain import is_opaque
from harness.explain.question import Question, Standing
from harness.explain.search import factors_between, search
from harness.explain.shares import Worth
from harness.explain.standing import Enclosed, Reference
from harness.expression import inputs_of
from harness.findings import Comparison, Divergence, Explanation, Factor, Inactive, Proof, Proofs, Rival
from harness.records import Array, Scope, Verdict
from harness.semantics import Semantics

SHOWN = 3
CHANCE = 0.2  # Points that may fit by chance where one is still believed.


def explain_pair(a: Standing, b: Standing, aspect: str, question: Question) -> Comparison:
    """Compare one aspect of two sides.

    Args:
        a: Side A.
        b: Side B; the gap is B − A.
        aspect: "value" or "gradient"; both sides must have it.
        question: The inputs and dtype.

    Returns:
        A Comparison whose shares and steps sum to its gap.
    """
    try:
        return _compared(a, b, aspect, question)
    except (CaseError, ValueError, IndexError) as error:
        # One side's conventions do not fit the other's arrays: then the numbers are all there is to compare.
        bare = [replace(side, semantics=None) for side in (a, b)]
        message = f"their points cannot be held against each other: {error}"
        return replace(_compared(bare[0], bare[1], aspect, question), message=message)


def _compared(a: Standing, b: Standing, aspect: str, question: Question) -> Comparison:
    a, b = _read(a, b), _read(b, a)
    met = meet(a, b, aspect, question)
    numbers = met.numbers
    if not broadcastable(*numbers):
        return _incomparable(a, b, aspect, question, numbers)
    numbers = numbers[0], np.reshape(numbers[1], numbers[0].shape)
    bound = bound_of(a, b, aspect, met, numbers[0].shape, question)
    divergence = diverge(*numbers, bound, question.dtype)
    passed = a.stands(aspect, question.dtype) and b.stands(aspect, question.dtype)
    # An infinite bound says that a number means nothing there; it cannot make two different ones equal.
    told = np.isfinite(bound) | (divergence.detail == 0)
    same = within(divergence.detail, bound) and bool(np.all(told)) and not met.form
    if same and not (passed and told_apart(met, numbers, aspect, question)):
        return _equal(a, b, aspect, question, met, divergence, passed=passed)
    if (
        question.searching
        and (a.semantics is None) != (b.semantics is None)
        and (a.claimed or b.claimed)
        and aspect == "value"
    ):
        return _hypothesised(a, b, question, met, divergence)
    return _explained(a, b, aspect, question, met, divergence)


def _read(side: Standing, other: Standing) -> Standing:
    """A side; without its point where that is of an array that only the other side's point could say more of."""
    own, its = side.semantics, other.semantics
    if own is None or not is_opaque(own) or (its is not None and its.layout.prediction == own.layout.prediction):
        return side
    return replace(side, semantics=None, reference=None)


def _hypothesised(a: Standing, b: Standing, question: Question, met: Met, divergence: Divergence) -> Comparison:
    """A side without a known point is given the simplest one near the other's that returns its numbers."""
    known, unknown = (a, b) if b.semantics is None else (b, a)
    assert known.semantics is not None
    enclosed = unknown.enclosed("value") or unknown.enclosed("value", as_written=True)
    room = (
        divergence.bounds
        if enclosed is None
        else np.maximum(divergence.bounds, np.reshape(enclosed.bound, divergence.bounds.shape))
    )
    room = np.where(np.isfinite(room), room, 0.0)
    numbers = met.numbers[1] if known is a else met.numbers[0]
    found = search(known.semantics, np.reshape(numbers, room.shape), room, question.inputs, question.dtype)
    rivals = tuple(_rival(known.semantics, other) for other in found.fitting)
    fit = by_chance(found.tried, unknown.value, room)
    if not rivals or fit > CHANCE:
        bare = _explained(a, b, "value", question, met, divergence)
        return _coincident(bare, rivals, found.tried, fit) if rivals else bare
    reached = (
        unknown.reference
        or unknown.written
        or Reference(Enclosed(unknown.value, np.zeros_like(unknown.value), np.reshape(room, unknown.value.shape)), None)
    )
    guess = replace(unknown, semantics=found.fitting[0], reference=reached)
    sides = (known, guess) if known is a else (guess, known)
    comparison = _explained(*sides, "value", question, meet(*sides, "value", question), divergence)
    return replace(comparison, explanation=replace(comparison.explanation, rivals=rivals[1:]))


def _coincident(comparison: Comparison, rivals: tuple[Rival, ...], tried: int, fit: float) -> Comparison:
    """What fits, but may do so by chance: all of it is a rival, and none is the cause."""
    message = f"{tried} losses near the other side's were tried; digits this few fit about {fit:.2g} of them by chance"
    explanation = replace(comparison.explanation, rivals=rivals[:SHOWN])
    return replace(comparison, explanation=explanation, message=message)


def by_chance(tried: int, value: Array, room: Array) -> float:
    """How many of the points that were tried would return such numbers by chance: few digits fit many."""
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.where(value == 0.0, 1.0, 2.0 * room.reshape(value.shape) / np.abs(value))
    return tried * float(np.prod(np.minimum(width, 1.0)))


def _rival(known: Semantics, other: Semantics) -> Rival:
    factors = factors_between(known, other)
    return Rival(
        factors,
        "also fits these numbers: "
        + "; ".join(f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(*aligned(known, other))),
    )


def _incomparable(
    a: Standing, b: Standing, aspect: str, question: Question, numbers: tuple[Array, Array]
) -> Comparison:
    shapes = tuple(n.shape for n in numbers)
    message = f"no common form: {a.name} has shape {shapes[0]}, {b.name} has shape {shapes[1]}"
    return Comparison(
        (a.name, b.name), question.dtype, "eager", aspect, Verdict.INCOMPARABLE, None, Explanation(), message=message
    )


def _points_proof(a: Standing, b: Standing, *, passed: bool) -> Proof:
    known = a.reference is not None and b.reference is not None
    return Proof.PASSED if passed else Proof.FAILED if known else Proof.NOT_RUN


def _equal(
    a: Standing, b: Standing, aspect: str, question: Question, met: Met, divergence: Divergence, *, passed: bool
) -> Comparison:
    exact = identical(a.observed(aspect), b.observed(aspect))
    scope, parting = None, ""
    inactive: tuple[Inactive, ...] = ()
    if a.semantics is not None and b.semantics is not None:
        inactive = _inactive(seen_differences(met, aspect), met.points[0], aspect, question)
        scope, parting = _scope(inactive)
        if scope == Scope.EVERYWHERE:
            scope, parting = _scope_as_written(a, b, aspect, question)
    explanation = Explanation(
        inactive=inactive,
        residual=divergence.gap,
        proofs=Proofs(_points_proof(a, b, passed=passed), Proof.PASSED),
        stages=stage_table(*met.points, question.prediction_is) if scope else (),
        formulas=_formulas(a, b),
        blame=blame(a, b, aspect, question) if not passed else "",
        reference=_references(a, b, aspect, divergence),
    )
    verdict = Verdict.IDENTICAL if exact else Verdict.EQUAL
    return Comparison(
        (a.name, b.name), question.dtype, "eager", aspect, verdict, divergence, explanation, scope, parting
    )


def _scope(inactive: tuple[Inactive, ...]) -> tuple[Scope, str]:
    parting = next((row.activates for row in inactive if row.activates), "")
    return (Scope.HERE if parting else Scope.EVERYWHERE), parting


def _scope_as_written(a: Standing, b: Standing, aspect: str, question: Question) -> tuple[Scope, str]:
    """What points do not say of expressions: an epsilon too small for these numbers, a count that is kept from 0."""
    sides = a.spelled, b.spelled
    # The same labels in another input: no choice of numbers for one of the two would say anything.
    read = [set() if side.tree is None else inputs_of(side.tree) for side in (a, b)]
    if None in sides or all(isinstance(side, Semantics) for side in sides) or read[0] != read[1]:
        return Scope.EVERYWHERE, ""
    found = parting_input(*sides, question.tries(aspect))  # type: ignore[arg-type]
    return (Scope.EVERYWHERE, "") if found is None else (Scope.HERE, described(found, question.inputs))


def _inactive(unseen: Sequence[Difference], point: Semantics, aspect: str, question: Question) -> tuple[Inactive, ...]:
    # The same labels in another input: no choice of numbers for one of the two would say anything.
    told = [d for d in unseen if not _other_inputs(d)]
    tried = parting_inputs(point, [d.throw(point) for d in told], question.tries(aspect))
    activates = {id(d): described(i, question.inputs) for d, i in zip(told, tried, strict=True) if i is not None}
    return tuple(Inactive(d.factor, *words_of(d, question.prediction_is), activates.get(id(d), "")) for d in unseen)


def _other_inputs(difference: Difference) -> bool:
    if difference.factor not in ("target.encoding", "target.source", "layout.prediction"):
        return False
    return inputs_of(difference.before[0]) != inputs_of(difference.after[0])


def _formulas(a: Standing, b: Standing) -> tuple[str, str]:
    return tuple("" if s.semantics is None else formula(s.semantics) for s in (a, b))  # type: ignore[return-value]


def _references(a: Standing, b: Standing, aspect: str, divergence: Divergence) -> tuple[float, float] | None:
    enclosed = a.enclosed(aspect), b.enclosed(aspect)
    if divergence.detail.size == 0:
        return None
    shape = divergence.detail.shape
    if enclosed[0] is None or enclosed[1] is None or not enclosed[0].exact.shape == enclosed[1].exact.shape == shape:
        return None
    return float(enclosed[0].exact[divergence.at]), float(enclosed[1].exact[divergence.at])


def _explained(
    a: Standing, b: Standing, aspect: str, question: Question, met: Met, divergence: Divergence
) -> Comparison:
    known = a.semantics is not None and b.semantics is not None
    stands = all(s.stands(aspect, question.dtype) or s.stands_as_written(aspect, question.dtype) for s in (a, b))
    if not stands and not question.searching:
        return Comparison(
            (a.name, b.name),
            question.dtype,
            "eager",
            aspect,
            Verdict.UNEXPLAINED,
            divergence,
            Explanation(residual=divergence.gap),
        )
    rounding = rounding_of(a, b, aspect, question, met)
    found: tuple[Worth, ...] = ()
    factors: tuple[Factor, ...] = ()
    residual = divergence.gap
    # First what rounding alone could not have moved; if much is left, what is smaller than that as well.
    for room in (
        (np.where(np.isfinite(divergence.bounds), divergence.bounds, 0.0), np.zeros(divergence.bounds.shape))
        if known
        else ()
    ):
        found = worths_of(met, aspect, question, room)
        factors, residual = factors_of(found, rounding, met, divergence, question, (a.name, b.name))
        if factors and within(np.asarray(residual), np.asarray(divergence.bound)):
            break
    # Shares are float64 numbers themselves: where the sides are, too, they are rounded as much.
    own = divergence.bound if question.dtype == "float64" else 0.0
    left = within(np.asarray(residual), divergence.bound + own + np.zeros(())) if known else False
    # Several sides' rounding in a narrower dtype is its own factor, so that the residual is held against the case's.
    verdict = Verdict.EXPLAINED if known and stands and left and factors else Verdict.UNEXPLAINED
    inactive = _inactive([w.difference for w in found if not w.active], met.points[0], aspect, question)
    explanation = Explanation(
        factors=factors,
        inactive=inactive,
        residual=residual,
        proofs=Proofs(_points_proof(a, b, passed=stands), Proof.PASSED if left else Proof.FAILED),
        stages=stage_table(*met.points, question.prediction_is) if known else (),
        formulas=_formulas(a, b),
        blame=blame(a, b, aspect, question) if verdict == Verdict.UNEXPLAINED else "",
        reference=_references(a, b, aspect, divergence),
    )
    return Comparison((a.name, b.name), question.dtype, "eager", aspect, verdict, divergence, explanation)


__all__ = ["Question", "Standing", "explain_pair"]
