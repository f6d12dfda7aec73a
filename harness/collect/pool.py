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

from harness.collect.line import AdapterMissing, Line, LineBroken, Numbered
from harness.collect.wire import load_observation
from harness.errors import RunError
from harness.records import Observation, TimedOut

TIMEOUT = 120.0
START_TIMEOUT = 300.0
# Large enough that a message is cheap per evaluation, small enough that a worker is never far ahead of the store.
BATCH = 256
BATCH_CHARACTERS = 4_000_000
# A worker that dies before it has begun anything was not killed by a request; the third time it is taken for one.
IDLE_DEATHS = 3

Post = Callable[[int, Observation], None]


class Place(NamedTuple):
    """Where requests are evaluated: an interpreter ("" is ours), and which of its processes."""

    python: str
    process: str


@dataclass(frozen=True)
class Missing:
    """An adapter that a place does not have, and why."""

    reason: str


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
        self._names = count()
        self._numbers = count()
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        """The pool, with no worker started yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End all workers."""
        self.close()

    def close(self) -> None:
        """End all workers; those who wait for one return."""
        self._closed.set()
        for line in list(self._lines.values()):
            line.close()
        self._folder.cleanup()

    def serve(self, place: Place, target: str, requests: Sequence[str], post: Post) -> Missing | None:
        """Evaluate `requests` and post (position, observation) of each, in the order of arrival.

        One thread per place at a time. A pool that is closed meanwhile returns without the rest.

        Returns:
            None, or why the adapter is missing; nothing is posted for the requests left then.
        """
        first = next(self._numbers)
        numbers = [first, *(next(self._numbers) for _ in requests[1:])]
        position = {number: index for index, number in enumerate(numbers)}
        pending = dict(zip(numbers, requests, strict=True))
        idle_deaths = 0
        while pending and not self._closed.is_set():
            before = len(pending)
            fault = self._round(place, target, pending, lambda n, o: post(position[n], o))
            if isinstance(fault, Missing):
                return fault
            if fault is None or self._closed.is_set():
                continue
            idle_deaths = 0 if len(pending) < before else idle_deaths + 1
            culprit, observation = fault
            if culprit not in pending and idle_deaths == IDLE_DEATHS:
                culprit = next(iter(pending))
            if culprit in pending:
                del pending[culprit]
                idle_deaths = 0
                post(position[culprit], observation)
        return None

    def _round(
        self, place: Place, target: str, pending: dict[int, str], post: Post
    ) -> Missing | tuple[int | None, Observation] | None:
        """One batch: answers leave `pending`; a fault is returned with the request that was being evaluated."""
        line = None
        try:
            line = self._line(place)
            for number, text in line.answers(target, _batch(pending), self._timeout, self._start_timeout):
                observation = _read(text)
                del pending[number]
                post(number, observation)
        except AdapterMissing as missing:
            return Missing(str(missing))
        except LineBroken as broken:
            return None if self._closed.is_set() else self._replace(place, line, target, broken)
        except TimeoutError:
            return self._replace(place, line, target, None)
        return None

    def _replace(
        self, place: Place, line: Line | None, target: str, broken: LineBroken | None
    ) -> Missing | tuple[int | None, Observation]:
        """Bury a line; the next round starts another."""
        if line is None:
            return Missing(str(broken))
        self._lines.pop(place, None)
        culprit, loaded = line.current(), target in line.loaded
        if broken is None:
            line.close()
            return (culprit, TimedOut(self._timeout)) if loaded else Missing(f"no import in {self._start_timeout:g} s")
        death = line.post_mortem(str(broken))
        return (culprit, death) if loaded else Missing(f"the worker died on import: {death.reason}\n{death.stderr}")

    def _line(self, place: Place) -> Line:
        if place not in self._lines:
            folder = Path(self._folder.name) / str(next(self._names))
            folder.mkdir()
            self._lines[place] = Line(place.python, place.process, folder)
            if self._closed.is_set():
                self._lines[place].close()
        return self._lines[place]


def _batch(pending: dict[int, str]) -> list[Numbered]:
    batch: list[Numbered] = []
    characters = 0
    for number, text in pending.items():
        characters += len(text)
        if batch and (len(batch) == BATCH or characters > BATCH_CHARACTERS):
            break
        batch.append((number, text))
    return batch


def _read(text: str) -> Observation:
    try:
        return load_observation(text)
    except RunError as error:
        raise LineBroken(error.message) from error
