"""The items of a list worked on by several processes: this one begins with the first, the others with the last."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

T = TypeVar("T")

# Other processes need as long to start as some cases take to be judged.
FEWEST = 8
MOST_HELPERS = 7


def helpers() -> int:
    """How many other processes would have a processor of their own."""
    return (
        min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_HELPERS + 1)
        - 1
    )


@contextmanager
def worked(function: Callable[..., T], items: Sequence[tuple[Any, ...]], others: int) -> Iterator[Iterator[T]]:
    """What `function` makes of each of `items`, in their order.

    Args:
        function: Of a module, and pure: a process that dies costs nothing but the time to do its part here.
        items: Arguments of each call.
        others: Other processes to start; none are for few items.
    """
    if others < 1 or len(items) < FEWEST:
        yield (function(*item) for item in items)
        return
    # Not forked: this process may have threads. Ctrl-C is for this one to hear.
    start = {
        "mp_context": get_context("spawn"),
        "initializer": signal.signal,
        "initargs": (signal.SIGINT, signal.SIG_IGN),
    }
    with ProcessPoolExecutor(others, **start) as pool:
        futures = [pool.submit(function, *item) for item in reversed(items)][::-1]
        try:
            yield (_result(future, function, item) for future, item in zip(futures, items, strict=True))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _result(future: Future[T], function: Callable[..., T], item: tuple[Any, ...]) -> T:
    """Of a call that nobody has begun, or that was lost with its process, the result of making it here."""
    if not future.cancel():
        try:
            return future.result()
        except BrokenProcessPool:
            pass
    return function(*item)
