"""Choices and differences in words that a person would use."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from harness.explain.differences import DETAILS, Difference, read
from harness.expression import render
from harness.semantics import Semantics, Smoothing
from harness.syntax import Literal

CHAINS = {
    (): "taken as it is",
    ("exp",): "log-probabilities, exponentiated",
    ("sigmoid",): "sigmoid of logits",
    ("softmax",): "softmax of logits",
    ("softmax", "softmax"): "softmax applied twice",
    ("sigmoid", "sigmoid"): "sigmoid applied twice",
    ("sigmoid", "softmax"): "softmax of sigmoid",
    ("softmax", "sigmoid"): "sigmoid of softmax",
    ("l2-normalise",): "scaled to length 1",
}
PROBABILITIES = {
    ("softmax",): "softmax applied to what is already a distribution",
    ("sigmoid",): "sigmoid applied to what is already a probability",
    (): "probabilities, taken as they are",
}
FAMILIES_IN_WORDS = {
    "cross-entropy": "cross-entropy",
    "kl": "Kullback–Leibler divergence",
    "generalised-kl": "generalised KL divergence",
    "squared": "squared error",
    "absolute": "absolute error",
    "iou": "intersection over union",
    "huber": "Huber",
}
FLOORS_IN_WORDS = {
    "floor": "a floor of {}",
    "epsilon": "{} added",
    "zero_target": "what has target 0 is left out",
    "log_zero": "log 0 taken as {}",
}
DENOMINATORS = {
    "elements": "everything that was added",
    "samples": "the samples",
    "kept": "what was not ignored",
    "weights": "the sum of the weights used",
    "weights-unbroadcast": "the sum of the weights as given",
    "nonzero-weights": "the number of non-zero weights",
}


def amount(value: Any) -> str:  # noqa: ANN401  a convention may be of any type
    """A number, tree or flag as text."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float() | int():
            return f"{value:.12g}"
        case str():
            return value
        case Smoothing(kind, size):
            return f"{amount(size)} ({kind})"
        case tuple():
            return ", ".join(amount(part) for part in value) if value else "none"
        case Literal(inner):
            return amount(inner)
        case Semantics():
            return value.term.family
        case _:
            return render(value)


def _chain(values: tuple[Any, ...], prediction_is: str | None) -> str:
    chain = values[0]
    if prediction_is == "probabilities" and chain in PROBABILITIES:
        return PROBABILITIES[chain]
    if prediction_is == "unsaid" and not chain:
        return PROBABILITIES[()]
    return CHAINS.get(chain, " of ".join(reversed(chain)))


WORDS: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "target.encoding": lambda v: f"{_encoding(v[1])}: {amount(v[0])}",
    "target.source": lambda v: amount(v[0]),
    "target.bad_index": lambda v: v[2],
    "activation.support": lambda v: "all of them" if v[0] is None else f"those where {amount(v[0])}",
    "guard.floor": lambda v: ", ".join(FLOORS_IN_WORDS[name].format(amount(x)) for name, x in v[0]) or "nothing",
    "term.sides": lambda v: "both outcomes of every element" if v[0] == "two" else "the target's class alone",
    "term.family": lambda v: FAMILIES_IN_WORDS.get(v[0], v[0]),
    "term.added": lambda v: " + ".join(amount(part) for part in v[0]) or "nothing",
    "reduction.classes": lambda v: {
        "sum": "sum over classes",
        "mean": "mean over classes",
        "none": "classes kept apart",
        "flat": "no step of its own",
    }[v[0]],
    "reduction.batch": lambda v: {"sum": "sum", "mean": "mean", "none": "not reduced"}.get(v[0], v[0]),
    "reduction.denominator": lambda v: f"divided by {DENOMINATORS.get(v[0], v[0])}",
    "reduction.microbatches": lambda v: "one mean" if v[0] is None else f"mean of the means of parts of {amount(v[0])}",
    "reduction.zero": lambda v: f"{v[0]} when nothing is left",
    "weight.class": lambda v: amount(v[0]) if v[2] is None else f"α = {amount(v[2])}",
    "scale.log_base": lambda v: "natural logarithm" if not v[0] else f"logarithm to base {amount(v[0])}",
    "scale.sign": lambda v: "+" if v[0] > 0 else "−",
    "precision.input": lambda v: "the case's own dtype" if v[0] is None else v[0],
    "precision.accumulation": lambda v: "the case's own dtype" if v[0] is None else v[0],
    "gradient.tie": lambda v: ", ".join(f"{name}: {slope:g}" for name, slope in v[0]) or "usual",
    "guard.recovered_logits": lambda v: "the logits are remembered" if v[0] else "no",
    "layout.class_axis": lambda v: (
        "none" if v[0] is None else f"axis {v[0]}" + ("" if v[1] is None else f", softmax over axis {v[1]}")
    ),
}


def _encoding(name: str) -> str:
    return {"index": "class indices", "dense": "one number per class", "signed": "±1", "log": "log-probabilities"}.get(
        name, name
    )


_ON_PROBABILITIES = frozenset(
    {"cross-entropy", "kl", "generalised-kl", "dice", "iou", "tversky", "entropy", "generalised-cross-entropy"}
)


def said_of(prediction_is: str | None, *points: Semantics) -> str | None:
    """What the prediction is said to be, or "unsaid" where every term reads probabilities and a case does not say."""
    if prediction_is is None and all(s.term.family in _ON_PROBABILITIES for s in points):
        return "unsaid"
    return prediction_is


def choice(factor: str, values: tuple[Any, ...], prediction_is: str | None = None) -> str:
    """One side's choice of one factor in words."""
    if factor == "activation":
        return _chain(values, prediction_is)
    return WORDS[factor](values) if factor in WORDS else amount(values[0])


# What a factor is about, to begin its sentence with.
SUBJECTS = {
    "layout.prediction": "The array that is read as the prediction",
    "layout.class_axis": "The class axis",
    "layout.broadcast": "Shapes that differ",
    "target.encoding": "How the target is encoded",
    "target.source": "What is taken as the target",
    "target.smoothing": "Label smoothing",
    "target.range": "The target's range",
    "target.shift": "What is held against what",
    "target.bad_index": "What an index outside the classes does",
    "target.order": "The order of the labels",
    "activation": "What the prediction means",
    "activation.temperature": "The temperature",
    "activation.support": "The classes that take part in the softmax",
    "guard.clip": "Probabilities are clipped to",
    "guard.clamp": "Each logarithm is floored at",
    "guard.added_epsilon": "Epsilon added inside the logarithm",
    "guard.renormalise": "Probabilities rescaled to sum 1",
    "guard.recovered_logits": "Logits recovered behind the probabilities",
    "guard.order": "The order of the guards",
    "guard.floor": "What keeps it from dividing by zero",
    "term.sides": "What is summed",
    "term.family": "The term",
    "term.direction": "The direction of the divergence",
    "term.parameter": "The term's parameters",
    "term.added": "What is added to the loss",
    "modulation.focal": "The focal exponent γ",
    "modulation.poly": "The poly-1 coefficient",
    "modulation.z_loss": "The z-loss coefficient",
    "weight.positive": "The weight of the positive term (pos_weight)",
    "weight.class": "Class weights",
    "weight.sample": "Sample weights",
    "weight.mask": "What is left out",
    "reduction.classes": "Over the classes",
    "reduction.batch": "Over the batch",
    "reduction.denominator": "What the mean counts",
    "reduction.microbatches": "Micro-batches",
    "reduction.zero": "When nothing is left to count",
    "scale.constant": "A constant factor",
    "scale.sign": "The sign",
    "scale.log_base": "The logarithm",
    "scale.offset": "An added constant",
    "precision.input": "The precision of the inputs",
    "precision.accumulation": "The precision of the sums",
    "evaluation": "How the formula is evaluated",
    "mode": "Execution",
    "gradient.tie": "The slope at a kink",
    "gradient.clip": "The slope where a guard holds",
    "gradient.closed_form": "The derivative's formula",
}


def summary(factor: str, before: str, after: str, names: tuple[str, str]) -> str:
    """One sentence: the subject, A's choice, B's choice."""
    return f"{SUBJECTS[factor]}: {names[0]} — {before}; {names[1]} — {after}."


@lru_cache(maxsize=256)  # every aspect and dtype of a pair has the same
def stage_table(a: Semantics, b: Semantics, prediction_is: str | None) -> tuple[tuple[str, str, str], ...]:
    """Every detail in stage order with both choices in words; details that neither side uses are left out."""
    default = Semantics()
    rows = []
    for factor, fields in DETAILS:
        before, after = (tuple(read(s, *f) for f in fields) for s in (a, b))
        usual = tuple(read(default, *f) for f in fields)
        if (
            before != usual
            or after != usual
            or factor in ("activation", "term.family", "term.sides", "reduction.classes", "reduction.batch")
        ):
            rows.append((factor, choice(factor, before, prediction_is), choice(factor, after, prediction_is)))
    return tuple(rows)


def words_of(difference: Difference, prediction_is: str | None) -> tuple[str, str]:
    """A's and B's choice of a difference in words."""
    return (
        choice(difference.factor, difference.before, prediction_is),
        choice(difference.factor, difference.after, prediction_is),
    )
