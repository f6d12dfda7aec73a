"""Distributions of torch, made and asked in one expression, and the densities of SciPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference import primitives
from harness.reference.creation import limits_of
from harness.reference.operation import Operation, Value, integers, on_floats, operation, tensor_of
from harness.reference.structural import take_along
from harness.reference.tape import Tensor

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution by its parameters: location and scale, or logits and probabilities."""

    kind: str
    first: Tensor
    second: Tensor


def _density(x: Tensor, mean: Value, deviation: Value) -> Tensor:
    """−(x − μ)²/2σ² − log σ − ½ log 2π, the square taken before or after the division."""
    scale = tensor_of(x, deviation)
    gap = x - tensor_of(x, mean)
    return -(gap * gap) / (scale * scale * 2.0) - scale.log() - HALF_LOG_TAU


def _normal(loc: Value, scale: Value, template: Tensor, validate_args: Value = None) -> Distribution:
    del validate_args
    return Distribution("normal", tensor_of(template, loc), tensor_of(template, scale))


def _categorical(
    probs: Value = None, logits: Value = None, validate_args: Value = None, *, template: Tensor, working: str
) -> Distribution:
    """Probabilities are divided by their sum and kept an epsilon away from 0 and 1 before a logarithm is taken."""
    del validate_args
    if logits is not None:
        return _of_logits(tensor_of(template, logits))
    p = tensor_of(template, probs)
    p = p / p.sum(-1, keepdims=True)
    return Distribution("categorical", _inside(p, working).log(), p)


def _of_logits(logits: Tensor) -> Distribution:
    own = logits - primitives.logsumexp(logits, -1, keepdims=True)
    return Distribution("categorical", own, primitives.softmax(own))


def _bernoulli(
    probs: Value = None, logits: Value = None, validate_args: Value = None, *, template: Tensor, working: str
) -> Distribution:
    del validate_args
    if logits is not None:
        x = tensor_of(template, logits)
        return Distribution("bernoulli", x, primitives.sigmoid(x))
    p = tensor_of(template, probs)
    safe = _inside(p, working)
    return Distribution("bernoulli", safe.log() - (-safe).log1p(), p)


def _inside(p: Tensor, dtype: str) -> Tensor:
    eps = limits_of(dtype).eps
    return p.maximum(eps, 1.0).minimum(1.0 - eps, 1.0)


def _two_outcomes(logits: Tensor, t: Value) -> Tensor:
    """−t log σ(x) − (1 − t) log σ(−x)."""
    target = tensor_of(logits, t)
    return -(target * primitives.log_sigmoid(logits)) - (1.0 - target) * primitives.log_sigmoid(-logits)


def _of_label(d: Distribution, label: Value) -> Tensor:
    at = integers(label)
    shape = np.broadcast_shapes(at.shape, d.first.shape[:-1])
    rows = d.first.broadcast_to((*shape, d.first.shape[-1]))
    return take_along(rows, np.broadcast_to(at, shape)[..., None], -1).reshape(shape)  # type: ignore[no-any-return]


_LOG_PROB: dict[str, Callable[[Distribution, Value], Tensor]] = {
    "normal": lambda d, y: _density(tensor_of(d.first, y), d.first, d.second),
    "categorical": _of_label,
    "bernoulli": lambda d, y: -_two_outcomes(d.first, y),
}
_ENTROPY: dict[str, Callable[[Distribution], Tensor]] = {
    "normal": lambda d: d.second.log() + (0.5 + HALF_LOG_TAU),
    "categorical": lambda d: -(d.first * d.second).sum(-1),
    "bernoulli": lambda d: _two_outcomes(d.first, d.second),
}


def _kl_of_normals(p: Distribution, q: Distribution) -> Tensor:
    """½(r + ((μ₁ − μ₂)/σ₂)² − 1 − log r) with r = (σ₁/σ₂)²."""
    ratio, gap = p.second / q.second, (p.first - q.first) / q.second
    return (ratio * ratio + gap * gap - 1.0 - (ratio * ratio).log()) * 0.5


def _kl_of_categories(p: Distribution, q: Distribution) -> Tensor:
    return (p.second * (p.first - q.first)).sum(-1)


def _kl_of_bernoullis(p: Distribution, q: Distribution) -> Tensor:
    there = p.second * (primitives.softplus(-q.first) - primitives.softplus(-p.first))
    return there + (1.0 - p.second) * (primitives.softplus(q.first) - primitives.softplus(p.first))


_KL: dict[str, Callable[[Distribution, Distribution], Tensor]] = {
    "normal": _kl_of_normals,
    "categorical": _kl_of_categories,
    "bernoulli": _kl_of_bernoullis,
}


def _divergence(p: Distribution, q: Distribution) -> Tensor:
    if p.kind != q.kind:
        raise CaseError("not-interpretable", f"the divergence of {p.kind} from {q.kind} has no reading here")
    return _KL[p.kind](p, q)


def _logpdf(x: Tensor, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
    return _density(x, loc, scale)


DISTRIBUTIONS_OF: dict[str, Operation] = {
    "torch.distributions.Normal": operation(_normal, "loc", "scale", "validate_args", "template"),
    "torch.distributions.Categorical": operation(
        _categorical, "probs", "logits", "validate_args", "template", "working"
    ),
    "torch.distributions.Bernoulli": operation(_bernoulli, "probs", "logits", "validate_args", "template", "working"),
    "torch.distributions.kl_divergence": operation(_divergence, "p", "q"),
    "torch.Tensor.log_prob": operation(lambda d, y: _LOG_PROB[d.kind](d, y), "d", "y"),
    "torch.Tensor.entropy": operation(lambda d: _ENTROPY[d.kind](d), "d"),
    **dict.fromkeys(
        ("scipy.stats.norm.logpdf", "jax.scipy.stats.norm.logpdf"), on_floats(_logpdf, "x", "loc", "scale")
    ),
}
