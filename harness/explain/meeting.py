"""Both sides in the form in which they meet: points, numbers, bounds, and the differences that an aspect can show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from harness.compare import difference
from harness.explain.aligned import aligned
from harness.explain.differences import Difference, differences
from harness.explain.forms import Coarse, coarser, two_class
from harness.explain.question import Question, Standing
from harness.explain.standing import working_dtype
from harness.explain.tellings import Ground, told
from harness.records import Array
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Precision, Semantics


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Both sides in the form in which they meet: points, numbers, bounds, and the differences of form alone."""

    points: tuple[Semantics, Semantics]
    numbers: tuple[Array, Array]
    form: tuple[Difference, ...]


def meet(a: Standing, b: Standing, aspect: str, question: Question) -> Met:
    """Both sides' points in the coordinates in which they differ least, and their numbers in the coarser form."""
    observed = a.observed(aspect), b.observed(aspect)
    if a.semantics is None or b.semantics is None:
        return Met((a.semantics or Semantics(), b.semantics or Semantics()), observed, ())
    points = _in_words(a.semantics, b.semantics, question.ground)

    def value(s: Semantics) -> Array:
        return np.asarray(question.evaluator("value")(s).value)

    finer = a.value.ndim - b.value.ndim
    sides = (
        coarser(points[0], points[1], value) if finer > 0 else Coarse(points[0], None, 1.0),
        coarser(points[1], points[0], value) if finer < 0 else Coarse(points[1], None, 1.0),
    )
    form = tuple(d for i in (0, 1) for d in _form(points[i], sides[i], swapped=i == 1))
    read = Coarse.value if aspect == "value" else Coarse.slope
    met = (read(sides[0], observed[0]), read(sides[1], observed[1]))
    return Met((sides[0].semantics, sides[1].semantics), met, form)


def _in_words(a: Semantics, b: Semantics, ground: Ground) -> tuple[Semantics, Semantics]:
    """Both points in the words in which they differ least; as they were read where those do not fit the arrays."""
    if (a, b) not in ground.pairs:
        points = aligned(*told(two_class(a), two_class(b), ground))
        fit = all(x == y or ground.same(x, y) for x, y in zip((a, b), points, strict=True))
        ground.pairs[a, b] = points if fit else (a, b)
    return ground.pairs[a, b]


def _form(point: Semantics, coarse: Coarse, *, swapped: bool) -> tuple[Difference, ...]:
    pair = (coarse.semantics, point) if swapped else (point, coarse.semantics)
    return tuple(d for d in differences(*pair) if d.factor in ("reduction.batch", "reduction.classes"))


def bound_of(a: Standing, b: Standing, aspect: str, met: Met, shape: tuple[int, ...], question: Question) -> Array:
    """Sum of both sides' bounds in the case's dtype, in the form in which they meet."""
    total = np.zeros(shape)
    for side, point in zip((a, b), met.points, strict=True):
        if side.semantics is None or side.claimed:
            enclosed = side.enclosed(aspect) or side.enclosed(aspect, as_written=True)
            total = total + (np.zeros(shape) if enclosed is None else _shaped(enclosed.bound + enclosed.radius, shape))
            continue
        wrt = question.wrt if aspect == "gradient" else None
        # A dtype that one side alone casts to is a difference to be explained, not room for both.
        shared = met.points[0].precision == met.points[1].precision
        own = point if shared else replace(point, precision=Precision())
        known = side.enclosed(aspect)
        if known is not None and own == side.semantics and np.all(np.isfinite(known.exact)):
            total = total + _shaped(known.bound, shape)
            continue
        working = working_dtype(own, question.dtype)
        rounded = evaluate(own, question.inputs, Rounded(working), working, wrt)
        bound = np.asarray((rounded.value if aspect == "value" else rounded.gradient).err)
        total = total + _shaped(np.where(np.isnan(bound), 0.0, bound), shape)
    return total


def told_apart(met: Met, numbers: tuple[Array, Array], aspect: str, question: Question) -> bool:
    """Whether each side's numbers are so much nearer to its own point that they can be no rounding of the other's.

    A sum of many terms in a narrow dtype may be off by as much as it is worth, and still be correct. Where two points
    differ by more than ordinary sums are off, and each side keeps to its own, it is the points that part the numbers.
    """
    if met.points[0] == met.points[1]:
        return False
    evaluated = [question.evaluator(aspect)(s) for s in met.points]
    exact = [np.asarray(e.value if e.gradient is None else e.gradient) for e in evaluated]
    if not exact[0].size == exact[1].size == numbers[0].size:
        return False
    exact = [np.reshape(e, numbers[0].shape) for e in exact]
    apart = np.abs(difference(exact[0], exact[1]))
    off = sum(np.abs(difference(e, number)) for number, e in zip(numbers, exact, strict=True))
    sure = np.isfinite(apart) & np.isfinite(off) & (2.0 * off < apart)
    if not np.any(sure):
        return False
    wrt = question.wrt if aspect == "gradient" else None
    room = np.zeros(apart.shape)
    for point in met.points:
        working = working_dtype(point, question.dtype)
        ball = evaluate(point, question.inputs, Rounded(working, ordinary=True), working, wrt)
        room = room + np.reshape((ball.value if wrt is None else ball.gradient).err, apart.shape)
    return bool(np.any(sure & (apart > room)))


def _shaped(bound: Array, shape: tuple[int, ...]) -> Array:
    return (
        np.reshape(bound, shape)
        if bound.size == math.prod(shape)
        else np.broadcast_to(np.max(bound, initial=0.0), shape)
    )


def seen_differences(met: Met, aspect: str) -> tuple[Difference, ...]:
    """The differences that the aspect can show: how a slope is chosen does not touch the value."""
    return tuple(d for d in differences(*met.points) if aspect == "gradient" or not d.factor.startswith("gradient."))
