"""Scripts for people to paste: each is run in a Python of its own, and must print what the adapter observed."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import samples

from harness.collect.environments import ADAPTERS
from harness.given import as_side
from harness.records import Claim, InputArray
from harness.report.literals import LONGEST_LIST
from harness.report.reproducer import MOST_CHARACTERS, differentiates, reproducer
from harness.report.styles import STYLES

# -(log 0.8 + log 0.8 + log 0.6) / 3, and its derivative.
BINARY, SLOPE = 0.319037, [-0.416667, 0.416667, 0.555556]


def script(text, dtype="float32", mode="eager", **inputs):
    arrays = {"prediction": samples.PREDICTION, "target": samples.TARGET, **inputs}
    side = as_side(text, "side", arrays, None, mode)
    return reproducer(samples.case("example", {"side": side}, inputs=arrays), side, dtype)


def printed(code):
    """The numbers that a script prints, in order."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [float(number) for number in re.findall(r"-?\d+\.\d+", done.stdout)]


@pytest.mark.parametrize(
    ("text", "dtype", "mode"),
    [
        ("torch.nn.BCELoss()", "float32", "eager"),
        ("F.binary_cross_entropy(prediction, target)", "float64", "eager"),
        ("keras.losses.BinaryCrossentropy()", "float32", "eager"),
        ("-tf.reduce_mean(tf.math.log(1 - tf.abs(target - prediction)))", "float32", "compiled"),
        ("-jnp.log(1 - jnp.abs(target - prediction)).mean()", "float64", "compiled"),
    ],
)
def test_a_script_prints_value_and_gradient(text, dtype, mode):
    value, *gradient = printed(script(text, dtype, mode))

    assert value == pytest.approx(BINARY, abs=1e-5)
    assert gradient == pytest.approx(SLOPE, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("-np.log(1 - np.abs(target - prediction)).mean()", "float64"),
        ("-np.log(1 - np.abs(target - prediction)).mean()", "bfloat16"),
        ("sklearn.metrics.log_loss(target, prediction)", "float64"),
        ("scipy.special.kl_div(target, prediction).sum()", "float32"),
    ],
)
def test_a_framework_without_derivatives_prints_the_value(text, dtype):
    assert len(printed(script(text, dtype))) == 1


def test_class_indices_stay_whole_numbers():
    code = script("torch.nn.CrossEntropyLoss()", prediction=InputArray(np.ones((3, 5))))

    assert "target = torch.tensor([1, 0, 0], dtype=torch.int64)" in code


def test_an_input_keeps_the_dtype_that_it_pins():
    pinned = replace(samples.TARGET, dtype="float16")

    assert "dtype=torch.float16)" in script("torch.nn.BCELoss()", target=pinned)


def test_numbers_that_are_none_are_spelled_for_python():
    odd = InputArray(np.array([np.nan, np.inf, -np.inf]))

    assert 'np.array([float("nan"), float("inf"), -float("inf")], dtype=np.float32)' in script(
        "np.sum(prediction)", prediction=odd
    )


def test_only_what_the_side_reads_is_written():
    assert "target" not in script("np.sum(prediction)")


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_inputs_too_long_to_read_are_packed(dtype):
    long = InputArray(np.random.default_rng(0).normal(size=(LONGEST_LIST + 1, 2)))
    code = script("np.abs(prediction).max()", dtype, prediction=long)

    assert "def unpacked(" in code
    assert printed(code) == [pytest.approx(np.abs(long.values).max(), rel=2.0**-7)]


def test_labels_too_long_to_read_are_packed_as_whole_numbers():
    labels = InputArray(np.arange(LONGEST_LIST + 1), integral=True)

    assert '"int64"' in script("np.sum(target)", target=labels)


def test_inputs_too_long_to_paste_have_no_script():
    long = InputArray(np.random.default_rng(0).normal(size=MOST_CHARACTERS))

    assert script("np.sum(prediction)", "float64", prediction=long) == ""


def test_an_operator_of_onnx_is_run_by_the_script_itself():
    code = script("onnx.SoftmaxCrossEntropyLoss(prediction, target)", prediction=InputArray(np.zeros((3, 4))))

    assert printed(code) == [pytest.approx(np.log(4.0), rel=1e-6)]


@pytest.mark.parametrize("text", ["optax.losses.poly_loss_cross_entropy(p, t).sum()", "optax.losses.dice_loss(p, t)"])
def test_a_newer_loss_of_optax_is_called_where_it_is(text):
    p, t = InputArray(np.array([[1.0, 2.0, 0.5]])), InputArray(np.array([[0.0, 1.0, 0.0]]))

    assert "optax.losses." in script(text, p=p, t=t)
    assert len(printed(script(text, p=p, t=t))) == 1


@pytest.mark.parametrize("framework", sorted(ADAPTERS))
def test_every_framework_that_is_asked_can_be_asked_by_a_script(framework):
    assert framework in STYLES


@pytest.mark.parametrize(
    ("value", "remark"),
    [(0.5, "  # it was 0.5"), ([1.0, 2.5], "  # it was [1, 2.5]"), (np.ones((3, 3)), "")],
)
def test_a_script_says_what_was_observed_where_that_is_short(value, remark):
    side = as_side("np.sum(prediction)", "side", {"prediction": samples.PREDICTION}, None)
    case = samples.case("example", {"side": side}, inputs={"prediction": samples.PREDICTION})

    assert f'print("value", value){remark}\n' in reproducer(case, side, "float32", samples.computed(value))


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (samples.BCE, True),
        (samples.KERAS, True),
        (samples.BY_HAND, False),
        (Claim("1", np.ones(()), np.ones(())), False),
    ],
)
def test_a_side_has_a_gradient_or_cannot_have_one(side, expected):
    assert differentiates(side) is expected
