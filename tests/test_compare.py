"""Arrays against arrays: classes first, then bounds, elementwise and whole."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.compare import broadcastable, difference, diverge, excess, identical, ulps, within
from harness.reference.formats import FORMATS

NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]))

# A, B, B − A, and whether a bound of 1 covers it.
CLASSES = [
    (1.0, 1.5, 0.5, True),
    (1.0, 3.0, 2.0, False),
    (math.nan, math.nan, 0.0, True),
    (math.inf, math.inf, 0.0, True),
    (-math.inf, -math.inf, 0.0, True),
    (math.inf, -math.inf, -math.inf, False),
    (0.0, math.inf, math.inf, False),
    (0.0, math.nan, math.nan, False),
    (math.nan, math.inf, math.nan, False),
    (0.0, -0.0, 0.0, True),
]


@pytest.mark.parametrize(("a", "b", "gap", "covered"), CLASSES)
def test_classes_come_before_numbers(a, b, gap, covered):
    detail = difference(np.array([a]), np.array([b]))

    assert np.array_equal(detail, [gap], equal_nan=True)
    assert within(detail, np.ones(1)) is covered


@given(arrays(np.float64, 5, elements=NUMBERS))
def test_every_array_is_identical_with_itself_and_within_no_bound_at_all(a):
    assert identical(a, a.copy())
    assert within(difference(a, a.copy()), np.zeros(5))


@given(arrays(np.float64, 5, elements=NUMBERS), arrays(np.float64, 5, elements=NUMBERS))
def test_a_difference_is_the_negative_of_the_one_the_other_way(a, b):
    assert np.array_equal(difference(a, b), -difference(b, a), equal_nan=True)


@pytest.mark.parametrize(
    ("a", "b"), [(0.0, -0.0), (1.0, np.nextafter(1.0, 2.0)), (math.nan, 0.0), ([1.0], 1.0)], ids=repr
)
def test_what_is_not_the_same_bits_is_not_identical(a, b):
    assert not identical(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize(
    ("distance", "bound", "ratio"),
    [
        (0.0, 0.0, 0.0),
        (1.0, 0.0, math.inf),
        (1.0, 2.0, 0.5),
        (math.nan, 2.0, math.inf),
        (math.inf, 2.0, math.inf),
        (5.0, math.inf, 0.0),
        (math.inf, math.inf, 0.0),
    ],
)
def test_excess_is_distance_in_units_of_the_bound(distance, bound, ratio):
    assert excess(np.array(distance), np.array(bound)) == ratio


def test_one_element_outside_its_bound_is_not_made_up_for_by_the_others():
    detail = np.zeros(10_000)
    detail[7] = 1e-3

    assert not within(detail, np.full(10_000, 9e-4))


def test_a_divergence_is_told_where_it_exceeds_its_bound_the_most_not_where_it_is_largest():
    a, b = np.array([1.0, 100.0]), np.array([1.5, 102.0])
    found = diverge(a, b, np.array([0.1, 10.0]), "float32")

    assert (found.at, found.gap, found.bound) == ((0,), 0.5, 0.1)


def test_arrays_without_elements_do_not_diverge():
    found = diverge(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), "float32")

    assert (found.gap, found.at, found.ulps) == (0.0, (), 0.0)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("at", [1.0, -3.0, 1000.0])
def test_one_ulp_is_the_distance_to_the_next_number_of_the_dtype(dtype, at):
    gap = 2.0 ** (math.frexp(at)[1] - FORMATS[dtype].precision)

    assert ulps(gap, at, dtype) == 1.0
    assert ulps(-3.0 * gap, at, dtype) == 3.0


def test_ulps_of_what_is_no_number_are_infinite():
    assert ulps(math.nan, 1.0, "float32") == ulps(1.0, math.inf, "float32") == math.inf


@pytest.mark.parametrize(
    ("a", "b", "fits"),
    [((3,), (3,), True), ((), (1,), True), ((3, 1), (3,), True), ((3,), (), False), ((2, 3), (3, 2), False)],
)
def test_only_axes_of_one_may_be_missing(a, b, fits):
    assert broadcastable(np.zeros(a), np.zeros(b)) is fits


@given(
    arrays(np.float64, 4, elements=NUMBERS),
    arrays(np.float64, 4, elements=st.one_of(st.floats(0.0, 1e6), st.just(math.inf))),
)
def test_within_is_an_excess_of_at_most_one(distance, bound):
    assert within(distance, bound) is bool(np.all(excess(distance, bound) <= 1.0))
