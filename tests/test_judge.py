"""Judging: what a comparison without numbers says, and what is too large to be judged. No framework is asked."""

import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from harness import judge as module
from harness.cases import read_case
from harness.findings import Silence
from harness.judge import judge_case
from harness.judging import Judging, judge
from harness.judging import judged as judged_by_others
from harness.processes import FEWEST, Crew
from harness.records import BrokenCase, Computed, Crashed, Key, Lack, Raised, Run, TimedOut, Unsupported, Verdict
from harness.report.junit import junit
from harness.report.results import case_result, comparison_result
from harness.report.terminal import counts, table

TEXT = """
id: {name}
inputs: {{prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}}
sides:
  a: -(target * np.log(prediction)).sum()
  b: -np.sum(target * np.log(prediction))
{more}
"""
EQUAL = "expect: [{between: [a, b], verdict: equal}]"
INCOMPARABLE = "expect: [{between: [a, b], verdict: incomparable}]"
OF_OTHERS = "  c: {claim: 0.223}\nexpect: [{between: [a, c], verdict: equal}]"
KNOWN = "known: [{side: b, status: never, reason: it dies}]"
SUM = Computed(np.array(0.22314353), None, "float32")

RAISED = Raised("ValueError", "no loss today")
ABLE = Unsupported("numpy has no mode 'compiled'")
UNWANTED = Unsupported("only torch was to be asked", Lack.WISH)
MISSING = Unsupported("numpy is missing: No module named 'numpy'", Lack.FRAMEWORK)
CRASHED = Crashed("killed by SIGSEGV")
LATE = TimedOut(3.0)
BROKEN = BrokenCase("cases/broken.yaml", "unknown-key", "sidez is no key")


def case(more="", name="c"):
    return read_case(TEXT.format(name=name, more=more), "cases/c.yaml")


def judged(more, seen, **changes):
    """The finding on the case when its side b answers `seen`, and a as it should."""
    asked = replace(case(more), **changes)
    answers = {"a": SUM} if seen is None else {"a": SUM, "b": seen}
    return judge_case(asked, {Key("c", name, asked.dtypes[0]): each for name, each in answers.items()})


def of_b(finding):
    return next(each for each in finding.comparisons if each.between == ("a", "b"))


@pytest.mark.parametrize(
    ("more", "seen", "status", "silence"),
    [
        ("", RAISED, "pass", Silence.NONE),
        ("", ABLE, "pass", Silence.NONE),
        ("", UNWANTED, "pass", Silence.UNASKED),
        ("", MISSING, "fail", Silence.ABSENT),
        ("", None, "fail", Silence.ABSENT),
        ("", CRASHED, "fail", Silence.LOST),
        ("", LATE, "fail", Silence.LOST),
        (EQUAL, RAISED, "fail", Silence.NONE),
        (EQUAL, UNWANTED, "pass", Silence.UNASKED),
        (EQUAL, MISSING, "fail", Silence.ABSENT),
        (EQUAL, CRASHED, "fail", Silence.LOST),
        (INCOMPARABLE, RAISED, "pass", Silence.NONE),
        (INCOMPARABLE, CRASHED, "pass", Silence.LOST),
        (INCOMPARABLE, MISSING, "fail", Silence.ABSENT),
        (INCOMPARABLE, None, "fail", Silence.ABSENT),
        (OF_OTHERS, CRASHED, "pass", Silence.LOST),
        (OF_OTHERS, MISSING, "fail", Silence.ABSENT),
        (KNOWN, CRASHED, "pass", Silence.LOST),
        (KNOWN, MISSING, "fail", Silence.ABSENT),
    ],
)
def test_a_side_without_numbers_passes_only_where_that_is_an_answer(more, seen, status, silence):
    finding = judged(more, seen)

    assert (finding.status, of_b(finding).silence, of_b(finding).verdict) == (status, silence, Verdict.INCOMPARABLE)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (RAISED, "b raised ValueError: no loss today"),
        (ABLE, "b cannot be asked: numpy has no mode 'compiled'"),
        (UNWANTED, "b was not asked: only torch was to be asked"),
        (MISSING, "b had nobody to ask: numpy is missing: No module named 'numpy'"),
        (CRASHED, "b crashed: killed by SIGSEGV"),
        (LATE, "b gave no answer within 3 s"),
        (None, "b was not run"),
    ],
)
def test_the_reason_is_shown_wherever_the_verdict_is(seen, reason):
    finding = judged("", seen)
    (overview,) = table([finding]).columns[3].cells

    assert reason in overview.plain
    assert reason in junit([finding])
    assert comparison_result(of_b(finding))["message"] == reason


@pytest.mark.parametrize(
    ("seen", "element"),
    [(RAISED, "<system-out>"), (UNWANTED, "<skipped "), (CRASHED, "<error "), (MISSING, "<error ")],
)
def test_ci_is_told_a_failure_from_an_answer_that_never_came(seen, element):
    text = junit([judged("", seen)])

    assert element in text
    assert "<failure" not in text


def test_an_expectation_of_a_gradient_that_nobody_observed_is_not_met():
    finding = judged("expect: [{between: [a, b], verdict: equal, aspect: gradient}]", SUM)

    assert finding.messages == ("expected equal between a and b (gradient), but nothing was compared",)


def test_an_expectation_of_a_gradient_is_not_asked_of_whom_nobody_asks():
    assert judged("expect: [{between: [a, b], verdict: equal, aspect: gradient}]", UNWANTED).status == "pass"


def test_the_overview_counts_who_was_not_asked():
    assert "∅ 1 incomparable (1 of them not asked)" in counts([judged("", UNWANTED)])


@pytest.mark.parametrize(("imposed", "status"), [(True, "pass"), (False, "fail")])
def test_a_dtype_that_a_framework_lacks_is_a_finding_only_if_the_case_asked_for_it(imposed, status):
    lacking = Unsupported("numpy has no dtype 'bfloat16'", Lack.DTYPE)

    assert judged(EQUAL, lacking, imposed=imposed).status == status


def test_printed_digits_are_not_held_against_another_dtype_than_they_were_printed_in():
    other = Computed(np.array(0.3), None, "float64")
    finding = judged("  c: {claim: 0.25}\nexpect: [{between: [a, c], verdict: equal}]", other, imposed=True)

    assert {each.silence for each in finding.comparisons if "c" in each.between} == {Silence.UNASKED}
    assert finding.comparisons[0].message == "c was not asked: its digits were printed in another dtype than float32"


@pytest.mark.parametrize("error", [MemoryError("Unable to allocate 22.4 GiB"), OverflowError("too large")])
def test_a_case_that_is_too_large_to_be_judged_costs_no_other(error, monkeypatch):
    class Exploding(module.Footing):
        def standing(self, *args):
            if self.case.id == "large":
                raise error
            return super().standing(*args)

    monkeypatch.setattr(module, "Footing", Exploding)
    cases = case(name="large"), case(name="small")
    observations = {Key(each.id, side, "float32"): SUM for each in cases for side in "ab"}
    large, small = judge(Run(cases, (), observations, {}))

    assert (large.status, large.case.slug, large.case.id) == ("error", "not-judged", "large")
    assert str(error) in large.messages[0]
    assert small.status == "pass"


def test_judging_tells_how_far_it_is():
    cases = case(name="one"), case(name="two")
    told = []
    judge(Run(cases, (), {}, {}), progress=lambda *how: told.append(how))

    assert told == [(1, 2, "one"), (2, 2, "two")]


HUGE = "np.broadcast_to(prediction, (1000000000, 3)).sum()"


@pytest.mark.parametrize(
    "text",
    [
        HUGE,
        "(np.zeros((100000, 100000)) * prediction[0]).sum()",
        "np.ones((100000, 100000)).sum() * prediction[0]",
        "np.eye(100000).sum() * prediction[0]",
        "np.arange(1000000000).sum() * prediction[0]",
        "jax.nn.one_hot(target, 1000000000).sum() * prediction[0]",
        "(np.arange(10000)[:, None] * np.arange(10000)).sum() * prediction[0]",
    ],
)
def test_the_text_of_a_side_is_not_read_where_its_arrays_are_too_large_to_be_made(text):
    asked = read_case(TEXT.format(name="c", more=f"  c: {text}"), "cases/c.yaml")
    answers = {
        Key("c", name, "float32"): replace(SUM, value=np.array(value))
        for name, value in zip("abc", (1.0, 1.0, 2.0), strict=True)
    }
    tracemalloc.start()
    finding = judge_case(asked, answers)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 2**26
    assert {each.verdict for each in finding.comparisons if "c" in each.between} == {Verdict.UNEXPLAINED}
    assert "reading ends at 16,777,216" in finding.comparisons[1].message


def test_sides_that_stand_for_one_point_share_what_the_reference_says_of_it():
    text = TEXT.format(
        name="c", more="  c: torch.nn.MSELoss()(prediction, target)\n  d: F.mse_loss(prediction, target)"
    )
    footing = module.Footing(read_case(text, "cases/c.yaml"), "float32")
    first, second = (footing.standing(name, SUM) for name in "cd")

    assert first.semantics == second.semantics
    assert first.reference is not None
    assert first.reference is second.reference


def many():
    """A run of which one case takes long to be judged."""
    cases = tuple(case(INCOMPARABLE if number % 3 else "", f"case-{number}") for number in range(2 * FEWEST))
    answers = SUM, RAISED, CRASHED, LATE, *[MISSING] * len(cases)
    sides = {Key(each.id, side, "float32"): seen for each, seen in zip(cases, answers, strict=False) for side in "ab"}
    return Run(cases, (BROKEN,), sides, {})


def told(findings):
    return [case_result(finding) for finding in findings]


@pytest.mark.parametrize("others", [1, 2])
def test_findings_do_not_depend_on_how_many_processes_judge(others):
    run, seen = many(), []
    findings = judge(run, progress=lambda *how: seen.append(how), others=others)

    assert told(findings) == told(judge(run))
    assert [done for done, _, _ in seen] == [*range(1, len(run.cases) + 1)]
    assert {name for _, _, name in seen} == {each.id for each in run.cases}


def test_a_judge_may_go_ahead_with_part_of_a_run():
    run = many()
    with Crew(judged_by_others, 1) as crew:
        judging = Judging(crew, None)
        for each in run.cases[:FEWEST]:
            judging.take(each, {key: seen for key, seen in run.observations.items() if key.case == each.id})
        while not judging.step():
            time.sleep(0.01)

        assert told(judging.findings(run)) == told(judge(run))


def test_what_frameworks_add_to_a_case_waits_until_they_have_nothing_else_to_answer():
    run, busy = many(), {"case-1"}
    with Crew(judged_by_others, 1) as crew:
        judging = Judging(crew, None, lambda each: each.id not in busy)
        for each in run.cases[:FEWEST]:
            judging.take(each, {key: seen for key, seen in run.observations.items() if key.case == each.id})
        ahead = set()
        while len(ahead) < FEWEST - 1:
            ahead.add(judging.step())
            ahead.discard("")
        time.sleep(0.1)

        assert "case-1" not in ahead
        assert judging.step() == ""
        assert told(judging.findings(run)) == told(judge(run))
