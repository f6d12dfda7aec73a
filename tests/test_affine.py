"""Smoothing written by hand, told by exact arithmetic."""

import pytest

from harness.explain.affine import affine, is_complement, smoothing
from harness.expression import parse
from harness.semantics import Smoothing
from harness.syntax import Input

T = Input("t")


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [
        ("t * 0.9 + 0.1 / 5", 5, Smoothing("uniform", 0.1)),
        ("(1 - 0.1) * t + 0.02", 5, Smoothing("uniform", 0.1)),
        ("t * 0.8 + (1 - t) * 0.2 / 4", 5, Smoothing("others", 0.2)),
        ("t * (1 - 0.1 / 7) + 0.1 / 7", 7, Smoothing("added", 0.1)),
        ("t * 0.9 + 0.05", None, Smoothing("binary", 0.1)),
        ("t * 0.7 + 0.3 / 3", 3, Smoothing("uniform", 0.3)),
    ],
)
def test_a_target_smoothed_by_hand_is_told_by_its_convention(text, classes, expected):
    assert smoothing(parse(text, {"t"}), classes) == (T, expected)


@pytest.mark.parametrize(
    "text", ["t", "2 * t", "1 - t", "t * t + 0.1", "t * 0.9 + 0.3", "t + s", "t / 0", "t.sum() * u + 1"]
)
def test_what_moves_mass_otherwise_is_no_smoothing(text):
    assert smoothing(parse(text, {"t", "s", "u"}), 5) is None


def test_decimals_are_read_as_they_are_written():
    assert affine(parse("t * 0.1 + t * 0.2", {"t"})) == affine(parse("0.3 * t", {"t"}))


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("p", "1 - p", True),
        ("1 - p", "p", True),
        ("0.5 * p", "1 - p / 2", True),
        ("p", "p", False),
        ("p", "1 - q", False),
        ("2", "-1", False),
    ],
)
def test_a_complement_is_recognised_however_it_is_written(x, y, expected):
    assert is_complement(parse(x, {"p", "q"}), parse(y, {"p", "q"})) is expected
