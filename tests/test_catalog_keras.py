"""Every declared point of Keras against Keras itself: value and gradient inside the bound, which nothing here tunes."""

from itertools import product

import keras
import numpy as np
import pytest
from catalog_check import declared, misses

from harness.adapters.keras import adapter
from harness.catalog import APIS

SHAPES = ((7,), (5, 3), (3, 5, 7))
ALL = ("float64", "float32", "float16", "bfloat16")
REDUCTIONS = ("'sum_over_batch_size'", "'mean'", "'sum'", "'none'", "None", "'mean_with_sample_weight'")

# Keras warns of a softmax over one class and of classes along an axis of length 1, both of which are meant here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::SyntaxWarning")

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


def binary(*shape):
    return rng.integers(0, 2, shape)


def signs(*shape):
    return 2.0 * binary(*shape) - 1.0


def counts(*shape):
    return rng.integers(0, 9, shape)


def one_hot(*shape):
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


def labels(*shape):
    return rng.integers(0, shape[-1], shape[:-1])


# Class, function, options that are the constructor's and the function's alike, prediction, target.
LOSSES = (
    ("BinaryCrossentropy", "binary_crossentropy", "", unit, binary),
    ("BinaryCrossentropy", "binary_crossentropy", "label_smoothing=0.2, axis=0", unit, unit),
    ("BinaryCrossentropy", "binary_crossentropy", "from_logits=True", real, unit),
    ("BinaryCrossentropy", "binary_crossentropy", "from_logits=True, label_smoothing=0.2", real, binary),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", "", unit, binary),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", "gamma=1.5, alpha=0.7", unit, binary),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy",
     "apply_class_balancing=True, alpha=0.7, gamma=1.5, label_smoothing=0.1", unit, binary),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", "from_logits=True, apply_class_balancing=True", real,
     binary),
    ("CategoricalCrossentropy", "categorical_crossentropy", "", distribution, one_hot),
    ("CategoricalCrossentropy", "categorical_crossentropy", "", unit, unit),
    ("CategoricalCrossentropy", "categorical_crossentropy", "label_smoothing=0.1, axis=0", unit, one_hot),
    ("CategoricalCrossentropy", "categorical_crossentropy", "from_logits=True", real, distribution),
    ("CategoricalCrossentropy", "categorical_crossentropy", "from_logits=True, label_smoothing=0.1", real, one_hot),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", "", unit, one_hot),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", "alpha=0.5, gamma=1.5, axis=0", unit, one_hot),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", "from_logits=True, label_smoothing=0.1", real,
     distribution),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "", unit, labels),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "ignore_class=1", distribution, labels),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "from_logits=True", real, labels),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "from_logits=True, ignore_class=2", real,
     labels),
    ("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", "q=0.3", distribution, labels),
    ("KLDivergence", "kl_divergence", "", distribution, distribution),
    ("KLDivergence", "kl_divergence", "", unit, one_hot),
    ("Poisson", "poisson", "", unit, counts),
    ("MeanSquaredError", "mean_squared_error", "", real, real),
    ("MeanAbsoluteError", "mean_absolute_error", "", real, real),
    ("MeanAbsolutePercentageError", "mean_absolute_percentage_error", "", real, real),
    ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "", real, real),
    ("Huber", "huber", "delta=0.7", real, real),
    ("LogCosh", "log_cosh", "", real, real),
    ("CosineSimilarity", "cosine_similarity", "", real, real),
    ("CosineSimilarity", "cosine_similarity", "axis=0", real, real),
    ("Hinge", "hinge", "", real, binary),
    ("Hinge", "hinge", "", real, signs),
    ("SquaredHinge", "squared_hinge", "", real, real),
    ("CategoricalHinge", "categorical_hinge", "", real, one_hot),
    ("Dice", "dice", "", unit, binary),
    ("Dice", "dice", "axis=-1", unit, unit),
    ("Tversky", "tversky", "alpha=0.3, beta=0.8", unit, binary),
    ("Tversky", "tversky", "alpha=0.3, beta=0.8, axis=0", unit, binary),
)  # fmt: skip


def test_the_catalog_is_about_keras_on_tensorflow():
    assert keras.backend.backend() == "tensorflow"


def test_every_loss_of_the_catalog_has_a_row():
    names = {f"keras.losses.{name}" for row in LOSSES for name in row[:2]}
    known = {path for path in APIS if path.startswith("keras.losses.")}
    assert known == names


@pytest.mark.parametrize("loss", LOSSES, ids=lambda row: f"{row[0]}({row[2]})")
def test_value_and_gradient_are_those_of_keras(loss):
    name, function, options, prediction, target = loss
    found = []
    for shape, dtype in product(SHAPES, ALL):
        inputs = {"prediction": prediction(*shape), "target": target(*shape)}
        found += misses(adapter, f"keras.losses.{name}({options})", inputs, dtype)
        called = ", ".join(part for part in ("target, prediction", options) if part)
        found += misses(adapter, f"keras.losses.{function}({called})", inputs, dtype)
    assert found == []


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "options", "prediction", "target"),
    [
        ("BinaryCrossentropy", "", unit, binary),
        ("CategoricalCrossentropy", "from_logits=True, ", real, one_hot),
        ("SparseCategoricalCrossentropy", "ignore_class=1, ", unit, labels),
        ("MeanSquaredError", "", real, real),
    ],
)
@pytest.mark.parametrize("weight", [None, (5,), (5, 1), (5, 3), (1, 3), ()], ids=str)
def test_reductions_and_weights_are_those_of_keras(name, options, prediction, target, weight, reduction):
    shape = (5, 3, 7) if weight in ((5, 3), (1, 3)) else (5, 7)
    inputs = {"prediction": prediction(*shape), "target": target(*shape)}
    if weight is not None:
        inputs["sample_weight"] = rng.choice([0.0, 0.5, 2.0], weight)
    text = f"keras.losses.{name}({options}reduction={reduction})"
    assert [miss for dtype in ("float64", "float32") for miss in misses(adapter, text, inputs, dtype)] == []


# Text, prediction, target, and what is peculiar about it.
PECULIAR = (
    ("keras.losses.BinaryCrossentropy()", [0.0, 1.0, 0.0, 1.0, 1e-7, 1.5], [1, 0, 0, 1, 1, 0], "guards"),
    ("keras.losses.BinaryCrossentropy(from_logits=True)", [50.0, -50.0, 0.0, 17.0, -90.0], [0, 1, 1, 1, 0], "tails"),
    ("keras.losses.BinaryFocalCrossentropy(from_logits=True)", [50.0, -50.0, 0.0, 17.0], [0, 1, 1, 0], "tails"),
    ("keras.losses.CategoricalCrossentropy()", [[0.0, 1.0, 0.0], [2.0, 3.0, 5.0]], [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]],
     "guards"),
    ("keras.losses.CategoricalFocalCrossentropy(from_logits=True)", [[50.0, 0.0], [1.0, -40.0]],
     [[0.0, 1.0], [0.0, 1.0]], "guards"),
    ("keras.losses.CategoricalCrossentropy(from_logits=True)", [[1.0, -2.0, 0.5]], [[0.2, 0.2, 0.2]], "Σt ≠ 1"),
    ("keras.losses.CategoricalCrossentropy(from_logits=True, axis=1, label_smoothing=0.1)",
     [[[1.0, 2.0], [0.5, -1.0], [0.0, 3.0]]], [[[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]], "classes of the last axis"),
    ("keras.losses.CategoricalFocalCrossentropy(alpha=[0.5, 1.0, 2.0])", [[0.2, 0.3, 0.5]], [[0.0, 0.4, 0.6]], "alpha"),
    ("keras.losses.SparseCategoricalCrossentropy()", [[2.0, 3.0, 5.0], [0.0, 0.0, 0.0]], [2, 1],
     "clip, then renormalise"),
    ("keras.losses.SparseCategoricalCrossentropy()", [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]], [[2], [1]],
     "a column of labels"),
    ("keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)", [[0.2, 0.8], [0.5, 0.5]], [-1, -1], "all ignored"),
    ("keras.losses.CategoricalGeneralizedCrossEntropy()", [[0.2, 0.8], [0.5, 0.5]], [1, 5], "no such class"),
    ("keras.losses.KLDivergence()", [[0.0, 1.0, 0.5]], [[1.0, 0.0, 0.5]], "guards"),
    ("keras.losses.Poisson()", [0.0, 2.0, 0.5], [1, 0, 3], "added epsilon"),
    ("keras.losses.MeanAbsoluteError()", [1.0, 2.0, 3.0], [1.0, 2.5, 3.0], "no error"),
    ("keras.losses.MeanAbsolutePercentageError()", [1.0, 2.0], [0.0, 4.0], "no target"),
    ("keras.losses.MeanSquaredLogarithmicError()", [-1.0, 0.0, 3.0], [2.0, -1.0, 1e-8], "floor"),
    ("keras.losses.CosineSimilarity()", [[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [0.0, 0.0], [4.0, 3.0]],
     "vectors of length 0"),
    ("keras.losses.Hinge()", [1.0, -1.0, 0.5, 0.0], [1, 0, 1, 0], "kink"),
    ("keras.losses.Hinge()", [1.0, -1.0, 0.5], [1.0, 0.0, -1.0], "0 stays 0 beside −1"),
    ("keras.losses.CategoricalHinge()", [[0.0, 0.0, 0.0], [-1.0, -2.0, 0.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
     "ties"),
    ("keras.losses.Dice()", [0.0, 0.0], [0, 0], "nothing there"),
    ("keras.losses.MeanSquaredError()", [[1.0], [2.0], [4.0]], [1.5, 0.0, 3.0], "a column against a row"),
    ("keras.losses.MeanSquaredError()", [1.5, 0.0, 3.0], [[1.0], [2.0], [4.0]], "a row against a column"),
    ("keras.losses.MeanSquaredError(reduction='none')", [1.5, 0.0, 3.0], [[1.0], [2.0], [4.0]],
     "a row against a column"),
    ("keras.losses.mean_squared_error(target, prediction)", [[1.0], [2.0]], [[1.5, 0.0, 3.0], [0.5, 1.0, -3.0]],
     "grown"),
    ("keras.losses.MeanAbsoluteError(reduction='none')", [1.0, 2.0, 4.0], [[1.5, 0.0, 3.0], [0.5, 1.0, -3.0]], "grown"),
    ("keras.losses.MeanSquaredError()", np.ones((0, 3)), np.ones((0, 3)), "an empty batch"),
    ("keras.losses.BinaryCrossentropy(dtype='float64')", [0.3, 0.0, 1.0], [1, 1, 0], "dtype"),
    ("keras.losses.BinaryCrossentropy(dtype='float16')", [0.3, 0.25, 0.999], [1, 1, 0], "dtype"),
    ("keras.ops.binary_crossentropy(target, prediction)", [[0.3, 0.0], [1.0, 0.6]], [[1.0, 0.0], [0.0, 0.5]], "ops"),
    ("keras.ops.binary_crossentropy(target, prediction, from_logits=True)", [[3.0, -2.0]], [[1.0, 0.0]], "ops"),
    ("keras.ops.categorical_crossentropy(target, prediction)", [[0.3, 0.1], [1.0, 0.6]], [[1.0, 0.0], [0.0, 0.5]],
     "ops"),
    ("keras.ops.categorical_crossentropy(target, prediction, from_logits=True, axis=0)", [[3.0, -2.0]], [[1.0, 0.5]],
     "ops"),
    ("keras.ops.sparse_categorical_crossentropy(target, prediction)", [[0.3, 0.1], [1.0, 0.6]], [1, 0], "ops"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "prediction", "target", "peculiar"), PECULIAR)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_peculiar_to_keras_is_declared(text, prediction, target, peculiar, dtype):
    assert peculiar
    assert misses(adapter, text, {"prediction": prediction, "target": target}, dtype) == []


REMEMBERED = (
    ("BinaryCrossentropy", "keras.ops.sigmoid(prediction)", one_hot),
    ("BinaryFocalCrossentropy", "keras.activations.sigmoid(prediction)", one_hot),
    ("CategoricalCrossentropy", "keras.ops.softmax(prediction, axis=-1)", distribution),
    ("SparseCategoricalCrossentropy", "keras.activations.softmax(prediction)", labels),
)


@pytest.mark.parametrize(("name", "prediction", "target"), REMEMBERED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_logits_behind_an_activation_are_remembered_unless_a_cast_forgets_them(name, prediction, target, dtype):
    inputs = {"prediction": 30.0 * real(5, 7), "target": target(5, 7)}
    text = f"keras.losses.{name}()(target, {prediction})"
    assert misses(adapter, text, inputs, dtype) == []
    whole = declared(text, inputs, dtype)
    assert whole is not None
    assert whole.guard.recovered_logits == (dtype == "float32")


def test_class_indices_pass_through_the_dtype_of_the_class():
    inputs = {"prediction": real(3, 300), "target": np.array([257, 255, 3])}
    text = "keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype='bfloat16')"
    assert misses(adapter, text, inputs, "float32") == []


def test_weights_are_summed_before_they_are_broadcast():
    inputs = {"prediction": real(5, 3, 7), "target": real(5, 3, 7), "sample_weight": unit(5, 1)}
    whole = declared("keras.losses.MeanSquaredError(reduction='mean_with_sample_weight')", inputs)
    assert whole is not None
    assert whole.reduction.denominator == "weights-unbroadcast"


def test_labels_that_would_be_compared_with_every_row_are_no_point():
    inputs = {"prediction": distribution(5, 7), "target": labels(5, 7)[:, None]}
    assert declared("keras.losses.CategoricalGeneralizedCrossEntropy()", inputs) is None
