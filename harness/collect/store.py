"""Observations on disk: an embedded SQLite file that can be resumed, merged and judged elsewhere.

An observation is kept under a hash of everything it depends on, so a stored one is never out of date, and the cases
that were collected are kept beside it, so a store can be judged on its own. Merging takes, of two rows with one key,
the greater in a fixed order; that is associative, commutative and idempotent, so the order of stores does not matter.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.collect import wire
from harness.errors import RunError
from harness.records import (
    BrokenCase,
    Case,
    Computed,
    Crashed,
    Key,
    Lack,
    Observation,
    Raised,
    Run,
    TimedOut,
    Unsupported,
)  # fmt: skip

Row = tuple[object, ...]

VERSION = 1
COMMIT_SECONDS = 0.5

# One table per kind of row: its columns, how many of them are the key, and the greater of two rows with one key by
# order of the rest. `rank` comes first where it matters that an answer beats a failure to get one.
TABLES: Mapping[str, tuple[tuple[str, ...], int]] = {
    "observation": (("digest", "rank", "body"), 1),
    "answer": (("case_id", "side", "dtype", "rank", "versions", "digest"), 3),
    "collected": (("case_id", "body"), 1),
    "broken": (("body",), 1),
    "missing": (("framework", "reason"), 1),
    "present": (("framework",), 1),
    "part": (("part", "name", "value"), 2),
}
# What the provenance of several runs comes to; of anything else, all that was said.
COMBINED: Mapping[str, Callable[[Iterable[str]], str]] = {
    "started": min,
    "finished": max,
    "evaluated": lambda counts: str(sum(map(int, counts))),
    "recalled": lambda counts: str(sum(map(int, counts))),
}
RANK: Mapping[type, int] = {Computed: 4, Raised: 3, Unsupported: 2, TimedOut: 1, Crashed: 0}
# From here on an observation is final; below, another run asks again.
FINAL = 2
# What stands for an answer where nobody was asked: less than any answer, and least where nobody was wanted.
UNASKED: Mapping[str, int] = {Lack.FRAMEWORK: -1, Lack.WISH: -2}


def rank_of(observation: Observation) -> int:
    """How much an observation says: of two on one question, the greater is kept."""
    lack = observation.lack if isinstance(observation, Unsupported) else ""
    return UNASKED.get(lack, RANK[type(observation)])


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the observation of one key is kept, how much it says, and the versions it was made with."""

    key: Key
    rank: int
    digest: str
    versions: Mapping[str, str]


class Store:
    """An open store; a context manager that commits and closes.

    Args:
        path: The file, made when it is not there; None keeps everything in memory.

    Raises:
        RunError: The file is no store, or one of another version of the harness.
    """

    def __init__(self, path: Path | None) -> None:
        self._committed = time.monotonic()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", timeout=60)
            self._prepare(path)
        except (OSError, sqlite3.OperationalError) as error:
            message = f"no store can be kept there ({error}); name another file"
            raise RunError("unwritable", message, str(path)) from error
        except sqlite3.DatabaseError as error:
            message = f"this is no store of observations ({error}); name another file"
            raise RunError("bad-store", message, str(path)) from error

    def _prepare(self, path: Path | None) -> None:
        self._check_ours(path)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(f"PRAGMA user_version={VERSION}")
        for table, (columns, keys) in TABLES.items():
            key = ", ".join(columns[:keys])
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)}, PRIMARY KEY ({key})) WITHOUT ROWID"
            )
        self._connection.commit()

    def _check_ours(self, path: Path | None) -> None:
        """Nothing is written into a database of somebody else's."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if version == 0 and tables:
            message = f"this is a database of another program, with {', '.join(sorted(tables))}; name another file"
            raise RunError("bad-store", message, str(path))
        if version not in {0, VERSION}:
            message = f"the store has format {version}, this harness reads format {VERSION}; delete the file"
            raise RunError("bad-store", message, str(path))
        for table in tables & TABLES.keys():
            found = {column for _, column, *_ in self._connection.execute(f"PRAGMA table_info({table})")}
            if found != {*TABLES[table][0]}:
                message = f"its table {table!r} is not one of ours; name another file"
                raise RunError("bad-store", message, str(path))

    def __enter__(self) -> Self:
        """The open store."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Keep what there is, whatever happened."""
        self._connection.commit()
        self._connection.close()

    def recall(self, digests: Iterable[str]) -> dict[str, Observation]:
        """The observations that are there under `digests`, but for failures that another try may mend."""
        found = {}
        query = "SELECT body FROM observation WHERE digest = ? AND rank >= ?"
        for digest in digests:
            row = self._connection.execute(query, (digest, FINAL)).fetchone()
            if row:
                found[digest] = wire.load_observation(row[0])
        return found

    def keep(self, digest: str, observation: Observation) -> None:
        """Write one observation; it is committed half a second later at most, if more follow."""
        self._write("observation", [(digest, rank_of(observation), wire.dumps(observation))])
        if time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Make what was written last."""
        self._connection.commit()
        self._committed = time.monotonic()

    def describe(self, run: Run, answers: Iterable[Answer], present: Iterable[str]) -> None:
        """Write what a run consists of, in place of the run described before; observations stay.

        Args:
            run: The run.
            answers: Where each of its observations is kept.
            present: The frameworks that answered; in a merge, one of those is no longer missing.
        """
        for table in TABLES.keys() - {"observation"}:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  a name from the table above
        rows = [(a.key.case, a.key.side, a.key.dtype, a.rank, json.dumps(dict(a.versions)), a.digest) for a in answers]
        self._write("answer", rows)
        self._write("collected", [(case.id, wire.dumps(case)) for case in run.cases])
        self._write("broken", [(wire.dumps(case),) for case in run.broken])
        self._write("missing", list(run.missing.items()))
        self._write("present", [(framework,) for framework in present])
        part = hashlib.blake2b(json.dumps(sorted(run.provenance.items())).encode(), digest_size=8).hexdigest()
        self._write("part", [(part, name, value) for name, value in run.provenance.items()])
        self.commit()

    def _write(self, table: str, rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(TABLES[table][0]))
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def absorb(self, other: Path) -> None:
        """Take in every row of another store; of two with one key the greater stays.

        Raises:
            RunError: The other file is no store, or holds another case by the name of one of ours.
        """
        if not other.is_file():
            raise RunError("bad-store", "there is no such file; write it with `harness collect --store`", str(other))
        with Store(other) as source:
            self.take(source, str(other))

    def take(self, source: "Store", name: str) -> None:
        """Take in every row of an open store called `name`, or none of them.

        Raises:
            RunError: It holds another case by the name of one of ours.
        """
        _same_cases(source.rows("collected"), {row[:1]: row for row in self.rows("collected")}, name)
        for table, (columns, keys) in TABLES.items():
            mine = {row[:keys]: row for row in self.rows(table)} if len(columns) > keys else {}
            self._write(table, [max(row, mine.get(row[:keys], row)) for row in source.rows(table)])
        self.commit()

    def adopt(self, source: "Store") -> None:
        """Describe the run of another store in place of the one described before; observations of both stay."""
        for table in TABLES.keys() - {"observation"}:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
        self.take(source, "")

    def rows(self, table: str) -> list[Row]:
        """Every row of a table, by key."""
        columns, keys = TABLES[table]
        return self._connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(columns[:keys])}").fetchall()  # noqa: S608

    def run(self) -> Run:
        """Everything in the store as a run; cases by path and id.

        A framework is missing when no merged run had it. Where two versions answered, the environment names both.
        """
        bodies = {str(digest): str(body) for digest, _, body in self.rows("observation")}
        cases = [wire.loads(str(body)) for _, body in self.rows("collected")]
        present = {framework for (framework,) in self.rows("present")}
        observations: dict[Key, Observation] = {}
        versions: dict[str, set[str]] = {}
        for case, side, dtype, _, used, digest in self.rows("answer"):
            observations[Key(str(case), str(side), str(dtype))] = wire.load_observation(bodies[str(digest)])
            for package, version in json.loads(str(used)).items():
                versions.setdefault(package, set()).add(version)
        return Run(
            cases=tuple(sorted(cases, key=_place)),
            broken=tuple(sorted((wire.loads(str(body)) for (body,) in self.rows("broken")), key=_broken_place)),
            observations=observations,
            environment={name: ", ".join(sorted(found)) for name, found in sorted(versions.items())},
            missing={str(name): str(reason) for name, reason in self.rows("missing") if name not in present},
            provenance=self._provenance(),
        )

    def _provenance(self) -> dict[str, str]:
        """Of one run its own; of several what they come to together, with the number of them as `parts`."""
        said: dict[str, list[str]] = {}
        parts = set()
        for part, name, value in self.rows("part"):
            parts.add(part)
            said.setdefault(str(name), []).append(str(value))
        together = {name: COMBINED.get(name, _each)(values) for name, values in said.items()}
        return together | ({"parts": str(len(parts))} if len(parts) > 1 else {})


def _each(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))


def _same_cases(rows: Iterable[Row], mine: Mapping[Row, Row], other: str) -> None:
    for row in rows:
        if mine.get(row[:1], row) != row:
            message = f"its case {row[0]!r} is not the one of that name merged before; collect both from the same files"
            raise RunError("conflicting-cases", message, other)


def _place(case: Case) -> tuple[str, int, str]:
    return case.path, case.line or 0, case.id


def _broken_place(case: BrokenCase) -> tuple[str, int, str]:
    return case.path, case.line or 0, case.message


def merge(stores: Sequence[Path], into: Path) -> None:
    """Merge stores of shards or of matrix jobs into one file; their order does not matter.

    Raises:
        RunError: A file is no store, or two do not fit each other; `into` is then as it was.
    """
    with Store(None) as merged:
        for path in (*stores, *([into] if into.exists() else [])):
            merged.absorb(path)
        with Store(into) as store:
            store.take(merged, str(into))


def load_run(stores: Sequence[Path]) -> Run:
    """The run that one store holds, or several together.

    Raises:
        RunError: A file is no store.
    """
    with Store(None) as store:
        for path in stores:
            store.absorb(path)
        return store.run()
