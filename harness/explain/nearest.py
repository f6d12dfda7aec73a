"""The catalog calls nearest to a point: as they stand, with what parts them from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.catalog import APIS, complete, declare
from harness.errors import CaseError
from harness.explain.aligned import aligned
from harness.explain.describe import words_of
from harness.explain.differences import Difference, differences
from harness.explain.forms import two_class
from harness.explain.standing import facts_of
from harness.records import InputArray
from harness.semantics import Semantics, with_choice
from harness.syntax import Call
from harness.trees import render

# What a call may leave open: how numbers are computed, and what no value shows.
SILENT = frozenset({"guard.order", "mode", "evaluation", "reduction.zero", "target.bad_index", "layout.broadcast"})
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A catalog call, and its differences from the point as (factor, the call's choice, the point's choice)."""

    expression: str
    framework: str
    differences: tuple[tuple[str, str, str], ...]


def nearest(goal: Semantics, inputs: Mapping[str, InputArray], dtype: str, most: int = SHOWN) -> tuple[Near, ...]:
    """The catalog calls with the fewest differences from `goal` on ordinary inputs, among as many the shortest first.

    Args:
        goal: A point whose prediction and target are the inputs of those names.
        inputs: The inputs that calls are completed with.
        dtype: The dtype whose constants apply.
        most: How many calls.
    """
    axes = inputs["prediction"].values.ndim
    goal = _usual(goal, axes)
    describe = facts_of(inputs, dtype, "prediction").describe
    found: list[tuple[bool, int, int, Near]] = []
    for api in APIS.values():
        try:
            node = complete(Call(api.path), inputs)
            point = declare(node, describe, dtype)
        except (CaseError, ValueError, IndexError):
            continue  # These inputs are not of the form that the call takes.
        if point is None:
            continue
        left = parted(_usual(point, axes), goal)
        near = Near(render(node), api.framework, tuple((d.factor, *words_of(d, None)) for d in left))
        found.append((point.term.family != goal.term.family, sum(map(_counts, left)), len(near.expression), near))
    found.sort(key=lambda row: row[:3])
    return tuple(near for *_, near in found[:most])


def _counts(difference: Difference) -> bool:
    """Whether it shows on ordinary inputs: guards and labels to be ignored do not."""
    ignoring = difference.factor == "reduction.denominator" and "kept" in difference.before + difference.after
    return not (ignoring or difference.factor.startswith("guard.") or difference.factor == "weight.mask")


def _usual(point: Semantics, axes: int) -> Semantics:
    """`point` with its class axis counted from the end where it is the last."""
    return with_choice(point, "layout", class_axis=-1) if point.layout.class_axis == axes - 1 else point


def parted(point: Semantics, goal: Semantics) -> tuple[Difference, ...]:
    """What parts two points, told in the coordinates in which they differ least, but for what no value shows."""
    left = differences(*aligned(two_class(point), two_class(goal)))
    return tuple(d for d in left if d.factor not in SILENT and not d.factor.startswith("gradient"))
