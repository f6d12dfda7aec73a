"""`harness identify`, and `harness.identify` behind it. NumPy is the framework here, since it starts at once."""

import json
import random

import numpy as np
import pytest
from click.testing import CliRunner

import harness
from harness.cli import main
from harness.errors import CaseError
from harness.records import Verdict

RNG = np.random.default_rng(11)
LOGITS, LABELS = RNG.normal(size=(5, 3)), np.array([0, 1, 2, 1, 0])
P, T = np.array([0.1, 0.6, 0.3, 0.7]), np.array([1.0, 0.0, 1.0, 0.0])
PRINTED = ("--prediction", "[[1, 2], [2, 1], [1, 1]]", "--target", "[0, 1, 1]")
PROBABLE = ("--prediction", "[0.8, 0.2, 0.4]", "--target", "[1, 0, 0]")


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def entropy(prediction, target):
    return -log_softmax(prediction)[np.arange(len(target)), target]


def focal(prediction, target):
    ce = entropy(prediction, target)
    return ((1 - np.exp(-ce)) ** 2.5 * ce).mean()


def squared(prediction, target):
    return ((prediction - target) ** 2).mean()


def absolute(prediction, target):
    return np.abs(prediction - target).sum()


def noisy(prediction, target):
    return squared(prediction, target) + random.random()  # noqa: S311


class Counting:
    calls = 0

    def __call__(self, prediction, target):
        self.calls += 1
        return squared(prediction, target) * (1 + self.calls // 40)


def subtracting(prediction, target):
    prediction -= target
    return (prediction**2).mean()


def nowhere(prediction, target):
    return np.log(-1 - (prediction - target) ** 2).sum()


def refusing(prediction, target):
    raise ValueError(f"no loss of {len(prediction)} and {len(target)} today")


def wave(prediction, target):
    return np.sin(prediction * target).sum()


def run(*arguments):
    return CliRunner().invoke(main, ["identify", *arguments])


def test_a_function_is_identified_and_can_be_worked_with():
    found = harness.identify(focal, prediction=LOGITS, target=LABELS)

    assert found.semantics.modulation.focal == 2.5
    assert found.formula.text == str(found.formula)
    assert "softmax" in found.formula.latex
    assert found.formula.mathml.startswith("<math")
    assert found.calls <= 200
    assert abs(found.evaluate(LOGITS[::-1], LABELS) - focal(LOGITS[::-1], LABELS)) < 1e-12
    assert "modulation.focal" in [name for name, *_ in found.nearest[0].differences]
    assert "modulation.focal   2.5" in str(found)
    assert "<math" in found._repr_html_()
    assert json.loads(json.dumps(found.to_dict()))["stages"]["modulation.focal"] == "2.5"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (noisy, "Not deterministic"),
        (Counting(), "Keeps state"),
        (nowhere, "Gives no finite number"),
        (refusing, "Raises ValueError: no loss of 4 and 4 today"),
        (wave, "leaves the space of conventions at term"),
    ],
)
def test_what_is_no_loss_of_the_space_gets_a_word_and_no_formula(function, said):
    found = harness.identify(function, prediction=P, target=T)

    assert found.semantics is None
    assert said in " ".join(str(found).split())


def test_a_function_that_changes_its_arguments_is_told_of():
    found = harness.identify(subtracting, prediction=P, target=T)

    assert found.semantics is not None
    assert "It changes its arguments in place." in str(found)


@pytest.mark.parametrize("ask", [lambda found: found.evaluate(P, T), lambda found: found.expression(to="torch")])
def test_nothing_can_be_done_with_what_was_not_identified(ask):
    with pytest.raises(CaseError) as error:
        ask(harness.identify(refusing, prediction=P, target=T))

    assert error.value.slug == "not-identified"


@pytest.mark.parametrize(
    ("function", "batch", "constant"),
    [
        (lambda p, t: ((p - t) ** 2).sum() / 4, "sum", 0.25),
        (lambda p, t: ((p - t) ** 2).sum() / len(p), "mean", 1.0),
        (lambda p, t: ((p - t) ** 2).mean() * 3, "mean", 3.0),
    ],
)
def test_a_mean_is_told_from_a_sum_that_is_divided_by_the_size_of_this_batch(function, batch, constant):
    found = harness.identify(function, prediction=P, target=T)

    assert (found.semantics.reduction.batch, found.semantics.scale.constant) == (batch, constant)


def test_what_grows_with_the_root_of_the_batch_is_outside_the_space():
    found = harness.identify(lambda p, t: ((p - t) ** 2).sum() / len(p) ** 0.5, prediction=P, target=T)

    assert (found.semantics, found.found.left_at) == (None, "reduction")


def test_a_function_for_one_size_of_batch_is_said_to_be_one():
    def five(prediction, target):
        return -log_softmax(prediction)[np.arange(5), target].mean()

    found = harness.identify(five, prediction=LOGITS, target=LABELS)

    assert found.semantics is not None
    assert any("batches of another size" in choice for choice in found.undetermined)


def test_two_functions_that_differ_are_explained_like_catalog_calls():
    found = harness.explain(squared, absolute, prediction=P, target=T)

    (comparison,) = found.comparisons
    assert comparison.verdict is Verdict.EXPLAINED
    assert {f.factor for f in comparison.explanation.factors} == {"term.family", "reduction.batch"}
    assert "A was identified" in str(found)
    assert "<math" in found._repr_html_()
    assert "What A computes" in found.page()


def test_a_function_that_is_not_identified_leaves_the_difference_unexplained():
    found = harness.explain(wave, squared, prediction=P, target=T)

    assert [each.verdict for each in found.comparisons] == [Verdict.UNEXPLAINED]
    assert "A was not identified" in str(found)


@pytest.mark.parametrize(
    ("claim", "column", "reading"),
    [
        ("[0.31326166, 0.12692805, 0.31326166]", "prediction[:, 0]", "every label 1"),
        ("[1.3132616, 0.12692805, 0.31326166]", "prediction[:, 0]", "column 0 of the prediction"),
    ],
)
def test_the_printed_numbers_of_the_founding_puzzles_come_out(claim, column, reading):
    done = run("--claim", claim, *PRINTED)

    assert done.exit_code == 0
    assert column in done.output
    assert reading in done.output


def test_few_digits_leave_rivals_and_an_input_that_parts_them():
    found = harness.identify("0.3", prediction=[0.8, 0.2, 0.4], target=[1, 0, 0])

    assert found.rivals
    assert all(rival.parted for rival in found.rivals)
    assert "these numbers cannot tell it from" in str(found)


def test_digits_that_nothing_gives_are_said_to_be_such():
    found = harness.identify("71.2345678", prediction=[0.8, 0.2, 0.4], target=[1, 0, 0])

    assert found.semantics is None
    assert "None of the readings" in str(found)


@pytest.mark.parametrize(("printed", "prediction"), [("inf", [0.0, 0.5]), ("nan", [0.0, 0.5])])
def test_what_is_no_finite_number_may_have_been_printed(printed, prediction):
    targets = {"inf": [1.0, 0.0], "nan": [0.0, 1.0]}[printed]

    assert harness.identify(printed, prediction=prediction, target=targets).semantics is not None


def test_an_expression_is_asked_of_its_framework():
    done = run("-(target * np.log(prediction)).sum()", *PROBABLE, "--json")

    assert done.exit_code == 0
    assert json.loads(done.output)["stages"]["reduction.batch"] == "sum"


def test_a_function_is_imported_only_when_that_is_allowed(tmp_path, monkeypatch):
    (tmp_path / "my_losses.py").write_text("def halved(p, t):\n    return ((p - t) ** 2).mean() / 2\n", "utf-8")
    monkeypatch.chdir(tmp_path)

    assert run("my_losses:halved", *PROBABLE).exit_code == 2
    done = run("--allow-import", "my_losses:halved", *PROBABLE)
    assert (done.exit_code, "0.5 mean over elements" in done.output) == (0, True)


@pytest.mark.parametrize("given", [[], ["0.5", "--claim", "0.5"]])
def test_one_thing_is_identified_at_a_time(given):
    done = run(*given, *PROBABLE)

    assert (done.exit_code, "name one thing to identify" in done.output) == (2, True)


def test_the_exit_code_says_whether_it_was_identified():
    assert run("np.sin(prediction * target).sum()", *PROBABLE).exit_code == 1


def test_printed_numbers_that_nothing_stands_against_are_said_to_come_from_something():
    found = harness.explain(
        "-(target * np.log(prediction)).sum()",
        "[1.3132616, 0.12692805, 0.31326166]",
        prediction=[[1, 2], [2, 1], [1, 1]],
        target=[0, 1, 1],
    )

    (comparison,) = found.comparisons
    assert comparison.verdict is Verdict.INCOMPARABLE
    assert "B is what this gives: " in comparison.message
    assert "prediction[:, 0]" in comparison.message


def test_an_identified_loss_is_written_in_another_framework_and_was_run_against_the_original():
    found = harness.identify(lambda p, t: 3 * ((p - t) ** 2).sum(), prediction=P, target=T).expression(to="numpy")

    assert found.verified
    assert str(found) == found.code
    same = harness.explain(found.code, lambda p, t: 3 * ((p - t) ** 2).sum(), prediction=P, target=T)
    assert same.comparisons[0].verdict in {Verdict.IDENTICAL, Verdict.EQUAL}
