"""The first page: Findings become rows of finished strings, so that the template only repeats them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.findings import Finding
from harness.records import Run, Verdict
from harness.report import phrases
from harness.report.grid import (
    BASELINE,
    Group,
    columns_of,
    factor_sets,
    groups,
    needs_a_look,
    severity,
    title,
)
from harness.report.shelves import addresses
from harness.report.words import STATUSES, VERDICTS

MOST_URGENT = 50  # The rest is in the grid, which starts with it.
MOST_CAUSES = 40
MOST_EXAMPLES = 12
MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Urgent:
    """A case that is looked at first, with the reason in full."""

    href: str
    title: str
    css: str
    symbol: str
    status: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A case by name."""

    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One set of factors, and the cases in which it parts sides."""

    factors: str
    meaning: str
    count: int
    cases: tuple[Link, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases came to one kind of end."""

    count: str
    label: str
    css: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Legend:
    """One symbol of the grid with its meaning."""

    symbol: str
    css: str
    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Index:
    """Everything the first page shows."""

    headline: str
    kills: str
    tallies: tuple[Tally, ...]
    urgent: tuple[Urgent, ...]
    urgent_more: int
    causes: tuple[Cause, ...]
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    legend: tuple[Legend, ...]
    environment: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    provenance: tuple[tuple[str, str], ...]


def index(run: Run, findings: Sequence[Finding]) -> Index:
    """The first page of `run`; cases in the order of path and id, what needs a look before what does not."""
    ordered = sorted(findings, key=lambda each: (each.case.path, each.case.id))
    urgent = sorted(filter(needs_a_look, ordered), key=lambda each: (each.status == "pass", each.status))
    columns, where = columns_of(ordered), addresses(ordered)
    return Index(
        headline=_headline(findings),
        kills=phrases.kill_sentence(
            sum(each.mutants for each in findings), sum(len(each.survivors) for each in findings)
        ),
        tallies=_tallies(findings),
        urgent=tuple(_urgent(finding, where) for finding in urgent[:MOST_URGENT]),
        urgent_more=max(0, len(urgent) - MOST_URGENT),
        causes=_causes(ordered, where),
        columns=columns,
        groups=groups(ordered, urgent, columns, where),
        legend=_legend(),
        environment=tuple(sorted(run.environment.items())),
        missing=tuple(sorted(run.missing.items())),
        provenance=tuple(sorted(run.provenance.items())),
    )


def _urgent(finding: Finding, where: Mapping[str, str]) -> Urgent:
    verdict = severity(finding)
    words = VERDICTS[verdict] if verdict else None
    css, symbol = ("f", "!") if finding.status != "pass" or not words else (words.css, words.symbol)
    said = phrases.notes(finding) or tuple(
        phrases.verdict_sentence(each) for each in phrases.asked(finding) if each.verdict is Verdict.UNEXPLAINED
    )
    if len(said) > MOST_NOTES:
        said = (*said[:MOST_NOTES], f"And {phrases.count(len(said) - MOST_NOTES, 'comparison')} more.")
    return Urgent(where.get(finding.case.id, ""), title(finding), css, symbol, STATUSES[finding.status], said)


KINDS: tuple[tuple[str, str, frozenset[Verdict | None]], ...] = (
    ("agree", "e", frozenset({Verdict.IDENTICAL, Verdict.EQUAL})),
    ("explained", "x", frozenset({Verdict.EXPLAINED})),
    ("unexplained", "u", frozenset({Verdict.UNEXPLAINED})),
    ("incomparable", "n", frozenset({Verdict.INCOMPARABLE})),
)


def _tallies(findings: Sequence[Finding]) -> tuple[Tally, ...]:
    """Cases by their most severe verdict, then those that are not as expected."""
    worst = [severity(finding) for finding in findings]
    symbols = {words.css: words.symbol for words in VERDICTS.values()}
    counted = [
        Tally(f"{sum(verdict in kinds for verdict in worst):,}", label, css, symbols[css])
        for label, css, kinds in KINDS
    ]
    failed = sum(finding.status != "pass" for finding in findings)
    return (*counted, Tally(f"{failed:,}", "not as expected", "f" if failed else "e", "!" if failed else "✓"))


def _headline(findings: Sequence[Finding]) -> str:
    failed = sum(finding.status != "pass" for finding in findings)
    if not findings:
        return "No case was run"
    if not failed:
        return f"All {len(findings):,} cases are as expected" if len(findings) > 1 else "The case is as expected"
    return f"{failed:,} of {len(findings):,} cases {'is' if failed == 1 else 'are'} not as expected"


def _causes(findings: Iterable[Finding], where: Mapping[str, str]) -> tuple[Cause, ...]:
    """Sets of factors, the most frequent first."""
    cases: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        for factors in factor_sets(finding):
            cases[factors].append(finding)
    ranked = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_cause(factors, met, where) for factors, met in ranked[:MOST_CAUSES])


def _cause(factors: tuple[str, ...], met: Sequence[Finding], where: Mapping[str, str]) -> Cause:
    links = tuple(Link(where[finding.case.id], title(finding)) for finding in met[:MOST_EXAMPLES])
    sentence = next(
        (factor.summary for each in met[0].comparisons for factor in each.explanation.factors if len(factors) == 1), ""
    )
    return Cause(", ".join(factors), sentence, len(met), links, max(0, len(met) - MOST_EXAMPLES))


def _legend() -> tuple[Legend, ...]:
    symbols = [Legend(words.symbol, words.css, str(verdict), words.meaning) for verdict, words in VERDICTS.items()]
    return (Legend(BASELINE, "", "baseline", "The first side that answered; the others are held against it."), *symbols)
