"""From printed numbers alone to what gives them: every reading of the inputs, every common loss, simplest first.

What a reading costs is how far it is from what its author would most likely have meant: inputs as they stand cost
nothing, a column of them or labels that are all 1 cost something. Costs add up; the cheapest that gives the digits is
the answer, and what is as cheap or hardly dearer, and gives the same digits, is a rival.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.parting import Tries, described, parting_input
from harness.explain.standing import as_arrays
from harness.records import Array, Claim, InputArray
from harness.reference.arithmetic import FORMATS, Plain, Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Activation, Guard, Layout, Reduction, Scale, Semantics, Smoothing, Target, Term, Weight
from harness.syntax import Binary, Call, Index, Input, Literal, Node, Slice

PLAIN = Plain()
DEARER = 1  # How much dearer than the answer a rival may be.
DEAREST = 9
MOST_COLUMNS = 8
# Roundings by which a candidate may be off before it is looked at with its own bound: it decides what is tried, and no
# more.
ROUGH = 64.0
_FAILURES = (CaseError, ValueError, IndexError, TypeError, ZeroDivisionError)
_X, _T = Input("prediction"), Input("target")


@dataclass(frozen=True, slots=True)
class Reading:
    """A point that gives the printed numbers.

    `words` say how the inputs are read; `cost` is 0 for inputs as they stand and a common loss of them. `parted` is an
    input on which it gives other numbers than the answer; empty for the answer itself.
    """

    semantics: Semantics
    words: str
    cost: int
    parted: str = ""


@dataclass(frozen=True, slots=True)
class _Choice:
    cost: int
    words: str
    value: Any


# Families with the activations that make sense of them: (family, sides, chain, cost). Coupled to classes: K.
_ELEMENTWISE: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("cross-entropy", "two", ("sigmoid",), 0), ("cross-entropy", "two", (), 0), ("squared", "one", (), 0),
    ("absolute", "one", (), 0), ("squared", "one", ("sigmoid",), 2), ("absolute", "one", ("sigmoid",), 2),
    ("cross-entropy", "one", ("sigmoid",), 2), ("cross-entropy", "one", (), 1), ("huber", "one", (), 1),
    ("log-cosh", "one", (), 2), ("squared-log", "one", (), 2), ("poisson", "one", (), 2),
    ("poisson", "one", ("exp",), 2),
    ("kl", "one", (), 1), ("kl", "one", ("exp",), 1), ("hinge", "one", (), 1), ("squared-hinge", "one", (), 2),
    ("logistic", "one", (), 1), ("cross-entropy", "two", ("sigmoid", "sigmoid"), 3),
)  # fmt: skip
_CATEGORICAL: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("cross-entropy", "one", ("softmax",), 0), ("cross-entropy", "one", (), 0), ("kl", "one", ("softmax",), 1),
    ("kl", "one", (), 1), ("kl", "one", ("exp",), 1), ("cross-entropy", "one", ("exp",), 1),
    ("cross-entropy", "one", ("softmax", "softmax"), 2), ("cross-entropy", "two", ("softmax",), 2),
    ("squared", "one", ("softmax",), 2), ("multi-margin", "one", (), 2), ("categorical-hinge", "one", (), 2),
    ("cosine", "one", (), 2), ("dice", "one", (), 2), ("iou", "one", (), 2), ("dice", "one", ("sigmoid",), 2),
)  # fmt: skip
_PARAMETERS: Mapping[str, tuple[tuple[str, float], ...]] = {"huber": (("delta", 1.0),)}
_SIGNED = frozenset({"hinge", "squared-hinge", "logistic"})
_FLAT = tuple(_Choice(0, "", Reduction("flat", batch)) for batch in ("none", "mean", "sum"))
_CLASSES = tuple(
    _Choice(cost, "", Reduction(classes, batch, denominator))
    for classes, dearer in (("sum", 0), ("mean", 1))
    for batch, denominator, cost in (
        ("none", "elements", dearer), ("mean", "elements", dearer), ("sum", "elements", dearer),
        ("mean", "weights", dearer),
    )
)  # fmt: skip
_GUARDS = (
    _Choice(0, "", Guard()),
    _Choice(1, "logarithms floored at −100", Guard(clamp=-100.0, order=("clamp",))),
    _Choice(1, "probabilities clipped by 1e-7", Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",))),
    _Choice(1, "probabilities clipped by the machine epsilon", Guard(clip=("machine", "1-machine"), order=("clip",))),
)
_SMOOTHED = (Smoothing("uniform", 0.1), Smoothing("binary", 0.1))
_SCALES = (
    _Choice(0, "", Scale()), _Choice(2, "", Scale(constant=0.5)), _Choice(2, "", Scale(sign=-1)),
    _Choice(2, "", Scale(log_base=2.0)), _Choice(3, "", Scale(log_base=10.0)), _Choice(3, "", Scale(constant=2.0)),
)  # fmt: skip


def readings_of(claim: Claim, inputs: Mapping[str, InputArray], dtype: str) -> tuple[Reading, ...]:
    """What gives the digits of `claim`: the simplest reading first, then its rivals.

    Args:
        claim: The printed numbers and how much their digits leave open.
        inputs: Prediction, target and further inputs that were printed with them.
        dtype: The dtype in which they were most likely computed.

    Returns:
        Readings that no rounding of `dtype` parts from the digits; empty if there is none among those tried.
    """
    arrays = as_arrays(inputs, dtype)
    tries = Tries(arrays, None)
    found: list[Reading] = []
    for reading in _by_cost(inputs, claim):
        if found and reading.cost > found[0].cost + DEARER:
            break
        if _gives(reading.semantics, claim, arrays, dtype):
            found = _with(found, reading, arrays, tries)
    return tuple(found)


def _with(found: list[Reading], reading: Reading, arrays: Mapping[str, np.ndarray], tries: Tries) -> list[Reading]:
    """`found` and one more, unless that is one of them in other words."""
    partings = [parting_input(one.semantics, reading.semantics, tries) for one in found]
    if any(parting is None for parting in partings):
        return found
    parted = "" if not partings or partings[0] is None else described(partings[0], arrays)
    return [*found, replace(reading, parted=parted)]


def _by_cost(inputs: Mapping[str, InputArray], claim: Claim) -> Iterator[Reading]:
    plans = [*_plans(inputs)]
    for cost in range(DEAREST + 1):
        for plan in plans:
            yield from _of_cost(plan, cost, claim)


def _of_cost(plan: tuple[tuple[_Choice, ...], ...], cost: int, claim: Claim) -> Iterator[Reading]:
    for choices in _exactly(plan, cost):
        semantics = _point(*(choice.value for choice in choices))
        if (claim.value.ndim > 0 and claim.value.size > 1) == (semantics.reduction.batch == "none"):
            yield Reading(semantics, _words(choices), cost)


def _exactly(plan: tuple[tuple[_Choice, ...], ...], cost: int) -> Iterator[tuple[_Choice, ...]]:
    if not plan:
        if cost == 0:
            yield ()
        return
    for choice in plan[0]:
        if choice.cost <= cost:
            yield from ((choice, *rest) for rest in _exactly(plan[1:], cost - choice.cost))


def _words(choices: tuple[_Choice, ...]) -> str:
    return ", ".join(choice.words for choice in choices if choice.words) or "inputs as they stand"


def _plans(inputs: Mapping[str, InputArray]) -> Iterator[tuple[tuple[_Choice, ...], ...]]:
    """Per way in which prediction and target go together: the choices of every stage."""
    x, t = inputs["prediction"], inputs["target"]
    extras = tuple(name for name in inputs if name not in ("prediction", "target"))
    edge = bool(np.isin(x.values, (0.0, 1.0)).any() and x.values.min(initial=0) >= 0 and x.values.max(initial=0) <= 1)
    guards = _GUARDS if edge else _GUARDS[:1]
    flat = _terms(_ELEMENTWISE, None), _weights(extras, per_class=False), _FLAT, _SCALES, guards
    by_class = _terms(_CATEGORICAL, -1), _weights(extras, per_class=True), _CLASSES, _SCALES, guards
    for prediction, (other, target) in product(_predictions(x), _targets(x, t)):
        one = _shape_of(x, prediction)
        categorical = len(one) > 0 and one[-1] > 1
        if t.integral and one[:-1] == other and categorical and target.value.source == _T:
            yield (prediction,), (replace(target, value=replace(target.value, encoding="index")),), *by_class
        elif one == other:
            yield (prediction,), (target,), *flat
            if categorical:
                yield (prediction,), (replace(target, cost=target.cost + (len(one) == 1)),), *by_class


def _terms(rows: tuple[tuple[str, str, tuple[str, ...], int], ...], axis: int | None) -> tuple[_Choice, ...]:
    return tuple(_Choice(cost, "", (axis, family, sides, chain)) for family, sides, chain, cost in rows)


def _weights(extras: tuple[str, ...], *, per_class: bool) -> tuple[_Choice, ...]:
    """An input beside the two is most likely a weight; that it was handed in and not used is a reading as well."""
    unused = " and ".join(extras)
    found = [_Choice(1 if extras else 0, f"{unused} not used" if extras else "", Weight())]
    for name in extras:
        node = Input(name)
        found += [
            _Choice(0, f"{name} on each loss", Weight(sample=node)),
            _Choice(0, f"{name} on the positive term", Weight(positive=node)),
        ]
        found += [_Choice(0, f"{name} per class", Weight(klass=node))] if per_class else []
    return tuple(found)


def _predictions(x: InputArray) -> Iterator[_Choice]:
    yield _Choice(0, "", _X)
    yield from (_Choice(2, f"column {k} of the prediction", node) for k, node in _columns(_X, x.values))
    if x.values.ndim == 2 and x.values.shape[1] == 2:  # noqa: PLR2004  two classes
        (_, first), (_, second) = _columns(_X, x.values)
        yield _Choice(2, "the difference of the two columns", Binary("-", second, first))


def _targets(x: InputArray, t: InputArray) -> Iterator[tuple[tuple[int, ...], _Choice]]:
    """Readings of the target, and their shapes."""
    shape = t.values.shape
    yield shape, _Choice(0, "", Target())
    yield from (
        (shape, _Choice(3, f"labels smoothed by {s.amount:g} ({s.kind})", Target(smoothing=s))) for s in _SMOOTHED
    )
    yield shape, _Choice(2, "1 − target", Target(Binary("-", Literal(1.0), _T)))
    for cost, name, said in ((2, "ones_like", "1"), (3, "zeros_like", "0")):
        yield shape, _Choice(cost, f"every label {said}", Target(Call(f"numpy.{name}", (_T,))))
    if x.values.ndim <= t.values.ndim:
        for k, node in _columns(_T, t.values):
            yield shape[:-1], _Choice(2, f"column {k} of the target", Target(node))


def _columns(of: Node, values: np.ndarray) -> list[tuple[int, Node]]:
    if values.ndim != 2 or not 1 < values.shape[1] <= MOST_COLUMNS:  # noqa: PLR2004  a table
        return []
    return [(k, Index(of, (Slice(), Literal(k)))) for k in range(values.shape[1])]


def _shape_of(x: InputArray, prediction: _Choice) -> tuple[int, ...]:
    return x.values.shape if prediction.value == _X else x.values.shape[:-1]


def _point(
    prediction: Node, target: Target, term: tuple[int | None, str, str, tuple[str, ...]], weight: Weight,
    reduction: Reduction, scale: Scale, guard: Guard,
) -> Semantics:  # fmt: skip
    axis, family, sides, chain = term
    if family in _SIGNED:
        target = replace(target, encoding="signed-if-not-binary" if target.encoding == "dense" else target.encoding)
    return Semantics(
        layout=Layout(prediction, axis),
        target=target,
        activation=Activation(chain),
        guard=guard,
        term=Term(family, sides, parameters=_PARAMETERS.get(family, ())),
        weight=weight,
        reduction=reduction,
        scale=scale,
    )


def _gives(semantics: Semantics, claim: Claim, arrays: Mapping[str, np.ndarray], dtype: str) -> bool:
    """Whether a point gives the digits: first roughly, as most do not, then within its own rounding."""
    try:
        value = np.asarray(evaluate(semantics, arrays, PLAIN, dtype, None).value)
        if value.size != claim.value.size or np.squeeze(value).shape != np.squeeze(claim.value).shape:
            return False
        rough = ROUGH * FORMATS[dtype].u * (1.0 + np.abs(claim.value))
        if not _inside(value, claim, np.where(np.isfinite(rough), rough, 0.0)):
            return False
        found = evaluate(semantics, arrays, Rounded(dtype), dtype, None).value
    except _FAILURES:
        return False
    return _inside(found.mid, claim, np.where(np.isfinite(found.err), found.err, 0.0))


def _inside(value: Array, claim: Claim, room: Array) -> bool:
    wanted = np.reshape(claim.value, value.shape)
    return within(difference(value, wanted), np.reshape(claim.half_width, value.shape) + np.reshape(room, value.shape))


__all__ = ["Reading", "readings_of"]
