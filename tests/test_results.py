"""results.json: what programs rely on."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import samples
from jsonschema import Draft202012Validator

from harness.report.elements import elements
from harness.report.numbers import json_array
from harness.report.results import dumps, results, summary, write_json

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text(encoding="utf-8"))
FINDINGS = samples.all_findings()
RESULTS = results(samples.run_of(FINDINGS), FINDINGS)


def case_of(made, name):
    return next(case for case in made["cases"] if case["id"] == name)


def complaints(made):
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(dumps(made)))]


def test_the_schema_is_itself_in_order():
    Draft202012Validator.check_schema(SCHEMA)


def test_results_of_every_kind_of_finding_fit_the_schema():
    assert complaints(RESULTS) == []


def test_an_empty_run_fits_the_schema():
    assert complaints(results(samples.run_of(()), ())) == []


@pytest.mark.parametrize(
    ("key", "value"), [("gap", None), ("verdict", "close"), ("at", [-1]), ("expected", "yes"), ("extra", 1)]
)
def test_the_schema_refuses_what_is_wrong(key, value):
    comparison = case_of(RESULTS, "bce-vs-ce")["comparisons"][0]
    wrong = {**RESULTS, "cases": [{**case_of(RESULTS, "bce-vs-ce"), "comparisons": [{**comparison, key: value}]}]}

    assert bool(complaints(wrong)) == (key != "gap")


def test_the_same_findings_give_the_same_bytes_in_any_order():
    other = results(samples.run_of(FINDINGS[::-1]), FINDINGS[::-1])

    assert dumps(other) == dumps(RESULTS)


def test_only_provenance_depends_on_when_and_where():
    run = samples.run_of(FINDINGS)
    later = results(replace(run, provenance={"started": "2027-01-01T00:00:00Z", "host": "elsewhere"}), FINDINGS)

    assert {key for key in later if later[key] != RESULTS[key]} == {"provenance"}
    assert "somewhere" not in dumps({**RESULTS, "provenance": {}})


def test_shares_and_residual_sum_to_the_gap():
    for comparison in case_of(RESULTS, "bce-vs-ce")["comparisons"]:
        for amount in ("share", "step"):
            total = math.fsum([*(factor[amount] for factor in comparison["factors"]), comparison["residual"]])

            assert abs(total - comparison["gap"]) <= comparison["bound"]


def test_numbers_that_json_lacks_are_words():
    sides = case_of(RESULTS, "log-of-zero")["sides"]

    assert (sides["inf"]["value"], sides["nan"]["value"]) == ("inf", "nan")
    assert sides["inf"]["gradient"] == ["-inf", 0, 0]
    assert [each["gap"] for each in case_of(RESULTS, "log-of-zero")["comparisons"]] == ["-inf", "nan"]


def test_a_number_survives_the_file_to_the_last_bit(tmp_path):
    write_json(samples.run_of(FINDINGS), FINDINGS, tmp_path / "deep" / "results.json")
    read = json.loads((tmp_path / "deep" / "results.json").read_text(encoding="utf-8"))

    assert case_of(read, "bce-vs-ce")["sides"]["bce"]["value"] == 0.3190375754648034


def test_arrays_are_given_whole_and_where_they_differ_most():
    gradient = case_of(RESULTS, "bce-vs-ce")["comparisons"][1]

    assert gradient["at"] == [2]
    assert gradient["detail"]["gap"][2] == gradient["gap"]
    assert np.shape(gradient["detail"]["bound"]) == (3,)


def test_a_scalar_has_no_detail():
    assert case_of(RESULTS, "bce-vs-ce")["comparisons"][0]["detail"] is None


def test_a_broken_case_says_where_and_what():
    case = case_of(RESULTS, "typo")

    assert case["status"] == "error"
    assert case["error"] == {
        "slug": "unknown-key",
        "message": samples.broken().case.message,
        "line": 7,
        "column": 3,
    }


@pytest.mark.parametrize(
    ("case", "side", "outcome"),
    [
        ("bce-vs-ce", "bce", "computed"),
        ("printed", "printed", "claimed"),
        ("tf-as-printed", "ce", "raised"),
    ],
)
def test_every_side_says_what_came_of_it(case, side, outcome):
    assert case_of(RESULTS, case)["sides"][side]["outcome"] == outcome


def test_further_dtypes_stand_beside_the_first():
    found = samples.explained()
    both = replace(found, case=replace(found.case, dtypes=("float32", "float64")))
    side = case_of(results(samples.run_of([both]), [both]), "bce-vs-ce")["sides"]["bce"]

    assert [side["dtype"], *(other["dtype"] for other in side["others"])] == ["float32", "float64"]


def test_the_summary_counts_cases_and_comparisons():
    assert summary(FINDINGS) == {
        "cases": 9,
        "status": {"pass": 7, "fail": 1, "error": 1},
        "comparisons": 13,
        "verdicts": {"identical": 2, "equal": 3, "explained": 4, "unexplained": 2, "incomparable": 2},
        "unexpected": 1,
        "mutants": {"tried": 17, "survived": 0},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array(1.5), 1.5),
        (np.array(np.nan), "nan"),
        (np.array([1.0, -np.inf]), [1.0, "-inf"]),
        (np.array([[np.inf], [0.0]]), [["inf"], [0.0]]),
        (np.empty((0, 3)), []),
    ],
)
def test_arrays_become_nested_lists(values, expected):
    assert json_array(values) == expected


def long(value, gradient=None):
    return samples.computed(np.full(20_000, value), gradient)


def of_long_arrays(detail):
    """A case whose two sides return 20,000 elements each, with that difference between them."""
    sides = {"a": samples.BCE, "b": samples.CE}
    apart = samples.divergence(float(np.max(np.abs(detail))), 0.5, (0,), detail)
    comparison = samples.comparison(("a", "b"), samples.Verdict.UNEXPLAINED, apart)
    return samples.finding(samples.case("long", sides), {"a": long(1.0), "b": long(2.0, np.ones(3))}, [comparison])


@pytest.mark.parametrize(
    ("differing", "first"),
    [({7: 1.0, 19_999: -2.0, 3: 0.1}, [[7], [19_999]]), ({3: 0.1}, [[3]]), ({}, [[i] for i in range(100)])],
)
def test_a_long_array_is_cut_to_where_the_sides_differ_first(differing, first):
    detail = np.zeros(20_000)
    detail[[*differing]] = [*differing.values()]
    made = results(samples.run_of([of_long_arrays(detail)]), [of_long_arrays(detail)])
    (case,) = made["cases"]

    assert complaints(made) == []
    assert case["comparisons"][0]["detail"]["gap"]["at"] == first
    assert case["sides"]["b"]["value"] == {"cut": True, "shape": [20_000], "at": first, "numbers": [2.0] * len(first)}
    assert case["sides"]["b"]["gradient"] == [1.0, 1.0, 1.0]
    assert len(dumps(made)) < 20_000


def test_a_page_says_that_a_long_array_was_cut():
    found = of_long_arrays(np.zeros(20_000))
    (table,) = elements(found, found.case, ())[:1]

    assert (table.caption, len(table.rows), table.more) == ("value, float32: the first 200 of 20,000 elements", 200, 0)
