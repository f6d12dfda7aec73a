"""Points near a known one that give other numbers: for claims, for rivals, and for what is unexplained.

The neighbourhood is a table: per factor, the choices people make there. Points are tried in the order of how many
factors they change, so that the first that fits is the simplest; every other of the same size that fits is a rival.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from harness.compare import difference, excess, within
from harness.errors import CaseError
from harness.explain.aligned import aligned
from harness.explain.differences import differences
from harness.records import Array
from harness.reference.arithmetic import Plain
from harness.reference.evaluate import evaluate
from harness.reference.terms import FAMILIES
from harness.semantics import Guard, Semantics, Smoothing, with_choice

PLAIN = Plain()
MOST_CHANGES = 3

Choices = Callable[[Semantics], list[Semantics]]


def _set(stage: str, name: str, *choices: object) -> Choices:
    def options(s: Semantics) -> list[Semantics]:
        return [
            with_choice(s, stage, **{name: choice}) for choice in choices if getattr(getattr(s, stage), name) != choice
        ]

    return options


def _guards(s: Semantics) -> list[Semantics]:
    others = (
        Guard(),
        Guard(clamp=-100.0, order=("clamp",)),
        Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",)),
        Guard(clip=("machine", "1-machine"), order=("clip",)),
        Guard(renormalise=True, order=("renormalise",)),
    )
    return [replace(s, guard=guard) for guard in others if guard != s.guard]


def _families(s: Semantics) -> list[Semantics]:
    groups = (("cross-entropy", "kl"), ("squared", "absolute", "huber"), ("hinge", "squared-hinge"), ("dice", "iou"))
    near = next((group for group in groups if s.term.family in group), ())
    return [with_choice(s, "term", family=family) for family in near if family != s.term.family]


def _reductions(s: Semantics) -> list[Semantics]:
    if FAMILIES[s.term.family].shape != "elementwise":
        return []
    classes = ("sum", "mean") if s.reduction.classes != "flat" else ()
    return [with_choice(s, "reduction", classes=c) for c in classes if c != s.reduction.classes]


def _smoothing(s: Semantics) -> list[Semantics]:
    if s.target.smoothing is None:
        return []
    kinds = [Smoothing(kind, s.target.smoothing.amount) for kind in ("uniform", "binary", "others", "added")]
    return [with_choice(s, "target", smoothing=other) for other in (None, *kinds) if other != s.target.smoothing]


def _weights(s: Semantics) -> list[Semantics]:
    """Each weight left out, and pos_weight taken for a weight of the element, and the reverse."""
    w = s.weight
    dropped = [
        with_choice(s, "weight", **{name: None})
        for name in ("positive", "balance", "klass", "sample", "mask")
        if getattr(w, name) is not None
    ]
    if w.positive is not None and w.sample is None:
        dropped.append(with_choice(s, "weight", positive=None, sample=w.positive))
    if w.sample is not None and w.positive is None:
        dropped.append(with_choice(s, "weight", positive=w.sample, sample=None))
    return dropped


NEIGHBOURS: tuple[tuple[str, Choices], ...] = (
    ("activation", _set("activation", "chain", (), ("sigmoid",), ("softmax",), ("softmax", "softmax"), ("exp",))),
    ("activation.temperature", _set("activation", "temperature", 1.0)),
    ("target.smoothing", _smoothing),
    ("guard", _guards),
    ("term.sides", _set("term", "sides", "one", "two")),
    ("term.direction", _set("term", "direction", "forward", "reverse")),
    ("term.family", _families),
    ("modulation.focal", _set("modulation", "focal", None)),
    ("weight", _weights),
    ("reduction.classes", _reductions),
    ("reduction.batch", _set("reduction", "batch", "sum", "mean")),
    (
        "reduction.denominator",
        _set("reduction", "denominator", "elements", "samples", "kept", "weights", "nonzero-weights"),
    ),
    ("scale.constant", _set("scale", "constant", 0.5, 2.0, 1.0, 100.0)),
    ("scale.sign", _set("scale", "sign", 1, -1)),
    ("scale.log_base", _set("scale", "log_base", 0.0, 2.0, 10.0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Points that give the wanted numbers with the fewest changes, and the point that came closest."""

    fitting: tuple[Semantics, ...]
    closest: Semantics
    distance: float
    tried: int


def search(
    start: Semantics,
    wanted: Array,
    room: Array,
    inputs: Mapping[str, np.ndarray],
    dtype: str,
    *,
    most: int = MOST_CHANGES,
) -> Found:
    """Points near `start` whose value is `wanted` within `room`.

    Args:
        start: A point; it may itself fit.
        wanted: Numbers, any shape the value may have.
        room: How far each may be off, same shape.
        inputs: The case's inputs, rounded to `dtype`.
        dtype: The dtype whose constants apply.
        most: The most factors changed at once.
    """
    closest, best, tried = start, np.inf, 0
    for size in range(most + 1):
        fitting = []
        for s in _changed(start, size):
            tried += 1
            far = _distance(s, wanted, room, inputs, dtype)
            if far <= 1.0:
                fitting.append(s)
            if far < best:
                closest, best = s, far
        if fitting:
            return Found(tuple(dict.fromkeys(fitting)), fitting[0], best, tried)
    return Found((), closest, best, tried)


def _changed(start: Semantics, size: int) -> Iterator[Semantics]:
    for rows in combinations(NEIGHBOURS, size):
        yield from _thrown(start, [choices for _, choices in rows])


def _thrown(s: Semantics, rows: Sequence[Choices]) -> Iterator[Semantics]:
    if not rows:
        yield s
        return
    for changed in rows[0](s):
        yield from _thrown(changed, rows[1:])


def _distance(s: Semantics, wanted: Array, room: Array, inputs: Mapping[str, np.ndarray], dtype: str) -> float:
    try:
        value = np.asarray(evaluate(s, inputs, PLAIN, dtype, None).value)
    except (CaseError, ValueError, IndexError, ZeroDivisionError):
        return float(np.inf)
    if value.size != wanted.size:
        return float(np.inf)
    gap = difference(value.reshape(wanted.shape), wanted)
    return float(np.max(excess(gap, room), initial=0.0)) if not within(gap, room) else 0.0


def factors_between(a: Semantics, b: Semantics) -> tuple[str, ...]:
    """Names of the differences of two points in the coordinates in which they differ least."""
    return tuple(d.factor for d in differences(*aligned(a, b)))


__all__ = ["Found", "factors_between", "search"]
