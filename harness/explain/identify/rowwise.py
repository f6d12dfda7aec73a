"""A whole loss seen as the worth of one row: the reference on many rows at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.explain.identify.assemble import Form
from harness.explain.identify.frame import Frame, Rows, lists_of
from harness.explain.identify.outcome import predicted
from harness.records import Array
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice


def worth(semantics: Semantics, rows: Rows, frame: Frame, form: Form) -> Array:
    """What `semantics` makes of inputs that are one row throughout, for each of P rows: [P], or [P, K] by element.

    Further inputs are not looked at: they are taken to be neutral.
    """
    parts = [replace(semantics, plus=()), *semantics.plus]
    return np.asarray(sum(_single(part, rows, frame, form) for part in parts))


def _single(s: Semantics, rows: Rows, frame: Frame, form: Form) -> Array:
    if FAMILIES[s.term.family].shape == "ratio":
        return _ratio(s, rows, frame, form)
    inputs = {frame.prediction: rows.x, frame.target: _targets(s, rows)}
    coupled = FAMILIES[s.term.family].shape == "coupled"
    alone = with_choice(s, "reduction", batch="none", microbatches=None)
    alone = with_choice(alone, "scale", offset=0.0)
    if s.layout.class_axis is not None:
        alone = with_choice(alone, "layout", class_axis=1)
    alone = replace(alone, weight=replace(s.weight, sample=None, mask=None))
    value = predicted(alone, inputs, frame.dtype)
    if value is None:
        return np.full((rows.count, *rows.x.shape[1:]) if form.output == "element" else rows.count, np.nan)
    offset = float(s.scale.offset)  # type: ignore[arg-type]
    if form.output == "element":
        return value + offset
    if value.ndim > 1 and not coupled:
        value = value.mean(-1) if s.reduction.batch == "mean" else value.sum(-1)
    return value * _factor(s, frame) + offset


def _ratio(s: Semantics, rows: Rows, frame: Frame, form: Form) -> Array:
    """Sums of a ratio reach over rows, so each row is spread over the whole inputs."""
    out = np.full(rows.count, np.nan)
    for i in range(rows.count):
        spread = Rows(np.repeat(rows.x[i : i + 1], frame.count, 0), np.repeat(rows.t[i : i + 1], frame.count, 0))
        value = predicted(s, frame.inputs(spread, {}), frame.dtype)
        if value is not None and value.size and form.output != "element":
            out[i] = float(value.reshape(-1)[0])
    return out


def _targets(s: Semantics, rows: Rows) -> Array:
    if s.target.encoding == "index-list":
        return lists_of(rows.t)
    return np.argmax(rows.t, -1).astype(np.int64) if s.target.encoding == "index" else rows.t


def _factor(s: Semantics, frame: Frame) -> float:
    if s.reduction.batch == "sum":
        return float(frame.count)
    if s.reduction.batch == "mean" and s.reduction.denominator == "samples" and frame.shape:
        return frame.count / frame.shape[0] * (frame.classes if s.reduction.classes == "flat" else 1)
    return 1.0
