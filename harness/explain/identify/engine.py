"""`identify`: one question after another, until a point of the space holds or the space is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.explain.identify.answers import Answer, Ask, Identification, Inputs, Oracle
from harness.explain.identify.asking import Asker, form_of, neutral
from harness.explain.identify.frame import Frame, Rows, frame_of
from harness.explain.identify.confirm import confirmed
from harness.explain.identify.guards import guarded
from harness.explain.identify.search import found
from harness.explain.identify.weighing import weighed
from harness.records import InputArray
from harness.semantics import Semantics

ENOUGH = 6  # Candidates that may fail before the space is said to be left.
STAGES_PASSED = ("term", "reduction", "guard", "gradient")


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
    return _identified(asker, seed)


def _identified(asker: Asker, seed: int) -> Identification:
    oracle = asker.oracle
    failures: list[Identification] = []
    for candidate, domain, kind in found(asker, seed):
        result = _settled(asker, candidate.semantics, domain, kind)
        if result.semantics is not None:
            return result
        failures.append(result)
        if len(failures) >= ENOUGH:
            break
    if not failures:
        return Identification(None, calls=oracle.calls, left_at="term")
    best = max(failures, key=lambda f: STAGES_PASSED.index(f.left_at) if f.left_at in STAGES_PASSED else 9)
    return replace(best, calls=oracle.calls)


def _settled(asker: Asker, semantics: Semantics, domain: str, kind: str) -> Identification:
    """One candidate through the remaining stages."""
    oracle = asker.oracle
    edges = guarded(asker, semantics, domain, kind)
    whole = weighed(asker, edges.semantics or semantics, domain, kind)
    if whole is None:
        return Identification(None, semantics, left_at="reduction", calls=oracle.calls)
    semantics, refuted = confirmed(asker, whole, domain, kind, edges.rows)
    if refuted is None:
        return Identification(semantics, semantics, calls=oracle.calls)
    left = "gradient" if refuted.aspect == "gradient" else "guard" if edges.semantics is None else "term"
    return Identification(None, semantics, refuted.inputs, left, oracle.calls)
