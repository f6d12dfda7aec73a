"""What is counted as what: one definition each, for the terminal, the pages, the job summary and JUnit alike.

A case stands or falls by the comparisons that it asks about; what nobody can explain is counted wherever it was met.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from harness.findings import Comparison, Finding
from harness.records import BrokenCase, Case, Claim, Expression, Key, Lack, Observation, Side, Unsupported, Verdict
from harness.report.words import SEVERITY


def asked(finding: Finding) -> tuple[Comparison, ...]:
    """The comparisons by which a case stands or falls: those it names, or all where it names none."""
    named = tuple(each for each in finding.comparisons if each.expectation is not None or not each.expected)
    return named or finding.comparisons


def unexplained(finding: Finding) -> tuple[Comparison, ...]:
    """What nobody can explain, whether the case asks about it or not; what ran comes before what was printed."""
    found = [each for each in finding.comparisons if each.verdict is Verdict.UNEXPLAINED]
    return tuple(sorted(found, key=lambda each: (is_of_claims(finding, each), each.aspect != "value")))


def is_of_claims(finding: Finding, comparison: Comparison) -> bool:
    """Whether a side of a comparison is printed digits."""
    case = finding.case
    return isinstance(case, Case) and any(isinstance(case.sides[name], Claim) for name in comparison.between)


def causes_of(finding: Finding) -> list[tuple[str, ...]]:
    """The sets of factors that part the sides a case asks about, each once, in the order met."""
    met = (tuple(factor.factor for factor in each.explanation.factors) for each in asked(finding))
    return list(dict.fromkeys(factors for factors in met if factors))


def by_urgency(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """What is not as expected, then what the case asks about, then the rest by severity; values before gradients."""
    named = {each.between for each in comparisons if each.expectation is not None}

    def urgency(each: Comparison) -> tuple[bool, bool, int, bool]:
        is_named = each.between in named
        return each.expected, not is_named, 0 if is_named else -SEVERITY[each.verdict], each.aspect != "value"

    return sorted(comparisons, key=urgency)


def severity(finding: Finding) -> Verdict | None:
    """The most severe verdict among the comparisons that a case asks for; None where nothing was compared."""
    return max((each.verdict for each in asked(finding)), key=SEVERITY.__getitem__, default=None)


def needs_a_look(finding: Finding) -> bool:
    """Whether a case is not as expected, or has a gap that nobody can explain."""
    return finding.status != "pass" or any(each.verdict is Verdict.UNEXPLAINED for each in finding.comparisons)


def waits_for(finding: Finding, missing: Container[str]) -> tuple[str, ...]:
    """The missing frameworks without which a case cannot be judged; empty if something else is wrong with it."""
    case = finding.case
    if isinstance(case, BrokenCase) or finding.status == "pass" or not missing:
        return ()
    absent = {
        name: side.framework
        for name, side in case.sides.items()
        if is_of_here(side) and side.framework in missing and not _was_asked(finding, case, name)
    }
    unmet = [each for each in finding.comparisons if not each.expected]
    waiting = bool(unmet) and all(absent.keys() & {*each.between} for each in unmet)
    return tuple(sorted({*absent.values()})) if waiting else ()


def is_of_here(side: Side) -> TypeGuard[Expression]:
    """Whether a side is asked of a framework in the environment of the command itself."""
    return isinstance(side, Expression) and not side.environment


def _was_asked(finding: Finding, case: Case, name: str) -> bool:
    keys = [Key(case.id, name, dtype) for dtype in case.dtypes]
    return any(key in finding.observations and not is_absent(finding.observations[key]) for key in keys)


def is_absent(seen: Observation) -> bool:
    """Whether there was nobody to ask: the framework or the environment is not there."""
    return isinstance(seen, Unsupported) and seen.lack is Lack.FRAMEWORK


@dataclass(frozen=True, slots=True)
class Count:
    """How many comparisons came to a verdict, and in how many cases."""

    comparisons: int
    cases: int


def by_verdict(findings: Iterable[Finding]) -> dict[Verdict, Count]:
    """The count of every verdict; the comparisons of all verdicts add up to all there are."""
    comparisons, cases = dict.fromkeys(Verdict, 0), dict.fromkeys(Verdict, 0)
    for finding in findings:
        met = [each.verdict for each in finding.comparisons]
        for verdict in met:
            comparisons[verdict] += 1
        for verdict in {*met}:
            cases[verdict] += 1
    return {verdict: Count(comparisons[verdict], cases[verdict]) for verdict in Verdict}
