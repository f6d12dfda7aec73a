"""Outside the space: the closest point, and an input on which it is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Identification, Inputs, Oracle, OutOfCalls
from harness.explain.identify.frame import Frame
from harness.explain.identify.outcome import predicted, roughly
from harness.explain.identify.samples import DOMAINS, KINDS, Source
from harness.records import Array
from harness.semantics import Activation, Layout, Reduction, Scale, Semantics, Target, Term

SEEDS = (81, 82, 83)
PROBABLE = frozenset({"unit"})
# What kind of loss targets of a kind go with; "real" for all others.
GROUPS = {
    "index": "categorical", "one-hot": "categorical", "distribution": "categorical", "log-distribution": "categorical",
    "binary": "binary", "unit": "binary", "lists": "binary", "signed": "signed",
}  # fmt: skip
ENCODINGS = {"index": "index", "lists": "index-list", "log-distribution": "log", "signed": "signed"}
FAMILIES: dict[str, tuple[Term, ...]] = {
    "categorical": (Term(), Term("squared")),
    "binary": (Term(sides="two"), Term("squared")),
    "signed": (Term("hinge"), Term("logistic"), Term("squared")),
    "real": (Term("squared"), Term("absolute"), Term("prediction")),
}
FEW_DIGITS = 3


def with_closest(result: Identification, oracle: Oracle, frame: Frame) -> Identification:
    """`result` with a closest point and an input that refutes it, where the black box gives numbers to tell by."""
    if result.left_at in ("layout", "mode") or (result.closest is not None and result.refuting is not None):
        return result
    known = _known(oracle, frame)
    if not known:
        return result
    point = result.closest or _nearest(frame, known)
    if point is None:
        return result
    refuting = result.refuting or next(
        (inputs for inputs, answer in known if not roughly(point, inputs, answer, frame.dtype)), None
    )
    return replace(result, closest=point, refuting=refuting)


def _known(oracle: Oracle, frame: Frame) -> list[tuple[Inputs, Array]]:
    """Inputs with finite answers: the user's own, and random ones of their kind."""
    source = Source(DOMAINS[frame.domain][0], KINDS[frame.kind][-1], frame.dtype)
    sets: list[Inputs] = [frame.given]
    sets += [frame.inputs(source.draw(seed, (frame.count, frame.classes)), {}) for seed in SEEDS]
    found = []
    for inputs in sets:
        try:
            answer = oracle.value(inputs)
        except OutOfCalls:
            break
        if answer is not None and np.all(np.isfinite(answer)):
            found.append((inputs, answer))
    return found


def _nearest(frame: Frame, known: list[tuple[Inputs, Array]]) -> Semantics | None:
    """Of the simplest points, with the constant that suits them best, the one whose answers are least off."""
    found = []
    for point in _simplest(frame, known[0][1]):
        values = [predicted(point, inputs, frame.dtype) for inputs, _ in known]
        fitting = [v for v, (_, y) in zip(values, known, strict=True) if v is not None and v.size == y.size]
        if len(fitting) < len(known) or not all(np.all(np.isfinite(v)) for v in fitting):
            continue
        v = np.concatenate([np.ravel(value) for value in fitting])
        y = np.concatenate([answer.reshape(-1) for _, answer in known])
        constant = float(v @ y / (v @ v)) if np.any(v) else 1.0
        constant = float(f"{constant:.{FEW_DIGITS}g}")
        scale = Scale(constant=abs(constant) or 1.0, sign=-1 if constant < 0 else 1)
        found.append((float(np.sum((y - constant * v) ** 2)), replace(point, scale=scale)))
    return min(found, key=lambda each: each[0])[1] if found else None


def _simplest(frame: Frame, answer: Array) -> list[Semantics]:
    """Common losses of targets of this kind, reduced to what was returned."""
    kind = frame.kind
    group = GROUPS.get(kind, "real")
    whole = group == "categorical"
    chain: tuple[str, ...] = {"categorical": ("softmax",), "binary": ("sigmoid",)}.get(group, ())
    chains = ((),) if frame.domain in PROBABLE or not chain else (chain, ())
    batch = "mean" if answer.size == 1 else "none"
    over = "flat" if not whole or answer.shape == frame.shape else "sum"
    if answer.size == frame.count and answer.size > 1 and not whole:
        over = "sum"
    target = Target(encoding=ENCODINGS.get(kind, "dense"))
    points = [
        Semantics(
            layout=Layout(class_axis=frame.axis if over == "sum" or whole else None),
            target=target,
            activation=Activation(each),
            term=term,
            reduction=Reduction("none" if whole and over == "flat" else over, batch),
        )
        for each in chains
        for term in FAMILIES[group]
    ]
    return [frame.named(point) for point in points]
