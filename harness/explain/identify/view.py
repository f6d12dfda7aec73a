"""What the search reads of rows: p, log p, log(1 − p) behind an activation, in plain float64 and all rows at once.

The search needs thousands of evaluations under trial parameters, so its formulas are kept here in their barest form.
They decide nothing: whatever they suggest is confirmed by the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.records import Array


@dataclass(frozen=True, slots=True)
class Trial:
    """Parameters that a search may move; the defaults are those of a loss that has none of them."""

    temperature: float = 1.0
    gamma: float = 0.0
    gamma_negative: float = 0.0
    epsilon: float = 0.0
    smoothing: float = 0.0
    delta: float = 1.0
    margin: float = 1.0
    q: float = 0.5
    smooth: float = 0.0
    extra: float = 0.0
    alpha: float = 0.5
    beta: float = 0.5

    def moved(self, names: tuple[str, ...], values: Array) -> Trial:
        """Some parameters at other values."""
        return replace(self, **{name: float(value) for name, value in zip(names, values, strict=True)})


def softmax(x: Array) -> Array:
    """e^x / Σ e^x over the last axis."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def softplus(x: Array) -> Array:
    """log(1 + e^x)."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


@dataclass(eq=False)
class View:
    """Rows [P, K] behind an activation, under a trial."""

    x: Array
    target: Array
    chain: tuple[str, ...]
    trial: Trial = field(default_factory=Trial)
    soft: str = "binary"

    @cached_property
    def t(self) -> Array:
        """The target behind smoothing."""
        e = self.trial.smoothing
        if e == 0.0:
            return self.target
        spread = 0.5 if self.soft == "binary" else 1.0 / self.target.shape[-1]
        return self.target * (1.0 - e) + e * spread

    @cached_property
    def before(self) -> Array:
        """The array in front of the last activation."""
        x = self.x if self.trial.temperature == 1.0 else self.x / self.trial.temperature
        for step in self.chain[:-1]:
            x = STEPS[step](x)
        return x

    @cached_property
    def p(self) -> Array:
        """The prediction behind the activation."""
        return STEPS[self.chain[-1]](self.before) if self.chain else self.before

    @property
    def bare(self) -> Array:
        """The prediction before any guard: a poly term takes no notice of one."""
        return self.before if self.chain[-1:] == ("renormalise",) else self.p

    @cached_property
    def lp(self) -> Array:
        """log p."""
        last = self.chain[-1] if self.chain else ""
        if self.trial.epsilon == 0.0 and last in LOGS:
            return LOGS[last](self.before)
        return np.log(self.p + self.trial.epsilon)

    @cached_property
    def lq(self) -> Array:
        """log(1 − p)."""
        if self.trial.epsilon == 0.0 and self.chain and self.chain[-1] == "sigmoid":
            return -softplus(self.before)
        return np.log(1.0 - self.p + self.trial.epsilon)

    @cached_property
    def lse(self) -> Array:
        """Log Σ e^x over the classes, [P, 1]."""
        top = self.before.max(-1, keepdims=True)
        return np.asarray(top + np.log(np.exp(self.before - top).sum(-1, keepdims=True)))

    @cached_property
    def error(self) -> Array:
        """The prediction less the target."""
        return self.p - self.t

    @cached_property
    def sign(self) -> Array:
        """The target as a sign."""
        return 2.0 * self.t - 1.0


STEPS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "sigmoid": lambda x: np.exp(-softplus(-x)),
    "softmax": softmax,
    "tanh": np.tanh,
    "log": np.log,
    "renormalise": lambda x: x / x.sum(-1, keepdims=True),
    "l2-normalise": lambda x: x / np.sqrt((x * x).sum(-1, keepdims=True)),
    "relu": lambda x: np.maximum(x, 0.0),
}
LOGS: dict[str, Callable[[Array], Array]] = {
    "exp": lambda x: x,
    "sigmoid": lambda x: -softplus(-x),
    "softmax": lambda x: (
        x - x.max(-1, keepdims=True) - np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True))
    ),
}
