"""The first page: Findings become rows of finished strings, so that the template only repeats them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from harness.records import BrokenCase, Case, Claim, Comparison, Computed, Finding, Key, Run, Verdict
from harness.report import phrases
from harness.report.words import SEVERITY, STATUSES, VERDICTS, VerdictWords

MOST_URGENT = 50  # The rest is in the grid, which starts with it.
MOST_CAUSES = 40
MOST_EXAMPLES = 12
# What 10,000 rows may weigh, so that the page stays below 2 MB; with fewer rows nothing is shortened.
GRID_BYTES = 1_750_000
ROW_MARKUP = 75
LONGEST_TITLE = 160
BASELINE = "·"


@dataclass(frozen=True, slots=True)
class Cell:
    """The sides of one framework in one case: a symbol for each, and the colour of the most severe."""

    symbols: str
    css: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the grid; `css` is its most severe verdict, empty where all agree."""

    href: str
    title: str
    css: str
    cells: tuple[Cell, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows under one heading; `family` is empty where they are of several."""

    heading: str
    family: str
    rows: tuple[Row, ...]


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
    columns = _columns(ordered)
    return Index(
        headline=_headline(findings),
        tallies=_tallies(findings),
        urgent=tuple(map(_urgent, urgent[:MOST_URGENT])),
        urgent_more=max(0, len(urgent) - MOST_URGENT),
        causes=_causes(ordered),
        columns=columns,
        groups=_groups(ordered, urgent, columns),
        legend=_legend(),
        environment=tuple(sorted(run.environment.items())),
        missing=tuple(sorted(run.missing.items())),
        provenance=tuple(sorted(run.provenance.items())),
    )


def page_name(finding: Finding) -> str:
    """File name of the page of a case, without folder."""
    return f"{finding.case.id}.html"


def family(case: Case | BrokenCase) -> str:
    """The folder a case lies in."""
    return PurePath(case.path).parent.name


def severity(finding: Finding) -> Verdict | None:
    """The most severe verdict of a case; None where nothing was compared."""
    return max((each.verdict for each in finding.comparisons), key=SEVERITY.__getitem__, default=None)


def needs_a_look(finding: Finding) -> bool:
    """Whether a case is not as expected, or has a gap that nobody can explain."""
    return finding.status != "pass" or severity(finding) is Verdict.UNEXPLAINED


def _href(finding: Finding) -> str:
    return "" if isinstance(finding.case, BrokenCase) else f"cases/{page_name(finding)}"


def _title(finding: Finding) -> str:
    case = finding.case
    return (case.title if isinstance(case, Case) else "") or case.id or case.path


def _urgent(finding: Finding) -> Urgent:
    verdict = severity(finding)
    words = VERDICTS[verdict] if verdict else None
    css, symbol = ("f", "!") if finding.status != "pass" or not words else (words.css, words.symbol)
    said = phrases.notes(finding) or tuple(
        phrases.verdict_sentence(each) for each in finding.comparisons if each.verdict is Verdict.UNEXPLAINED
    )
    return Urgent(_href(finding), _title(finding), css, symbol, STATUSES[finding.status], said)


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


def _causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Sets of factors, the most frequent first."""
    cases: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        for factors in factor_sets(finding):
            cases[factors].append(finding)
    ranked = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_cause(factors, met) for factors, met in ranked[:MOST_CAUSES])


def _cause(factors: tuple[str, ...], met: Sequence[Finding]) -> Cause:
    links = tuple(Link(_href(finding), _title(finding)) for finding in met[:MOST_EXAMPLES])
    sentence = next(
        (factor.summary for each in met[0].comparisons for factor in each.explanation.factors if len(factors) == 1), ""
    )
    return Cause(", ".join(factors), sentence, len(met), links, max(0, len(met) - MOST_EXAMPLES))


def factor_sets(finding: Finding) -> list[tuple[str, ...]]:
    """The sets of factors that part sides of a case, each once."""
    met = (tuple(factor.factor for factor in each.explanation.factors) for each in finding.comparisons)
    return list(dict.fromkeys(factors for factors in met if factors))


def _columns(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Every framework that has a side, and "claim" last."""
    met = {
        phrases.framework(side) for each in findings if isinstance(each.case, Case) for side in each.case.sides.values()
    }
    return tuple(sorted(met, key=lambda name: (name == "claim", name)))


def _groups(ordered: Sequence[Finding], urgent: Sequence[Finding], columns: tuple[str, ...]) -> tuple[Group, ...]:
    """First what needs a look, then a group per family."""
    room = GRID_BYTES // max(1, len(ordered)) - ROW_MARKUP - 8 * len(columns)
    rows: dict[str, list[Row]] = defaultdict(list)
    for finding in ordered:
        if not needs_a_look(finding):
            rows[family(finding.case)].append(_row(finding, columns, room))
    first = Group("Not as expected, or unexplained", "", tuple(_row(finding, columns, room) for finding in urgent))
    rest = [Group(name or "no folder", name, tuple(found)) for name, found in sorted(rows.items())]
    return tuple(group for group in (first, *rest) if group.rows)


def _row(finding: Finding, columns: tuple[str, ...], room: int) -> Row:
    href, verdict = _href(finding), severity(finding)
    failed = finding.status != "pass"
    word = "unreadable" if finding.status == "error" and verdict is None else str(verdict or "nothing to compare")
    factors = dict.fromkeys(factor for factors in factor_sets(finding) for factor in factors)
    said = ", ".join([f"! {word}" if failed else word, *factors])
    title = _clip(_title(finding), max(16, min(LONGEST_TITLE, room - len(href) - len(said))))
    css = "f" if failed else VERDICTS[verdict].css if verdict else ""
    return Row(href, title, "" if css in {"e", "i"} else css, _cells(finding, columns), _clip(said, max(24, room // 2)))


def _clip(text: str, most: int) -> str:
    """`text` in at most `most` bytes; most is for 10,000 cases, few titles ever meet it."""
    held = text.encode()
    return text if len(held) <= most else held[: most - 3].decode(errors="ignore").rstrip() + "…"


def _cells(finding: Finding, columns: tuple[str, ...]) -> tuple[Cell, ...]:
    case = finding.case
    if isinstance(case, BrokenCase):
        return tuple(Cell("", "") for _ in columns)
    marks = marks_of(finding, case)
    by_column: dict[str, list[VerdictWords | None]] = defaultdict(list)
    for name, side in case.sides.items():
        by_column[phrases.framework(side)].append(marks.get(name))
    return tuple(_cell(by_column[column]) for column in columns)


def _cell(marks: Sequence[VerdictWords | None]) -> Cell:
    order = [words.css for words in VERDICTS.values()]
    worst = max((words.css for words in marks if words), key=order.index, default="")
    return Cell("".join(words.symbol if words else BASELINE for words in marks), "" if worst in {"e", "i"} else worst)


def marks_of(finding: Finding, case: Case) -> dict[str, VerdictWords]:
    """How each side stands to the first side that answered; that one has no mark."""
    baseline = next((name for name in case.sides if _answered(finding, case, name)), next(iter(case.sides), ""))
    marks: dict[str, Comparison] = {}
    for comparison in finding.comparisons:
        if baseline in comparison.between:
            other = comparison.between[comparison.between[0] == baseline]
            known = marks.setdefault(other, comparison)
            marks[other] = max(known, comparison, key=lambda each: SEVERITY[each.verdict])
    return {name: VERDICTS[comparison.verdict] for name, comparison in marks.items()}


def _answered(finding: Finding, case: Case, name: str) -> bool:
    seen = [finding.observations.get(Key(case.id, name, dtype)) for dtype in case.dtypes]
    return isinstance(case.sides[name], Claim) or any(isinstance(each, Computed) for each in seen)


def _legend() -> tuple[Legend, ...]:
    symbols = [Legend(words.symbol, words.css, str(verdict), words.meaning) for verdict, words in VERDICTS.items()]
    return (Legend(BASELINE, "", "baseline", "The first side that answered; the others are held against it."), *symbols)
