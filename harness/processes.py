"""Calls of one function, made by other processes as far as they get to it, and by this one otherwise."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")

# Another process needs as long to start as some cases take to be judged.
FEWEST = 8
MOST_HELPERS = 7
# As low as frameworks are: without their answers there is nothing to judge.
NICENESS = 5


def helpers() -> int:
    """How many other processes would have a processor of their own."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here - 1, MOST_HELPERS)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A process started in here is not interrupted by Ctrl-C, which is for this one: it ends those it started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Crew(Generic[T]):
    """Who makes the calls; a context manager that ends the other processes.

    Args:
        function: Of a module, and pure: a process that dies costs nothing but the time to make its calls here.
        others: How many other processes to start; none are for few calls.
    """

    def __init__(self, function: Callable[..., T], others: int = 0) -> None:
        self._function, self._others = function, others
        self._calls: dict[str, tuple[Any, ...]] = {}
        self._given: dict[str, Future[T]] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """The crew, with no process started yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let the others end; calls that nobody has begun are not made."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def add(self, name: str, *call: object) -> None:
        """Have one more call made, whose result will come by this name."""
        self._calls[name] = call
        if self._pool is not None:
            self._give(self._pool, name)
        elif self._others > 0 and len(self._calls) >= FEWEST:
            # Not forked: this process may have threads.
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(self._others, context, initializer=os.nice, initargs=(NICENESS,))
            for each in self._calls:
                self._give(self._pool, each)

    def _give(self, pool: ProcessPoolExecutor, name: str) -> None:
        try:
            with uninterrupted():
                future = pool.submit(self._function, *self._calls[name])
        except BrokenProcessPool:
            return
        self._given[name] = future
        future.add_done_callback(lambda _: self._ended.put(name))

    def made(self) -> Iterator[tuple[str, T]]:
        """What others have made since; nothing is waited for."""
        while not self._ended.empty():
            if result := self._taken(self._ended.get()):
                yield result

    def next(self) -> tuple[str, T] | None:
        """A result that others have; or of a call that is made here, if nobody has begun it; or their next one.

        None where no calls are left.
        """
        while self._calls:
            if self._ended.empty():
                free = next((name for name in self._calls if self._is_free(name)), None)
                if free is not None:
                    self._given.pop(free, None)
                    return free, self._function(*self._calls.pop(free))
            if result := self._taken(self._ended.get()):
                return result
        return None

    def _is_free(self, name: str) -> bool:
        return name not in self._given or self._given[name].cancel()

    def _taken(self, name: str) -> tuple[str, T] | None:
        """The result of this name; None of a call that was made here instead."""
        future = self._given.pop(name, None)
        if future is None:
            return None
        call = self._calls.pop(name)
        try:
            return name, future.result()
        except BrokenProcessPool:
            return name, self._function(*call)
