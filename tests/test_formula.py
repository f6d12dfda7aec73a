"""Formulas: that they show what differs, and can be read."""

import re
from dataclasses import replace

import numpy as np
import pytest
from test_factors import EXPLAINS, NAMES

from harness.catalog import APIS, complete, declare
from harness.errors import CaseError
from harness.explain.formula import formula, formula_text, taken_apart
from harness.explain.latex_text import as_text
from harness.explain.signed import OVER_CLASSES, Big, added, negated, scaled, signed, written
from harness.explain.standing import facts_of
from harness.explain.symbols import symbols
from harness.expression import parse
from harness.records import InputArray
from harness.report.formula import mathml
from harness.semantics import (
    Activation,
    Guard,
    Layout,
    Modulation,
    Precision,
    Reduction,
    Scale,
    Semantics,
    Smoothing,
    Target,
    Term,
    Weight,
)  # fmt: skip
from harness.syntax import Call

INPUTS = {"prediction", "target", "w", "mask", "variance"}
MEAN = Reduction("sum", "mean")


def of(text):
    return parse(text, INPUTS)


def point(family="cross-entropy", parameters=(), **more):
    return Semantics(term=Term(family, parameters=parameters), **more)


CE = point(
    layout=Layout(class_axis=1), target=Target(encoding="index"), activation=Activation(("softmax",)), reduction=MEAN
)


@pytest.mark.parametrize(
    ("semantics", "text"),
    [
        (CE, "mean over samples of [Σ_c −t log p] where p=softmax(x), t=[y=c]"),
        (point("squared"), "mean over elements of (x−t)^2"),
        (point("absolute"), "mean over elements of |x−t|"),
        (point("absolute", scale=Scale(100.0)), "100 mean over elements of |x−t|"),
        (
            point("absolute-percentage", (("floor", 1e-7),)),
            "mean over elements of |x−t|/max(|t|,10^−7)",
        ),
        (
            point("gaussian-nll", (("variance", of("variance")), ("floor", 1e-6), ("full", 1.0))),
            "mean over elements of ½(log max(v,10^−6)+(x−t)^2/max(v,10^−6)+log 2π) where v=variance",
        ),
        (point("cosine", (("floor", 1e-8),)), "mean over samples of [−(x·t)/(max(‖x‖,10^−8) max(‖t‖,10^−8))]"),
        (
            point("cosine", (("floor", 1e-8),), scale=Scale(sign=-1), reduction=Reduction(batch="none")),
            "(x·t)/(max(‖x‖,10^−8) max(‖t‖,10^−8))",
        ),
        (
            point(
                "cosine",
                (("floor", 1e-8), ("floor_on_square", 1.0), ("distance", 1.0)),
                reduction=Reduction(batch="none"),
            ),
            "1−(x·t)/(√(max(‖x‖^2,10^−8))√(max(‖t‖^2,10^−8)))",
        ),
        (point("hinge", (("margin", 2.0),), target=Target(encoding="signed")), "mean over elements of max(0,2−yx)"),
        (
            replace(
                point(guard=Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",))), term=Term(sides="two")
            ),
            "mean over elements of [−t log p−(1−t) log(1−p)] where p=clip(x,10^−7,1−10^−7)",
        ),
        (
            replace(
                CE,
                weight=Weight(klass=of("w"), mask=-100.0),
                reduction=replace(MEAN, denominator="weights", zero="zero"),
            ),
            (
                "1/(Σ w_y) · sum over samples with y≠−100 of w_y [Σ_c −t log p] where p=softmax(x), t=[y=c]; "
                "0 where nothing is left to count"
            ),
        ),
        (replace(CE, weight=Weight(mask=3.0)), "mean over samples of [y≠3] [Σ_c −t log p] where p=softmax(x), t=[y=c]"),
        (
            replace(CE, weight=Weight(mask=of("mask")), reduction=replace(MEAN, denominator="kept")),
            "mean over samples where mask of [Σ_c −t log p] where p=softmax(x), t=[y=c]",
        ),
        (point("kl", reduction=Reduction(denominator="samples")), "1/N · sum over elements of t(log t−log x)"),
        (
            replace(point(), term=Term(sides="two"), weight=Weight(positive=of("torch.tensor(99.0)"))),
            "mean over elements of [−99 t log x−(1−t) log(1−x)]",
        ),
        (
            replace(CE, target=Target(encoding="index", smoothing=Smoothing("uniform", -0.1))),
            "mean over samples of [Σ_c −t log p] where p=softmax(x), t=[y=c](1+0.1)−0.1/K",
        ),
        (
            point("squared", target=Target(of("0")), reduction=Reduction(batch="sum"), scale=Scale(1 / 3)),
            "1/3 sum over elements of x^2",
        ),
        (
            replace(CE, modulation=Modulation(focal=2.0)),
            "mean over samples of [Σ_c −(1−p)^2 t log p] where p=softmax(x), t=[y=c]",
        ),
        (
            replace(point("dice", (("smooth", 1.0),)), plus=(point("dice", activation=Activation(("sigmoid",))),)),
            "1−(2Σ xt+1)/(Σ x+Σ t+1)+1−(2Σ pt)/(Σ p+Σ t) where p=σ(x)",
        ),
    ],
)
def test_a_point_is_written_like_this(semantics, text):
    assert formula_text(semantics) == text


# Slopes, execution and the arrays' axes are no part of what a value is written as.
UNSEEN = ("gradient.", "mode", "layout.class_axis")


@pytest.mark.parametrize(("factor", "a", "b", "aspect"), EXPLAINS, ids=NAMES)
def test_what_makes_the_values_differ_shows_in_the_formulas(factor, a, b, aspect):
    assert aspect == "gradient" or factor.startswith(UNSEEN) or formula(a) != formula(b)


ARRAYS = {
    "prediction": InputArray(np.array([[0.2, 0.5, 0.3], [0.1, 0.7, 0.2]])),
    "target": InputArray(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
    "labels": InputArray(np.array([1, 0]), integral=True),
}


def declared(path):
    """What the catalog says of a call on ordinary inputs, if it takes them."""
    for target in ("target", "labels"):
        inputs = {"prediction": ARRAYS["prediction"], "target": ARRAYS[target]}
        try:
            return declare(complete(Call(path), inputs), facts_of(inputs, "float32", "prediction").describe, "float32")
        except (CaseError, ValueError, IndexError):
            continue
    return None


POINTS = {path: found for path in APIS if (found := declared(path)) is not None}


def test_most_of_the_catalog_is_held_to_the_rules_on_formulas():
    assert len(POINTS) >= 100


@pytest.mark.parametrize("path", POINTS)
def test_a_formula_of_the_catalog_can_be_read(path):
    text = formula_text(POINTS[path])

    assert re.findall(r"[\\{}_]_|\\|[{}]", text) == []
    assert re.findall(r"−\s*−|\+\s*−|−\s*\[\s*−|−\s*Σ_c −|\[\[(?!t≠)", text) == []
    assert "\\" not in str(mathml(formula(POINTS[path])))


@pytest.mark.parametrize("path", POINTS)
def test_every_symbol_of_a_formula_is_said_to_be_something(path):
    latex = formula(POINTS[path])
    bare = re.sub(r"\\(?:mathrm|text|operatorname)\{[^{}]*\}|\\[A-Za-z]+", " ", latex)
    _, where, _ = taken_apart(latex)
    defined = set(re.findall(r"([a-z])'*=", where)) | set(
        re.findall(r"(?<![A-Za-z])([A-Za-z])(?![a-z])", symbols([latex]))
    )

    assert set(re.findall(r"[A-Za-z]", bare)) - defined - {"e", "k"} == set()


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{p\cdot t}{\max(\lVert p\rVert,10^{-8})}", "(p·t)/(max(‖p‖,10^−8))"),
        (r"\frac{1}{K}\sum_c t", "1/K · Σ_c t"),
        (r"\tfrac12(v-1)", "½(v−1)"),
        (r"\mathrm{np.exp(log\_var - 1)}", "np.exp(log_var - 1)"),
        (r"\sqrt{\max(x,\tfrac{1}{11})}", "√(max(x,1/11))"),
        (r"\log_{2} p", "log_2 p"),
        (formula(point("huber", (("delta", 0.5),))), "mean over elements of H_0.5(x−t)"),
        (r"\operatorname{mean}_{\text{samples with }y\ne -100} x", "mean over samples with y≠−100 of x"),
    ],
)
def test_latex_is_told_in_plain_characters(latex, text):
    assert as_text(latex) == text


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (negated(signed("-t-u")), "t+u"),
        (scaled(signed("-t"), "w"), r"-w\,t"),
        (scaled(signed("-t-u"), "w"), r"w\,\left[-t-u\right]"),
        (Big("M", signed("-t")), r"M \left[-t\right]"),
        (Big(OVER_CLASSES, signed("-t")), r"\sum_c -t"),
        (Big("M", Big(OVER_CLASSES, signed("-t"))), r"M \left[\sum_c -t\right]"),
        (negated(Big("M", Big(OVER_CLASSES, signed("-t")))), r"M \sum_c t"),
        (scaled(Big(OVER_CLASSES, signed("-t")), "w"), r"w\,\left[\sum_c -t\right]"),
        (signed(r"|p-t|/\max(a-b,-c)"), r"|p-t|/\max(a-b,-c)"),
        (scaled(Big("M", signed("t"), r"\frac{1}{N}"), "0.5"), r"0.5\cdot \frac{1}{N}\,M t"),
    ],
)
def test_a_sign_never_meets_another(piece, text):
    assert written(piece) == text


def test_a_width_stands_whole_in_its_subscript():
    assert "H_{0.5}" in formula(point("huber", (("delta", 0.5),)))


def test_pieces_are_added_with_their_signs():
    assert added([signed("a"), signed("-b"), Big("M", signed("-c"))]) == r"a-b+M \left[-c\right]"


@pytest.mark.parametrize(
    ("semantics", "where", "remarks"),
    [
        (CE, r"\text{where }p=\operatorname{softmax}(x),\;t=[y=c]", ()),
        (point("squared"), "", ()),
        (point("squared", reduction=Reduction(zero="zero")), "", ("0 where nothing is left to count",)),
        (
            replace(point("squared", activation=Activation(("exp",))), precision=Precision("float16")),
            r"\text{where }p=\exp(x)",
            ("computed in float16",),
        ),
    ],
)
def test_a_formula_is_taken_apart_for_a_page(semantics, where, remarks):
    body, *behind = taken_apart(formula(semantics))

    assert "where" not in body
    assert behind == [where, remarks]


def test_the_symbols_of_formulas_are_told_in_one_line():
    said = symbols([formula(CE), formula(point("huber"))])

    assert said.startswith("x is the prediction, t the target, y the target as it is given, c a class, ")
    assert "H with width δ" in said
    assert symbols([]) == ""
    assert "t the target," not in symbols([formula(CE)])
