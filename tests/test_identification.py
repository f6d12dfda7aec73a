"""What an identification looks like in a notebook and on a page: the formula, the stages, and what was asked."""

import re
from dataclasses import replace

import pytest

from harness.explain.nearest import Near
from harness.report.identification import Shown, fragment, named, text

FOUND = Shown(
    name="focal",
    latex=r"\sum_c -(1-p)^{2.5}\,t\log p\quad\text{where }p=\operatorname{softmax}(x);\;\text{0 where nothing is left}",
    closest="",
    left_at="",
    refuting=(),
    word="",
    calls=149,
    dtype="float64",
    stages=(("activation", "softmax of logits"), ("modulation.focal", "2.5")),
    nearest=(
        Near("torch.nn.CrossEntropyLoss()", "torch", (("modulation.focal", "none", "2.5"),)),
        Near("focal()", "torch", ()),
    ),
    undetermined=("gradient",),
    probes=(
        ("a row moved by a constant", "activation: softmax"),
        ("<b>a label</b> of no class", "target.bad_index: nan"),
    ),
    audit=None,
    rivals=(),
)
REFUSED = replace(
    FOUND,
    latex="",
    closest="(x-t)^2",
    left_at="term",
    refuting=("prediction = [0.1, 0.2]", "target = [1, 0]"),
    stages=(),
    nearest=(),
    probes=(),
)


def seen(html):
    """The text of a fragment without its style."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("</style>")[2]))


def test_a_notebook_shows_the_formula_the_stages_and_what_each_probe_settled():
    html = fragment(FOUND)
    told = seen(html)

    assert html.count("<math") == 2
    assert "≈" not in told.partition("Stage by stage")[0]
    for part in (
        "identified focal",
        "x is the prediction, t the target, c a class.",
        "0 where nothing is left.",
        "modulation.focal 2.5 The exponent γ",
        "1 a row moved by a constant activation: softmax",
        "2 &lt;b&gt;a label&lt;/b&gt; of no class target.bad_index: nan",
        "torch.nn.CrossEntropyLoss() modulation.focal: none → 2.5",
        "focal() the same",
        "None of the answers depends on gradient.",
    ):
        assert part in told


def test_what_was_not_identified_comes_with_the_closest_point_and_what_refutes_it():
    told = seen(fragment(REFUSED))

    assert "not identified focal" in told
    assert told.index("The closest that was found") < told.index("It is refuted by") < told.index("target = [1, 0]")
    assert "Stage by stage" not in told


def test_a_notebook_has_its_style_to_itself():
    assert fragment(FOUND).startswith("<style>@scope (.loss-harness)")


@pytest.mark.parametrize("shown", [FOUND, REFUSED])
def test_the_same_is_told_on_a_terminal(shown):
    told = " ".join(text(shown).split())

    assert all(asked in told and settled in told for asked, settled in shown.probes)
    assert named(shown)["sentence"] in told
