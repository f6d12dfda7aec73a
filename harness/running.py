"""What the commands have in common that ask cases: collecting, judging, publishing, and how they end."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from harness.ahead import Judges
from harness.findings import Finding
from harness.options import existing
from harness.records import BrokenCase, Case, Run

OK, FINDING, USAGE, MISSING = range(4)
CASES = (Path("cases"),)
# More lines than this are no overview; the report has them all.
MOST_LINES = 60
LOG_WIDTH = 140
UNSOUGHT = "no framework was asked while judging: calls that would make sides agree (proof 3) were not sought"


class Loaded(NamedTuple):
    """What there is to ask, as read from files."""

    cases: list[Case]
    broken: tuple[BrokenCase, ...]


def loaded(paths: Sequence[Path], dtype: str | None) -> Loaded:
    """The cases in `paths`, each in its own dtype or in the one that is asked for instead.

    Raises:
        CaseError: One of `paths` is not there.
        click.UsageError: There is no case in them.
    """
    from harness.cases import load_cases

    cases, broken = load_cases(existing(paths or CASES))
    if not cases and not broken:
        raise click.UsageError(
            f"no case in {', '.join(map(str, paths or CASES))}; name a YAML file or a folder of them"
        )
    return Loaded([_in_dtype(case, dtype) for case in cases], broken)


def collected(found: Loaded, store: Path | None, how: dict[str, Any], judges: Judges | None = None) -> Run:
    """Put cases to their frameworks: here, through the workers that `judges` ask or others, or on a cluster.

    Judges go ahead with cases that are answered here, while others are not.

    Raises:
        click.UsageError: A cluster without a scheduler, or a scheduler without a cluster.
    """
    from harness.collect import collect, collect_on_dask
    from harness.report.progress import progress

    executor, scheduler = how["executor"], how["scheduler"]
    how = {name: value for name, value in how.items() if name not in {"executor", "scheduler"}}
    if (executor == "dask") != (scheduler is not None):
        raise click.UsageError("--executor dask and --scheduler ADDRESS go together")
    with progress("answered", "starting the frameworks") as tell:
        if scheduler is not None:
            return collect_on_dask(found.cases, found.broken, scheduler=scheduler, store=store, progress=tell, **how)
        pool = judges.asking.pool if judges and judges.asking else None
        return collect(found.cases, found.broken, store=store, progress=tell, pool=pool, ahead=judges, **how)


def _in_dtype(case: Case, dtype: str | None) -> Case:
    """The case in one dtype instead of its own; what it expects of others is not asked."""
    if dtype is None:
        return case
    expect = tuple(expected for expected in case.expect if expected.dtype in {None, dtype})
    return replace(case, dtypes=(dtype,), expect=expect, imposed=dtype not in case.dtypes)


def finish(run: Run, out: Path, as_json: bool, judges: Judges) -> None:
    """Judge, write everything, print the overview, and exit; where nothing changed, the report is there already."""
    from harness.memory import Overview, fingerprint, recall, remember

    made_of = fingerprint(run, asked=judges.asking is not None)
    known = recall(out, made_of)
    if known is None:
        findings = _published(run, out, judges)
        remark = () if judges.asking else (UNSOUGHT,)
        known = Overview(_overview(run, findings, out, remark), exit_code(run, findings))
        remember(out, made_of, known)
    click.echo((out / "results.json").read_text(encoding="utf-8") if as_json else known.text, nl=False)
    sys.exit(known.code)


def _published(run: Run, out: Path, judges: Judges) -> Sequence[Finding]:
    from harness.report.progress import progress
    from harness.report.publish import publish

    if judges.asking is None:
        run = replace(run, provenance={**run.provenance, "remedies": UNSOUGHT})
    with progress("judged", "judging") as tell:
        findings = judges.findings(run, tell)
    publish(run, findings, out)
    return findings


def _overview(run: Run, findings: Sequence[Finding], out: Path, remarks: Sequence[str]) -> str:
    """What the command prints at its end; in colour on a terminal."""
    from rich.console import Console

    from harness.report.terminal import counts, table

    listed = findings if len(findings) <= MOST_LINES else [each for each in findings if each.status != "pass"]
    shown, more = listed[:MOST_LINES], len(listed) - MOST_LINES
    # A log has no width of its own; 80 columns would break every line.
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    with console.capture() as captured:
        if shown:
            console.print(table(shown))
    cut = [f"… and {more:,} more, in the report"] if more > 0 else []
    missing = [f"missing: {name}: {reason}" for name, reason in run.missing.items()]
    lines = [*cut, f"\n{counts(findings)}", *missing, *remarks, f"report: {out / 'index.html'}"]
    return captured.get() + "\n".join(lines) + "\n"


def exit_code(run: Run, findings: Sequence[Finding]) -> int:
    """What the command ends with: the greatest that applies."""
    if run.missing:
        return MISSING
    if run.broken or any(isinstance(finding.case, BrokenCase) for finding in findings):
        return USAGE
    return FINDING if any(finding.status != "pass" for finding in findings) else OK
