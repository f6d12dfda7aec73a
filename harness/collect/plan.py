"""Cases as the evaluations they come to: who is asked what, and under which digest the answer is kept."""

import hashlib
import importlib.metadata
import os
from collections import defaultdict
from collections.abc import Callable as Function
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from harness.adapters.base import Request, dtype_of, rounded
from harness.catalog import index_inputs
from harness.collect.environments import VARIABLE, Fingerprint, fingerprint, interpreters, process_of, target_of
from harness.collect.pool import Place
from harness.collect.wire import dump_request
from harness.errors import AdapterError
from harness.records import Callable, Case, Expression, InputArray, Key
from harness.trees import inputs_of

DISTRIBUTION = "loss-harness"
NOWHERE = Place("", "")
UNKNOWN = Fingerprint({}, "")


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """Where the sides of one framework in one environment are evaluated.

    `name` is the framework, with its environment where that is another than ours; `absent` is the reason why nobody
    is there, or empty; `wanted` is false where that reason is that nobody was to be asked.
    """

    name: str
    place: Place = NOWHERE
    target: str = ""
    fingerprint: Fingerprint = UNKNOWN
    versions: Mapping[str, str] = field(default_factory=dict)
    absent: str = ""
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """One evaluation: what is asked, where, for which key of the run, and under which digest it is kept."""

    key: Key
    home: Home
    request: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A user's function, to be called in this process."""

    key: Key
    side: Callable
    case: Case


def plan(cases: Iterable[Case], adapters: Sequence[str] | None) -> tuple[list[Task], list[Local]]:
    """Every evaluation that `cases` ask for, in their order; claims need none.

    Args:
        cases: The cases.
        adapters: The frameworks that may be asked, or None for all.

    Raises:
        AdapterError: One of `adapters` does not exist.
    """
    for name in adapters or ():
        target_of(name)
    tasks, local = [], []
    for case, name, dtype in _sides(cases):
        side, key = case.sides[name], Key(case.id, name, dtype)
        if isinstance(side, Expression):
            tasks.append(task_of(key, side, case.inputs, case.gradient, adapters))
        if isinstance(side, Callable):
            local.append(Local(key, side, case))
    return tasks, local


class Unanswered:
    """Cases of which something has not been answered yet, without those that have functions, which are called last."""

    def __init__(self, cases: Iterable[Case], tasks: Iterable[Task], local: Iterable[Local]) -> None:
        last = {each.case.id for each in local}
        self._left: dict[str, tuple[Case, list[Task]]] = {case.id: (case, []) for case in cases if case.id not in last}
        self._by_digest: dict[str, set[str]] = defaultdict(set)
        self._touched = dict.fromkeys(self._left)
        for task in tasks:
            if task.key.case in self._left:
                self._left[task.key.case][1].append(task)
                self._by_digest[task.digest].add(task.key.case)

    def touch(self, task: Task) -> None:
        """Something has become known of a task, and of those that ask the same."""
        self._touched |= dict.fromkeys(sorted(self._by_digest[task.digest] & self._left.keys()))

    def closed(self, known: Function[[Task], bool]) -> list[tuple[Case, list[Task]]]:
        """The cases of which all has become known since the last call, with their tasks."""
        ids = [name for name in self._touched if all(map(known, self._left[name][1]))]
        self._touched = {}
        return [self._left.pop(name) for name in ids]


def _sides(cases: Iterable[Case]) -> Iterator[tuple[Case, str, str]]:
    return ((case, name, dtype) for case in cases for dtype in case.dtypes for name in case.sides)


def task_of(
    key: Key,
    side: Expression,
    inputs: Mapping[str, InputArray],
    gradient: str | None,
    adapters: Sequence[str] | None,
) -> Task:
    """One evaluation, in the dtype of its key; inputs not read are left out, the others rounded to their dtype."""
    asked = tuple(adapters) if adapters is not None else None
    home = home_of(side.framework, side.environment, asked, os.environ.get(VARIABLE, ""))
    read = {name: inputs[name] for name in inputs_of(side.tree)}
    dtype, indices = key.dtype, index_inputs(side.tree, read)
    exact = {
        name: replace(array, values=rounded(array.values, dtype_of(name, array, dtype, indices)))
        for name, array in read.items()
    }
    request = dump_request(Request(side.tree, exact, dtype, side.mode, gradient, indices))
    digest = hashlib.blake2b(f"{home.target}\n{home.fingerprint.text()}\n{request}".encode(), digest_size=16)
    return Task(key, home, request, digest.hexdigest())


def places_of(case: Case, adapters: Sequence[str] | None) -> set[Place]:
    """Where the sides of a case are evaluated."""
    asked = tuple(adapters) if adapters is not None else None
    sides = [side for side in case.sides.values() if isinstance(side, Expression)]
    return {home_of(side.framework, side.environment, asked, os.environ.get(VARIABLE, "")).place for side in sides}


@lru_cache(maxsize=256)
def home_of(framework: str, environment: str, adapters: tuple[str, ...] | None, setting: str) -> Home:
    """Where a framework is asked; that it cannot be is part of the answer. `setting` is HARNESS_ENVIRONMENTS."""
    name = f"{framework} in {environment}" if environment else framework
    prefix = f"{environment}: " if environment else ""
    if adapters is not None and framework not in adapters:
        return Home(name, absent=f"only {', '.join(adapters)} was to be asked", wanted=False)
    try:
        python, target = _interpreter(environment, setting), target_of(framework)
        mark = fingerprint(python, framework)
    except AdapterError as error:
        return Home(name, absent=error.message)
    versions = {"harness": version(), **{prefix + package: number for package, number in mark.versions.items()}}
    return Home(name, Place(python, process_of(framework)), target, mark, versions)


def _interpreter(environment: str, setting: str) -> str:
    known = interpreters(setting)
    if environment not in known:
        message = f"no environment is called {environment!r}; set {VARIABLE}={environment}=/path/to/python"
        raise AdapterError("no-environment", message)
    return known[environment]


@lru_cache(maxsize=1)
def version() -> str:
    """The installed version of the harness; "unreleased" for a copy that was not installed."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unreleased"


def in_shard(shard: tuple[int, int]) -> Function[[Case], bool]:
    """Whether a case belongs to shard `i` of `n`, from 1: by a hash of its id, so that no case moves when others do."""
    part, parts = shard
    return lambda case: int.from_bytes(hashlib.blake2b(case.id.encode(), digest_size=8).digest()) % parts == part - 1
