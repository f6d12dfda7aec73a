"""Stages `modulation` and `weight`: what multiplies a term, elementwise or per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.reference.reading import Reading
    from harness.reference.tape import Tensor
    from harness.semantics import Semantics


def modulate(semantics: Semantics, term: Tensor, t: Tensor, reading: Reading, values: Mapping[str, Tensor]) -> Tensor:
    """`term` times (1 − p_t)^γ plus ε t(1 − p); p is the prediction before any guard, unless the guard says otherwise.

    Args:
        semantics: The point.
        term: Elementwise term, shape of the prediction.
        t: Target, same shape.
        reading: The prediction.
        values: "focal" and "poly" as tensors where they are chosen.

    Returns:
        Same shape as `term`.
    """
    if "focal" in values:
        exponent = float(values["focal"].mid)
        term = _power(_difficulty(semantics, t, reading), exponent) * term
    if "poly" in values:
        term = term + values["poly"] * t * (1.0 - reading.bare())
    return term


def _difficulty(semantics: Semantics, t: Tensor, reading: Reading) -> Tensor:
    guarded = reading.guard.renormalise or "modulation" in reading.guard.order
    p = reading.p() if guarded else reading.bare()
    complement = primitives.sigmoid(-reading.before) if reading.last == "sigmoid" and not guarded else 1.0 - p
    if semantics.term.sides == "one":
        return complement
    # Written as 1 − (tp + (1 − t)(1 − p)) it has the rounding of numbers near 1.
    return (t * complement + (1.0 - t) * p).widen(np.full(p.shape, 4.0))


def _power(base: Tensor, exponent: float) -> Tensor:
    return base * base if exponent == 2.0 else base**exponent  # noqa: PLR2004


def balance(t: Tensor, alpha: Tensor) -> Tensor:
    """αt + (1 − α)(1 − t)."""
    return t * alpha + (1.0 - t) * (1.0 - alpha)


def class_of_target(t: Tensor, weights: Tensor) -> Tensor:
    """Σ_c w_c t_c: the weight of each sample's own class; shape of `t` without its last axis."""
    return (t * weights).sum(-1)


def z_loss(reading: Reading, coefficient: Tensor) -> Tensor:
    """c · logsumexp(x)² over the classes; shape of the prediction without its last axis."""
    normaliser = primitives.logsumexp(reading.before, reading.axis)
    return coefficient * normaliser * normaliser


def kept(mask: object, shape: tuple[int, ...]) -> np.ndarray:
    """A boolean mask broadcast to `shape`, trailing axes added where it has fewer."""
    array = np.asarray(mask, bool)
    while array.ndim < len(shape) and array.shape != shape[-array.ndim :]:
        array = array[..., None]
    return np.broadcast_to(array, shape)
