"""Everything that a run leaves behind in its folder."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.findings import Finding
from harness.records import Run
from harness.report.junit import write_junit
from harness.report.markdown import markdown
from harness.report.render import write_report
from harness.report.results import write_json

# GitHub shows what is appended to the file of this name on the page of the job.
JOB_SUMMARY = "GITHUB_STEP_SUMMARY"


@contextmanager
def _without_collecting() -> Iterator[None]:
    """What publishing makes has no cycles; looking for them among all findings takes a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def publish(run: Run, findings: Sequence[Finding], out: Path) -> Path:
    """Write index.html with its pages, results.json, junit.xml and summary.md under `out`.

    Returns:
        The path of the first page.
    """
    with _without_collecting():
        first = write_report(run, findings, out)
        write_json(run, findings, out / "results.json")
        write_junit(findings, out / "junit.xml")
        summary = markdown(run, findings)
    (out / "summary.md").write_text(summary, encoding="utf-8")
    if os.environ.get(JOB_SUMMARY):
        with Path(os.environ[JOB_SUMMARY]).open("a", encoding="utf-8") as job:
            job.write(summary)
    return first
