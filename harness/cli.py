"""The command `harness`: every subcommand parses, calls one function of the house, prints, and exits.

Exit codes: 0 all as expected, 1 a finding, 2 usage or a malformed case (the others still ran), 3 a framework that was
asked for is missing. Where several apply, the greatest.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.ahead import Asking, Judges
from harness.errors import AdapterError, HarnessError
from harness.options import existing, loss, names, page, read_inputs, shard, writable
from harness.records import DTYPES
from harness.running import CASES, FINDING, MISSING, OK, USAGE, collected, exit_code, finish, loaded

Command = TypeVar("Command", bound=Callable[..., Any])

INTERRUPTED = 130
STORE = Path(".cache") / "harness.sqlite"

# \b keeps click from filling the lines behind it.
EXAMPLE = "\b\nExample:\n  "
EXPLAIN = """harness explain "torch.nn.BCELoss()" "torch.nn.CrossEntropyLoss()" \\
    --prediction "[0.8, 0.2, 0.4]" --target "[1, 0, 0]\""""
TRANSLATE = """harness translate "torch.nn.BCEWithLogitsLoss()" --to keras"""
IDENTIFY = (
    """harness identify --claim "[1.313, 0.127, 0.313]" --prediction "[[1, 2], [2, 1], [1, 1]]" --target "[0, 1, 1]\""""
)
PATH = click.Path(path_type=Path)
PATHS = click.argument("paths", nargs=-1, type=PATH)
STORES = click.argument("stores", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
OUT = click.option("--out", type=PATH, default="reports", show_default=True, help="Folder for the report.")
DTYPE = click.option("--dtype", type=click.Choice(DTYPES), help="Ask in this dtype instead of the cases' own.")
ADAPTERS = click.option("--adapters", metavar="A,B", callback=lambda *given: names(given[2]), help="Ask only these.")
SHARD = click.option("--shard", metavar="I/N", callback=lambda *given: shard(given[2]), help="Part I of N, from 1.")
WORKERS = click.option("--workers", type=click.IntRange(1), help="Worker processes at a time.  [default: one each]")
EXECUTOR = click.option(
    "--executor",
    type=click.Choice(("local", "dask")),
    default="local",
    show_default=True,
    help="Who runs the workers: this machine, or a Dask cluster.",
)
SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Where the cluster's scheduler is.")
TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one evaluation may take.",
)


def json_option(meaning: str) -> Callable[[Command], Command]:
    """The option `--json`, which prints what `meaning` says."""
    return click.option("--json", "as_json", is_flag=True, help=meaning)


RESULTS = json_option("Print results.json instead of words.")


class Commands(click.Group):
    """Commands in the order in which they are used; an error of the harness becomes its message and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        """Names in the order of definition."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            click.echo(f"{error}\nMore on this: docs/errors.md#{error.slug}", err=True)
            ctx.exit(MISSING if isinstance(error, AdapterError) else USAGE)
        except KeyboardInterrupt:
            click.echo("Interrupted. Answers so far are in the store; the same command goes on from there.", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, no_args_is_help=True)
@click.version_option(package_name="loss-harness", prog_name="harness")
def main() -> None:
    """Says why two losses differ, and proves it.

    Exit codes: 0 all as expected, 1 a finding, 2 usage or a malformed case, 3 a framework that was asked for is
    missing.
    """


@main.command(epilog=EXAMPLE + "harness compare cases/puzzles --out reports")
@PATHS
@OUT
@DTYPE
@ADAPTERS
@SHARD
@WORKERS
@EXECUTOR
@SCHEDULER
@TIMEOUT
@click.option("--no-cache", is_flag=True, help="Ask everything again, and keep nothing.")
@RESULTS
def compare(paths: tuple[Path, ...], out: Path, dtype: str | None, no_cache: bool, as_json: bool, **how: Any) -> None:
    """Ask the cases in PATHS (default: cases) of their frameworks, judge, and write the report."""
    store = None if no_cache else STORE
    from harness.collect import Pool

    found = loaded(paths, dtype)
    writable(out, make=True)
    with Pool(how["timeout"]) as pool, Judges(Asking(store, how["adapters"], pool)) as judges:
        finish(collected(found, store, how, judges), out, as_json, judges)


# An expression may begin with a minus; no command has options of one letter, which click would look for in it.
@main.command(epilog=EXAMPLE + EXPLAIN, context_settings={"ignore_unknown_options": True})
@click.argument("a")
@click.argument("b")
@click.option("--prediction", metavar="ARRAY", help="A literal as in a case file, or a generator.")
@click.option("--target", metavar="ARRAY", help="Likewise.")
@click.option("--input", "more", metavar="NAME=ARRAY", multiple=True, help="A further input.")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
@click.option("--gradient", metavar="NAME", help="Input, or none.  [default: prediction]")
@click.option("--mode", type=click.Choice(("eager", "compiled")), default="eager", show_default=True)
@click.option("--allow-import", metavar="MODULE:NAME", multiple=True, help="Let A or B be this function of yours.")
@TIMEOUT
@click.option("--html", type=PATH, callback=lambda *given: page(given[2]), help="Write the answer as one page there.")
@json_option("Print what results.json would have on this question instead of words.")
def explain(a: str, b: str, html: Path | None, as_json: bool, **asked: Any) -> None:
    """Say why A and B differ on the same inputs: expressions in a framework's spelling, or printed digits."""
    from harness import given, library
    from harness.report.results import dumps

    inputs = read_inputs(asked)
    losses = zip(given.NAMES, (a, b), strict=True)
    sides = {
        name: given.as_side(loss(text, asked["allow_import"]), name, inputs, None, asked["mode"])
        for name, text in losses
    }
    gradient = {None: True, "none": False, "false": False}.get(asked["gradient"], asked["gradient"])
    found = library.answer(given.question(sides, inputs, asked["dtype"], gradient), asked["timeout"])
    if html:
        html.write_text(found.page(), encoding="utf-8")
    click.echo(dumps(found.to_dict()).rstrip() if as_json else str(found))
    sys.exit(exit_code(found.run, [found.finding]))


@main.command(epilog=EXAMPLE + IDENTIFY, context_settings={"ignore_unknown_options": True})
@click.argument("expression", required=False)
@click.option("--claim", metavar="NUMBERS", help="Printed numbers instead of an expression: what gives these digits.")
@click.option("--prediction", metavar="ARRAY", required=True, help="A literal as in a case file, or a generator.")
@click.option("--target", metavar="ARRAY", required=True, help="Likewise.")
@click.option("--input", "more", metavar="NAME=ARRAY", multiple=True, help="A further input.")
@click.option("--dtype", type=click.Choice(DTYPES), help="Ask in this dtype.  [default: the widest it computes in]")
@click.option("--allow-import", metavar="MODULE:NAME", multiple=True, help="Identify this function of yours.")
@json_option("Print the answer as JSON instead of words.")
def identify(expression: str | None, claim: str | None, as_json: bool, **asked: Any) -> None:
    """Find out what EXPRESSION, a function of yours or printed numbers compute, by asking."""
    from harness import library
    from harness.given import as_side
    from harness.report.results import dumps

    given = [text for text in (expression, claim) if text is not None] or [*asked["allow_import"]]
    if len(given) != 1:
        raise click.UsageError("name one thing to identify: an EXPRESSION, a --claim or an --allow-import")
    inputs = read_inputs(asked)
    side = as_side(loss(given[0], asked["allow_import"]), "side", inputs, None)
    found = library.identify_given(side, inputs, asked["dtype"])
    click.echo(dumps(found.to_dict()).rstrip() if as_json else str(found))
    sys.exit(OK if found.semantics is not None and not found.audit else FINDING)


@main.command(epilog=EXAMPLE + TRANSLATE, context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.option("--to", required=True, metavar="FRAMEWORK", help="torch, tensorflow, keras, jax, numpy, sklearn or onnx.")
@click.option("--prediction", metavar="ARRAY", help="A literal as in a case file, or a generator.  [default: made up]")
@click.option("--target", metavar="ARRAY", help="Likewise: its kind of numbers says which encoding is meant.")
@click.option("--input", "more", metavar="NAME=ARRAY", multiple=True, help="A further input.")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
@json_option("Print the answer as JSON instead of words.")
def translate(expression: str, to: str, as_json: bool, **asked: Any) -> None:
    """Write EXPRESSION in another framework; what is shown was run beside the original and agreed."""
    from harness import library
    from harness.report.results import dumps

    found = library.translated(expression, to, asked["dtype"], read_inputs(asked))
    click.echo(dumps(found.to_dict()).rstrip() if as_json else str(found))
    sys.exit(OK if found.verified else FINDING)


@main.command(epilog=EXAMPLE + "harness collect cases --shard 1/4 --store shard-1.sqlite")
@PATHS
@click.option("--store", type=PATH, required=True, help="File to keep the answers in; resumed where it exists.")
@DTYPE
@ADAPTERS
@SHARD
@WORKERS
@EXECUTOR
@SCHEDULER
@TIMEOUT
def collect(paths: tuple[Path, ...], store: Path, dtype: str | None, **how: Any) -> None:
    """Ask the cases in PATHS of their frameworks and keep the answers, to be judged elsewhere."""
    run = collected(loaded(paths, dtype), store, how)
    click.echo(f"{len(run.observations)} answers to {len(run.cases)} cases in {store}", err=True)
    sys.exit(exit_code(run, []))


@main.command(epilog=EXAMPLE + "harness judge shard-*.sqlite --out reports")
@STORES
@OUT
@RESULTS
def judge(stores: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Judge what is in STORES, together, and write the report; no framework is needed, and none is asked."""
    from harness.collect import load_run

    writable(out, make=True)
    with Judges(None) as judges:
        finish(load_run(stores), out, as_json, judges)


@main.command(epilog=EXAMPLE + "harness merge shard-*.sqlite --store all.sqlite")
@STORES
@click.option("--store", type=PATH, required=True, help="File to merge into; made where it is not there.")
def merge(stores: tuple[Path, ...], store: Path) -> None:
    """Merge the answers in STORES into one store; their order does not matter."""
    from harness.collect import merge as merge_stores

    merge_stores(stores, store)


@main.command("list", epilog=EXAMPLE + "harness list apis")
@click.argument("what", type=click.Choice(("cases", "apis", "adapters", "factors")))
@PATHS
def list_(what: str, paths: tuple[Path, ...]) -> None:
    """List the cases in PATHS (default: cases), the APIs, the adapters, or the factors that the harness knows."""
    from harness import inventory

    rows = inventory.cases(existing(paths or CASES)) if what == "cases" else inventory.LISTS[what]()
    _table(rows)


@main.command(epilog=EXAMPLE + "harness doctor")
def doctor() -> None:
    """Say which frameworks there are, in which environment, without importing any."""
    from harness import inventory

    _table(inventory.environments(STORE))


@main.command(epilog=EXAMPLE + "harness schema > case.schema.json")
def schema() -> None:
    """Print the JSON Schema of a case file, for editors."""
    from harness.case_schema import case_schema

    click.echo(json.dumps(case_schema(), indent=2))


@main.command(epilog=EXAMPLE + "harness diff last/results.json reports/results.json")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
def diff(old: Path, new: Path) -> None:
    """Say which verdicts and causes differ between two results.json."""
    from harness.report.diff import changes, read_results

    found = changes(read_results(old), read_results(new))
    for change in found:
        click.echo(str(change))
    click.echo(f"{len(found)} comparisons changed")
    sys.exit(FINDING if found else OK)


def _table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns, two spaces apart; plain text, to be searched and cut."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
