"""A whole loss seen as the worth of one row: the reference on many rows at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.assemble import Form
from harness.explain.identify.frame import Frame, Rows, lists_of
from harness.explain.identify.naming import substituted
from harness.explain.identify.outcome import predicted
from harness.records import Array
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Weight, with_choice
from harness.syntax import Input, Literal, Node

WEIGHED = frozenset({"weights", "nonzero-weights", "weights-unbroadcast"})


def worth(semantics: Semantics, rows: Rows, frame: Frame, form: Form, extras: Inputs | None = None) -> Array:
    """What `semantics` makes of inputs that are one row throughout, for each of P rows: [P], or [P, K] by element.

    Further inputs are taken to be `extras`, which are neutral: of each array, all numbers are the same.
    """
    semantics = with_constants(semantics, {} if extras is None else extras)
    parts = [replace(semantics, plus=()), *semantics.plus]
    return np.asarray(sum(_single(part, rows, frame, form) for part in parts))


def with_constants(semantics: Semantics, extras: Inputs) -> Semantics:
    """`semantics` with the inputs named at the value that all their numbers have."""
    numbers: dict[str, Node] = {
        name: Literal(float(np.ravel(values)[0])) for name, values in extras.items() if values.size
    }
    changed: Semantics = substituted(semantics, numbers) if numbers else semantics
    return changed


def _single(s: Semantics, rows: Rows, frame: Frame, form: Form) -> Array:
    across = s.layout.softmax_axis is not None or not isinstance(s.layout.prediction, Input)
    if FAMILIES[s.term.family].shape == "ratio" or across:
        return _spread(s, rows, frame, form)
    if s.weight.klass is not None and s.weight.klass_in == "terms" and s.reduction.denominator in WEIGHED:
        # What the mean divides by is the weight of the row's own target.
        return _spread(replace(s, weight=replace(s.weight, sample=None, mask=None)), rows, frame, form)
    coupled = FAMILIES[s.term.family].shape == "coupled"
    alone = with_choice(s, "reduction", batch="none", microbatches=None)
    alone = with_choice(alone, "scale", offset=0.0)
    if s.layout.class_axis is not None:
        alone = with_choice(alone, "layout", class_axis=1)
    alone = replace(alone, weight=_weights_alone(s))
    value = predicted(alone, {frame.prediction: rows.x, frame.target: _targets(s, rows)}, frame.dtype)
    if value is None:
        return np.full((rows.count, *rows.x.shape[1:]) if form.output == "element" else rows.count, np.nan)
    offset = float(s.scale.offset)  # type: ignore[arg-type]
    if form.output == "element":
        return value + offset
    if value.ndim > 1 and not coupled:
        value = value.mean(-1) if s.reduction.batch == "mean" else value.sum(-1)
    return value * _factor(s, frame) + offset


def _weights_alone(s: Semantics) -> Weight:
    """The weights of a row among its likes: what all of them count the same, a mean that counts it takes out again."""
    cancels = s.reduction.batch == "mean" and s.reduction.denominator in WEIGHED and s.weight.klass_in == "target"
    return replace(s.weight, sample=None, mask=None, klass=None if cancels else s.weight.klass)


def _spread(s: Semantics, rows: Rows, frame: Frame, form: Form) -> Array:
    """Each row spread over the whole inputs, where sums reach over rows."""
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
