"""Stage `term`: what is summed. One function per family, elementwise unless it says otherwise.

In every formula t is the target, p the reading of the prediction, x the score in front of the last activation, and
s = 2t − 1 the target as a sign. A term has the shape of the prediction; a *coupled* term has consumed the class axis;
a *ratio* has consumed everything it sums over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives
from harness.reference.arithmetic import quantise

if TYPE_CHECKING:
    from harness.reference.reading import Reading
    from harness.reference.tape import Tensor
    from harness.semantics import Semantics


@dataclass(frozen=True, slots=True)
class Setting:
    """What a term may use: target t, reading, its parameters as tensors, and the tie rules of the framework.

    `log_t` is log t where the target was given as that.
    """

    semantics: Semantics
    t: Tensor
    reading: Reading
    parameters: Mapping[str, Tensor]
    ties: Mapping[str, float]
    log_t: Tensor | None = None

    def parameter(self, name: str, default: float) -> Tensor:
        """A parameter as a tensor, or its default."""
        return self.parameters.get(name, self.t.of(default))

    def number(self, name: str, default: float) -> float:
        """A parameter as a plain number, for exponents and branches."""
        return float(self.parameters[name].mid) if name in self.parameters else default


@dataclass(frozen=True, slots=True)
class Family:
    """A family of terms: its function, its formula in LaTeX, and what is left of the axes."""

    function: Callable[[Setting], Tensor]
    formula: str
    shape: str = "elementwise"


def _cross_entropy(s: Setting) -> Tensor:
    if s.semantics.term.direction == "reverse":
        return -(s.reading.p() * _log_target(s))
    if s.semantics.gradient.closed_form == "normalised-target":
        return _softmax_minus_target(s)
    # An index picks its class and leaves the others alone, whatever they are; a product with 0 does not.
    picked = s.semantics.target.encoding in ("index", "ranked") or bool(s.number("zero_target", 0.0))
    loss = _safe_product(s) if picked else -(s.t * s.reading.log_p())
    if s.semantics.term.sides == "one":
        return loss
    positive = _positive_weight(s)
    loss = (positive * loss if positive is not None else loss) - (1.0 - s.t) * s.reading.log_q()
    if positive is not None and s.reading.last == "sigmoid":
        loss = loss + _positive_slack(s, positive)
    return _floored_slope(s, loss) if s.semantics.gradient.clip == "floored" else loss


def _safe_product(s: Setting) -> Tensor:
    # xlogy on the target: a class without target mass adds nothing, even where log p is −∞ ("zero_target": 1).
    log_p = s.reading.log_p()
    return (-(s.t * log_p)).where(s.t.mid != 0, 0.0)


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
    slope = primitives.softmax(s.reading.before.constant(), s.reading.axis) - s.t.constant()
    ar = value.arith
    # Each element's own upstream gradient is the sample's: the kernel sees the sum over classes only.
    return type(value)(ar, value.data, ((s.reading.before, lambda g: ar.mul(g, slope.data)),))


def _floored_slope(s: Setting, loss: Tensor) -> Tensor:
    """The value of `loss` with torch BCELoss's derivative (p − t) / max(p(1 − p), 1e−12).

    The 1e−12 is a float32, and then a number of the dtype: 0 in float16.
    """
    p = s.reading.bare()
    still = p.constant()
    floor = float(quantise(quantise(np.asarray(1e-12), "float32"), s.reading.dtype))
    slope = (still - s.t) / ((1.0 - still) * still).maximum(floor)
    ar = loss.arith
    return type(loss)(ar, loss.data, ((p, lambda g: ar.mul(g, slope.data)),))


def _kl(s: Setting) -> Tensor:
    if s.semantics.term.direction == "reverse":
        p = s.reading.p()
        gap = (s.reading.log_p() - _log_target(s)) * p
        return gap.where(p.mid != 0, 0.0) if s.number("zero_target", 0.0) else gap
    if s.log_t is not None:
        return s.t * (s.log_t - s.reading.log_p())
    cross = _safe_product(s) if s.number("zero_target", 0.0) else -(s.t * s.reading.log_p())
    # "log_zero": 0 · log 0 as it is written, which is nan where log 0 is taken as −∞.
    kl = (s.t * _log_target(s) if "log_zero" in s.parameters else _self_information(s)) + cross
    if s.semantics.term.sides == "one":
        return kl if s.reading.last or s.semantics.term.parameters else _kl_of_ratio(s)
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


def _error(s: Setting) -> Tensor:
    return s.reading.p() - s.t


def _squared(s: Setting) -> Tensor:
    error = _error(s)
    return error * error


def _absolute(s: Setting) -> Tensor:
    return _error(s).abs(s.ties["abs"])


def _huber(s: Setting) -> Tensor:
    error, delta = _error(s), s.parameter("delta", 1.0)
    size = error.abs(s.ties["abs"])
    loss = (error * error * 0.5).where(size.mid <= delta.mid, delta * (size - delta * 0.5))
    # Libraries write δ|e| − δ²/2, or q²/2 + δ(|e| − q) for q = min(|e|, δ), whose slope is δ − δ + q.
    bend, outside = np.abs(delta.mid), size.mid > delta.mid
    return loss + primitives.slack(error, np.where(outside, 2.0 * bend * size.mid, 0.0), 3.0 * bend * np.ones(size.shape))


def _smooth_l1(s: Setting) -> Tensor:
    error, beta = _error(s), s.parameter("beta", 1.0)
    size = error.abs(s.ties["abs"])
    if float(np.max(beta.mid)) == 0.0:
        return size
    return (error * error * 0.5 / beta).where(size.mid < beta.mid, size - beta * 0.5)


def _log_cosh(s: Setting) -> Tensor:
    error = _error(s)
    loss = error + primitives.softplus(error * -2.0) - s.number("log_two", math.log(2.0))
    # As log(e^x + e^−x) its derivative is a difference of e^(±x − loss), whose exponents are as inexact as x.
    size = np.abs(error.mid)
    return loss + primitives.slack(error, size, 2.0 * size + 5.0)


def _quantile(s: Setting) -> Tensor:
    error, q = s.t - s.reading.p(), s.parameter("quantile", 0.5)
    return (error * q).maximum(error * (q - 1.0), s.ties["max"])


def _squared_log(s: Setting) -> Tensor:
    floor = s.number("floor", -math.inf)
    p, t = s.reading.p(), s.t
    if floor > -math.inf:
        p, t = p.maximum(floor, 1.0), t.maximum(floor, 1.0)
    # Where 1 + p is formed before its logarithm is taken, its rounding is one unit of the logarithm.
    error = (p.log1p() - t.log1p()).widen(np.full(p.shape, 2.0))
    return error * error


def _absolute_percentage(s: Setting) -> Tensor:
    size = s.t.abs()
    return _absolute(s) / (size.maximum(s.parameters["floor"]) if "floor" in s.parameters else size)


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
    error = _error(s)
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
    z = -(_sign(s) * s.reading.score())
    return primitives.softplus(z) if s.semantics.evaluation.form == "stable" else z.exp().log1p()


def _hinge_embedding(s: Setting) -> Tensor:
    """x where t is 1, max(0, m − x) where t is 0; elsewhere both if the parameter "both" is set, and 0 if not."""
    near = s.reading.p()
    far = (s.parameter("margin", 1.0) - near).relu(s.ties["relu"])
    both = bool(s.number("both", 1.0))
    attracts, repels = (s.t.mid != 0, s.t.mid != 1) if both else (s.t.mid == 1, s.t.mid == 0)
    return near.where(attracts, 0.0) + far.where(repels, 0.0)


def _sign(s: Setting) -> Tensor:
    return s.t * 2.0 - 1.0


def _hinge(s: Setting) -> Tensor:
    margin = s.parameter("margin", 1.0) - _sign(s) * s.reading.p()
    return margin.relu(s.ties["relu"])


def _squared_hinge(s: Setting) -> Tensor:
    hinge = _hinge(s)
    return hinge * hinge


def _class_score(s: Setting) -> Tensor:
    return (s.t * s.reading.p()).sum(-1, keepdims=True)


def _categorical_hinge(s: Setting) -> Tensor:
    wrong = _largest((1.0 - s.t) * s.reading.p())
    return (wrong - _drop(_class_score(s)) + 1.0).relu(s.ties["relu"])


def _crammer_singer(s: Setting) -> Tensor:
    margin = s.parameter("margin", 1.0)
    return _largest(s.reading.p() + (1.0 - s.t) * margin) - _drop(_class_score(s))


def _multi_margin(s: Setting) -> Tensor:
    gap = (s.parameter("margin", 1.0) - _class_score(s) + s.reading.p()).relu(s.ties["relu"])
    power = s.number("power", 1.0)
    return ((gap * gap) if power == 2.0 else gap).where(s.t.mid == 0, 0.0)  # noqa: PLR2004  torch allows p = 1 or 2


def _multilabel_margin(s: Setting) -> Tensor:
    """For every class that is no label, the sum over the labels y; a label listed twice counts twice."""
    x, t = s.reading.p(), s.t
    rows, columns = (*x.shape, 1), (*x.shape[:-1], 1, x.shape[-1])
    gap = (s.parameter("margin", 1.0) - x.reshape(rows) + x.reshape(columns)).relu(s.ties["relu"])
    return (gap * t.reshape(rows)).sum(-2).where(t.mid == 0, 0.0)


def _largest(x: Tensor) -> Tensor:
    """The maximum over the classes; those that share it share its slope, in every framework that has such a loss."""
    mid, ar = x.mid, x.arith
    at = np.argmax(mid, axis=-1, keepdims=True)
    largest = mid == np.take_along_axis(mid, at, -1)
    peak = ar.structure(lambda a: np.take_along_axis(a, at, -1), x.data)
    close = ar.close(x.data, peak)
    share = ar.loose(largest / np.sum(largest, axis=-1, keepdims=True), close | (largest & close.any(-1, keepdims=True)))
    data = ar.structure(lambda a: a[..., 0], peak)
    return type(x)(ar, data, ((x, lambda g: ar.mul(ar.structure(lambda a: a[..., None], g), share)),))


def _drop(x: Tensor) -> Tensor:
    return x.reshape(x.shape[:-1])


def _cosine(s: Setting) -> Tensor:
    """−cos, or 1 − cos with the parameter "distance"; with "unit", 1 − xt, the lengths being taken for 1."""
    floor = s.number("floor", 0.0)
    x, t = s.reading.p(), s.t
    dot = (x * t).sum(-1)
    if s.number("unit", 0.0):
        return 1.0 - dot
    squares = (x * x).sum(-1), (t * t).sum(-1)
    if s.number("floor_on_square", 0.0):
        norms = [square.maximum(floor).sqrt() for square in squares]
    else:
        norms = [_norm(s, square, floor) for square in squares]
    cosine = dot / (norms[0] * norms[1])
    return 1.0 - cosine if s.number("distance", 0.0) else -cosine


def _norm(s: Setting, square: Tensor, floor: float) -> Tensor:
    zero = square.mid == 0
    flat = not math.isnan(s.ties["norm"])
    norm = square.where(~zero, 1.0).sqrt().where(~zero, 0.0) if flat else square.sqrt()
    if not floor:
        return norm
    floored = norm.maximum(floor)
    return norm.sloped(floored.data, norm.of(1.0).data) if s.semantics.gradient.clip == "through" else floored


def _generalised_cross_entropy(s: Setting) -> Tensor:
    q = s.number("q", 0.5)
    p = (s.t * s.reading.p()).sum(-1)
    return (1.0 - p**q) / q


def _overlap_axes(s: Setting) -> tuple[int, ...]:
    """What a ratio sums over: the axes in its parameter "over", or all."""
    over = s.parameters.get("over")
    return tuple(range(s.t.ndim)) if over is None else tuple(int(axis) % s.t.ndim for axis in over.mid)


def _tversky(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    both = (p * t).sum(axes)
    missed, false = ((1.0 - p) * t).sum(axes), (p * (1.0 - t)).sum(axes)
    lower = both + s.parameter("alpha", 0.5) * missed + s.parameter("beta", 0.5) * false
    return _one_minus(s, both + smooth, lower + smooth + epsilon)


def _dice(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    squared = s.number("squared", 0.0)
    sizes = ((p * p if squared else p).sum(axes), (t * t if squared else t).sum(axes))
    return _one_minus(s, (p * t).sum(axes) * 2.0 + smooth, sizes[0] + sizes[1] + smooth + epsilon)


def _iou(s: Setting) -> Tensor:
    axes, p, t = _overlap_axes(s), s.reading.p(), s.t
    smooth, epsilon = s.parameter("smooth", 0.0), s.parameter("epsilon", 0.0)
    both = (p * t).sum(axes)
    return _one_minus(s, both + smooth, p.sum(axes) + t.sum(axes) - both + smooth + epsilon)


def _one_minus(s: Setting, upper: Tensor, lower: Tensor) -> Tensor:
    """1 − upper / lower; libraries write the sizes in it in several ways, whose slopes cancel to (t + ratio) / lower."""
    axes, p, ratio = _overlap_axes(s), s.reading.p(), upper / lower
    share, size = (np.expand_dims(np.abs(part.mid), axes) for part in (ratio, lower))
    steep = 6.0 * (np.abs(s.t.mid) + share) / size
    return 1.0 - ratio + primitives.slack(p, np.zeros(p.shape), np.broadcast_to(steep, p.shape)).sum(axes)


def _mean_value(s: Setting) -> Tensor:
    return s.reading.p()


FAMILIES: dict[str, Family] = {
    "cross-entropy": Family(_cross_entropy, r"-t\log p"),
    "kl": Family(_kl, r"t(\log t-\log p)"),
    "generalised-kl": Family(_generalised_kl, r"t(\log t-\log p)+p-t"),
    "entropy": Family(_entropy, r"-p\log p"),
    "squared": Family(_squared, r"(p-t)^2"),
    "absolute": Family(_absolute, r"|p-t|"),
    "huber": Family(_huber, r"H_\delta(p-t)"),
    "smooth-l1": Family(_smooth_l1, r"H_\beta(p-t)/\beta"),
    "log-cosh": Family(_log_cosh, r"\log\cosh(p-t)"),
    "quantile": Family(_quantile, r"\max(q(t-p),(q-1)(t-p))"),
    "squared-log": Family(_squared_log, r"(\log(1+p)-\log(1+t))^2"),
    "absolute-percentage": Family(_absolute_percentage, r"|p-t|/|t|"),
    "poisson": Family(_poisson, r"p-t\log p"),
    "gaussian-kl": Family(_gaussian_kl, r"\tfrac12(v+p^2-1-\log v)"),
    "gaussian-nll": Family(_gaussian_nll, r"\tfrac12(\log v+(p-t)^2/v)"),
    "logistic": Family(_logistic, r"\log(1+e^{-sx})"),
    "hinge-embedding": Family(_hinge_embedding, r"[t=1]\,p+[t=0]\max(0,m-p)"),
    "hinge": Family(_hinge, r"\max(0,m-sp)"),
    "squared-hinge": Family(_squared_hinge, r"\max(0,m-sp)^2"),
    "multi-margin": Family(_multi_margin, r"\max(0,m-p_y+p_c)"),
    "multilabel-margin": Family(_multilabel_margin, r"\sum_y\max(0,m-p_y+p_c)"),
    "categorical-hinge": Family(_categorical_hinge, r"\max(0,1-p_y+\max_c(1-t_c)p_c)", "coupled"),
    "crammer-singer": Family(_crammer_singer, r"\max_c(p_c+[c\ne y])-p_y", "coupled"),
    "generalised-cross-entropy": Family(_generalised_cross_entropy, r"(1-p_y^q)/q", "coupled"),
    "cosine": Family(_cosine, r"-\frac{p\cdot t}{\lVert p\rVert\lVert t\rVert}", "coupled"),
    "dice": Family(_dice, r"1-\frac{2\sum pt}{\sum p+\sum t}", "ratio"),
    "iou": Family(_iou, r"1-\frac{\sum pt}{\sum p+\sum t-\sum pt}", "ratio"),
    "tversky": Family(_tversky, r"1-\frac{\sum pt}{\sum pt+\alpha\sum(1-p)t+\beta\sum p(1-t)}", "ratio"),
    "prediction": Family(_mean_value, r"p"),
}
