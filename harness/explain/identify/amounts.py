"""Fitted columns on the way to parts of a loss: what is taken, what is left, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from harness.explain.identify.fit import Fit
from harness.explain.identify.numbers import short
from harness.records import Array
from harness.semantics import Activation, Guard, Semantics, Smoothing, Target, with_choice
from harness.syntax import Call, Literal, Node, Sequence

NEGLIGIBLE = 1e-12  # Of two numbers that should cancel, what may be left.


SPREAD = 12.0  # Standard deviations within which a measured number may lie.


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One family's share of a row: `amount` times the sum over the classes of `core`'s term.

    Attributes:
        core: Everything but reduction and scale.
        amount: Coefficient, before it is split into constant, means and weights; [K] where classes differ.
        error: How far rounding may have moved it.
        z: Coefficient of logsumexp² in the same unit.
        poly: Coefficient of t(1 − p) in the same unit; where classes differ, relative to each.
        per_class: Whether a ratio is formed for each class.
        klass_in: Where weights of the classes act.
        spread: How far rounding may have moved the term's parameters.
    """

    core: Semantics
    amount: Array
    error: Array
    z: float = 0.0
    poly: float = 0.0
    per_class: bool = False
    klass_in: str = "terms"
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Parts that together are one row's loss, up to `offset`."""

    parts: tuple[Part, ...]
    offset: float = 0.0
    cost: float = 0.0


@dataclass(eq=False)
class Amounts:
    """Fitted amounts that have not been read yet; taking one removes it.

    `wide`: standard deviations within which an amount is taken for a shorter number, or for one that it should be.
    """

    fit: Fit
    classes: int
    wide: float = SPREAD
    left: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.left = dict(self.fit.amounts)

    def take(self, name: str) -> Array | None:
        """The amount of a column, which is then read; None where the column is not needed."""
        return self.left.pop(name, None)

    def number(self, name: str) -> float:
        """One coefficient for all classes, 0 where the column is not needed."""
        taken = self.left.pop(name, None)
        return 0.0 if taken is None else float(taken[0])

    def error(self, *names: str) -> float:
        """How far rounding may have moved the amounts of these columns."""
        return self.wide * sum(float(np.max(self.fit.errors[n])) for n in names if n in self.fit.errors)


class Variant(NamedTuple):
    """One of several ways to write the same amounts: the kind of smoothing, and the second way of two."""

    smoothing: int
    second: bool


def base(fit: Fit) -> Semantics:
    """Activation, encoding and added epsilon of a fit."""
    chain, trial = fit.model.chain, fit.trial
    guard = Guard()
    if trial.epsilon:
        guard = replace(guard, added_epsilon=trial.epsilon, order=("added_epsilon",))
    if "renormalise" in chain:
        guard = replace(guard, renormalise=True, order=("renormalise", *guard.order))
        chain = tuple(step for step in chain if step != "renormalise")
    target = Target(encoding=fit.model.encoding)
    if trial.smoothing:
        target = replace(target, smoothing=Smoothing(fit.model.soft, trial.smoothing))
    return Semantics(target=target, activation=Activation(chain, trial.temperature), guard=guard)


# How mass is spread that is not the target's: kind, and the amount e from the ratio b/a of t' = a·t + b, and a from e.
SMOOTHINGS: tuple[tuple[str, Callable[[float, int], float], Callable[[float, int], float]], ...] = (
    ("uniform", lambda r, k: k * r / (1.0 + k * r), lambda e, _k: 1.0 - e),
    ("binary", lambda r, _k: 2.0 * r / (1.0 + 2.0 * r), lambda e, _k: 1.0 - e),
    ("others", lambda r, k: r * (k - 1) / (1.0 + k * r), lambda e, k: 1.0 - e - e / (k - 1)),
    ("added", lambda r, k: k * r / (1.0 + r), lambda e, k: 1.0 - e / k),
)


AFFINE = len(SMOOTHINGS)  # The way of a target that is multiplied and added to as it pleases.


def literal(values: list[float]) -> Node:
    """An array of numbers as a tree."""
    return Call("numpy.array", (Sequence(tuple(Literal(v) for v in values)),))


def smoothed(
    amounts: Amounts, core: Semantics, ratio: float, error: float, which: Variant
) -> tuple[Semantics, float] | None:
    """`core` with smoothing of one kind whose b/a is `ratio`, and its a."""
    if ratio == 0.0:
        return core, 1.0
    if which.smoothing == AFFINE:
        return None
    kind, amount_of, kept = SMOOTHINGS[which.smoothing]
    if kind == "others" and amounts.classes == 1:
        return None
    slope = 2.0 * amounts.classes
    share = amount_of(np.float64(ratio), amounts.classes)  # not finite where no such share gives the ratio
    if not 0.0 < share <= 1.0:
        return None
    amount = short(float(share), slope * error)
    return with_choice(core, "target", smoothing=Smoothing(kind, amount)), kept(amount, amounts.classes)
