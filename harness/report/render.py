"""Writes the HTML report: records of finished strings through Jinja, with autoescape, into one folder."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from harness.findings import Finding
from harness.records import Run
from harness.report.page import page
from harness.report.shelves import page_name, placed, shelf, shelf_name
from harness.report.view import index

BATCH = 100
STATIC = Path(__file__).parent / "static"


def write_report(run: Run, findings: Sequence[Finding], out: Path) -> Path:
    """Write `out`/index.html, the pages of its cases, and the two static files; pages of other cases are removed.

    Returns:
        The path of the first page.
    """
    templates = _templates()
    shutil.copytree(STATIC, out / "static", dirs_exist_ok=True)
    _write_cases(run, findings, templates, out / "cases")
    first = out / "index.html"
    text = templates.get_template("index.html").render(_named(index(run, findings)), root="", style="")
    first.write_text(text, encoding="utf-8")
    return first


def single_page(run: Run, finding: Finding, identified: Sequence[Mapping[str, object]] = ()) -> str:
    """The page of a case as one file: its style inside, without scripts; with what its functions were found to be."""
    templates = _templates()
    part = templates.get_template("identification.html")
    parts = [(each["name"], Markup(part.render(each))) for each in identified]  # noqa: S704  rendered with autoescape
    shown = {"root": "", "versions": _versions(run, templates), "style": _style(), "identified": parts}
    return templates.get_template("case.html").render(_named(page(finding)), **shown)


def fragment(finding: Finding) -> str:
    """The comparisons of a case for a notebook, with their style, which reaches nothing else there."""
    return notebook("fragment.html", _named(page(finding)))


def notebook(template: str, named: Mapping[str, object]) -> str:
    """A template of our own for a notebook, with the report's style, which reaches nothing else there."""
    return _templates().get_template(template).render(named, style=_style())


def _style() -> Markup:
    return Markup((STATIC / "report.css").read_text(encoding="utf-8"))  # noqa: S704  a file of ours


def _versions(run: Run, templates: Environment) -> Markup:
    versions = templates.get_template("versions.html").render(environment=sorted(run.environment.items()))
    return Markup(versions)  # noqa: S704  rendered with autoescape, once for all pages


def _write_cases(run: Run, findings: Sequence[Finding], templates: Environment, folder: Path) -> None:
    """The pages of cases and the shelves, and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = {"root": "../", "versions": _versions(run, templates), "style": "", "identified": ()}
    own, shelved = placed(findings)
    names = {*map(page_name, own), *(shelf_name(number) for number in range(1, len(shelved) + 1))}
    for stale in {*os.listdir(folder)} - names:  # noqa: PTH208  names, not paths
        (folder / stale).unlink()
    batches = [own[start : start + BATCH] for start in range(0, len(own), BATCH)]
    # The disk takes one batch while the next is rendered.
    with ThreadPoolExecutor(1) as disk:
        page_of, shelf_of = templates.get_template("case.html"), templates.get_template("shelf.html")
        waiting = [disk.submit(_write, folder, _pages(batch, page_of, shared)) for batch in batches]
        for number, cases in enumerate(shelved, 1):
            text = shelf_of.render(_named(shelf(number, cases)), **shared)
            waiting.append(disk.submit(_write, folder, [(shelf_name(number), text)]))
    for written in waiting:
        written.result()


def _pages(findings: Sequence[Finding], template: Template, shared: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(page_name(finding), template.render(_named(page(finding)), **shared)) for finding in findings]


def _write(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    """Like `Path.write_text`, in a fraction of the time: 10,000 pages are to be written in two seconds."""
    for name, text in pages:
        file = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)


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
