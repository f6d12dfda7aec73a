"""The steps from one side's number to the other's, and where their bars stand."""

import math
from dataclasses import dataclass

from harness.findings import Comparison, Finding
from harness.report.phrases import pair


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a waterfall.

    Attributes:
        label: A side's name, a factor, or "left over".
        kind: "side", "factor" or "residual".
        amount: What the row adds; a side's own number.
        start: The running total before the row; 0 for a side.
        end: The running total after it.
        index: Position of the factor in the explanation, -1 for the other kinds.
    """

    label: str
    kind: str
    amount: float
    start: float
    end: float
    index: int = -1


def waterfall(finding: Finding, comparison: Comparison) -> tuple[Step, ...]:
    """From A's number through every factor, in stage order, and what is left over, to B's; empty without factors."""
    why = comparison.explanation
    if not why.factors or comparison.divergence is None:
        return ()
    first, second = pair(finding, comparison)
    steps = [Step(comparison.between[0], "side", first, 0.0, first)]
    total = first
    for index, factor in enumerate(why.factors):
        steps.append(Step(factor.factor, "factor", factor.step, total, total + factor.step, index))
        total += factor.step
    if not abs(why.residual) <= comparison.divergence.bound:
        steps.append(Step("left over", "residual", why.residual, total, total + why.residual))
    return (*steps, Step(comparison.between[1], "side", second, 0.0, second))


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps numbers of the loss to a strip of `width` units, zero included so that bars keep their ratio."""

    low: float
    high: float
    width: float

    def at(self, value: float) -> float:
        """The place of `value` on the strip."""
        return (value - self.low) / (self.high - self.low) * self.width

    def bar(self, step: Step) -> tuple[float, float]:
        """Left edge and width of the bar of `step`."""
        left, right = sorted((self.at(step.start), self.at(step.end)))
        return left, right - left


def scale(steps: tuple[Step, ...], width: float) -> Scale | None:
    """The strip that holds every bar; None where a number is infinite or nan, or all are zero."""
    ends = [0.0, *(step.start for step in steps), *(step.end for step in steps)]
    if not all(map(math.isfinite, ends)) or min(ends) == max(ends):
        return None
    return Scale(min(ends), max(ends), width)
