"""The JSON Schema for editors accepts what the reader accepts, and speaks of the same keys."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness import cases
from harness.case_schema import case_schema
from harness.generators import GENERATORS
from harness.yaml_reader import Listing, Table, read_yaml, resolve

ROOT = Path(__file__).parent.parent
VALIDATOR = Draft202012Validator(case_schema())


def plain(entry):
    """An entry as the lists and dicts that an editor sees."""
    match entry:
        case Table(entries=entries):
            return {key: plain(value) for key, value in entries.items()}
        case Listing(items=items):
            return [plain(item) for item in items]
    return resolve(entry)


def complaints(text):
    return [error.message for error in VALIDATOR.iter_errors(plain(read_yaml(text)))]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(case_schema())

    assert set(case_schema()["properties"]) == set(cases.CASE_KEYS)


@pytest.mark.parametrize("path", sorted((ROOT / "cases").rglob("*.y*ml")), ids=lambda path: path.stem)
def test_every_case_of_ours_fits_the_schema(path):
    assert complaints(path.read_text(encoding="utf-8")) == []


EXAMPLES = {
    "normal": "shape: [3], scale: 2, mean: -1.5, seed: 7",
    "uniform": "shape: [3], low: 0, high: 1, seed: 7",
    "integers": "shape: [3], low: 0, high: 5, seed: 7",
    "one_hot": "labels: [0, 1], classes: 3",
    "softmax": "shape: [3, 5], axis: 0",
    "probabilities": "shape: []",
    "ones": "shape: [3]",
    "zeros": "shape: [3]",
    "full": "shape: [3], value: .inf",
    "linspace": "start: 0, stop: 1, num: 5",
    "arange": "stop: 5, step: 2",
}


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_fits_the_schema(name):
    text = f"id: a\ninputs: {{x: {{{name}: {{{EXAMPLES[name]}}}}}}}\nsides: {{a: x.mean(), b: {{claim: [0.1, '2']}}}}\n"

    assert cases.read_case(text, "").inputs["x"].values.size > 0
    assert complaints(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "id: A b\nsides: {a: x, b: y}\n",
        "id: a\nsides: {a: x}\n",
        "sides: {a: x, b: y}\n",
        "id: a\nsides: {a: x, b: y}\nwy: z\n",
        "id: a\nsides: {a: 0.5, b: y}\n",
        "id: a\nsides: {a: {claim: 1, mode: eager}, b: y}\n",
        "id: a\nsides: {a: {call: x, mode: jit}, b: y}\n",
        "id: a\nsides: {a: x, b: y}\ndtype: float8\n",
        "id: a\nsides: {a: x, b: y}\nprediction_is: logit\n",
        "id: a\nsides: {a: x, b: y}\nexpect: [{between: [a], verdict: equal}]\n",
        "id: a\nsides: {a: x, b: y}\nexpect: [{between: [a, b], verdict: same}]\n",
        "id: a\nsides: {a: x, b: y}\nexpect: [{between: [a, b], verdict: equal, factors: [activaton]}]\n",
        "id: a\ninputs: {x: ['1']}\nsides: {a: x, b: y}\n",
        "id: a\ninputs: {x: {normal: {}}}\nsides: {a: x, b: y}\n",
        "id: a\ninputs: {x: {normal: {shape: [3]}, ones: {shape: [3]}}}\nsides: {a: x, b: y}\n",
    ],
)
def test_an_editor_underlines_what_no_case_may_say(text):
    assert complaints(text) != []
