"""Every declared point of tf.nn and tf.compat.v1.losses against TensorFlow: value and gradient inside the bound."""

from itertools import product

import numpy as np
import pytest
from catalog_check import declared, misses

from harness.adapters.tensorflow import adapter
from harness.catalog import APIS, complete, index_inputs
from harness.expression import parse
from harness.records import InputArray
from harness.syntax import Input

SHAPES = ((7,), (5, 3), (3, 5, 7))
ALL = ("float64", "float32", "float16", "bfloat16")
V1 = "tf.compat.v1.losses"
REDUCTIONS = ("NONE", "SUM", "MEAN", "SUM_OVER_BATCH_SIZE", "SUM_BY_NONZERO_WEIGHTS", "SUM_OVER_NONZERO_WEIGHTS")

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


def counts(*shape):
    return rng.integers(0, 9, shape)


def labels(*shape):
    return rng.integers(0, shape[-1], shape[:-1])


# Call, prediction, target.
LOSSES = (
    ("tf.nn.sigmoid_cross_entropy_with_logits()", real, unit),
    ("tf.nn.weighted_cross_entropy_with_logits(pos_weight=2.5)", real, binary),
    ("tf.nn.softmax_cross_entropy_with_logits()", real, distribution),
    ("tf.nn.softmax_cross_entropy_with_logits(axis=0)", real, unit),
    ("tf.nn.sparse_softmax_cross_entropy_with_logits()", real, labels),
    ("tf.nn.log_poisson_loss()", real, counts),
    ("tf.nn.log_poisson_loss(compute_full_loss=True)", real, counts),
    ("tf.nn.l2_loss()", real, real),
    ("tf.nn.compute_average_loss(tf.nn.sigmoid_cross_entropy_with_logits(target, prediction))", real, unit),
    (f"{V1}.log_loss()", unit, unit),
    (f"{V1}.log_loss(epsilon=1e-3)", unit, binary),
    (f"{V1}.sigmoid_cross_entropy()", real, binary),
    (f"{V1}.sigmoid_cross_entropy(label_smoothing=0.1)", real, unit),
    (f"{V1}.softmax_cross_entropy()", real, unit),
    (f"{V1}.softmax_cross_entropy(label_smoothing=0.1)", real, distribution),
    (f"{V1}.sparse_softmax_cross_entropy()", real, labels),
    (f"{V1}.hinge_loss()", real, binary),
    (f"{V1}.huber_loss(delta=0.7)", real, real),
    (f"{V1}.absolute_difference()", real, real),
    (f"{V1}.mean_squared_error()", real, real),
    (f"{V1}.cosine_distance(axis=-1)", distribution, distribution),
    (f"{V1}.cosine_distance(axis=0)", unit, real),
)


def test_every_loss_of_the_catalog_has_a_row():
    names = {row[0].partition("(")[0].replace("tf.", "tensorflow.", 1) for row in LOSSES}
    assert {path for path in APIS if path.startswith("tensorflow.")} == names


@pytest.mark.parametrize(("text", "prediction", "target"), LOSSES, ids=[row[0] for row in LOSSES])
def test_value_and_gradient_are_those_of_tensorflow(text, prediction, target):
    found = []
    for shape, dtype in product(SHAPES, ALL):
        found += misses(adapter, text, {"prediction": prediction(*shape), "target": target(*shape)}, dtype)
    assert found == []


WEIGHTS = {
    "scalar": "weights=2.0",
    "nothing": "weights=0.0",
    "some are 0": "weights=w",
    "one a sample": "weights=column",
    "negative": "weights=-1.5",
}
V1_LOSSES = tuple(row for row in LOSSES if row[0].startswith(V1) and "axis=0" not in row[0])


@pytest.mark.parametrize(("text", "prediction", "target"), V1_LOSSES, ids=[row[0] for row in V1_LOSSES])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_and_reductions_are_those_of_tensorflow(text, prediction, target, weights):
    per_sample = "softmax" in text
    shape = (5,) if per_sample else (5, 1) if "cosine" in text else (5, 3)
    inputs = {
        "prediction": prediction(5, 3),
        "target": target(5, 3),
        "w": rng.choice([0.0, 0.5, 2.0], shape),
        "column": rng.choice([0.0, 0.5, 2.0], (5,) if per_sample else (5, 1)),
    }
    arguments = text.partition("(")[2].rstrip(")")
    found = []
    for reduction, dtype in product(REDUCTIONS, ("float64", "float32")):
        options = [arguments, WEIGHTS[weights], f"reduction={V1}.Reduction.{reduction}"]
        call = f"{text.partition('(')[0]}({', '.join(option for option in options if option)})"
        found += misses(adapter, call, inputs, dtype)
    assert found == []


# Text, inputs, and what is peculiar about it.
PECULIAR = (
    ("tf.nn.sigmoid_cross_entropy_with_logits()",
     {"prediction": [50.0, -50.0, 0.0, 90.0], "target": [0.0, 1.0, 0.3, 1.0]}, "tails"),
    ("tf.nn.weighted_cross_entropy_with_logits(pos_weight=3.0)",
     {"prediction": [0.0, 0.0, 0.0], "target": [0.0, 1.0, 0.5]}, "wrong slope at a logit of 0"),
    ("tf.nn.weighted_cross_entropy_with_logits(pos_weight=w)",
     {"prediction": [[0.5, -1.0, 2.0]], "target": [[0.0, 1.0, 0.5]], "w": [[1.0], [2.0]]}, "weights that enlarge"),
    ("tf.nn.softmax_cross_entropy_with_logits()", {"prediction": [[1.0, -2.0, 0.5]], "target": [[0.2, 0.2, 0.2]]},
     "Σt ≠ 1"),
    ("tf.nn.softmax_cross_entropy_with_logits()", {"prediction": [[50.0, -50.0], [0.0, 1.0]], "target": [0.25, 0.75]},
     "one target for all"),
    ("tf.nn.sparse_softmax_cross_entropy_with_logits()",
     {"prediction": [[float("-inf"), 0.0, 1.0], [90.0, 0.0, -90.0]], "target": [1, 2]}, "−∞ beside the label"),
    (f"{V1}.log_loss()", {"prediction": [0.0, 1.0, 0.0, 1.0, 0.5], "target": [1, 0, 0, 1, 1]}, "added epsilon"),
    (f"{V1}.hinge_loss()", {"prediction": [1.0, -1.0, 0.5], "target": [1, 0, 0]}, "kink"),
    (f"{V1}.huber_loss()", {"prediction": [1.0, 2.0, 0.0], "target": [0.0, 1.0, 0.0]}, "at delta and at 0"),
    (f"{V1}.absolute_difference()", {"prediction": [1.0, 2.0], "target": [1.0, 1.0]}, "no error"),
    (f"{V1}.sparse_softmax_cross_entropy(weights=w)",
     {"prediction": [[0.0, 1.0], [2.0, 3.0]], "target": [[0], [1]], "w": [[2.0], [0.5]]}, "columns"),
    (f"{V1}.mean_squared_error(reduction='weighted_mean', weights=2.0)",
     {"prediction": [1.0, 2.0], "target": [3.0, 0.0]}, "a reduction by its text"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "inputs", "peculiar"), PECULIAR)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_peculiar_to_tensorflow_is_declared(text, inputs, peculiar, dtype):
    assert peculiar
    assert misses(adapter, text, inputs, dtype) == []


AVERAGED = (
    ("tf.nn.softmax_cross_entropy_with_logits(target, prediction)", ""),
    ("tf.nn.softmax_cross_entropy_with_logits(target, prediction)", ", sample_weight=w"),
    ("tf.nn.softmax_cross_entropy_with_logits(target, prediction)", ", sample_weight=w, global_batch_size=20"),
    ("tf.nn.sigmoid_cross_entropy_with_logits(target, prediction)", ", global_batch_size=0"),
    ("keras.losses.mean_squared_error(target, prediction)", ", sample_weight=w"),
)


@pytest.mark.parametrize(("loss", "options"), AVERAGED)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_average_over_replicas_divides_by_samples(loss, options, dtype):
    inputs = {"prediction": real(5, 3), "target": unit(5, 3), "w": unit(5)}
    assert misses(adapter, f"tf.nn.compute_average_loss({loss}{options})", inputs, dtype) == []


def test_regressions_compute_in_float32_and_cross_entropies_only_add_up_in_it():
    inputs = {"prediction": real(5, 3), "target": unit(5, 3)}
    regression = declared(f"{V1}.mean_squared_error()", inputs, "float64")
    entropy = declared(f"{V1}.sigmoid_cross_entropy()", inputs, "float64")
    assert regression is not None
    assert entropy is not None
    assert (regression.precision.input, regression.precision.accumulation) == ("float32", None)
    assert (entropy.precision.input, entropy.precision.accumulation) == (None, "float32")


def test_a_bare_loss_takes_the_weights_of_the_case_where_it_has_some():
    tree = complete(parse(f"{V1}.log_loss", {"prediction"}), {"prediction", "target", "sample_weight"})
    assert dict(tree.kwargs) == {
        "labels": Input("target"),
        "predictions": Input("prediction"),
        "weights": Input("sample_weight"),
    }


def test_sparse_labels_are_given_as_integers_and_dense_ones_are_not():
    arrays = {
        "prediction": InputArray(np.zeros((2, 3))),
        "target": InputArray(np.array([1, 2]), integral=True),
    }
    sparse = complete(parse("tf.nn.sparse_softmax_cross_entropy_with_logits", arrays), arrays)
    dense = complete(parse("tf.nn.sigmoid_cross_entropy_with_logits", arrays), arrays)
    assert index_inputs(sparse, arrays) == {"target"}
    assert index_inputs(dense, arrays) == frozenset()
