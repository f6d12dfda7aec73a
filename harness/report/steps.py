"""The rows of a waterfall on a page: what each convention adds, where its bar stands, and its share of the gap."""

import math
from dataclasses import dataclass

from harness.findings import Comparison, Factor, Finding
from harness.report.numbers import aligned, share, signed
from harness.report.sentences import beyond, choices, is_of_form
from harness.report.waterfall import Scale, Step, scale, waterfall
from harness.report.words import meaning

THINNEST = 0.4  # percent of the strip: a share too small to be drawn is still seen


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


def step_rows(finding: Finding, comparison: Comparison) -> tuple[StepRow, ...]:
    """From A's number to B's; none where there are no factors, or where the sides differ in form alone."""
    if is_of_form(comparison):
        return ()
    steps = waterfall(finding, comparison)
    amounts = aligned([step.amount for step in steps], [step.kind != "side" for step in steps])
    strip = scale(steps, 100)
    bars = [_bar(steps, place, strip) if strip else None for place in range(len(steps))]
    return tuple(_row(step, amount, bar, comparison) for step, amount, bar in zip(steps, amounts, bars, strict=True))


def share_in_words(factor: Factor, gap: float) -> str:
    """A share with its part of the gap; what is no number is said in words."""
    if math.isnan(factor.share):
        return "parts a number from nan"
    if math.isinf(factor.share):
        return "parts a number from an infinity"
    return " · ".join(filter(None, (signed(factor.share), share(factor.share, gap).strip("–"))))


def _row(step: Step, amount: str, bar: Bar | None, comparison: Comparison) -> StepRow:
    if step.kind != "factor" or comparison.divergence is None:
        return StepRow(step.label, step.kind, amount, bar)
    factor = comparison.explanation.factors[step.index]
    return StepRow(
        label=factor.factor,
        meaning=meaning(factor.factor),
        css="factor",
        change=choices(factor, comparison.explanation),
        summary=beyond(factor),
        widens=factor.widens,
        amount=amount if math.isfinite(step.amount) else "infinite" if math.isinf(step.amount) else "no number",
        share=share_in_words(factor, comparison.divergence.gap),
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
