"""What a run comes to, in sentences: the first words of the first page, of the job summary and of the terminal."""

from collections.abc import Mapping, Sequence

from harness.findings import Finding
from harness.records import BrokenCase, Case, Claim
from harness.report.counting import unexplained, waits_for
from harness.report.lines import of
from harness.report.phrases import count, framework, names, spelled
from harness.report.sentences import judged
from harness.report.words import STATUSES


def headline(findings: Sequence[Finding], missing: Mapping[str, str]) -> str:
    """How many cases are not as expected; what waits for a framework that is missing is told apart."""
    total = len(findings)
    waiting = sum(bool(waits_for(each, missing)) for each in findings)
    failed = sum(each.status != "pass" for each in findings) - waiting
    if not total:
        return "No case was run"
    if failed:
        return f"{failed:,} of {total:,} cases {'is' if failed == 1 else 'are'} not as expected"
    if waiting:
        return f"{waiting:,} of {total:,} cases could not be judged: a framework is missing"
    return f"All {total:,} cases are as expected" if total > 1 else "The case is as expected"


def lead(findings: Sequence[Finding]) -> str:
    """What was asked of whom, for somebody who sees the page for the first time."""
    cases = [each.case for each in findings if isinstance(each.case, Case)]
    asked = sorted({framework(side) for case in cases for side in case.sides.values() if not isinstance(side, Claim)})
    if not asked:
        return ""
    many = "Each case puts" if len(cases) > 1 else "The case puts"
    return (
        f"{many} a loss to {names(asked, 'or')}, in two or more spellings, or holds it against numbers that somebody "
        "printed. Every two answers are one comparison, of the value or of the gradient."
    )


def missing_sentences(findings: Sequence[Finding], missing: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each framework that was asked for and is not there."""
    waiting = [waits_for(each, missing) for each in findings]
    told = []
    for name, reason in sorted(missing.items()):
        cases = sum(name in each for each in waiting)
        without = f" {count(cases, 'case').capitalize()} cannot be judged without it." if cases else ""
        told.append(f"{name} was asked for and is missing: {reason.rstrip('.')}.{without}")
    return tuple(told)


def standing(finding: Finding) -> str:
    """How a case stands that needs a look: failed, or with gaps that nobody can explain."""
    gaps = unexplained(finding)
    if finding.status != "pass" or not gaps:
        return STATUSES[finding.status]
    known = "" if isinstance(finding.case, BrokenCase) else names([each.side for each in finding.case.known] or [""])
    if known and all({each.side for each in finding.case.known} & {*gap.between} for gap in gaps):  # type: ignore[union-attr]
        return f"a known divergence of {known}"
    return f"{spelled(len(gaps))} of {count(len(finding.comparisons), 'comparison')} unexplained"


def gap_sentences(finding: Finding) -> tuple[str, ...]:
    """What nobody can explain about a case, a sentence for each comparison."""
    return tuple(
        f"{names(each.between)} {judged(finding, each)}{'' if each.aspect == 'value' else f' ({of(each)})'}."
        for each in unexplained(finding)
    )
