"""The page of one case: a Finding becomes records of finished strings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import numpy as np

from harness.findings import Finding
from harness.records import BrokenCase, Case, Claim, Computed, Expression, InputArray, Key, Observation, Side
from harness.report import phrases
from harness.report.counting import by_urgency
from harness.report.elements import Elements, elements
from harness.report.grid import family
from harness.report.lines import Line, anchor, line
from harness.report.parting import found_again, inline
from harness.report.reproducer import reproducer
from harness.report.results import outcome_in_words
from harness.report.section import ASKED, GAP, OTHER, Section, sections
from harness.report.sentences import conclusion, kill_sentence, notes
from harness.report.words import OUTCOMES, STATUSES

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

    title: str
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
    conclusion: str
    notes: tuple[str, ...]
    known: tuple[str, ...]
    kills: str
    sides: tuple[SideRow, ...]
    inputs: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    gaps: tuple[Section, ...]
    others: tuple[Section, ...]
    lines: tuple[Line, ...]
    has_ulps: bool
    elements: tuple[Elements, ...]
    scripts: tuple[Script, ...]


def page(finding: Finding) -> Page:
    """The page of a readable case.

    Raises:
        AssertionError: If the case could not be read; such a case stands on the first page only.
    """
    case = finding.case
    assert not isinstance(case, BrokenCase), "an unreadable case has no page"
    failed, told = finding.status != "pass" and bool(case.path), sections(finding)
    anchors = {section.anchor for section in told}
    lines = tuple(line(finding, each, told=anchor(each) in anchors) for each in by_urgency(finding.comparisons))
    return Page(
        id=case.id,
        title=case.title or case.id,
        family=family(case),
        path=case.path,
        why=case.why.strip(),
        source=case.source,
        source_is_link=bool(case.source) and urlsplit(case.source).scheme in {"http", "https"},
        failed=failed,
        status=STATUSES[finding.status] if case.path else "",
        conclusion=conclusion(finding),
        notes=notes(finding) if failed else (),
        known=tuple(f"{each.side}, {STANDING[each.status]}: {each.reason}" for each in case.known),
        kills=kill_sentence(finding.mutants, len(finding.survivors)),
        sides=tuple(_side(finding, case, name, side) for name, side in case.sides.items()),
        inputs=tuple((name, *_input(array)) for name, array in case.inputs.items()),
        sections=tuple(section for section in told if section.kind == ASKED),
        gaps=tuple(section for section in told if section.kind == GAP),
        others=tuple(section for section in told if section.kind == OTHER),
        lines=lines,
        has_ulps=any(each.ulps for each in lines),
        elements=elements(finding, case, {each.compared for each in told if each.elements}),
        scripts=(*_scripts(finding, case), *_parting_scripts(finding, case)),
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
    outcome, said = outcome_in_words(seen)
    return ": ".join(filter(None, (OUTCOMES[outcome], said)))


def _input(array: InputArray) -> tuple[str, str]:
    shape = " × ".join(map(str, array.values.shape)) or "scalar"
    if array.values.size <= phrases.INLINE:
        return shape, str(array.values.tolist())
    text = np.array2string(array.values, precision=6, separator=", ", threshold=60, edgeitems=3, max_line_width=90)
    return shape, text


def _scripts(finding: Finding, case: Case) -> Iterator[Script]:
    """Every side that can be written as a program, on the inputs of the case."""
    for name, side in case.sides.items():
        seen = finding.observations.get(Key(case.id, name, case.dtypes[0]))
        code = reproducer(case, side, case.dtypes[0], seen) if isinstance(side, Expression) else ""
        if code:
            yield Script(name, code)


def _parting_scripts(finding: Finding, case: Case) -> Iterator[Script]:
    """Both sides of what agrees on these inputs only, on inputs that part them, where these are too long to be told."""
    for each in by_urgency(finding.comparisons):
        if not each.parting_input or inline(finding, each.dtype, each.parting_input):
            continue
        parting = found_again(finding, each.dtype, each.parting_input)
        other = replace(case, inputs={**case.inputs, **parting})
        for name in each.between if parting else ():
            side = case.sides[name]
            code = reproducer(other, side, each.dtype) if isinstance(side, Expression) else ""
            if code:
                yield Script(f"{name}, on inputs that part {each.between[0]} and {each.between[1]}", code)
        return
