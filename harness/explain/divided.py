"""A loss times or divided by something: a constant, another base of the logarithm, or what a mean counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.explain.counted import counted_rows, counts, is_count, same_weights, weights_summed
from harness.explain.facts import Facts
from harness.explain.named import number, operation
from harness.explain.rows import by_rows, rows_of
from harness.expression import inputs_of
from harness.records import Array
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Value, with_choice
from harness.syntax import Binary, Literal, Node


def times(s: Semantics, factor: float) -> Semantics | None:
    """`factor` times the loss, its sign told apart; None where a constant of it is no number yet."""
    constant = _constant_times(s.scale.constant, abs(factor))
    if constant is None or not isinstance(s.scale.offset, float):
        return None
    changed = with_choice(
        s,
        "scale",
        constant=constant,
        sign=s.scale.sign if factor >= 0 else -s.scale.sign,
        offset=s.scale.offset * factor,
    )
    plus = [p for other in s.plus if (p := times(other, factor)) is not None]
    return None if len(plus) < len(s.plus) else replace(changed, plus=tuple(plus))


def _constant_times(constant: Value, factor: float) -> Value | None:
    match constant:
        case float():
            return constant * factor
        case Binary("/", Literal(float() as amount), divisor):
            return Binary("/", Literal(amount * factor), divisor)
        case _:
            return None


def divided_by(s: Semantics, divisor: Node, amount: float, facts: Facts) -> Semantics | None:
    """The loss divided by the number `amount` that `divisor` stands for: by log b, by a count, or by a constant."""
    base = _log_base(divisor)
    if base is not None and not s.scale.log_base:
        return with_choice(s, "scale", log_base=base)
    if (
        s.reduction.batch == "sum"
        and s.reduction.root != "whole"
        and not s.plus
        and s.scale.constant == 1.0
        and s.scale.offset == 0.0
        and amount != 1.0
    ):
        shape = facts.describe(s.layout.prediction).shape
        counts = {"samples": shape[0] if shape else 1, "elements": _elements(s, shape)}
        for denominator in ("samples", "elements") if s.reduction.classes == "flat" else ("elements", "samples"):
            if counts[denominator] == amount:
                return with_choice(s, "reduction", **_mean_over(s, denominator, len(shape)))
    return times(s, 1.0 / amount) if amount else None


def _mean_over(s: Semantics, denominator: str, axes: int) -> dict[str, str]:
    if denominator == "samples" and s.reduction.classes == "flat" and axes == 2:  # noqa: PLR2004  samples and classes
        # The sum over everything divided by the samples: a sum over classes, then a mean over samples.
        return {"classes": "sum", "batch": "mean", "denominator": "elements"}
    return {"batch": "mean", "denominator": denominator}


def _elements(s: Semantics, shape: tuple[int, ...]) -> int:
    total = int(np.prod(shape, dtype=np.int64))
    if s.reduction.classes == "flat" or not shape:
        return total
    return total // shape[s.layout.class_axis if s.layout.class_axis is not None else -1]


def _log_base(node: Node) -> float | None:
    found = operation(node)
    if found is None or found[0] != "log" or len(found[1]) != 1:
        return None
    return number(found[1][0])


def by_weights(s: Semantics, divisor: Node, facts: Facts) -> Semantics | None:
    """L·w summed, divided by what the w come to: a mean that counts the weights used, or what was left by a mask."""
    if s.plus or facts.prediction in inputs_of(divisor):
        return None
    shape = facts.shape(divisor)
    if len(shape) == 1:
        return _by_rows(s, facts.array(divisor), facts)
    if s.reduction.batch != "sum" or s.reduction.root == "whole" or shape != ():
        return None
    counted = _guarded(divisor, facts)
    denominator = _counted(s, divisor if counted is None else counted, facts)
    if denominator is not None:
        zero = s.reduction.zero if counted is None else "zero"
        return with_choice(s, "reduction", batch="mean", denominator=denominator, zero=zero)
    return with_choice(s, "scale", constant=Binary("/", Literal(1.0), divisor)) if s.scale.constant == 1.0 else None


def _counted(s: Semantics, divisor: Node, facts: Facts) -> str | None:
    """The denominator's name of a mean that divides by `divisor`; None where it counts something else."""
    found, weights = operation(divisor), s.weight.sample
    if found is not None and found[0] in ("sum", "count_nonzero") and len(found[1]) == 1 and not found[2]:
        inner = found[1][0]
        if isinstance(weights, Node) and same_weights(facts.array(inner), facts.array(weights)):
            return weights_summed(s, inner, facts)
    if weights is None and s.weight.mask is None:
        return None
    amount = float(facts.array(divisor))
    return next((name for name, count in counts(s, facts).items() if is_count(amount, count, facts.dtype)), None)


def _guarded(divisor: Node, facts: Facts) -> Node | None:
    """The count that is kept from 0 in `m.sum().clamp(min=1)`, `m.sum() + 1e-8` and `max(m.sum(), 1)`."""
    match divisor:
        case Binary("+", left, right):
            parts: tuple[Node, ...] = (left, right)
        case _:
            found = operation(divisor)
            guards = found is not None and found[0] in ("clip", "clamp_min", "maximum", "max")
            parts = (*found[1], *found[2].values()) if found is not None and guards else ()
    counts = [part for part in parts if number(part) is None and facts.shape(part) == ()]
    if len(counts) != 1 or len(parts) != 2:  # noqa: PLR2004  a count and its guard
        return None
    count, whole = (float(facts.array(node)) for node in (counts[0], divisor))
    return counts[0] if count == 0.0 or is_count(whole, count, facts.dtype) else None


def _by_rows(s: Semantics, divisor: Array, facts: Facts) -> Semantics | None:
    """A sum for each sequence, divided by what that sequence counts."""
    if s.reduction.batch == "none" and s.reduction.classes == "sum" and FAMILIES[s.term.family].shape == "elementwise":
        s = rows_of(with_choice(s, "reduction", classes="flat"), "sum", len(divisor))
    counted = counted_rows(s, divisor, facts, facts.dtype) if s.reduction.batch == "rows-sum" else None
    return None if counted is None else by_rows(s, counted)
