"""Cases: YAML text in, records out; the only place where a case can be malformed.

The tables below are the format; `docs/cases.md` explains it and `harness.case_schema` writes it down for editors.
"""

import keyword
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from harness import fields
from harness.catalog import predicted
from harness.errors import CaseError
from harness.factors import FACTORS
from harness.functions import ALIASES, BUILTINS
from harness.generators import INTEGER_DTYPES, read_input
from harness.naming import nearest
from harness.records import DTYPES, BrokenCase, Case, Expectation, Expression, InputArray, Known, Verdict
from harness.semantics import STAGES
from harness.sides import read_sides
from harness.yaml_reader import MAX_BYTES, Entry, Scalar, Table, decode, fail, read_yaml, resolve, too_large

T = TypeVar("T")

CASE_KEYS = (
    "id",
    "title",
    "why",
    "source",
    "inputs",
    "prediction_is",
    "dtype",
    "gradient",
    "sides",
    "expect",
    "known",
)
REQUIRED_KEYS = ("id", "sides")
EXPECT_KEYS = ("between", "verdict", "factors", "aspect", "dtype")
KNOWN_KEYS = ("side", "status", "reason")
MEANINGS = ("probabilities", "log-probabilities", "logits", "real")
ASPECTS = ("value", "gradient")
STATUSES = ("notyet", "never")

# A key or an anchor may be as long as the file.
MAX_MESSAGE = 1000

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_INPUT_NAME = re.compile(r"[A-Za-z]\w{0,59}", re.ASCII)
_ID_LINE = re.compile(r"^id:[ \t]*['\"]?([a-z0-9-]{1,100})", re.MULTILINE)

# What a text would hide if an input had its name.
_RESERVED = frozenset({*ALIASES, *BUILTINS, *keyword.kwlist})


def read_case(text: str, path: str) -> Case:
    """The case that a YAML text describes; `path` is where it says it comes from, and is not opened.

    Raises:
        CaseError: With path, line and column, for anything that is not exactly a case.
    """
    try:
        return _case(read_yaml(text), text, path)
    except CaseError as error:
        error.where = path
        error.message = error.message if len(error.message) <= MAX_MESSAGE else error.message[:MAX_MESSAGE] + "…"
        raise


def load_cases(paths: Iterable[Path], before: Iterable[Case] = ()) -> tuple[tuple[Case, ...], tuple[BrokenCase, ...]]:
    """All cases in the files and folders named, in the order of their paths, and those that could not be read.

    A folder is searched for *.yaml and *.yml, however deep, but not what is hidden by a dot. A malformed file is a
    BrokenCase and costs no other; of two cases with one id, the later is broken. `before` were read already.
    """
    taken = {case.id: case for case in before}
    cases: dict[str, Case] = {}
    broken: list[BrokenCase] = []
    for path in _files(paths):
        text = ""
        try:
            text = decode(_read(path))
            case = read_case(text, str(path))
            _check_new(case, taken)
        except CaseError as error:
            broken.append(_broken(error, path, text))
        else:
            cases[case.id] = taken[case.id] = case
    return tuple(cases.values()), tuple(broken)


def _broken(error: CaseError, path: Path, text: str) -> BrokenCase:
    """With the id that the file seems to have, so that a report can name the case."""
    found = _ID_LINE.search(text)
    return BrokenCase(str(path), error.slug, error.message, error.line, error.column, found[1] if found else "")


def _check_new(case: Case, cases: Mapping[str, Case]) -> None:
    if case.id in cases:
        first = cases[case.id]
        message = f"the id {case.id!r} is taken by {first.path}:{first.line}; give each case an id of its own"
        raise CaseError("duplicate-id", message, case.path, case.line, 1)


def _files(paths: Iterable[Path]) -> list[Path]:
    """Each file once, although a folder and a file in it may both be named."""
    files = (file for path in paths for file in (_walk(path) if path.is_dir() else [path]))
    found = {os.path.realpath(file): file for file in files}  # Path.resolve raises where links go in a circle
    return sorted(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    """The YAML files under `folder`, less the hidden, and the folders that nobody may look into, for _read to name."""
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if name.endswith((".yaml", ".yml")) and name[0] != ".")
    yield from (Path(error.filename) for error in closed)


def _read(path: Path) -> bytes:
    """The bytes of a regular file of bounded size: a pipe would never end."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise CaseError("unreadable-file", "not a file that can be read; name a YAML file or a folder of them")
        if state.st_size > MAX_BYTES:
            raise too_large(state.st_size)
        return path.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror}); name a YAML file or a folder of them"
        raise CaseError("unreadable-file", message) from None


def _case(entry: Table, source: str, path: str) -> Case:
    found = fields.table(entry, "a case", CASE_KEYS, REQUIRED_KEYS)
    identity = fields.pattern(found.entries["id"], "id", ID, "a-z, 0-9 and -")
    nothing: dict[str, InputArray] = {}
    inputs = fields.optional(found, "inputs", _inputs, nothing)
    sides = read_sides(found.entries["sides"], inputs, source)
    prediction = predicted((side.tree for side in sides.values() if isinstance(side, Expression)), inputs)
    gradient = fields.optional(found, "gradient", _gradient(inputs, prediction), prediction)
    dtypes = fields.optional(found, "dtype", _dtypes, ("float32",))
    return Case(
        id=identity,
        title=_text(found, "title", identity),
        inputs=inputs,
        sides=sides,
        why=_text(found, "why", ""),
        source=_text(found, "source", ""),
        path=path,
        line=found.keys["id"].line,
        prediction_is=fields.optional(found, "prediction_is", _choice("prediction_is", MEANINGS), None),
        dtypes=dtypes,
        gradient=gradient,
        prediction=gradient or prediction or "prediction",
        expect=fields.optional(found, "expect", _each("expect", _expectation(sides, dtypes)), ()),
        known=fields.optional(found, "known", _each("known", _known(sides)), ()),
    )


def _text(found: Table, key: str, default: str) -> str:
    return fields.optional(found, key, lambda entry: fields.text(entry, key).strip(), default)


def _choice(what: str, allowed: Collection[str]) -> Callable[[Entry], str]:
    return lambda entry: fields.choice(entry, what, allowed)


def _each(what: str, read: Callable[[Entry], T]) -> Callable[[Entry], tuple[T, ...]]:
    return lambda entry: fields.each(entry, what, read)


def _inputs(entry: Entry) -> dict[str, InputArray]:
    return fields.named(entry, "inputs", _input)


def _input(entry: Entry, key: Scalar) -> InputArray:
    name = fields.pattern(key, "the name of an input", _INPUT_NAME, "letters, digits and _, a letter first")
    if name in _RESERVED:
        raise fail("bad-name", f"an input cannot be called {name!r}, which expressions use; choose another name", key)
    return read_input(entry, name)


def _dtypes(entry: Entry) -> tuple[str, ...]:
    read = _choice("dtype", DTYPES)
    found = (read(entry),) if isinstance(entry, Scalar) else fields.each(entry, "dtype", read)
    if not found or len(set(found)) < len(found):
        raise fail("not-allowed", f"dtype names each dtype once, and at least one of {', '.join(DTYPES)}", entry)
    return found


def _gradient(inputs: Mapping[str, InputArray], prediction: str | None) -> Callable[[Entry], str | None]:
    def read(entry: Entry) -> str | None:
        wanted = resolve(entry) if isinstance(entry, Scalar) else entry
        if wanted is False:
            return None
        name = prediction if wanted is True else fields.text(entry, "gradient")
        if name is None:
            message = f"which input is differentiated by? Write gradient: with one of {', '.join(inputs) or 'no input'}"
            raise fail("bad-gradient", message, entry)
        if name not in inputs:
            message = f"no input called {name!r}{nearest(name, inputs)}; write true, false or the name of an input"
            raise fail("bad-gradient", message, entry)
        if inputs[name].dtype in INTEGER_DTYPES:
            raise fail(
                "bad-gradient", f"{name!r} holds {inputs[name].dtype}, by which nothing is differentiated", entry
            )
        return name

    return read


def _side_name(sides: Collection[str]) -> Callable[[Entry], str]:
    def read(entry: Entry) -> str:
        name = fields.text(entry, "a side")
        if name not in sides:
            raise fail(
                "unknown-side", f"no side called {name!r}{nearest(name, sides)}; sides: {', '.join(sides)}", entry
            )
        return name

    return read


def _expectation(sides: Collection[str], dtypes: Collection[str]) -> Callable[[Entry], Expectation]:
    def read(entry: Entry) -> Expectation:
        found = fields.table(entry, "an expectation", EXPECT_KEYS, ("between", "verdict"))
        between = fields.each(found.entries["between"], "between", _side_name(sides))
        if len(set(between)) != 2 or len(between) != 2:  # noqa: PLR2004  a pair
            message = f"between names two different sides; found {len(between)}: {', '.join(between)}"
            raise fail("bad-pair", message, found.entries["between"])
        verdict = fields.choice(found.entries["verdict"], "verdict", tuple(Verdict))
        return Expectation(
            between=(between[0], between[1]),
            verdict=Verdict(verdict),
            factors=fields.optional(found, "factors", _each("factors", _factor), None),
            aspect=fields.optional(found, "aspect", _choice("aspect", ASPECTS), None),
            dtype=fields.optional(found, "dtype", _choice("the expected dtype", dtypes), None),
            line=entry.line,
        )

    return read


def _factor(entry: Entry) -> str:
    name = fields.text(entry, "a factor")
    if name in STAGES or name in FACTORS:
        return name
    details = [factor for factor in FACTORS if factor.startswith(f"{name.partition('.')[0]}.")]
    message = (
        f"no factor is called {name!r}{nearest(name, (*STAGES, *FACTORS))}; allowed: {', '.join(details or STAGES)}"
    )
    raise fail("unknown-factor", message, entry)


def _known(sides: Collection[str]) -> Callable[[Entry], Known]:
    def read(entry: Entry) -> Known:
        found = fields.table(entry, "a known divergence", KNOWN_KEYS, KNOWN_KEYS)
        return Known(
            side=_side_name(sides)(found.entries["side"]),
            status=fields.choice(found.entries["status"], "status", STATUSES),
            reason=fields.text(found.entries["reason"], "reason").strip(),
        )

    return read
