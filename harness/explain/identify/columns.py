"""The columns that a black box's answers are fitted with: what one row contributes under each family, unscaled.

A column is elementwise, [P, K], or already summed over the classes, [P, 1]. Their names are the families' own, or:
`lp`, `lq` −log p and −log(1 − p) whatever the target (label smoothing); `tlogt`, `qlogq` the target's entropy (KL), with
`tlogt+` an epsilon in its logarithm; `x1`, `x2` what is added for the size of the prediction;
`…/c` a ratio of each class's own sums; `f.…` modulated by (1 − p)^γ, `g.…` by (1 − p_t)^γ, `s.…` each side by its own exponent; `t·…` times the target (balance);
`k.…` a row's loss given to the classes by its target (class weights of soft targets).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.explain.identify.view import View, softplus
from harness.records import Array

Column = Callable[[View], Array]


def _xlogx(t: Array) -> Array:
    return np.asarray(t * np.log(np.where(t > 0, t, 1.0)))


def _power(base: Array, exponent: float) -> Array:
    return np.asarray(np.maximum(base, 0.0) ** exponent)


def _hard(v: View) -> Array:
    return np.asarray(v.t * (1.0 - v.p) + (1.0 - v.t) * v.p)


def _ce(v: View) -> Array:
    return -v.t * v.lp


def _ce0(v: View) -> Array:
    return -(1.0 - v.t) * v.lq


def _stirling(v: View) -> Array:
    t = np.where(v.t > 1.0, v.t, 1.0)
    return np.asarray(np.where(v.t > 1.0, t * np.log(t) - t + 0.5 * np.log(2.0 * np.pi * t), 0.0))


def _focal(v: View) -> Array:
    return _power(1.0 - v.p, v.trial.gamma)


def _focal_two(v: View) -> Array:
    return _power(_hard(v), v.trial.gamma)


def _huber(v: View) -> Array:
    size, delta = np.abs(v.error), v.trial.delta
    return np.asarray(np.where(size <= delta, 0.5 * size * size, delta * (size - 0.5 * delta)))


def _own(v: View) -> Array:
    return np.asarray((v.t * v.p).sum(-1, keepdims=True))


def _categorical_hinge(v: View) -> Array:
    worst = ((1.0 - v.t) * v.p).max(-1, keepdims=True)
    return np.asarray(np.maximum(worst - _own(v) + 1.0, 0.0))


def _crammer_singer(v: View) -> Array:
    return np.asarray((v.p + (1.0 - v.t) * v.trial.margin).max(-1, keepdims=True) - _own(v))


def _multi_margin(v: View) -> Array:
    return np.asarray(np.where(v.t == 0, np.maximum(v.trial.margin - _own(v) + v.p, 0.0), 0.0))


def _multilabel_margin(v: View) -> Array:
    gap = np.maximum(v.trial.margin - v.p[:, :, None] + v.p[:, None, :], 0.0)
    return _sum((gap * v.t[:, :, None]).sum(1) * (v.t == 0))


def _cosine(v: View) -> Array:
    norms = np.sqrt((v.p * v.p).sum(-1, keepdims=True) * (v.t * v.t).sum(-1, keepdims=True))
    return np.asarray(-(v.p * v.t).sum(-1, keepdims=True) / norms)


def _cosine_added(v: View) -> Array:
    norms = np.sqrt((v.p * v.p).sum(-1, keepdims=True) * (v.t * v.t).sum(-1, keepdims=True))
    return np.asarray(-(v.p * v.t).sum(-1, keepdims=True) / (norms + v.trial.extra))


def _hinge(v: View) -> Array:
    return np.asarray(np.maximum(v.trial.margin - v.sign * v.p, 0.0))


def _log1p_error(v: View) -> Array:
    return np.asarray(np.log1p(v.p) - np.log1p(v.t))


def _overlap(upper: Array, lower: Array, v: View) -> Array:
    return np.asarray(1.0 - (upper + v.trial.smooth) / (lower + v.trial.smooth + v.trial.extra))


def _sum(a: Array) -> Array:
    return np.asarray(a.sum(-1, keepdims=True))


def _same(a: Array) -> Array:
    return a


def _dice(v: View, total: Callable[[Array], Array] = _sum) -> Array:
    return _overlap(2.0 * total(v.p * v.t), total(v.p) + total(v.t), v)


def _dice_squared(v: View, total: Callable[[Array], Array] = _sum) -> Array:
    return _overlap(2.0 * total(v.p * v.t), total(v.p * v.p) + total(v.t * v.t), v)


def _iou(v: View, total: Callable[[Array], Array] = _sum) -> Array:
    both = total(v.p * v.t)
    return _overlap(both, total(v.p) + total(v.t) - both, v)


def _tversky(v: View, total: Callable[[Array], Array] = _sum) -> Array:
    both = total(v.p * v.t)
    missed, false = total((1.0 - v.p) * v.t), total(v.p * (1.0 - v.t))
    return _overlap(both, both + v.trial.alpha * missed + v.trial.beta * false, v)


COLUMNS: dict[str, Column] = {
    "ce": _ce,
    "ce0": _ce0,
    "lp": lambda v: -v.lp,
    "lq": lambda v: -v.lq,
    "t·ce": lambda v: v.t * _ce(v),
    "t·ce0": lambda v: v.t * _ce0(v),
    "tlogt": lambda v: _xlogx(v.t),
    "qlogq": lambda v: _xlogx(1.0 - v.t),
    "squared": lambda v: v.error * v.error,
    "absolute": lambda v: np.abs(v.error),
    "under": lambda v: np.maximum(-v.error, 0.0),
    "log-cosh": lambda v: v.error + softplus(-2.0 * v.error) - np.log(2.0),
    "squared-log": lambda v: _log1p_error(v) ** 2,
    "absolute-percentage": lambda v: np.abs(v.error) / np.abs(v.t),
    "poly": lambda v: v.t * (1.0 - v.bare),
    "entropy": lambda v: -v.p * v.lp,
    "reverse": lambda v: -v.p * np.log(v.t),
    "z": lambda v: v.lse * v.lse,
    "1": lambda v: np.ones((v.x.shape[0], 1)),
    "prediction": lambda v: v.bare,
    "target": lambda v: v.t,
    "t2": lambda v: v.t * v.t,
    "x2": lambda v: v.x * v.x,
    "x1": lambda v: np.abs(v.x),
    "tlogt+": lambda v: v.t * np.log(v.t + v.trial.epsilon),
    "f.ce": lambda v: _focal(v) * _ce(v),
    "f.lp": lambda v: -_focal(v) * v.lp,
    "k.ce": lambda v: v.t * _sum(_ce(v)),
    "k.f.ce": lambda v: v.t * _sum(_focal(v) * _ce(v)),
    "k.poly": lambda v: v.t * _sum(v.t * (1.0 - v.bare)),
    "k.z": lambda v: v.t * v.lse * v.lse,
    "k.multi-margin": lambda v: v.t * _sum(_multi_margin(v)),
    "k.multi-margin-2": lambda v: v.t * _sum(_multi_margin(v) ** 2),
    "hinge-embedding": lambda v: (
        np.where(v.t == 1.0, v.p, 0.0) + np.where(v.t == 0.0, np.maximum(v.trial.margin - v.p, 0.0), 0.0)
    ),
    "stirling": _stirling,
    "g.ce": lambda v: _focal_two(v) * _ce(v),
    "g.ce0": lambda v: _focal_two(v) * _ce0(v),
    "t·g.ce": lambda v: v.t * _focal_two(v) * _ce(v),
    "t·g.ce0": lambda v: v.t * _focal_two(v) * _ce0(v),
    "s.ce": lambda v: _power(1.0 - v.p, v.trial.gamma) * _ce(v),
    "s.ce0": lambda v: _power(v.p, v.trial.gamma_negative) * _ce0(v),
    "huber": _huber,
    "hinge": _hinge,
    "squared-hinge": lambda v: _hinge(v) ** 2,
    "logistic": lambda v: softplus(-v.sign * v.p),
    "categorical-hinge": _categorical_hinge,
    "crammer-singer": _crammer_singer,
    "multi-margin": _multi_margin,
    "multi-margin-2": lambda v: _multi_margin(v) ** 2,
    "cosine": _cosine,
    "cosine+": _cosine_added,
    "absolute-percentage+": lambda v: np.abs(v.error) / np.abs(v.t + v.trial.extra),
    "multilabel-margin": _multilabel_margin,
    "generalised-cross-entropy": lambda v: 1.0 - _own(v) ** v.trial.q,
    "dice": _dice,
    "dice-squared": _dice_squared,
    "iou": _iou,
    "tversky": _tversky,
    "dice/c": lambda v: _dice(v, _same),
    "dice-squared/c": lambda v: _dice_squared(v, _same),
    "iou/c": lambda v: _iou(v, _same),
    "tversky/c": lambda v: _tversky(v, _same),
}
