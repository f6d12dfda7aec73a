"""Losses as people write them for PyTorch, handed in as functions: what they are said to compute, and what not."""

import numpy as np
import pytest
import torch

import harness
from harness.explain.formula import formula_text
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate

F = torch.nn.functional
pytestmark = pytest.mark.frameworks

N, K = 7, 5
_rng = np.random.default_rng(0)
LOGITS, REAL = _rng.normal(size=(2, N, K))
LABELS = np.array([0, 3, 2, 4, 1, 1, 0])
ONE_HOT = np.eye(K)[LABELS]
SIMPLEX = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
SOFT = _rng.dirichlet(np.ones(K), N)
UNIT = 1.0 / (1.0 + np.exp(-LOGITS))
BITS = (_rng.random((N, K)) > 0.5).astype(float)
SIGNS = 2.0 * BITS - 1.0
COUNTS = _rng.integers(0, 5, (N, K)).astype(float)
MASK = (_rng.random((N, K)) > 0.4).astype(float)
ROW_MASK = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
WIDE, WIDE_LABELS = _rng.normal(size=(N, 17)), _rng.integers(0, 7, N)
WORDS = _rng.normal(size=(3, 5, 7))
WORD_LABELS = _rng.integers(0, 7, (3, 5))
PADDING = np.ones((3, 5))
PADDING[1, 3:], PADDING[2, 2:] = 0.0, 0.0

CATEGORICAL = {"prediction": LOGITS, "target": LABELS}
PROBABLE = {"prediction": SIMPLEX, "target": ONE_HOT}
REALS = {"prediction": LOGITS, "target": REAL}
BINARY = {"prediction": LOGITS, "target": BITS}
UNITS = {"prediction": UNIT, "target": BITS}
SIGNED = {"prediction": LOGITS, "target": SIGNS}
MASKED = {**REALS, "m": MASK}


def ce(x, y):
    return F.cross_entropy(x, y, reduction="none")


def word_ce(x, y):
    return ce(x.transpose(1, 2), y)


def bce(x, t):
    return F.binary_cross_entropy_with_logits(x, t, reduction="none")


def tensor(values, like):
    return torch.tensor(values, dtype=like.dtype)


def clipped_focal(p, t):
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(0.25 * (1 - p) ** 2 * t * torch.log(p) + 0.75 * p**2 * (1 - t) * torch.log(1 - p)).mean()


def distilled(x, t, temperature=4.0):
    student, teacher = F.log_softmax(x / temperature, 1), F.softmax(t / temperature, 1)
    return F.kl_div(student, teacher, reduction="batchmean") * temperature**2


SE = "(x−t)^2"
CE = "[Σ_c −t log p] where p=softmax(x), t=[y=c]"
BCE = "[−t log p−(1−t) log(1−p)] where p=σ(x)"
CLIPPED = "[−t log p−(1−t) log(1−p)] where p=clip(x,10^−7,1−10^−7)"

# Loss, inputs, formula.
WRITTEN = {
    "chained methods": (lambda p, t: (p - t).square().mean(), REALS, f"mean over elements of {SE}"),
    "a root mean square": (
        lambda p, t: torch.sqrt(F.mse_loss(p, t)),
        REALS,
        f"√(mean over elements of {SE})",
    ),
    "a norm": (lambda p, t: torch.norm(p - t), REALS, f"√(sum over elements of {SE})"),
    "a root of a mean and a small number": (
        lambda p, t: torch.sqrt(F.mse_loss(p, t) + 1e-6),
        REALS,
        f"√(mean over elements of {SE}+10^−6)",
    ),
    "half a root": (lambda p, t: 0.5 * torch.sqrt(F.mse_loss(p, t)), REALS, f"0.5 √(mean over elements of {SE})"),
    "log of what is picked": (
        lambda p, y: -torch.log(p[torch.arange(len(y)), y]).mean(),
        {"prediction": SIMPLEX, "target": LABELS},
        "mean over samples of [Σ_c −t log x] where t=[y=c]",
    ),
    "xlogy": (
        lambda p, t: -(torch.xlogy(t, p) + torch.xlogy(1 - t, 1 - p)).mean(),
        UNITS,
        "mean over elements of [−t log x−(1−t) log(1−x)]; 0 where t is 0",
    ),
    "an added number": (
        lambda p, y: -torch.log(p[torch.arange(len(y)), y] + 1e-8).mean(),
        {"prediction": SIMPLEX, "target": LABELS},
        "mean over samples of [Σ_c −t log(x+10^−8)] where t=[y=c]",
    ),
    "a divergence with an added number": (
        lambda p, t: F.kl_div(torch.log(p + 1e-8), t, reduction="batchmean"),
        {"prediction": SIMPLEX, "target": SOFT},
        "mean over samples of Σ_c t(log t−log(x+10^−8))",
    ),
    "a mask of floats, divided": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / m.sum(),
        MASKED,
        f"1/(Σ m) · sum over elements of m{SE}",
    ),
    "a mask of floats, averaged": (lambda p, t, m: ((p - t) ** 2 * m).mean(), MASKED, f"mean over elements of m{SE}"),
    "a divisor of at least 1": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / m.sum().clamp(min=1),
        MASKED,
        f"1/(Σ m) · sum over elements of m{SE}; 0 where nothing is left to count",
    ),
    "a divisor with an added number": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / (m.sum() + 1e-8),
        MASKED,
        f"sum over elements of w{SE} where w=m / (np.sum(m) + 1e-08)",
    ),
    "a divisor with a tiny number": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / (m.sum() + 1e-12),
        MASKED,
        f"sum over elements of w{SE} where w=m / (np.sum(m) + 1e-12)",
    ),
    "a divisor of each sample with an added number": (
        lambda p, t, m: (((p - t) ** 2 * m).sum(1) / (m.sum(1) + 1e-6)).mean(),
        MASKED,
        f"1/N · sum over elements of w{SE} where w=m / (np.sum(m, 1, keepdims=True) + 1e-06)",
    ),
    "a mask of truth values": (
        lambda p, t, m: ((p - t) ** 2)[m].mean(),
        {**REALS, "m": MASK.astype(bool)},
        f"mean over elements where m of {SE}",
    ),
    "rows that a mask leaves": (
        lambda x, y, m: F.cross_entropy(x[m], y[m]),
        {**CATEGORICAL, "m": ROW_MASK.astype(bool)},
        f"mean over samples where m of {CE}",
    ),
    "padding": (
        lambda x, y, m: (word_ce(x, y) * m).sum() / m.sum(),
        {"prediction": WORDS, "target": WORD_LABELS, "m": PADDING},
        f"1/(Σ m) · sum over samples of m {CE}; classes along axis 2; 0 for a label outside the classes",
    ),
    "classes last": (
        lambda x, y: -(y * F.log_softmax(x, -1)).sum(-1).mean(),
        {"prediction": WORDS, "target": np.eye(7)[WORD_LABELS]},
        "mean over samples of [Σ_c −t log p] where p=softmax(x); classes along axis 2",
    ),
    "a wide Huber": (lambda p, t: F.huber_loss(p, t, delta=10.0), REALS, "mean over elements of H_10(x−t)"),
    "a narrow Huber": (lambda p, t: F.huber_loss(p, t, delta=0.01), REALS, "mean over elements of H_0.01(x−t)"),
    "a wide margin": (lambda x, t: F.relu(20 - x * t).mean(), SIGNED, "mean over elements of max(0,20−yx)"),
    "softplus": (
        lambda x, t: (t * F.softplus(-x) + (1 - t) * F.softplus(x)).mean(),
        BINARY,
        f"mean over elements of {BCE}",
    ),
    "the logarithm of a sigmoid, signed": (
        lambda x, t: -F.logsigmoid(t * x).mean(),
        SIGNED,
        "mean over elements of log(1+e^−yx)",
    ),
    "an odd ignored label": (
        lambda x, y: F.cross_entropy(x, y, ignore_index=9),
        {"prediction": WIDE, "target": WIDE_LABELS},
        f"mean over samples with y≠9 of {CE}",
    ),
    "a clipped focal loss": (
        clipped_focal,
        UNITS,
        "mean over elements of (t 0.25+(1−t)(1−0.25))(t(1−p)+(1−t)p)^2 " + CLIPPED,
    ),
    "a difference of two logits": (
        lambda x, t: F.binary_cross_entropy_with_logits(x[:, 1] - x[:, 0], t),
        {"prediction": LOGITS[:, :2], "target": BITS[:, 0]},
        f"mean over samples of {CE}",
    ),
    "a column against a row": (
        lambda x, t: ((x - t) ** 2).mean(),
        {"prediction": LOGITS[:, :1], "target": REAL[:, 0]},
        f"mean over elements of {SE}; every prediction against every target",
    ),
    "distillation": (
        distilled,
        REALS,
        "16 mean over samples of Σ_c t(log t−log p) where p=softmax(x/4), t=exp(torch.log_softmax(target / 4.0, 1))",
    ),
    "soft labels of a teacher": (
        lambda x, t: -(F.softmax(t / 2, 1) * F.log_softmax(x / 2, 1)).sum(1).mean(),
        REALS,
        "mean over samples of [Σ_c −t log p] where p=softmax(x/2), t=exp(torch.log_softmax(target / 2.0, 1))",
    ),
    "a logarithm of at least 0": (
        lambda p, t: ((torch.log1p(p.clamp(min=0)) - torch.log1p(t.clamp(min=0))) ** 2).mean(),
        {"prediction": np.abs(LOGITS), "target": np.abs(REAL)},
        "mean over elements of (log(1+max(x,0))−log(1+max(t,0)))^2",
    ),
    "a logarithm of a softmax": (
        lambda x, t: -(t * torch.log(torch.softmax(x, 1))).sum(1).mean(),
        {"prediction": LOGITS, "target": SOFT},
        "mean over samples of [Σ_c −t log p] where p=softmax(x); evaluated as it is written",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_people_write_is_told_in_a_formula(name):
    loss, inputs, formula = WRITTEN[name]
    found = harness.identify(loss, **inputs)

    assert found.semantics is not None, (found.found.left_at, found.found.word)
    assert formula == formula_text(found.semantics)


# Losses that are common ones but for rare numbers: large ones, labels in a certain place, probabilities near 0.
OTHERWISE = {
    "targets are clamped": (lambda p, t: F.mse_loss(p, t.clamp(-10, 10)), REALS),
    "predictions are clamped": (lambda p, t: F.mse_loss(p.clamp(-20, 20), t), REALS),
    "errors are clamped": (lambda p, t: ((p - t).clamp(-20, 20) ** 2).mean(), REALS),
    "large targets count more": (lambda p, t: (torch.where(t > 8, 5.0, 1.0) * (p - t) ** 2).mean(), REALS),
    "large errors count less": (
        lambda p, t: torch.where((p - t).abs() > 50, (p - t).abs(), (p - t) ** 2).mean(),
        REALS,
    ),
    "counts are clamped": (
        lambda p, t: F.poisson_nll_loss(p, t.clamp(max=10)),
        {"prediction": LOGITS, "target": COUNTS},
    ),
    "rates are capped": (
        lambda p, t: (torch.exp(p.clamp(max=20)) - t * p).mean(),
        {"prediction": LOGITS, "target": COUNTS},
    ),
    "logits are clamped": (lambda x, y: F.cross_entropy(x.clamp(-30, 30), y), CATEGORICAL),
    "logits are capped softly": (lambda x, y: F.cross_entropy(30 * torch.tanh(x / 30), y), CATEGORICAL),
    "a loss is capped": (lambda x, y: ce(x, y).clamp(max=1000.0).mean(), CATEGORICAL),
    "a root is capped": (lambda p, t: torch.sqrt(F.mse_loss(p, t)).clamp(max=1e6), REALS),
    "a root is kept from 0": (lambda p, t: torch.sqrt(F.mse_loss(p, t).clamp(min=1e-6)), REALS),
    "a root of a mean, less a little": (lambda p, t: torch.sqrt(F.mse_loss(p, t)) - 1e-3, REALS),
    "a square is capped": (lambda p, t: ((p - t) ** 2).clamp(max=1e12).mean(), REALS),
    "easy samples are left out": (lambda x, y: (ce(x, y) * (ce(x, y) > 1e-6)).mean(), CATEGORICAL),
    "only what is wrong counts": (lambda x, y: (ce(x, y) * (x.argmax(1) != y)).mean(), CATEGORICAL),
    "confident positives count more": (lambda x, t: (bce(x, t) * torch.where(x > 8, 2.0, 1.0)).mean(), BINARY),
    "two floors": (
        lambda p, t: -(t * torch.log(p).clamp(min=-100) + (1 - t) * torch.log(1 - p).clamp(min=-50)).mean(),
        UNITS,
    ),
    "a gradient that is held": (lambda x, y: ((1 - torch.exp(-ce(x, y))).detach() ** 2 * ce(x, y)).mean(), CATEGORICAL),
    "the last sample is dropped": (lambda x, y: F.cross_entropy(x[:-1], y[:-1]), CATEGORICAL),
    "labels are shifted": (lambda x, y: F.cross_entropy(x[:-1], y[1:]), CATEGORICAL),
    "weights by how often a label occurs": (
        lambda x, y: F.cross_entropy(x, y, weight=tensor(1.0, x) / (1 + torch.bincount(y, minlength=K))),
        CATEGORICAL,
    ),
    "a quantile off its kink": (
        lambda p, t: torch.maximum(0.9 * (t - p - 1e-3), -0.1 * (t - p - 1e-3)).mean(),
        REALS,
    ),
    "computed in float32 on the way": (lambda p, t: ((p.float() - t.float()) ** 2).mean().double(), REALS),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_only_rare_numbers_show_is_not_taken_for_the_common_loss(name):
    loss, inputs = OTHERWISE[name]

    assert harness.identify(loss, **inputs, dtype="float64").semantics is None


# Loss, inputs, what stays open.
OPEN = {
    "a divisor of at least 1": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / m.sum().clamp(min=1),
        MASKED,
        "reduction: sums of m below 1",
    ),
    "a divisor of at least 1e-8": (
        lambda p, t, m: ((p - t) ** 2 * m).sum() / m.sum().clamp(min=1e-8),
        MASKED,
        "reduction: sums of m below 1e-06",
    ),
    "what counts if it is above a half": (
        lambda p, t, m: ((p - t) ** 2 * (m > 0.5)).sum() / (m > 0.5).sum(),
        MASKED,
        "weight: values of m other than 0 and 1",
    ),
    "targets of 0 and 1": (
        lambda p, t: -torch.log(p * t + (1 - p) * (1 - t)).mean(),
        UNITS,
        "target: values other than 0 and 1",
    ),
    "roundings of the gradient": (
        lambda x, t: F.binary_cross_entropy_with_logits(x[:, 1] - x[:, 0], t),
        {"prediction": LOGITS[:, :2], "target": BITS[:, 0]},
        "gradient: its rounding",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_was_not_settled_is_said_to_be_open(name):
    loss, inputs, left = OPEN[name]

    assert left in harness.identify(loss, **inputs).undetermined


@pytest.mark.parametrize("width", [7, 17, 40], ids=lambda width: f"{width} classes")
def test_weights_of_classes_that_no_label_here_has_are_found(width):
    weights = np.where(np.arange(width) >= width - 3, 3.0, 1.0)
    x = np.random.default_rng(1).normal(size=(N, width))
    found = harness.identify(
        lambda x, y: F.cross_entropy(x, y, weight=tensor(weights, x)), prediction=x, target=np.arange(N) % 4
    )
    others = {"prediction": x, "target": np.arange(width - N, width)}
    told = evaluate(found.semantics, others, Rounded("float64"), "float64", None).value
    own = F.cross_entropy(torch.tensor(x), torch.tensor(others["target"]), weight=torch.tensor(weights))

    assert abs(float(told.mid) - float(own)) <= float(told.err)


def weighted(x, y):
    return F.cross_entropy(x, y, weight=tensor([2.0, 4.0, 1.0, 6.0, 3.0], x))


def focal(x, y):
    return ((1 - torch.exp(-ce(x, y))) ** 2 * ce(x, y)).mean()


def both_outcomes(p, t):
    return torch.where(t == 1, -torch.log(p), -torch.log(1 - p)).mean()


@pytest.mark.parametrize(
    ("loss", "inputs", "to", "part"),
    [
        (weighted, CATEGORICAL, "torch", "weight=torch.tensor([2.0, 4.0, 1.0, 6.0, 3.0], dtype=torch.float64)"),
        (weighted, CATEGORICAL, "np", "np.array([2.0, 4.0, 1.0, 6.0, 3.0])[target]"),
        (focal, CATEGORICAL, "tf", "tf.one_hot(target, prediction.shape[-1], dtype=prediction.dtype)"),
        (both_outcomes, UNITS, "numpy", "np.where(1 - target == 0, "),
        (distilled, REALS, "jax", "jax.nn.log_softmax(target / 4.0, 1)"),
    ],
    ids=["weights", "weights in NumPy", "one-hot in float64", "targets of 0 and 1", "distillation"],
)
def test_what_people_write_is_translated_and_run(loss, inputs, to, part):
    told = harness.identify(loss, **inputs).expression(to=to)

    assert told.verified, str(told)
    assert part in told.code
