"""Workers that stay for the next question: a framework takes seconds to import, and test suites ask often."""

import atexit
from functools import cache

from harness.collect import TIMEOUT, Pool


@cache
def workers(timeout: float = TIMEOUT) -> Pool:
    """The pool of this process, ended with it; `timeout` is how many seconds one evaluation may take."""
    pool = Pool(timeout)
    atexit.register(pool.close)
    return pool
