"""Collecting: cases × adapters → Run."""

import platform
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from harness.adapters.callables import evaluate_callable
from harness.collect.plan import Home, Local, Task, Unanswered, in_shard, plan, task_of
from harness.collect.pool import BATCH, TIMEOUT, Missing, Place, Pool
from harness.collect.store import Answer, Store, rank_of
from harness.errors import RunError
from harness.findings import Probe
from harness.records import BrokenCase, Case, Expression, InputArray, Key, Lack, Observation, Run, Unsupported

# Called with (answered, all, what was answered last).
Progress = Callable[[int, int, str], None]
Arrival = tuple[Task, Observation | Missing]


class Ahead(Protocol):
    """What somebody makes of cases while others are still asked; called in the thread that collects."""

    def take(self, case: Case, observations: Mapping[Key, Observation]) -> None:
        """A case of which these are all observations."""

    def step(self) -> object:
        """Go on a little; something false where there is nothing to go on with now."""


def collect(  # noqa: PLR0913  the whole of a run is chosen here
    cases: Sequence[Case],
    broken: Sequence[BrokenCase] = (),
    *,
    adapters: Sequence[str] | None = None,
    store: Path | None = None,
    workers: int | None = None,
    timeout: float = TIMEOUT,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
    pool: Pool | None = None,
    ahead: Ahead | None = None,
) -> Run:
    """Put every side of every case to its framework, each framework in a worker process of its own.

    Collecting no case gives a run without observations. An interrupted call leaves a store that resumes.

    Args:
        cases: The cases.
        broken: Cases that could not be read; passed on in the run.
        adapters: Frameworks that may be asked, or None for all; sides of the others are `Unsupported`.
        store: File of earlier observations, which are not made again; made if it is not there. None keeps nothing.
        workers: Worker processes at a time; None starts one per framework and environment, all at once.
        timeout: Seconds that one evaluation may take.
        shard: (i, n) for the i-th of n parts of the cases, counted from 1.
        progress: Called after each answer, with how many there are, of how many, and which.
        pool: Live workers to use; None starts its own and ends them.
        ahead: Takes cases as they are answered, if any have to be asked, and works while others are.

    Returns:
        The run: an observation for every expression and function, in the order of the cases.

    Raises:
        RunError: The store cannot be used, or somebody else stopped the pool.
        AdapterError: One of `adapters` does not exist.
    """
    started = datetime.now(UTC)
    chosen = [case for case in cases if shard is None or in_shard(shard)(case)]
    tasks, local = plan(chosen, adapters)
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store))
        observed = kept.recall({task.digest for task in tasks})
        recalled = len(observed)
        absent = {task.home: task.home.absent for task in tasks if task.home.absent}
        fresh = {task.digest: task for task in tasks if task.digest not in observed and task.home not in absent}
        live = pool or stack.enter_context(Pool(timeout))
        unanswered = Unanswered(chosen, tasks, local)

        def meanwhile() -> bool:
            if ahead is None:
                return False
            # Who is ahead may write to the store as well.
            kept.commit()
            for case, own in unanswered.closed(lambda task: task.digest in observed or task.home in absent):
                ahead.take(case, {task.key: _observation(task, observed, absent) for task in own})
            return bool(ahead.step())

        for done, (task, answer) in enumerate(_answers([*fresh.values()], live, workers, meanwhile), 1):
            if isinstance(answer, Missing):
                absent[task.home] = answer.reason
            else:
                observed[task.digest] = answer
                kept.keep(task.digest, answer)
            unanswered.touch(task)
            if progress:
                progress(recalled + done, recalled + len(fresh), f"{task.key.case} {task.key.side} {task.key.dtype}")
        _check_complete(tasks, observed, absent)
        observations = {
            **{task.key: _observation(task, observed, absent) for task in tasks},
            **{each.key: _called(each) for each in local},
        }
        run = Run(
            cases=tuple(chosen),
            broken=tuple(broken),
            observations=observations,
            environment=_environment(task.home for task in tasks if task.home not in absent),
            missing={home.name: reason for home, reason in absent.items() if home.wanted},
            provenance=_provenance(started, len(fresh), recalled, shard),
        )
        if store:
            _describe(kept, run, tasks, absent)
    return run


def _observation(task: Task, observed: Mapping[str, Observation], absent: Mapping[Home, str]) -> Observation:
    return observed.get(task.digest) or _unsupported(task, absent)


def _check_complete(tasks: Iterable[Task], observed: Mapping[str, Observation], absent: Mapping[Home, str]) -> None:
    lost = sum(task.digest not in observed and task.home not in absent for task in tasks)
    if lost:
        raise RunError("stopped", f"the workers were stopped with {lost} evaluations to go; collect again to resume")


def _describe(kept: Store, run: Run, tasks: Iterable[Task], absent: Mapping[Home, str]) -> None:
    answers = []
    for task in tasks:
        observation, here = run.observations[task.key], task.home not in absent
        answers.append(Answer(task.key, rank_of(observation), task.digest, task.home.versions if here else {}))
        if not here:
            kept.keep(task.digest, observation)
    for key in run.observations.keys() - {task.key for task in tasks}:
        digest = f"called here: {key.case} {key.side} {key.dtype}"
        kept.keep(digest, run.observations[key])
        answers.append(Answer(key, rank_of(run.observations[key]), digest, {}))
    kept.describe(run, answers, {task.home.name for task in tasks if task.home not in absent})


def _answers(
    tasks: Sequence[Task], pool: Pool, workers: int | None, meanwhile: Callable[[], bool]
) -> Iterator[Arrival]:
    """Every task with its answer as it arrives, one thread per worker; Ctrl-C in between ends the workers.

    Before an answer is waited for, `meanwhile` is called until it has nothing to do.
    """
    lanes = _lanes(tasks, workers)
    arrived: SimpleQueue[Arrival | Future[None]] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=min(len(lanes), workers or len(lanes)) or 1) as threads:
        for place, lane in lanes:
            threads.submit(_serve_lane, pool, place, lane, arrived.put).add_done_callback(arrived.put)
        left = len(lanes)
        try:
            while left:
                while arrived.empty() and meanwhile():
                    pass
                item = arrived.get()
                if isinstance(item, Future):
                    item.result()
                    left -= 1
                else:
                    yield item
        finally:
            if left:
                pool.stop()


def _lanes(tasks: Iterable[Task], workers: int | None) -> list[tuple[Place, list[Task]]]:
    """Tasks by the process that serves them; the longest are halved while there are workers to spare."""
    by_place = defaultdict(list)
    for task in tasks:
        by_place[task.home.place].append(task)
    lanes = list(by_place.items())
    while lanes and len(lanes) < (workers or 0):
        place, longest = max(lanes, key=lambda lane: len(lane[1]))
        if len(longest) < 2 * BATCH:
            break
        lanes.remove((place, longest))
        lanes += [(place, longest[::2]), (Place(place.python, f"{place.process}+{len(lanes)}"), longest[1::2])]
    return lanes


def _serve_lane(pool: Pool, place: Place, lane: Sequence[Task], put: Callable[[Arrival], None]) -> None:
    by_target = defaultdict(list)
    for task in lane:
        by_target[task.home.target].append(task)
    for target, tasks in by_target.items():
        waiting = dict(enumerate(tasks))

        def post(position: int, observation: Observation, waiting: dict[int, Task] = waiting) -> None:
            put((waiting.pop(position), observation))

        missing = pool.serve(place, target, [task.request for task in tasks], post)
        if missing:
            for task in waiting.values():
                put((task, missing))


def _unsupported(task: Task, absent: Mapping[Home, str]) -> Unsupported:
    reason = absent[task.home]
    if not task.home.wanted:
        return Unsupported(reason, Lack.WISH)
    return Unsupported(f"{task.home.name} is missing: {reason}", Lack.FRAMEWORK)


def _called(local: Local) -> Observation:
    return evaluate_callable(local.side, local.case.inputs, local.key.dtype, local.case.gradient)


def _environment(homes: Iterable[Home]) -> dict[str, str]:
    return dict(sorted({item for home in homes for item in home.versions.items()}))


def _provenance(started: datetime, asked: int, recalled: int, shard: tuple[int, int] | None) -> dict[str, str]:
    return {
        "host": platform.node(),
        "machine": platform.machine(),
        "system": platform.platform(),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "evaluated": str(asked),
        "recalled": str(recalled),
        "shard": "/".join(map(str, shard or (1, 1))),
    }


@contextmanager
def open_probe(
    *,
    adapters: Sequence[str] | None = None,
    store: Path | None = None,
    timeout: float = TIMEOUT,
    pool: Pool | None = None,
) -> Iterator[Probe]:
    """A function that puts one expression to its framework on new inputs, through workers that stay alive.

    Args:
        adapters: Frameworks that may be asked, or None for all.
        store: File of earlier observations, used and added to as in `collect`; None keeps them for this context.
        timeout: Seconds that one evaluation may take.
        pool: Live workers to use; None starts its own when first needed, and ends them.

    Raises:
        RunError: The store cannot be used.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store))
        live = pool or stack.enter_context(Pool(timeout))

        def probe(side: Expression, inputs: Mapping[str, InputArray], dtype: str, gradient: str | None) -> Observation:
            task = task_of(Key("", "", dtype), side, inputs, gradient, adapters)
            if task.home.absent:
                return _unsupported(task, {task.home: task.home.absent})
            known = kept.recall([task.digest]).get(task.digest)
            return known or _ask(live, kept, task)

        yield probe


def _ask(pool: Pool, kept: Store, task: Task) -> Observation:
    arrived: list[Arrival] = []
    _serve_lane(pool, task.home.place, [task], arrived.append)
    ((_, answer),) = arrived
    if isinstance(answer, Missing):
        return _unsupported(task, {task.home: answer.reason})
    kept.keep(task.digest, answer)
    kept.commit()
    return answer
