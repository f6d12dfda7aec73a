"""Worker processes for as long as a run or an explanation needs them, and what is done when one of them fails.

A fault costs one observation: that of the request the worker had begun. The worker is replaced, and what it had not
answered is sent again. Since every round either answers a request or blames one, serving always ends.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from harness.collect.line import AdapterMissing, Line, LineBroken, Nonsense, NotThere, Numbered
from harness.collect.wire import load_observation
from harness.errors import RunError
from harness.records import Crashed, Observation, TimedOut

TIMEOUT = 120.0
START_TIMEOUT = 300.0
# Large enough that a message is cheap per evaluation, small enough that a worker is never far ahead of the store.
BATCH = 256
BATCH_CHARACTERS = 4_000_000
# A worker that dies before it has begun anything was not killed by a request. Then requests go out one by one, and at
# the third such death in a row the one that was out is taken for the cause.
IDLE_DEATHS = 3
# A worker that dies before its framework is there may have been killed by chance; the third in a row was not.
START_DEATHS = 3

Post = Callable[[int, Observation], None]
# The request that the worker had begun last, if any, and what became of it.
Fault = tuple[int | None, Observation]


class Place(NamedTuple):
    """Where requests are evaluated: an interpreter ("" is ours), and which of its processes."""

    python: str
    process: str


@dataclass(frozen=True)
class Missing:
    """An adapter that a place does not have, and why."""

    reason: str


@dataclass(frozen=True)
class Unstarted:
    """A worker that ended before it had its adapter, and how."""

    reason: str


@dataclass(frozen=True)
class Errand:
    """What one call of `serve` has in hand: requests still `pending` by number, and whether it has been `stopped`."""

    place: Place
    target: str
    pending: dict[int, str]
    post: Post
    stopped: threading.Event


class Pool:
    """Live workers by place, started when first needed; a context manager that ends them all.

    Args:
        timeout: Seconds that one evaluation may take.
        start_timeout: Seconds that importing a framework may take.
    """

    def __init__(self, timeout: float = TIMEOUT, start_timeout: float = START_TIMEOUT) -> None:
        self._timeout, self._start_timeout = timeout, start_timeout
        self._folder = tempfile.TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True)
        self._lines: dict[Place, Line] = {}
        self._turns: dict[Place, threading.Lock] = {}
        self._names = count()
        self._numbers = count()
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        """The pool, with no worker started yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End all workers."""
        self.close()

    def stop(self) -> None:
        """End all workers and what they are at; whoever waits for one returns. The next request starts new ones."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()
        for place in list(self._lines):
            self._lines.pop(place).close()

    def close(self) -> None:
        """End all workers for good."""
        self.stop()
        self._folder.cleanup()

    def serve(self, place: Place, target: str, requests: Sequence[str], post: Post) -> Missing | None:
        """Evaluate `requests` and post (position, observation) of each, in the order of arrival.

        Who comes second to a place waits. A pool that is stopped meanwhile returns without the rest.

        Returns:
            None, or why the adapter is missing; nothing is posted for the requests left then.
        """
        numbers = [next(self._numbers) for _ in requests]
        position = {number: index for index, number in enumerate(numbers)}
        pending = dict(zip(numbers, requests, strict=True))
        errand = Errand(place, target, pending, lambda number, o: post(position[number], o), self._stopped)
        with self._turns.setdefault(place, threading.Lock()):
            return self._serve(errand)

    def is_free(self, place: Place) -> bool:
        """Whether nobody is being served there."""
        return place not in self._turns or not self._turns[place].locked()

    def _serve(self, errand: Errand) -> Missing | None:
        pending = errand.pending
        idle_deaths = start_deaths = 0
        while pending and not errand.stopped.is_set():
            before = len(pending)
            fault = self._round(errand, _batch(pending, 1 if idle_deaths else BATCH))
            start_deaths = start_deaths + 1 if isinstance(fault, Unstarted) else 0
            if start_deaths == START_DEATHS and isinstance(fault, Unstarted):
                return Missing(f"{START_DEATHS} workers in a row ended before they had it; the last: {fault.reason}")
            if isinstance(fault, Missing):
                return fault
            if isinstance(fault, tuple):
                idle_deaths = idle_deaths + 1 if len(pending) == before else 0
                idle_deaths = _blame(errand, *fault, idle_deaths)
        return None

    def _round(self, errand: Errand, batch: list[Numbered]) -> Missing | Unstarted | Fault | None:
        """One batch: answers leave `pending`; a fault is returned with the request that was being evaluated."""
        line = None
        try:
            line = self._line(errand)
            for number, text in line.answers(errand.target, batch, self._timeout, self._start_timeout):
                observation = _read(text)
                del errand.pending[number]
                errand.post(number, observation)
        except (AdapterMissing, NotThere) as missing:
            return Missing(str(missing))
        except (LineBroken, TimeoutError) as broken:
            return None if errand.stopped.is_set() else self._bury(errand, line, broken)
        return None

    def _bury(
        self, errand: Errand, line: Line | None, broken: LineBroken | TimeoutError
    ) -> Missing | Unstarted | Fault:
        """End a line that failed, and say on which request and how; the next round starts another."""
        if line is None:
            return Unstarted(str(broken))
        self._lines.pop(errand.place, None)
        culprit = broken.culprit if isinstance(broken, Nonsense) else line.begun()
        loaded = errand.target in line.loaded
        if isinstance(broken, TimeoutError):
            line.close()
            late = TimedOut(self._timeout)
            return (culprit, late) if loaded else Missing(f"the import took more than {self._start_timeout:g} seconds")
        death = line.post_mortem(broken)
        if loaded:
            return culprit, death
        # What Python says of an import is said every time; a process that is gone may have been killed by chance.
        told = f"{death.reason}\n{death.stderr}".strip()
        return Missing(f"its import raised {told}") if isinstance(broken, Nonsense) else Unstarted(told)

    def _line(self, errand: Errand) -> Line:
        place = errand.place
        if place not in self._lines:
            folder = Path(self._folder.name) / str(next(self._names))
            folder.mkdir()
            self._lines[place] = Line(place.python, place.process, folder)
            if errand.stopped.is_set():
                self._lines.pop(place).close()
                raise LineBroken("stopped")
        return self._lines[place]


def _blame(errand: Errand, culprit: int | None, observation: Observation, idle_deaths: int) -> int:
    """Give the fault to the request it belongs to; returns how many deaths in a row still belong to none."""
    if culprit not in errand.pending:
        if idle_deaths < IDLE_DEATHS:
            return idle_deaths
        culprit = next(iter(errand.pending))
    del errand.pending[culprit]
    errand.post(culprit, observation)
    return 0


def _batch(pending: dict[int, str], limit: int) -> list[Numbered]:
    batch: list[Numbered] = []
    characters = 0
    for number, text in pending.items():
        characters += len(text)
        if batch and (len(batch) == limit or characters > BATCH_CHARACTERS):
            break
        batch.append((number, text))
    return batch


def _read(text: str) -> Observation:
    """What a worker answered; what is no answer is a failure to give one, of that request alone."""
    try:
        return load_observation(text)
    except RunError as error:
        return Crashed(error.message)
