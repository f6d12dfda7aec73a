"""`identify`: one question after another, until a point of the space holds or the space is left."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.explain.identify.answers import Answer, Ask, Identification, Inputs, Oracle
from harness.explain.identify.asking import Asker, form_of, neutral
from harness.explain.identify.frame import Frame, Rows, frame_of
from harness.explain.identify.outcome import roughly
from harness.explain.identify.samples import DOMAINS, KINDS, draw
from harness.explain.identify.search import found
from harness.records import InputArray, Raised


def identify(
    ask: Ask,
    specimen: Mapping[str, InputArray],
    *,
    prediction: str = "prediction",
    target: str = "target",
    dtype: str = "float64",
    slope: Ask | None = None,
    seed: int = 0,
) -> Identification:
    frame = frame_of(specimen, prediction, target, dtype)
    oracle = Oracle(ask, slope or ask, dtype)
    if frame is None:
        return Identification(None, left_at="layout", word="prediction and target have no common shape")
    base = frame.given
    first = oracle.value(base)
    if first is None:
        return Identification(None, left_at="layout", calls=oracle.calls, word=str(oracle.raised))
    form = form_of(frame, first.shape)
    if form is None:
        return Identification(None, left_at="reduction", calls=oracle.calls, word=f"returns shape {first.shape}")
    asker = Asker(oracle, frame, form, neutral(frame))
    closest = None
    for candidate, domain, kind in found(asker, seed):
        closest = closest or candidate.semantics
        rows = draw(99, (frame.count, frame.classes), domain, kind, dtype)
        inputs = frame.inputs(rows, asker.extras)
        if roughly(candidate.semantics, inputs, oracle.value(inputs), dtype):
            return Identification(candidate.semantics, candidate.semantics, calls=oracle.calls)
    return Identification(None, closest, calls=oracle.calls)
