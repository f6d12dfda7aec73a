"""The reference: enclosures that hold, bounds that cover every order of evaluation, slopes that are derivatives."""

from dataclasses import replace

import flint
import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.errors import CaseError
from harness.explain.standing import reference
from harness.reference.arithmetic import FORMATS, Ball, Certified, Plain, Rounded, quantise
from harness.reference.axes import place
from harness.reference.evaluate import Evaluator, evaluate, inputs_as
from harness.reference.reading import ACTIVATIONS
from harness.reference.terms import FAMILIES
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
from harness.syntax import Input

RNG = np.random.default_rng(11)
# No entry is at a kink, and every row is a distribution, so that each family and each activation is defined on it.
PROBABILITIES = RNG.dirichlet(np.full(4, 3.0), 5)
TARGETS = RNG.dirichlet(np.full(4, 3.0), 5)
INPUTS = {
    "prediction": PROBABILITIES,
    "target": TARGETS,
    "logits": RNG.normal(0.0, 2.0, (5, 4)),
    "labels": np.array([0, 3, 1, 2, 1]),
    "hard": np.eye(4)[[0, 3, 1, 2, 1]],
    "w": np.array([0.5, 2.0, 1.5, 0.25]),
    "variance": RNG.uniform(0.5, 2.0, (5, 4)),
}
PARAMETERS = {"gaussian-nll": (("variance", Input("variance")),), "gaussian-kl": (("variance", Input("variance")),)}
NEEDS_ONE_HOT = {
    "categorical-hinge",
    "crammer-singer",
    "multi-margin",
    "multilabel-margin",
    "generalised-cross-entropy",
}
ELEMENTWISE = Semantics()
CLASSES = Semantics(layout=Layout(class_axis=1), reduction=Reduction("sum", "mean"))
LOGITS = replace(CLASSES, layout=Layout(Input("logits"), 1), activation=Activation(("softmax",)))
SIGMOID = Semantics(layout=Layout(Input("logits")), activation=Activation(("sigmoid",)), term=Term(sides="two"))


def of_family(family: str) -> Semantics:
    """A point of one family whose reductions fit what the family leaves of the axes."""
    term = Term(family, parameters=PARAMETERS.get(family, ()))
    shape = FAMILIES[family].shape
    if family in NEEDS_ONE_HOT:
        base = replace(CLASSES, target=Target(Input("labels"), "index"))
        return replace(base, term=term, reduction=Reduction("none" if shape == "coupled" else "sum", "mean"))
    if shape == "coupled":
        return replace(CLASSES, term=term, reduction=Reduction("none", "mean"))
    return replace(ELEMENTWISE, term=term)


GUARDS = {
    "clip": Guard(clip=(0.2, 0.4), order=("clip",)),
    "clip in the dtype": Guard(clip=("machine", "1-machine"), order=("clip",)),
    "clamp": Guard(clamp=-1.5, order=("clamp",)),
    "epsilon": Guard(added_epsilon=1e-3, order=("added_epsilon",)),
    "renormalise": Guard(renormalise=True, order=("renormalise",)),
    "renormalise, then clip": Guard(renormalise=True, clip=(0.2, 0.4), order=("renormalise", "clip")),
}
POINTS = {
    **{f"family {name}": of_family(name) for name in FAMILIES},
    **{f"guard {name}": replace(CLASSES, guard=guard) for name, guard in GUARDS.items()},
    **{f"activation {name}": replace(CLASSES, activation=Activation((name,)), term=Term("squared")) for name in ACTIVATIONS},
    **{f"log of {name}": replace(LOGITS, activation=Activation((name,))) for name in ("softmax", "sigmoid")},
    "log of exp": replace(LOGITS, activation=Activation(("exp",))),
    "both outcomes": SIGMOID,
    "reversed": replace(LOGITS, term=Term(direction="reverse")),
    "naive": with_choice(LOGITS, "evaluation", form="naive"),
    "naive, both outcomes": with_choice(SIGMOID, "evaluation", form="naive"),
    "smoothed": replace(LOGITS, target=Target(smoothing=Smoothing("uniform", 0.1))),
    "temperature": replace(LOGITS, activation=Activation(("softmax",), 3.0)),
    "two softmaxes": replace(LOGITS, activation=Activation(("softmax", "softmax"))),
    "focal": replace(SIGMOID, modulation=Modulation(focal=2.0)),
    "poly": replace(LOGITS, modulation=Modulation(poly=1.0)),
    "z-loss": replace(LOGITS, modulation=Modulation(z_loss=0.01)),
    "class weights": replace(LOGITS, target=Target(Input("labels"), "index"), weight=Weight(klass=Input("w"))),
    "positive weight": replace(SIGMOID, weight=Weight(positive=3.0), target=Target(Input("hard"))),
    "ignored label": replace(LOGITS, target=Target(Input("labels"), "index"), weight=Weight(mask=1.0)),
    "micro-batches": with_choice(LOGITS, "reduction", microbatches=(2, 3)),
    "sum of two": replace(SIGMOID, plus=(replace(LOGITS, term=Term("squared")),)),
}  # fmt: skip


def wrt_of(point: Semantics) -> str:
    """The input that the point reads as its prediction."""
    assert isinstance(point.layout.prediction, Input)
    return point.layout.prediction.name


def balls(array: object) -> list[flint.arb]:
    """The balls of a certified array, one after another."""
    return list(np.asarray(array, object).ravel())


@pytest.fixture
def precise():
    """More bits while the test runs."""
    before = flint.ctx.prec
    yield lambda bits: setattr(flint.ctx, "prec", bits)
    flint.ctx.prec = before


@pytest.mark.parametrize("name", POINTS)
def test_an_enclosure_holds_what_more_bits_give(name, precise):
    point, wrt = POINTS[name], wrt_of(POINTS[name])
    rough = evaluate(point, INPUTS, Certified(), "float64", wrt)
    precise(400)
    fine = evaluate(point, INPUTS, Certified(), "float64", wrt)

    for few, many in ((rough.value, fine.value), (rough.gradient, fine.gradient)):
        assert all(a.overlaps(b) for a, b in zip(balls(few), balls(many), strict=True))
        assert all(float(b.rad()) <= float(a.rad()) < 1e-25 for a, b in zip(balls(few), balls(many), strict=True))


@pytest.mark.parametrize("name", POINTS)
def test_the_bound_of_float64_holds_the_exact_value_and_is_no_wider_than_it_need_be(name):
    point, wrt = POINTS[name], wrt_of(POINTS[name])
    exact = evaluate(point, INPUTS, Certified(), "float64", wrt)
    bound = evaluate(point, INPUTS, Rounded("float64"), "float64", wrt)

    for balls_of, rounded in ((exact.value, bound.value), (exact.gradient, bound.gradient)):
        off = np.abs(
            np.array([float(x - flint.arb(m)) for x, m in zip(balls(balls_of), rounded.mid.ravel(), strict=True)])
        )
        assert np.all(off <= rounded.err.ravel())
        assert np.all(rounded.err <= 2.0**-40 * max(1.0, float(np.max(np.abs(rounded.mid)))))  # fmt: skip


@pytest.mark.parametrize("name", POINTS)
def test_the_gradient_is_the_derivative_of_the_value(name, precise):
    # Along a direction d, (f(x + hd) − f(x − hd)) / 2h is off by h²f‴/6; at 400 bits h = 2⁻⁶⁰ leaves it near 2⁻¹¹⁰.
    point, wrt = POINTS[name], wrt_of(POINTS[name])
    precise(400)
    direction = np.random.default_rng(3).normal(0.0, 1.0, INPUTS[wrt].shape)
    ends = [_value_at(point, wrt, direction, flint.arb(2) ** -60 * sign) for sign in (1, -1)]
    quotient = (ends[0] - ends[1]) * flint.arb(2) ** 59
    gradient = evaluate(point, INPUTS, Certified(), "float64", wrt).gradient
    along = sum(
        (g * flint.arb(d) for g, d in zip(balls(gradient), direction.ravel().tolist(), strict=True)), flint.arb(0)
    )

    assert abs(float(quotient - along)) <= 2.0**-80 * (1.0 + abs(float(along)))


def _value_at(point: Semantics, wrt: str, direction: np.ndarray, step: flint.arb) -> flint.arb:
    """The sum of the value at the input moved by `step` along `direction`; no float64 could hold so small a move."""
    evaluator = Evaluator(INPUTS, Certified(), "float64", wrt)
    assert evaluator.leaf is not None
    evaluator.leaf.data = evaluator.leaf.data + Certified().lift(direction) * step
    return sum(balls(evaluator(point).value), flint.arb(0))


# The same formulas in NumPy, every sum in an order of its own.
def _log_softmax(x, order, dtype):
    powers = np.exp((x - x.max()).astype(dtype))
    total = dtype(0)
    for i in order:
        total = dtype(total + powers[i])
    return (x - x.max()) - np.log(total).astype(dtype)


def _ordered_sum(values, order, dtype):
    total = dtype(0)
    for i in order:
        total = dtype(total + dtype(values[i]))
    return total


def _cross_entropy(x, t, order, dtype):
    return _ordered_sum(-t * _log_softmax(x, order, dtype), order, dtype)


def _two_sided(x, t, order, dtype):
    zero, one = dtype(0), dtype(1)
    return _ordered_sum(np.maximum(x, zero) - x * t + np.log(one + np.exp(-np.abs(x))), order, dtype)


def _squared(x, t, order, dtype):
    return _ordered_sum((x - t) * (x - t), order, dtype)


def _absolute(x, t, order, dtype):
    return _ordered_sum(np.abs(x - t), order, dtype)


SUMMED = Reduction("sum", "sum")
WRITTEN = {
    "softmax cross-entropy": (replace(CLASSES, activation=Activation(("softmax",)), reduction=SUMMED), _cross_entropy),
    "sigmoid cross-entropy": (replace(SIGMOID, layout=Layout(), reduction=Reduction("flat", "sum")), _two_sided),
    "squared": (Semantics(term=Term("squared"), reduction=Reduction("flat", "sum")), _squared),
    "absolute": (Semantics(term=Term("absolute"), reduction=Reduction("flat", "sum")), _absolute),
}
NARROW = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 40), spread=st.sampled_from([0.01, 1.0, 8.0]))
def test_a_bound_holds_any_order_of_evaluation_in_the_dtype(name, dtype, seed, size, spread):
    rng = np.random.default_rng(seed)
    x, t = rng.normal(0.0, spread, (1, size)), rng.dirichlet(np.ones(size))[None]
    inputs = inputs_as({"prediction": x, "target": t}, dtype)
    point, written = WRITTEN[name]
    known = reference(point, inputs, dtype, None).value
    with np.errstate(all="ignore"):
        narrow = [inputs[n][0].astype(NARROW[dtype]) for n in ("prediction", "target")]
        seen = float(written(*narrow, rng.permutation(size), NARROW[dtype]))
    assume(np.isfinite(seen))

    assert abs(seen - float(known.exact)) <= float(known.bound) + float(known.radius)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 60), dtype=st.sampled_from(list(NARROW)))
def test_a_sum_in_any_order_is_within_the_sum_of_its_worst_partial_sums(seed, size, dtype):
    rng = np.random.default_rng(seed)
    terms = quantise(rng.normal(0.0, 1.0, size) * 10.0 ** rng.integers(-3, 3, size), dtype)
    bound = Rounded(dtype).sum(Rounded(dtype).lift(terms), (0,), keepdims=False)
    narrow = terms.astype(NARROW[dtype])

    for order in (
        np.arange(size),
        np.arange(size)[::-1],
        np.argsort(terms),
        np.argsort(-np.abs(terms)),
        rng.permutation(size),
    ):
        assert abs(float(_ordered_sum(narrow, order, NARROW[dtype])) - float(bound.mid)) <= float(bound.err)


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_sum_of_one_term_has_its_error_and_no_more(dtype):
    arith = Rounded(dtype)

    assert arith.sum(Ball(np.array([2.0]), np.array([0.25])), (0,), keepdims=False).err == 0.25
    assert arith.sum(arith.lift(np.zeros(0)), (0,), keepdims=False) == (0.0, 0.0)


@pytest.mark.parametrize("dtype", FORMATS)
def test_what_a_dtype_cannot_hold_is_promised_nothing(dtype):
    arith = Rounded(dtype)
    largest = arith.lift(FORMATS[dtype].largest)

    with np.errstate(over="ignore"):
        assert arith.add(largest, largest).err == np.inf
    assert np.isfinite(arith.neg(largest).err)


EDGES = {
    "nan in the prediction": (LOGITS, {"logits": np.full((5, 4), np.nan)}, "nan"),
    "nan in a sum": (ELEMENTWISE, {"prediction": np.where(np.arange(20).reshape(5, 4) == 3, np.nan, PROBABILITIES)}, "nan"),
    "log of an exact 0": (ELEMENTWISE, {"prediction": np.zeros((5, 4))}, "inf"),
    "an infinite logit against it": (LOGITS, {"logits": np.where(np.eye(5, 4) > 0, -np.inf, 0.0)}, "inf"),
    "an empty batch, mean": (LOGITS, {"logits": np.zeros((0, 4)), "target": np.zeros((0, 4))}, "nan"),
    "an empty batch, sum": (
        with_choice(LOGITS, "reduction", batch="sum"), {"logits": np.zeros((0, 4)), "target": np.zeros((0, 4))}, "0",
    ),
    "everything ignored": (
        replace(POINTS["ignored label"], reduction=Reduction("sum", "mean", "kept")), {"labels": np.full(5, 1)}, "nan",
    ),
    "everything ignored, 0 by choice": (
        replace(POINTS["ignored label"], reduction=Reduction("sum", "mean", "kept", zero="zero")), {"labels": np.full(5, 1)}, "0",
    ),
    "everything ignored, sum": (
        replace(POINTS["ignored label"], reduction=Reduction("sum", "sum")), {"labels": np.full(5, 1)}, "0",
    ),
    "an index beyond the classes": (
        replace(LOGITS, target=Target(Input("labels"), "index", bad_index="nan")), {"labels": np.array([0, 9, 1, 2, 1])}, "nan",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("point", "changed", "outcome"), EDGES.values(), ids=EDGES)
@pytest.mark.parametrize("arith", [Plain(), Rounded("float32")], ids=["plain", "rounded"])
def test_an_edge_has_one_outcome_in_every_arithmetic(point, changed, outcome, arith):
    value = evaluate(point, {**INPUTS, **changed}, arith, "float32", wrt_of(point)).value
    value = arith.middle(value)

    assert {"nan": np.isnan(value), "inf": value == np.inf, "0": value == 0.0}[outcome]


def test_what_is_left_out_has_gradient_0_even_where_it_is_nan():
    logits = np.where(np.arange(5)[:, None] == 2, np.nan, INPUTS["logits"])
    gradient = evaluate(POINTS["ignored label"], {**INPUTS, "logits": logits}, Plain(), "float64", "logits").gradient

    assert np.all(np.isfinite(gradient[[0, 1, 3]]))


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_sign_of_zero_is_kept_where_the_formula_keeps_it(zero):
    inputs = {"prediction": np.array([zero]), "target": np.array([1.0])}
    point = Semantics(term=Term("prediction"), reduction=Reduction("flat", "none"))
    negated = with_choice(point, "scale", sign=-1)

    assert np.signbit(evaluate(point, inputs, Plain(), "float64", None).value) == np.signbit(zero)
    assert np.signbit(evaluate(negated, inputs, Plain(), "float64", None).value) != np.signbit(zero)


TIES = [
    ("abs", "absolute", 0.0),
    ("abs", "absolute", 1.0),
    ("relu", "hinge", 0.0),
    ("relu", "hinge", 0.5),
    ("max", "quantile", 1.0),
]


@pytest.mark.parametrize(("tie", "family", "slope"), TIES)
def test_the_slope_at_a_kink_is_the_one_chosen(tie, family, slope):
    # |p − 1|, max(0, 1 − p) and max(q(1 − p), (q − 1)(1 − p)) all have their kink where p = t = 1.
    inputs = {"prediction": np.array([1.0]), "target": np.array([1.0])}
    point = Semantics(term=Term(family), reduction=Reduction("flat", "sum"), gradient=Gradient(tie=((tie, slope),)))
    outer = {"absolute": slope, "hinge": -slope, "quantile": slope * -0.5 + (1.0 - slope) * 0.5}[family]

    assert evaluate(point, inputs, Plain(), "float64", "prediction").gradient == [outer]


def test_points_on_the_same_inputs_share_terms_and_not_their_answers():
    evaluator = Evaluator(INPUTS, Plain(), "float64", "logits")
    points = [LOGITS, with_choice(LOGITS, "scale", constant=2.0), with_choice(LOGITS, "reduction", batch="sum"), LOGITS]
    points.append(replace(LOGITS, precision=Precision("bfloat16")))

    for point in points:
        shared, alone = evaluator(point), evaluate(point, INPUTS, Plain(), "float64", "logits")
        assert np.array_equal(shared.value, alone.value)
        assert np.array_equal(shared.gradient, alone.gradient)


def test_shapes_that_do_not_fit_are_an_error_and_no_number():
    with pytest.raises(CaseError, match="do not fit a prediction"):
        evaluate(replace(LOGITS, target=Target(Input("w"), "index")), INPUTS, Plain(), "float64", None)


@pytest.mark.parametrize(("axis", "ndim", "at"), [(-1, 3, 2), (0, 1, 0), (-1, 0, 0), (0, 0, 0)])
def test_an_axis_is_counted_from_the_front_and_a_single_number_is_a_row_of_one(axis, ndim, at):
    assert place(axis, ndim) == at


@pytest.mark.parametrize(("axis", "ndim"), [(3, 3), (-4, 3), (1, 0)])
def test_an_axis_that_is_not_there_is_told_and_not_wrapped_around(axis, ndim):
    with pytest.raises(CaseError) as error:
        place(axis, ndim)

    assert error.value.slug == "wrong-shape"
