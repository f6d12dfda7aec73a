"""The first page: Findings become rows of finished strings, so that the template only repeats them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.findings import Finding
from harness.records import Run, Verdict
from harness.report import phrases
from harness.report.counting import by_verdict, causes_of, is_of_claims, needs_a_look, severity, unexplained, waits_for
from harness.report.grid import BASELINE, Group, columns_of, groups, title
from harness.report.overview import gap_sentences, headline, lead, missing_sentences, standing
from harness.report.sentences import kill_sentence, notes
from harness.report.shelves import OWN_PAGES, addresses
from harness.report.words import VERDICTS, meaning

MOST_URGENT = 50  # The rest is in the grid, which starts with it.
MOST_CAUSES = 40
MOST_EXAMPLES = 12
MANY_SINGLE = 8  # So many causes of one case each are folded.
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
    """How many comparisons came to one verdict, and in how many cases."""

    count: str
    label: str
    css: str
    symbol: str
    cases: str


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
    lead: str
    kills: str
    total: str
    tallies: tuple[Tally, ...]
    urgent: tuple[Urgent, ...]
    urgent_more: int
    gaps: tuple[Urgent, ...]
    gaps_more: int
    causes: tuple[Cause, ...]
    single_causes: tuple[Cause, ...]
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    is_long: bool
    legend: tuple[Legend, ...]
    environment: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]


def index(run: Run, findings: Sequence[Finding]) -> Index:
    """The first page of `run`; cases in the order of path and id, what needs a look before what does not."""
    ordered = sorted(findings, key=lambda each: (each.case.path, each.case.id))
    waiting = [each for each in ordered if waits_for(each, run.missing)]
    set_aside = {id(each) for each in waiting}
    look = sorted((each for each in ordered if needs_a_look(each) and id(each) not in set_aside), key=_urgency)
    urgent = [each for each in look if each.status != "pass" or severity(each) is Verdict.UNEXPLAINED]
    gaps = look[len(urgent) :]
    columns, where = columns_of(ordered), addresses(ordered)
    causes = _causes(ordered, where)
    single = tuple(cause for cause in causes if cause.count == 1)
    single = single if len(single) >= MANY_SINGLE else ()
    return Index(
        headline=headline(findings, run.missing),
        lead=lead(findings),
        kills=kill_sentence(sum(each.mutants for each in findings), sum(len(each.survivors) for each in findings)),
        total=phrases.counted(sum(len(each.comparisons) for each in findings), "comparison"),
        tallies=_tallies(findings),
        urgent=tuple(_urgent(finding, where) for finding in urgent[:MOST_URGENT]),
        urgent_more=max(0, len(urgent) - MOST_URGENT),
        gaps=tuple(_urgent(finding, where) for finding in gaps[:MOST_URGENT]),
        gaps_more=max(0, len(gaps) - MOST_URGENT),
        causes=causes[: len(causes) - len(single)],
        single_causes=single,
        columns=columns,
        groups=groups(ordered, look, waiting, columns, where),
        is_long=len(ordered) > OWN_PAGES,
        legend=_legend(),
        environment=tuple(sorted(run.environment.items())),
        missing=missing_sentences(findings, run.missing),
        provenance=tuple(sorted(run.provenance.items())),
    )


def _urgency(finding: Finding) -> tuple[bool, str, bool, bool]:
    """What fails first; then gaps that the case asks about, and those between sides that ran before printed digits."""
    asked_about = severity(finding) is Verdict.UNEXPLAINED
    printed = all(is_of_claims(finding, each) for each in unexplained(finding))
    return finding.status == "pass", finding.status, not asked_about, printed


def _urgent(finding: Finding, where: Mapping[str, str]) -> Urgent:
    css, symbol = ("f", "!") if finding.status != "pass" else ("u", VERDICTS[Verdict.UNEXPLAINED].symbol)
    said = notes(finding)
    if len(said) > MOST_NOTES:
        said = (*said[:MOST_NOTES], f"And {phrases.count(len(said) - MOST_NOTES, 'comparison')} more.")
    said = said or gap_sentences(finding)[:1]
    return Urgent(where.get(finding.case.id, ""), title(finding), css, symbol, standing(finding), said)


def _tallies(findings: Sequence[Finding]) -> tuple[Tally, ...]:
    """Comparisons by verdict: together they are all there are."""
    counted = by_verdict(findings)
    return tuple(
        Tally(
            f"{counted[verdict].comparisons:,}",
            str(verdict),
            words.css,
            words.symbol,
            _in_cases(counted[verdict].cases),
        )
        for verdict, words in VERDICTS.items()
    )


def _in_cases(cases: int) -> str:
    return f"in {phrases.counted(cases, 'case')}" if cases else ""


def _causes(findings: Iterable[Finding], where: Mapping[str, str]) -> tuple[Cause, ...]:
    """Sets of factors, the most frequent first."""
    cases: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        for factors in causes_of(finding):
            cases[factors].append(finding)
    ranked = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_cause(factors, met, where) for factors, met in ranked[:MOST_CAUSES])


def _cause(factors: tuple[str, ...], met: Sequence[Finding], where: Mapping[str, str]) -> Cause:
    links = tuple(Link(where[finding.case.id], title(finding)) for finding in met[:MOST_EXAMPLES])
    said = meaning(factors[0]) if len(factors) == 1 else ""
    return Cause(", ".join(factors), said, len(met), links, max(0, len(met) - MOST_EXAMPLES))


def _legend() -> tuple[Legend, ...]:
    symbols = [Legend(words.symbol, words.css, str(verdict), words.meaning) for verdict, words in VERDICTS.items()]
    return (Legend(BASELINE, "", "baseline", "The first side that answered; the others are held against it."), *symbols)
