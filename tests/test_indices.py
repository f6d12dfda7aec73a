"""Which inputs are handed over as int64: those that stand where a framework wants positions, and no others."""

import numpy as np
import pytest

from harness.catalog import index_inputs
from harness.catalog.indices import axes_of
from harness.expression import parse
from harness.records import InputArray

INPUTS = {
    "x": InputArray(np.zeros((3, 5))),
    "b": InputArray(np.zeros((2, 3, 5))),
    "k": InputArray(np.array([0, 4, 2]), integral=True),
    "t": InputArray(np.ones((3, 5), np.int64), integral=True),
}


@pytest.mark.parametrize(
    "text",
    [
        "torch.take_along_dim(x, k[:, None], 1)",
        "x.take_along_dim(k[:, None], 1)",
        "torch.gather(x, 1, k[:, None])",
        "x.gather(dim=1, index=k[:, None])",
        "torch.zeros_like(x).scatter_(1, k[:, None], 1.0)",
        "torch.scatter(x, 1, k[:, None], x)",
        "x.scatter(1, index=k[:, None], value=1.0)",
        "torch.index_select(x, 0, k)",
        "tf.gather_nd(x, k[:, None])",
        "tf.gather(x, k, axis=1, batch_dims=1)",
        "np.repeat(x, k, axis=0)",
        "torch.repeat_interleave(x, repeats=k, dim=0)",
        "keras.utils.to_categorical(k, 5)",
        "keras.ops.multi_hot(k, 5)",
        "x[k]",
        "F.cross_entropy(x.movedim(1, -1).reshape(-1, 3), k.reshape(-1))",
        "F.cross_entropy(torch.reshape(b, (-1, 5)), torch.flatten(k))",
    ],
)
def test_positions_are_integers(text):
    assert index_inputs(parse(text, INPUTS), INPUTS) == {"k"}


@pytest.mark.parametrize(
    "text",
    [
        "torch.scatter(x, 1, t * 0, x)[0] * k.sum()",
        "x * t + k.sum()",
        "torch.distributions.Bernoulli(x).log_prob(t)",
        "jax.lax.select(x > 0, t, t)",
        "F.cross_entropy(x, t)",
    ],
)
def test_what_is_no_position_is_not(text):
    assert "k" not in index_inputs(parse(text, INPUTS), INPUTS)


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("b.reshape(-1, 5)", 2), ("b.reshape((-1,))", 1), ("torch.reshape(b, (2, 15))", 2), ("np.reshape(b, -1)", 1),
        ("b.flatten()", 1), ("torch.flatten(b)", 1), ("np.ravel(b)", 1), ("b.movedim(1, -1)", 3), ("b.squeeze(0)", 2),
        ("np.stack([x, x])", 3), ("x.argmax(1)", 1), ("b[0]", 2), ("b[:, None]", 4), ("x * b", 3),
    ],
)  # fmt: skip
def test_the_axes_of_a_tree_are_told_by_its_syntax(text, axes):
    assert axes_of(parse(text, INPUTS), INPUTS) == axes
