"""Whether a point holds for batches of another size: a sum divided by 8 is a mean while there are 8 samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from harness.explain.identify import Answer, Ask, Identification
from harness.explain.identify.numbers import short
from harness.explain.identify.outcome import predicted, roughly
from harness.explain.identify.tuning import long_numbers
from harness.reference.arithmetic import quantise
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice

EACH_SAMPLE = (1,)
MOST_PARTS = 3
ONE_SIZE = "reduction.batch: batches of another size were not taken"
# How far a point may be off whose numbers were fitted, relative to the answer: what batches differ by is a factor.
FITTED = 2.0**-20


def for_any_size(found: Identification, ask: Ask, inputs: Mapping[str, np.ndarray], dtype: str) -> Identification:
    """`found`, confirmed or corrected on a batch twice as long; its space is left where no reading holds for both.

    Args:
        found: What was identified on inputs of one shape.
        ask: The black box, asked for values.
        inputs: That box's own inputs, rounded to `dtype`.
        dtype: The dtype it is asked in.
    """
    point = None if found.semantics is None else _without_classes(found.semantics, inputs["prediction"].ndim)
    if point is None or not _sized(point, inputs["prediction"].ndim):
        return found
    longer = _longer(inputs, dtype)
    answer = ask(longer)
    found = replace(found, calls=found.calls + 1)
    if not isinstance(answer, Answer) or answer.value.size != 1 or not np.all(np.isfinite(answer.value)):
        return replace(found, undetermined=(*found.undetermined, ONE_SIZE))
    undetermined = tuple(choice for choice in found.undetermined if choice != "reduction.batch")
    for reading in (point, *_other_readings(point, inputs)):
        if _holds(reading, longer, answer, dtype):
            return replace(found, semantics=reading, closest=reading, undetermined=undetermined)
    if _ambiguous(inputs):
        return replace(found, undetermined=(*found.undetermined, ONE_SIZE))
    return replace(found, semantics=None, refuting=longer, left_at="reduction")


def _without_classes(point: Semantics, axes: int) -> Semantics:
    """A loss of one row, told of elements instead of classes where it is one of each element for itself."""
    coupling = (
        {*point.activation.chain} & {"softmax", "log-softmax", "l2-normalise"},
        FAMILIES[point.term.family].shape != "elementwise",
        point.guard.renormalise,
        point.target.encoding == "index",
        (point.weight.klass, point.modulation.z_loss, point.target.smoothing) != (None,) * 3,
        point.reduction.classes not in ("sum", "mean"),
        point.plus,
    )
    if axes != 1 or point.layout.class_axis is None or any(coupling):
        return point
    reduction = replace(point.reduction, classes="flat", batch=point.reduction.classes, denominator="elements")
    return replace(with_choice(point, "layout", class_axis=None), reduction=reduction)


def _sized(point: Semantics, axes: int) -> bool:
    """Whether there is a batch, and one number for all of it."""
    one_sample = axes == 0 or (axes == 1 and point.layout.class_axis is not None)
    whole = point.reduction.microbatches in (None, EACH_SAMPLE)
    return not one_sample and point.reduction.batch in ("mean", "sum") and whole


def _longer(inputs: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """Twice as many samples; the predictions of the new ones lie between an old one and the first."""
    x = inputs["prediction"]
    new = {name: a[::-1] for name, a in inputs.items() if a.ndim and len(a) == len(x)}
    if x.dtype.kind == "f":
        new["prediction"] = quantise(0.75 * x[::-1] + 0.25 * x[:1], dtype)
    return {name: np.concatenate([a, new[name]]) if name in new else a for name, a in inputs.items()}


def _ambiguous(inputs: Mapping[str, np.ndarray]) -> bool:
    """Whether an input beside the two may have the batch's length by chance."""
    return any(a.ndim and name not in ("prediction", "target") for name, a in inputs.items())


def _holds(point: Semantics, inputs: Mapping[str, np.ndarray], answer: Answer, dtype: str) -> bool:
    if roughly(point, inputs, answer.value, dtype):
        return True
    value = predicted(point, inputs, dtype)
    if value is None or value.size != 1 or not any(long_numbers(point)):
        return False
    wanted = answer.value.reshape(-1)
    return bool(np.all(np.abs(value.reshape(-1) - wanted) <= FITTED * np.abs(wanted)))


def _other_readings(point: Semantics, inputs: Mapping[str, np.ndarray]) -> Iterator[Semantics]:
    """The same numbers on the batch given: a mean for a sum with another constant, and the reverse, of each part."""
    parts = (replace(point, plus=()), *point.plus)
    if not all(isinstance(part.scale.constant, int | float) for part in parts) or point.scale.offset != 0.0:
        return
    if len(parts) > MOST_PARTS:
        return
    for first, *rest in product(*(_readings_of(part, inputs) for part in parts)):
        yield replace(first, plus=tuple(rest))


def _readings_of(part: Semantics, inputs: Mapping[str, np.ndarray]) -> list[Semantics]:
    """One part as it is, and as it may be meant."""
    shape = inputs["prediction"].shape
    found = [part]
    for batch, denominator, power in (("sum", "elements", -1), ("mean", "elements", 1), ("mean", "samples", 1)):
        own = shape[:1] if denominator == "samples" or part.reduction.classes != "flat" else shape
        found += [
            _divided(part, batch, denominator, count, power)
            for count in sorted({math.prod(own), shape[0], math.prod(shape)})
        ]
    return found


def _divided(s: Semantics, batch: str, denominator: str, count: int, power: int) -> Semantics:
    constant = short(float(s.scale.constant) * float(count) ** power, 0.0)  # type: ignore[arg-type]
    changed = with_choice(s, "reduction", batch=batch, denominator=denominator)
    return with_choice(replace(changed, plus=()), "scale", constant=constant)
