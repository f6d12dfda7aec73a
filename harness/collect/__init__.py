"""Collecting: cases × adapters → Run, through worker processes, with a store that resumes, merges and can be judged."""

from harness.collect.cluster import collect_on_dask
from harness.collect.plan import places_of
from harness.collect.pool import TIMEOUT, Missing, Place, Pool
from harness.collect.run import Ahead, Progress, collect, open_probe
from harness.collect.store import Store, load_run, merge

__all__ = [
    "TIMEOUT",
    "Ahead",
    "Missing",
    "Place",
    "Pool",
    "Progress",
    "Store",
    "collect",
    "collect_on_dask",
    "load_run",
    "merge",
    "open_probe",
    "places_of",
]
