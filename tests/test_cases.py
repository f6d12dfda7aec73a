"""The strict case reader: what a case becomes, and every way in which it can be malformed, with its place."""

import math
import os
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.cases import load_cases, read_case
from harness.claims import read_claim
from harness.errors import CaseError
from harness.expression import inputs_of, parse
from harness.factors import FACTORS
from harness.generators import MAX_ELEMENTS
from harness.records import BrokenCase, Claim, Expectation, Expression, Known, Verdict
from harness.semantics import STAGES
from harness.sides import MAX_SIDES
from harness.yaml_reader import MAX_BYTES, MAX_DEPTH, decode, read_yaml

CASE = """\
id: squares
inputs:
  prediction: [0.5, 0.25]
  target: [1, 0]
sides:
  a: F.mse_loss(prediction, target)
  b: ((prediction - target) ** 2).mean()
"""


def read(text):
    return read_case(text, "case.yaml")


def found(text):
    """The slug, line and column of what is wrong with a text, or None if it is a case."""
    try:
        read(text)
    except CaseError as error:
        return (error.slug, error.line, error.column) if error.where == "case.yaml" and error.message else error
    return None


def message_of(text):
    with pytest.raises(CaseError) as caught:
        read(text)
    return str(caught.value)


def with_input(value):
    """A case whose one input stands in line 3 from column 6 on."""
    return f"id: a\ninputs:\n  x: {value}\nsides: {{a: x.mean(), b: x.sum()}}\n"


def with_side(value):
    """A case with a side in line 4 from column 6 on."""
    return f"id: a\ninputs: {{prediction: [0.5, 0.25], target: [1, 0]}}\nsides:\n  a: {value}\n  b: prediction.sum()\n"


def input_of(value):
    return read(with_input(value)).inputs["x"]


def claim_of(value):
    return read(with_side(f"{{claim: {value}}}")).sides["a"]


def test_a_case_is_read_into_its_records():
    case = read("""\
id: bce-vs-ce
title: BCELoss and CrossEntropyLoss disagree on the same three numbers
why: >
  The founding puzzle: the formulas differ,
  and not only the formulas.
source: https://example.org/puzzle
inputs:
  prediction: [0.8, 0.2, 0.4]
  target: [1, 0, 0]
prediction_is: probabilities
dtype: [float32, float64]
gradient: true
sides:
  bce: torch.nn.BCELoss()
  by_hand: -(target * np.log(prediction)).mean()
  printed: {claim: 0.3190}
  old: {call: torch.nn.BCELoss(), environment: torch-2.1, mode: compiled}
expect:
  - {between: [bce, by_hand], verdict: explained, factors: [term, reduction.classes], aspect: value, dtype: float64}
  - {between: [bce, printed], verdict: equal}
known:
  - {side: old, status: notyet, reason: 'a bug, see https://example.org/1'}
""")

    assert case.title == "BCELoss and CrossEntropyLoss disagree on the same three numbers"
    assert case.why == "The founding puzzle: the formulas differ, and not only the formulas."
    assert (case.id, case.path, case.line, case.prediction_is) == ("bce-vs-ce", "case.yaml", 1, "probabilities")
    assert (case.source, case.dtypes, case.gradient) == (
        "https://example.org/puzzle",
        ("float32", "float64"),
        "prediction",
    )
    assert case.sides["bce"] == Expression(
        "torch.nn.BCELoss()", parse("torch.nn.BCELoss()(prediction, target)", case.inputs), "torch"
    )
    assert case.sides["by_hand"].framework == "numpy"
    assert (case.sides["old"].environment, case.sides["old"].mode) == ("torch-2.1", "compiled")
    assert isinstance(case.sides["printed"], Claim)
    assert case.expect == (
        Expectation(("bce", "by_hand"), Verdict.EXPLAINED, ("term", "reduction.classes"), "value", "float64", 19),
        Expectation(("bce", "printed"), Verdict.EQUAL, line=20),
    )
    assert case.known == (Known("old", "notyet", "a bug, see https://example.org/1"),)


def test_a_case_needs_an_id_and_two_sides():
    case = read("id: short\nsides: {a: np.log(2), b: 'np.mean([0.7, 0.8])'}\n")

    assert (case.title, case.why, case.dtypes, case.gradient, dict(case.inputs)) == (
        "short",
        "",
        ("float32",),
        None,
        {},
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ("empty-file", 1, 1)),
        ("# nothing\n", ("empty-file", 1, 1)),
        ("- id: a\n", ("not-a-mapping", 1, 1)),
        ("just text\n", ("not-a-mapping", 1, 1)),
        ("id: a\nsides: [a, b\n", ("yaml-syntax", 3, 1)),
        ("id: a: b\n", ("yaml-syntax", 1, 6)),
        ("id: a\nsides:\n  a: 'x\n", ("yaml-syntax", 4, 1)),
        ("id: a\nwhy: @x\n", ("yaml-syntax", 2, 6)),
        ("id: a\nsides:\n\ta: x\n", ("tab", 3, 1)),
        ("id: a\x00\n", ("bad-character", 1, 6)),
        ("id: a\nwhy: é\x07\n", ("bad-character", 2, 7)),
        ("id: a\nwhy: \ud800\n", ("bad-character", 2, 6)),
        ("id: a\n---\nid: b\n", ("multiple-documents", 2, 1)),
        ("id: &a x\n", ("alias", 1, 5)),
        ("id: a\nwhy: *b\n", ("alias", 2, 6)),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", ("alias", 1, 4)),
        ("id: !!python/object/apply:os.system [ls]\n", ("tag", 1, 5)),
        ("id: !!str a\n", ("tag", 1, 5)),
        ("? [id]\n: a\n", ("bad-key", 1, 3)),
        ("id: a\n<<: {b: 1}\n", ("unknown-key", 2, 1)),
        ("id: " + "[" * 100, ("nested-too-deeply", 1, 4 + MAX_DEPTH)),
        ("id: a\nwhy: " + "x" * MAX_BYTES, ("file-too-large", 1, 1)),
        (CASE + "id: b\n", ("duplicate-key", 8, 1)),
        (CASE.replace("target:", "prediction:"), ("duplicate-key", 4, 3)),
        (CASE.replace("  b:", "  a:"), ("duplicate-key", 7, 3)),
        (CASE.replace("id: squares\n", ""), ("missing-key", 1, 1)),
        (CASE.replace("squares", "Squares of 2"), ("bad-name", 1, 5)),
        (CASE.replace("squares", "''"), ("not-a-text", 1, 5)),
        (CASE.replace("sides:", "side:"), ("unknown-key", 5, 1)),
        (CASE.replace("prediction:", "np:"), ("bad-name", 3, 3)),
        (CASE.replace("prediction:", "sum:"), ("bad-name", 3, 3)),
        (CASE.replace("prediction:", "lambda:"), ("bad-name", 3, 3)),
        (CASE.replace("prediction:", "__class__:"), ("bad-name", 3, 3)),
        (CASE.replace("prediction:", "ｎｐ:"), ("bad-name", 3, 3)),
        (CASE.replace("  b:", "  b c:"), ("bad-name", 7, 3)),
        ("id: a\ninputs: [1]\nsides: {a: np.log(1), b: np.log(2)}\n", ("not-a-mapping", 2, 9)),
        ("id: a\nsides: [a, b]\n", ("not-a-mapping", 2, 8)),
        ("id: a\nsides: {a: np.log(2)}\n", ("number-of-sides", 2, 8)),
        ("id: a\nsides:\n" + "".join(f"  s{i}: np.log(2)\n" for i in range(MAX_SIDES + 1)), ("number-of-sides", 3, 3)),
    ],
)
def test_a_malformed_file_is_refused_at_its_place(text, place):
    assert found(text) == place


def test_half_a_million_brackets_are_refused_wherever_libyaml_gives_up():
    assert found("id: " + "[" * 500_000)[0] == "nested-too-deeply"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("wy: x", ("unknown-key", 8, 1)),
        ("title: ''", ("not-a-text", 8, 8)),
        ("title: [a]", ("not-a-text", 8, 8)),
        ("why:", ("not-a-text", 8, 5)),
        ("prediction_is: logit", ("not-allowed", 8, 16)),
        ("dtype: float8", ("not-allowed", 8, 8)),
        ("dtype: [float32, float8]", ("not-allowed", 8, 18)),
        ("dtype: []", ("not-allowed", 8, 8)),
        ("dtype: [float32, float32]", ("not-allowed", 8, 8)),
        ("dtype: {a: b}", ("not-a-list", 8, 8)),
        ("gradient: no", ("bad-gradient", 8, 11)),
        ("gradient: weight", ("bad-gradient", 8, 11)),
        ("gradient: [target]", ("not-a-text", 8, 11)),
        ("expect: {between: [a, b]}", ("not-a-list", 8, 9)),
        ("expect: [equal]", ("not-a-mapping", 8, 10)),
        ("expect:\n  - {between: [a, b]}", ("missing-key", 9, 5)),
        ("expect:\n  - {between: [a, b], verdict: equal, factor: []}", ("unknown-key", 9, 39)),
        ("expect:\n  - {between: [a, c], verdict: equal}", ("unknown-side", 9, 19)),
        ("expect:\n  - {between: [a, a], verdict: equal}", ("bad-pair", 9, 15)),
        ("expect:\n  - {between: [a], verdict: equal}", ("bad-pair", 9, 15)),
        ("expect:\n  - {between: [a, b, a], verdict: equal}", ("bad-pair", 9, 15)),
        ("expect:\n  - {between: a, verdict: equal}", ("not-a-list", 9, 15)),
        ("expect:\n  - {between: [a, b], verdict: same}", ("not-allowed", 9, 32)),
        ("expect:\n  - {between: [a, b], verdict: explained, factors: [activaton]}", ("unknown-factor", 9, 53)),
        ("expect:\n  - {between: [a, b], verdict: explained, factors: [reduction.]}", ("unknown-factor", 9, 53)),
        (
            "expect:\n  - {between: [a, b], verdict: explained, factors: [term, weight.klass]}",
            ("unknown-factor", 9, 59),
        ),
        ("expect:\n  - {between: [a, b], verdict: explained, factors: reduction}", ("not-a-list", 9, 52)),
        ("expect:\n  - {between: [a, b], verdict: equal, aspect: values}", ("not-allowed", 9, 47)),
        ("expect:\n  - {between: [a, b], verdict: equal, dtype: float64}", ("not-allowed", 9, 46)),
        ("known:\n  - {side: a, status: never}", ("missing-key", 9, 5)),
        ("known:\n  - {side: c, status: never, reason: x}", ("unknown-side", 9, 12)),
        ("known:\n  - {side: a, status: soon, reason: x}", ("not-allowed", 9, 23)),
    ],
)
def test_what_a_case_may_not_say_is_refused_at_its_place(lines, place):
    assert found(CASE + lines + "\n") == place


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("'0.5'", ("number-as-text", 3, 6)),
        ('["1e-3", 2]', ("number-as-text", 3, 7)),
        ("[1, nan]", ("number-as-text", 3, 10)),
        ("-inf", ("number-as-text", 3, 6)),
        ("[1_000]", ("number-as-text", 3, 7)),
        ("[1, dog]", ("not-a-number", 3, 10)),
        ("[no, yes]", ("not-a-number", 3, 7)),
        ("[1, ~]", ("not-a-number", 3, 10)),
        ("[1, {a: 2}]", ("not-a-number", 3, 10)),
        ("", ("not-a-number", 3, 5)),
        ("[1e400]", ("number-too-large", 3, 7)),
        ("[9223372036854775808]", ("number-too-large", 3, 7)),
        (f"[{'9' * 5000}]", ("number-too-large", 3, 7)),
        ("[[1, 2], [3]]", ("ragged", 3, 15)),
        ("[1, [2]]", ("ragged", 3, 10)),
        ("[[[1], [2]], [[3], [4, 5]]]", ("ragged", 3, 25)),
        ("{}", ("bad-generator", 3, 6)),
        ("{dtype: int64}", ("bad-generator", 3, 6)),
        ("{ones: {shape: [3]}, zeros: {shape: [3]}}", ("bad-generator", 3, 6)),
        ("{nrmal: {shape: [3]}}", ("unknown-key", 3, 7)),
        ("{normal: {shape: [3], std: 1}}", ("unknown-key", 3, 28)),
        ("{normal: {seed: 1}}", ("missing-key", 3, 15)),
        ("{normal: [3]}", ("not-a-mapping", 3, 15)),
        ("{normal: {shape: 3}}", ("not-a-list", 3, 23)),
        ("{normal: {shape: [3.0]}}", ("not-an-integer", 3, 24)),
        ("{normal: {shape: [-1]}}", ("not-an-integer", 3, 24)),
        ("{normal: {shape: [true]}}", ("not-an-integer", 3, 24)),
        ("{normal: {shape: [100000, 100000]}}", ("bad-generator", 3, 23)),
        ("{normal: {shape: [0, 1000000000000]}}", ("bad-generator", 3, 23)),
        ("{normal: {shape: [1, 1, 1, 1, 1, 1, 1, 1, 1]}}", ("bad-generator", 3, 23)),
        ("{normal: {shape: [3], scale: -1}}", ("bad-generator", 3, 15)),
        ("{normal: {shape: [3], scale: .inf}}", ("not-a-number", 3, 35)),
        ("{normal: {shape: [3], seed: -1}}", ("not-an-integer", 3, 34)),
        ("{integers: {shape: [3]}}", ("missing-key", 3, 17)),
        ("{integers: {shape: [3], high: 0}}", ("bad-generator", 3, 17)),
        ("{integers: {shape: [3], high: 2.5}}", ("bad-generator", 3, 17)),
        ("{one_hot: {classes: 3}}", ("bad-generator", 3, 16)),
        ("{one_hot: {shape: [3], labels: [1], classes: 3}}", ("bad-generator", 3, 16)),
        ("{one_hot: {labels: [0, 3], classes: 3}}", ("bad-generator", 3, 16)),
        ("{one_hot: {labels: [0.5], classes: 3}}", ("bad-generator", 3, 16)),
        ("{one_hot: {labels: [-1], classes: 3}}", ("bad-generator", 3, 16)),
        ("{one_hot: {labels: [4294967296]}}", ("bad-generator", 3, 16)),
        ("{one_hot: {shape: [1000000], classes: 1000000}}", ("bad-generator", 3, 16)),
        ("{one_hot: {shape: []}}", ("bad-generator", 3, 16)),
        ("{one_hot: {shape: [3, 0]}}", ("bad-generator", 3, 16)),
        ("{softmax: {shape: [3], axis: 1}}", ("bad-generator", 3, 16)),
        ("{linspace: {start: 0, stop: 1, num: 0}}", ("not-an-integer", 3, 42)),
        (f"{{linspace: {{start: 0, stop: 1, num: {MAX_ELEMENTS + 1}}}}}", ("bad-generator", 3, 42)),
        ("{arange: {stop: 1000000000}}", ("bad-generator", 3, 15)),
        ("{arange: {stop: 1, step: 0}}", ("bad-generator", 3, 15)),
        ("{values: [0.5], dtype: int64}", ("bad-dtype", 3, 15)),
        ("{values: [300], dtype: uint8}", ("bad-dtype", 3, 15)),
        ("{values: [2], dtype: bool}", ("bad-dtype", 3, 15)),
        ("{values: [1], dtype: int65}", ("not-allowed", 3, 27)),
    ],
)
def test_what_is_no_array_is_refused_at_its_place(value, place):
    assert found(with_input(value)) == place


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("torch.nn.BCELos()", ("unknown-function", 4, 6)),
        ("torch.nn.BCELoss()(predictoin, target)", ("unknown-name", 4, 25)),
        ("mxnet.loss(prediction)", ("unknown-name", 4, 6)),
        ("__import__('os').system('ls')", ("forbidden-name", 4, 6)),
        ("().__class__", ("forbidden-name", 4, 9)),
        ("open('/etc/passwd')", ("unknown-function", 4, 6)),
        ("np.load('x.npy')", ("unknown-function", 4, 6)),
        ("torch.log(jnp.exp(prediction))", ("mixed-frameworks", 4, 6)),
        ("prediction[:, 0", ("bad-expression", 4, 16)),
        ("prediction[1: 2]", ("yaml-syntax", 4, 18)),
        ("'np.log(predicton)'", ("unknown-name", 4, 14)),
        ('"np.log(predicton)"', ("unknown-name", 4, 14)),
        ('"np.log(\\u0070redicton)"', ("unknown-name", 4, 6)),
        ("'F.mse_loss(prediction, target, reduction=''sum'', a=b)'", ("unknown-name", 4, 59)),
        (">-\n    (prediction\n     + targt).mean()", ("unknown-name", 6, 8)),
        (">-\n    (prediction\n\n     + targt).mean()", ("unknown-name", 7, 8)),
        ("|\n    (prediction\n     + targt).mean()", ("unknown-name", 6, 8)),
        ("(prediction\n     + targt).mean()", ("unknown-name", 5, 8)),
        ("'(prediction +\n     targt).mean()'", ("unknown-name", 5, 6)),
        ("0.319", ("bad-side", 4, 6)),
        ("'0.319'", ("bad-side", 4, 6)),
        ("[0.1, 0.2]", ("bad-side", 4, 6)),
        ("", ("not-a-text", 4, 5)),
        ("np.log", ("bad-side", 4, 6)),
        ("np.pi", ("bad-side", 4, 6)),
        ("{call: F.mse_loss(prediction, target)}", ("unknown-key", 4, 36)),
        ("{cal: np.log(prediction)}", ("unknown-key", 4, 7)),
        ("{environment: x}", ("bad-side", 4, 6)),
        ("{call: np.log(prediction), claim: 1}", ("bad-side", 4, 6)),
        ("{call: [a]}", ("not-a-text", 4, 13)),
        ("{call: np.log(prediction), mode: jit}", ("not-allowed", 4, 39)),
        ("{call: np.log(prediction), environment: a b}", ("bad-name", 4, 46)),
        ("{call: np.log(prediction), environment: ../x}", ("bad-name", 4, 46)),
        ("{claim: 1, mode: eager}", ("bad-side", 4, 17)),
        ("{claim: 0.3x}", ("bad-claim", 4, 14)),
        ("{claim: [0.1 0.2]}", ("bad-claim", 4, 15)),
        ("{claim: []}", ("bad-claim", 4, 14)),
        ("{claim: }", ("bad-claim", 4, 14)),
        ("{claim: true}", ("bad-claim", 4, 14)),
        ("{claim: 0x10}", ("bad-claim", 4, 14)),
        ("{claim: 1_000}", ("bad-claim", 4, 14)),
        ("{claim: 1e400}", ("bad-claim", 4, 14)),
        ("{claim: 0e400}", ("bad-claim", 4, 14)),
        (f"{{claim: 1e{'9' * 5000}}}", ("bad-claim", 4, 14)),
        ("{claim: '1e-99999999999999999999'}", ("bad-claim", 4, 14)),
        (f"{{claim: {'1' * 100}}}", ("bad-claim", 4, 14)),
        ("{claim: {value: 1}}", ("bad-claim", 4, 14)),
        ("{claim: '[0.1, 0.2'}", ("bad-claim", 4, 14)),
        ("{claim: '[0.1], 0.2'}", ("bad-claim", 4, 14)),
        ("{claim: '[0.1, ..., 0.2]'}", ("bad-claim", 4, 14)),
        ("{claim: '[[0.1, 0.2], [0.3]]'}", ("ragged", 4, 14)),
        ("{claim: [0.1, [0.2]]}", ("ragged", 4, 20)),
    ],
)
def test_what_is_no_side_is_refused_at_its_place(value, place):
    assert found(with_side(value)) == place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (with_input('["1e-3"]'), "case.yaml:3:7: '1e-3' is text; remove the quotes"),
        (with_input("[1_000]"), "'1_000' is text; remove the underscores"),
        (with_input("1,5"), "'1,5' is text; write the comma as a dot"),
        (with_input("[-Infinity]"), "'-Infinity' is text; write -.inf"),
        (with_side("torch.nn.BCELos()"), "no function 'torch.nn.BCELos'; nearest: torch.nn.BCELoss"),
        (with_side("{call: F.mse_loss(prediction, target)}"), "put the whole text in quotes"),
        (with_side("0.319"), "write {claim: 0.319}"),
        (with_side("np.log(predicton)"), "nearest: prediction; inputs: prediction, target; modules: torch"),
        (CASE + "gradeint: true\n", "nearest: gradient"),
        (CASE + "dtype: float23\n", "nearest: float32; allowed: float64, float32, float16, bfloat16"),
        (CASE + "id: b\n", "the key 'id' is there twice, first in line 1"),
        ("id: a\n\tb: 1\n", "a tab where YAML allows only blanks"),
    ],
)
def test_an_error_says_what_was_found_and_what_to_do(text, said):
    assert said in message_of(text)


@pytest.mark.parametrize(
    ("value", "array", "integral", "dtype"),
    [
        ("2", np.array(2), True, None),
        ("1e-3", np.array(0.001), False, None),
        ("[1, 0]", np.array([1, 0]), True, None),
        ("[1.0, 0]", np.array([1.0, 0.0]), False, None),
        ("[true, false]", np.array([1, 0]), True, None),
        ("[.inf, -.inf, 0x10]", np.array([np.inf, -np.inf, 16.0]), False, None),
        ("[[1, 2, 3], [4, 5, 6]]", np.array([[1, 2, 3], [4, 5, 6]]), True, None),
        ("[]", np.zeros(0, np.int64), True, None),
        ("[[], []]", np.zeros((2, 0), np.int64), True, None),
        ("\n    - [1, -2]\n    - [+3, 007]", np.array([[1, -2], [3, 7]]), True, None),
        ("{values: [1, 2], dtype: int64}", np.array([1, 2]), True, "int64"),
        ("{values: [1, 2], dtype: float16}", np.array([1.0, 2.0]), False, "float16"),
        ("{zeros: {shape: [2, 3]}}", np.zeros((2, 3), np.int64), True, None),
        ("{ones: {shape: []}, dtype: float64}", np.array(1.0), False, "float64"),
        ("{full: {shape: [3], value: 0.5}}", np.array([0.5, 0.5, 0.5]), False, None),
        ("{full: {shape: [2], value: 4}}", np.array([4, 4]), True, None),
        ("{linspace: {start: -1, stop: 1, num: 5}}", np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), False, None),
        ("{arange: {stop: 3}}", np.array([0, 1, 2]), True, None),
        ("{arange: {start: 0.5, stop: 2, step: 0.5}}", np.array([0.5, 1.0, 1.5]), False, None),
        ("{one_hot: {labels: [1, 0], classes: 3}}", np.array([[0, 1, 0], [1, 0, 0]]), True, None),
        ("{one_hot: {labels: [1, 0]}}", np.array([[0, 1], [1, 0]]), True, None),
        ("{normal: {shape: [0, 3]}}", np.zeros((0, 3)), False, None),
    ],
)
def test_an_input_is_the_array_that_is_written(value, array, integral, dtype):
    given_input = input_of(value)

    np.testing.assert_array_equal(given_input.values, array, strict=True)
    assert (given_input.integral, given_input.dtype) == (integral, dtype)


@pytest.mark.parametrize(
    ("value", "array"),
    [
        ("{normal: {shape: [7, 5], scale: 3.0, seed: 0}}", np.random.default_rng(0).normal(0, 3, (7, 5))),
        ("{uniform: {shape: [7], low: -1, seed: 3}}", np.random.default_rng(3).uniform(-1, 1, 7)),
        ("{integers: {shape: [7], high: 5, seed: 1}}", np.random.default_rng(1).integers(0, 5, 7)),
        (
            "{one_hot: {shape: [7], classes: 5, seed: 1}}",
            np.eye(5, dtype=int)[np.random.default_rng(1).integers(0, 5, 7)],
        ),
        ("{one_hot: {shape: [7, 5], seed: 1}}", np.eye(5, dtype=int)[np.random.default_rng(1).integers(0, 5, 7)]),
    ],
)
def test_a_seed_gives_the_numbers_that_numpy_gives_for_it(value, array):
    np.testing.assert_array_equal(input_of(value).values, array)


def test_the_stream_of_random_numbers_is_the_one_it_always_was():
    numbers = input_of("{normal: {shape: [3], seed: 0}}").values

    assert numbers.round(8).tolist() == [0.12573022, -0.13210486, 0.64042265]


def test_without_a_seed_two_inputs_differ_and_each_stays_what_it_is():
    text = "id: a\ninputs: {x: {normal: {shape: [3]}}, y: {normal: {shape: [3]}}}\nsides: {a: x.sum(), b: y.sum()}\n"
    one, other = read(text), read(text)

    assert one.inputs["x"].values.tolist() == other.inputs["x"].values.tolist()
    assert one.inputs["x"].values.tolist() != one.inputs["y"].values.tolist()


def test_probabilities_and_softmax_come_from_the_logits_of_the_same_seed():
    logits = input_of("{normal: {shape: [7, 5], scale: 2.0, seed: 9}}").values
    powers = np.exp(logits)

    np.testing.assert_array_max_ulp(
        input_of("{softmax: {shape: [7, 5], scale: 2.0, seed: 9}}").values, powers / powers.sum(-1, keepdims=True), 8
    )
    np.testing.assert_array_max_ulp(
        input_of("{probabilities: {shape: [7, 5], scale: 2.0, seed: 9}}").values, powers / (1 + powers), 8
    )


@pytest.mark.parametrize(
    ("written", "value", "half_width"),
    [
        ("0.319", 0.319, 5e-4),
        ("0.3190", 0.319, 5e-5),
        ("'0.3190'", 0.319, 5e-5),
        ("-.5", -0.5, 0.05),
        ("16", 16.0, 0.5),
        ("100.", 100.0, 0.5),
        ("1e-3", 0.001, 5e-4),
        ("1.50E+3", 1500.0, 5.0),
        (".inf", math.inf, 0.0),
        ("-inf", -math.inf, 0.0),
        ("'nan'", math.nan, 0.0),
        ("tensor(0.3190)", 0.319, 5e-5),
        ("'tensor(0.3190, grad_fn=<MeanBackward0>)'", 0.319, 5e-5),
        ("'tensor(0.3190, dtype=torch.float64)'", 0.319, 5e-5),
        ("np.float32(0.5)", 0.5, 0.05),
        ("'<tf.Tensor: shape=(), dtype=float32, numpy=0.31>'", 0.31, 0.005),
        ("[0.31, 1e-3]", [0.31, 0.001], [0.005, 0.0005]),
        ("[[0.1], [0.20]]", [[0.1], [0.2]], [[0.05], [0.005]]),
        ("'[0.31 0.120]'", [0.31, 0.12], [0.005, 0.0005]),
        (
            "'array([[0.1, 2. ],\n     [inf, 0.30]], dtype=float32)'",
            [[0.1, 2.0], [math.inf, 0.3]],
            [[0.05, 0.5], [0, 0.005]],
        ),
        ("'tf.Tensor([1.31 0.12], shape=(2,), dtype=float32)'", [1.31, 0.12], [0.005, 0.005]),
        (
            "'<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1.31, 0.12], dtype=float32)>'",
            [1.31, 0.12],
            [0.005, 0.005],
        ),
    ],
)
def test_a_claim_is_as_precise_as_its_digits(written, value, half_width):
    claim = claim_of(written)

    np.testing.assert_array_equal(claim.value, np.array(value, float), strict=True)
    np.testing.assert_array_equal(claim.half_width, np.array(half_width, float), strict=True)


@pytest.mark.parametrize(
    ("inputs", "line", "gradient"),
    [
        ("{prediction: [1], x: [0.5]}", "", "prediction"),
        ("{x: [0.5], y: [1]}", "", "x"),
        ("{x: [0.5], y: [0.5]}", "", "x"),
        ("{u: [0.5], y: [0.5]}", "", "u"),
        ("{u: [0.5], v: [0.5]}", "", None),
        ("{x: [1], y: [1]}", "", None),
        ("{x: [0.5], y: [0.5]}", "gradient: y", "y"),
        ("{x: [0.5], y: [1]}", "gradient: true", "x"),
        ("{prediction: [1], x: [0.5]}", "gradient: x", "x"),
        ("{prediction: [1], x: [0.5]}", "gradient: false", None),
    ],
)
def test_the_gradient_is_by_the_prediction_or_the_only_real_input_or_the_one_named(inputs, line, gradient):
    both = " + ".join(re.findall(r"(\w+):", inputs))
    case = read(f"id: a\ninputs: {inputs}\nsides: {{a: {both}, b: ({both}) * 2}}\n{line}\n")

    assert case.gradient == gradient


@pytest.mark.parametrize(
    ("inputs", "sides", "gradient"),
    [
        ("{u: [0.5], v: [0.5]}", "{a: 'F.mse_loss(v, u)', b: 'F.l1_loss(v, u)'}", "v"),
        ("{u: [0.5], v: [0.5]}", "{a: 'keras.losses.MeanSquaredError()(v, u)', b: '(v - u) ** 2'}", "u"),
        ("{u: [0.5], v: [0.5]}", "{a: 'F.mse_loss(v, u)', b: 'F.l1_loss(u, v)'}", None),
        ("{u: [0.5], w: [0.5]}", "{a: np.log(u), b: np.log(u * w)}", "u"),
    ],
)
def test_the_prediction_is_what_the_calls_read_as_it(inputs, sides, gradient):
    assert read(f"id: a\ninputs: {inputs}\nsides: {sides}\n").gradient == gradient


@pytest.mark.parametrize(
    "lines",
    [
        "inputs: {u: [0.5], v: [0.5]}\ngradient: true",
        "inputs: {x: {values: [1], dtype: int64}}\ngradient: x",
        "gradient: true",
    ],
)
def test_a_gradient_by_nobody_knows_what_is_refused(lines):
    assert found(f"id: a\nsides: {{a: np.log(1), b: np.log(2)}}\n{lines}\n")[0] == "bad-gradient"


@pytest.mark.parametrize(
    "text",
    [
        with_side("{claim: '" + "1" * 400_000 + "x'}"),
        with_side("{claim: 'tensor(" + ", dtype" * 100_000 + "'}"),
        with_side("{claim: '" + "[" * 400_000 + "'}"),
        with_side("{claim: '" + "[" * 400_000 + "]" * 400_000 + "'}"),
        with_side("{claim: '<tf.Tensor:" + "numpy=" * 100_000 + "'}"),
        with_input("'" + "1" * 400_000 + "x'"),
        with_input("[" + "1" * 400_000 + "]"),
        with_input("[" + "[1, 2], " * 50_000 + "[1]]"),
        with_side("x" * 400_000),
        CASE + "x" * 900 + ": 1\n",
        CASE + '"' + "x" * 400_000 + '": 1\n',
        CASE + "title: &" + "x" * 400_000 + " 1\n",
        "{" * 400_000,
        "- " * 400_000,
        "? " * 400_000,
        "a: " + "'" * 400_000,
        "a: " + "!" * 400_000,
    ],
    ids=lambda text: f"{text[-100:][:9]}…{len(text)}",
)
def test_a_hostile_file_is_refused_briefly(text):
    assert len(message_of(text)) < 1100


def test_words_that_are_true_and_false_in_old_yaml_are_texts():
    case = read(
        CASE.replace("  a:", "  no:").replace("  b:", "  yes:") + "title: on\nwhy: 1e-3\nsource: null and void\n"
    )

    assert (case.title, case.why, list(case.sides)) == ("on", "1e-3", ["no", "yes"])


@pytest.mark.parametrize("bare", ["torch.nn.BCELoss()", "F.mse_loss", "F.mse_loss(reduction='sum')"])
def test_a_bare_loss_takes_prediction_and_target_by_role(bare):
    assert inputs_of(read(with_side(bare)).sides["a"].tree) == {"prediction", "target"}


def write(folder, **files):
    for name, content in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def named(name):
    return CASE.replace("squares", name)


def test_a_folder_is_searched_deeply_and_in_order(tmp_path):
    write(tmp_path, b=named("b"), a__z=named("z"), a__b__c=named("c"))
    (tmp_path / "d.yml").write_text(named("d"))
    (tmp_path / "e.txt").write_text("no case")
    write(tmp_path, **{".hidden__f": "no case", ".g": "no case"})
    cases, broken = load_cases([tmp_path])

    assert [case.id for case in cases] == ["c", "z", "b", "d"]
    assert broken == ()


def test_a_malformed_file_never_stops_the_others(tmp_path):
    write(
        tmp_path,
        a=named("a"),
        b="id: bad-one\nsides: [\n",
        c=b"id: c\nwhy: \xc3\xa9\xff\n",
        d=b"x" * (MAX_BYTES + 1),
        e=b"\xff\xfei\x00d\x00",
        f=named("f"),
    )
    cases, broken = load_cases([tmp_path])

    assert [case.id for case in cases] == ["a", "f"]
    assert [(each.path, each.slug, each.line, each.column, each.id) for each in broken] == [
        (str(tmp_path / "b.yaml"), "yaml-syntax", 3, 1, "bad-one"),
        (str(tmp_path / "c.yaml"), "not-utf8", 2, 7, ""),
        (str(tmp_path / "d.yaml"), "file-too-large", 1, 1, ""),
        (str(tmp_path / "e.yaml"), "not-utf8", 1, 1, ""),
    ]


def test_of_two_cases_with_one_id_the_later_is_broken_and_names_both_places(tmp_path):
    write(tmp_path, a=named("same"), b="\n\n" + named("same"))
    cases, broken = load_cases([tmp_path])

    assert [case.path for case in cases] == [str(tmp_path / "a.yaml")]
    assert broken == (
        BrokenCase(
            path=str(tmp_path / "b.yaml"),
            slug="duplicate-id",
            message=f"the id 'same' is taken by {tmp_path / 'a.yaml'}:1; give each case an id of its own",
            line=3,
            column=1,
            id="same",
        ),
    )


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    write(tmp_path, a=named("a"))
    cases, broken = load_cases([tmp_path, tmp_path / "a.yaml", tmp_path / "." / "a.yaml"])

    assert (len(cases), broken) == (1, ())


def test_what_is_no_file_is_a_broken_case(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.yaml").symlink_to(tmp_path / "circle.yaml")
    cases, broken = load_cases([tmp_path, tmp_path / "missing.yaml"])

    assert cases == ()
    assert [each.slug for each in broken] == ["unreadable-file"] * 4


def test_a_byte_order_mark_is_no_part_of_the_case():
    assert read(decode(b"\xef\xbb\xbf" + CASE.encode())).id == "squares"


def test_windows_line_ends_keep_their_lines():
    assert found((CASE + "wy: x\n").replace("\n", "\r\n")) == ("unknown-key", 8, 1)


def test_places_count_characters_and_not_bytes():
    assert found(with_side('"F.mse_loss(é, target)"').replace("id: a", "id: a # 𝕩é")) == ("unknown-name", 4, 18)


def test_no_case_and_no_path_is_no_case():
    assert load_cases([]) == ((), ())


PIECES = st.sampled_from(
    [
        *"\n :-[]{},&*!|>'\"%@`#?~\t0.",
        *(
            "\n  ",
            "id: a\n",
            "inputs:\n",
            "sides:\n",
            "  x: ",
            "claim: ",
            "call: ",
            "expect:\n",
            "between: [a, b]",
            "{normal: ",
        ),
        *(
            "{shape: [3]}",
            "<<: ",
            "---\n",
            "...\n",
            "!!python/name:os.system ",
            "&a ",
            "*a ",
            "1e-3",
            ".inf",
            "no",
            "null",
        ),
        *(
            "torch.nn.BCELoss()",
            "x.log()",
            "é",
            "\x00",
            "\ufeff",
            "\u2028",
            "\x85",
            "gradient: true\n",
            "dtype: float32\n",
        ),
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join)))
@settings(deadline=None)
@example("a: \ufffe")
@example("\x85: a")
@example("a: |9\n")
@example("%YAML 9.9\n--- a")
def test_any_text_is_a_case_or_an_error_with_a_place(text):
    assert found(text) is None or min(found(text)[1:]) >= 1


@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=20).map(lambda p: "".join(p).encode()[1:])))
@settings(deadline=None)
def test_any_bytes_are_a_text_or_an_error_with_a_place(data):
    try:
        decode(data)
        place = (1, 1)
    except CaseError as error:
        place = (error.line, error.column)

    assert min(place) >= 1


SCALARS = st.one_of(PIECES, st.text(max_size=12), st.integers().map(str), st.floats().map(repr))
VALUES = st.recursive(
    SCALARS.map(lambda text: "'" + text.replace("'", "''") + "'" if "'" in text or "\n" in text else text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["claim", "call", "mode", "values", "normal", "shape", "dtype"]), inner, max_size=2
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"),
    ),
    max_leaves=6,
)


@given(VALUES, VALUES, st.sampled_from(["expect", "dtype", "gradient", "known", "prediction_is", "why"]), VALUES)
@settings(deadline=None)
def test_any_values_in_the_form_of_a_case_are_a_case_or_an_error_with_a_place(value, side, key, last):
    text = f"id: a\ninputs:\n  x: {value}\nsides:\n  a: {side}\n  b: x.sum()\n{key}: {last}\n"

    assert found(text) is None or min(found(text)[1:]) >= 1


@given(st.text(st.sampled_from("0123456789.e-+[], naif()tensor\n"), max_size=40))
@settings(deadline=None)
def test_any_text_is_a_claim_or_an_error(text):
    entry = read_yaml("claim: x").entries["claim"]._replace(text=text)
    try:
        claim = read_claim(entry)
        shapes = (claim.value.shape, claim.half_width.shape)
    except CaseError as error:
        shapes = (error.slug, error.slug)

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("activaton", "activation"),
        ("reduction.clases", "reduction.classes"),
        ("weight.klass", "weight.class"),
        ("term.familly", "term.family"),
        ("term.parameters", "term.parameter"),
        ("target.encodings", "target.encoding"),
    ],
)
def test_a_factor_that_cannot_exist_is_refused_with_the_one_that_was_meant(written, meant):
    expectation = f"expect:\n  - {{between: [a, b], verdict: explained, factors: [{written}]}}\n"

    with pytest.raises(CaseError, match=f"no factor is called '{written}'; nearest: {meant};"):
        read_case("id: a\nsides: {a: x, b: y}\ninputs: {x: [1.0], y: [2.0]}\n" + expectation, "")


@pytest.mark.parametrize("factor", [*STAGES, *FACTORS])
def test_every_stage_and_every_factor_can_be_expected(factor):
    expectation = f"expect:\n  - {{between: [a, b], verdict: explained, factors: [{factor}]}}\n"
    case = read_case("id: a\nsides: {a: x, b: y}\ninputs: {x: [1.0], y: [2.0]}\n" + expectation, "")

    assert case.expect[0].factors == (factor,)


UNKNOWN = "id: a\ninputs: {{prediction: [0.1], target: [1]}}\nsides:\n  a: torch.nn.BCELoss()\n  b: {text}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("torch.nn.BCELoss(redution='sum')", "torch.nn.BCELoss has no argument 'redution'; nearest: reduction; it has"),
        ("2 * torch.nn.BCELoss(x=1)(prediction, target)", "torch.nn.BCELoss has no argument 'x'; it has weight"),
        ("torch.nn.BCELoss()(prediction, target, target)", "torch.nn.BCELoss takes at most 2 positional arguments, 3"),
        ("F.mse_loss(prediction, target, axis=1).sum()", "torch.nn.functional.mse_loss has no argument 'axis'"),
        ("keras.losses.Hinge(from_logits=True)", "keras.losses.Hinge has no argument 'from_logits'; it has reduction"),
    ],
)
def test_a_loss_is_called_with_the_arguments_it_has(text, message):
    with pytest.raises(CaseError, match=f"case.yaml:5:6: {re.escape(message)}") as caught:
        read(UNKNOWN.format(text=text))

    assert caught.value.slug == "unknown-argument"


def test_another_release_may_have_other_arguments():
    text = "{call: 'torch.nn.BCELoss(mean=True)', environment: torch-0.1}"

    assert read(UNKNOWN.format(text=text)).sides["b"].environment == "torch-0.1"


@pytest.mark.parametrize("name", ["os:system", "my.module:adapter", "", "../adapter"])
def test_a_side_names_an_adapter_and_no_place_to_import_one_from(name):
    with pytest.raises(CaseError, match=r"case.yaml:5:\d+: adapter is"):
        read(UNKNOWN.format(text=f"{{call: torch.nn.MSELoss(), adapter: '{name}'}}"))


def test_a_side_is_asked_of_the_adapter_it_names():
    read_as = read(UNKNOWN.format(text="{call: torch.nn.MSELoss(), adapter: my_torch}")).sides["b"]

    assert (read_as.framework, read_as.text) == ("my_torch", "torch.nn.MSELoss()")
