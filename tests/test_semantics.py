"""Points as records: compared by value, whatever is kept of them beside it."""

import copy
import pickle
from dataclasses import fields

from harness.semantics import STAGES, Semantics, with_choice


def test_a_hash_that_is_kept_is_no_part_of_the_point():
    point = with_choice(Semantics(), "reduction", batch="sum")
    fresh = with_choice(Semantics(), "reduction", batch="sum")
    before = repr(point)

    assert hash(point) == hash(fresh)
    assert point == fresh
    assert repr(point) == before
    assert {f.name for f in fields(point)} == {*STAGES, "plus"}


def test_a_copy_makes_a_hash_of_its_own():
    point = Semantics()
    hash(point)

    for other in (copy.deepcopy(point), pickle.loads(pickle.dumps(point))):  # noqa: S301  our own
        assert not hasattr(other, "_hash")
        assert hash(other) == hash(point)


def test_points_that_differ_in_one_choice_differ():
    point = Semantics()
    hash(point)
    other = with_choice(point, "scale", sign=-1)

    assert point != other
    assert hash(point) != hash(other)
