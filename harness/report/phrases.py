"""The parts that sentences are made of: names, amounts, and the numbers that two sides are told by."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from harness.explain.vocabulary import CLASSES, REDUCTIONS
from harness.findings import Comparison, Finding
from harness.records import Array, Callable, Case, Claim, Computed, Expression, Key, Observation, Side
from harness.report.numbers import number

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


# How the side is told that leaves apart what the other adds up.
UNREDUCED = {"reduction.batch": REDUCTIONS["none"], "reduction.classes": CLASSES["none"]}


def spelling(side: Side) -> str:
    """The text of a side as its author wrote it."""
    match side:
        case Expression(text=text):
            return text
        case Claim(text=text):
            return f"printed: {text}"
        case Callable(name=name):
            return name
        case _:
            assert_never(side)


def framework(side: Side) -> str:
    """Where a side runs; "claim" for printed numbers."""
    return "claim" if isinstance(side, Claim) else side.framework


def observed(side: Side, seen: Observation | None, aspect: str) -> Array | None:
    """The array that `side` answered for `aspect`, or None where it gave none."""
    match side, seen:
        case Claim(value=value), _:
            return value if aspect == "value" else None
        case _, Computed():
            return seen.value if aspect == "value" else seen.gradient
        case _:
            return None


# Values of so few elements are told in one line.
INLINE = 6


def is_inline(shape: tuple[int, ...]) -> bool:
    """Whether an array of that shape is told in one line."""
    return not shape or (len(shape) == 1 and shape[0] <= INLINE)


def short(values: Array) -> str:
    """A scalar as it is, a few numbers as a list, more as a shape."""
    if values.ndim == 0:
        return number(float(values))
    if is_inline(values.shape):
        return f"[{', '.join(number(value) for value in values.tolist())}]"
    return f"array of shape {' × '.join(map(str, values.shape))}"


def arrays(finding: Finding, comparison: Comparison) -> tuple[Array | None, Array | None]:
    """What the two sides of a comparison answered, each in the shape in which it answered."""
    case = finding.case
    assert isinstance(case, Case), "a broken case has no comparisons"
    first, second = (
        observed(case.sides[name], finding.observations.get(Key(case.id, name, comparison.dtype)), comparison.aspect)
        for name in comparison.between
    )
    return first, second


def texts(finding: Finding, comparison: Comparison) -> tuple[str, ...]:
    """Both sides of a comparison as their authors wrote them."""
    case = finding.case
    assert isinstance(case, Case), "a broken case has no comparisons"
    return tuple(spelling(case.sides[name]) for name in comparison.between)


def pair(finding: Finding, comparison: Comparison) -> tuple[float, float]:
    """A's and B's number where they differ most, in the form in which they meet; nan where there is none."""
    apart = comparison.divergence
    if apart is None:
        return math.nan, math.nan
    finer = finer_side(comparison)
    first, second = (
        None if side == finer else _element(array, apart.detail.shape, apart.at)
        for side, array in enumerate(arrays(finding, comparison))
    )
    if first is None:
        first = math.nan if second is None else second - apart.gap
    return first, first + apart.gap if second is None else second


def _element(array: Array | None, shape: tuple[int, ...], at: tuple[int, ...]) -> float | None:
    """The element of `array` at `at`, if it has the shape in which the sides meet."""
    if array is None or array.shape != shape or len(at) != len(shape):
        return None
    return float(array[at])


def finer_side(comparison: Comparison) -> int | None:
    """0 or 1: the side that is less reduced than the other, whose numbers are first brought to the other's form."""
    for factor in comparison.explanation.factors:
        if factor.factor in UNREDUCED and factor.share == 0 == factor.step:
            words = factor.before, factor.after
            return next((side for side in (0, 1) if words[side] == UNREDUCED[factor.factor]), None)
    return None


def about(finding: Finding, comparison: Comparison) -> tuple[str, str]:
    """What A's and B's number are where neither is what the side returned as it stands; empty where it is."""
    first, second = (_about(comparison, side, array) for side, array in enumerate(arrays(finding, comparison)))
    return first, second


def _about(comparison: Comparison, side: int, array: Array | None) -> str:
    apart = comparison.divergence
    if apart is None or array is None or array.ndim == 0:
        return ""
    place = f"element [{', '.join(map(str, apart.at))}] of {array.size:,}" if apart.at else ""
    if side != finer_side(comparison):
        return place
    how = _combined(comparison, side)
    if array.shape == apart.detail.shape:
        return f"{place}, as of the {how}"
    return f"the {how} of its {count(array.size, 'number')}" + (f", {place.partition(' of ')[0]}" if place else "")


def _combined(comparison: Comparison, side: int) -> str:
    """What the coarser side does with what the finer one keeps apart: "sum" or "mean"."""
    factor = next(each for each in comparison.explanation.factors if each.factor in UNREDUCED)
    return (factor.before, factor.after)[1 - side].partition(" ")[0]


def returned(finding: Finding, comparison: Comparison) -> tuple[str, str]:
    """How many numbers each side returned, in words; of a gradient, those that it is the gradient of."""
    first, second = (
        "nothing" if array is None else "one number" if array.ndim == 0 else count(array.size, "number")
        for array in arrays(finding, replace(comparison, aspect="value"))
    )
    return first, second


def names(words: Sequence[str], last: str = "and") -> str:
    """A list as people write it: "a, b and c"."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def count(amount: int, noun: str, plural: str = "") -> str:
    """An amount in words: "three conventions", "1,204 cases"."""
    return f"{spelled(amount)} {noun if amount == 1 else plural or noun + 's'}"


def counted(amount: int, noun: str) -> str:
    """An amount in digits, for a total or a column of them: "1 case", "2,032 comparisons"."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def spelled(amount: int) -> str:
    """A number of things: in words up to ten, as people write it."""
    return COUNTS[amount] if amount < len(COUNTS) else f"{amount:,}"
