"""Stages `activation` and `guard`: from the prediction to p, log p and their complements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives
from harness.reference.formats import FORMATS, quantise

if TYPE_CHECKING:
    from harness.reference.arithmetic import Mask
    from harness.reference.tape import Tensor
    from harness.semantics import Gradient, Guard

Step = Callable[["Tensor", int], "Tensor"]

ACTIVATIONS: dict[str, Step] = {
    "exp": lambda x, _axis: x.exp(),
    "log": lambda x, _axis: x.log(),
    "logit": lambda x, _axis: (x / (1.0 - x)).log(),
    "sigmoid": lambda x, _axis: primitives.sigmoid(x),
    "log-sigmoid": lambda x, _axis: primitives.log_sigmoid(x),
    "softmax": primitives.softmax,
    "log-softmax": primitives.log_softmax,
    "tanh": lambda x, _axis: x.tanh(),
    "relu": lambda x, _axis: x.relu(),
    "l2-normalise": primitives.normalise,
}

# For the last step of a chain: log p, 1 − p and log(1 − p) without going through p.
STABLE_LOG: dict[str, Step] = {
    "exp": lambda x, _axis: x,
    "sigmoid": lambda x, _axis: primitives.log_sigmoid(x),
    "softmax": primitives.log_softmax,
}
# log σ(x) and log σ(−x) where a softplus is its own argument beyond LINEAR, as in PyTorch, by how they are made of it.
LINEAR = 20.0
LINEAR_LOGS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "linear-beyond-20": (lambda x: -_linear(-x), lambda x: -_linear(x)),
    "linear-above-20": (lambda x: x - _linear(x), lambda x: -_linear(x)),
    "linear-below-20": (lambda x: -_linear(-x), lambda x: -_linear(-x) - x),
}
STABLE_COMPLEMENT: dict[str, Step] = {"sigmoid": lambda x, _axis: primitives.sigmoid(-x)}
STABLE_LOG_COMPLEMENT: dict[str, Step] = {"sigmoid": lambda x, _axis: primitives.log_sigmoid(-x)}


def _linear(x: Tensor) -> Tensor:
    return primitives.softplus(x, LINEAR)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a term reads: the prediction behind its activation and guards; all of the prediction's shape.

    `before` is the array in front of the last activation `last`; guards other than the clamp act on p. `form` is how
    logarithms are evaluated.
    """

    before: Tensor
    last: str
    axis: int
    guard: Guard
    gradient: Gradient
    dtype: str
    form: str

    @property
    def stable(self) -> bool:
        """Whether logarithms are taken without going through p."""
        return self.form != "naive"

    def score(self) -> Tensor:
        """The array in front of the last activation: the logits of a softmax, the scores of a hinge."""
        return self.before

    def bare(self) -> Tensor:
        """p with no guard applied."""
        return ACTIVATIONS[self.last](self.before, self.axis) if self.last else self.before

    def p(self) -> Tensor:
        """p behind the guards that act on probabilities."""
        p = self.bare()
        for step in self._steps():
            p = GUARDS[step](self, p)
        return p

    def log_p(self, taken: Mask | None = None) -> Tensor:
        """log p behind all guards; where `taken` is false no logarithm is taken, and nothing of its slope is seen."""
        if self._direct(STABLE_LOG):
            return self._clamped(self._tied(self._log(STABLE_LOG[self.last], 0), 0.0))
        if self._steps()[-1:] == ("renormalise",):
            return self._clamped(self._renormalised_log())
        p = self.shifted(self.p())
        return self._clamped((p if taken is None else p.where(taken, 1.0)).log())

    def _renormalised_log(self) -> Tensor:
        # log p − log Σp in the form TensorFlow has it: a log-softmax of the logarithms.
        p = self.bare()
        for step in self._steps()[:-1]:
            p = GUARDS[step](self, p)
        return primitives.log_softmax(p.log(), self.axis)

    def q(self) -> Tensor:
        """1 − p."""
        if self._direct(STABLE_COMPLEMENT):
            return STABLE_COMPLEMENT[self.last](self.before, self.axis)
        return 1.0 - self.p()

    def log_q(self, taken: Mask | None = None) -> Tensor:
        """log(1 − p) behind all guards; `taken` as for log p."""
        if self._direct(STABLE_LOG_COMPLEMENT):
            return self._clamped(self._tied(self._log(STABLE_LOG_COMPLEMENT[self.last], 1), 1.0))
        p = self.p() if taken is None else self.p().where(taken, 0.0)
        if self.guard.added_epsilon is None and not self.guard.clip and self.stable:
            return self._clamped((-p).log1p())
        return self._clamped(self.shifted(1.0 - p).log())

    def _tied(self, log: Tensor, offset: float) -> Tensor:
        """`log` with the slope the framework gives softplus at 0, where that is not 1/2; log(1 − p) is 1 below it."""
        tie, zero = dict(self.gradient.tie).get("softplus"), self.before.mid == 0
        if tie is None or self.last != "sigmoid":
            return log
        return log.where(~zero, self.before.weighted_slope(log.data, np.full(zero.shape, tie - offset)))

    def _log(self, exact: Step, side: int) -> Tensor:
        """A logarithm that does not go through p, or what it is where it is made of a softplus that becomes linear."""
        if self.last == "sigmoid" and self.form in LINEAR_LOGS:
            return LINEAR_LOGS[self.form][side](self.before)
        return exact(self.before, self.axis)

    def _steps(self) -> tuple[str, ...]:
        if self.guard.recovered_logits:
            return ()
        return tuple(step for step in self.guard.order if step in GUARDS)

    def _direct(self, table: dict[str, Step]) -> bool:
        return self.stable and self.last in table and not self._steps() and not self._epsilon()

    def _epsilon(self) -> float:
        epsilon = self.guard.added_epsilon
        return 0.0 if epsilon is None or self.guard.recovered_logits else float(epsilon)  # type: ignore[arg-type]

    def shifted(self, p: Tensor) -> Tensor:
        """p and what is added to it before a logarithm is taken."""
        epsilon = self._epsilon()
        return p + float(quantise(np.asarray(epsilon), self.dtype)) if epsilon else p

    def _clamped(self, log_p: Tensor) -> Tensor:
        if self.guard.clamp is None or self.guard.recovered_logits:
            return log_p
        floor = float(self.guard.clamp)  # type: ignore[arg-type]
        inside = log_p.mid >= floor
        slope = np.where(inside, 1.0, 1.0 if self.gradient.clip == "through" else 0.0)
        held = log_p.constant().where(inside | np.isnan(log_p.mid), floor)
        return log_p.weighted_slope(held.data, slope)


def bound_of(text: float | str | None, dtype: str) -> float | None:
    """A clip bound in numbers, as the dtype holds it: 1 − 1e-7 is 1 − 2⁻²³ in float32 and 1 in float16."""
    if not isinstance(text, str):
        return None if text is None else float(quantise(np.asarray(float(text)), dtype))
    from_one = text.startswith("1-")
    name, _, amount = text.removeprefix("1-").partition(":")
    epsilon = (
        2.0 * FORMATS[amount or dtype].u if name == "machine" else float(quantise(np.asarray(float(amount)), dtype))
    )
    return float(quantise(np.asarray(1.0 - epsilon), dtype)) if from_one else epsilon


def _clip(reading: Reading, p: Tensor) -> Tensor:
    assert reading.guard.clip is not None
    low, high = (bound_of(bound, reading.dtype) for bound in reading.guard.clip)
    mid = p.mid
    out, slope = p.constant(), np.ones(p.shape)
    edge = {"through": 1.0, "half": 0.5}.get(reading.gradient.clip, 1.0)
    outside = 1.0 if reading.gradient.clip == "through" else 0.0
    close = np.zeros(p.shape, bool)
    for bound, beyond in ((low, mid < (low or 0.0)), (high, mid > (high or 0.0))):
        if bound is not None:
            out = out.where(~beyond, bound)
            slope = np.where(beyond, outside, np.where(mid == bound, edge, slope))
            close |= p.arith.close(p.data, p.arith.lift(bound))
    return p.sloped(out.data, p.arith.loose(slope, close))


def _renormalise(reading: Reading, p: Tensor) -> Tensor:
    return p / p.sum(reading.axis, keepdims=True)


GUARDS: dict[str, Callable[[Reading, Tensor], Tensor]] = {"clip": _clip, "renormalise": _renormalise}
