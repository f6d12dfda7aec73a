"""Writes the HTML report: records of finished strings through Jinja, with autoescape, into one folder."""

import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.records import BrokenCase, Finding, Run
from harness.report.page import page
from harness.report.view import index, page_name

STATIC = Path(__file__).parent / "static"


def write_report(run: Run, findings: Sequence[Finding], out: Path) -> Path:
    """Write `out`/index.html, a page per readable case, and the two static files; pages of former runs are removed.

    Returns:
        The path of the first page.
    """
    templates = _templates()
    cases = out / "cases"
    shutil.rmtree(cases, ignore_errors=True)
    cases.mkdir(parents=True)
    case_page = templates.get_template("case.html")
    for finding in findings:
        if not isinstance(finding.case, BrokenCase):
            text = case_page.render(_named(page(run, finding)), root="../")
            (cases / page_name(finding)).write_text(text, encoding="utf-8")
    shutil.copytree(STATIC, out / "static", dirs_exist_ok=True)
    first = out / "index.html"
    first.write_text(
        templates.get_template("index.html").render(_named(index(run, findings)), root=""), encoding="utf-8"
    )
    return first


def _named(record: Any) -> dict[str, Any]:  # noqa: ANN401  any record of finished strings
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
