"""JUnit XML and the summary for a CI job."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import samples

from harness.report.junit import junit, write_junit
from harness.report.markdown import MOST_ROWS, markdown

FINDINGS = samples.all_findings()


def read(text):
    return ET.fromstring(text)  # noqa: S314  our own


ROOT = read(junit(FINDINGS))


def suite(name):
    return ROOT.find(f"testsuite[@name='{name}']")


def test_every_comparison_is_a_test_case():
    assert len(suite("bce-docs").findall("testcase")) == 3
    assert suite("bce-vs-ce").find("testcase").get("name") == "bce vs ce, value, float32"


def test_the_counts_are_those_of_the_findings():
    assert {name: ROOT.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "15",
        "failures": "2",
        "errors": "1",
    }


def test_a_failure_says_what_was_expected_and_explains():
    failure = suite("halved").find("testcase/failure")

    assert failure.get("message") == "Not as expected: the case says explained by term, and it is unexplained."
    assert "by_hand returned 0.05 where its own formula gives 0.0743812" in failure.text


def test_a_case_that_could_not_be_read_is_an_error_with_its_place():
    error = suite("typo").find("testcase/error")

    assert error.text.startswith("cases/puzzles/typo.yaml:7:3: unknown key 'sidez'")


def test_a_case_that_fails_as_a_whole_is_a_test_of_its_own():
    gone = replace(samples.equal(), status="fail", messages=("the known divergence of keras is gone",))
    root = read(junit([gone]))

    assert root.find("testsuite/testcase[@name='case']/failure").text == "the known divergence of keras is gone"
    assert root.get("failures") == "1"


def test_an_explanation_that_was_expected_is_told_without_failing():
    test = suite("bce-vs-ce").find("testcase")

    assert test.find("failure") is None
    assert "three conventions" in test.find("system-out").text


@pytest.mark.parametrize("text", ["\x00", "\x1b[31mred", "\ud800", "\ufffe", "]]>", "<&>"])
def test_what_xml_cannot_hold_does_not_break_it(text):
    hostile = samples.hostile()
    bad = replace(hostile, comparisons=(replace(hostile.comparisons[0], message=f"a{text}b"),))

    assert "b cannot be compared: a" in read(junit([bad])).find(".//system-out").text


def test_the_file_is_utf_8(tmp_path):
    write_junit(FINDINGS, tmp_path / "deep" / "junit.xml")

    assert len(read((tmp_path / "deep" / "junit.xml").read_text(encoding="utf-8"))) == len(FINDINGS)


def test_the_job_summary_leads_with_what_is_wrong():
    text = markdown(samples.run_of(FINDINGS), FINDINGS)

    assert text.startswith("## 2 of 9 cases are not as expected")
    assert text.index("typo.yaml:7:3") < text.index("halved") < text.index("reduction.batch")


def test_the_job_summary_of_a_good_run_says_so():
    found = samples.equal()

    assert markdown(samples.run_of([found]), [found]).startswith("## The case is as expected")


def test_the_job_summary_holds_no_markup_of_a_case():
    bad = replace(samples.unexplained(), messages=("<script>x</script> | a `b` [c](d)",))
    text = markdown(samples.run_of([bad]), [bad])

    assert r"\<script\>x\</script\> \| a \`b\` \[c\](d)" in text


def test_the_job_summary_tells_several_reasons_apart():
    bad = replace(samples.unexplained(), messages=("one", "two"))

    assert "| one; two; bce and by\\_hand" in markdown(samples.run_of([bad]), [bad])


def test_the_job_summary_stays_short():
    many = [samples.unexplained()] * (MOST_ROWS + 5)

    assert "… and 5 more." in markdown(samples.run_of([]), many)
