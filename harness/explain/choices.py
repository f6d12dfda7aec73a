"""One side's choice of one factor, in words that a person would use: a table, by factor.

A row takes the values of the fields that the factor consists of (`differences.DETAILS`), and those of the other side:
what one of two losses leaves as it usually is has to be said where the other does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.explain.vocabulary import (
    BAD_INDICES,
    CHAINS,
    CLASSES,
    DENOMINATORS,
    ENCODINGS,
    FAMILIES,
    FLAGS,
    FLOORS,
    KINKS,
    PARAMETERS,
    PROBABILITIES,
    REDUCTIONS,
    ROOTS,
    SLOPES_OUTSIDE,
    SMOOTHINGS,
)
from harness.expression import render
from harness.reference.tape import TIES
from harness.semantics import Semantics, Smoothing
from harness.syntax import Binary, Call, Literal

Values = tuple[Any, ...]

# Softplus has no kink: what a framework returns at 0 is a slope of its own where it is not the formula's.
USUAL_SLOPES = {**TIES, "softplus": 0.5, "log": math.nan}

USUAL_FLOORS = {"inside": 1.0}

# Fractions like these have no short decimal form, and come from somebody's division by a count.
LARGEST_COUNT = 10_000
SHORT = 6
EPSILONS = {2.0**-52: "the machine epsilon of float64", 2.0**-23: "the machine epsilon of float32"}
# How a number is wrapped for a framework: `torch.tensor(3.0)` is 3.
WRAPPERS = (
    "torch.tensor",
    "tensorflow.constant",
    "numpy.array",
    "numpy.asarray",
    "jax.numpy.array",
    "jax.numpy.asarray",
)


def brief(value: float) -> str:
    """The shortest text that gives `value` back, or the fraction or the float32 that it will have been."""
    text = f"{value:.12g}"
    if len(text.lstrip("-0.")) <= SHORT or not np.isfinite(value):
        return text
    count = round(1.0 / value)
    if 1 < abs(count) <= LARGEST_COUNT and abs(count * value - 1.0) <= 2.0**-40:
        return f"1/{count}" if count > 0 else f"-1/{-count}"
    narrow = str(np.float32(value))
    return narrow if _is_narrow(value) and len(narrow) < len(text) else text


def number(value: float) -> str:
    """A number as a person would have written it: 1/3, 1e-07, or what it is known as."""
    text = brief(value)
    narrow = _is_narrow(value) and "/" not in text and float(text) != value
    return EPSILONS.get(value) or (f"{text} in float32" if narrow else text)


def _is_narrow(value: float) -> bool:
    return bool(np.isfinite(value)) and float(np.float32(value)) == value


def unwrapped(value: Any) -> Any:  # noqa: ANN401  a convention may be of any type
    """The number in `torch.tensor(3.0)`; anything else as it is."""
    match value:
        case Call(function, (Literal(inner),), _) if function in WRAPPERS and not isinstance(inner, str):
            return inner
        case _:
            return value


def amount(value: Any) -> str:  # noqa: ANN401  a convention may be of any type
    """A number, tree or flag as text."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float() | int():
            return number(value)
        case str():
            return value
        case tuple():
            return ", ".join(amount(part) for part in value) if value else "none"
        case Literal(inner):
            return amount(inner)
        case Semantics():
            return FAMILIES.get(value.term.family, value.term.family)
        case _:
            inner = unwrapped(value)
            return render(value) if inner is value else amount(inner)


def bound(value: float | str | None) -> str:
    """One end of an interval, which may depend on the dtype: "1 − 1e-07", "ε"."""
    if not isinstance(value, str):
        return amount(value)
    name, _, size = value.removeprefix("1-").partition(":")
    epsilon = "ε" if name == "machine" else number(float(size))
    return f"1 − {epsilon}" if value.startswith("1-") else epsilon


def interval(ends: Any) -> str:  # noqa: ANN401  a pair of bounds, or two arrays in words
    """Where something is clipped to: "[1e-07, 1 − 1e-07]"."""
    if ends is None or isinstance(ends, str):
        return amount(ends)
    low, high = ends
    if low is None or high is None:
        return f"at least {bound(low)}" if high is None else f"at most {bound(high)}"
    dtypes = {end.partition("machine:")[2] for end in ends if isinstance(end, str) and "machine" in end}
    whose = f", ε of {dtypes.pop() or 'the dtype'}" if dtypes else ""
    return f"[{bound(low)}, {bound(high)}]{whose}"


def chain(values: Values, prediction_is: str | None) -> str:
    """How the prediction is read."""
    steps = values[0]
    if prediction_is == "probabilities" and steps in PROBABILITIES:
        return PROBABILITIES[steps]
    if prediction_is == "unsaid" and not steps:
        return PROBABILITIES[()]
    return CHAINS.get(steps, " of ".join(reversed(steps)))


def _parameters(values: Values, other: Values) -> str:
    """The parameters in which two sides differ, or all where they do not."""
    given, held = dict(values[0]), dict(other[0])
    names = dict.fromkeys((*given, *held))
    told = [(_parameter(name, given), _parameter(name, held)) for name in names]
    differing = [mine for mine, theirs in told if mine != theirs]
    return ", ".join(filter(None, differing or [mine for mine, _ in told])) or "none"


def _parameter(name: str, given: dict[str, Any]) -> str:
    if name in FLAGS:
        return FLAGS[name][given.get(name, 0.0) == 1.0]
    words, usual = PARAMETERS.get(name, (f"{name} {{}}", None))
    value = given.get(name, usual)
    return "" if value is None else words.format(amount(value))


def _ties(values: Values, other: Values) -> str:
    given, names = dict(values[0]), dict.fromkeys(name for name, _ in (*values[0], *other[0]))
    told = [f"slope {given.get(name, USUAL_SLOPES[name]):g} of {KINKS[name]}" for name in names]
    return ", ".join(told) or "as usual"


def _class_weight(values: Values, other: Values) -> str:
    klass, place, alpha = values
    if alpha is not None:
        return f"α = {amount(alpha)}"
    told = klass is not None and other[:1] == values[:1]
    where = "on whole samples" if place == "target" else "inside the sum over classes"
    return f"{amount(klass)}, {where}" if told else amount(klass)


def _broadcast(value: Any) -> str:  # noqa: ANN401  a way to meet, or the array that is laid out
    ways = {"aligned": "element against element", "expanded": "every prediction against every target"}
    return ways.get(value, "") or amount(value) if isinstance(value, str) else amount(value)


def _axis(values: Values) -> str:
    axis, softmax = values
    return "none" if axis is None else f"axis {axis}" + ("" if softmax is None else f", softmax over axis {softmax}")


def _mask(value: Any) -> str:  # noqa: ANN401  a label or a tree
    if value is None:
        return "nothing is left out"
    label = isinstance(value, int | float | Literal)
    return f"label {amount(value)} is left out" if label else f"only where {amount(value)}"


def _smoothed(value: Smoothing | None) -> str:
    return "none" if value is None else f"{amount(value.amount)}, {SMOOTHINGS[value.kind]}"


def _floors(given: Any) -> str:  # noqa: ANN401  pairs of a parameter and its value
    return ", ".join(FLOORS[name].format(amount(x)) for name, x in given)


def _with_usual(given: Any, other: Any) -> Any:  # noqa: ANN401  as above
    """What a side leaves as it usually is, where that is something and the other side's is something else."""
    own = dict(given)
    return (*given, *((name, USUAL_FLOORS[name]) for name, _ in other if name in USUAL_FLOORS and name not in own))


def _divisor(values: Values) -> str:
    """What a mean counts, or the number by which a sum is divided."""
    match values:
        case (_, "sum", _, Binary("/", Literal(float() as factor), divisor)):
            return amount(divisor) + ("" if factor == 1.0 else f", times {amount(factor)}")
        case (_, "sum", _, factor):
            return f"nothing, and multiplied by {amount(factor)}"
        case _:
            return _called(DENOMINATORS, values[0])


def _reduced(values: Values, other: Values) -> str:
    """How the batch is reduced; of a ratio, what its sums run over first."""
    words = _called(REDUCTIONS, values[0])
    given, held = (dict(v[1]) if len(v) > 1 else {} for v in (values, other))
    if not given and not held:
        return words
    return f"each sum over axes {amount(given['over'])}, then {words}" if given else "each sum over everything"


def _called(names: Mapping[str, str], value: str) -> str:
    return names.get(value, value)


Row = Callable[[Values, Values], str]

WORDS: dict[str, Row] = {
    "layout.class_axis": lambda v, _: _axis(v),
    "layout.broadcast": lambda v, _: _broadcast(v[0]),
    "target.encoding": lambda v, _: f"{_called(ENCODINGS, v[1])}: {amount(v[0])}",
    "target.bad_index": lambda v, _: _called(BAD_INDICES, v[2]),
    "target.smoothing": lambda v, _: _smoothed(v[0]),
    "target.range": lambda v, _: interval(v[0]),
    "target.order": lambda v, _: "as given" if v[0] is None else f"classes in the order {amount(v[0])}",
    "activation.support": lambda v, _: "all of them" if v[0] is None else f"those where {amount(v[0])}",
    "guard.clip": lambda v, _: interval(v[0]),
    "guard.clamp": lambda v, _: "none" if v[0] is None else f"logarithms floored at {amount(v[0])}",
    "guard.added_epsilon": lambda v, _: "none" if v[0] is None else f"log(p + {amount(v[0])})",
    "guard.renormalise": lambda v, _: "divided by their sum" if v[0] else "as they are",
    "guard.recovered_logits": lambda v, _: "the logits are remembered" if v[0] else "the probabilities are used",
    "guard.order": lambda v, _: ", then ".join(v[0]) or "none",
    "guard.floor": lambda v, o: _floors(_with_usual(v[-1], o[-1])) or "nothing",
    "term.sides": lambda v, _: "both outcomes of every element" if v[0] == "two" else "the target's class alone",
    "term.family": lambda v, _: _called(FAMILIES, v[0]),
    "term.parameter": _parameters,
    "term.added": lambda v, _: " + ".join(amount(part) for part in v[0]) or "nothing",
    "weight.class": _class_weight,
    "weight.mask": lambda v, _: _mask(v[0]),
    "reduction.classes": lambda v, _: CLASSES[v[0]],
    "reduction.batch": _reduced,
    "reduction.denominator": lambda v, _: f"divided by {_divisor(v)}",
    "reduction.microbatches": lambda v, _: (
        "one mean" if v[0] is None else f"mean of the means of parts of {amount(v[0])}"
    ),
    "reduction.zero": lambda v, _: f"{v[0]} when nothing is left",
    "reduction.root": lambda v, _: ROOTS[v[0]] + (f", {_floors(v[1])}" if v[1] else ""),
    "scale.constant": lambda v, _: f"times {amount(v[0])}",
    "scale.log_base": lambda v, _: f"logarithm to base {amount(v[0])}" if v[0] else "natural logarithm",
    "scale.sign": lambda v, _: "+" if v[0] > 0 else "−",
    "precision.input": lambda v, _: "the case's own dtype" if v[0] is None else v[0],
    "precision.accumulation": lambda v, _: "the case's own dtype" if v[0] is None else v[0],
    "gradient.tie": _ties,
    "gradient.clip": lambda v, _: _called(SLOPES_OUTSIDE, v[0]),
    "gradient.closed_form": lambda v, _: (
        "that of the formula" if v[0] == "exact" else "softmax − target, whatever its sum"
    ),
}
