"""A comparison by name, and in one line: the table of all comparisons of a case."""

from dataclasses import dataclass

from harness.findings import Comparison, Finding
from harness.report.counting import is_of_claims
from harness.report.numbers import signed, small, ulps_in_words
from harness.report.parting import inline
from harness.report.sentences import AGREE
from harness.report.words import VERDICTS


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison in the table of all; `parting` is an input that would part sides that agree on these."""

    href: str
    between: str
    of: str
    css: str
    verdict: str
    gap: str
    bound: str
    ulps: str
    note: str
    parting: str
    expected: bool


def line(finding: Finding, comparison: Comparison, *, told: bool) -> Line:
    """One comparison in the table of all; `told` says that it is told in full as well."""
    words, apart = VERDICTS[comparison.verdict], comparison.divergence
    parting = comparison.parting_input if agrees(comparison) else ""
    return Line(
        href=f"#{anchor(comparison)}" if told else "",
        between=" – ".join(comparison.between),
        of=of(comparison),
        css="f" if not comparison.expected and finding.case.path else words.css,
        verdict=str(comparison.verdict),
        gap=signed(apart.gap) if apart else "–",
        bound=small(apart.bound) if apart else "–",
        ulps=_ulps(finding, comparison),
        note=_note(finding, comparison),
        parting=inline(finding, comparison.dtype, parting) if parting else "",
        expected=comparison.expected or not finding.case.path,
    )


def agrees(comparison: Comparison) -> bool:
    """Whether there is nothing to explain."""
    return comparison.expected and comparison.verdict in AGREE


def anchor(comparison: Comparison) -> str:
    """The fragment under which a comparison stands on its page."""
    return "-".join([*comparison.between, comparison.aspect, comparison.dtype, comparison.mode])


def heading(comparison: Comparison) -> str:
    """A comparison by name."""
    return f"{' and '.join(comparison.between)}: {of(comparison)}"


def of(comparison: Comparison) -> str:
    """What is compared: "value in float32"."""
    mode = "" if comparison.mode == "eager" else f", {comparison.mode}"
    return f"{comparison.aspect} in {comparison.dtype}{mode}"


def _ulps(finding: Finding, comparison: Comparison) -> str:
    """The gap in units of the last place; of printed digits, whose last place is another, nothing."""
    apart = comparison.divergence
    return "" if apart is None or is_of_claims(finding, comparison) else ulps_in_words(apart.ulps)


def _note(finding: Finding, comparison: Comparison) -> str:
    if comparison.verdict not in AGREE:
        return ", ".join(factor.factor for factor in comparison.explanation.factors)
    if is_of_claims(finding, comparison):
        return "to the digits printed"
    return {"everywhere": "everywhere", "here": "on these inputs"}.get(str(comparison.scope), "")
