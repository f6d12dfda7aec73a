"""The declared points of scikit-learn, ONNX and scipy.stats against themselves; none of them has derivatives."""

from itertools import product

import numpy as np
import pytest
from catalog_check import declared, misses

from harness.adapters import numpy, onnx, sklearn
from harness.catalog import complete
from harness.expression import parse

DTYPES = ("float64", "float32", "float16")
WEIGHTS = ("", ", sample_weight=w")
REDUCTIONS = ("", ", reduction='sum'", ", reduction='none'")

# log_loss warns of rows whose sum is not 1, which is meant here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")

rng = np.random.default_rng(0)
START = rng.bit_generator.state


@pytest.fixture(autouse=True)
def same_numbers_in_every_order():
    rng.bit_generator.state = START


def unit(*shape):
    return rng.uniform(0.01, 0.99, size=shape)


def distribution(*shape):
    x = rng.gamma(1.0, size=shape)
    return x / x.sum(-1, keepdims=True)


def wrong(adapter, text, inputs):
    return [miss for dtype in DTYPES for miss in misses(adapter, text, inputs, dtype, wrt=None)]


BINARY = np.array([0, 1, 1, 0, 0, 1, 1])
CLASSES = np.array([0, 1, 2, 3, 4, 2, 1])
SURE = np.array([0, 1, 0, 0.3, 0.6, 0.9, 1.0])


@pytest.mark.parametrize("normalize", ["", ", normalize=False"])
@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize(
    ("prediction", "target", "labels"),
    [
        (SURE, BINARY, ""),
        (SURE, BINARY * 2 - 1, ""),
        (SURE, BINARY + 4, ""),
        (SURE, BINARY * 0 + 1, ", labels=[0, 1]"),
        (SURE[:, None], BINARY, ""),
        ("rows", CLASSES, ""),
        ("rows", CLASSES + 3, ""),
        ("rows", CLASSES * 0 + 2, ", labels=[0, 1, 2, 3, 4]"),
        ("rows", np.eye(5, dtype=int)[CLASSES] | np.eye(5, dtype=int)[CLASSES[::-1]], ""),
        ("sharp", CLASSES, ""),
        ("unnormalised", CLASSES, ""),
    ],
)
def test_log_loss_reads_any_labels_and_divides_by_the_weights(prediction, target, labels, weight, normalize):
    rows = {"rows": distribution(7, 5), "sharp": np.eye(5)[::-1][CLASSES], "unnormalised": unit(7, 5)}
    given = rows[prediction] if isinstance(prediction, str) else prediction
    text = f"sklearn.metrics.log_loss(target, prediction{weight}{normalize}{labels})"

    assert wrong(sklearn.adapter, text, {"prediction": given, "target": target, "w": unit(7)}) == []


def test_log_loss_still_takes_its_prediction_by_the_old_name():
    inputs = {"prediction": SURE, "target": BINARY}

    assert wrong(sklearn.adapter, "sklearn.metrics.log_loss(target, y_pred=prediction)", inputs) == []


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize(
    ("shape", "target", "labels"),
    [
        ((7,), BINARY, ""),
        ((7,), BINARY * 2 - 1, ""),
        ((7,), BINARY + 5, ""),
        ((7,), BINARY * 0 + 1, ""),
        ((7, 5), CLASSES, ""),
        ((7, 5), CLASSES * 2 - 3, ""),
        ((7, 5), CLASSES % 2, ", labels=[0, 1, 2, 3, 4]"),
    ],
)
def test_hinge_loss_takes_the_larger_label_for_positive_and_a_single_one_for_negative(shape, target, labels, weight):
    inputs = {"prediction": rng.normal(size=shape) * 3, "target": target, "w": unit(7)}

    assert wrong(sklearn.adapter, f"sklearn.metrics.hinge_loss(target, prediction{weight}{labels})", inputs) == []


@pytest.mark.parametrize("half", ["", ", scale_by_half=True", ", scale_by_half=False"])
@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize(
    ("shape", "target", "positive"),
    [
        ((7,), BINARY, ""),
        ((7,), BINARY * 2 - 1, ""),
        ((7,), BINARY * 0 + 1, ""),
        ((7,), BINARY, ", pos_label=0"),
        ((7,), BINARY * 2 + 1, ", pos_label=3"),
        ((7, 5), CLASSES, ""),
        ((7, 2), BINARY, ""),
    ],
)
def test_brier_score_sums_over_classes_and_halves_two_of_them(shape, target, positive, weight, half):
    prediction = unit(7) if len(shape) == 1 else distribution(*shape)
    inputs = {"prediction": prediction, "target": target, "w": unit(7)}
    text = f"sklearn.metrics.brier_score_loss(target, prediction{weight}{half}{positive})"

    assert wrong(sklearn.adapter, text, inputs) == []


REGRESSIONS = (
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_log_error",
    "mean_pinball_loss",
)  # fmt: skip


@pytest.mark.parametrize("name", REGRESSIONS)
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((7,), ""),
        ((7,), ", sample_weight=w"),
        ((7,), ", multioutput='raw_values'"),
        ((7, 5), ""),
        ((7, 5), ", sample_weight=w"),
        ((7, 5), ", multioutput='raw_values'"),
        ((7, 5), ", multioutput=v"),
        ((7, 5), ", sample_weight=w, multioutput=v"),
    ],
)
def test_regression_losses_weigh_samples_and_outputs(name, shape, options):
    inputs = {"prediction": unit(*shape) * 5, "target": unit(*shape) * 5, "w": unit(7), "v": unit(5)}

    assert wrong(sklearn.adapter, f"sklearn.metrics.{name}(target, prediction{options})", inputs) == []


def test_the_quantile_of_the_pinball_loss_is_its_alpha():
    inputs = {"prediction": unit(7), "target": unit(7)}

    assert wrong(sklearn.adapter, "sklearn.metrics.mean_pinball_loss(target, prediction, alpha=0.9)", inputs) == []


def test_a_percentage_of_zero_is_one_of_machine_epsilon_and_in_float16_infinite():
    inputs = {"prediction": unit(5), "target": [0, 1, -2, 1e-20, 3]}

    assert wrong(sklearn.adapter, "sklearn.metrics.mean_absolute_percentage_error(target, prediction)", inputs) == []


@pytest.mark.parametrize(
    "text",
    [
        "sklearn.metrics.log_loss(target, rows, labels=[3, 4, 5, 6, 7])",
        "sklearn.metrics.hinge_loss(target, rows, labels=[3, 4, 5, 6, 7])",
        "sklearn.metrics.mean_squared_error(rows, rows, sample_weight=w, multioutput='raw_values')",
        "scipy.stats.entropy(rows, axis=None)",
        "scipy.stats.entropy(rows, keepdims=True)",
    ],
)
def test_what_is_no_point_of_the_space_is_declared_as_none(text):
    assert declared(text, {"target": CLASSES + 3, "rows": distribution(7, 5), "w": unit(7)}) is None


@pytest.mark.parametrize("operator", ["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"])
@pytest.mark.parametrize("weight", ["", ", w"])
@pytest.mark.parametrize("shape", [(7, 5), (3, 5, 7)])
def test_onnx_counts_what_is_kept_and_wraps_negative_labels(operator, weight, shape):
    for ignored, reduction in product(("", ", ignore_index=1", ", ignore_index=-1"), REDUCTIONS):
        target = rng.integers(0, 5, size=(*shape[:1], *shape[2:]))
        target.flat[0], target.flat[1] = -1 if "-1" in ignored else -2 if not ignored else 0, 1
        inputs = {"prediction": rng.normal(size=shape) * 3, "target": target, "w": unit(5)}

        assert wrong(onnx.adapter, f"onnx.{operator}(prediction, target{weight}{ignored}{reduction})", inputs) == []


def test_everything_ignored_is_nan_in_onnx():
    inputs = {"prediction": unit(3, 5), "target": [1, 1, 1]}

    assert wrong(onnx.adapter, "onnx.SoftmaxCrossEntropyLoss(prediction, target, ignore_index=1)", inputs) == []


def test_a_bare_operator_of_onnx_takes_its_inputs_by_name():
    inputs = {"prediction": unit(7, 5), "target": CLASSES, "w": unit(5)}
    names = inputs.keys()
    bare, whole = "onnx.SoftmaxCrossEntropyLoss(weights=w)", "onnx.SoftmaxCrossEntropyLoss(prediction, target, w)"

    assert declared(bare, inputs) == declared(whole, inputs)
    assert wrong(onnx.adapter, bare, inputs) == []
    assert complete(parse(whole, names), names) == parse(whole, names)


@pytest.mark.parametrize("options", ["", ", base=2", ", axis=-1", ", base=10, axis=0"])
@pytest.mark.parametrize(
    ("arguments", "prediction", "target"),
    [
        ("prediction", [0, 0.5, 0.5], [0.0]),
        ("target", [0.0], [0.3, 0.3, 1.4]),
        ("target, prediction", [0.2, 0.3, 0.1], [0.5, 0.25, 0.25]),
        ("target, prediction", [0, 0, 1.0, 2], [0, 0.3, 0.3, 0.4]),
        ("prediction, target", [0, 0, 0.5], [0, 1.0, 1]),
        ("prediction, target", [0.2, 0.1, 0.5], [0, 1.0, 1]),
        ("prediction, target", [[0.2, 0.1], [0.5, 1], [2, 3]], [[0.5, 1], [2, 3], [7, 0.5]]),
    ],
)
def test_scipy_entropy_is_a_divergence_of_two_normalised_arrays(arguments, prediction, target, options):
    inputs = {"prediction": prediction, "target": target}

    assert wrong(numpy.adapter, f"scipy.stats.entropy({arguments}{options})", inputs) == []


def test_the_array_called_prediction_is_the_prediction_of_an_entropy_in_either_place():
    inputs = {"prediction": unit(3), "target": unit(3)}
    forward = declared("scipy.stats.entropy(target, prediction)", inputs)
    reverse = declared("scipy.stats.entropy(prediction, target)", inputs)

    assert forward.layout == reverse.layout
    assert (forward.term.direction, reverse.term.direction) == ("forward", "reverse")
