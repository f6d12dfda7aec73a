"""Losses as people write them in NumPy, with inputs to show to whoever is to identify them; and what is no such loss."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from harness.records import InputArray

N, K = 7, 3
_rng = np.random.default_rng(20)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def xlogy(x, y):
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


LOGITS = _rng.normal(size=(N, K))
REAL = _rng.normal(size=(N, K))
LABELS = np.array([0, 2, 1, 1, 0, 2, 2])
ONE_HOT = np.eye(K)[LABELS]
SOFT = softmax(_rng.normal(size=(N, K)))
PROBABILITIES = softmax(LOGITS)
MULTI_HOT = (_rng.random((N, K)) > 0.5).astype(float)
UNIT = sigmoid(LOGITS)
SIGNS = 2 * MULTI_HOT - 1
COUNTS = _rng.integers(0, 5, (N, K)).astype(float)
COUNTS[0, 0] = 4.0
LINE, LINE_BINARY, LINE_REAL = LOGITS[:, 0], np.array([1.0, 0, 0, 1, 1, 0, 1]), REAL[:, 0]

CATEGORICAL = {"prediction": LOGITS, "target": LABELS}
ONE_HOTS = {"prediction": LOGITS, "target": ONE_HOT}
DISTRIBUTIONS = {"prediction": LOGITS, "target": SOFT}
PROBABLE = {"prediction": PROBABILITIES, "target": ONE_HOT}
PROBABLE_INDEX = {"prediction": PROBABILITIES, "target": LABELS}
BINARY = {"prediction": LOGITS, "target": MULTI_HOT}
BINARY_PROBABLE = {"prediction": UNIT, "target": MULTI_HOT}
LINE_LOGITS = {"prediction": LINE, "target": LINE_BINARY}
LINE_PROBABLE = {"prediction": sigmoid(LINE), "target": LINE_BINARY}
REALS = {"prediction": REAL, "target": LOGITS}
LINE_REALS = {"prediction": LINE_REAL, "target": LINE}
SIGNED = {"prediction": LOGITS, "target": SIGNS}

ROWS = np.arange(N)
W_CLASS = np.array([0.5, 1.5, 2.0])
W_SAMPLE = np.array([0.5, 1.0, 2.0, 1.5, 0.25, 3.0, 1.0])
W_LINEAR, B_LINEAR = _rng.normal(size=(K, 4)), np.array([0.3, -0.2, 0.1, 0.5])
MASK = np.array([1, 1, 0, 1, 1, 0, 1])
ELEMENT_MASK = (_rng.random((N, K)) > 0.3).astype(int)


def _bce(x, t):
    return softplus(x) - x * t


def _pt(p, t):
    return t * p + (1 - t) * (1 - p)


def _micro(loss, sizes):
    edges = np.cumsum((0, *sizes))
    return np.mean([loss[a:b].mean() for a, b in itertools.pairwise(edges)])


def _huber(e, d):
    return np.where(np.abs(e) <= d, 0.5 * e**2, d * (np.abs(e) - 0.5 * d))


def _own(x, t):
    return x[ROWS, t]


def _dice(p, t, s=1.0):
    return 1 - (2 * (p * t).sum() + s) / (p.sum() + t.sum() + s)


def _iou(p, t, s=1e-6):
    both = (p * t).sum()
    return 1 - (both + s) / (p.sum() + t.sum() - both + s)


def _ce(x, t):
    return -(t * log_softmax(x)).sum(-1)


def _length(x):
    return np.sqrt((x * x).sum(-1))


def _cosine(x, y):
    return (x * y).sum(-1) / (_length(x) * _length(y))


def _listed(x, lists):
    rows = []
    for scores, listed in zip(x, lists, strict=True):
        own = list(itertools.takewhile(lambda label: label >= 0, listed))
        others = [c for c in range(len(scores)) if c not in own]
        rows.append(sum(max(0.0, 1 - scores[y] + scores[c]) for y in own for c in others) / len(scores))
    return np.array(rows)


def _lse(x):
    return np.log(np.exp(x).sum(-1))


Loss = Callable[..., object]

HAND_WRITTEN: dict[str, tuple[Loss, dict[str, np.ndarray]]] = {
    "cross-entropy of probabilities": (lambda p, t: -(t * np.log(p)).sum(-1).mean(), PROBABLE),
    "cross-entropy by fancy index": (lambda p, t: -np.log(p[ROWS, t]).mean(), PROBABLE_INDEX),
    "softmax by hand, index": (lambda x, t: -np.log(_own(softmax(x), t)).mean(), CATEGORICAL),
    "softmax without shift": (lambda x, t: -np.log(_own(np.exp(x) / np.exp(x).sum(-1, keepdims=True), t)).mean(), CATEGORICAL),
    "logsumexp minus own logit": (lambda x, t: (_lse(x) - _own(x, t)).mean(), CATEGORICAL),
    "logsumexp minus own logit, one-hot": (lambda x, t: (_lse(x) - (x * t).sum(-1)).mean(), ONE_HOTS),
    "summed over the batch": (lambda x, t: _ce(x, t).sum(), ONE_HOTS),
    "one loss per sample": (_ce, ONE_HOTS),
    "mean over elements": (lambda p, t: -(t * np.log(p)).mean(), PROBABLE),
    "elements": (lambda x, t: -t * log_softmax(x), ONE_HOTS),
    "clipped": (lambda p, t: -(t * np.log(np.clip(p, 1e-7, 1 - 1e-7))).sum(-1).mean(), PROBABLE),
    "clipped below": (lambda p, t: -(t * np.log(np.clip(p, 1e-12, None))).sum(-1).mean(), PROBABLE),
    "clipped to one": (lambda p, t: -(t * np.log(np.clip(p, 1e-8, 1.0))).sum(-1).mean(), PROBABLE),
    "maximum with epsilon": (lambda p, t: -np.log(np.maximum(_own(p, t), 1e-10)).mean(), PROBABLE_INDEX),
    "added epsilon": (lambda p, t: -(t * np.log(p + 1e-9)).sum(-1).mean(), PROBABLE),
    "added epsilon, index": (lambda p, t: -np.log(_own(p, t) + 1e-15).mean(), PROBABLE_INDEX),
    "renormalised": (lambda p, t: -(t * np.log(p / p.sum(-1, keepdims=True))).sum(-1).mean(), PROBABLE),
    "renormalised then clipped": (
        lambda p, t: -(t * np.log(np.clip(p / p.sum(-1, keepdims=True), 1e-7, 1 - 1e-7))).sum(-1).mean(), PROBABLE),
    "smoothed": (lambda x, t: -((t * 0.9 + 0.1 / K) * log_softmax(x)).sum(-1).mean(), ONE_HOTS),
    "smoothed over the others": (
        lambda x, t: -((t * 0.9 + (1 - t) * 0.1 / (K - 1)) * log_softmax(x)).sum(-1).mean(), ONE_HOTS),
    "smoothed, index": (lambda x, t: (0.8 * -_own(log_softmax(x), t) + 0.2 * -log_softmax(x).mean(-1)).mean(), CATEGORICAL),
    "temperature": (lambda x, t: _ce(x / 2.5, t).mean(), ONE_HOTS),
    "temperature squared in front": (lambda x, t: 4.0 * _ce(x / 2.0, t).mean(), DISTRIBUTIONS),
    "in bits": (lambda p, t: -(t * np.log2(p)).sum(-1).mean(), PROBABLE),
    "in decimal logarithms": (lambda p, t: -(t * np.log10(p)).sum(-1).mean(), PROBABLE),
    "class weights, plain mean": (lambda x, t: -(W_CLASS[t] * _own(log_softmax(x), t)).mean(), CATEGORICAL),
    "class weights, weighted mean": (
        lambda x, t: -(W_CLASS[t] * _own(log_softmax(x), t)).sum() / W_CLASS[t].sum(), CATEGORICAL),
    "class weights as input": (
        lambda x, t, w: -(w[t] * _own(log_softmax(x), t)).sum() / w[t].sum(), {**CATEGORICAL, "w": W_CLASS}),
    "class weights as input, plain mean": (lambda x, t, w: -(w * t * log_softmax(x)).sum(-1).mean(), {**ONE_HOTS, "w": W_CLASS}),
    "sample weights": (lambda x, t, w: (w * _ce(x, t)).mean(), {**ONE_HOTS, "w": W_SAMPLE}),
    "sample weights, weighted mean": (lambda x, t, w: (w * _ce(x, t)).sum() / w.sum(), {**ONE_HOTS, "w": W_SAMPLE}),
    "mask": (lambda x, t, m: (m * _ce(x, t)).sum() / m.sum(), {**ONE_HOTS, "m": MASK}),
    "mask without its count": (lambda x, t, m: (m * _ce(x, t)).mean(), {**ONE_HOTS, "m": MASK}),
    "mask of elements": (lambda x, t, m: (m * _bce(x, t)).sum() / m.sum(), {**BINARY, "m": ELEMENT_MASK}),
    "mask of labels": (
        lambda x, t: -((t != 0) * _own(log_softmax(x), t)).sum() / (t != 0).sum(), CATEGORICAL),
    "micro-batches": (lambda x, t: _micro(_ce(x, t), (3, 4)), ONE_HOTS),
    "micro-batches of three": (lambda p, t: _micro((p - t) ** 2, (3, 3, 1)), REALS),
    "focal, softmax": (lambda x, t: -((1 - softmax(x)) ** 2 * t * log_softmax(x)).sum(-1).mean(), ONE_HOTS),
    "focal, index": (lambda x, t: ((1 - _own(softmax(x), t)) ** 1.5 * -_own(log_softmax(x), t)).mean(), CATEGORICAL),
    "focal, weighted by class": (
        lambda x, t: (W_CLASS[t] * (1 - _own(softmax(x), t)) ** 2 * -_own(log_softmax(x), t)).mean(), CATEGORICAL),
    "focal, sigmoid": (lambda x, t: ((1 - _pt(sigmoid(x), t)) ** 2 * _bce(x, t)).mean(), BINARY),
    "focal with alpha": (
        lambda x, t: ((0.25 * t + 0.75 * (1 - t)) * (1 - _pt(sigmoid(x), t)) ** 2 * _bce(x, t)).mean(), BINARY),
    "focal in two terms": (
        lambda p, t: -(0.25 * (1 - p) ** 2 * t * np.log(p) + 0.75 * p**2 * (1 - t) * np.log(1 - p)).mean(), BINARY_PROBABLE),
    "focal of clipped probabilities": (
        lambda p, t: -((1 - _pt(p, t)) ** 2 * np.log(np.clip(_pt(p, t), 1e-7, 1))).mean(), BINARY_PROBABLE),
    "poly-1": (lambda x, t: (_ce(x, t) + 2.0 * (1 - (t * softmax(x)).sum(-1))).mean(), ONE_HOTS),
    "z-loss": (lambda x, t: (_ce(x, t) + 1e-4 * _lse(x) ** 2).mean(), ONE_HOTS),
    "confidence penalty": (lambda x, t: (_ce(x, t) + 0.1 * (softmax(x) * log_softmax(x)).sum(-1)).mean(), ONE_HOTS),
    "binary": (lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(), BINARY_PROBABLE),
    "binary, one column": (lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(), LINE_PROBABLE),
    "binary of logits": (lambda x, t: _bce(x, t).mean(), BINARY),
    "binary of logits, one column": (lambda x, t: _bce(x, t).mean(), LINE_LOGITS),
    "binary of a sigmoid": (
        lambda x, t: -(t * np.log(sigmoid(x)) + (1 - t) * np.log(1 - sigmoid(x))).mean(), BINARY),
    "binary, summed over labels": (lambda x, t: _bce(x, t).sum(-1).mean(), BINARY),
    "binary with epsilon": (
        lambda p, t: -(t * np.log(p + 1e-8) + (1 - t) * np.log(1 - p + 1e-8)).mean(), BINARY_PROBABLE),
    "binary clipped": (
        lambda p, t: (lambda q: -(t * np.log(q) + (1 - t) * np.log(1 - q)).mean())(np.clip(p, 1e-7, 1 - 1e-7)), BINARY_PROBABLE),  # noqa: PLC3002
    "binary with clamped logarithms": (
        lambda p, t: -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log(1 - p), -100)).mean(), BINARY_PROBABLE),
    "positive weight": (lambda x, t: (3.0 * t * softplus(-x) + (1 - t) * softplus(x)).mean(), BINARY),
    "positive weight as input": (
        lambda x, t, w: (w * t * softplus(-x) + (1 - t) * softplus(x)).mean(), {**BINARY, "w": W_CLASS}),
    "binary smoothed": (lambda x, t: _bce(x, t * 0.9 + 0.05).mean(), BINARY),
    "logistic": (lambda x, t: np.log1p(np.exp(-t * x)).mean(), SIGNED),
    "kl": (lambda p, t: (t * (np.log(t) - np.log(p))).sum(-1).mean(), {"prediction": PROBABILITIES, "target": SOFT}),
    "kl of log-probabilities": (
        lambda x, t: (t * (np.log(t) - x)).sum() / N, {"prediction": np.log(PROBABILITIES), "target": SOFT}),
    "kl of logits": (lambda x, t: (t * (np.log(t) - log_softmax(x))).sum(-1).mean(), DISTRIBUTIONS),
    "kl the other way": (
        lambda x, t: (softmax(x) * (log_softmax(x) - np.log(t))).sum(-1).mean(), DISTRIBUTIONS),
    "kl with xlogy": (
        lambda p, t: (xlogy(t, t) - xlogy(t, p)).sum(-1).mean(), {"prediction": PROBABILITIES, "target": SOFT}),
    "squared": (lambda p, t: ((p - t) ** 2).mean(), REALS),
    "half squared, summed": (lambda p, t: 0.5 * ((p - t) ** 2).sum(), REALS),
    "squared per sample": (lambda p, t: ((p - t) ** 2).sum(-1), REALS),
    "squared times a hundred": (lambda p, t: 100.0 * ((p - t) ** 2).mean(), LINE_REALS),
    "squared of a sigmoid": (lambda x, t: ((sigmoid(x) - t) ** 2).mean(), BINARY),
    "brier": (lambda x, t: ((softmax(x) - t) ** 2).sum(-1).mean(), ONE_HOTS),
    "absolute": (lambda p, t: np.abs(p - t).mean(), REALS),
    "huber": (lambda p, t: _huber(p - t, 1.35).mean(), REALS),
    "smooth l1": (lambda p, t: (_huber(p - t, 0.3) / 0.3).mean(), LINE_REALS),
    "quantile": (lambda p, t: np.maximum(0.9 * (t - p), -0.1 * (t - p)).mean(), LINE_REALS),
    "log-cosh": (lambda p, t: np.log(np.cosh(p - t)).mean(), REALS),
    "squared logarithms": (lambda p, t: ((np.log1p(p) - np.log1p(t)) ** 2).mean(), {"prediction": np.exp(REAL), "target": COUNTS}),
    "percentage": (lambda p, t: 100.0 * (np.abs(p - t) / np.abs(t)).mean(), REALS),
    "poisson of log-rates": (lambda x, t: (np.exp(x) - t * x).mean(), {"prediction": REAL, "target": COUNTS}),
    "poisson of rates": (lambda p, t: (p - t * np.log(p)).mean(), {"prediction": np.exp(REAL), "target": COUNTS}),
    "hinge": (lambda x, t: np.maximum(0, 1 - t * x).mean(), SIGNED),
    "hinge of zeros and ones": (lambda x, t: np.maximum(0, 1 - (2 * t - 1) * x).mean(), BINARY),
    "squared hinge": (lambda x, t: (np.maximum(0, 1 - t * x) ** 2).mean(), SIGNED),
    "hinge with a margin": (lambda x, t: np.maximum(0, 0.3 - t * x).mean(), SIGNED),
    "categorical hinge": (
        lambda x, t: np.maximum(0, 1 + ((1 - t) * x).max(-1) - (t * x).sum(-1)).mean(), ONE_HOTS),
    "multi-class margin": (
        lambda x, t: ((1 - t) * np.maximum(0, 1 - (t * x).sum(-1, keepdims=True) + x)).mean(), ONE_HOTS),
    "generalised cross-entropy": (lambda x, t: ((1 - (t * softmax(x)).sum(-1) ** 0.7) / 0.7).mean(), ONE_HOTS),
    "symmetric cross-entropy": (
        lambda x, t: (0.1 * _ce(x, t) - (softmax(x) * np.log(np.clip(t, 1e-4, 1.0))).sum(-1)).mean(), ONE_HOTS),
    "symmetric kl": (
        lambda x, t: 0.5 * ((t * (np.log(t) - log_softmax(x))).sum(-1).mean()
                            + (softmax(x) * (log_softmax(x) - np.log(t))).sum(-1).mean()), DISTRIBUTIONS),
    "cosine": (lambda x, t: (1 - (x * t).sum(-1) / np.sqrt((x * x).sum(-1) * (t * t).sum(-1))).mean(), REALS),
    "dice": (_dice, BINARY_PROBABLE),
    "dice of a sigmoid": (lambda x, t: _dice(sigmoid(x), t, 1e-5), BINARY),
    "dice per sample": (
        lambda p, t: (1 - (2 * (p * t).sum(-1) + 1) / (p.sum(-1) + t.sum(-1) + 1)).mean(), BINARY_PROBABLE),
    "dice with squares": (
        lambda p, t: 1 - (2 * (p * t).sum() + 1) / ((p**2).sum() + (t**2).sum() + 1), BINARY_PROBABLE),
    "iou": (_iou, BINARY_PROBABLE),
    "tversky": (
        lambda p, t: 1 - ((p * t).sum() + 1) / ((p * t).sum() + 0.3 * ((1 - p) * t).sum() + 0.7 * (p * (1 - t)).sum() + 1),
        BINARY_PROBABLE),
    "cross-entropy and dice": (
        lambda x, t: _bce(x, t).mean() + 0.5 * _dice(sigmoid(x), t), BINARY),
    "cross-entropy and squares": (lambda x, t: _ce(x, t).mean() + 0.3 * ((softmax(x) - t) ** 2).mean(), ONE_HOTS),
    "squares and magnitudes": (lambda p, t: 0.7 * ((p - t) ** 2).mean() + 0.3 * np.abs(p - t).mean(), REALS),
    "one vector of scores": (lambda x, t: -(t * log_softmax(x)).sum(), {"prediction": LOGITS[0], "target": ONE_HOT[0]}),
    "one column of two": (lambda x, t: _bce(x[:, 1], t).mean(), {"prediction": LOGITS[:, :2], "target": LINE_BINARY}),
    "difference of two logits": (lambda x, t: _bce(x[:, 1] - x[:, 0], t).mean(), {"prediction": LOGITS[:, :2], "target": LINE_BINARY.astype(int)}),
    "images": (
        lambda x, t: (np.log(np.exp(x).sum(1)) - np.take_along_axis(x, t[:, None], 1)[:, 0]).mean(),
        {"prediction": _rng.normal(size=(3, 5, 2, 2)), "target": _rng.integers(0, 5, (3, 2, 2))}),
    "gamma as input": (
        lambda x, t, gamma: -((1 - softmax(x)) ** gamma * t * log_softmax(x)).sum(-1).mean(), {**ONE_HOTS, "gamma": np.array(2.0)}),
    "triplet": (
        lambda x, p, n: np.maximum(0, 0.4 + _length(x - p + 3e-6) - _length(x - n + 3e-6)).mean(),
        {"prediction": REAL, "p": LOGITS, "n": SOFT}),
    "triplet of squares": (
        lambda x, p, n: np.maximum(0, 1 + ((x - p) ** 2).sum(-1) - ((x - n) ** 2).sum(-1)).sum(),
        {"prediction": REAL, "p": LOGITS, "n": SOFT}),
    "ranking": (lambda x, y, t: np.maximum(0, 0.2 - t * (x - y)).mean(), {"prediction": LINE, "y": LINE_REAL, "target": 2 * LINE_BINARY - 1}),
    "preferences": (lambda x, y: np.log1p(np.exp(y - x)).mean(), {"prediction": LINE, "y": LINE_REAL}),
    "cosine embedding": (
        lambda x, y, t: np.where(t > 0, 1 - _cosine(x, y), np.maximum(0, _cosine(x, y) - 0.3)).mean(),
        {"prediction": REAL, "y": LOGITS, "target": 2 * LINE_BINARY - 1}),
    "scores of a linear layer": (
        lambda x, w, b, t: _ce(x @ w + b, np.eye(4)[t]).mean(), {"prediction": REAL, "w": W_LINEAR, "b": B_LINEAR, "target": LABELS}),
    "weight decay": (lambda x: 0.05 * (x**2).sum(), {"prediction": REAL}),
    "gaussian with a deviation": (
        lambda x, s, t: (np.log(s) + (x - t) ** 2 / (2 * s**2)).mean(), {"prediction": LINE_REAL, "s": W_SAMPLE, "target": LINE}),
    "gaussian with a log-variance": (
        lambda x, s, t: (0.5 * (s + (x - t) ** 2 * np.exp(-s))).mean(), {"prediction": REAL, "s": LOGITS, "target": SOFT}),
    "lists of labels": (
        lambda x, t: _listed(x, t).mean(), {"prediction": LOGITS, "target": np.array([[2, -1, 0], [0, 1, -1], [1, -1, -1], [2, 0, -1], [0, 2, -1], [1, 2, -1], [2, -1, -1]])}),
    "smoothing as input": (
        lambda x, t, eps: -((t * (1 - eps) + eps / K) * log_softmax(x)).sum(-1).mean(), {**ONE_HOTS, "eps": np.array(0.1)}),
}  # fmt: skip


@dataclass
class Counter:
    """State that a callable may keep."""

    calls: int = 0
    seen: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def drift(self) -> float:
        self.calls += 1
        return 1.0 + 1e-3 * self.calls

    def running(self, value: float) -> float:
        self.seen = 0.9 * self.seen + 0.1 * value
        return self.seen


_MIX = _rng.normal(size=(K, K))
_BIAS = _rng.normal(size=(N, K))


def _contrastive(x, _t):
    z = x / np.sqrt((x * x).sum(-1, keepdims=True))
    s = z @ z.T / 0.5
    np.fill_diagonal(s, -1e9)
    return -np.diag(log_softmax(np.roll(s, 1, 1))).mean()


OUTSIDE: dict[str, tuple[Loss, dict[str, np.ndarray]]] = {
    "t times x squared": (lambda x, t: (t * x**2).sum(), ONE_HOTS),
    "cubed error": (lambda p, t: (np.abs(p - t) ** 3).mean(), REALS),
    "error to the 1.5": (lambda p, t: (np.abs(p - t) ** 1.5).mean(), REALS),
    "cross-entropy with a wrong logarithm": (lambda p, t: -(t * np.log1p(p)).sum(-1).mean(), PROBABLE),
    "cross-entropy with a sum of roots": (lambda p, t: -(t * np.sqrt(p + p**2)).sum(-1).mean(), PROBABLE),
    "cross-entropy with a sine": (lambda p, t: -(t * np.sin(p)).sum(-1).mean(), PROBABLE),
    "mixed classes": (lambda x, t: _ce(x @ _MIX, t).mean(), ONE_HOTS),
    "mixed classes of errors": (lambda p, t: (((p - t) @ _MIX) ** 2).mean(), REALS),
    "a bias that nobody knows": (lambda x, t: _ce(x + _BIAS, t).mean(), ONE_HOTS),
    "contrastive": (_contrastive, ONE_HOTS),
    "centred over the batch": (lambda x, t: _ce(x - x.mean(0), t).mean() + (x.mean(0) ** 2).sum(), ONE_HOTS),
    "standardised over the batch": (lambda x, t: _bce((x - x.mean(0)) / x.std(0), t).mean(), BINARY),
    "sorted errors": (lambda p, t: (np.sort(p, 0) - np.sort(t, 0)).__pow__(2).mean(), REALS),
    "hardest half": (lambda x, t: np.sort(_ce(x, t))[N // 2 :].mean(), ONE_HOTS),
    "hardest sample": (lambda x, t: _ce(x, t).max(), ONE_HOTS),
    "median of samples": (lambda x, t: np.median(_ce(x, t)), ONE_HOTS),
    "cube root of the mean square": (lambda p, t: np.cbrt(((p - t) ** 2).mean()), REALS),
    "logarithm of the mean": (lambda p, t: np.log(((p - t) ** 2).mean()), REALS),
    "exponential of the loss": (lambda x, t: np.exp(_ce(x, t).mean()), ONE_HOTS),
    "squared loss of the loss": (lambda x, t: _ce(x, t).mean() ** 2, ONE_HOTS),
    "loss weighted by itself": (lambda x, t: (_ce(x, t) ** 2).mean(), ONE_HOTS),
    "scaled by the batch": (lambda x, t: _ce(x, t).mean() * np.abs(x).max(), ONE_HOTS),
    "constant from the data": (lambda p, t: ((p - t) ** 2).mean() / t.var(), REALS),
    "explained variance": (lambda p, t: ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum(), REALS),
    "correlation": (lambda p, t: 1 - np.corrcoef(p.ravel(), t.ravel())[0, 1], REALS),
    "pairwise ranking": (lambda x, t: np.maximum(0, 1 - (x[:, None] - x[None]) * np.sign(t[:, None] - t[None])).mean(), LINE_REALS),
    "neighbouring samples": (lambda p, t: ((p[1:] - p[:-1] - t[1:] + t[:-1]) ** 2).mean(), REALS),
    "neighbouring classes": (lambda x, t: _bce(x + 0.1 * np.roll(x, 1, -1), t).mean(), BINARY),
    "arctangent": (lambda p, t: np.arctan((p - t) ** 2).mean(), REALS),
    "cauchy": (lambda p, t: np.log1p((p - t) ** 2).mean(), REALS),
    "welsch": (lambda p, t: (1 - np.exp(-((p - t) ** 2))).mean(), REALS),
    "charbonnier": (lambda p, t: np.sqrt((p - t) ** 2 + 1e-6).mean(), REALS),
    "tukey": (lambda p, t: np.minimum(1, (p - t) ** 2).mean(), REALS),
    "epsilon-insensitive": (lambda p, t: np.maximum(0, np.abs(p - t) - 0.1).mean(), REALS),
    "rounded prediction": (lambda p, t: ((np.round(p, 1) - t) ** 2).mean(), REALS),
    "accuracy": (lambda x, t: (x.argmax(-1) != t).mean(), CATEGORICAL),
    "error in the arctangent": (lambda x, t: ((np.arctan(x) - t) ** 2).mean(), REALS),
    "softsign": (lambda x, t: ((x / (1 + np.abs(x)) - t) ** 2).mean(), REALS),
    "probit": (lambda x, t: -(t * np.log(0.5 + np.arctan(x) / np.pi)).mean(), BINARY),
    "taylor softmax": (
        lambda x, t: -(t * np.log((1 + x + x * x / 2) / (1 + x + x * x / 2).sum(-1, keepdims=True))).sum(-1).mean(), ONE_HOTS),
    "margin in the softmax": (lambda x, t: _ce(x - 0.35 * t, t).mean(), ONE_HOTS),
    "scaled margin": (lambda x, t: _ce(np.where(t > 0, 2 * x, x), t).mean(), ONE_HOTS),
    "focal with a wrong base": (lambda x, t: ((1 - softmax(x) ** 2) * t * -log_softmax(x)).sum(-1).mean(), ONE_HOTS),
    "noise": (lambda x, t: _ce(x, t).mean() * (1 + 1e-3 * _NOISE.rng.normal()), ONE_HOTS),
    "drift": (lambda x, t: _ce(x, t).mean() * _DRIFT.drift(), ONE_HOTS),
    "running mean": (lambda x, t: _RUNNING.running(float(_ce(x, t).mean())), ONE_HOTS),
    "labels shifted by one": (lambda x, t: _ce(x, np.roll(t, 1, 0)).mean(), ONE_HOTS),
    "a bump nobody sees": (lambda p, t: ((p - t) ** 2).mean() + 1e-3 * np.exp(-((p - 0.5) ** 2) * 50).mean(), REALS),
    "switched by size": (lambda p, t: np.where(np.abs(p) > 1.5, np.abs(p - t), (p - t) ** 2).mean(), REALS),
    "first sample twice": (lambda x, t: _ce(x, t).mean() + _ce(x, t)[0] * _ce(x, t)[1], ONE_HOTS),
    "prediction times target's mean": (lambda p, t: ((p * t.mean() - t) ** 2).mean(), REALS),
    "almost a softmax": (lambda x, t: -(t * np.log(np.exp(x) / (np.exp(x).sum(-1, keepdims=True) + 0.1))).sum(-1).mean(), ONE_HOTS),
    "four to the power": (lambda p, t: ((p - t) ** 4).mean(), REALS),
}  # fmt: skip
_NOISE, _DRIFT, _RUNNING = Counter(), Counter(), Counter()


def specimen(inputs: dict[str, np.ndarray]) -> dict[str, InputArray]:
    """Inputs as a case has them."""
    return {
        n: InputArray(a if a.dtype.kind == "i" else a.astype(np.float64), bool(np.all(a == np.round(a))))
        for n, a in inputs.items()
    }
