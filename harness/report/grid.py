"""The grid of the first page: a row per case, a column per framework, a symbol per side."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import escape

from harness.findings import Comparison, Finding
from harness.records import BrokenCase, Case, Claim, Computed, Key, Verdict
from harness.report import phrases
from harness.report.words import SEVERITY, VERDICTS, VerdictWords

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
    family: str
    css: str
    cells: tuple[Cell, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows under one heading; `family` is empty where they are of several."""

    heading: str
    family: str
    rows: tuple[Row, ...]


def family(case: Case | BrokenCase) -> str:
    """The folder a case lies in."""
    return "".join(case.path.replace("\\", "/").split("/")[-2:-1])


def severity(finding: Finding) -> Verdict | None:
    """The most severe verdict among the comparisons that a case asks for; None where nothing was compared."""
    return max((each.verdict for each in phrases.asked(finding)), key=SEVERITY.__getitem__, default=None)


def needs_a_look(finding: Finding) -> bool:
    """Whether a case is not as expected, or has a gap that nobody can explain."""
    return finding.status != "pass" or severity(finding) is Verdict.UNEXPLAINED


def title(finding: Finding) -> str:
    """The title of a case, or what comes closest."""
    case = finding.case
    return (case.title if isinstance(case, Case) else "") or case.id or case.path


def factor_sets(finding: Finding) -> list[tuple[str, ...]]:
    """The sets of factors that part the sides a case asks about, each once."""
    met = (tuple(factor.factor for factor in each.explanation.factors) for each in phrases.asked(finding))
    return list(dict.fromkeys(factors for factors in met if factors))


def columns_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Every framework that has a side, and "claim" last."""
    met = {
        phrases.framework(side) for each in findings if isinstance(each.case, Case) for side in each.case.sides.values()
    }
    return tuple(sorted(met, key=lambda name: (name == "claim", name)))


def groups(
    ordered: Sequence[Finding], urgent: Sequence[Finding], columns: tuple[str, ...], where: Mapping[str, str]
) -> tuple[Group, ...]:
    """First what needs a look, then a group per family; `where` has the address of each case by id."""

    def row(finding: Finding) -> Row:
        return _row(finding, columns, room, where.get(finding.case.id, ""))

    room = GRID_BYTES // max(1, len(ordered)) - ROW_MARKUP - 8 * len(columns)
    rows: dict[str, list[Row]] = defaultdict(list)
    for finding in ordered:
        if not needs_a_look(finding):
            rows[family(finding.case)].append(row(finding))
    first = Group("Not as expected, or unexplained", "", tuple(map(row, urgent)))
    rest = [Group(name or "no folder", name, tuple(found)) for name, found in sorted(rows.items())]
    return tuple(group for group in (first, *rest) if group.rows)


def _row(finding: Finding, columns: tuple[str, ...], room: int, link: str) -> Row:
    verdict = severity(finding)
    failed = finding.status != "pass"
    word = "unreadable" if finding.status == "error" and verdict is None else str(verdict or "nothing to compare")
    factors = dict.fromkeys(factor for factors in factor_sets(finding) for factor in factors)
    said = ", ".join([f"! {word}" if failed else word, *factors])
    css = "f" if failed else VERDICTS[verdict].css if verdict else ""
    return Row(
        href=link,
        title=_clip(title(finding), max(16, min(LONGEST_TITLE, room - len(link) - len(said)))),
        family=family(finding.case),
        css="" if css in {"e", "i"} else css,
        cells=_cells(finding, columns),
        verdict=_clip(said, max(24, room // 2)),
    )


def _clip(text: str, most: int) -> str:
    """`text` in about `most` bytes of HTML; that is for 10,000 cases, where few rows only may be long."""
    weight = len(escape(text).encode())
    return text if weight <= most else text[: len(text) * most // weight - 1].rstrip() + "…"


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
