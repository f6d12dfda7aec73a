"""One comparison on the page of its case: the verdict, the waterfall, the stages, and what was proven."""

from dataclasses import dataclass

from markupsafe import Markup

from harness.findings import Comparison, Explanation, Finding, Proof
from harness.records import Verdict
from harness.report import phrases
from harness.report.formula import mathml
from harness.report.numbers import aligned, number, share, signed, small
from harness.report.terminal import rival_sentence
from harness.report.waterfall import Scale, Step, scale, waterfall
from harness.report.words import PROOF_SYMBOLS, PROOFS, VERDICTS, meaning

THINNEST = 0.4  # percent of the strip: a share too small to be drawn is still seen
# A case of many sides repeats itself; beyond this the table of comparisons has to do.
MOST_SECTIONS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a bar stands on its strip, in percent; `before` and `after` join it to its neighbours, where it has any."""

    css: str
    left: str
    width: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of the waterfall."""

    label: str
    css: str
    amount: str
    bar: Bar | None
    meaning: str = ""
    change: tuple[str, str] | None = None
    share: str = ""
    summary: str = ""
    widens: bool = False


@dataclass(frozen=True, slots=True)
class StageRow:
    """One convention with both sides' choices; `differs` lights it."""

    name: str
    meaning: str
    before: str
    after: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One comparison in full."""

    anchor: str
    heading: str
    asked: bool
    css: str
    verdict: str
    sentence: str
    unmet: str
    names: tuple[str, str]
    texts: tuple[str, ...]
    numbers: tuple[str, str]
    gap: str
    place: str
    steps: tuple[StepRow, ...]
    stages: tuple[StageRow, ...]
    formulas: tuple[tuple[str, Markup], ...]
    residual: str
    proofs: tuple[tuple[str, str, str], ...]
    remedy_side: str
    remedy: str
    remedy_verified: bool
    inactive: tuple[str, ...]
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison in the table of all."""

    href: str
    between: str
    of: str
    css: str
    verdict: str
    gap: str
    bound: str
    ulps: str
    note: str
    expected: bool


def sections(finding: Finding) -> tuple[Section, ...]:
    """What has something to explain, the most urgent first; what agrees is told by its line alone."""
    told = [each for each in phrases.by_urgency(finding.comparisons) if not agrees(each)]
    asked = {each.between for each in phrases.asked(finding)}
    return tuple(_section(finding, each, asked=each.between in asked) for each in told[:MOST_SECTIONS])


def agrees(comparison: Comparison) -> bool:
    """Whether there is nothing to explain."""
    return comparison.expected and comparison.verdict in {Verdict.IDENTICAL, Verdict.EQUAL}


def _section(finding: Finding, comparison: Comparison, *, asked: bool) -> Section:
    words, why, apart = VERDICTS[comparison.verdict], comparison.explanation, comparison.divergence
    remedy = why.remedy
    return Section(
        anchor=anchor(comparison),
        heading=heading(comparison),
        asked=asked,
        css="f" if not comparison.expected else words.css,
        verdict=str(comparison.verdict),
        sentence=phrases.verdict_sentence(comparison),
        unmet=phrases.expectation_sentence(comparison),
        names=comparison.between,
        texts=phrases.texts(finding, comparison),
        numbers=_numbers(finding, comparison),
        gap=signed(apart.gap) if apart else "",
        place=f"element [{', '.join(map(str, apart.at))}]" if apart and apart.at else "",
        steps=_steps(finding, comparison),
        stages=tuple(StageRow(name, meaning(name), a, b, a != b) for name, a, b in why.stages),
        formulas=tuple(
            (name, mathml(text)) for name, text in zip(comparison.between, why.formulas, strict=True) if text
        ),
        residual=phrases.residual_sentence(comparison) if why.factors else "",
        proofs=_proofs(why),
        remedy_side=remedy.side if remedy else "",
        remedy=remedy.expression if remedy else "",
        remedy_verified=bool(remedy and remedy.verified),
        inactive=tuple(map(phrases.inactive_sentence, why.inactive)),
        rivals=tuple(rival_sentence(rival.factors, rival.summary, rival.settled) for rival in why.rivals),
    )


def line(comparison: Comparison) -> Line:
    """One comparison in the table of all."""
    words, apart = VERDICTS[comparison.verdict], comparison.divergence
    return Line(
        href="" if agrees(comparison) else f"#{anchor(comparison)}",
        between=" – ".join(comparison.between),
        of=of(comparison),
        css="f" if not comparison.expected else words.css,
        verdict=str(comparison.verdict),
        gap=signed(apart.gap) if apart else "–",
        bound=small(apart.bound) if apart else "–",
        ulps=f"{apart.ulps:,.3g}" if apart else "–",
        note=_note(comparison),
        expected=comparison.expected,
    )


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


def _note(comparison: Comparison) -> str:
    if comparison.verdict in {Verdict.IDENTICAL, Verdict.EQUAL}:
        parting = f"; parted by {comparison.parting_input}" if comparison.parting_input else ""
        return f"{comparison.scope}{parting}" if comparison.scope else ""
    if comparison.verdict is Verdict.INCOMPARABLE:
        return comparison.message
    return ", ".join(factor.factor for factor in comparison.explanation.factors)


def _numbers(finding: Finding, comparison: Comparison) -> tuple[str, str]:
    if comparison.divergence is None:
        return "", ""
    first, second = phrases.pair(finding, comparison)
    return number(first), number(second)


def _steps(finding: Finding, comparison: Comparison) -> tuple[StepRow, ...]:
    steps = waterfall(finding, comparison)
    amounts = aligned([step.amount for step in steps], [step.kind != "side" for step in steps])
    strip = scale(steps, 100)
    bars = [_bar(steps, place, strip) if strip else None for place in range(len(steps))]
    return tuple(_step(step, amount, bar, comparison) for step, amount, bar in zip(steps, amounts, bars, strict=True))


def _step(step: Step, amount: str, bar: Bar | None, comparison: Comparison) -> StepRow:
    if step.kind != "factor" or comparison.divergence is None:
        return StepRow(step.label, step.kind, amount, bar)
    factor = comparison.explanation.factors[step.index]
    return StepRow(
        label=factor.factor,
        meaning=meaning(factor.factor),
        css="factor",
        change=(factor.before, factor.after),
        summary=phrases.beyond(factor),
        widens=factor.widens,
        amount=amount,
        share=f"{signed(factor.share)} · {share(factor.share, comparison.divergence.gap)}",
        bar=bar,
    )


def _bar(steps: tuple[Step, ...], place: int, strip: Scale) -> Bar:
    step = steps[place]
    left, width = strip.bar(step)
    sign = "up" if step.amount > 0 else "down" if step.amount < 0 else "zero"
    shown = max(width, THINNEST)
    return Bar(
        css=sign if step.kind == "factor" else step.kind,
        left=f"{min(left, 100 - shown):.2f}",
        width=f"{shown:.2f}",
        before=f"{strip.at(steps[place - 1].end):.2f}" if place else "",
        after=f"{strip.at(step.end):.2f}" if place < len(steps) - 1 else "",
    )


def _proofs(why: Explanation) -> tuple[tuple[str, str, str], ...]:
    outcomes = (why.proofs.points, why.proofs.residual, why.proofs.framework)
    if set(outcomes) == {Proof.NOT_RUN}:
        return ()
    return tuple(
        (PROOF_SYMBOLS[outcome], claim, str(outcome)) for (_, claim), outcome in zip(PROOFS, outcomes, strict=True)
    )
