"""Losses spelled out in elementary operations: the point that is read off the tree is worth what the tree is worth."""

import numpy as np
import pytest

from harness.explain.compose import resolve
from harness.explain.points import facts_for
from harness.explain.standing import as_arrays, reference
from harness.explain.written import written_reference
from harness.expression import parse
from harness.records import InputArray

RNG = np.random.default_rng(3)


def real(values):
    return InputArray(np.asarray(values, np.float64), integral=False)


INPUTS = {
    "x": real(RNG.normal(0, 2, (5, 3))),
    "p": real(RNG.dirichlet(np.ones(3), 5)),
    "q": real(RNG.dirichlet(np.ones(3), 5)),
    "b": real(RNG.uniform(0.1, 0.9, (5, 3))),
    "t": InputArray(RNG.integers(0, 2, (5, 3)), integral=True),
    "y": InputArray(np.array([0, 2, 1, 1, 2]), integral=True),
    "w": real([0.5, 2.0, 1.0, 3.0, 1.5]),
    "s": real(RNG.normal(0, 0.5, (5, 3))),
    "v": real(RNG.uniform(0.3, 2.0, (5, 3))),
}

TEXTS = [
    ("-np.log(p[np.arange(5), y]).mean()", "p", "cross-entropy"),
    ("-torch.log(p.gather(1, y[:, None])).squeeze(1).mean()", "p", "cross-entropy"),
    ("-jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1).sum()", "x", "cross-entropy"),
    ("-(x - np.log(np.exp(x).sum(1, keepdims=True)))[np.arange(5), y].mean()", "x", "cross-entropy"),
    ("np.where(y == 2, 0.0, -np.log(p)[np.arange(5), y]).mean()", "p", "cross-entropy"),
    ("((x - v) ** 2).mean()", "x", "squared"),
    ("np.square(v - x).sum(1).mean()", "x", "squared"),
    ("jnp.abs(x - v).mean()", "x", "absolute"),
    ("tf.reduce_mean(tf.math.squared_difference(x, v))", "x", "squared"),
    ("(p * (np.log(p) - np.log(q))).sum(1).mean()", "q", "kl"),
    ("-(t * np.log(b) + (1 - t) * np.log(1 - b)).mean()", "b", "cross-entropy"),
    ("-np.mean(t * np.log(b + 1e-7) + (1 - t) * np.log(1 - b + 1e-7))", "b", "cross-entropy"),
    ("-(t * torch.log(b).clamp(min=-100) + (1 - t) * torch.log(1 - b).clamp(min=-100)).mean()", "b", "cross-entropy"),
    ("(x.clamp(min=0) - x * t + torch.log1p(torch.exp(-x.abs()))).mean()", "x", "cross-entropy"),
    ("jnp.mean(jnp.maximum(x, 0) - t * x + jnp.log1p(jnp.exp(-jnp.abs(x))))", "x", "cross-entropy"),
    ("-0.5 * torch.sum(1 + s - x.pow(2) - s.exp())", "x", "gaussian-kl"),
    ("(w * (x - v)[:, 0] ** 2).sum() / w.sum()", "x", "squared"),
    ("(0.5 * w * (x - v)[:, 0] ** 2).mean()", "x", "squared"),
    ("(torch.linalg.vector_norm(x - v, dim=-1) ** 2).mean()", "x", "squared"),
    ("np.square(np.linalg.norm(x - v, axis=1)).sum()", "x", "squared"),
    ("(x - v).norm(p=2, dim=1).pow(2).mean()", "x", "squared"),
    ("np.sqrt(((x - v) ** 2).mean())", "x", "squared"),
    ("torch.sqrt(F.mse_loss(x, v) + 1e-6)", "x", "squared"),
    ("(0.5 * ((x - v) ** 2).sum(1)) ** 0.5", "x", "squared"),
    ("torch.norm(x - v, dim=1).mean()", "x", "squared"),
    ("tf.norm(v - x)", "x", "squared"),
    ("(w * torch.sqrt(((x - v) ** 2).mean(1))).mean()", "x", "squared"),
    ("sklearn.metrics.root_mean_squared_error(v, x)", "x", "squared"),
    ("np.sqrt((x - v) ** 2 + 1e-3).mean()", "x", "squared"),
    ("F.pairwise_distance(x, v).mean()", "x", "squared"),
    ("(F.pairwise_distance(x, v, eps=1e-3) ** 2).sum()", "v", "squared"),
    ("jnp.abs(x - v + 1e-3).mean()", "x", "absolute"),
    ("(torch.abs(x - v) / torch.abs(v).clamp(min=0.5)).mean()", "x", "absolute-percentage"),
    ("np.mean(100 * np.abs(v - x) / (np.abs(v) + 0.1))", "x", "absolute-percentage"),
    ("(torch.abs(x - v) / torch.abs(v + 1e-3)).mean()", "x", "absolute-percentage"),
    ("np.mean(2 * np.abs(x - v) / (np.abs(x) + np.abs(v) + 1e-8))", "x", "symmetric-percentage"),
    ("(jnp.abs(x - v) / ((jnp.abs(v) + jnp.abs(x)) / 2)).mean()", "x", "symmetric-percentage"),
    ("(torch.abs(x - v) / np.maximum(v.abs() + x.abs(), 1e-2)).mean()", "x", "symmetric-percentage"),
    ("F.relu(1 - t * x).mean()", "x", "hinge"),
    ("torch.clamp(1 - (2 * t - 1) * x, min=0).sum(1).mean()", "x", "hinge"),
    ("np.maximum(0, 2 + x * (1 - 2 * t)).mean()", "x", "hinge"),
    ("(jax.nn.relu(1 - x * t) ** 2).mean()", "x", "squared-hinge"),
    ("np.log(1 + np.exp(-t * x)).mean()", "x", "logistic"),
    ("F.softplus(-(2 * t - 1) * x).mean()", "x", "logistic"),
    ("1 - (2 * (b * t).sum() + 1) / (b.sum() + t.sum() + 1)", "b", "dice"),
    ("1 - ((2 * (b * t).sum(1) + 1e-6) / ((b + t).sum(1) + 1e-5)).mean()", "b", "dice"),
    ("(1 - 2 * np.sum(t * b, axis=0) / np.sum(b**2 + t**2, axis=0)).mean()", "b", "dice"),
    (
        "1 - (2 * torch.sum(b.view(-1) * t.view(-1)) + 1) / (torch.sum(b.view(-1)) + torch.sum(t.view(-1)) + 1)",
        "b",
        "dice",
    ),
    ("1 - jnp.sum(b * t) / (jnp.sum(b) + jnp.sum(t) - jnp.sum(b * t))", "b", "iou"),
    ("1 - (b * t).sum() / ((b * t).sum() + 0.3 * ((1 - b) * t).sum() + 0.7 * (b * (1 - t)).sum())", "b", "tversky"),
]
# What looks like an overlap, and is none of those that have a name.
NO_OVERLAPS = [
    "1 - 3 * (b * t).sum() / (b.sum() + t.sum())",
    "1 - 2 * (b * t).sum() / (b.sum() + 2 * t.sum())",
    "1 - 2 * (b * t).sum(1) / (b.sum(0) + t.sum(0))",
    "1 - 2 * (b * t).sum() / (b.sum() + t.mean())",
    "1 - 2 * (b * b).sum() / (b.sum() + t.sum())",
    "1 - (b * t).sum() / ((b * t).sum() + 0.3 * (b * t).sum() + 0.7 * (b * (1 - t)).sum())",
]


@pytest.mark.parametrize(("text", "prediction", "family"), TEXTS)
def test_a_formula_is_the_point_that_its_tree_spells(text, prediction, family):
    tree = parse(text, set(INPUTS))
    point = resolve(tree, facts_for(INPUTS, "float64", prediction))
    assert point is not None
    assert point.term.family == family
    arrays = as_arrays(INPUTS, "float64")
    own, written = (
        reference(point, arrays, "float64", prediction),
        written_reference(tree, arrays, "float64", prediction),
    )
    assert np.ravel(own.value.exact) == pytest.approx(np.ravel(written.value.exact), rel=1e-12)
    assert np.ravel(own.gradient.exact) == pytest.approx(np.ravel(written.gradient.exact), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("x.clamp(min=0) - x * t + torch.log1p(torch.exp(-x.abs()))", 0.0),
        ("jnp.maximum(x, 0) - x * t + jnp.log1p(jnp.exp(-jnp.abs(x)))", 1.0),
        ("F.relu(x) - x * t + torch.log1p(torch.exp(-torch.abs(x)))", 1.0),
    ],
)
def test_the_slope_at_zero_is_that_of_the_framework_that_is_asked(text, slope):
    point = resolve(parse(text, set(INPUTS)), facts_for(INPUTS, "float32", "x"))
    assert point.gradient.tie == (("softplus", slope),)


@pytest.mark.parametrize(
    "text",
    [
        "-(t * np.log(b) + (1 - t) * np.log(1 - x)).mean()", "-(t * np.log(b) + t * np.log(1 - b)).mean()",
        "(x - v) ** 3", "np.log(p[y, np.arange(5)])", "torch.sum(1 + s - x.pow(2) + s.exp())",
    ],
)  # fmt: skip
def test_what_is_another_formula_is_not_read_as_one(text):
    assert resolve(parse(text, set(INPUTS)), facts_for(INPUTS, "float64", "x")) is None


@pytest.mark.parametrize("text", NO_OVERLAPS)
def test_what_is_no_overlap_is_not_called_one(text):
    assert resolve(parse(text, set(INPUTS)), facts_for(INPUTS, "float64", "b")) is None


@pytest.mark.parametrize(
    ("divisor", "zero"),
    [
        ("w.sum()", "nan"),
        ("np.maximum(w.sum(), 1)", "zero"),
        ("(w.sum() + 1e-16)", "zero"),
        ("torch.clamp(w.sum(), min=1.0)", "zero"),
    ],
)
def test_a_count_that_is_kept_from_0_leaves_nothing_undivided(divisor, zero):
    tree = parse(f"(w * (x - v)[:, 0] ** 2).sum() / {divisor}", set(INPUTS))
    reduction = resolve(tree, facts_for(INPUTS, "float64", "x")).reduction

    assert (reduction.denominator, reduction.zero) == ("weights", zero)
