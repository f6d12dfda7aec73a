"""Scripts for people to paste: each is run in a Python of its own, and must print what the adapter observed."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import samples

from harness.given import as_side
from harness.records import Claim, InputArray
from harness.report.reproducer import MOST_ELEMENTS, differentiates, reproducer

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


def test_inputs_too_long_to_paste_have_no_script():
    assert script("np.sum(prediction)", prediction=InputArray(np.ones(MOST_ELEMENTS + 1))) == ""


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
