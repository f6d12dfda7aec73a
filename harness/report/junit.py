"""JUnit XML, which every CI system displays: one test case per comparison, the explanation as its failure text."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.findings import Comparison, Finding, Silence
from harness.records import Case
from harness.report.sentences import AGREE, expectation_sentence, notes
from harness.report.terminal import render_explanation

# XML 1.0 has no way to write these, not even escaped; a framework's message may hold them.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(findings: Sequence[Finding]) -> str:
    """The findings as a JUnit document; the text is the same for the same findings."""
    root = ET.Element("testsuites", name="loss-harness")
    for finding in sorted(findings, key=lambda each: (each.case.path, each.case.id)):
        root.append(_suite(finding))
    _count(root, list(root.iter("testcase")))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def write_junit(findings: Sequence[Finding], path: Path) -> None:
    """Write `junit` to `path` as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(junit(findings), encoding="utf-8")


def _suite(finding: Finding) -> ET.Element:
    """One case: a test per comparison, and one for what concerns the case as a whole."""
    suite = ET.Element("testsuite", name=_clean(finding.case.id or finding.case.path), file=_clean(finding.case.path))
    for comparison in finding.comparisons:
        suite.append(_test(comparison, finding))
    if finding.messages or finding.status == "error":
        suite.append(_whole(finding))
    _count(suite, list(suite))
    return suite


def _test(comparison: Comparison, finding: Finding) -> ET.Element:
    mode = "" if comparison.mode == "eager" else f", {comparison.mode}"
    name = f"{' vs '.join(comparison.between)}, {comparison.aspect}, {comparison.dtype}{mode}"
    test = ET.Element("testcase", classname=_clean(finding.case.id), name=_clean(name))
    if comparison.silence is Silence.UNASKED:
        ET.SubElement(test, "skipped", message=_clean(comparison.message))
        return test
    if not comparison.expected:
        # That nobody answered is no failure of what was tested.
        kind = "failure" if comparison.silence is Silence.NONE else "error"
        message = _clean(" ".join(filter(None, (expectation_sentence(finding, comparison), comparison.message))))
        told = ET.SubElement(test, kind, type=comparison.silence.value or comparison.verdict.value, message=message)
    elif comparison.verdict not in AGREE:
        told = ET.SubElement(test, "system-out")
    else:
        return test
    told.text = _clean(render_explanation(comparison, finding))
    return test


def _whole(finding: Finding) -> ET.Element:
    test = ET.Element("testcase", classname=_clean(finding.case.id or finding.case.path), name="case")
    said = finding.messages if isinstance(finding.case, Case) else notes(finding)
    text = _clean("\n".join(said))
    kind = {"fail": "failure", "error": "error"}[finding.status]
    ET.SubElement(test, kind, type=finding.status, message=text.partition("\n")[0]).text = text
    return test


def _count(element: ET.Element, tests: list[ET.Element]) -> None:
    element.set("tests", str(len(tests)))
    element.set("failures", str(sum(test.find("failure") is not None for test in tests)))
    element.set("skipped", str(sum(test.find("skipped") is not None for test in tests)))
    element.set("errors", str(sum(test.find("error") is not None for test in tests)))


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)
