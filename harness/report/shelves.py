"""Where each case is told: on a page of its own, or, in a run of thousands that agree, on a shelf with hundreds.

Nobody opens ten thousand pages to read that all is well, and writing them takes longer than judging the cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from harness.findings import Finding
from harness.records import BrokenCase, Case, Key, Verdict
from harness.report import phrases
from harness.report.numbers import small

# Up to this number, every case has a page of its own.
OWN_PAGES = 1000
PER_SHELF = 500
AGREE = frozenset({Verdict.IDENTICAL, Verdict.EQUAL})


@dataclass(frozen=True, slots=True)
class Told:
    """One case on a shelf: what its sides answered, and how far the two furthest are apart."""

    id: str
    title: str
    path: str
    answers: str
    note: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of cases that agree."""

    name: str
    title: str
    cases: tuple[Told, ...]


def placed(findings: Sequence[Finding]) -> tuple[list[Finding], list[list[Finding]]]:
    """The cases with a page of their own, and the others by shelf; those that could not be read are on neither."""
    readable = [finding for finding in findings if isinstance(finding.case, Case)]
    if len(readable) <= OWN_PAGES:
        return readable, []
    shelved = [finding for finding in readable if agrees(finding)]
    own = [finding for finding in readable if not agrees(finding)]
    return own, [shelved[start : start + PER_SHELF] for start in range(0, len(shelved), PER_SHELF)]


def agrees(finding: Finding) -> bool:
    """Whether there is nothing to explain about a case."""
    return finding.status == "pass" and all(each.verdict in AGREE for each in finding.comparisons)


def addresses(findings: Sequence[Finding]) -> Mapping[str, str]:
    """Where each case is told, from the first page, by id; a case that could not be read is told nowhere else."""
    own, shelves = placed(findings)
    return {finding.case.id: f"cases/{page_name(finding)}" for finding in own} | {
        finding.case.id: f"cases/{shelf_name(number)}#{finding.case.id}"
        for number, shelf in zip(count(1), shelves, strict=False)
        for finding in shelf
    }


def page_name(finding: Finding) -> str:
    """File name of the page of a case, without folder."""
    return f"{finding.case.id}.html"


def shelf_name(number: int) -> str:
    """File name of a shelf; no case can have that id."""
    return f"_agree-{number}.html"


def shelf(number: int, findings: Sequence[Finding]) -> Shelf:
    """The page on which `findings` are told."""
    title = f"{len(findings):,} cases that agree, part {number}"
    return Shelf(shelf_name(number), title, tuple(map(_told, findings)))


def _told(finding: Finding) -> Told:
    case = finding.case
    assert not isinstance(case, BrokenCase), "a case that could not be read is on no shelf"
    answers = (f"{name} {_answer(finding, case, name)}" for name in case.sides)
    return Told(case.id, case.title or case.id, case.path, ", ".join(answers), _note(finding))


def _answer(finding: Finding, case: Case, name: str) -> str:
    seen = finding.observations.get(Key(case.id, name, case.dtypes[0]))
    values = phrases.observed(case.sides[name], seen, "value")
    return "no answer" if values is None else phrases.short(values)


def _note(finding: Finding) -> str:
    """How close the furthest two are, and whether that is so for these inputs only."""
    apart = [each.divergence for each in finding.comparisons if each.divergence is not None]
    if not apart:
        return ""
    widest = max(apart, key=lambda each: abs(each.gap))
    here = sum(bool(each.parting_input) for each in finding.comparisons)
    only = f"; {phrases.count(here, 'pair')} on these inputs only" if here else ""
    return f"{small(abs(widest.gap))} apart at most, where rounding allows {small(widest.bound)}{only}"
