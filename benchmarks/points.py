"""Losses of four frameworks with inputs they are at home with, and the ways in which one stage of each can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.explain.points import facts_for, point_of
from harness.expression import framework_of, parse
from harness.records import InputArray
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, Smoothing, with_choice
from harness.syntax import Input

SAMPLES, CLASSES = 7, 5

# Expression, kind of prediction, kind of target.
LOSSES = (
    ("torch.nn.functional.binary_cross_entropy(prediction, target)", "probabilities", "binary"),
    ("torch.nn.functional.binary_cross_entropy_with_logits(prediction, target)", "logits", "binary"),
    ("torch.nn.functional.cross_entropy(prediction, target)", "logits", "index"),
    ("torch.nn.CrossEntropyLoss()(prediction, target)", "logits", "distribution"),
    ("torch.nn.functional.nll_loss(torch.log(prediction), target)", "simplex", "index"),
    (
        "torch.nn.functional.kl_div(torch.log_softmax(prediction, 1), target, reduction='batchmean')",
        "logits",
        "distribution",
    ),
    ("torch.nn.functional.mse_loss(prediction, target)", "real", "real"),
    ("torch.nn.functional.l1_loss(prediction, target)", "real", "real"),
    ("torch.nn.functional.huber_loss(prediction, target, delta=0.75)", "real", "real"),
    ("torch.nn.functional.smooth_l1_loss(prediction, target, beta=0.3)", "real", "real"),
    ("torch.nn.functional.poisson_nll_loss(prediction, target)", "real", "count"),
    ("torch.nn.functional.multilabel_soft_margin_loss(prediction, target)", "logits", "binary"),
    ("tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, prediction))", "logits", "binary"),
    ("tf.reduce_sum(tf.nn.weighted_cross_entropy_with_logits(target, prediction, 2.5))", "logits", "binary"),
    ("tf.nn.softmax_cross_entropy_with_logits(target, prediction)", "logits", "distribution"),
    ("tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, prediction))", "logits", "index"),
    ("keras.losses.BinaryCrossentropy(from_logits=True)(target, prediction)", "logits", "binary"),
    ("keras.losses.BinaryCrossentropy()(target, prediction)", "probabilities", "binary"),
    ("keras.losses.BinaryFocalCrossentropy(from_logits=True)(target, prediction)", "logits", "binary"),
    ("keras.losses.CategoricalCrossentropy(from_logits=True)(target, prediction)", "logits", "distribution"),
    ("keras.losses.CategoricalCrossentropy()(target, prediction)", "simplex", "distribution"),
    ("keras.losses.SparseCategoricalCrossentropy(from_logits=True)(target, prediction)", "logits", "index"),
    ("keras.losses.KLDivergence()(target, prediction)", "simplex", "distribution"),
    ("keras.losses.MeanSquaredError()(target, prediction)", "real", "real"),
    ("keras.losses.MeanAbsoluteError()(target, prediction)", "real", "real"),
    ("keras.losses.Huber(delta=1.25)(target, prediction)", "real", "real"),
    ("keras.losses.LogCosh()(target, prediction)", "real", "real"),
    ("keras.losses.Hinge()(target, prediction)", "real", "signed"),
    ("keras.losses.SquaredHinge()(target, prediction)", "real", "signed"),
    ("keras.losses.Dice()(target, prediction)", "probabilities", "binary"),
    ("optax.sigmoid_binary_cross_entropy(prediction, target).mean()", "logits", "binary"),
    ("optax.softmax_cross_entropy(prediction, target).mean()", "logits", "distribution"),
    ("optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()", "logits", "index"),
    ("optax.sigmoid_focal_loss(prediction, target, gamma=1.5).mean()", "logits", "binary"),
    ("optax.squared_error(prediction, target).sum(-1).mean()", "real", "real"),
    ("optax.huber_loss(prediction, target).mean()", "real", "real"),
    ("optax.hinge_loss(prediction, target).mean()", "real", "signed"),
    ("optax.kl_divergence(jax.nn.log_softmax(prediction), target).mean()", "logits", "distribution"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A loss with inputs: its text, framework, point and arrays."""

    text: str
    framework: str
    semantics: Semantics
    inputs: Mapping[str, InputArray]


def predictions(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A prediction of shape (7, 5) of the kind."""
    match kind:
        case "probabilities":
            return rng.uniform(0.03, 0.97, (SAMPLES, CLASSES))
        case "simplex":
            return rng.dirichlet(np.ones(CLASSES), SAMPLES)
        case _:
            return rng.normal(0.0, 2.0, (SAMPLES, CLASSES))


def targets(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A target of the kind: (7,) indices or (7, 5) of anything else."""
    shape = (SAMPLES, CLASSES)
    match kind:
        case "index":
            return rng.integers(0, CLASSES, SAMPLES)
        case "distribution":
            return rng.dirichlet(np.ones(CLASSES), SAMPLES)
        case "binary":
            return rng.integers(0, 2, shape)
        case "signed":
            return 2 * rng.integers(0, 2, shape) - 1
        case "count":
            return rng.integers(0, 6, shape)
        case _:
            return rng.normal(0.0, 2.0, shape)


def bases(rng: np.random.Generator, dtype: str) -> list[Base]:
    """Every loss with fresh inputs, resolved to its point."""
    return [base(row, rng, dtype) for row in LOSSES]


def base(row: tuple[str, str, str], rng: np.random.Generator, dtype: str) -> Base:
    """One loss with fresh inputs; weights are there for a mutation to use."""
    text, prediction, target = row
    arrays = {
        "prediction": predictions(prediction, rng),
        "target": targets(target, rng),
        "class_weight": rng.uniform(0.3, 3.0, CLASSES),
        "sample_weight": rng.uniform(0.3, 3.0, SAMPLES),
    }
    inputs = {name: InputArray(a, a.dtype.kind == "i") for name, a in arrays.items()}
    tree = parse(text, list(inputs))
    semantics = point_of(tree, facts_for(inputs, dtype, "prediction"))
    if semantics is None:
        raise LookupError(text)
    return Base(text, framework_of(tree), semantics, inputs)


Change = Callable[[Semantics, np.random.Generator], Semantics | None]


def _elementwise(s: Semantics) -> bool:
    return FAMILIES[s.term.family].shape == "elementwise"


def _classes(s: Semantics) -> bool:
    return _elementwise(s) and s.reduction.classes in ("sum", "mean")


def _choose(rng: np.random.Generator, *choices: object) -> object:
    return choices[int(rng.integers(len(choices)))]


def _logits(s: Semantics) -> bool:
    return s.activation.chain in (("softmax",), ("sigmoid",))


def _smoothed(s: Semantics, rng: np.random.Generator) -> Semantics | None:
    if s.term.family != "cross-entropy" or s.target.smoothing is not None:
        return None
    kind = "binary" if s.term.sides == "two" else str(_choose(rng, "uniform", "others"))
    return with_choice(s, "target", smoothing=Smoothing(kind, float(_choose(rng, 0.05, 0.1, 0.2))))  # type: ignore[arg-type]


def _weighted(s: Semantics, rng: np.random.Generator) -> Semantics | None:
    del rng
    fits = (
        _classes(s)
        and s.weight.klass is None
        and s.term.sides == "one"
        and s.reduction.denominator in ("elements", "kept", "samples")
    )
    return replace(with_choice(s, "weight", klass=Input("class_weight"), klass_in="terms")) if fits else None


def _sampled(s: Semantics, rng: np.random.Generator) -> Semantics | None:
    del rng
    return with_choice(s, "weight", sample=Input("sample_weight")) if _classes(s) and s.weight.sample is None else None


MUTATIONS: tuple[tuple[str, Change], ...] = (
    ("target.smoothing", _smoothed),
    ("activation", lambda s, rng: with_choice(s, "activation", chain=("softmax", *s.activation.chain)) if s.activation.chain == ("softmax",) else None),
    ("activation.temperature", lambda s, rng: with_choice(s, "activation", temperature=float(_choose(rng, 0.5, 2.0, 4.0))) if _logits(s) else None),
    ("term.sides", lambda s, rng: with_choice(s, "term", sides="one") if s.term.family == "cross-entropy" and s.term.sides == "two" else None),
    ("term.family", lambda s, rng: with_choice(s, "term", family={"squared": "absolute", "absolute": "squared", "hinge": "squared-hinge", "squared-hinge": "hinge"}[s.term.family]) if s.term.family in ("squared", "absolute", "hinge", "squared-hinge") else None),
    ("term.parameter", lambda s, rng: with_choice(s, "term", parameters=(("delta", float(_choose(rng, 0.3, 0.5, 2.0))),)) if s.term.family == "huber" else None),
    ("modulation.focal", lambda s, rng: with_choice(s, "modulation", focal=float(_choose(rng, 1.0, 2.0, 3.0))) if s.term.family == "cross-entropy" and s.modulation.focal is None else None),
    ("weight.positive", lambda s, rng: with_choice(s, "weight", positive=float(_choose(rng, 0.5, 2.0, 5.0))) if s.term.sides == "two" and s.term.family == "cross-entropy" and s.weight.positive is None else None),
    ("weight.class", _weighted),
    ("weight.sample", _sampled),
    ("reduction.classes", lambda s, rng: with_choice(s, "reduction", classes="mean" if s.reduction.classes == "sum" else "sum") if _classes(s) else None),
    ("reduction.batch", lambda s, rng: with_choice(s, "reduction", batch="sum" if s.reduction.batch == "mean" else "mean") if s.reduction.batch != "none" else None),
    ("scale.constant", lambda s, rng: with_choice(s, "scale", constant=float(_choose(rng, 0.5, 2.0, 100.0)))),
    ("scale.sign", lambda s, rng: with_choice(s, "scale", sign=-s.scale.sign)),
    ("scale.log_base", lambda s, rng: with_choice(s, "scale", log_base=2.0) if s.term.family == "cross-entropy" else None),
)  # fmt: skip
