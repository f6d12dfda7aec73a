"""Every factor: what it must explain, and what it must not claim. No framework: the reference answers for both sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.explain.describe import SUBJECTS
from harness.explain.differences import DETAILS
from harness.explain.pair import Question, Standing, explain_pair
from harness.explain.standing import PLAIN, reference
from harness.factors import FACTORS
from harness.findings import Proof
from harness.records import Verdict
from harness.reference.arithmetic import quantise
from harness.reference.evaluate import evaluate, inputs_as
from harness.semantics import (
    Activation,
    Gradient,
    Guard,
    Layout,
    Modulation,
    Precision,
    Reduction,
    Semantics,
    Smoothing,
    Target,
    Term,
    Weight,
    with_choice,
)  # fmt: skip
from harness.syntax import Binary, Index, Input, Literal, Slice

RNG = np.random.default_rng(7)
INPUTS = {
    "prediction": RNG.normal(0.0, 2.0, (5, 3)),
    "probabilities": RNG.dirichlet(np.ones(3), 5),
    "edges": np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.7, 0.3], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]]),
    "target": np.array([0, 2, 1, 1, 0]),
    "next": np.array([2, 1, 1, 0, 2]),
    "dense": RNG.dirichlet(np.ones(3), 5),
    "hard": np.eye(3)[[0, 2, 1, 1, 0]],
    "missed": np.eye(3)[[1, 2, 0, 1, 0]],
    "tied": np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5], [0.0, 0.0, 1.5], [1.0, 2.0, 0.0], [0.5, 0.25, 0.0]]),
    "zeros": np.zeros((5, 3)),
    "scores": RNG.uniform(0.5, 3.0, (5, 3)),
    "multi_hot": np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]]),
    "w": np.array([0.7, 0.3, 2.0]),
    "sample": np.array([1.0, 0.5, 2.0, 1.5, 0.25]),
    "positive": np.array([2.0, 3.0, 0.5]),
}
CE = Semantics(
    layout=Layout(class_axis=1),
    target=Target(encoding="index"),
    activation=Activation(("softmax",)),
    reduction=Reduction("sum", "mean"),
)
DENSE = replace(CE, target=Target(Input("dense")))
BCE = Semantics(target=Target(Input("hard")), activation=Activation(("sigmoid",)), term=Term(sides="two"))
PROBABILITIES = Semantics(
    layout=Layout(Input("edges"), class_axis=1), target=Target(Input("missed")), reduction=Reduction("sum", "mean")
)
REAL = Semantics(target=Target(Input("dense")), term=Term("squared"))
ROWS = with_choice(REAL, "reduction", classes="mean")
HIT = Semantics(
    Layout(Input("zeros")), Target(Input("zeros")), term=Term("squared"), reduction=Reduction("sum", root="each")
)
TIED = Semantics(layout=Layout(Input("tied")), target=Target(Input("zeros")), term=Term("absolute"))
WEIGHTED = replace(CE, weight=Weight(klass=Input("w"), klass_in="target"))
CLAMPED = replace(PROBABILITIES, guard=Guard(clamp=-100.0, order=("clamp",)))
CLIPPED = replace(PROBABILITIES, guard=Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",)))

UNNORMALISED = replace(PROBABILITIES, layout=Layout(Input("scores"), class_axis=1))
MULTI_HOT = replace(CE, target=Target(Input("multi_hot")))

# Factor, side A's point, side B's point, aspect. Each pair differs in what the factor names and in nothing else.
EXPLAINS = [
    ("layout.prediction", CE, replace(CE, layout=replace(CE.layout, prediction=Input("tied"))), "value"),
    ("layout.class_axis", CE, replace(CE, layout=replace(CE.layout, softmax_axis=0)), "value"),
    ("target.source", CE, replace(CE, target=replace(CE.target, source=Input("next"))), "value"),
    ("target.smoothing", CE, replace(CE, target=replace(CE.target, smoothing=Smoothing("uniform", 0.1))), "value"),
    ("target.range", DENSE, replace(DENSE, target=replace(DENSE.target, range=(0.2, 1.0))), "value"),
    ("target.order", CE, replace(CE, target=replace(CE.target, order=(2, 0, 1))), "value"),
    ("activation", CE, replace(CE, activation=Activation(("softmax", "softmax"))), "value"),
    ("activation.temperature", CE, replace(CE, activation=Activation(("softmax",), 2.0)), "value"),
    ("guard.clip", CLIPPED, replace(CLIPPED, guard=Guard(clip=("epsilon:1e-06", "1-epsilon:1e-06"), order=("clip",))), "value"),
    ("guard.clamp", CLAMPED, replace(CLAMPED, guard=Guard(clamp=-50.0, order=("clamp",))), "value"),
    ("guard.added_epsilon", replace(PROBABILITIES, guard=Guard(added_epsilon=1e-7, order=("added_epsilon",))),
     replace(PROBABILITIES, guard=Guard(added_epsilon=1e-5, order=("added_epsilon",))), "value"),
    ("guard.renormalise", UNNORMALISED, replace(UNNORMALISED, guard=Guard(renormalise=True, order=("renormalise",))), "value"),
    ("term.sides", BCE, with_choice(BCE, "term", sides="one"), "value"),
    ("term.family", REAL, with_choice(REAL, "term", family="absolute"), "value"),
    ("term.family", DENSE, with_choice(DENSE, "term", family="kl"), "value"),
    ("term.parameter", with_choice(REAL, "term", family="huber"), with_choice(REAL, "term", family="huber", parameters=(("delta", 0.5),)), "value"),
    ("term.added", CE, replace(CE, plus=(replace(BCE, reduction=Reduction()),)), "value"),
    ("modulation.focal", BCE, replace(BCE, modulation=Modulation(focal=2.0)), "value"),
    ("modulation.poly", CE, replace(CE, modulation=Modulation(poly=2.0)), "value"),
    ("modulation.z_loss", CE, replace(CE, modulation=Modulation(z_loss=1e-4)), "value"),
    ("weight.positive", BCE, replace(BCE, weight=Weight(positive=Input("positive"))), "value"),
    ("weight.class", CE, WEIGHTED, "value"),
    ("weight.sample", CE, replace(CE, weight=Weight(sample=Input("sample"))), "value"),
    ("weight.mask", CE, replace(CE, weight=Weight(mask=1)), "value"),
    ("reduction.classes", DENSE, with_choice(DENSE, "reduction", classes="mean"), "value"),
    ("reduction.batch", CE, with_choice(CE, "reduction", batch="sum"), "value"),
    ("reduction.batch", BCE, with_choice(BCE, "reduction", batch="sum"), "value"),
    ("reduction.denominator", WEIGHTED, with_choice(WEIGHTED, "reduction", denominator="weights"), "value"),
    ("reduction.microbatches", CE, with_choice(CE, "reduction", microbatches=(2, 3)), "value"),
    ("reduction.root", REAL, with_choice(REAL, "reduction", root="whole"), "value"),
    ("reduction.root", with_choice(ROWS, "reduction", root="whole"), with_choice(ROWS, "reduction", root="each"), "value"),
    ("guard.floor", with_choice(REAL, "reduction", root="whole"), with_choice(replace(REAL, term=Term("squared", parameters=(("under_root", 0.01),))), "reduction", root="whole"), "value"),
    ("scale.constant", REAL, with_choice(REAL, "scale", constant=0.5), "value"),
    ("scale.sign", CE, with_choice(CE, "scale", sign=-1), "value"),
    ("scale.log_base", CE, with_choice(CE, "scale", log_base=2.0), "value"),
    ("scale.offset", CE, with_choice(CE, "scale", offset=1.0), "value"),
    ("precision.input", CE, replace(CE, precision=Precision("bfloat16")), "value"),
    ("gradient.tie", TIED, replace(TIED, gradient=Gradient(tie=(("abs", 1.0),))), "gradient"),
    ("gradient.clip", CLIPPED, replace(CLIPPED, gradient=Gradient(clip="through")), "gradient"),
    ("gradient.closed_form", MULTI_HOT, replace(MULTI_HOT, gradient=Gradient(closed_form="normalised-target")), "gradient"),
]  # fmt: skip
NAMES = [f"{row[0]}-{i}" for i, row in enumerate(EXPLAINS)]


def standing(name: str, point: Semantics, dtype: str, wrt: str, times: float = 1.0) -> Standing:
    """A side that returns the point's own numbers, rounded to the dtype, times `times`."""
    inputs = inputs_as(INPUTS, dtype)
    out = evaluate(point, inputs, PLAIN, dtype, wrt)
    value, gradient = (quantise(np.asarray(a) * times, dtype) for a in (out.value, out.gradient))
    return Standing(name, value, gradient, point, reference(point, inputs, dtype, wrt))


def wrt_of(point: Semantics) -> str:
    """The input that the point reads as its prediction."""
    node = point.layout.prediction
    assert isinstance(node, Input)
    return node.name


def compared(a: Semantics, b: Semantics, aspect: str = "value", dtype: str = "float32", times: float = 1.0):
    """B against A, B's numbers multiplied by `times`."""
    question = Question(inputs_as(INPUTS, dtype), dtype, wrt_of(a))
    return explain_pair(standing("a", a, dtype, wrt_of(a)), standing("b", b, dtype, wrt_of(a), times), aspect, question)


# Differences that a row of DETAILS is called in some cases: see `differences` and `joint`.
RENAMED = {"target.encoding", "target.bad_index", "target.shift"}


def test_the_factors_that_a_case_may_expect_are_those_that_an_explanation_may_name():
    names = [name for name, _ in DETAILS]

    assert [name for name in FACTORS if name not in RENAMED] == names
    assert {*FACTORS} - {*names} == RENAMED
    assert {*SUBJECTS} == {*FACTORS}


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_one_convention_is_one_factor(factor, a, b, aspect, dtype):
    comparison = compared(a, b, aspect, dtype)

    assert [factor] == [f.factor for f in comparison.explanation.factors]
    assert comparison.verdict == Verdict.EXPLAINED
    assert comparison.explanation.proofs.residual == Proof.PASSED


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
def test_a_factor_does_not_claim_what_its_point_does_not_give(factor, a, b, aspect):
    # 1 % is inside the envelope of bfloat16, whose unit is 2⁻⁸.
    comparison = compared(a, b, aspect, times=1.5 if factor.startswith("precision") else 1.01)

    assert comparison.verdict == Verdict.UNEXPLAINED, factor
    assert "b" in comparison.explanation.blame


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
def test_shares_and_steps_leave_the_same_residual(factor, a, b, aspect):
    comparison = compared(a, b, aspect)
    explanation, gap = comparison.explanation, comparison.divergence.gap

    for amounts in ([f.share for f in explanation.factors], [f.step for f in explanation.factors]):
        assert gap == pytest.approx(sum(amounts) + explanation.residual, abs=np.spacing(abs(gap)) * 4), factor


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
def test_swapping_the_sides_negates_the_shares(factor, a, b, aspect):
    forth, back = compared(a, b, aspect), compared(b, a, aspect)

    assert forth.divergence.gap == -back.divergence.gap
    assert {f.factor for f in forth.explanation.factors} == {f.factor for f in back.explanation.factors}, factor


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
def test_a_point_is_identical_with_itself_everywhere(factor, a, b, aspect):
    for point in (a, b):
        comparison = compared(point, point, aspect)

        assert (comparison.verdict, comparison.scope) == (Verdict.IDENTICAL, "everywhere"), factor


CHOICES = [
    ("activation", {"chain": ("softmax", "softmax")}), ("activation", {"temperature": 2.0}), ("target", {"smoothing": Smoothing("uniform", 0.1)}),
    ("weight", {"klass": Input("w"), "klass_in": "target"}), ("weight", {"sample": Input("sample")}), ("modulation", {"z_loss": 1e-2}),
    ("reduction", {"batch": "sum"}), ("scale", {"constant": 0.5}), ("scale", {"log_base": 2.0}), ("scale", {"offset": 1.0}),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, len(CHOICES) - 1), min_size=2, max_size=4))
def test_several_conventions_are_several_factors_and_their_shares_sum_to_the_gap(picked):
    b = CE
    for i in picked:
        b = with_choice(b, CHOICES[i][0], **CHOICES[i][1])
    comparison = compared(CE, b)
    explanation = comparison.explanation
    if comparison.verdict == Verdict.EQUAL:
        return
    wanted = {CHOICES[i][0] for i in picked}

    assert comparison.verdict == Verdict.EXPLAINED
    assert wanted == {f.factor.partition(".")[0] for f in explanation.factors}
    assert comparison.divergence.gap == pytest.approx(
        sum(f.share for f in explanation.factors) + explanation.residual, rel=1e-15
    )


def test_a_guard_that_no_element_reaches_is_listed_apart_with_an_input_that_reaches_it():
    inside = replace(PROBABILITIES, layout=Layout(Input("probabilities"), 1))
    clipped = replace(inside, guard=CLIPPED.guard)
    comparison = compared(inside, clipped)

    assert comparison.verdict in (Verdict.EQUAL, Verdict.IDENTICAL)
    assert comparison.scope == "here"
    assert [row.factor for row in comparison.explanation.inactive] == ["guard.clip"]
    assert "probabilities" in comparison.parting_input


def test_unreduced_and_reduced_meet_in_the_coarser_form():
    comparison = compared(with_choice(BCE, "reduction", batch="none"), BCE)

    assert [f.factor for f in comparison.explanation.factors] == ["reduction.batch"]
    assert comparison.verdict == Verdict.EXPLAINED
    assert comparison.divergence.gap == pytest.approx(0.0, abs=1e-6)


def test_the_difference_of_two_logits_through_a_sigmoid_is_the_softmax_of_two():
    x = Input("pair")
    inputs = {"pair": RNG.normal(0.0, 2.0, (7, 2)), "labels": np.array([0, 1, 1, 0, 1, 0, 0])}
    softmax = Semantics(
        Layout(x, 1), Target(Input("labels"), "index"), Activation(("softmax",)), reduction=Reduction("sum", "mean")
    )
    difference = Binary("-", Index(x, (Slice(), Literal(1))), Index(x, (Slice(), Literal(0))))
    sigmoid = Semantics(Layout(difference), Target(Input("labels")), Activation(("sigmoid",)), term=Term(sides="two"))
    sides = []
    for point in (softmax, sigmoid):
        out = evaluate(point, inputs, PLAIN, "float64", "pair")
        sides.append(
            Standing(
                "s", np.asarray(out.value), np.asarray(out.gradient), point, reference(point, inputs, "float64", "pair")
            )
        )

    for aspect in ("value", "gradient"):
        comparison = explain_pair(*sides, aspect, Question(inputs, "float64", "pair"))
        assert comparison.verdict in (Verdict.EQUAL, Verdict.IDENTICAL)
        assert comparison.scope == "everywhere"


def test_a_root_of_nothing_has_no_slope_and_a_norm_may_have_one():
    comparison = compared(HIT, replace(HIT, gradient=Gradient(tie=(("norm", 0.0),))), "gradient")

    assert [f.factor for f in comparison.explanation.factors] == ["gradient.tie"]
    assert comparison.verdict == Verdict.EXPLAINED
    assert np.isnan(comparison.divergence.gap)


def test_half_and_negated_are_two_factors():
    comparison = compared(REAL, with_choice(REAL, "scale", constant=0.5, sign=-1))

    assert {"scale.constant", "scale.sign"} == {f.factor for f in comparison.explanation.factors}
