"""What changed between two runs."""

import json

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import RunError
from harness.report.diff import changes, read_results

COMPARISON = {
    "between": ["a", "b"], "dtype": "float32", "mode": "eager", "aspect": "value", "verdict": "equal", "factors": [],
}  # fmt: skip


def results(*comparisons):
    return {"schema": 1, "cases": [{"id": "case", "comparisons": list(comparisons)}]}


def test_a_run_has_not_changed_against_itself():
    assert changes(results(COMPARISON), results(COMPARISON)) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ([COMPARISON], [{**COMPARISON, "verdict": "unexplained"}], "equal → unexplained"),
        ([COMPARISON], [{**COMPARISON, "verdict": "explained", "factors": [{"factor": "term"}]}], "explained by term"),
        ([COMPARISON], [], "equal → gone"),
        ([], [COMPARISON], "not there → equal"),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_address(old, new, words):
    (change,) = changes(results(*old), results(*new))

    assert words in str(change)
    assert str(change).startswith("case: a and b, value in float32")


def test_what_is_no_results_file_is_named(tmp_path):
    (tmp_path / "x.json").write_text('{"schema": 2}', encoding="utf-8")

    with pytest.raises(RunError, match="schema 1"):
        read_results(tmp_path / "x.json")


def test_the_command_ends_with_1_where_a_verdict_changed(tmp_path):
    for name, verdict in (("old", "equal"), ("new", "unexplained")):
        text = json.dumps(results({**COMPARISON, "verdict": verdict}))
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")

    assert [CliRunner().invoke(main, ["diff", old, other]).exit_code for other in (old, new)] == [0, 1]
