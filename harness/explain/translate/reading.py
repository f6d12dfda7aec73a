"""The stages up to what a term reads, in a framework's words: prediction, target, activation and guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from harness.catalog.api import Described
from harness.explain.translate.dialects import Dialect, Inexpressible, retold
from harness.explain.translate.sketch import Operand, Sketch
from harness.reference.reading import bound_of
from harness.semantics import Semantics, Value
from harness.syntax import Literal, Node

Describe = Callable[[Node], Described]

DIRECT = {"exp": "", "sigmoid": "log_sigmoid", "softmax": "log_softmax"}
_ALONG = ("softmax", "log-softmax")
STEPS = {"log-softmax": "log_softmax", "log-sigmoid": "log_sigmoid"}


@dataclass(eq=False)
class Read:
    """A point's arrays as sketches in a dialect; made once per formula, each part when first asked for."""

    s: Semantics
    d: Dialect
    describe: Describe

    def value(self, value: Value) -> Sketch:
        """An amount: a number, or a tree in the dialect's words."""
        return Sketch(retold(value, self.d)) if isinstance(value, Node) else Sketch(Literal(value))

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of the prediction, as given."""
        return self.describe(self.s.layout.prediction).shape

    @cached_property
    def x(self) -> Sketch:
        """The prediction, class axis last, divided by the temperature."""
        x = Sketch(retold(self.s.layout.prediction, self.d))
        axis, ndim = self.s.layout.class_axis, len(self.shape)
        if axis is not None and ndim > 1:
            x = self.d.moved(x, axis, ndim)
        if self.s.activation.support is not None:
            low = Literal(float("-inf"))
            x = self.d.call("where", self.value(self.s.activation.support), x, low)
        temperature = self.s.activation.temperature
        return x if temperature == 1.0 else x / self.value(temperature)

    def _step(self, name: str, x: Sketch) -> Sketch:
        axis = self.s.layout.softmax_axis
        if name in _ALONG:
            return self.d.call(STEPS.get(name, name), x, -1 if axis is None else axis)
        if name == "l2-normalise":
            return x / self.d.call("sqrt", self.d.reduced("sum", x**2, -1, keep=True))
        if name == "logit":
            return self.d.call("log", x / (1 - x))
        return self.d.call(STEPS.get(name, name), x)

    @cached_property
    def before(self) -> Sketch:
        """The array in front of the last activation."""
        x = self.x
        for step in self.s.activation.chain[:-1]:
            x = self._step(step, x)
        return x

    @property
    def last(self) -> str:
        """Name of the last activation, or empty."""
        return self.s.activation.chain[-1] if self.s.activation.chain else ""

    @cached_property
    def bare(self) -> Sketch:
        """p with no guard applied."""
        return self._step(self.last, self.before) if self.last else self.before

    @property
    def _guards(self) -> tuple[str, ...]:
        guard = self.s.guard
        return () if guard.recovered_logits else tuple(g for g in guard.order if g in ("clip", "renormalise"))

    @cached_property
    def p(self) -> Sketch:
        """p behind its guards."""
        p = self.bare
        for name in self._guards:
            p = self._clip(p) if name == "clip" else p / self.d.reduced("sum", p, -1, keep=True)
        return p

    def _clip(self, p: Sketch) -> Sketch:
        assert self.s.guard.clip is not None
        return self.d.clipped(p, *(_bound(b) for b in self.s.guard.clip))

    @property
    def _epsilon(self) -> Value | None:
        return None if self.s.guard.recovered_logits else self.s.guard.added_epsilon

    @property
    def _stable(self) -> bool:
        return self.s.evaluation.form == "stable" and not self._guards and self._epsilon is None

    @cached_property
    def log_p(self) -> Sketch:
        """log p behind all guards."""
        if self._stable and self.last in DIRECT:
            name = DIRECT[self.last]
            return self._clamped(self._step(name.replace("_", "-"), self.before) if name else self.before)
        return self._clamped(self.d.call("log", self._shifted(self.p)))

    @cached_property
    def log_q(self) -> Sketch:
        """log(1 − p) behind all guards."""
        if self._stable and self.last == "sigmoid":
            return self._clamped(self.d.call("log_sigmoid", -self.before))
        if self._stable:
            return self._clamped(self.d.call("log1p", -self.p))
        return self._clamped(self.d.call("log", self._shifted(1 - self.p)))

    def _shifted(self, p: Sketch) -> Sketch:
        return p if self._epsilon is None else p + self.value(self._epsilon)

    def _clamped(self, log: Sketch) -> Sketch:
        floor = None if self.s.guard.recovered_logits else self.s.guard.clamp
        return log if floor is None else self.d.at_least(log, self.value(floor))

    @cached_property
    def index(self) -> Sketch:
        """Class indices; those to be ignored replaced by 0, which every framework can look up."""
        y = self.raw
        mask = self.s.weight.mask
        if not isinstance(mask, int | float):
            return y
        return self.d.call("where", y.compared("!=", mask), y, self.d.call("zeros_like", y))

    @property
    def raw(self) -> Sketch:
        """The target as it was given."""
        return Sketch(retold(self.s.target.source, self.d))

    @property
    def indexed(self) -> bool:
        """Whether the target holds class indices and is used as such alone."""
        return self.s.target.encoding == "index" or self._ranked_index

    @property
    def _ranked_index(self) -> bool:
        fewer = len(self.describe(self.s.target.source).shape) < len(self.shape)
        return self.s.target.encoding == "ranked" and fewer

    @cached_property
    def hard(self) -> Sketch:
        """The target as one number per class, before smoothing."""
        if self.indexed:
            return self.d.one_hot(self.index, self.x)
        if self.s.target.encoding == "signed":
            return (self.raw + 1) / 2
        if self.s.target.encoding in ("dense", "log", "ranked"):
            t = self._moved(self.raw)
            return self.d.call("exp", t) if self.s.target.encoding == "log" else t
        raise Inexpressible(f"a target encoded as {self.s.target.encoding} depends on its own numbers")

    def _moved(self, t: Sketch) -> Sketch:
        axis, ndim = self.s.layout.class_axis, len(self.shape)
        same = len(self.describe(self.s.target.source).shape) == ndim
        return self.d.moved(t, axis, ndim) if axis is not None and ndim > 1 and same else t

    @cached_property
    def t(self) -> Sketch:
        """The target, smoothed and clipped."""
        if self.s.target.order is not None:
            raise Inexpressible("an order of the labels is a property of the call")
        t = self._smoothed(self.hard)
        low, high = self.s.target.range or (None, None)
        return self.d.clipped(t, *(None if b is None else self.value(b) for b in (low, high)))

    def _smoothed(self, t: Sketch) -> Sketch:
        smoothing = self.s.target.smoothing
        if smoothing is None:
            return t
        e = self.value(smoothing.amount)
        axis = self.s.layout.class_axis if self.s.layout.class_axis is not None else -1
        classes = smoothing.classes or float(self.shape[axis] if self.shape else 1)
        match smoothing.kind:
            case "uniform":
                return t * (1 - e) + e / classes
            case "binary":
                return t * (1 - e) + e / 2
            case "others":
                return t * (1 - e) + (1 - t) * (e / (classes - 1))
            case _:
                return t * (1 - e / classes) + e / classes

    @cached_property
    def sign(self) -> Sketch:
        """The target as a sign."""
        plain = self.s.target.smoothing is None and self.s.target.range is None
        return self._moved(self.raw) if self.s.target.encoding == "signed" and plain else self.t * 2 - 1

    @cached_property
    def error(self) -> Sketch:
        """p − t, and what is added to it."""
        added = dict(self.s.term.parameters).get("epsilon")
        return self.p - self.t if added is None else self.p - self.t + self.value(added)


def _bound(bound: float | str | None) -> Operand | None:
    if isinstance(bound, str) and bound.startswith("1-epsilon:"):
        return 1 - Sketch(Literal(float(bound.removeprefix("1-epsilon:"))))
    return (
        None
        if bound is None
        else bound_of(bound, "float32")
        if isinstance(bound, str) and "machine" in bound
        else _number(bound)
    )


def _number(bound: float | str) -> float:
    return float(bound.removeprefix("epsilon:")) if isinstance(bound, str) else float(bound)
