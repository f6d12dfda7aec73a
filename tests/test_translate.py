"""Translation and remedies, each run in the real frameworks: what is shown agrees, and what cannot be said is refused."""

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from harness.adapters.base import Request, dtype_of, rounded
from harness.adapters.evaluate import observe
from harness.cases import load_cases
from harness.catalog import APIS, index_inputs
from harness.errors import CaseError
from harness.explain.points import facts_for, point_of
from harness.explain.translate import call_of, remedy, suitable, translate, with_remedies
from harness.expression import framework_of, inputs_of, parse
from harness.findings import Proof, Verdict
from harness.judge import judge_case
from harness.records import Computed, Expression, InputArray, Key, Unsupported

PUZZLES = Path(__file__).parent.parent / "cases" / "puzzles"

pytestmark = pytest.mark.filterwarnings("ignore")


def probe(side, inputs, dtype, gradient):
    """The frameworks of this process."""
    adapter = import_module(f"harness.adapters.{side.framework}").adapter
    read = {name: inputs[name] for name in inputs_of(side.tree)}
    index = index_inputs(side.tree, read)
    given = {n: replace(a, values=rounded(a.values, dtype_of(n, a, dtype, index))) for n, a in read.items()}
    return observe(adapter, Request(side.tree, given, dtype, side.mode, gradient, index))


@cache
def translated(text, to, targets=""):
    given = {"target": TARGETS[targets]} if targets else {}
    tree, inputs = suitable(text, given)
    return translate(tree, to, inputs, probe)


rng = np.random.default_rng(3)
TARGETS = {
    "binary": InputArray(rng.integers(0, 2, (7, 5)), integral=True),
    "index": InputArray(np.array([0, 3, 4, 1, 2, 2, 0]), integral=True),
    "distribution": InputArray(rng.dirichlet(np.ones(5), 7)),
}

# One call of each loss: the two spellings of one loss have one row in the catalog.
OWN = {
    (api.framework, api.family, api.declare): api for api in APIS.values() if not api.path.startswith("sklearn._")
}.values()


@pytest.mark.parametrize("api", OWN, ids=lambda api: api.path)
def test_a_call_can_be_said_in_its_own_framework(api):
    found = translated(call_of(api), api.framework)

    assert found.verified, found


# What people port, and how it is said there.
PAIRS = (
    ("torch.nn.BCEWithLogitsLoss()", "keras", "", "keras.losses.BinaryCrossentropy(from_logits=True)(target, prediction)"),
    ("torch.nn.BCEWithLogitsLoss()", "jax", "", "optax.sigmoid_binary_cross_entropy(prediction, target).mean()"),
    ("keras.losses.BinaryCrossentropy(from_logits=True)", "torch", "", "F.binary_cross_entropy_with_logits(prediction, target)"),
    ("torch.nn.CrossEntropyLoss()", "keras", "index",
     "keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100)(target, prediction)"),
    ("torch.nn.CrossEntropyLoss()", "keras", "distribution",
     "keras.losses.CategoricalCrossentropy(from_logits=True)(target, prediction)"),
    ("torch.nn.CrossEntropyLoss()", "jax", "index", "optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()"),
    ("torch.nn.CrossEntropyLoss(weight=w)", "keras", "index",
     ('keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100, reduction="mean_with_sample_weight")'
     "(target, prediction, sample_weight=keras.ops.take(w, target))")),
    ("torch.nn.CrossEntropyLoss(label_smoothing=0.1)", "keras", "distribution",
     "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(target, prediction)"),
    ("tf.nn.weighted_cross_entropy_with_logits(target, prediction, w)", "torch", "",
     'F.binary_cross_entropy_with_logits(prediction, target, reduction="none", pos_weight=w)'),
    ("tf.nn.sparse_softmax_cross_entropy_with_logits(target, prediction)", "torch", "",
     'F.cross_entropy(prediction, target, reduction="none")'),
    ("keras.losses.Huber(delta=0.5)", "torch", "", "F.huber_loss(prediction, target, delta=0.5)"),
    ("torch.nn.HuberLoss()", "jax", "", "optax.huber_loss(prediction, target).mean()"),
    ("torch.nn.MSELoss()", "keras", "", "keras.losses.MeanSquaredError()(target, prediction)"),
    ("torch.nn.MSELoss()", "sklearn", "", "sklearn.metrics.mean_squared_error(target, prediction)"),
    ("keras.losses.MeanAbsoluteError()", "torch", "", "F.l1_loss(prediction, target)"),
    ("optax.sigmoid_focal_loss(prediction, target, gamma=1.5).mean()", "keras", "",
     "keras.losses.BinaryFocalCrossentropy(gamma=1.5, from_logits=True)(target, prediction)"),
    ("optax.log_cosh(prediction, target).mean()", "keras", "", "keras.losses.LogCosh()(target, prediction)"),
    ("torch.nn.CrossEntropyLoss(ignore_index=2)", "onnx", "index",
     "onnx.SoftmaxCrossEntropyLoss(prediction, target, ignore_index=2)"),
    ("torch.nn.PoissonNLLLoss()", "tensorflow", "",
     "tf.reduce_mean(tf.nn.log_poisson_loss(target, prediction))"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "to", "targets", "code"), PAIRS)
def test_a_known_pair_is_found(text, to, targets, code):
    found = translated(text, to, targets)

    assert found.verified
    assert found.code == code


@pytest.mark.parametrize("text", ["torch.nn.BCELoss()", "torch.nn.KLDivLoss(reduction='batchmean')", "torch.nn.SmoothL1Loss()",
                                  "keras.losses.Dice()", "keras.losses.CategoricalHinge()", "torch.nn.GaussianNLLLoss()(prediction, target, variance)"])  # fmt: skip
def test_an_elementwise_loss_can_always_be_written_out_in_numpy(text):
    found = translated(text, "numpy")

    assert found.verified
    assert framework_of(parse(found.code, {"prediction", "target", "variance"})) == "numpy"


REFUSED = (
    ("torch.nn.BCEWithLogitsLoss()", "onnx", "onnx"),
    ("keras.losses.Dice()", "sklearn", "dice"),
    ("torch.nn.MultiLabelMarginLoss()", "keras", "multilabel-margin"),
)


@pytest.mark.parametrize(("text", "to", "word"), REFUSED)
def test_what_has_no_counterpart_is_refused_by_name(text, to, word):
    found = translated(text, to)

    assert not found.verified
    assert not found.code
    assert word in str(found)
    assert str(found).startswith(f"cannot be expressed in {to}, because")


def test_a_guard_that_the_other_side_has_not_is_said_with_the_input_that_shows_it():
    found = translated("torch.nn.BCELoss()", "keras")

    assert found.code == "keras.losses.BinaryCrossentropy()(target, prediction)"
    assert any(words.startswith("guard.clip") and "prediction = " in words for words in found.missing)


def test_a_framework_that_contradicts_its_table_is_not_believed():
    tree, inputs = suitable("torch.nn.MSELoss()")

    def off_by_a_percent(side, *asked):
        seen = probe(side, *asked)
        return seen if side.framework == "torch" else Computed(seen.value * 1.01, seen.gradient, seen.dtype)

    found = translate(tree, "keras", inputs, off_by_a_percent)

    assert not found.verified
    assert not found.code
    assert "was run, and its value is another" in found.missing[0]


def test_a_gradient_of_another_size_refutes_a_translation():
    tree, inputs = suitable("torch.nn.MSELoss()")

    def steeper(side, *asked):
        seen = probe(side, *asked)
        return seen if side.framework == "torch" else Computed(seen.value, seen.gradient * 1.01, seen.dtype)

    assert not translate(tree, "keras", inputs, steeper).verified


def test_without_the_framework_nothing_is_shown():
    tree, inputs = suitable("torch.nn.MSELoss()")

    found = translate(
        tree,
        "keras",
        inputs,
        lambda side, *asked: probe(side, *asked) if side.framework == "torch" else Unsupported("absent"),
    )

    assert not found.code


def test_an_unknown_framework_is_named():
    tree, inputs = suitable("torch.nn.MSELoss()")

    with pytest.raises(CaseError, match="no framework is called 'caffe'"):
        translate(tree, "caffe", inputs, probe)


def judged(name):
    cases, broken = load_cases([PUZZLES / f"{name}.yaml"])
    assert not broken
    (case,) = cases
    sides = {n: s for n, s in case.sides.items() if isinstance(s, Expression)}
    seen = {Key(case.id, n, d): probe(s, case.inputs, d, case.gradient) for n, s in sides.items() for d in case.dtypes}
    (finding,) = with_remedies([judge_case(case, seen)], probe)
    return {c.between: c for c in finding.comparisons if c.aspect == "value" and c.dtype == case.dtypes[0]}


# Puzzle, the sides, and what the remedy of one of them must contain.
REMEDIES = (
    ("bce-vs-ce", ("bce", "ce"), "log_softmax"),
    ("ce-on-probabilities", ("api", "text"), "F.nll_loss(torch.log(prediction), target)"),
    ("pos-weight", ("tensorflow", "torch"), 'torch.nn.BCEWithLogitsLoss(reduction="none", pos_weight=w)'),
    ("imbalanced", ("unweighted", "pos-weight"), "torch.nn.BCEWithLogitsLoss("),
    ("class-weight-denominator", ("torch", "formula"), "weight=w"),
    ("ce-vs-kl", ("ce", "kl"), "log_softmax"),
    ("categorical-in-torch", ("with-index", "keras"), "from_logits=True"),
)


@pytest.mark.parametrize(
    ("puzzle", "between", "words"), REMEDIES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_remedy_of_a_puzzle_was_run_and_agrees(puzzle, between, words):
    why = judged(puzzle)[between].explanation

    assert why.remedy is not None
    assert why.remedy.verified
    assert words in why.remedy.expression
    assert why.proofs.framework == Proof.PASSED


def test_what_agrees_gets_no_remedy():
    found = judged("sparse-vs-one-hot")

    assert all(c.explanation.remedy is None for c in found.values() if c.verdict != Verdict.EXPLAINED)


def test_the_smallest_change_is_of_an_argument():
    _, inputs = suitable("torch.nn.MSELoss()")
    texts = (
        "torch.nn.MSELoss()(prediction, target)",
        "keras.losses.MeanSquaredError(reduction='sum')(target, prediction)",
    )
    sides = [Expression(text, tree := parse(text, inputs), framework_of(tree)) for text in texts]
    points = tuple(point_of(side.tree, facts_for(inputs, "float32", "prediction")) for side in sides)

    found = remedy(sides[0], sides[1], points, inputs, "float32", "prediction", probe)

    assert found is not None
    assert re.search(r"reduction=|sum", found.expression)
