"""Differences in several arrays that are one thing to a person."""

from dataclasses import replace

import pytest

from harness.explain.differences import differences
from harness.explain.joint import core, exchange
from harness.expression import parse
from harness.semantics import Guard, Layout, Semantics, Target, Term, Weight

INPUTS = {"x", "t", "w", "y"}
CLIP = Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",))


def point(prediction, target, **stages):
    trees = parse(prediction, INPUTS), parse(target, INPUTS)
    return Semantics(layout=Layout(trees[0]), target=Target(trees[1]), term=Term(sides="two"), **stages)


@pytest.mark.parametrize(
    ("first", "second", "factor"),
    [
        (("x", "t"), ("t", "x"), "term.direction"),
        (("x[:-1]", "t[1:]"), ("x[:-2]", "t[2:]"), "target.shift"),
        (("x", "t"), ("1 - x", "1 - t"), "guard.clip"),
    ],
)
def test_two_arrays_that_change_together_are_one_factor(first, second, factor):
    a, b = point(*first, guard=CLIP), point(*second, guard=CLIP)
    assert [d.factor for d in differences(a, b)] == [factor]
    assert differences(a, b)[0].throw(a) == b


@pytest.mark.parametrize(
    ("first", "second"),
    [(("x", "t"), ("x", "y")), (("x", "t"), ("y", "w")), (("x[:-1]", "t[1:]"), ("x[:-1]", "t[:-1]"))],
)
def test_arrays_that_are_merely_others_stay_apart(first, second):
    assert exchange(point(*first), point(*second)) is None


def test_outcomes_are_not_exchanged_where_one_of_them_is_weighted():
    a, b = (replace(p, weight=Weight(positive=2.0)) for p in (point("x", "t"), point("1 - x", "1 - t")))
    assert exchange(a, b) is None


def test_weights_along_another_axis_are_a_matter_of_broadcasting():
    a, b = (point("x", "t", weight=Weight(sample=parse(w, INPUTS))) for w in ("w", "w[:, None]"))
    assert [d.factor for d in differences(a, b)] == ["layout.broadcast"]


def test_floors_are_guards_and_the_other_parameters_are_the_terms():
    a = Semantics(term=Term("cosine", parameters=(("floor", 1e-8),)))
    b = Semantics(term=Term("cosine", parameters=(("floor", 1e-4), ("floor_on_square", 1.0))))
    assert [d.factor for d in differences(a, b)] == ["guard.floor", "term.parameter"]


@pytest.mark.parametrize(
    "text", ["w", "w[:, None]", "w[None]", "w.unsqueeze(1)", "w.reshape(-1, 1)", "w.view(1, -1)[0:, None]"]
)
def test_axes_that_are_added_leave_the_array_what_it_is(text):
    assert core(parse(text, INPUTS)) == (
        parse("w", INPUTS) if "0:" not in text else parse("w.view(1, -1)[0:, None]", INPUTS)
    )
