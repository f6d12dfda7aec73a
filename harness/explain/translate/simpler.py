"""A point as one would write it for the inputs at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from harness.explain.translate.calls import unmasked
from harness.explain.translate.kinds import kind_of
from harness.records import InputArray
from harness.semantics import Semantics, with_choice
from harness.trees import inputs_of


def simpler(goal: Semantics, inputs: Mapping[str, InputArray]) -> Iterator[Semantics]:
    """The goal without a label to be ignored that no input bears, and the goal as it is."""
    goal = told(goal, inputs)
    if isinstance(goal.weight.mask, int | float):
        yield unmasked(goal)
    yield goal


def told(goal: Semantics, inputs: Mapping[str, InputArray]) -> Semantics:
    """As one would write it for these inputs: sums per sample and their mean, an encoding told from the numbers."""
    if (goal.reduction.classes, goal.reduction.denominator, goal.layout.class_axis) == ("flat", "samples", -1):
        goal = with_choice(goal, "reduction", classes="sum", denominator="elements")
    names = inputs_of(goal.target.source)
    if goal.target.encoding == "ranked" and all(_is_ranked(inputs[name]) for name in names):
        fewer = goal.reduction.classes in ("sum", "mean")
        return with_choice(goal, "target", encoding="index" if fewer else "dense")
    if goal.target.encoding != "signed-if-not-binary":
        return goal
    binary = all(kind_of(inputs[name]) in ("binary", "one-hot") for name in names)
    return with_choice(goal, "target", encoding="dense" if binary else "signed")


def _is_ranked(given: InputArray) -> bool:
    """Whether labels are their own ranks: 0, 1, …, all of them there."""
    present = np.unique(given.values)
    return bool(np.array_equal(present, np.arange(present.size)))
