"""What a Finding says, in sentences and pairs of numbers: the text that terminal, HTML, JUnit and CI have in common."""

import math
from collections.abc import Sequence
from typing import assert_never

from harness.findings import Comparison, Factor, Finding, Inactive
from harness.records import (
    Array,
    BrokenCase,
    Callable,
    Case,
    Claim,
    Computed,
    Expression,
    Key,
    Observation,
    Scope,
    Side,
    Verdict,
)
from harness.report.numbers import number, small
from harness.report.words import SEVERITY

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


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
    first, second = (_element(array, apart.detail.shape, apart.at) for array in arrays(finding, comparison))
    if first is None:
        first = math.nan if second is None else second - apart.gap
    return first, first + apart.gap if second is None else second


def _element(array: Array | None, shape: tuple[int, ...], at: tuple[int, ...]) -> float | None:
    """The element of `array` at `at`, if it has the shape in which the sides meet."""
    if array is None or array.shape != shape or len(at) != len(shape):
        return None
    return float(array[at])


def names(words: Sequence[str], last: str = "and") -> str:
    """A list as people write it: "a, b and c"."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def count(amount: int, noun: str, plural: str = "") -> str:
    """An amount in words: "three conventions", "1,204 cases"."""
    spelled = COUNTS[amount] if amount < len(COUNTS) else f"{amount:,}"
    return f"{spelled} {noun if amount == 1 else plural or noun + 's'}"


def verdict_sentence(comparison: Comparison) -> str:
    """The verdict on one comparison as a sentence a newcomer understands."""
    both = names(comparison.between)
    said = "; ".join(text.rstrip(".") for text in (comparison.explanation.blame, comparison.message) if text)
    return f"{both} {_judged(comparison)}{f': {said}' if said else ''}."


def _judged(comparison: Comparison) -> str:
    match comparison.verdict:
        case Verdict.IDENTICAL:
            thing = "derivatives" if comparison.aspect == "gradient" else "numbers"
            return f"return the same {thing} to the last bit{_scope(comparison)}"
        case Verdict.EQUAL:
            return f"agree: {_apart(comparison)}{_scope(comparison)}"
        case Verdict.EXPLAINED:
            return f"differ in {_conventions(comparison)}"
        case Verdict.UNEXPLAINED:
            return f"differ, and {_unaccounted(comparison)}"
        case Verdict.INCOMPARABLE:
            return "cannot be compared"
        case _:
            assert_never(comparison.verdict)


def _apart(comparison: Comparison) -> str:
    apart = comparison.divergence
    if apart is None:
        return "nothing parts them"
    if apart.gap == 0:
        return "the same number"
    return f"they are {small(abs(apart.gap))} apart where rounding allows {small(apart.bound)}"


def _scope(comparison: Comparison) -> str:
    match comparison.scope:
        case Scope.EVERYWHERE:
            return ", and for all other inputs as well"
        case Scope.HERE if comparison.parting_input:
            return f", but only on these inputs; {comparison.parting_input} would part them"
        case Scope.HERE:
            return " on these inputs"
        case None:
            return ""
        case _:
            assert_never(comparison.scope)


def _conventions(comparison: Comparison) -> str:
    factors = [factor.factor for factor in comparison.explanation.factors]
    if not factors:
        return "nothing but rounding"
    if len(factors) == 1:
        return f"one convention, {factors[0]}, and it accounts for the whole gap"
    return f"{count(len(factors), 'convention')}, {names(factors)}, which together account for the whole gap"


def _unaccounted(comparison: Comparison) -> str:
    apart, why = comparison.divergence, comparison.explanation
    if apart is None:
        return "no known convention says why"
    known = [factor.factor for factor in why.factors]
    after = f"after {names(known)} " if known else ""
    if not math.isfinite(why.residual):
        return f"{after}a difference remains that is no number ({number(why.residual)})"
    left, gap, bound = number(why.residual), number(apart.gap), small(apart.bound)
    return f"{after}{left} of the gap of {gap} is left where rounding allows {bound}"


def residual_sentence(comparison: Comparison) -> str:
    """What the factors leave over, held against the bound."""
    apart, why = comparison.divergence, comparison.explanation
    if apart is None:
        return ""
    if not math.isfinite(why.residual):
        return "Where one number is infinite or not a number there is nothing left to measure."
    left = f"{small(why.residual)} is left over" if why.residual else "Nothing is left over"
    return f"{left}; rounding allows {small(apart.bound)}."


def beyond(factor: Factor) -> str:
    """The sentence on a factor, where it says more than the two choices that stand beside it."""
    return "" if factor.before in factor.summary and factor.after in factor.summary else factor.summary


def inactive_sentence(inactive: Inactive) -> str:
    """A convention without effect here, with the input that would show it."""
    shown = f"; it would show at {inactive.activates}" if inactive.activates else ""
    return f"{inactive.factor}: {inactive.before} → {inactive.after}{shown}"


def expectation_sentence(comparison: Comparison) -> str:
    """Why a comparison is not as expected; empty if it is."""
    return "" if comparison.expected else f"Not as expected: {_unmet(comparison)}."


def _unmet(comparison: Comparison) -> str:
    wanted = comparison.expectation
    found = _outcome(comparison.verdict, [factor.factor for factor in comparison.explanation.factors])
    if wanted is None:
        return f"it is {found}, which no case expects unless it says so"
    return f"the case says {_outcome(wanted.verdict, wanted.factors or ())}, and it is {found}"


def _outcome(verdict: Verdict, factors: Sequence[str]) -> str:
    by = f" by {names(factors)}" if factors and verdict is Verdict.EXPLAINED else ""
    return f"{verdict}{by}"


def notes(finding: Finding) -> tuple[str, ...]:
    """Every sentence on why a case needs a look; empty if it does not."""
    case = finding.case
    if isinstance(case, BrokenCase):
        address = ":".join(str(part) for part in (case.path, case.line, case.column) if part is not None)
        return (f"{address}: {case.message}",)
    unmet = [each for each in finding.comparisons if not each.expected]
    return (*finding.messages, *(f"{_address(each)}: {_unmet(each)}{_because(each)}" for each in unmet))


def silences(finding: Finding) -> tuple[str, ...]:
    """Why sides of a case that passes could not be compared, each reason once."""
    return tuple(dict.fromkeys(each.message for each in finding.comparisons if each.verdict is Verdict.INCOMPARABLE))


def _because(comparison: Comparison) -> str:
    return f": {comparison.message}" if comparison.message else ""


def _address(comparison: Comparison) -> str:
    return f"{names(comparison.between)}, {comparison.aspect} in {comparison.dtype}"


def kill_sentence(tried: int, survived: int) -> str:
    """Whether what passed could have failed; empty where nothing was tried."""
    if not tried:
        return ""
    if not survived:
        return f"Could it have failed? Yes: {tried:,} planted changes of a side, each of them noticed."
    return f"Could it have failed? Not always: of {tried:,} planted changes of a side, {survived:,} went unnoticed."


def by_urgency(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """What is not as expected, then what the case asks about, then the rest by severity; values before gradients."""
    named = {each.between for each in comparisons if each.expectation is not None}

    def urgency(each: Comparison) -> tuple[bool, bool, int, bool]:
        is_named = each.between in named
        return each.expected, not is_named, 0 if is_named else -SEVERITY[each.verdict], each.aspect != "value"

    return sorted(comparisons, key=urgency)


def asked(finding: Finding) -> tuple[Comparison, ...]:
    """The comparisons by which a case stands or falls: those it names, or all where it names none."""
    named = tuple(each for each in finding.comparisons if each.expectation is not None or not each.expected)
    return named or finding.comparisons
