"""Collecting on a cluster: every part of a run on a Dask worker, into a store whose bytes come back and are merged."""

import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.collect import wire
from harness.collect.plan import in_shard, plan
from harness.collect.run import Progress, collect
from harness.collect.store import Store
from harness.errors import RunError
from harness.records import BrokenCase, Case, Run

if TYPE_CHECKING:
    from distributed import Client

# How long to wait for a scheduler that does not answer.
PATIENCE = 10.0


def collect_on_dask(
    cases: Sequence[Case],
    broken: Sequence[BrokenCase] = (),
    *,
    scheduler: str,
    store: Path | None = None,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
    **how: Any,  # noqa: ANN401  what `collect` takes
) -> Run:
    """`collect` on a Dask cluster, a part of the cases on each worker; those have the harness and the frameworks.

    Args:
        cases: The cases; functions of a user's process cannot be sent.
        broken: Cases that could not be read.
        scheduler: The address of the cluster's scheduler, such as tcp://10.0.0.1:8786.
        store: As for `collect`; what is in it is not asked again.
        shard: As for `collect`: the part of the cases that is to be parted.
        progress: Called after each part, with how many cases are answered, of how many, and which part.
        **how: Further arguments of `collect`, for each part.

    Returns:
        The run, merged of its parts.

    Raises:
        RunError: `no-cluster`: Dask is not installed, no scheduler answers, it has no workers, or one was lost.
    """
    chosen = [case for case in cases if shard is None or in_shard(shard)(case)]
    known = _known(chosen, how.get("adapters"), store)
    with _client(scheduler) as client, tempfile.TemporaryDirectory(prefix="harness-") as folder, Store(None) as merged:
        workers = list(client.nthreads())
        if not workers:
            raise RunError("no-cluster", "the scheduler has no workers; start some: dask worker ADDRESS", scheduler)
        # At least one, which has nothing to ask where there is no case.
        parts = [chosen[i :: len(workers)] for i in range(max(1, min(len(workers), len(chosen))))]
        futures = {}
        for i, (part, worker) in enumerate(zip(parts, workers, strict=False)):
            sent = (
                [*map(wire.dumps, part)],
                [*map(wire.dumps, broken if i == 0 else ())],
                known,
                {"shard": shard, **how},
            )
            futures[client.submit(part_store, *sent, workers=[worker], allow_other_workers=True, pure=False)] = i
        done = 0
        for future, answers in _finished(futures, scheduler):
            path = Path(folder) / str(futures[future])
            path.write_bytes(answers)
            merged.absorb(path)
            done += len(parts[futures[future]])
            if progress and chosen:
                progress(done, len(chosen), f"part {futures[future] + 1} of {len(parts)}")
        if store is not None:
            with Store(store) as kept:
                kept.adopt(merged)
        return merged.run()


def part_store(cases: Sequence[str], broken: Sequence[str], known: bytes, how: dict[str, Any]) -> bytes:
    """What runs on a worker: collect some cases into a store, and give its bytes."""
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        path = Path(folder) / "part.sqlite"
        if known:
            path.write_bytes(known)
        collect([*map(wire.loads, cases)], [*map(wire.loads, broken)], store=path, **how)
        return path.read_bytes()


def _known(cases: Iterable[Case], adapters: Sequence[str] | None, store: Path | None) -> bytes:
    """A store of what is known already of these cases, as bytes; none where nothing is."""
    if store is None:
        return b""
    with Store(store) as kept:
        found = kept.recall({task.digest for task in plan(cases, adapters)[0]})
    if not found:
        return b""
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        path = Path(folder) / "known.sqlite"
        with Store(path) as excerpt:
            for digest, observation in found.items():
                excerpt.keep(digest, observation)
        return path.read_bytes()


def _client(scheduler: str) -> "Client":
    try:
        from distributed import Client  # noqa: PLC0415  an extra
    except ImportError as error:
        message = f"Dask is not installed ({error}); pip install 'loss-harness[dask]'"
        raise RunError("no-cluster", message, scheduler) from error
    try:
        return Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        message = f"no scheduler of Dask answers there ({error or 'no answer'}); name one with --scheduler"
        raise RunError("no-cluster", message, scheduler) from error


def _finished(futures: Iterable[Any], scheduler: str) -> Iterable[tuple[Any, bytes]]:
    """Each part as it comes back."""
    from distributed import KilledWorker, as_completed  # noqa: PLC0415

    try:
        yield from as_completed(futures, with_results=True)
    except (KilledWorker, CancelledError, OSError) as error:
        message = f"the cluster lost a part ({type(error).__name__}: {error}); look at its log"
        raise RunError("no-cluster", message, scheduler) from error
