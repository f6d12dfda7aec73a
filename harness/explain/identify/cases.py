"""Inputs and what the black box said to them: what a guess about weights and reductions is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.outcome import roughly
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.semantics import Semantics


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Inputs and the answer to them; None where the black box raises."""

    inputs: Inputs
    answer: Array | None


def case_of(asker: Asker, extras: Inputs, source: Source, seed: int) -> Case:
    """Distinct random rows with these further inputs."""
    frame = asker.frame
    return asked(asker, frame.inputs(source.draw(seed, (frame.count, frame.classes)), extras))


def asked(asker: Asker, inputs: Inputs) -> Case:
    """The answer to these inputs."""
    return Case(inputs, asker.oracle.value(inputs))


def fits(semantics: Semantics, cases: Sequence[Case], dtype: str) -> bool:
    """Whether a point gives the answers up to some roundings."""
    return all(roughly(semantics, case.inputs, case.answer, dtype) for case in cases)


def first_unfit(semantics: Semantics, cases: Sequence[Case], dtype: str) -> Inputs | None:
    """Inputs on which a point gives another answer."""
    return next((case.inputs for case in cases if not fits(semantics, [case], dtype)), None)
