"""The explanation as text: what the command prints, and what a failing test shows."""

import math
from dataclasses import fields, replace

import pytest
import samples
from rich.console import Console

from harness.factors import FACTORS
from harness.findings import Proof, Proofs, Rival
from harness.records import Key, Verdict
from harness.report.counting import by_urgency
from harness.report.numbers import aligned, number, share, signed
from harness.report.phrases import count, names, pair
from harness.report.sentences import rival_sentence, verdict_sentence
from harness.report.terminal import WIDTH, counts, render_explanation, render_finding, table
from harness.report.waterfall import scale, waterfall
from harness.report.words import DETAILS, STAGES, VERDICTS, meaning
from harness.semantics import STAGES as ORDER
from harness.semantics import Semantics


def first(found):
    return render_explanation(found.comparisons[0], found)


def test_the_founding_puzzle_reads_like_this(snapshot):
    assert first(samples.explained()) == snapshot


@pytest.mark.parametrize("found", samples.all_findings(), ids=lambda found: found.case.id)
def test_every_kind_of_finding_reads_like_this(found, snapshot):
    assert render_finding(found) == snapshot


def test_no_line_is_longer_than_a_page_but_for_expressions():
    text = "\n".join(map(render_finding, samples.all_findings()))
    long = [line for line in text.splitlines() if len(line) > WIDTH + 20]

    assert long == []


def test_numbers_stand_under_each_other():
    lines = first(samples.explained()).splitlines()
    points = [line.index(".") for line in lines[2:5]]

    assert len({*points}) == 1


def test_the_share_of_a_factor_is_given_as_amount_and_percent():
    line = next(line for line in first(samples.explained()).splitlines() if "75 %" in line)

    assert line.split()[:2] == ["activation", "+0.357582"]
    assert "probabilities, taken as they are → scores, put through softmax" in line


def test_a_loss_without_outcomes_is_not_said_to_count_one_of_them():
    found = samples.explained()
    stages = tuple(
        ("term.sides", a, "one term per element") if name == "term.sides" else (name, a, b)
        for name, a, b in found.comparisons[0].explanation.stages
    )
    why = replace(found.comparisons[0].explanation, stages=stages)
    squared = replace(found, comparisons=(replace(found.comparisons[0], explanation=why),))

    assert "both outcomes of every element → one term per element" in first(squared)
    assert "the target's class alone" not in first(squared)


def test_a_factor_that_widens_the_gap_says_so():
    assert [line.split()[0] for line in first(samples.explained()).splitlines() if "(widens the gap)" in line] == [
        "term.sides"
    ]


def test_a_comparison_that_is_not_as_expected_says_what_was():
    text = first(samples.unexplained())

    assert "Not as expected: the case says explained by term, and it is unexplained." in text


def test_what_is_left_over_is_a_step_of_its_own_when_it_is_more_than_rounding():
    labels = [step.label for step in waterfall(samples.unexplained(), samples.unexplained().comparisons[0])]

    assert labels == ["bce", "term.sides", "left over", "by_hand"]


def test_the_waterfall_walks_from_one_number_to_the_other():
    found = samples.explained()
    steps = waterfall(found, found.comparisons[0])

    assert [step.start for step in steps[1:-1]] == [step.end for step in steps[:-2]]
    assert abs(steps[-2].end - steps[-1].end) <= found.comparisons[0].divergence.bound


def test_there_is_no_chart_of_infinite_numbers():
    found = samples.infinite()

    assert scale(waterfall(found, found.comparisons[0]), 100) is None


def test_proofs_are_told_only_where_some_were_run():
    found = samples.explained()
    why = replace(found.comparisons[0].explanation, proofs=Proofs(Proof.NOT_RUN, Proof.NOT_RUN, Proof.NOT_RUN))
    untold = replace(found, comparisons=(replace(found.comparisons[0], explanation=why),))

    assert "Proofs" in first(found)
    assert "Proofs" not in first(untold)


def test_a_side_in_a_finer_form_is_shown_in_the_form_in_which_the_two_meet():
    found = samples.arrays()

    assert pair(found, found.comparisons[0]) == pytest.approx((0.319037573, 0.3190376))


def test_what_the_case_asks_about_comes_before_what_it_does_not():
    asked, other = samples.explained().comparisons[0], replace(samples.unexplained().comparisons[0], expected=True)
    unnamed = replace(other, expectation=None)

    assert by_urgency([unnamed, asked]) == [asked, unnamed]


@pytest.mark.parametrize("found", samples.all_findings(), ids=lambda found: found.case.id)
def test_every_verdict_is_one_sentence(found):
    for comparison in found.comparisons:
        sentence = verdict_sentence(found, comparison)

        assert sentence.startswith(f"{comparison.between[0]} and {comparison.between[1]} ")
        assert sentence.endswith(".")
        assert ".." not in sentence.replace("...", "")


def test_the_table_of_a_run_shows_what_failed_first():
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(table(samples.all_findings()))
    lines = console.export_text().splitlines()

    assert [line.split()[:2] for line in lines[1:2]] == [["✗", "halved"]]
    assert counts(samples.all_findings()).startswith("9 cases, 2 not as expected.")


def test_a_framework_that_answers_nobody_is_one_line_of_the_table():
    found = samples.incomparable()
    unmet = replace(found.comparisons[0], expected=False)
    jax = replace(samples.BCE, framework="jax")
    case = replace(found.case, sides={"keras": samples.KERAS, "ce": jax})
    seen = {Key("waiting", "keras", "float32"): samples.computed(0.3)}
    comparison = replace(unmet, between=("keras", "ce"))
    waiting = [
        replace(found, case=replace(case, id="waiting"), status="fail", observations=seen, comparisons=(comparison,))
    ] * 3
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(table(waiting))
    lines = [line.rstrip() for line in console.export_text().splitlines()]

    assert [" ".join(line.split()) for line in lines[1:]] == [
        "✗ jax jax gave no answer at all: the cases that ask it are not judged"
    ]


@pytest.mark.parametrize(
    ("values", "signs", "expected"),
    [
        ([0.3190376, 0.7971160], [], ["0.319038", "0.797116"]),
        ([100.0, 0.5], [], ["100.000", "  0.500"]),
        ([0.478, -0.2], [True, True], ["+0.478000", "-0.200000"]),
        ([1.0, 1e-12], [], ["1.00000", "1.0e-12"]),
        ([1e-9, 2e-9], [], ["1.00000e-09", "2.00000e-09"]),
        ([3e8, 1.0], [], ["3.00000e+08", "1.00000e+00"]),
        ([math.inf, -math.inf, math.nan, 0.0], [True] * 4, ["+inf", "-inf", " nan", "   0"]),
        ([-0.0, 0.0], [], ["0", "0"]),
        ([], [], []),
    ],
)
def test_a_column_of_numbers_has_one_decimal_point(values, signs, expected):
    assert aligned(values, signs) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 4, "25 %"), (-1, 4, "-25 %"), (3, 2, "150 %"), (1, 0, "–"), (math.inf, 1, "–"), (1, math.nan, "–")],
)
def test_a_share_is_a_percentage_where_that_says_something(part, whole, expected):
    assert share(part, whole) == expected


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"), [(0.25, "0.25", "+0.25"), (-0.0, "0", "0"), (math.nan, "nan", "nan")]
)
def test_a_number_is_written_once_and_for_all(value, plain, with_sign):
    assert (number(value), signed(value)) == (plain, with_sign)


@pytest.mark.parametrize(
    ("words", "expected"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_people_list_them(words, expected):
    assert names(words) == expected


@pytest.mark.parametrize(("amount", "expected"), [(1, "one case"), (3, "three cases"), (1204, "1,204 cases")])
def test_amounts_are_spelled_as_people_spell_them(amount, expected):
    assert count(amount, "case") == expected


def test_every_stage_and_convention_has_its_sentence():
    stages = [each for each in fields(Semantics) if each.name in ORDER]
    conventions = {f"{stage.name}.{each.name}" for stage in stages for each in fields(stage.default_factory)}

    assert tuple(STAGES) == ORDER
    assert conventions - {*DETAILS} == set()
    assert {name.partition(".")[0] for name in DETAILS} == {*ORDER}


def test_every_factor_has_a_sentence_of_its_own():
    details = [factor for factor in FACTORS if factor not in STAGES]
    sentences = [meaning(factor) for factor in details]

    assert set(sentences) & {*STAGES.values()} == set()
    assert len({*sentences}) == len(sentences)


def test_a_convention_without_a_sentence_has_that_of_its_stage():
    assert meaning("reduction.something_new") == STAGES["reduction"]


def test_every_verdict_has_a_symbol_of_its_own():
    assert set(VERDICTS) == set(Verdict)
    assert len({words.symbol for words in VERDICTS.values()}) == len({words.css for words in VERDICTS.values()}) == 5


def test_a_rival_in_the_same_conventions_is_told_without_naming_any():
    assert rival_sentence(Rival((), "also fits", "")) == "also fits (not ruled out)"
