"""Workers that stay for the next question: a framework takes seconds to import, and test suites ask often."""

import atexit
from functools import cache

from harness.collect import Pool


@cache
def workers() -> Pool:
    """The pool of this process, ended with it."""
    pool = Pool()
    atexit.register(pool.close)
    return pool
