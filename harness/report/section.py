"""One comparison on the page of its case: the verdict, the waterfall, the stages, and what was proven."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from harness.explain.formula import taken_apart
from harness.explain.symbols import symbols
from harness.findings import Comparison, Divergence, Explanation, Finding, Proof
from harness.report.counting import asked, by_urgency, unexplained
from harness.report.differing import Differing, differing
from harness.report.formula import mathml
from harness.report.lines import agrees, anchor, heading
from harness.report.numbers import number, signed
from harness.report.parting import inline
from harness.report.phrases import about, pair, texts
from harness.report.sentences import (
    LONGEST_INLINE,
    expectation_sentence,
    inactive_sentence,
    remedy_sentence,
    residual_sentence,
    rival_sentence,
    verdict_sentence,
)
from harness.report.steps import StepRow, step_rows
from harness.report.words import PROOF_SYMBOLS, PROOFS, VERDICTS, meaning

# A case of many sides repeats itself; beyond this the table of comparisons has to do.
MOST_SECTIONS = 30
# Why a comparison is told where it is: the case asks about it, or nobody can explain it, or neither.
ASKED, GAP, OTHER = "asked", "gap", "other"


@dataclass(frozen=True, slots=True)
class Headline:
    """A side's number, large; `about` says what it is where it is not what the side returned as it stands."""

    name: str
    number: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """One convention with both sides' choices; `differs` lights it."""

    name: str
    meaning: str
    before: str
    after: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Formula:
    """A side's formula, what its abbreviations stand for, and in words what no symbol shows."""

    name: str
    body: Markup
    where: Markup
    remarks: str


@dataclass(frozen=True, slots=True)
class Section:
    """One comparison in full."""

    anchor: str
    heading: str
    kind: str
    css: str
    verdict: str
    sentence: str
    unmet: str
    names: tuple[str, str]
    headlines: tuple[Headline, ...]
    gap: str
    gap_about: str
    steps: tuple[StepRow, ...]
    several: bool
    residual: str
    remedy_sentence: str
    remedy: str
    proofs: tuple[tuple[str, str, str], ...]
    formulas: tuple[Formula, ...]
    symbols: str
    stages: tuple[StageRow, ...]
    inactive: tuple[str, ...]
    rivals: tuple[str, ...]
    parting: str
    elements: Differing | None
    agrees: bool
    compared: frozenset[str]


def sections(finding: Finding) -> tuple[Section, ...]:
    """What the case asks about and what has something to explain, the most urgent first.

    What agrees is told by its line alone; but a page begins with what was asked, also where it agrees.
    """
    ordered = by_urgency(finding.comparisons)
    wanted = {each.between for each in asked(finding)}
    told = [each for each in ordered if not agrees(each)]
    if not any(each.between in wanted for each in told):
        told = [each for each in ordered if each.between in wanted and each.divergence is not None][:1] + told
    gaps = {id(each) for each in unexplained(finding)}
    kinds = [ASKED if each.between in wanted else GAP if id(each) in gaps else OTHER for each in told]
    return tuple(_section(finding, each, kind) for each, kind in list(zip(told, kinds, strict=True))[:MOST_SECTIONS])


def _section(finding: Finding, comparison: Comparison, kind: str) -> Section:
    words, why, apart = VERDICTS[comparison.verdict], comparison.explanation, comparison.divergence
    unmet = expectation_sentence(finding, comparison)
    steps = step_rows(finding, comparison)
    return Section(
        anchor=anchor(comparison),
        heading=heading(comparison),
        kind=kind,
        css="f" if unmet else words.css,
        verdict=str(comparison.verdict),
        sentence=verdict_sentence(finding, comparison),
        unmet=unmet,
        names=comparison.between,
        headlines=_headlines(finding, comparison),
        gap=signed(apart.gap) if apart else "",
        gap_about=_largest(apart) if apart else "",
        steps=steps,
        several=len(why.factors) > 1,
        residual=residual_sentence(comparison) if steps else "",
        remedy_sentence=remedy_sentence(comparison),
        remedy=why.remedy.expression if why.remedy else "",
        proofs=_proofs(why),
        formulas=_formulas(comparison),
        symbols=symbols(why.formulas),
        stages=_stages(why),
        inactive=tuple(inactive_sentence(finding, comparison.dtype, each) for each in why.inactive),
        rivals=tuple(map(rival_sentence, why.rivals)),
        parting=_parting(finding, comparison),
        elements=differing(finding, comparison),
        agrees=agrees(comparison),
        compared=frozenset({comparison.aspect, comparison.dtype, *comparison.between}),
    )


def _largest(apart: Divergence) -> str:
    """Where the gap is: nowhere in particular if it is the same everywhere."""
    return "where it is largest, measured by what rounding allows" if apart.at and 0 < abs(apart.gap) < math.inf else ""


def _stages(why: Explanation) -> tuple[StageRow, ...]:
    """The stage table; a difference of form is told in it, though the sides are compared in one form."""
    form = {factor.factor: (factor.before, factor.after) for factor in why.factors if factor.share == 0 == factor.step}
    told = [(name, *form.get(name, choices)) for name, *choices in why.stages]
    return tuple(StageRow(name, meaning(name), a, b, a != b) for name, a, b in told)


def _headlines(finding: Finding, comparison: Comparison) -> tuple[Headline, ...]:
    if comparison.divergence is None:
        return ()
    told = zip(
        comparison.between,
        map(number, pair(finding, comparison)),
        about(finding, comparison),
        texts(finding, comparison),
        strict=True,
    )
    return tuple(Headline(*each) for each in told)


def _parting(finding: Finding, comparison: Comparison) -> str:
    """Inputs that part sides which agree here, where they are too long for a sentence."""
    shown = inline(finding, comparison.dtype, comparison.parting_input) if comparison.parting_input else ""
    return shown if len(shown) > LONGEST_INLINE else ""


def _formulas(comparison: Comparison) -> tuple[Formula, ...]:
    told = zip(comparison.between, map(taken_apart, comparison.explanation.formulas), strict=True)
    return tuple(
        Formula(name, mathml(body), mathml(where) if where else Markup(), "; ".join(remarks))
        for name, (body, where, remarks) in told
        if body
    )


def _proofs(why: Explanation) -> tuple[tuple[str, str, str], ...]:
    outcomes = (why.proofs.points, why.proofs.residual, why.proofs.framework)
    if set(outcomes) == {Proof.NOT_RUN}:
        return ()
    return tuple(
        (PROOF_SYMBOLS[outcome], claim, str(outcome)) for (_, claim), outcome in zip(PROOFS, outcomes, strict=True)
    )
