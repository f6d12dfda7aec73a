"""Inputs under other names: which of them is the target is a guess like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.answers import Identification
from harness.explain.identify.frame import Frame
from harness.syntax import Input, Node
from harness.trees import substitute

ABSENT = ""


def exchanged(frame: Frame, other: str) -> dict[str, str]:
    """New name → name, with another input for the target; with ABSENT, what was the target is one input more."""
    if other == ABSENT:
        one_more = f"{frame.target}_input"
        while one_more in frame.given:
            one_more += "_"
        return {one_more if name == frame.target else name: name for name in frame.given}
    swap = {frame.target: other, other: frame.target}
    return {name: swap.get(name, name) for name in frame.given}


def is_whole(values: NDArray[Any]) -> bool:
    """Whether all numbers are whole ones."""
    return bool(np.all(values == np.round(values)))


def is_signs(values: NDArray[Any]) -> bool:
    """Whether it is an array of −1 and 1, which is a target more likely than anything else."""
    return values.size > 1 and bool(np.isin(values, (-1.0, 1.0)).all()) and -1.0 in values


def with_names(found: Identification, names: Mapping[str, str]) -> Identification:
    """What was found, in terms of the inputs' own names."""
    mapping: dict[str, Node] = {new: Input(old) for new, old in names.items()}
    semantics = None if found.semantics is None else substituted(found.semantics, mapping)
    closest = None if found.closest is None else substituted(found.closest, mapping)
    refuting = None if found.refuting is None else {names[new]: a for new, a in found.refuting.items() if new in names}
    return replace(found, semantics=semantics, closest=closest, refuting=refuting)


def substituted(part: Any, mapping: Mapping[str, Node]) -> Any:  # noqa: ANN401  any piece of a point
    """A point, or a piece of one, with the inputs named replaced in every tree."""
    if isinstance(part, Node):
        return substitute(part, mapping)
    if isinstance(part, tuple):
        return tuple(substituted(item, mapping) for item in part)
    if is_dataclass(part):
        return replace(part, **{f.name: substituted(getattr(part, f.name), mapping) for f in fields(part)})  # type: ignore[type-var]
    return part
