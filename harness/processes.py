"""Calls of one function, made by other processes as far as they get to it, and by this one otherwise."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")

# Another process needs as long to start as some cases take to be judged.
FEWEST = 8
MOST_HELPERS = 7
# Calls that a process has ahead of it: enough while this one is busy, and few enough to leave it the others.
AHEAD = 6
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
        if self._pool is None and self._others > 0 and len(self._calls) >= FEWEST:
            # Not forked: this process may have threads.
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(self._others, context, initializer=os.nice, initargs=(NICENESS,))
        self._give()

    def _give(self) -> None:
        """Calls that nobody has begun, the last first: this process begins with the first."""
        waiting = (name for name in reversed(self._calls) if name not in self._given)
        while self._pool is not None and len(self._given) < AHEAD * self._others:
            name = next(waiting, None)
            if name is None:
                return
            try:
                with uninterrupted():
                    future = self._pool.submit(self._function, *self._calls[name])
            except BrokenProcessPool:
                self._pool, self._others = None, 0
                return
            self._given[name] = future
            future.add_done_callback(partial(self._end, name))

    def _end(self, name: str, _future: Future[T]) -> None:
        self._ended.put(name)

    def made(self) -> Iterator[tuple[str, T]]:
        """What others have made since; nothing is waited for."""
        while not self._ended.empty():
            yield self._taken(self._ended.get())

    def next(self) -> tuple[str, T] | None:
        """A result that others have; or of a call that is made here, if nobody has begun it; or their next one.

        None where no calls are left.
        """
        if not self._calls:
            return None
        free = next((name for name in self._calls if name not in self._given), None)
        if free is None or not self._ended.empty():
            return self._taken(self._ended.get())
        return free, self._function(*self._calls.pop(free))

    def _taken(self, name: str) -> tuple[str, T]:
        future, call = self._given.pop(name), self._calls.pop(name)
        self._give()
        try:
            return name, future.result()
        except BrokenProcessPool:
            return name, self._function(*call)
