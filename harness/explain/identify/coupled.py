"""Losses in which no row stands for itself: a softmax over the wrong axis, scores of every sample against every other.

Rows that are all alike say nothing of them. A few forms that people write are tried as whole losses, with the two numbers
that they may have fitted to answers to distinct rows: the temperature, and the constant in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, case_of
from harness.explain.identify.frame import TABLE, Frame
from harness.explain.identify.numbers import digits, short
from harness.explain.identify.outcome import predicted
from harness.explain.identify.samples import DOMAINS, KINDS, Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import Activation, Layout, Reduction, Scale, Semantics, Target, with_choice
from harness.syntax import Attribute, Binary, Call, Input, Literal, Node

SEEDS = (101, 102, 103, 104)
TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEPS = 12
ROUGH = 1e5  # Roundings by which the answers may be off, relative to them.
CATEGORICAL = frozenset({"index", "one-hot", "distribution"})
STEP = 1e-6
FLOORS = (1e-12, 0.0)  # What a length is kept from before it is divided by.


@dataclass(frozen=True, slots=True, eq=False)
class Coupled:
    """A whole loss that gives the answers to distinct rows, and what these were drawn from."""

    semantics: Semantics
    source: Source


def coupled(asker: Asker) -> Iterator[Coupled]:
    """The forms that give the answers, with their numbers."""
    frame = asker.frame
    forms = list(_forms(asker))
    if not forms:
        return
    source = Source(DOMAINS[frame.domain][0], KINDS[frame.kind][-1], frame.dtype)
    cases = [case_of(asker, asker.extras, source, seed) for seed in SEEDS]
    if any(case.answer is None or not np.all(np.isfinite(case.answer)) for case in cases):
        return
    for form in forms:
        found = _fitted(form, cases, frame.dtype)
        if found is not None:
            yield Coupled(found, source)


def _forms(asker: Asker) -> Iterator[Semantics]:
    frame = asker.frame
    batches = ("mean", "sum") if asker.form.output == "scalar" else ("none",)
    if frame.kind in CATEGORICAL and len(frame.shape) > 1:
        for other in range(len(frame.shape)):
            if other != frame.axis:
                yield from (_over_another_axis(frame, other, batch) for batch in batches)
    if frame.kind == "real" and len(frame.shape) == TABLE and asker.form.output == "scalar":
        yield from _contrasts(frame)


def _over_another_axis(frame: Frame, axis: int, batch: str) -> Semantics:
    """Cross-entropy of a softmax that sums to 1 over `axis`, which is not that of the classes."""
    moved = axis if axis < frame.axis else axis - 1
    return Semantics(
        layout=Layout(class_axis=frame.axis, softmax_axis=moved),
        target=Target(encoding="index" if frame.kind == "index" else "dense"),
        activation=Activation(("softmax",)),
        reduction=Reduction("sum", batch),
    )


def _contrasts(frame: Frame) -> Iterator[Semantics]:
    """Each sample of one input told from those of the other by its scores against all: InfoNCE, one way or both."""
    names = [name for name in (frame.target, *frame.extras) if frame.given[name].shape == frame.shape]
    for name in names:
        other: Node = Input("target") if name == frame.target else Input(name)
        own = Input("prediction")
        units = ((_unit(own, floor), _unit(other, floor)) for floor in FLOORS)
        for vectors in (*units, (own, other)):
            there, back = (_scores(a, b) for a, b in (vectors, vectors[::-1]))
            yield there
            yield replace(there, plus=(back,))
            yield back


def _scores(a: Node, b: Node) -> Semantics:
    own = Call("numpy.arange", (Call("len", (Input("prediction"),)),))
    return Semantics(
        layout=Layout(Call("torch.matmul", (a, Attribute(b, "T"))), class_axis=1),
        target=Target(own, "index"),
        activation=Activation(("softmax",)),
        reduction=Reduction("sum", "mean"),
    )


def _unit(x: Node, floor: float) -> Node:
    norm = Call("torch.norm", (x, Literal(2.0), Literal(-1), Literal(True)))  # noqa: FBT003  a literal of the tree
    return Binary("/", x, Call("torch.maximum", (norm, Literal(floor))) if floor else norm)


def _fitted(form: Semantics, cases: list[Case], dtype: str) -> Semantics | None:
    """`form` with the temperature and the constant that give the answers; None if none do."""
    y = np.concatenate([np.ravel(case.answer) for case in cases if case.answer is not None])
    tried = [(_left(form, t, cases, y, dtype), t) for t in TEMPERATURES]
    if np.all(y == y[0]):
        return None
    known = [(float(left @ left), t) for left, t in tried if left is not None and np.all(np.isfinite(left))]
    if not known:
        return None
    log = float(np.log(min(known)[1]))
    for _ in range(STEPS):
        left = _left(form, float(np.exp(log)), cases, y, dtype)
        ahead = _left(form, float(np.exp(log + STEP)), cases, y, dtype)
        if left is None or ahead is None:
            return None
        slope = (ahead - left) / STEP
        if not np.any(slope):
            break
        log -= float(np.clip((slope @ left) / (slope @ slope), -1.0, 1.0))
    left = _left(form, float(np.exp(log)), cases, y, dtype)
    error = ROUGH * FORMATS[dtype].u
    if left is None or not np.all(np.abs(left) <= error * np.abs(y).max()):
        return None
    return _with_numbers(form, float(np.exp(log)), _constant(form, float(np.exp(log)), cases, y, dtype), error)


def _left(form: Semantics, temperature: float, cases: list[Case], y: Array, dtype: str) -> Array | None:
    """What is left of the answers under a temperature, with the constant that suits it best."""
    values = _values(form, temperature, cases, dtype)
    return None if values is None else y - float(values @ y / (values @ values)) * values


def _constant(form: Semantics, temperature: float, cases: list[Case], y: Array, dtype: str) -> float:
    values = _values(form, temperature, cases, dtype)
    return 1.0 if values is None else float(values @ y / (values @ values))


def _values(form: Semantics, temperature: float, cases: list[Case], dtype: str) -> Array | None:
    values: list[Array] = []
    for case in cases:
        value = predicted(_at(form, temperature), case.inputs, dtype)
        if value is None or case.answer is None or value.size != case.answer.size:
            return None
        values.append(np.ravel(value))
    return np.concatenate(values)


def _at(form: Semantics, temperature: float) -> Semantics:
    plus = tuple(_at(part, temperature) for part in form.plus)
    return replace(with_choice(form, "activation", temperature=temperature), plus=plus)


def _times(form: Semantics, factor: float) -> Semantics:
    """What is multiplied by `factor` before the softmax, in place of a temperature."""
    plus = tuple(_times(part, factor) for part in form.plus)
    return replace(
        with_choice(form, "layout", prediction=Binary("*", form.layout.prediction, Literal(factor))), plus=plus
    )


def _with_numbers(form: Semantics, temperature: float, constant: float, error: float) -> Semantics:
    """The form with both numbers as short as they may be; a temperature may be told by what is multiplied by."""
    warm, cold = short(temperature, error * temperature), short(1.0 / temperature, error / temperature)
    point = _at(form, warm) if digits(warm) <= digits(cold) else _times(form, cold)
    scale = Scale(constant=short(abs(constant), error * abs(constant)), sign=1 if constant > 0 else -1)
    return replace(point, scale=scale, plus=tuple(replace(part, scale=scale) for part in point.plus))
