"""Shares and steps add up to the gap, whichever corners between the points have no number."""

import numpy as np
import pytest

from harness.explain.differences import Difference
from harness.explain.shares import worths
from harness.semantics import Semantics, with_choice

ROOM = np.asarray(1e-9)


def switch(name, bit):
    """Adds `bit` to the scale's offset: which corner a point is can be read off that."""
    return Difference(name, (0.0,), (bit,), lambda s: with_choice(s, "scale", offset=s.scale.offset + bit))


def shares_of(corners):
    """Shares and steps of a game given by its corners: index bit i is set where switch i is thrown."""
    count = len(corners).bit_length() - 1
    switches = [switch(f"f{i}", 2**i) for i in range(count)]
    return worths(Semantics(), switches, lambda s: np.asarray(corners[int(s.scale.offset)]), ROOM)


@pytest.mark.parametrize(
    "corners",
    [
        [0.0, 1.0, 3.0, 10.0],
        [1.3, np.nan, 0.7, 2.0],
        [1.3, np.nan, np.nan, 2.0],
        [0.0, np.inf, 2.0, 5.0, np.nan, -1.0, 4.0, 6.0],
        [2.0, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 7.0],
    ],
)
def test_they_add_up_to_the_gap(corners):
    found = shares_of(corners)
    gap = corners[-1] - corners[0]
    assert sum(float(w.share) for w in found) == pytest.approx(gap, rel=1e-15)
    assert sum(float(w.step) for w in found) == pytest.approx(gap, rel=1e-15)


def test_an_additive_game_gives_each_switch_its_own():
    assert [float(w.share) for w in shares_of([0.0, 1.0, 10.0, 11.0])] == [1.0, 10.0]


def test_a_switch_that_moves_nothing_is_inactive():
    assert [w.active for w in shares_of([0.0, 5.0, 0.0, 5.0])] == [True, False]


def test_what_leads_over_no_number_is_shared_by_the_switches_that_do():
    assert [float(w.share) for w in shares_of([1.0, np.nan, np.nan, 3.0])] == [1.0, 1.0]
