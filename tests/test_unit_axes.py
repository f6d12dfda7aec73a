"""Axes of length 1 around a call."""

import numpy as np
import pytest

from harness.catalog.api import Described
from harness.explain.unit_axes import without_unit_axes
from harness.expression import parse
from harness.reference.arithmetic import Plain
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor
from harness.semantics import Layout, Reduction, Semantics, Target

ARRAYS = {"row": np.ones(4), "batch": np.ones((1, 4)), "many": np.ones((3, 4)), "label": np.array([2])}


def describe(node):
    arrays = {n: Tensor(Plain(), a) if a.dtype.kind == "f" else a for n, a in ARRAYS.items()}
    value = interpret(node, Scope(arrays, Tensor(Plain(), np.zeros(()))))
    return Described(np.shape(getattr(value, "mid", value)), integral=False)


def point(prediction, target, encoding="dense", **stages):
    x, t = parse(prediction, ARRAYS), parse(target, ARRAYS)
    return Semantics(layout=Layout(x, -1), target=Target(t, encoding), **stages)


@pytest.mark.parametrize(
    ("prediction", "target", "encoding", "expected"),
    [
        ("row[None]", "row[None]", "dense", ("row", "row")),
        ("row.view(-1, 4)", "row.reshape(1, 4)", "dense", ("row", "row")),
        ("batch[0]", "label[0]", "index", ("batch", "label")),
        ("batch", "batch", "dense", ("batch", "batch")),
        ("row[None]", "batch", "dense", ("row[None]", "batch")),
        ("many[0]", "row", "dense", ("many[0]", "row")),
    ],
)
def test_leading_axes_go_where_both_arrays_stay_in_step(prediction, target, encoding, expected):
    bare = without_unit_axes(point(prediction, target, encoding, reduction=Reduction("sum", "none")), describe)
    assert (bare.layout.prediction, bare.target.source) == tuple(parse(text, ARRAYS) for text in expected)


@pytest.mark.parametrize(
    ("prediction", "batch", "denominator"),
    [("row", "mean", "elements"), ("batch", "sum", "elements"), ("many", "mean", "samples")],
)
def test_the_length_of_the_leading_axis_is_told_as_what_it_counts(prediction, batch, denominator):
    declared = point(prediction, prediction, reduction=Reduction(batch="mean", denominator="samples"))
    counted = without_unit_axes(declared, describe).reduction
    assert (counted.batch, counted.denominator) == (batch, denominator)
