"""Judging that begins while frameworks are still asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from harness.findings import Finding
from harness.records import Case, Key, Observation, Run

if TYPE_CHECKING:
    from harness.collect import Pool
    from harness.judging import Judging


class Asking(NamedTuple):
    """How frameworks are asked once more, for remedies and rivals: where answers are kept, whom, and by whom."""

    store: Path | None
    adapters: tuple[str, ...] | None
    pool: Pool


class Judges:
    """Whoever judges a run; a context manager that ends the processes they have started.

    What they need is imported with the first case: frameworks are imported at the same time.

    Args:
        asking: How frameworks are asked; None where they are not.
    """

    def __init__(self, asking: Asking | None) -> None:
        self.asking = asking
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """The judges, with no process started yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the processes."""
        self._stack.close()

    @cached_property
    def _judging(self) -> Judging:
        from harness.collect import open_probe, places_of  # noqa: PLC0415
        from harness.judging import Judging, judged  # noqa: PLC0415
        from harness.processes import Crew, helpers  # noqa: PLC0415

        crew = self._stack.enter_context(Crew(judged, helpers()))
        if self.asking is None:
            return Judging(crew, None)
        store, adapters, pool = self.asking
        probe = self._stack.enter_context(open_probe(store=store, adapters=adapters, pool=pool))
        return Judging(crew, probe, lambda case: all(map(pool.is_free, places_of(case, adapters))))

    def take(self, case: Case, observations: Mapping[Key, Observation]) -> None:
        """Begin with a case of which everything is answered."""
        self._judging.take(case, observations)

    def step(self) -> bool:
        """Go on by one case, if there is one to go on with while others are asked."""
        return "_judging" in vars(self) and bool(self._judging.step())

    def findings(self, run: Run, progress: Callable[[int, int, str], None]) -> Sequence[Finding]:
        """Judge what is left of the run."""
        return self._judging.findings(run, progress)
