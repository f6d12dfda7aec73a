"""What a black box computes: losses as people write them, and what must be refused."""

from itertools import islice

import numpy as np
import pytest
from black_boxes import HAND_WRITTEN, OUTSIDE, specimen
from compositions import composed

from harness.compare import difference, within
from harness.explain.identify import Answer, identify
from harness.explain.parting import variations
from harness.reference.arithmetic import Plain, Rounded
from harness.reference.evaluate import evaluate


def ask_of(loss):
    """A NumPy function of the inputs, in their order, as a black box without gradients."""

    def ask(inputs):
        with np.errstate(all="ignore"):
            return Answer(np.asarray(loss(*inputs.values()), np.float64))

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
