"""The reference: any point of the space, on any inputs, in any arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference import weights
from harness.reference.arithmetic import Arithmetic, quantise
from harness.reference.backward import gradient
from harness.reference.constants import arithmetic_of
from harness.reference.interpret import Loss, Scope, interpret
from harness.reference.reading import ACTIVATIONS, Reading
from harness.reference.reduction import Contributions, reduce_batch, reduce_classes, rooted
from harness.reference.setting import Setting
from harness.reference.setup import Setup
from harness.reference.tape import TIES, Tensor
from harness.reference.target import Decoded, decode
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics
from harness.syntax import Literal


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Value and gradient as arrays of the arithmetic that was asked for; the gradient is None if none was asked for."""

    value: Any
    gradient: Any


def inputs_as(inputs: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """Float inputs rounded to `dtype`, integer ones as they are: what a framework is given."""
    return {name: quantise(a, dtype) if a.dtype.kind == "f" else a for name, a in inputs.items()}


class Evaluator:
    """Points one after another on the same inputs: terms that several of them have in common are computed once.

    Args:
        inputs: float64 arrays (already rounded to `dtype`) or integer arrays, by name.
        arith: Plain, Rounded or Certified.
        dtype: The dtype whose epsilon and constants apply.
        wrt: Name of the input to differentiate with respect to, or None.
        loss: Evaluates losses inside role trees, if there may be any.
    """

    def __init__(
        self, inputs: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None, loss: Loss | None = None
    ) -> None:
        self.known: dict[Semantics, Evaluated] = {}
        self.leaf = Tensor(arith, arith.lift(np.asarray(inputs[wrt], np.float64)), needs=True) if wrt else None
        template = Tensor(arith, arith.lift(np.zeros(())))
        self.setup = Setup(Scope(_scope_inputs(inputs, self.leaf, wrt, template), template, loss), dtype)

    def __call__(self, semantics: Semantics) -> Evaluated:
        """The loss that `semantics` names, and d(its sum)/d(input `wrt`).

        Raises:
            CaseError: `wrong-shape` or `not-interpretable`.
        """
        known = self.known.get(semantics)
        if known is None:
            with np.errstate(all="ignore"):
                out = point(semantics, self.setup)
                known = Evaluated(out.data, None if self.leaf is None else gradient(out, self.leaf))
            self.known[semantics] = known
        return known


def evaluate(
    semantics: Semantics, inputs: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None
) -> Evaluated:
    """One point on its own: see Evaluator."""
    return Evaluator(inputs, arith, dtype, wrt)(semantics)


def _scope_inputs(
    inputs: Mapping[str, np.ndarray], leaf: Tensor | None, wrt: str | None, template: Tensor
) -> dict[str, Any]:
    values: dict[str, Any] = {n: template.of(a) if a.dtype.kind == "f" else a for n, a in inputs.items()}
    if leaf is not None and wrt is not None:
        values[wrt] = leaf
    return values


def point(semantics: Semantics, setup: Setup) -> Tensor:
    """`semantics` and everything added to it, as a tensor."""
    if semantics.precision.input is not None:
        setup = _at_precision(setup, semantics.precision.input)
    total = _single(semantics, setup)
    for other in semantics.plus:
        total = total + point(other, setup)
    return total


def _at_precision(setup: Setup, dtype: str) -> Setup:
    """The arguments rounded to `dtype`, and everything after that computed in it."""
    return replace(setup, dtype=dtype, narrow=arithmetic_of(setup.scope.template.arith, dtype))


@dataclass(frozen=True, slots=True)
class _Termed:
    """What the stages up to the reduction come to: the term, and what the reduction needs of them."""

    term: Tensor
    decoded: Decoded
    reading: Reading
    samples: int


def _single(semantics: Semantics, setup: Setup) -> Tensor:
    s = semantics
    upstream = (
        s.layout, s.target, s.activation, s.guard, s.term, s.modulation, s.weight.positive, s.weight.mask,
        s.evaluation, s.gradient, setup.dtype, setup.narrow is None,
    )  # fmt: skip
    termed = setup.terms.get(upstream)
    if termed is None:
        termed = setup.terms[upstream] = _termed(semantics, setup)
    reduced = _reduce(semantics, setup, termed)
    return _scaled(semantics, reduced, setup)


def _termed(semantics: Semantics, setup: Setup) -> _Termed:
    x = _prediction(semantics, setup)
    samples = x.shape[0] if x.ndim else 1
    decoded = _target(semantics, setup, x)
    reading = _reading(semantics, x, setup)
    t = decoded.t
    if FAMILIES[semantics.term.family].shape == "elementwise" and semantics.layout.broadcast == "expanded":
        shape = np.broadcast_shapes(x.shape, t.shape)
        x, t = x.broadcast_to(shape), t.broadcast_to(shape)
        reading = _reading(semantics, x, setup)
    elif t.shape != x.shape and t.ndim and x.ndim:
        t = _aligned(t, x)
        decoded = replace(decoded, t=t, hard=_aligned(decoded.hard, x))
    setting = _setting(semantics, setup, decoded, t, reading)
    term = FAMILIES[semantics.term.family].function(setting)
    chosen = (("focal", semantics.modulation.focal), ("poly", semantics.modulation.poly))
    modulation = {name: setup.number(value) for name, value in chosen if value is not None}
    return _Termed(weights.modulate(semantics, term, t, reading, modulation), decoded, reading, samples)


def _setting(semantics: Semantics, setup: Setup, decoded: Decoded, t: Tensor, reading: Reading) -> Setting:
    parameters = {name: setup.number(value) for name, value in semantics.term.parameters}
    if semantics.weight.positive is not None:
        parameters["positive"] = setup.number(semantics.weight.positive)
    log_t = None if decoded.log is None else _aligned(decoded.log, t)
    return Setting(semantics, t, reading, parameters, {**TIES, **dict(semantics.gradient.tie)}, log_t)


def _aligned(t: Tensor, x: Tensor) -> Tensor:
    if math.prod(t.shape) == math.prod(x.shape):
        return t.reshape(x.shape)
    try:
        return (
            t.broadcast_to(np.broadcast_shapes(t.shape, x.shape))
            if np.broadcast_shapes(t.shape, x.shape) == x.shape
            else t
        )
    except ValueError:
        raise CaseError(
            "wrong-shape", f"a target of shape {t.shape} does not fit a prediction of shape {x.shape}"
        ) from None


def _prediction(semantics: Semantics, setup: Setup) -> Tensor:
    x = setup.lift(setup.argument(semantics.layout.prediction))
    if semantics.activation.support is not None:
        live = np.asarray(_plain(interpret(semantics.activation.support, setup.scope))).astype(bool)  # type: ignore[arg-type]
        x = x.where(np.broadcast_to(live, x.shape), -math.inf)
    axis = semantics.layout.class_axis
    if axis is not None and x.ndim > 1:
        x = x.moveaxis(axis, -1)
    elif x.ndim == 0:
        x = x.reshape((1,)) if axis is not None else x
    temperature = semantics.activation.temperature
    return x if temperature == 1.0 else x / setup.number(temperature)


def _target(semantics: Semantics, setup: Setup, x: Tensor) -> Decoded:
    target = semantics.target
    source = setup.argument(target.source)
    axis = semantics.layout.class_axis
    if target.encoding != "index" and axis is not None and np.ndim(_plain(source)) == x.ndim and x.ndim > 1:
        source = setup.lift(source).moveaxis(axis, -1)
    amounts = {} if target.smoothing is None else {"smoothing": setup.number(target.smoothing.amount)}
    for name, bound in zip(("low", "high"), target.range or (None, None), strict=True):
        if bound is not None:
            amounts[name] = setup.number(bound)
    mask = semantics.weight.mask
    ignored = float(mask) if isinstance(mask, int | float) else mask.value if isinstance(mask, Literal) else None
    return decode(target, source, x, amounts, ignored)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    return value.mid if isinstance(value, Tensor) else value


def _reading(semantics: Semantics, x: Tensor, setup: Setup) -> Reading:
    axis = -1 if semantics.layout.softmax_axis is None or x.ndim < 2 else semantics.layout.softmax_axis  # noqa: PLR2004
    chain = semantics.activation.chain
    for step in chain[:-1]:
        x = ACTIVATIONS[step](x, axis)
    form = semantics.evaluation.form
    return Reading(x, chain[-1] if chain else "", axis, semantics.guard, semantics.gradient, setup.dtype, form)


def _reduce(semantics: Semantics, setup: Setup, termed: _Termed) -> Tensor:
    term, decoded = termed.term, termed.decoded
    family, weight = FAMILIES[semantics.term.family], semantics.weight
    number = setup.number
    coupled = family.shape == "coupled"
    if weight.balance is not None and family.shape == "elementwise":
        term = weights.balance(decoded.t, number(weight.balance)) * term
    if weight.klass is not None and weight.klass_in == "terms" and not coupled:
        term = term * number(weight.klass)
    flat = semantics.reduction.classes in ("flat", "none")
    loss = term if coupled else reduce_classes(semantics.reduction, term)
    if semantics.precision.accumulation is not None:
        loss = loss.cast(arithmetic_of(loss.arith, semantics.precision.accumulation))
    if semantics.reduction.root == "each":
        loss = _rooted(semantics, loss, setup)
    if semantics.modulation.z_loss is not None:
        loss = loss + weights.z_loss(termed.reading, number(semantics.modulation.z_loss))
    weight_total, raw = None, None
    if (
        weight.klass is not None
        and (weight.klass_in == "target" or semantics.reduction.denominator == "weights")
        and not flat
    ):
        weight_total = weights.class_of_target(decoded.hard, number(weight.klass))
        if weight.klass_in == "target":
            loss = loss * weight_total
    if weight.sample is not None:
        raw = number(weight.sample)
        if semantics.precision.accumulation is not None:
            raw = raw.cast(loss.arith)
        crossed = semantics.layout.broadcast == "expanded" and semantics.target.encoding == "index"
        loss, weight_total = _sample_weighted(loss, raw, weight_total, crossed=crossed)
    kept = _kept(semantics, setup, decoded, loss.shape)
    if kept is not None:
        loss = loss.where(kept, 0.0)
        weight_total = None if weight_total is None else weight_total.where(kept, 0.0)
    if decoded.bad is not None and decoded.bad.shape == loss.shape:
        loss = loss.where(~decoded.bad, math.nan)
    reduced = reduce_batch(semantics.reduction, Contributions(loss, weight_total, raw, kept, termed.samples))
    reduced = _rooted(semantics, reduced, setup) if semantics.reduction.root == "whole" else reduced
    return reduced if semantics.precision.accumulation is None else reduced.cast(term.arith)


def _rooted(semantics: Semantics, loss: Tensor, setup: Setup) -> Tensor:
    added = dict(semantics.term.parameters).get("under_root")
    tie = dict(semantics.gradient.tie).get("norm", TIES["norm"])
    return rooted(loss, None if added is None else setup.number(added), tie)


def _sample_weighted(loss: Tensor, sample: Tensor, before: Tensor | None, *, crossed: bool) -> tuple[Tensor, Tensor]:
    """Weighted losses, and their weights; `crossed`: a column of weights meets every loss of a row."""
    if not crossed and sample.ndim > loss.ndim and math.prod(sample.shape) == math.prod(loss.shape):
        loss = loss.reshape(sample.shape)
        before = before if before is None else before.reshape(sample.shape)
    loss = loss * sample
    wide = sample.broadcast_to(loss.shape)
    return loss, wide if before is None else before * wide


def _kept(semantics: Semantics, setup: Setup, decoded: Decoded, shape: tuple[int, ...]) -> np.ndarray | None:
    if decoded.kept is not None:
        return weights.kept(decoded.kept, shape)
    mask = semantics.weight.mask
    if mask is None or isinstance(mask, int | float | Literal):
        return None
    return weights.kept(_plain(interpret(mask, setup.scope)), shape)


def _scaled(semantics: Semantics, loss: Tensor, setup: Setup) -> Tensor:
    scale = semantics.scale
    if scale.constant != 1.0:
        loss = loss * setup.number(scale.constant)
    if scale.sign < 0:
        loss = -loss
    if scale.log_base:
        loss = loss / math.log(scale.log_base)
    return loss if scale.offset == 0.0 else loss + setup.number(scale.offset)
