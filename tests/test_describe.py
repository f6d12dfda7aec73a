"""Choices in words: what a reader of a report sees of two points."""

import pytest

from harness.explain.choices import KINKS, USUAL_SLOPES, number
from harness.explain.describe import SUBJECTS, choice, stage_table, words_of
from harness.explain.differences import differences
from harness.explain.vocabulary import FAMILIES as NAMED
from harness.expression import parse
from harness.reference.terms import FAMILIES
from harness.semantics import Gradient, Guard, Scale, Semantics, Smoothing, Target, Term, Weight

INPUTS = {"prediction", "target", "w"}


def told(a, b):
    """Every difference of two points as "factor: A's choice → B's choice"."""
    return [f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(a, b)]


def clipped(low, high):
    return Semantics(guard=Guard(clip=(low, high), order=("clip",)))


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (clipped(1e-7, "1-epsilon:1e-07"), "[1e-07, 1 − 1e-07]"),
        (clipped("machine", "1-machine"), "[ε, 1 − ε], ε of the dtype"),
        (clipped("machine:float32", "1-machine:float32"), "[ε, 1 − ε], ε of float32"),
        (clipped(1e-40, None), "at least 1e-40"),
        (clipped(None, 0.5), "at most 0.5"),
        (clipped(0.0, 1.0), "[0, 1]"),
    ],
)
def test_an_interval_is_written_as_people_write_it(point, words):
    assert told(point, Semantics())[0] == f"guard.clip: {words} → none"


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (Gradient(tie=(("abs", 1.0),)), Gradient(), "slope 1 of |x| at 0 → slope 0 of |x| at 0"),
        (Gradient(), Gradient(tie=(("relu", 0.5),)), "slope 0 of max(0, x) at 0 → slope 0.5 of max(0, x) at 0"),
        (
            Gradient(tie=(("softplus", 0.0),)),
            Gradient(),
            "slope 0 of log(1 + eˣ) at 0 → slope 0.5 of log(1 + eˣ) at 0",
        ),
    ],
)
def test_the_slope_at_a_kink_is_told_on_both_sides(a, b, words):
    assert told(Semantics(gradient=a), Semantics(gradient=b)) == [f"gradient.tie: {words}"]


@pytest.mark.parametrize(
    ("family", "given", "words"),
    [
        ("huber", (("delta", 0.5),), "δ = 1 → δ = 0.5"),
        ("hinge", (("margin", 2.0),), "margin 1 → margin 2"),
        ("gaussian-nll", (("full", 1.0),), "without its constant → with its constant"),
        ("cosine", (("distance", 1.0),), "−cosine → 1 − cosine"),
    ],
)
def test_a_parameter_that_one_side_leaves_out_is_told_with_its_usual_value(family, given, words):
    found = told(Semantics(term=Term(family)), Semantics(term=Term(family, parameters=given)))

    assert found == [f"term.parameter: {words}"]


def test_of_several_parameters_those_are_told_that_differ():
    variance = ("variance", parse("w", INPUTS))
    a, b = (
        Semantics(term=Term("gaussian-nll", parameters=given)) for given in ((variance,), (variance, ("full", 1.0)))
    )

    assert told(a, b) == ["term.parameter: without its constant → with its constant"]
    assert choice("term.parameter", ((variance,),)) == "variance = w"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 11, "1/11"),
        (-1 / 3, "-1/3"),
        (0.125, "0.125"),
        (1e-7, "1e-07"),
        (1.0000000116860974e-07, "1e-07 in float32"),
        (2.0**-52, "the machine epsilon of float64"),
        (0.123456789, "0.123456789"),
        (float("-inf"), "-inf"),
        (0.0, "0"),
    ],
)
def test_a_number_is_written_as_somebody_will_have_written_it(value, text):
    assert number(value) == text


def test_a_weight_that_is_wrapped_for_its_framework_is_told_as_its_number():
    weight = Weight(positive=parse("torch.tensor(99.0)", INPUTS))

    assert told(Semantics(), Semantics(weight=weight)) == ["weight.positive: none → 99"]


def test_the_place_of_class_weights_is_told_where_it_is_what_differs():
    w = parse("w", INPUTS)
    places = [Semantics(weight=Weight(klass=w, klass_in=place)) for place in ("target", "terms")]

    assert told(*places) == ["weight.class: w, on whole samples → w, inside the sum over classes"]
    assert told(Semantics(), places[0]) == ["weight.class: none → w"]


def test_an_array_that_is_laid_out_otherwise_is_told_as_it_is_written():
    weights = [Semantics(weight=Weight(sample=parse(text, INPUTS))) for text in ("w", "w[:, None]")]

    assert told(*weights) == ["layout.broadcast: w → w[:, None]"]


def test_a_regression_has_no_row_on_the_outcomes_of_a_class():
    squared, binary = Semantics(term=Term("squared")), Semantics(term=Term(sides="two"))

    assert "term.sides" not in {row[0] for row in stage_table(squared, squared, None)}
    assert ("term.sides", "both outcomes of every element", "one term per element") in stage_table(
        binary, squared, None
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Semantics(target=Target(smoothing=Smoothing("uniform", 0.1))), Semantics()),
        (Semantics(scale=Scale(constant=0.5)), Semantics()),
        (Semantics(target=Target(range=(0.0, 1.0))), Semantics(target=Target(order=(1, 0)))),
    ],
)
def test_no_choice_shows_how_it_is_stored(a, b):
    assert [line for line in told(a, b) if any(sign in line for sign in ("epsilon:", "(", "None"))] == []


def test_the_stage_table_says_how_a_target_is_written():
    indexed = Semantics(target=Target(encoding="index"))

    assert ("target.source", "target: class indices", "target: class indices") in stage_table(indexed, indexed, None)


def test_every_family_and_every_kink_has_a_name():
    assert {*NAMED} == {*FAMILIES}
    assert {*KINKS} == {*USUAL_SLOPES}


def test_a_choice_without_words_of_its_own_is_its_value():
    assert "mode" in SUBJECTS
    assert choice("mode", ("compiled",)) == "compiled"
