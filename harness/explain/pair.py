"""Two standings, one aspect: the verdict, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.compare import broadcastable, difference, diverge, excess, identical, within
from harness.expression import inputs_of
from harness.explain.describe import stage_table, summary, words_of
from harness.explain.differences import Difference, aligned, differences
from harness.explain.formula import formula
from harness.explain.forms import Coarse, coarser, two_class
from harness.explain.parting import described, parting_input
from harness.explain.search import factors_between, search
from harness.explain.shares import Worth, worths
from harness.explain.standing import PLAIN, Enclosed, Reference, holds, reference, working_dtype
from harness.records import (
    Array,
    Comparison,
    Divergence,
    Explanation,
    Factor,
    Inactive,
    Proof,
    Proofs,
    Rival,
    Scope,
    Verdict,
)
from harness.reference.arithmetic import FORMATS, Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Precision, Semantics


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where one side stands.

    Attributes:
        name: The side's name in the case.
        value: What it returned, float64.
        gradient: Its gradient, or None.
        semantics: Its point, or None if it has none that is known.
        reference: What the reference says of the point; for a claim, the digits and half their last unit.
        written: The same of the expression operation by operation, where that is known: bounds a naive form.
        claimed: The numbers were printed by somebody; their bound is half the last digit's unit.
    """

    name: str
    value: Array
    gradient: Array | None
    semantics: Semantics | None
    reference: Reference | None
    written: Reference | None = None
    claimed: bool = False

    def observed(self, aspect: str) -> Array:
        """Value or gradient as it was returned."""
        array = self.value if aspect == "value" else self.gradient
        assert array is not None
        return array

    def enclosed(self, aspect: str, *, as_written: bool = False) -> Enclosed | None:
        """The reference of the aspect."""
        source = self.written if as_written else self.reference
        if source is None:
            return None
        return source.value if aspect == "value" else source.gradient

    def stands(self, aspect: str, dtype: str) -> bool:
        """Proof 1: the point reproduces what was observed."""
        enclosed = self.enclosed(aspect)
        return enclosed is not None and holds(self.observed(aspect), enclosed, dtype)

    def stands_as_written(self, aspect: str, dtype: str) -> bool:
        """Whether the naive form's wider bound covers what was observed."""
        enclosed = self.enclosed(aspect, as_written=True)
        return enclosed is not None and holds(self.observed(aspect), enclosed, dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a pair of one case is judged on: its inputs in one dtype, and what the prediction is said to be.

    `searching` allows the neighbourhood of a point to be searched for what a claim or a contradiction may be.
    """

    inputs: Mapping[str, np.ndarray]
    dtype: str
    wrt: str | None
    prediction_is: str | None = None
    searching: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Met:
    """Both sides in the form in which they meet: points, numbers, bounds, and the differences of form alone."""

    points: tuple[Semantics, Semantics]
    numbers: tuple[Array, Array]
    form: tuple[Difference, ...]


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
    met = _meet(a, b, aspect, question)
    numbers = met.numbers
    if not broadcastable(*numbers):
        return _incomparable(a, b, aspect, question, numbers)
    numbers = numbers[0], np.reshape(numbers[1], numbers[0].shape)
    bound = _bound(a, b, aspect, met, numbers[0].shape, question)
    divergence = diverge(*numbers, bound, question.dtype)
    passed = a.stands(aspect, question.dtype) and b.stands(aspect, question.dtype)
    # An infinite bound says that a number means nothing there; it cannot make two different ones equal.
    told = np.isfinite(bound) | (divergence.detail == 0)
    same = within(divergence.detail, bound) and bool(np.all(told)) and not met.form
    if same:
        return _equal(a, b, aspect, question, met, divergence, passed=passed)
    if (
        question.searching
        and (a.semantics is None) != (b.semantics is None)
        and (a.claimed or b.claimed)
        and aspect == "value"
    ):
        return _hypothesised(a, b, question, met, divergence)
    return _explained(a, b, aspect, question, met, divergence)


def _hypothesised(a: Standing, b: Standing, question: Question, met: _Met, divergence: Divergence) -> Comparison:
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
    if not found.fitting:
        return _explained(a, b, "value", question, met, divergence)
    reached = (
        unknown.reference
        or unknown.written
        or Reference(Enclosed(unknown.value, np.zeros_like(unknown.value), np.reshape(room, unknown.value.shape)), None)
    )
    guess = replace(unknown, semantics=found.fitting[0], reference=reached)
    sides = (known, guess) if known is a else (guess, known)
    comparison = _explained(*sides, "value", question, _meet(*sides, "value", question), divergence)
    rivals = tuple(_rival(known.semantics, other) for other in found.fitting[1:])
    return replace(comparison, explanation=replace(comparison.explanation, rivals=rivals))


def _rival(known: Semantics, other: Semantics) -> Rival:
    factors = factors_between(known, other)
    return Rival(
        factors,
        "also fits these numbers: "
        + "; ".join(f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(*aligned(known, other))),
    )


def _meet(a: Standing, b: Standing, aspect: str, question: Question) -> _Met:
    observed = a.observed(aspect), b.observed(aspect)
    if a.semantics is None or b.semantics is None:
        return _Met((a.semantics or Semantics(), b.semantics or Semantics()), observed, ())
    points = aligned(two_class(a.semantics), two_class(b.semantics))

    def value(s: Semantics) -> Array:
        return np.asarray(evaluate(s, question.inputs, PLAIN, question.dtype, None).value)

    finer = a.value.ndim - b.value.ndim
    sides = (
        coarser(points[0], points[1], value) if finer > 0 else Coarse(points[0], None, 1.0),
        coarser(points[1], points[0], value) if finer < 0 else Coarse(points[1], None, 1.0),
    )
    form = tuple(d for i in (0, 1) for d in _form(points[i], sides[i], swapped=i == 1))
    read = Coarse.value if aspect == "value" else Coarse.slope
    met = (read(sides[0], observed[0]), read(sides[1], observed[1]))
    return _Met((sides[0].semantics, sides[1].semantics), met, form)


def _form(point: Semantics, coarse: Coarse, *, swapped: bool) -> tuple[Difference, ...]:
    pair = (coarse.semantics, point) if swapped else (point, coarse.semantics)
    return tuple(d for d in differences(*pair) if d.factor in ("reduction.batch", "reduction.classes"))


def _bound(a: Standing, b: Standing, aspect: str, met: _Met, shape: tuple[int, ...], question: Question) -> Array:
    """Sum of both sides' bounds in the case's dtype, in the form in which they meet."""
    total = np.zeros(shape)
    for side, point in zip((a, b), met.points, strict=True):
        if side.semantics is None or side.claimed:
            enclosed = side.enclosed(aspect) or side.enclosed(aspect, as_written=True)
            total = total + (np.zeros(shape) if enclosed is None else _shaped(enclosed.bound + enclosed.radius, shape))
            continue
        wrt = question.wrt if aspect == "gradient" else None
        working = question.dtype
        if met.points[0].precision == met.points[1].precision:
            working = working_dtype(point, question.dtype)
        else:
            # The dtype one side casts to is a difference to be explained, not room for both.
            point = replace(point, precision=Precision())
        rounded = evaluate(point, question.inputs, Rounded(working), working, wrt)
        bound = np.asarray((rounded.value if aspect == "value" else rounded.gradient).err)
        total = total + _shaped(np.where(np.isnan(bound), 0.0, bound), shape)
    return total


def _shaped(bound: Array, shape: tuple[int, ...]) -> Array:
    return (
        np.reshape(bound, shape)
        if bound.size == int(np.prod(shape))
        else np.broadcast_to(np.max(bound, initial=0.0), shape)
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
    a: Standing, b: Standing, aspect: str, question: Question, met: _Met, divergence: Divergence, *, passed: bool
) -> Comparison:
    exact = identical(a.observed(aspect), b.observed(aspect))
    scope, parting, inactive = None, "", ()
    if a.semantics is not None and b.semantics is not None:
        inactive = tuple(_inactive(d, met.points[0], aspect, question) for d in _differences(met, aspect))
        scope, parting = _scope(inactive)
    explanation = Explanation(
        inactive=inactive,
        residual=divergence.gap,
        proofs=Proofs(_points_proof(a, b, passed=passed), Proof.PASSED),
        stages=stage_table(*met.points, question.prediction_is) if scope else (),
        formulas=_formulas(a, b),
        blame=_blame(a, b, aspect, question) if not passed else "",
        reference=_references(a, b, aspect, divergence),
    )
    verdict = Verdict.IDENTICAL if exact else Verdict.EQUAL
    return Comparison(
        (a.name, b.name), question.dtype, "eager", aspect, verdict, divergence, explanation, scope, parting
    )


def _scope(inactive: tuple[Inactive, ...]) -> tuple[Scope, str]:
    parting = next((row.activates for row in inactive if row.activates), "")
    return (Scope.HERE if parting else Scope.EVERYWHERE), parting


def _inactive(difference: Difference, point: Semantics, aspect: str, question: Question) -> Inactive:
    before, after = words_of(difference, question.prediction_is)
    if _other_inputs(difference):
        # The same labels in another input: no choice of numbers for one of the two would say anything.
        return Inactive(difference.factor, before, after)
    wrt = question.wrt if aspect == "gradient" else None
    parting = parting_input(point, difference.throw(point), question.inputs, wrt)
    return Inactive(difference.factor, before, after, "" if parting is None else described(parting, question.inputs))


def _other_inputs(difference: Difference) -> bool:
    if difference.factor not in ("target.encoding", "target.source", "layout.prediction"):
        return False
    return inputs_of(difference.before[0]) != inputs_of(difference.after[0])


def _formulas(a: Standing, b: Standing) -> tuple[str, str]:
    return tuple("" if s.semantics is None else formula(s.semantics) for s in (a, b))  # type: ignore[return-value]


def _references(a: Standing, b: Standing, aspect: str, divergence: Divergence) -> tuple[float, float] | None:
    enclosed = a.enclosed(aspect), b.enclosed(aspect)
    shape = divergence.detail.shape
    if enclosed[0] is None or enclosed[1] is None or not enclosed[0].exact.shape == enclosed[1].exact.shape == shape:
        return None
    return float(enclosed[0].exact[divergence.at]), float(enclosed[1].exact[divergence.at])


def _explained(
    a: Standing, b: Standing, aspect: str, question: Question, met: _Met, divergence: Divergence
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
    rounding = _rounding(a, b, aspect, question, met)
    found: tuple[Worth, ...] = ()
    factors: tuple[Factor, ...] = ()
    residual = divergence.gap
    # First what rounding alone could not have moved; if much is left, what is smaller than that as well.
    for room in (
        (np.where(np.isfinite(divergence.bounds), divergence.bounds, 0.0), np.zeros(divergence.bounds.shape))
        if known
        else ()
    ):
        found = _worths(met, aspect, question, room)
        factors, residual = _factors(found, rounding, met, divergence, question, (a.name, b.name))
        if factors and within(np.asarray(residual), np.asarray(divergence.bound)):
            break
    left = within(np.asarray(residual), divergence.bound + np.zeros(())) if known else False
    # Several sides' rounding in a narrower dtype is its own factor, so that the residual is held against the case's.
    verdict = Verdict.EXPLAINED if known and stands and left and factors else Verdict.UNEXPLAINED
    inactive = tuple(_inactive(w.difference, met.points[0], aspect, question) for w in found if not w.active)
    explanation = Explanation(
        factors=factors,
        inactive=inactive,
        residual=residual,
        proofs=Proofs(_points_proof(a, b, passed=stands), Proof.PASSED if left else Proof.FAILED),
        stages=stage_table(*met.points, question.prediction_is) if known else (),
        formulas=_formulas(a, b),
        blame=_blame(a, b, aspect, question) if verdict == Verdict.UNEXPLAINED else "",
        reference=_references(a, b, aspect, divergence),
    )
    return Comparison((a.name, b.name), question.dtype, "eager", aspect, verdict, divergence, explanation)


def _worths(met: _Met, aspect: str, question: Question, room: Array) -> tuple[Worth, ...]:
    wrt = question.wrt if aspect == "gradient" else None

    def corner(s: Semantics) -> Array:
        out = evaluate(s, question.inputs, PLAIN, question.dtype, wrt)
        return np.asarray(out.value if wrt is None else out.gradient)

    return worths(met.points[0], _differences(met, aspect), corner, room)


def _differences(met: _Met, aspect: str) -> tuple[Difference, ...]:
    """The differences that the aspect can show: how a slope is chosen does not touch the value."""
    return tuple(d for d in differences(*met.points) if aspect == "gradient" or not d.factor.startswith("gradient."))


def _rounding(
    a: Standing, b: Standing, aspect: str, question: Question, met: _Met
) -> tuple[tuple[str, Array, str, str], ...]:
    """What a side's own rounding adds beyond the case's dtype: a narrower dtype's, or a naive form's."""
    if met.form:
        return ()
    rows = []
    for side, sign, at in ((a, -1.0, 0), (b, 1.0, 1)):
        enclosed = side.enclosed(aspect)
        if enclosed is None or enclosed.exact.size != side.observed(aspect).size or side.semantics is None:
            continue
        observed = side.observed(aspect)
        extra = sign * difference(np.reshape(enclosed.exact, observed.shape), observed)
        narrow = side.semantics.precision.input
        words = [("the case's own dtype", narrow or ""), ("stable", "naive")]
        pair = ["", ""]
        if (
            narrow is not None
            and met.points[0].precision != met.points[1].precision
            and FORMATS[narrow].u > FORMATS[question.dtype].u
            and side.stands(aspect, question.dtype)
        ):
            pair[at], pair[1 - at] = words[0][1], words[0][0]
            rows.append(("precision.input", extra, pair[0], pair[1]))
        elif not side.stands(aspect, question.dtype) and side.stands_as_written(aspect, question.dtype):
            pair[at], pair[1 - at] = words[1][1], words[1][0]
            rows.append(("evaluation", extra, pair[0], pair[1]))
    return tuple(rows)


def _factors(
    found: tuple[Worth, ...],
    rounding: tuple[tuple[str, Array, str, str], ...],
    met: _Met,
    divergence: Divergence,
    question: Question,
    names: tuple[str, str],
) -> tuple[tuple[Factor, ...], float]:
    at = divergence.at
    factors = [_factor(d, 0.0, 0.0, names, question) for d in met.form]
    for worth in found:
        if worth.active:
            share, step = (float(np.reshape(x, divergence.detail.shape)[at]) for x in (worth.share, worth.step))
            factors.append(_factor(worth.difference, share, step, names, question, gap=divergence.gap))
    for name, extra, before, after in rounding:
        amount = float(np.reshape(extra, divergence.detail.shape)[at])
        known = next((i for i, f in enumerate(factors) if f.factor == name), None)
        if known is None:
            factors.append(Factor(name, before, after, amount, amount, summary(name, before, after, names)))
        else:
            f = factors[known]
            factors[known] = replace(f, share=f.share + amount, step=f.step + amount)
    total = math.fsum(f.share for f in factors) if all(math.isfinite(f.share) for f in factors) else divergence.gap
    residual = divergence.gap - total if math.isfinite(divergence.gap) else 0.0
    return _settled(factors, residual, divergence), residual


def _settled(factors: list[Factor], residual: float, divergence: Divergence) -> tuple[Factor, ...]:
    """Steps are made to leave the same residual as the shares; where nothing is finite they bear the gap itself."""
    if not factors:
        return ()
    if not all(math.isfinite(x) for x in (divergence.gap, residual, *(f.step for f in factors))):
        return tuple(factors)
    off = divergence.gap - residual - math.fsum(f.step for f in factors)
    largest = max(range(len(factors)), key=lambda i: abs(factors[i].step))
    if off != 0.0:
        factors[largest] = replace(factors[largest], step=factors[largest].step + off)
    return tuple(factors)


def _factor(
    d: Difference, share: float, step: float, names: tuple[str, str], question: Question, gap: float = 0.0
) -> Factor:
    before, after = words_of(d, question.prediction_is)
    widens = share != 0.0 and math.isfinite(gap) and share * gap < 0
    return Factor(d.factor, before, after, share, step, summary(d.factor, before, after, names), widens)


def _blame(a: Standing, b: Standing, aspect: str, question: Question) -> str:
    """Which side its own point does not reproduce, and where."""
    words = []
    for side in (a, b):
        if side.reference is None:
            words.append(f"{side.name} stands for no known point of the space")
        elif not (side.stands(aspect, question.dtype) or side.stands_as_written(aspect, question.dtype)):
            words.append(
                _contradiction(side, aspect)
                + (_resembles(side, question) if question.searching and aspect == "value" else "")
            )
    return "; ".join(words)


def _resembles(side: Standing, question: Question) -> str:
    """The nearest point to a declared one that does return what was observed, or the closest one there is."""
    enclosed = side.enclosed("value")
    if side.semantics is None or enclosed is None or enclosed.bound.size != side.value.size:
        return ""
    room = np.reshape(enclosed.bound + enclosed.radius, side.value.shape)
    found = search(side.semantics, side.value, room, question.inputs, question.dtype, most=2)
    changes = "; ".join(
        f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(*aligned(side.semantics, found.closest))
    )
    if not changes:
        return "; no neighbouring point is closer"
    return f"; it is what the point with {changes} gives" if found.fitting else f"; the closest point has {changes}"


def _contradiction(side: Standing, aspect: str) -> str:
    enclosed, observed = side.enclosed(aspect), side.observed(aspect)
    if enclosed is None or enclosed.exact.size != observed.size:
        shape = None if enclosed is None else enclosed.exact.shape
        return f"{side.name} returned shape {observed.shape} where its point gives {shape}"
    exact = np.reshape(enclosed.exact, observed.shape)
    key = excess(observed - exact, np.reshape(enclosed.bound, observed.shape))
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(key)), observed.shape)) if observed.size else ()
    bad = int(np.sum(key > 1))
    place = f" at {list(at)} ({bad} of {observed.size} elements)" if at else ""
    return f"{side.name} returned {observed[at]:.9g}{place} where its point gives {exact[at]:.9g} ± {float(np.reshape(enclosed.bound, observed.shape)[at]):.2g}"


__all__ = ["Question", "Standing", "explain_pair", "reference"]
