"""Negative log-likelihoods other than of classes: counts, normals, signs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives
from harness.reference.reading import LINEAR
from harness.reference.setting import Family, Setting, error_of, sign_of

if TYPE_CHECKING:
    from harness.reference.tape import Tensor


def _poisson(s: Setting) -> Tensor:
    loss = s.reading.p() - s.t * s.reading.log_p()
    return loss + _stirling(s.t) if s.number("full", 0.0) else loss


def _stirling(t: Tensor) -> Tensor:
    """log t! ≈ t log t − t + ½ log 2πt where t > 1, and 0 for the others, where it is no approximation."""
    large = t.mid > 1
    safe = t.where(large, 1.0)
    return (safe * safe.log() - safe + (safe * (2.0 * math.pi)).log() * 0.5).where(large, 0.0)


def _gaussian_nll(s: Setting) -> Tensor:
    variance = _floored_variance(s)
    error = error_of(s)
    full = math.log(2.0 * math.pi) if s.number("full", 0.0) else 0.0
    return (variance.log() + error * error / variance + full) * 0.5


def _gaussian_kl(s: Setting) -> Tensor:
    """KL(N(x, v) ‖ N(0, 1)) of each element."""
    variance, mean = s.parameter("variance", 1.0), s.reading.p()
    return (variance + mean * mean - 1.0 - variance.log()) * 0.5


def _floored_variance(s: Setting) -> Tensor:
    variance, floor = s.parameter("variance", 1.0), s.parameter("floor", 0.0)
    floored = variance.maximum(floor, 1.0)
    if s.semantics.gradient.clip != "through":
        return floored
    return variance.weighted_slope(floored.data, np.ones(variance.shape))


def _logistic(s: Setting) -> Tensor:
    """log(1 + e^−sx) of the score x: the two-sided cross-entropy of σ(x) where s is ±1, and another loss elsewhere."""
    z = -(sign_of(s) * s.reading.score())
    form = s.semantics.evaluation.form
    return z.exp().log1p() if form == "naive" else primitives.softplus(z, LINEAR if form != "stable" else math.inf)


LIKELIHOODS: dict[str, Family] = {
    "poisson": Family(_poisson, r"p-t\log p"),
    "gaussian-kl": Family(_gaussian_kl, r"\tfrac12(v+p^2-1-\log v)"),
    "gaussian-nll": Family(_gaussian_nll, r"\tfrac12(\log v+(p-t)^2/v)"),
    "logistic": Family(_logistic, r"\log(1+e^{-sx})"),
}
