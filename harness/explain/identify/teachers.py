"""Targets that are another model's logits, read through a softmax at a temperature: distillation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Answer, Ask, Inputs, Oracle
from harness.explain.identify.frame import Frame
from harness.explain.identify.numbers import short
from harness.explain.identify.samples import Source
from harness.records import Array, Raised
from harness.reference.arithmetic import FORMATS, quantise
from harness.syntax import Binary, Call, Input, Literal, Node

MEANT = 3  # Classes of which it takes at least so many to tell a temperature.
ROUNDINGS = 256.0  # By which two answers to the same question may differ.
STEPS = (4.0, 2.0)  # How far one of the teacher's logits is moved.
AGREE = 1e-6  # How far two measured temperatures may be apart, for targets that count by their probabilities.


def taught(frame: Frame, oracle: Oracle) -> Iterator[tuple[Frame, Oracle]]:
    """The frame of targets that count by the softmax of their rows alone, with the black box asked by its logarithms."""
    t = frame.given[frame.target]
    if frame.kind != "real" or t.shape != frame.shape or frame.classes < MEANT:
        return
    shifts = np.random.default_rng(8).uniform(-1.0, 1.0, frame.positions)
    before = oracle.value(frame.given)
    after = oracle.value({**frame.given, frame.target: quantise(t + np.expand_dims(shifts, frame.axis), frame.dtype)})
    if before is None or after is None or not _same(before, after, frame.dtype):
        return
    temperature = _temperature(frame, oracle)
    if temperature is None:
        return
    oracle.note("targets plus a number for each row", f"only their softmax matters, at temperature {temperature:g}")
    own: Node = Input(frame.target)
    warm = own if temperature == 1.0 else Binary("/", own, Literal(temperature))
    logs = t / temperature
    logs = logs - np.log(np.exp(logs).sum(frame.axis, keepdims=True))
    narrow = replace(
        frame,
        given={**frame.given, frame.target: quantise(logs, frame.dtype)},
        kind="log-distribution",
        exact=False,
        source=Call("torch.log_softmax", (warm, Literal(frame.axis))),
    )
    yield narrow, _behind(oracle, frame.target, temperature)


def _same(a: Array, b: Array, dtype: str) -> bool:
    with np.errstate(invalid="ignore"):
        return a.shape == b.shape and bool(np.all(np.abs(a - b) <= ROUNDINGS * FORMATS[dtype].u * (1.0 + np.abs(a))))


def _temperature(frame: Frame, oracle: Oracle) -> float | None:
    """By what the teacher's logits are divided, where two predictions differ by what is linear in its probabilities."""
    error = AGREE if frame.dtype == "float64" else np.sqrt(FORMATS[frame.dtype].u)
    found = [_measured(frame, oracle, step) for step in STEPS]
    known = [value for value in found if value is not None]
    if len(known) < len(STEPS) or abs(known[0] - known[1]) > error * known[0]:
        return None
    return short(known[0], 1e-2 * error * known[0])


def _measured(frame: Frame, oracle: Oracle, step: float) -> float | None:
    """The temperature by one logit at −`step`, 0 and `step` beside others of 0.

    With q its probability, e^(step/T) = (R(K − 1) − 1) / (K − 1 − R), R being the ratio of the steps of q.
    """
    gaps = []
    one, other = (Source("real", "real", frame.dtype).draw(seed, (frame.count, frame.classes)).x for seed in (91, 92))
    for at in (-step, 0.0, step):
        t = np.zeros((frame.count, frame.classes))
        t[:, 0] = at
        sets = ({frame.prediction: frame.arrange(x), frame.target: frame.arrange_target(t)} for x in (one, other))
        first, second = (oracle.value({**frame.given, **each}) for each in sets)
        if first is None or second is None:
            return None
        gaps.append(float(np.sum(first) - np.sum(second)))
    with np.errstate(all="ignore"):
        ratio = np.float64(gaps[2] - gaps[1]) / (gaps[1] - gaps[0])
        rest = frame.classes - 1.0
        found = step / np.log((ratio * rest - 1.0) / (rest - ratio))
    return float(found) if np.isfinite(found) and found > 0.0 else None


def _behind(oracle: Oracle, target: str, temperature: float) -> Oracle:
    """The black box asked with logarithms of the teacher's probabilities in place of its logits."""

    def through(ask: Ask) -> Ask:
        def asked(inputs: Inputs) -> Answer | Raised:
            return ask({**inputs, target: np.asarray(inputs[target], np.float64) * temperature})

        return asked

    return replace(oracle, ask=through(oracle.ask), slope=through(oracle.slope), known={}, sloped={})


__all__ = ["taught"]
