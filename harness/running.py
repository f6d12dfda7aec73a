"""What the commands have in common that ask cases: collecting, judging, publishing, and how they end."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from harness.findings import Finding
from harness.records import BrokenCase, Case, Run

if TYPE_CHECKING:
    from harness.collect import Pool

OK, FINDING, USAGE, MISSING = range(4)
CASES = (Path("cases"),)
# More lines than this are no overview; the report has them all.
MOST_LINES = 60
LOG_WIDTH = 140


def collected(paths: Sequence[Path], dtype: str | None, store: Path | None, how: dict[str, Any]) -> Run:
    """Put the cases in `paths` to their frameworks.

    Raises:
        click.UsageError: There is none.
    """
    from harness.cases import load_cases
    from harness.collect import collect as collect_cases
    from harness.report.progress import progress

    cases, broken = load_cases(paths or CASES)
    if not cases and not broken:
        raise click.UsageError(
            f"no case in {', '.join(map(str, paths or CASES))}; name a YAML file or a folder of them"
        )
    if store:
        store.parent.mkdir(parents=True, exist_ok=True)
    with progress() as tell:
        return collect_cases([_in_dtype(case, dtype) for case in cases], broken, store=store, progress=tell, **how)


def _in_dtype(case: Case, dtype: str | None) -> Case:
    """The case in one dtype instead of its own; what it expects of others is not asked."""
    if dtype is None:
        return case
    expect = tuple(expected for expected in case.expect if expected.dtype in {None, dtype})
    return replace(case, dtypes=(dtype,), expect=expect, imposed=dtype not in case.dtypes)


class Asking(NamedTuple):
    """How frameworks are asked once more, for remedies and rivals: where answers are kept, whom, and by whom."""

    store: Path | None
    adapters: tuple[str, ...] | None
    pool: "Pool"


def finish(run: Run, out: Path, as_json: bool, asking: Asking | None = None) -> None:
    """Judge, write everything, print the overview, and exit; where nothing changed, the report is there already."""
    from harness.memory import Overview, fingerprint, recall, remember

    made_of = fingerprint(run)
    known = recall(out, made_of)
    if known is None:
        findings = _published(run, out, asking)
        known = Overview(_overview(run, findings, out), exit_code(run, findings))
        remember(out, made_of, known)
    click.echo((out / "results.json").read_text(encoding="utf-8") if as_json else known.text, nl=False)
    sys.exit(known.code)


def _published(run: Run, out: Path, asking: Asking | None) -> Sequence[Finding]:
    from harness.collect import open_probe
    from harness.judge import judge as judge_run
    from harness.report.publish import publish

    if asking is None:
        findings = judge_run(run)
    else:
        with open_probe(store=asking.store, adapters=asking.adapters, pool=asking.pool) as probe:
            findings = judge_run(run, probe)
    publish(run, findings, out)
    return findings


def _overview(run: Run, findings: Sequence[Finding], out: Path) -> str:
    """What the command prints at its end; in colour on a terminal."""
    from rich.console import Console

    from harness.report.terminal import counts, table

    shown = (
        findings if len(findings) <= MOST_LINES else [each for each in findings if each.status != "pass"][:MOST_LINES]
    )
    # A log has no width of its own; 80 columns would break every line.
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    with console.capture() as captured:
        if shown:
            console.print(table(shown))
    missing = [f"missing: {name}: {reason}" for name, reason in run.missing.items()]
    lines = [f"\n{counts(findings)}", *missing, f"report: {out / 'index.html'}"]
    return captured.get() + "\n".join(lines) + "\n"


def exit_code(run: Run, findings: Sequence[Finding]) -> int:
    """What the command ends with: the greatest that applies."""
    if run.missing:
        return MISSING
    if run.broken or any(isinstance(finding.case, BrokenCase) for finding in findings):
        return USAGE
    return FINDING if any(finding.status != "pass" for finding in findings) else OK
