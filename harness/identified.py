"""What an identification comes to for the person who asked: a point, in words, as a formula, and to compute with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.boxes import Box
from harness.errors import CaseError
from harness.explain.claims_search import Reading
from harness.explain.describe import stage_table
from harness.explain.formula import formula
from harness.explain.identify import OTHER_TARGETS, Identification, Probe
from harness.explain.latex_text import as_text
from harness.explain.nearest import Near, nearest
from harness.explain.translate import Translation
from harness.records import Array, InputArray
from harness.reference.arithmetic import Plain
from harness.reference.evaluate import evaluate
from harness.report.identification import Shown, fragment, text
from harness.report.numbers import json_array
from harness.semantics import Semantics


@dataclass(frozen=True, slots=True)
class Formula:
    """A point as a formula; printing it gives plain text."""

    latex: str

    @property
    def text(self) -> str:
        """One line of plain text."""
        return as_text(self.latex)

    @property
    def mathml(self) -> str:
        """A MathML block."""
        from harness.report.formula import mathml  # noqa: PLC0415  the converter only where something is drawn

        return str(mathml(self.latex))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """What one side computes, or where it leaves the space of conventions.

    Attributes:
        name: The side as it was given.
        found: What the engine says.
        inputs: The inputs that it was asked about.
        dtype: The dtype that it was asked in.
        audit: For a catalog call, how what was found differs from what the catalog says of it; None for anything else.
        rivals: For printed numbers, what else gives them, simplest first.
        box: The side, to be asked again; None for printed numbers.
    """

    name: str
    found: Identification
    inputs: Mapping[str, InputArray]
    dtype: str
    audit: tuple[tuple[str, str, str], ...] | None = None
    rivals: tuple[Reading, ...] = ()
    box: Box | None = None

    @property
    def semantics(self) -> Semantics | None:
        """The point that was confirmed; None outside the space."""
        return self.found.semantics

    @property
    def formula(self) -> Formula | None:
        """The point as a formula."""
        return None if self.semantics is None else Formula(formula(self.semantics))

    @property
    def nearest(self) -> tuple[Near, ...]:
        """Catalog calls, the one with the fewest differences first; those of the closest point outside the space."""
        point = self.semantics or self.found.closest
        return () if point is None else nearest(point, self.inputs, self.dtype)

    @property
    def calls(self) -> int:
        """How often the side was asked."""
        return self.found.calls

    @property
    def undetermined(self) -> tuple[str, ...]:
        """Choices that none of the answers depends on, as `stage.choice`."""
        return self.found.undetermined

    @property
    def probes(self) -> tuple[Probe, ...]:
        """What was asked, and what it settled."""
        return self.found.probes

    def evaluate(self, prediction: ArrayLike, target: ArrayLike, **inputs: ArrayLike) -> Array:
        """The loss that was found, by the reference.

        Args:
            prediction: Array in the form of the one that was asked with.
            target: Likewise; integers where it is class indices.
            **inputs: Further inputs, by name.

        Returns:
            float64, of the shape that the loss has.

        Raises:
            CaseError: `not-identified`, outside the space; `wrong-shape`, where the inputs do not fit.
        """
        if self.semantics is None:
            raise CaseError("not-identified", f"{self.name} was not identified, so there is nothing to evaluate")
        arrays = {name: _array(value) for name, value in {"prediction": prediction, "target": target, **inputs}.items()}
        found = evaluate(self.semantics, arrays, Plain(), self.dtype, None)
        return np.asarray(found.value, np.float64)

    def expression(self, to: str) -> Translation:
        """The same loss as an expression of the framework `to`, run against the original before it is shown.

        Args:
            to: torch, tensorflow, keras, jax, numpy, sklearn or onnx.

        Returns:
            `.code` is the expression, empty where there is none; printing it gives the code, or the reason.

        Raises:
            CaseError: `not-identified`, outside the space; `not-allowed`, if `to` is no framework.
        """
        from harness.expressing import express  # noqa: PLC0415  the whole of translation, for few

        if self.semantics is None:
            raise CaseError("not-identified", f"{self.name} was not identified, so there is nothing to translate")
        inputs = self.inputs
        if OTHER_TARGETS in self.undetermined:
            # As whole numbers they stay 0 and 1 where others are made from them.
            target = inputs["target"]
            inputs = {**inputs, "target": replace(target, values=target.values.astype(np.int64), integral=True)}
        return express(self.semantics, self.box, to, inputs, self.dtype)

    def __str__(self) -> str:
        return text(self.shown())

    def _repr_html_(self) -> str:
        return fragment(self.shown())

    def shown(self) -> Shown:
        """Everything as finished strings, for a terminal or a page."""
        point = self.semantics
        rows = () if point is None else stage_table(point, point, None)
        closest = self.found.closest
        return Shown(
            name=self.name,
            latex="" if point is None else formula(point),
            closest="" if closest is None or point is not None else formula(closest),
            left_at="" if point is not None else self.found.left_at,
            refuting=tuple(_lines(self.found.refuting or {})),
            word=self.found.word,
            calls=self.calls,
            dtype=self.dtype,
            stages=tuple((factor, choice) for factor, choice, _ in rows),
            nearest=() if self.audit is not None or self.rivals else self.nearest,
            undetermined=self.undetermined,
            probes=tuple((probe.asked, probe.settled) for probe in self.probes),
            audit=self.audit,
            rivals=tuple((as_text(formula(r.semantics)), r.words, r.parted) for r in self.rivals),
        )

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data, the keys of which stay as they are within schema 1."""
        shown = self.shown()
        return {
            "schema": 1,
            "name": shown.name,
            "identified": self.semantics is not None,
            "formula": None if self.formula is None else {"text": self.formula.text, "latex": self.formula.latex},
            "closest": as_text(shown.closest) or None,
            "left_at": shown.left_at or None,
            "refuting": None if self.found.refuting is None else _refuting(self.found.refuting),
            "word": shown.word,
            "calls": shown.calls,
            "dtype": shown.dtype,
            "stages": dict(shown.stages),
            "nearest": [
                {"expression": near.expression, "framework": near.framework, "differences": _rows(near.differences)}
                for near in shown.nearest
            ],
            "undetermined": [*shown.undetermined],
            "probes": [{"asked": asked, "settled": settled} for asked, settled in shown.probes],
            "audit": None if shown.audit is None else _rows(shown.audit),
            "rivals": [{"formula": f, "reading": words, "parted": parted} for f, words, parted in shown.rivals],
        }


def _refuting(inputs: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    return {name: json_array(np.asarray(array, np.float64)) for name, array in inputs.items()}


def _rows(differences: tuple[tuple[str, str, str], ...]) -> list[dict[str, str]]:
    return [{"factor": factor, "from": before, "to": after} for factor, before, after in differences]


def _lines(arrays: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    for name, array in arrays.items():
        yield f"{name} = {np.array2string(array, precision=6, separator=', ', threshold=20).replace(chr(10), '')}"


def _array(value: ArrayLike) -> NDArray[Any]:
    array = np.asarray(value)
    return array.astype(np.int64 if array.dtype.kind in "iub" else np.float64)
