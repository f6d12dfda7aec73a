"""Terms −t log p and what is made of them: cross-entropy, divergences, entropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.reference import primitives
from harness.reference.formats import quantise
from harness.reference.setting import Family, Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.reference.arithmetic import Mask
    from harness.reference.tape import Tensor


def _cross_entropy(s: Setting) -> Tensor:
    if s.semantics.term.direction == "reverse":
        return -(s.reading.p() * _log_target(s))
    if s.semantics.gradient.closed_form == "normalised-target":
        return _softmax_minus_target(s)
    # An index picks its class and leaves the others alone, whatever they are; a product with 0 does not.
    picked = s.semantics.target.encoding in ("index", "ranked") or bool(s.number("zero_target", 0.0))
    loss = _counted(s, s.t, s.reading.log_p) if picked else -(s.t * s.reading.log_p())
    if s.semantics.term.sides == "one":
        return loss
    positive = _positive_weight(s)
    other = _counted(s, 1.0 - s.t, s.reading.log_q) if picked else -((1.0 - s.t) * s.reading.log_q())
    loss = (positive * loss if positive is not None else loss) + other
    if positive is not None and s.reading.last == "sigmoid":
        loss = loss + _positive_slack(s, positive)
    return _floored_slope(s, loss) if s.semantics.gradient.clip == "floored" else loss


def _counted(s: Setting, weight: Tensor, log: Callable[[Mask | None], Tensor]) -> Tensor:
    """−weight · log, and 0 where the weight is 0, even of log 0: picked by an index, by xlogy or by a condition.

    Where the logarithm was taken of all before some were picked, the slope of those that were not is 0/0 at 0, and nan;
    the tie ("log", 0) says that it was not.
    """
    mass = weight.mid != 0
    taken = mass if dict(s.semantics.gradient.tie).get("log") == 0.0 else None
    return (-(weight * log(taken))).where(mass, 0.0)


def _positive_weight(s: Setting) -> Tensor | None:
    return s.parameters.get("positive")


def _positive_slack(s: Setting, weight: Tensor) -> Tensor:
    """What (1 − t)x + l·softplus(−x), l = 1 + (w − 1)t, and its derivative (wt + 1 − t)σ(x) − wt may lose.

    Where l is formed, w and 1 are rounded before they cancel. With s = softplus(−x), in units of u:
    the value 2(1 − t)|x| + (|l| + 2|w − 1|t)s + 2ls, the derivative (2wt + 1 + l)σ + 5lσ + wt.
    """
    x, t, w = s.reading.before.mid, s.t.mid, np.abs(weight.mid)
    balance, softplus = np.abs(1.0 - t) + w * np.abs(t), np.logaddexp(0.0, -x)
    value = 2.0 * np.abs((1.0 - t) * x) + (3.0 * balance + 2.0 * np.abs((w - 1.0) * t)) * softplus
    slope = (2.0 * w * np.abs(t) + 1.0 + 6.0 * balance) * np.exp(-softplus) + w * np.abs(t)
    return primitives.slack(s.reading.before, value, slope)


def _log_target(s: Setting) -> Tensor:
    if s.log_t is not None:
        return s.log_t
    zero = s.t.mid == 0
    floor = s.number("log_zero", -math.inf)
    return s.t.where(~zero, 1.0).log().where(~zero, floor)


def _softmax_minus_target(s: Setting) -> Tensor:
    """Σ −t log p with the derivative softmax − t, which is right only where Σt = 1 (TensorFlow's kernel)."""
    value = -(s.t.constant() * s.reading.log_p().constant())
    ar = value.arith

    def back(g: Any) -> Any:
        # Each element's own upstream gradient is the sample's: the kernel sees the sum over classes only.
        slope = primitives.softmax(s.reading.before.constant(), s.reading.axis) - s.t.constant()
        return ar.mul(g, slope.data)

    return type(value)(ar, value.data, ((s.reading.before, back),))


def _floored_slope(s: Setting, loss: Tensor) -> Tensor:
    """The value of `loss` with torch BCELoss's derivative (p − t) / max(p(1 − p), 1e−12).

    The 1e−12 is a float32, and then a number of the dtype: 0 in float16.
    """
    p = s.reading.bare()
    ar = loss.arith

    def back(g: Any) -> Any:
        still, t = p.constant(), s.t.constant()
        floor = float(quantise(quantise(np.asarray(1e-12), "float32"), s.reading.dtype))
        return ar.mul(g, ((still - t) / ((1.0 - still) * still).maximum(floor)).data)

    return type(loss)(ar, loss.data, ((p, back),))


def _kl(s: Setting) -> Tensor:
    if s.semantics.term.direction == "reverse":
        p = s.reading.p()
        gap = (s.reading.log_p() - _log_target(s)) * p
        return gap.where(p.mid != 0, 0.0) if s.number("zero_target", 0.0) else gap
    if s.log_t is not None:
        return s.t * (s.log_t - s.reading.log_p())
    picked = bool(s.number("zero_target", 0.0))
    cross = _counted(s, s.t, s.reading.log_p) if picked else -(s.t * s.reading.log_p())
    # "log_zero": 0 · log 0 as it is written, which is nan where log 0 is taken as −∞.
    if s.number("epsilon_on_target", 0.0) and s.reading.guard.added_epsilon is not None:
        # t log((t + ε)/(p + ε)): the target's logarithm is kept from −∞ as the prediction's is.
        shifted = s.reading.shifted(s.t)
        both = 5.0 * np.abs(s.t.mid) * (np.abs(shifted.log().mid) + np.abs(s.reading.log_p().mid))
        return (s.t * shifted.log() + cross).widen(np.where(np.isfinite(both), both, 0.0))
    kl = (s.t * _log_target(s) if "log_zero" in s.parameters else _self_information(s)) + cross
    if s.semantics.term.sides == "one":
        # Of a ratio there is one logarithm, and no place for what guards that of p alone.
        guarded = s.reading.guard.clamp is not None or s.reading.guard.added_epsilon is not None
        return kl if s.reading.last or s.semantics.term.parameters or guarded else _kl_of_ratio(s)
    return kl + primitives.xlogy(1.0 - s.t, 1.0 - s.t) - (1.0 - s.t) * s.reading.log_q()


def _kl_of_ratio(s: Setting) -> Tensor:
    """t log(t / p), widened to t log t − t log p, for probabilities that are given as such."""
    mass = s.t.mid != 0
    log_p, log_t = s.reading.log_p().mid, _log_target(s).where(mass, 0.0).mid
    units = np.where(np.isfinite(log_p), 5.0 * np.abs(s.t.mid) * (np.abs(log_p) + np.abs(log_t)), 0.0)
    ratio = s.t.where(mass, 1.0) / s.reading.p()
    loss = (s.t * ratio.log()).where(mass, 0.0)
    return loss.where(np.isfinite(loss.mid), s.t * (log_t - log_p)).widen(units)


def _self_information(s: Setting) -> Tensor:
    """t log t, 0 at t = 0, with the slope that the framework gives it there: of the formula it would be −∞."""
    zero = s.t.mid == 0
    at_zero = s.t.weighted_slope(s.t.of(np.zeros(s.t.shape)).data, np.where(zero, s.ties["xlogy"], 0.0))
    return primitives.xlogy(s.t, s.t).where(~zero, at_zero) if s.t.needs else primitives.xlogy(s.t, s.t)


def _generalised_kl(s: Setting) -> Tensor:
    return _kl(s) + s.reading.p() - s.t


def _entropy(s: Setting) -> Tensor:
    if s.semantics.term.direction == "reverse":
        return -primitives.xlogy(s.t, s.t)
    p = s.reading.p()
    return -primitives.xlogy(p, p) if not s.reading.last else -(p * s.reading.log_p())


ENTROPIES: dict[str, Family] = {
    "cross-entropy": Family(_cross_entropy, r"-t\log p"),
    "kl": Family(_kl, r"t(\log t-\log p)"),
    "generalised-kl": Family(_generalised_kl, r"t(\log t-\log p)+p-t"),
    "entropy": Family(_entropy, r"-p\log p"),
}
