"""What a comparison comes to, in sentences that somebody understands who was not there."""

import math
import re
from collections.abc import Sequence
from typing import assert_never

from harness.findings import Comparison, Explanation, Factor, Finding, Inactive, Rival
from harness.records import BrokenCase, Scope, Verdict
from harness.report.counting import by_verdict, is_of_claims
from harness.report.numbers import number, small
from harness.report.parting import inline
from harness.report.phrases import count, counted, names, pair, returned, spelled

AGREE = frozenset({Verdict.IDENTICAL, Verdict.EQUAL})
RULED_OUT = "ruled out"
# An input of more characters than this stands below a sentence and not in it.
LONGEST_INLINE = 90


def verdict_sentence(finding: Finding, comparison: Comparison) -> str:
    """The verdict on one comparison as a sentence a newcomer understands."""
    whole = f"{names(comparison.between)} {judged(finding, comparison)}"
    said = "; ".join(text.rstrip(".") for text in (comparison.explanation.blame, comparison.message) if text)
    if not said:
        return f"{whole}."
    if comparison.verdict in AGREE:
        return f"{whole}. But {said}."
    return f"{whole}: {said}." if comparison.verdict is Verdict.INCOMPARABLE else f"{whole}. {said}."


def judged(finding: Finding, comparison: Comparison) -> str:
    """The verdict alone: what follows the names of both sides."""
    match comparison.verdict:
        case Verdict.IDENTICAL:
            thing = "derivatives" if comparison.aspect == "gradient" else "numbers"
            return f"return the same {thing} to the last bit{_scope(finding, comparison)}"
        case Verdict.EQUAL:
            return f"agree: {_apart(finding, comparison)}{_scope(finding, comparison)}"
        case Verdict.EXPLAINED if is_of_form(comparison):
            return f"differ only in form: {_forms(finding, comparison)}"
        case Verdict.EXPLAINED:
            return f"differ in {_conventions(comparison)}"
        case Verdict.UNEXPLAINED:
            return f"differ, and {_unaccounted(finding, comparison)}"
        case Verdict.INCOMPARABLE:
            return "cannot be compared"
        case _:
            assert_never(comparison.verdict)


def is_of_form(comparison: Comparison) -> bool:
    """Whether one side is reduced, the other is not, and nothing else parts them."""
    factors = comparison.explanation.factors
    return bool(factors) and all(
        factor.factor in {"reduction.batch", "reduction.classes"} and factor.share == 0 == factor.step
        for factor in factors
    )


def _forms(finding: Finding, comparison: Comparison) -> str:
    told = [
        f"{name} returns {what}" for name, what in zip(comparison.between, returned(finding, comparison), strict=True)
    ]
    return names(told) + ", and brought to one form they agree"


def _apart(finding: Finding, comparison: Comparison) -> str:
    apart = comparison.divergence
    if apart is None:
        return "nothing parts them"
    if apart.gap == 0:
        return "the same number" if apart.detail.ndim == 0 else "the same numbers"
    allowing = "the printed digits allow" if is_of_claims(finding, comparison) else "rounding allows"
    return f"they are {small(abs(apart.gap))} apart where {allowing} {small(apart.bound)}"


def _scope(finding: Finding, comparison: Comparison) -> str:
    """How far an agreement reaches; printed digits reach no further than they were printed for."""
    if is_of_claims(finding, comparison):
        return ""
    match comparison.scope:
        case Scope.EVERYWHERE:
            return ", and for all other inputs as well"
        case Scope.HERE if comparison.parting_input:
            shown = inline(finding, comparison.dtype, comparison.parting_input)
            told = f"{shown} would part them" if shown and len(shown) <= LONGEST_INLINE else "others part them"
            return f", but only on these inputs; {told}"
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


def _unaccounted(finding: Finding, comparison: Comparison) -> str:
    apart, why = comparison.divergence, comparison.explanation
    if apart is None:
        return "no known convention says why"
    place = f" at element [{', '.join(map(str, apart.at))}]" if apart.at else ""
    if not math.isfinite(apart.gap):
        first, second = pair(finding, comparison)
        a, b = comparison.between
        return f"no known convention says why: {a} gives {number(first)} and {b} {number(second)}{place}"
    if not why.factors:
        return f"no known convention says why: they are {number(abs(apart.gap))} apart{place}"
    known = names([factor.factor for factor in why.factors])
    if not math.isfinite(why.residual):
        return f"after {known} a difference remains that is no number"
    left, gap, bound = number(why.residual), number(apart.gap), small(apart.bound)
    return f"after {known} {left} of the gap of {gap} is left where rounding allows {bound}"


def residual_sentence(comparison: Comparison) -> str:
    """What the factors leave over, held against the bound."""
    apart, why = comparison.divergence, comparison.explanation
    if apart is None:
        return ""
    if not (math.isfinite(why.residual) and math.isfinite(apart.gap)):
        return "Where one number is infinite or not a number, nothing is left to measure."
    left = f"{small(why.residual)} is left over" if why.residual else "Nothing is left over"
    allowed = (
        "and rounding may do anything here" if math.isinf(apart.bound) else f"rounding allows {small(apart.bound)}"
    )
    return f"{left}; {allowed}."


def choices(factor: Factor, why: Explanation) -> tuple[str, str]:
    """A's and B's choice of a factor in words.

    Whether a term has two outcomes to count is told as the stage table has it, which sees the whole loss.
    """
    told = (row[1:] for row in why.stages if row[0] == factor.factor == "term.sides")
    return next(told, (factor.before, factor.after))


def beyond(factor: Factor) -> str:
    """The sentence on a factor, where it says more than the two choices that stand beside it."""
    return "" if factor.before in factor.summary and factor.after in factor.summary else factor.summary


def inactive_sentence(finding: Finding, dtype: str, inactive: Inactive) -> str:
    """A convention without effect here, with the input that would show it."""
    activates = inline(finding, dtype, inactive.activates) if inactive.activates else ""
    shown = f"; it would show at {activates}" if activates else ""
    return f"{inactive.factor}: {inactive.before} → {inactive.after}{shown}"


def expectation_sentence(finding: Finding, comparison: Comparison) -> str:
    """Why a comparison is not as expected; empty if it is, and where there is no case that could expect anything."""
    asked_by_a_case = bool(finding.case.path)
    return f"Not as expected: {_unmet(comparison)}." if asked_by_a_case and not comparison.expected else ""


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
    planted = f"{counted(tried, 'planted change')} of a side"
    if survived:
        return f"Could it have failed? Not always: of {planted}, {survived:,} went unnoticed."
    return f"Could it have failed? Yes: {planted}, {'and it was noticed' if tried == 1 else 'each of them noticed'}."


def remedy_sentence(comparison: Comparison) -> str:
    """Which side a remedy changes, to what end, and that it is one way; empty where there is none."""
    remedy = comparison.explanation.remedy
    if remedy is None:
        return ""
    other = comparison.between[comparison.between[0] == remedy.side]
    checked = "it was run, and they agree" if remedy.verified else "it was not run"
    return f"One way to make {remedy.side} return what {other} returns; {checked}:"


def rival_sentence(rival: Rival) -> str:
    """Another cause that fits, and whether it could be ruled out."""
    settled = rival.settled if rival.settled.startswith(RULED_OUT) else f"{RULED_OUT}: {rival.settled}"
    # Inputs of more than a few numbers are not read in a sentence; what they showed is.
    settled = re.sub(rf" at (?=\S+ = ).{{{LONGEST_INLINE},}}(?=, where )", " on other inputs", settled)
    factors, what = rival.factors, rival.summary.removeprefix("also fits these numbers: ")
    told = what if not factors or what.startswith(f"{factors[0]}: ") else f"{names(factors)}: {what}"
    return f"{told} ({settled if rival.settled else 'not ruled out'})"


def conclusion(finding: Finding) -> str:
    """What all comparisons of a case come to, in one sentence; empty where nothing was compared."""
    met = {verdict: found.comparisons for verdict, found in by_verdict([finding]).items()}
    total, agree = sum(met.values()), met[Verdict.IDENTICAL] + met[Verdict.EQUAL]
    if not total:
        return ""
    if agree == total:
        sides = {name for each in finding.comparisons for name in each.between}
        aspects = {each.aspect for each in finding.comparisons}
        who = "Both sides agree" if len(sides) == 2 else f"All {count(len(sides), 'side')} agree"  # noqa: PLR2004
        what = " in value and gradient" if len(aspects) > 1 else ""
        return f"{who}{what}: no two numbers are further apart than rounding allows."
    told = [_amount(agree, "agrees", "agree")] if agree else []
    told += [
        _amount(met[verdict], f"is {verdict}", f"are {verdict}")
        for verdict in (Verdict.EXPLAINED, Verdict.INCOMPARABLE, Verdict.UNEXPLAINED)
        if met[verdict]
    ]
    if len(told) == 1:
        all_of_them = "Both comparisons" if total == 2 else f"All {count(total, 'comparison')}"  # noqa: PLR2004
        return f"{all_of_them} are {told[0].rpartition(' ')[2]}." if total > 1 else ""
    return f"Of {count(total, 'comparison')}, {names(told)}."


def _amount(amount: int, one: str, more: str) -> str:
    return f"{spelled(amount)} {one if amount == 1 else more}"
