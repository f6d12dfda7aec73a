"""The grid of the first page: a row per case, a column per framework, a symbol per side."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import escape

from harness.findings import Comparison, Finding
from harness.records import BrokenCase, Case, Claim, Computed, Key, Verdict
from harness.report import phrases
from harness.report.counting import causes_of, severity, unexplained
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


def title(finding: Finding) -> str:
    """The title of a case, or what comes closest."""
    case = finding.case
    return (case.title if isinstance(case, Case) else "") or case.id or case.path


def columns_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Every framework that has a side, and "claim" last."""
    met = {
        phrases.framework(side) for each in findings if isinstance(each.case, Case) for side in each.case.sides.values()
    }
    return tuple(sorted(met, key=lambda name: (name == "claim", name)))


def groups(
    ordered: Sequence[Finding],
    urgent: Sequence[Finding],
    waiting: Sequence[Finding],
    columns: tuple[str, ...],
    where: Mapping[str, str],
) -> tuple[Group, ...]:
    """First what needs a look, then what waits for a framework, then a group per family.

    `where` has the address of each case by id.
    """

    def row(finding: Finding, said: str = "") -> Row:
        return _row(finding, columns, room, where.get(finding.case.id, ""), said)

    room = GRID_BYTES // max(1, len(ordered)) - ROW_MARKUP - 8 * len(columns)
    apart = {id(finding) for finding in (*urgent, *waiting)}
    rows: dict[str, list[Row]] = defaultdict(list)
    for finding in ordered:
        if id(finding) not in apart:
            rows[family(finding.case)].append(row(finding))
    first = Group("Not as expected, or unexplained", "", tuple(map(row, urgent)))
    second = Group("Not judged: a framework is missing", "", tuple(row(finding, "not judged") for finding in waiting))
    rest = [Group(name or "no folder", name, tuple(found)) for name, found in sorted(rows.items())]
    return tuple(group for group in (first, second, *rest) if group.rows)


def _row(finding: Finding, columns: tuple[str, ...], room: int, link: str, said: str) -> Row:
    verdict, gaps = severity(finding), len(unexplained(finding))
    failed = finding.status != "pass" and not said
    word = "unreadable" if finding.status == "error" and verdict is None else str(verdict or "nothing to compare")
    if gaps and verdict is not Verdict.UNEXPLAINED:
        word = f"{word}; {gaps} unexplained"
    factors = dict.fromkeys(factor for factors in causes_of(finding) for factor in factors)
    told = ", ".join([said or (f"! {word}" if failed else word), *factors])
    css = "n" if said else "f" if failed else "u" if gaps else VERDICTS[verdict].css if verdict else ""
    return Row(
        href=link,
        title=_clip(title(finding), max(16, min(LONGEST_TITLE, room - len(link) - len(told)))),
        family=family(finding.case),
        css="" if css in {"e", "i"} else css,
        cells=_cells(finding, columns),
        verdict=_clip(told, max(24, room // 2)),
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
