"""Findings made by hand, one of each kind that a report must be able to show."""

import math

import numpy as np

from harness.findings import (
    Comparison,
    Divergence,
    Explanation,
    Factor,
    Finding,
    Inactive,
    Proof,
    Proofs,
    Remedy,
    Rival,
)
from harness.records import (
    BrokenCase,
    Case,
    Claim,
    Computed,
    Expectation,
    Expression,
    InputArray,
    Key,
    Raised,
    Run,
    Scope,
    Verdict,
)
from harness.syntax import Apply, Binary, Call, Input, Literal, Method, Unary

PREDICTION = InputArray(np.array([0.8, 0.2, 0.4]))
TARGET = InputArray(np.array([1, 0, 0]), integral=True)
BOTH = (Input("prediction"), Input("target"))
BCE = Expression("torch.nn.BCELoss()", Apply(Call("torch.nn.BCELoss"), BOTH), "torch")
CE = Expression("torch.nn.CrossEntropyLoss()", Apply(Call("torch.nn.CrossEntropyLoss"), BOTH), "torch")
KERAS = Expression(
    "keras.losses.BinaryCrossentropy()", Apply(Call("keras.losses.BinaryCrossentropy"), BOTH[::-1]), "keras"
)
BY_HAND = Expression(
    "-(target * np.log(prediction)).mean()",
    Unary("-", Method(Binary("*", Input("target"), Call("numpy.log", (Input("prediction"),))), "mean")),
    "numpy",
)
UNREDUCED = Expression(
    'torch.nn.BCELoss(reduction="none")',
    Apply(Call("torch.nn.BCELoss", (), (("reduction", Literal("none")),)), BOTH),
    "torch",
)
PROVEN = Proofs(Proof.PASSED, Proof.PASSED, Proof.PASSED)


def computed(value, gradient=None, dtype="float32"):
    """An observation of numbers."""
    as_array = np.asarray(value, dtype=np.float64)
    return Computed(as_array, None if gradient is None else np.asarray(gradient, dtype=np.float64), dtype)


def divergence(gap, bound=1e-7, at=(), detail=None):
    """A divergence whose detail is the gap itself unless one is given."""
    detail = np.asarray(gap if detail is None else detail, dtype=np.float64)
    ulps = abs(gap) / 2**-25 if math.isfinite(gap) else math.inf
    return Divergence(float(gap), at, bound, ulps, detail, np.full(detail.shape, bound))


def case(name, sides, **more):
    """A case of the founding inputs."""
    given = {
        "title": f"A case called {name}",
        "path": f"cases/puzzles/{name}.yaml",
        "inputs": {"prediction": PREDICTION, "target": TARGET},
    } | more
    return Case(id=name, sides=sides, **given)


def finding(subject, observations, comparisons, status="pass", **more):
    """A finding whose observations are given by side name, in the dtype of the case."""
    keyed = {Key(subject.id, side, subject.dtypes[0]): seen for side, seen in observations.items()}
    return Finding(subject, status, tuple(comparisons), keyed, **more)


def comparison(between, verdict, apart=None, why=None, aspect="value", **more):
    """A comparison in float32, eager."""
    return Comparison(between, "float32", "eager", aspect, verdict, apart, why or Explanation(), **more)


FACTORS = (
    Factor(
        "activation",
        "probabilities, taken as they are",
        "scores, put through softmax",
        share=0.3575815093721629,
        step=0.161244008768688,
        summary="bce reads the prediction as probabilities; ce applies softmax to it first.",
    ),
    Factor(
        "term.sides",
        "both outcomes of every element",
        "the target's class alone",
        share=-0.454219291552015,
        step=-0.2145762557550135,
        summary="bce also counts log(1 − p) where the target is 0; ce counts the target's class only.",
        widens=True,
    ),
    Factor(
        "reduction.classes",
        "mean over all 3 elements",
        "sum over the classes of 1 sample",
        share=0.574716191910487,
        step=0.5314106567969594,
        summary="bce averages over 3 elements; ce sums over the classes of one sample.",
    ),
)

EXPLANATION = Explanation(
    factors=FACTORS,
    inactive=(Inactive("guard.clamp", "logarithms floored at -100", "none", "prediction = [0.0, 0.2, 0.4]"),),
    rivals=(
        Rival(("activation", "scale.constant"), "softmax, and a factor of 2.4986", "other inputs refute it"),
        Rival(("term.family",), "a squared error of the logits"),
    ),
    residual=0.0,
    proofs=PROVEN,
    remedy=Remedy(
        "bce",
        "-(target * torch.nn.functional.log_softmax(prediction, dim=0)).sum()",
        verified=True,
    ),
    stages=(
        ("layout.class_axis", "none", "0"),
        ("activation", "probabilities, taken as they are", "scores, put through softmax"),
        ("guard.clamp", "logarithms floored at -100", "none"),
        ("term.family", "cross-entropy", "cross-entropy"),
        ("term.sides", "both outcomes of every element", "the target's class alone"),
        ("reduction.classes", "mean over all 3 elements", "sum over the classes of 1 sample"),
        ("reduction.batch", "mean", "mean"),
    ),
    formulas=(
        r"-\frac{1}{3}\sum_{i} t_i \log p_i + (1-t_i)\log(1-p_i)",
        r"-\sum_{i} t_i \log \operatorname{softmax}(x)_i",
    ),
    reference=(0.3190375754648034, 0.7971159851954382),
)


def explained():
    """The founding puzzle: 0.3190 against 0.7971, in three conventions."""
    subject = case(
        "bce-vs-ce",
        {"bce": BCE, "ce": CE},
        title="BCELoss and CrossEntropyLoss disagree on the same three numbers",
        why="The founding puzzle: the formulas differ, and not only the formulas.",
        source="https://example.org/bce-vs-ce",
        prediction_is="probabilities",
        expect=(Expectation(("bce", "ce"), Verdict.EXPLAINED, ("activation", "term", "reduction")),),
    )
    bce, ce = 0.3190375754648034, 0.7971159851954382
    gradients = ([-5 / 12, 5 / 12, 5 / 9], [-0.549353, 0.247314, 0.302039])
    apart = np.subtract(gradients[1], gradients[0])
    why = Explanation(
        factors=(Factor("activation", "probabilities", "softmax", apart[2], apart[2], "softmax spreads the slope."),),
        proofs=Proofs(Proof.PASSED, Proof.PASSED, Proof.NOT_RUN),
    )
    return finding(
        subject,
        {"bce": computed(bce, gradients[0]), "ce": computed(ce, gradients[1])},
        [
            comparison(
                ("bce", "ce"),
                Verdict.EXPLAINED,
                divergence(ce - bce, 1.9e-7),
                EXPLANATION,
                expectation=subject.expect[0],
            ),
            comparison(
                ("bce", "ce"), Verdict.EXPLAINED, divergence(apart[2], 2e-7, (2,), apart), why, aspect="gradient"
            ),
        ],
        mutants=17,
    )


def equal():
    """Three frameworks that agree: one pair everywhere, one only on these inputs, one to the last bit."""
    subject = case("bce-docs", {"bce": BCE, "keras": KERAS, "again": BCE})
    return finding(
        subject,
        {"bce": computed(0.3190375), "keras": computed(0.3190376), "again": computed(0.3190375)},
        [
            comparison(
                ("bce", "keras"),
                Verdict.EQUAL,
                divergence(2.9e-8),
                scope=Scope.HERE,
                parting_input="prediction = [0.0, 0.2, 0.6]",
            ),
            comparison(("bce", "again"), Verdict.IDENTICAL, divergence(0.0), scope=Scope.EVERYWHERE),
            comparison(("keras", "again"), Verdict.EQUAL, divergence(-2.9e-8), scope=Scope.EVERYWHERE),
        ],
    )


def unexplained():
    """A side that contradicts its own point: it fails the case."""
    subject = case("halved", {"bce": BCE, "by_hand": BY_HAND})
    why = Explanation(
        factors=FACTORS[1:2],
        residual=-0.0123,
        proofs=Proofs(Proof.FAILED, Proof.FAILED, Proof.NOT_RUN),
        blame="by_hand returned 0.05 where its own formula gives 0.0743812",
    )
    return finding(
        subject,
        {"bce": computed(0.3190375), "by_hand": computed(0.05)},
        [
            comparison(
                ("bce", "by_hand"),
                Verdict.UNEXPLAINED,
                divergence(-0.2690375),
                why,
                expected=False,
                expectation=Expectation(("bce", "by_hand"), Verdict.EXPLAINED, ("term",)),
            )
        ],
        status="fail",
        messages=("bce and by_hand: expected explained by term, found unexplained",),
    )


def incomparable():
    """A side that raised, as the case expects."""
    subject = case("tf-as-printed", {"bce": BCE, "ce": CE})
    message = "ce raised ValueError: logits and labels must have the same shape, received (3, 2) and (3,)"
    raised = Raised("ValueError", "logits and labels must have the same shape, received (3, 2) and (3,)")
    return finding(
        subject,
        {"bce": computed(0.3190375), "ce": raised},
        [comparison(("bce", "ce"), Verdict.INCOMPARABLE, message=message)],
    )


def broken():
    """A case file that could not be read."""
    path = "cases/puzzles/typo.yaml"
    message = "unknown key 'sidez'; allowed: id, title, why, source, inputs, sides. Did you mean 'sides'?"
    return Finding(BrokenCase(path, "unknown-key", message, 7, 3, "typo"), "error", (), {}, messages=(message,))


def claimed():
    """Digits that somebody printed, against the call."""
    printed = Claim("0.319", np.array(0.319), np.array(0.0005))
    subject = case("printed", {"bce": BCE, "printed": printed})
    return finding(
        subject,
        {"bce": computed(0.3190375)},
        [comparison(("bce", "printed"), Verdict.EQUAL, divergence(-3.75e-5, 5e-4), scope=Scope.HERE)],
    )


def arrays():
    """An unreduced side against a reduced one, and a matrix against itself."""
    subject = case("unreduced", {"none": UNREDUCED, "mean": BCE, "none_too": UNREDUCED})
    elements = np.array([0.22314355, 0.22314355, 0.51082562])
    why = Explanation(
        factors=(Factor("reduction.batch", "not reduced", "mean", 0.0, 0.0, "mean divides by 3."),),
        proofs=Proofs(Proof.PASSED, Proof.PASSED, Proof.NOT_RUN),
    )
    return finding(
        subject,
        {"none": computed(elements), "mean": computed(0.3190376), "none_too": computed(elements)},
        [
            comparison(("none", "mean"), Verdict.EXPLAINED, divergence(2.7e-8, 1e-7), why),
            comparison(
                ("none", "none_too"),
                Verdict.IDENTICAL,
                divergence(0.0, 1e-7, (2,), np.zeros(3)),
                scope=Scope.EVERYWHERE,
            ),
        ],
    )


def infinite():
    """Numbers that are none: inf against nan against a number."""
    subject = case("log-of-zero", {"inf": BY_HAND, "nan": BY_HAND, "clamped": BCE})
    why = Explanation(
        factors=(Factor("guard.clamp", "none", "logarithms floored at -100", -math.inf, -math.inf, "log 0 is -inf."),),
        residual=math.nan,
        proofs=PROVEN,
    )
    return finding(
        subject,
        {
            "inf": computed(math.inf, [-math.inf, 0, 0]),
            "nan": computed(math.nan),
            "clamped": computed(100.0, [-1e12, 0, 0]),
        },
        [
            comparison(("inf", "clamped"), Verdict.EXPLAINED, divergence(-math.inf), why),
            comparison(
                ("inf", "nan"), Verdict.UNEXPLAINED, divergence(math.nan), Explanation(residual=math.nan), expected=True
            ),
        ],
    )


def hostile():
    """Markup in every text that a case may carry."""
    sides = {"bce": BCE, "b": Expression("<img src=x onerror=alert(1)>", Input("prediction"), "numpy")}
    subject = case(
        "hostile",
        sides,
        title="<script>alert('title')</script> & \"quotes\"",
        why="</p><script>alert('why')</script>",
        source="javascript:alert('source')",
    )
    return finding(
        subject,
        {"bce": computed(1.0), "b": Raised("<b>Error</b>", "<script>alert('raised')</script>")},
        [comparison(("bce", "b"), Verdict.INCOMPARABLE, message="<script>alert('message')</script>")],
    )


def all_findings():
    """One of each, in the order of their ids."""
    made = (explained(), equal(), unexplained(), incomparable(), broken(), claimed(), arrays(), infinite(), hostile())
    return tuple(sorted(made, key=lambda found: found.case.id))


def run_of(findings):
    """The run that these findings could have come from."""
    observations = {key: seen for found in findings for key, seen in found.observations.items()}
    cases = tuple(found.case for found in findings if isinstance(found.case, Case))
    unread = tuple(found.case for found in findings if isinstance(found.case, BrokenCase))
    return Run(
        cases,
        unread,
        observations,
        environment={"python": "3.11.7", "torch": "2.13.0", "keras": "3.15.1"},
        provenance={"started": "2026-01-02T03:04:05Z", "host": "somewhere"},
    )
