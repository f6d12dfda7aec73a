"""Where one side is reduced and the other is not: the coarser form in which their numbers meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from harness.records import Array
from harness.semantics import Semantics, with_choice
from harness.syntax import Binary, Index, Literal, Node, Slice

Evaluate = Callable[[Semantics], Array]


@dataclass(frozen=True, slots=True)
class Coarse:
    """A point brought to a coarser form, and what that does to numbers that were observed in the finer one.

    `axes` are summed over ("all", or one axis, or nothing) and the sum is multiplied by `factor`.
    """

    semantics: Semantics
    axes: int | str | None
    factor: float

    def value(self, observed: Array) -> Array:
        """Observed numbers in the coarser form."""
        if self.axes is None:
            return observed
        total = np.sum(observed) if self.axes == "all" else np.sum(observed, axis=self.axes)  # type: ignore[arg-type]
        return np.asarray(total * self.factor)

    def slope(self, observed: Array) -> Array:
        """An observed gradient of the finer form's sum, as that of the coarser form."""
        return observed * self.factor if self.axes is not None else observed


def coarser(a: Semantics, b: Semantics, evaluate: Evaluate) -> Coarse:
    """`a` in the form of `b` where `b` is the more reduced of the two; `a` itself where it is not."""
    classes = a.reduction.classes == "none" and b.reduction.classes in ("sum", "mean")
    batch = a.reduction.batch == "none" and b.reduction.batch != "none"
    if not (classes or batch) or a.plus:
        return Coarse(a, None, 1.0)
    changes: dict[str, object] = {}
    if classes:
        changes["classes"] = b.reduction.classes
    if batch:
        kept = ("batch", "denominator", "microbatches", "zero")
        changes |= {name: getattr(b.reduction, name) for name in kept}
    goal = with_choice(a, "reduction", **changes)
    summed = with_choice(
        goal, "reduction", batch="sum" if batch else "none", classes="sum" if classes else a.reduction.classes
    )
    axis = "all" if batch else (a.layout.class_axis if a.layout.class_axis is not None else -1)
    return Coarse(goal, axis, _ratio(np.asarray(evaluate(goal)), np.asarray(evaluate(summed))))


def _ratio(goal: Array, summed: Array) -> float:
    usable = np.isfinite(goal) & np.isfinite(summed) & (summed != 0) & (goal != 0)
    return float(np.median(goal[usable] / summed[usable])) if np.any(usable) else 1.0


def two_class(s: Semantics) -> Semantics:
    """The sigmoid loss of a difference of two logits, told as what it is: the softmax loss over the two.

    −t log σ(x₁ − x₀) − (1 − t) log σ(x₀ − x₁) = −Σ_c t_c log softmax(x)_c for labels t in {0, 1}.
    """
    match s.layout.prediction:
        case Binary(
            "-", Index(x, (Slice(None, None, None), Literal(1))), Index(y, (Slice(None, None, None), Literal(0)))
        ) if x == y:
            pass
        case _:
            return s
    per_class = _class_weights(s)
    simple = s.activation.chain == ("sigmoid",) and s.term.sides == "two" and s.term.family == "cross-entropy"
    weighted = s.weight.positive is not None or s.weight.balance is not None or s.target.smoothing is not None
    if (
        not simple
        or weighted
        or s.reduction.classes != "flat"
        or s.modulation.focal is not None
        or s.target.encoding != "dense"
    ):
        return s
    return replace(
        s,
        layout=replace(s.layout, prediction=x, class_axis=1),
        activation=replace(s.activation, chain=("softmax",)),
        target=replace(s.target, encoding="index"),
        term=replace(s.term, sides="one"),
        weight=s.weight if per_class is None else replace(s.weight, sample=None, klass=per_class, klass_in="terms"),
        reduction=replace(s.reduction, classes="sum"),
    )


def _class_weights(s: Semantics) -> Node | None:
    """w of sample weights `w[target]`: each sample's weight is that of its class."""
    match s.weight.sample:
        case Index(weights, (labels,)) if labels == s.target.source:
            return weights
        case _:
            return None
