"""How far a run has come: a bar on a terminal, a line per tenth in a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TENTHS = 10

# Called with (done, all, what was done last).
Tell = Callable[[int, int, str], None]


@contextmanager
def progress(done_to: str, first: str) -> Iterator[Tell]:
    """What to call after each step; everything goes to stderr, so that stdout stays for results.

    Args:
        done_to: What a step does: "answered", "judged".
        first: What is done before the first.
    """
    if not sys.stderr.isatty():
        yield _told_in_lines(done_to)
        return
    from rich.console import Console  # noqa: PLC0415  not needed where nobody watches
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first, total=None)
        yield lambda done, total, last: bar.update(
            task, completed=done, total=total, description=f"{done_to}, last {last}"
        )


def _told_in_lines(done_to: str) -> Tell:
    told = 0

    def tell(done: int, total: int, last: str) -> None:
        nonlocal told
        tenth = TENTHS * done // total
        if tenth > told:
            told = tenth
            sys.stderr.write(f"{done} of {total} {done_to}, last {last}\n")

    return tell
