"""What other people's test suites call. NumPy is the framework here, since it starts at once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.errors import CaseError
from harness.records import Verdict

ROOT = Path(__file__).parent.parent
SUM = "-(target * np.log(prediction)).sum()"
MEAN = "-(target * np.log(prediction)).mean()"
ARRAYS = {"prediction": [0.8, 0.2, 0.4], "target": [1, 0, 0]}


def squared(prediction, target):
    return ((prediction - target) ** 2).sum()


def absolute(prediction, target):
    return np.abs(prediction - target).sum()


def test_an_explanation_can_be_read():
    assert "A and B differ in one convention, reduction" in str(harness.explain(SUM, MEAN, **ARRAYS))


def test_an_explanation_can_be_worked_with():
    found = harness.explain(SUM, MEAN, **ARRAYS)

    assert [each.verdict for each in found.comparisons] == [Verdict.EXPLAINED]
    assert found.to_dict()["comparisons"][0]["verdict"] == "explained"
    assert found.to_dict()["sides"]["B"]["expression"] == MEAN


def test_an_explanation_shows_itself_in_a_notebook():
    assert "loss-harness" in harness.explain(SUM, MEAN, **ARRAYS)._repr_html_()


def test_printed_digits_are_a_side():
    assert harness.explain(SUM, "0.2231", **ARRAYS).comparisons[0].verdict is Verdict.EQUAL


def test_further_inputs_go_by_their_names():
    found = harness.explain("(w * prediction).sum()", "(prediction * w).sum()", w=[1.0, 2.0, 4.0], **ARRAYS)

    assert found.comparisons[0].verdict in {Verdict.IDENTICAL, Verdict.EQUAL}


def test_what_is_equivalent_passes():
    harness.assert_equivalent(SUM, "-np.sum(target * np.log(prediction))", **ARRAYS)
    harness.assert_equivalent(squared, squared, **ARRAYS)


@pytest.mark.parametrize(("a", "b"), [(SUM, MEAN), (squared, absolute), (SUM, "np.log(prediction[7])")])
def test_what_is_not_equivalent_fails_with_the_explanation(a, b):
    with pytest.raises(AssertionError, match="A and B "):
        harness.assert_equivalent(a, b, **ARRAYS)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_dtype_is_the_one_that_is_asked_in(dtype):
    assert harness.explain(SUM, MEAN, dtype=dtype, **ARRAYS).comparisons[0].dtype == dtype


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": "np.lgo(prediction)"}, "A:1:"),
        ({"b": "open('/etc/passwd')"}, "B:1:1"),
        ({"dtype": "float8"}, "dtype is 'float8'; allowed: float64, float32"),
        ({"gradient": "w"}, "no input called 'w'; the inputs are prediction, target"),
        ({"prediction": ["a"]}, "prediction holds <U1; give real numbers"),
        ({"prediction": [[1], [1, 2]]}, "NumPy cannot read prediction as an array"),
        ({"prediction": [1j]}, "prediction holds complex128"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(change, said):
    with pytest.raises(CaseError) as error:
        harness.explain(**{"a": SUM, "b": MEAN, **ARRAYS, **change})

    assert said in str(error.value)


def test_whole_numbers_may_be_class_indices():
    found = harness.explain(
        "-np.log(prediction)[np.arange(3), target].mean()",
        "-np.log(prediction)[np.arange(3), target].sum() / 3",
        prediction=np.full((3, 5), 0.2),
        target=np.array([0, 4, 2]),
    )

    assert found.comparisons[0].verdict in {Verdict.IDENTICAL, Verdict.EQUAL}


def test_explain_is_the_function_whatever_was_imported_first():
    script = "import harness.explain.pair, harness; from harness import explain; print(harness.explain.__name__)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("explain\n", "")


def test_importing_the_package_loads_nothing():
    script = "import sys, harness; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"numpy", "click", "rich", "jinja2", "execnet"} & {*done.stdout.split()} == set()


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match=r"it has Explained, Identified, .*explain"):
        harness.explian  # noqa: B018


def test_an_input_that_a_function_takes_by_its_name_is_read():
    def weighted(prediction, target, weight=None):
        return (prediction * target * weight).sum()

    harness.assert_equivalent(
        weighted, "(prediction * target * weight).sum()", **ARRAYS, weight=np.array([1.0, 2.0, 3.0]), gradient=False
    )


def test_the_public_names_are_seen_before_they_are_loaded():
    script = "import harness; print([name for name in dir(harness) if not name.startswith('_')] == harness.__all__)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"


def returns_nothing(prediction, target):
    np.mean(prediction - target)


def divides_by_zero(prediction, target):
    return helper(prediction - target)


def helper(error):
    return error.sum() + 1 / (error.size - 3)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (returns_nothing, ["A cannot be asked: it returns None (is a return missing?), and no number or array"]),
        (
            divides_by_zero,
            [
                "A raised ZeroDivisionError: ",
                "test_library.py:",
                "in divides_by_zero: return helper(prediction - target)",
                "in helper: return error.sum() + 1 / (error.size - 3)",
            ],
        ),
    ],
)
def test_a_function_that_does_not_compute_says_where(loss, said):
    with pytest.raises(AssertionError) as caught:
        harness.assert_equivalent(loss, SUM, **ARRAYS)

    assert [part for part in said if part not in " ".join(str(caught.value).split())] == []
