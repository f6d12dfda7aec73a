"""Whether sides that agree do so everywhere or on these inputs only: no framework is asked."""

import numpy as np
import pytest

from harness.cases import read_case
from harness.explain.standing import PLAIN, as_arrays
from harness.explain.written import as_written
from harness.judge import judge_case
from harness.records import Computed, Key, Verdict

TEXT = """
id: scope
dtype: float32
inputs:
  prediction: [0.3, 0.9, 0.6, 0.5]
  target: [0.0, 1.0, 1.0, 0.0]
  m: [1.0, 1.0, 0.0, 1.0]
gradient: false
sides:
  a: {a}
  b: {b}
"""
SQUARES = "(prediction - target) ** 2"
EVERYWHERE = [
    (f"np.mean({SQUARES})", "np.mean(np.square(target - prediction))"),
    (f"np.sum({SQUARES} * m) / np.sum(m)", f"np.average({SQUARES}, weights=m)"),
    (f"np.sum({SQUARES}) / 4", f"np.mean({SQUARES})"),
]
# Two sides that agree, and the input that parts them.
HERE = [
    (f"np.sum({SQUARES} * m) / np.maximum(np.sum(m), 1)", f"np.mean({SQUARES}, where=m > 0)", "m"),
    (f"np.sum({SQUARES} * m) / (np.sum(m) + 1e-9)", f"np.sum({SQUARES} * m) / np.sum(m)", "m"),
    (f"np.sum({SQUARES} * m) / 3", f"np.sum({SQUARES} * m) / np.sum(m)", "m"),
    ("-np.mean(np.log(prediction))", "-np.mean(np.log(np.clip(prediction, 1e-7, 1 - 1e-7)))", "prediction"),
    ("-np.mean(np.log(prediction + 1e-12))", "-np.mean(np.log(prediction))", "prediction"),
]


def comparison(a, b):
    case = read_case(TEXT.format(a=a, b=b), "scope.yaml")
    seen = {}
    for name, side in case.sides.items():
        value = as_written(side.tree, as_arrays(case.inputs, "float32"), PLAIN, "float32", None).value
        seen[Key("scope", name, "float32")] = Computed(np.asarray(value), None, "float32")
    return judge_case(case, seen).comparisons[0]


@pytest.mark.parametrize(("a", "b"), EVERYWHERE)
def test_what_is_one_loss_agrees_everywhere(a, b):
    found = comparison(a, b)

    assert found.verdict in (Verdict.EQUAL, Verdict.IDENTICAL)
    assert (found.scope, found.parting_input) == ("everywhere", "")


@pytest.mark.parametrize(("a", "b", "name"), HERE)
def test_what_only_agrees_here_comes_with_an_input_that_parts_it(a, b, name):
    found = comparison(a, b)

    assert found.verdict in (Verdict.EQUAL, Verdict.IDENTICAL)
    assert found.scope == "here"
    assert name in found.parting_input


def test_what_is_held_constant_is_no_form_of_evaluation():
    text = TEXT.replace("gradient: false", "gradient: prediction")
    loss = "optax.sigmoid_binary_cross_entropy(prediction, target)"
    focal = "jnp.mean({} ** 2 * " + loss + ")"
    hard = f"(1 - jnp.exp(-{loss}))"
    sides = focal.format(hard), focal.format(f"jax.lax.stop_gradient({hard})")
    case = read_case(text.format(a=sides[0], b=sides[1]), "scope.yaml")
    seen = {}
    for name, side in case.sides.items():
        out = as_written(side.tree, as_arrays(case.inputs, "float32"), PLAIN, "float32", "prediction")
        seen[Key("scope", name, "float32")] = Computed(np.asarray(out.value), np.asarray(out.gradient), "float32")
    value, gradient = judge_case(case, seen).comparisons

    assert value.verdict in (Verdict.EQUAL, Verdict.IDENTICAL)
    assert gradient.verdict == Verdict.UNEXPLAINED
    assert "evaluation" not in {factor.factor for factor in gradient.explanation.factors}
