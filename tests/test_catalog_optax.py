"""Every declared point of optax against optax itself: value and gradient inside the bound, which nothing here tunes."""

import numpy as np
import pytest
from catalog_check import array, declared, misses

from harness.adapters.jax import adapter
from harness.catalog import APIS
from harness.expression import parse
from harness.reference.arithmetic import Plain
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor

# JAX compiles every operation anew for every shape and dtype, so there are few of them.
SHAPE = (5, 3)
DEEP = (2, 3, 5, 3)

rng = np.random.default_rng(0)
START = rng.bit_generator.state


@pytest.fixture(autouse=True)
def same_numbers_in_every_order():
    rng.bit_generator.state = START


def real(*shape):
    return 3.0 * rng.normal(size=shape)


def unit(*shape):
    return rng.uniform(size=shape)


def distribution(*shape):
    return rng.dirichlet(np.ones(shape[-1]), shape[:-1])


def logarithms(*shape):
    return np.log(distribution(*shape))


def binary(*shape):
    return rng.integers(0, 2, shape)


def signs(*shape):
    return 2.0 * binary(*shape) - 1.0


def one_hot(*shape):
    return np.eye(shape[-1])[labels(*shape)]


def labels(*shape):
    return rng.integers(0, shape[-1], shape[:-1])


def at(*shape):
    """A mask that leaves something in every row and every column."""
    return np.maximum(binary(*shape), np.indices(shape).sum(0) % 3 == 0)


# Call, prediction, target. `full` is a mask over classes, `rows` one over samples, `each` and `classes` are weights.
LOSSES = (
    ("optax.sigmoid_binary_cross_entropy()", real, unit),
    ("optax.sigmoid_focal_loss()", real, binary),
    ("optax.sigmoid_focal_loss(alpha=0.25, gamma=1.5)", real, unit),
    ("optax.softmax_cross_entropy()", real, unit),
    ("optax.softmax_cross_entropy(axis=0)", real, distribution),
    ("optax.softmax_cross_entropy(axis=None)", real, unit),
    ("optax.softmax_cross_entropy(where=full > 0)", real, unit),
    ("optax.softmax_cross_entropy(where=rows > 0)", real, unit),
    ("optax.safe_softmax_cross_entropy()", real, one_hot),
    ("optax.losses.poly_loss_cross_entropy(epsilon=1.5)", real, distribution),
    ("optax.softmax_cross_entropy_with_integer_labels()", real, labels),
    ("optax.softmax_cross_entropy_with_integer_labels(where=rows > 0)", real, labels),
    ("optax.losses.ranking_softmax_loss()", real, unit),
    ("optax.losses.ranking_softmax_loss(weights=each, where=full > 0)", real, unit),
    ("optax.losses.ranking_softmax_loss(weights=each, reduce_fn=None)", real, unit),
    ("optax.losses.ranking_softmax_loss(reduce_fn=jnp.sum)", real, unit),
    ("optax.kl_divergence()", logarithms, distribution),
    ("optax.kl_divergence(axis=0, where=full > 0)", logarithms, one_hot),
    ("optax.losses.kl_divergence_with_log_targets()", logarithms, logarithms),
    ("optax.generalized_kl_divergence()", real, unit),
    ("optax.convex_kl_divergence()", real, unit),
    ("optax.hinge_loss()", real, signs),
    ("optax.losses.perceptron_loss()", real, signs),
    ("optax.losses.multiclass_hinge_loss()", real, labels),
    ("optax.losses.multiclass_perceptron_loss()", real, labels),
    ("optax.squared_error()", real, real),
    ("optax.l2_loss()", real, real),
    ("optax.huber_loss(delta=0.7)", real, real),
    ("optax.log_cosh()", real, real),
    ("optax.cosine_similarity(epsilon=1e-3)", real, real),
    ("optax.cosine_similarity(axis=0, where=full > 0)", real, real),
    ("optax.cosine_distance()", real, real),
    ("optax.losses.dice_loss()", real, one_hot),
    ("optax.losses.dice_loss(alpha=0.3, beta=0.8, smooth=0.5, class_weights=classes, reduction='sum')", real, one_hot),
    ("optax.losses.binary_dice_loss(smooth=0.1)", real, unit),
)
IDS = [row[0] for row in LOSSES]


def inputs_of(text, prediction, target, shape):
    every = {"full": at(*shape), "rows": at(*shape[:1]), "each": unit(*shape), "classes": unit(shape[-1])}
    used = {name: values for name, values in every.items() if f"={name}" in text}
    return {"prediction": prediction(*shape), "target": target(*shape), **used}


def test_every_loss_of_the_catalog_has_a_row():
    assert {path for path in APIS if path.startswith("optax.")} == {row[0].partition("(")[0] for row in LOSSES}


@pytest.mark.parametrize(("text", "prediction", "target"), LOSSES, ids=IDS)
def test_value_and_gradient_are_those_of_optax(text, prediction, target):
    assert misses(adapter, text, inputs_of(text, prediction, target, SHAPE), "float32") == []


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("optax.softmax_cross_entropy()", "float64"),
        ("optax.log_cosh()", "float64"),
        ("optax.cosine_distance()", "float64"),
        ("optax.softmax_cross_entropy()", "bfloat16"),
        ("optax.sigmoid_binary_cross_entropy()", "float16"),
        ("optax.huber_loss()", "bfloat16"),
        ("optax.losses.multiclass_hinge_loss()", "bfloat16"),
    ],
)
def test_other_dtypes_are_within_their_bound(text, dtype):
    target = labels if "multiclass" in text else unit
    assert misses(adapter, text, inputs_of(text, real, target, SHAPE), dtype) == []


@pytest.mark.parametrize("text", ["optax.losses.dice_loss()", "optax.losses.dice_loss(axis=0)"])
def test_overlaps_run_over_the_axes_between_samples_and_classes(text):
    assert misses(adapter, text, inputs_of(text, real, one_hot, DEEP), "float32") == []


# Text, prediction, target, and what is peculiar about it.
PECULIAR = (
    ("optax.sigmoid_binary_cross_entropy()", [50.0, -50.0, 0.0, 90.0], [0.0, 1.0, 0.3, 1.0], "tails"),
    ("optax.sigmoid_binary_cross_entropy()", [[0.5], [-1.0]], [1.0, 0.0, 0.5], "grown"),
    ("optax.safe_softmax_cross_entropy()", [[float("-inf"), 0.0, 1.0]], [[0.0, 1.0, 0.0]],
     "−∞ where there is no target"),
    ("optax.softmax_cross_entropy_with_integer_labels()", [[0.5, 1.0, 2.0], [3.0, 1.0, 0.0]], [-1, -3],
     "labels that wrap"),
    ("optax.hinge_loss()", [1.0, -1.0, 0.5], [1.0, -1.0, -1.0], "kink"),
    ("optax.losses.perceptron_loss()", [0.0, -1.0], [1.0, -1.0], "kink"),
    ("optax.losses.multiclass_hinge_loss()", [[0.0, 1.0, 1.0], [2.0, 2.0, 2.0]], [0, 1], "ties"),
    ("optax.losses.multiclass_perceptron_loss()", [[1.0, 1.0, 0.0]], [7], "no such class"),
    ("optax.squared_error(prediction)", [1.0, 2.0], [0.0, 0.0], "no target at all"),
    ("optax.huber_loss()", [1.0, -1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0], "at delta and at 0"),
    ("optax.kl_divergence()", [[-1.0, -2.0]], [[1.0, 0.0]], "log of no target"),
    ("optax.cosine_similarity()", [[0.0, 0.0], [1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]], "a vector of length 0"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "prediction", "target", "peculiar"), PECULIAR)
def test_what_is_peculiar_to_optax_is_declared(text, prediction, target, peculiar):
    assert peculiar
    assert misses(adapter, text, {"prediction": prediction, "target": target}, "float32") == []


NOWHERE = (
    ("optax.softmax_cross_entropy(axis=(0, 1))", "a softmax over two axes"),
    ("optax.softmax_cross_entropy_with_integer_labels(where=full > 0)", "the label's own logit is not masked"),
    ("optax.generalized_kl_divergence(where=full > 0)", "a mask inside a sum of three terms"),
    ("optax.losses.dice_loss(ignore_background=True)", "a class is left out behind the ratio"),
)


@pytest.mark.parametrize(("text", "reason"), NOWHERE)
def test_what_is_no_point_of_the_space_is_not_declared(text, reason):
    assert reason
    target = labels if "integer" in text else one_hot
    assert declared(text, inputs_of(text, real, target, SHAPE)) is None


def test_smoothed_labels_are_read_where_people_write_them():
    arrays = {"target": array([[0.0, 1.0, 0.0]])}
    template = Tensor(Plain(), np.zeros(()))
    scope = Scope({"target": template.of(arrays["target"].values)}, template)
    smoothed = interpret(parse("optax.smooth_labels(target, 0.3)", arrays), scope)
    np.testing.assert_array_equal(smoothed.mid, 0.7 * arrays["target"].values + 0.3 / 3)
