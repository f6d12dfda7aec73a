"""Differences and stages in words that a person would use; the words of one choice stand in `choices.py`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from harness.explain.choices import WORDS, amount, chain
from harness.explain.differences import DETAILS, Difference, differences, read
from harness.explain.vocabulary import ENCODINGS, FAMILIES
from harness.semantics import Semantics

# Families of which an element may count for one outcome or for both.
SIDED = frozenset({"cross-entropy", "kl", "generalised-kl"})
UNSIDED = "one term per element"
_ON_PROBABILITIES = frozenset(
    {"cross-entropy", "kl", "generalised-kl", "dice", "iou", "tversky", "entropy", "generalised-cross-entropy"}
)


def said_of(prediction_is: str | None, *points: Semantics) -> str | None:
    """What the prediction is said to be, or "unsaid" where every term reads probabilities and a case does not say."""
    if prediction_is is None and all(s.term.family in _ON_PROBABILITIES for s in points):
        return "unsaid"
    return prediction_is


def choice(
    factor: str, values: tuple[Any, ...], prediction_is: str | None = None, other: tuple[Any, ...] | None = None
) -> str:
    """One side's choice of one factor in words; `other` is what it is held against."""
    if factor == "activation":
        return chain(values, prediction_is)
    return WORDS[factor](values, values if other is None else other) if factor in WORDS else amount(values[0])


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
    "reduction.root": "What the square root is taken of",
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
        if before != usual or after != usual or _always_told(factor, a, b):
            told = choice(factor, before, prediction_is, after), choice(factor, after, prediction_is, before)
            rows.append((factor, _in_full(factor, told[0], a), _in_full(factor, told[1], b)))
    return tuple(rows)


def _in_full(factor: str, words: str, s: Semantics) -> str:
    """`words`, with what only the whole point can tell: how a target is written, and that it has no two outcomes."""
    if factor == "target.source" and s.target.encoding != "dense":
        return f"{words}: {ENCODINGS[s.target.encoding]}"
    return UNSIDED if factor == "term.sides" and s.term.family not in SIDED else words


def _always_told(factor: str, a: Semantics, b: Semantics) -> bool:
    if factor == "term.sides":
        return bool({a.term.family, b.term.family} & SIDED)
    return factor in ("activation", "term.family", "reduction.classes", "reduction.batch")


def _part(a: Semantics, b: Semantics, prediction_is: str | None) -> tuple[str, str]:
    """A loss that is added on either side, each with what it has that the other has not."""
    apart = [words_of(inner, prediction_is) for inner in differences(a, b)]
    told = [(amount(part), ", ".join(words[i] for words in apart)) for i, part in enumerate((a, b))]
    first, second = (f"{name} ({words})" if words else name for name, words in told)
    return first, second


def words_of(difference: Difference, prediction_is: str | None) -> tuple[str, str]:
    """A's and B's choice of a difference in words."""
    factor, before, after = difference.factor, difference.before, difference.after
    if factor == "term.added" and len(before[0]) == len(after[0]):
        parts = [_part(*pair, prediction_is) for pair in zip(before[0], after[0], strict=True)]
        return " + ".join(own for own, _ in parts), " + ".join(other for _, other in parts)
    first, second = choice(factor, before, prediction_is, after), choice(factor, after, prediction_is, before)
    alone = f" of the {FAMILIES.get(difference.part, difference.part)} alone" if difference.part else ""
    return first + alone, second + alone
