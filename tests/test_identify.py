"""What a black box computes: losses as people write them, and what must be refused."""

from itertools import islice

import numpy as np
import pytest
from black_boxes import (
    CATEGORICAL,
    HAND_WRITTEN,
    MASK,
    ONE_HOTS,
    OUTSIDE,
    REALS,
    SIGNED,
    log_softmax,
    specimen,
)
from compositions import composed
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare import difference, within
from harness.explain.formula import formula_text
from harness.explain.identify import Answer, identify
from harness.explain.parting import variations
from harness.records import Raised
from harness.reference.arithmetic import Plain, Rounded
from harness.reference.evaluate import evaluate


def ask_of(loss):
    """A NumPy function of the inputs, in their order, as a black box without gradients."""

    def ask(inputs):
        with np.errstate(all="ignore"):
            try:
                return Answer(np.asarray(loss(*inputs.values()), np.float64))
            except (IndexError, ValueError) as error:
                return Raised(type(error).__name__, str(error))

    return ask


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_a_loss_as_people_write_it_is_identified_and_its_point_gives_its_numbers(name):
    loss, inputs = HAND_WRITTEN[name]
    found = identify(ask_of(loss), specimen(inputs))

    assert found.semantics is not None, found.left_at
    bound = evaluate(found.semantics, inputs, Rounded("float64"), "float64", None).value
    exact = evaluate(found.semantics, inputs, Plain(), "float64", None).value
    gap = difference(np.asarray(exact), np.asarray(loss(*inputs.values()), np.float64).reshape(exact.shape))
    assert within(gap, np.asarray(bound.err) * 4.0)


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_the_space_is_refused(name):
    loss, inputs = OUTSIDE[name]
    found = identify(ask_of(loss), specimen(inputs))

    assert found.semantics is None
    assert found.left_at or found.word


SEEDS = range(40)


def test_compositions_that_are_in_no_catalog_are_identified_and_never_wrongly():
    identified = 0
    for seed in SEEDS:
        loss = composed(seed)
        found = identify(loss.ask, loss.specimen)
        if found.semantics is None:
            continue
        identified += 1
        for tried in islice(variations(loss.inputs), 4):
            own, other = (
                evaluate(s, tried, Rounded("float64"), "float64", None).value for s in (loss.semantics, found.semantics)
            )
            assert within(difference(own.mid, other.mid), own.err + other.err), seed

    assert identified >= 0.95 * len(SEEDS)


def answered(name):
    loss, inputs = HAND_WRITTEN[name]
    return identify(ask_of(loss), specimen(inputs))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("squared", "mean over elements of (x−t)^2"),
        (
            "softmax by hand, index",
            "mean over samples of [Σ_c −t log p] where p=softmax(x), t=[y=c]; evaluated as it is written",
        ),
        ("smoothed", "mean over samples of [Σ_c −t log p] where p=softmax(x), t=y(1−0.1)+0.1/K"),
    ],
)
def test_a_point_is_said_in_a_line(name, expected):
    assert expected == formula_text(answered(name).semantics)


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        (lambda loss: np.where(loss < 3.0, loss, 3.0), "term"),
        (lambda loss: loss * (loss > 1e-3), "guard"),
        (lambda loss: np.sort(loss)[2:], "reduction"),
    ],
    ids=["capped", "thresholded", "trimmed"],
)
def test_a_loss_that_is_almost_in_the_space_is_refused_at_the_stage_where_it_leaves(change, stage):
    found = identify(ask_of(lambda x, t: change(-(t * log_softmax(x)).sum(-1)).mean()), specimen(ONE_HOTS))

    assert found.semantics is None
    assert stage == found.left_at


def test_a_refused_loss_comes_with_inputs_that_refute_the_closest_point():
    def loss(x, t):
        return np.minimum(50.0, np.maximum(0.0, 1.0 - t * x)).mean()

    found = identify(ask_of(loss), specimen(SIGNED))
    closest = evaluate(found.closest, found.refuting, Rounded("float64"), "float64", None).value

    assert found.semantics is None
    assert not within(difference(closest.mid, loss(*found.refuting.values())), closest.err)


@pytest.mark.parametrize(
    ("ignored", "mask"), [(255, 255.0), (-100, -100.0), (1, 1.0)], ids=["an odd label", "a negative one", "a class"]
)
def test_an_ignored_label_is_found_though_no_input_shows_it(ignored, mask):
    def loss(x, t):
        kept = t != ignored
        return -(kept * log_softmax(x)[np.arange(len(t)), np.where(kept, t, 0)]).sum() / kept.sum()

    assert mask == identify(ask_of(loss), specimen(CATEGORICAL)).semantics.weight.mask


@pytest.mark.parametrize(("safe", "zero"), [(True, "zero"), (False, "nan")])
def test_a_mask_that_leaves_nothing_tells_what_nothing_is_worth(safe, zero):
    def loss(x, t, m):
        return (m * -(t * log_softmax(x)).sum(-1)).sum() / (max(m.sum(), 1) if safe else m.sum())

    found = identify(ask_of(loss), specimen({**ONE_HOTS, "m": MASK}))

    assert zero == found.semantics.reduction.zero


def test_a_callable_that_is_not_deterministic_gets_that_word():
    rng = np.random.default_rng(0)
    found = identify(ask_of(lambda x, t: ((x - t) ** 2).mean() + rng.random()), specimen(REALS))

    assert found.semantics is None
    assert "not deterministic" in found.word


def test_a_callable_that_raises_on_its_own_inputs_gets_the_exception_as_its_word():
    found = identify(lambda _inputs: Raised("ValueError", "no"), specimen(REALS))

    assert (found.semantics, found.word) == (None, "raises ValueError: no")


def test_a_callable_that_changes_its_inputs_is_identified_and_told():
    def ask(inputs):
        value = ((inputs["prediction"] - inputs["target"]) ** 2).mean()
        inputs["prediction"] *= 0.0
        return Answer(np.asarray(value))

    found = identify(ask, specimen(REALS))

    assert found.semantics.term.family == "squared"
    assert "in place" in found.word


@given(st.floats(0.05, 20.0), st.floats(0.1, 4.0))
@settings(max_examples=15, deadline=None)
def test_a_constant_and_a_width_are_found_whatever_they_are(constant, delta):
    def loss(p, t):
        size = np.abs(p - t)
        return constant * np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta)).mean()

    found = identify(ask_of(loss), specimen(REALS)).semantics
    exact = evaluate(found, REALS, Plain(), "float64", None).value

    assert found.term.family in ("huber", "smooth-l1")
    assert abs(float(exact) - loss(*REALS.values())) <= 1e-12 * constant
