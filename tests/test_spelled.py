"""Functions spelled out in elementary operations."""

import pytest

from harness.explain.spelled import live_classes, spelled
from harness.expression import parse, render

INPUTS = {"x", "p", "m"}


@pytest.mark.parametrize(
    ("text", "call", "argument"),
    [
        ("1 / (1 + np.exp(-x))", "sigmoid", "x"),
        ("1 / (1 + torch.exp(-(x / 2)))", "sigmoid", "x / 2"),
        ("jnp.exp(x) / (1 + jnp.exp(x))", "sigmoid", "x"),
        ("np.exp(x) / np.exp(x).sum(-1, keepdims=True)", "softmax", "x"),
        ("x.exp() / x.exp().sum(dim=1, keepdim=True)", "softmax", "x"),
        (
            "np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)",
            "softmax",
            "x",
        ),
        ("x - np.log(np.exp(x).sum(1, keepdims=True))", "log_softmax", "x"),
        ("x - torch.logsumexp(x, 1, keepdim=True)", "log_softmax", "x"),
        ("np.log(p / (1 - p))", "logit", "p"),
    ],
)
def test_a_function_is_told_by_its_name(text, call, argument):
    found = spelled(parse(text, INPUTS))
    assert found.function.rpartition(".")[2] == call
    assert render(found.args[0]) == argument


@pytest.mark.parametrize(
    "text",
    [
        "1 / (2 + np.exp(-x))", "np.exp(x) / np.exp(p).sum(-1, keepdims=True)", "np.exp(x) / np.exp(x).sum()",
        "x - np.log(np.exp(p).sum(1, keepdims=True))", "np.log(p / (1 - x))", "x - p", "np.exp(x)",
    ],
)  # fmt: skip
def test_what_is_nearly_one_is_left_alone(text):
    assert spelled(parse(text, INPUTS)) is None


@pytest.mark.parametrize(
    "text", ["x.masked_fill(m, -torch.inf)", "torch.where(m, float('-inf'), x)", "jnp.where(m, -jnp.inf, x)"]
)
def test_classes_that_are_masked_out_are_those_that_a_softmax_does_not_see(text):
    x, live = live_classes(spelled(parse(text, INPUTS)))
    assert (render(x), render(live)) == ("x", "~m")


def test_a_finite_filling_masks_nothing():
    assert live_classes(parse("torch.where(m, x, 0.0)", INPUTS)) is None
