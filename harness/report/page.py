"""The page of one case: a Finding becomes records of finished strings."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from harness.findings import Finding
from harness.records import BrokenCase, Case, Claim, Computed, Expression, InputArray, Key, Observation, Side
from harness.report import phrases
from harness.report.elements import Elements, elements
from harness.report.grid import family
from harness.report.reproducer import reproducer
from harness.report.results import outcome_in_words
from harness.report.section import Line, Section, line, sections
from harness.report.words import STATUSES

# What becomes of a known divergence, by its status in the case.
STANDING = {"notyet": "not mended yet", "never": "never to be mended"}


@dataclass(frozen=True, slots=True)
class SideRow:
    """One answerer of the question."""

    name: str
    expression: str
    framework: str
    answer: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A side as a program to copy."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page of a case shows."""

    id: str
    title: str
    family: str
    path: str
    why: str
    source: str
    source_is_link: bool
    failed: bool
    status: str
    notes: tuple[str, ...]
    known: tuple[str, ...]
    kills: str
    sides: tuple[SideRow, ...]
    inputs: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    lines: tuple[Line, ...]
    elements: tuple[Elements, ...]
    scripts: tuple[Script, ...]


def page(finding: Finding) -> Page:
    """The page of a readable case.

    Raises:
        AssertionError: If the case could not be read; such a case stands on the first page only.
    """
    case = finding.case
    assert not isinstance(case, BrokenCase), "an unreadable case has no page"
    failed, told = finding.status != "pass", sections(finding)
    return Page(
        id=case.id,
        title=case.title or case.id,
        family=family(case),
        path=case.path,
        why=case.why.strip(),
        source=case.source,
        source_is_link=bool(case.source) and urlsplit(case.source).scheme in {"http", "https"},
        failed=failed,
        status=STATUSES[finding.status],
        notes=phrases.notes(finding) if failed else (),
        known=tuple(f"{each.side}, {STANDING[each.status]}: {each.reason}" for each in case.known),
        kills=phrases.kill_sentence(finding.mutants, len(finding.survivors)),
        sides=tuple(_side(finding, case, name, side) for name, side in case.sides.items()),
        inputs=tuple((name, *_input(array)) for name, array in case.inputs.items()),
        sections=told,
        lines=tuple(map(line, phrases.by_urgency(finding.comparisons))),
        elements=elements(finding, case),
        scripts=tuple(_scripts(finding, case)) if told else (),
    )


def _side(finding: Finding, case: Case, name: str, side: Side) -> SideRow:
    seen = [(dtype, finding.observations.get(Key(case.id, name, dtype))) for dtype in case.dtypes]
    where = [phrases.framework(side)]
    if isinstance(side, Expression):
        where += [side.mode] * (side.mode != "eager") + [side.environment] * bool(side.environment)
    answers = [(dtype, _answer(side, observation)) for dtype, observation in seen]
    others = () if isinstance(side, Claim) else answers[1:]
    return SideRow(name, phrases.spelling(side), " · ".join(where), answers[0][1], tuple(others))


def _answer(side: Side, seen: Observation | None) -> str:
    if isinstance(side, Claim):
        return phrases.short(side.value)
    if isinstance(seen, Computed):
        return phrases.short(seen.value)
    return ": ".join(outcome_in_words(seen))


def _input(array: InputArray) -> tuple[str, str]:
    shape = " × ".join(map(str, array.values.shape)) or "scalar"
    if array.values.size <= phrases.INLINE:
        return shape, str(array.values.tolist())
    text = np.array2string(array.values, precision=6, separator=", ", threshold=60, edgeitems=3, max_line_width=90)
    return shape, text


def _scripts(finding: Finding, case: Case) -> list[Script]:
    scripts = [
        Script(
            name, reproducer(case, side, case.dtypes[0], finding.observations.get(Key(case.id, name, case.dtypes[0])))
        )
        for name, side in case.sides.items()
        if isinstance(side, Expression)
    ]
    return [script for script in scripts if script.code]
