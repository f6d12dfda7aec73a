"""YAML as this project reads it: YAML 1.2 values, and every value knows its line and column.

Rules:
- libyaml splits the text into events; what they mean is decided here, so a YAML 1.1 surprise (`no` is false, `1e-3` is
  text, `0o7`, `1:30`) cannot come in by the library's back door.
- Nothing is built from tags. Anchors, aliases and merge keys are refused: a case has no use for them, and nine lines of
  them can stand for a billion values.
- Size, depth and characters are checked before or while reading, never after.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from harness.errors import CaseError

try:
    from yaml import CSafeLoader as Events
except ImportError:  # a PyYAML built without libyaml: the same events, slower
    from yaml import SafeLoader as Events

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_TOO_DEEP = "exceeded maximum nesting depth"  # libyaml from 0.2.6: it reads a thousand brackets ahead of its events

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, float | bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + inf: float(f"{sign}inf") for sign in ("", "+", "-") for inf in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


class Scalar(NamedTuple):
    """A single value: its text as written, less quotes. `start` and `end` are its span in the file."""

    text: str
    style: str
    line: int
    column: int
    start: int
    end: int


class Listing(NamedTuple):
    """A list of values."""

    items: tuple["Entry", ...]
    line: int
    column: int


class Table(NamedTuple):
    """A mapping; no key is there twice. Keys keep their place."""

    entries: dict[str, "Entry"]
    keys: dict[str, Scalar]
    line: int
    column: int


Entry = Scalar | Listing | Table


def fail(slug: str, message: str, entry: Entry) -> CaseError:
    """A CaseError at the place of `entry`."""
    return CaseError(slug, message, line=entry.line, column=entry.column)


def decode(data: bytes) -> str:
    """The text of a file.

    Raises:
        CaseError: `file-too-large`, or `not-utf8` at the first byte that is not.
    """
    if len(data) > MAX_BYTES:
        raise too_large(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="ignore")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise CaseError("not-utf8", message, line=_line(before), column=_column(before)) from None


def too_large(size: int) -> CaseError:
    """The error for a file of `size` bytes."""
    message = f"{size:,} bytes; a case has at most {MAX_BYTES:,}: use a generator for large inputs"
    return CaseError("file-too-large", message, line=1, column=1)


def read_yaml(text: str) -> Table:
    """The one mapping that `text` consists of.

    Raises:
        CaseError: With line and column, for anything that is not one plain document with a mapping at its top.
    """
    if len(text) > MAX_BYTES:
        raise too_large(len(text))
    bad = _UNPRINTABLE.search(text)
    if bad:
        before = text[: bad.start()]
        message = f"the character U+{ord(bad[0]):04X} cannot stand in a text file; remove it"
        raise CaseError("bad-character", message, line=_line(before), column=_column(before))
    events = Events(text)
    try:
        return _document(events.get_event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    finally:
        events.dispose()


def resolve(scalar: Scalar) -> float | bool | str | None:
    """What a scalar means in YAML 1.2: a number, true, false, null, or else its text; quotes make anything text."""
    text = scalar.text
    if scalar.style:
        return text
    if _FLOAT.fullmatch(text):
        return int(text) if _INTEGER.fullmatch(text) and len(text) < 1000 else float(text)  # noqa: PLR2004  int() is quadratic
    if _INTEGER.fullmatch(text):
        return int(text, 0)
    return _WORDS.get(text, text)


def place_within(source: str, scalar: Scalar, line: int, column: int) -> tuple[int, int]:
    """Line and column in the file of a place within a scalar's text, whatever style the scalar is written in.

    Folding changes only blanks, so both are walked by their other characters. Double quotes with escapes are not
    followed: the place is then the scalar's own.
    """
    lines = scalar.text.split("\n")
    solid = len("".join("".join([*lines[: line - 1], lines[line - 1][: column - 1]]).split()))
    raw = source[scalar.start : scalar.end]
    if scalar.style == '"' and "\\" in raw:
        return scalar.line, scalar.column
    begin = {"'": 1, '"': 1, "|": raw.find("\n") + 1, ">": raw.find("\n") + 1}.get(scalar.style, 0)
    if scalar.style == "'":
        raw = raw.replace("''", "' ")
    places = [at for at in range(begin, len(raw)) if not raw[at].isspace()]
    before = source[: scalar.start + (places[solid] if solid < len(places) else len(raw))]
    return _line(before), _column(before)


def _document(event: Callable[[], yaml.Event]) -> Table:
    event()  # the stream begins
    if isinstance(event(), yaml.StreamEndEvent):
        raise CaseError(
            "empty-file", "there is no case in this file; write at least id, inputs and sides", line=1, column=1
        )
    top = _entry(event(), event, 1)
    event()  # the document ends
    after = event()
    if not isinstance(after, yaml.StreamEndEvent):
        mark = after.start_mark
        message = "a second document begins here; write one case in a file"
        raise CaseError("multiple-documents", message, line=mark.line + 1, column=mark.column + 1)
    if not isinstance(top, Table):
        raise fail("not-a-mapping", "a case is a mapping of keys to values: write `id: …` in the first line", top)
    return top


def _entry(event: yaml.Event, following: Callable[[], yaml.Event], depth: int) -> Entry:
    mark = event.start_mark
    line, column = mark.line + 1, mark.column + 1
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        message = f"anchors and aliases (here {event.anchor!r}) are not allowed; write the value out, or quote the text"
        raise CaseError("alias", message, line=line, column=column)
    if event.tag is not None:
        message = f"the tag {event.tag} is not allowed; remove it, or quote the text"
        raise CaseError("tag", message, line=line, column=column)
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(event.value, event.style or "", line, column, mark.index, event.end_mark.index)
    if depth > MAX_DEPTH:
        raise _too_deep(line, column)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(item := following(), yaml.SequenceEndEvent):
            items.append(_entry(item, following, depth + 1))
        return Listing(tuple(items), line, column)
    return _table(following, depth, line, column)


def _table(following: Callable[[], yaml.Event], depth: int, line: int, column: int) -> Table:
    entries: dict[str, Entry] = {}
    keys: dict[str, Scalar] = {}
    while not isinstance(event := following(), yaml.MappingEndEvent):
        key = _entry(event, following, depth + 1)
        if not isinstance(key, Scalar):
            raise fail("bad-key", "a key is a name; write a list or a mapping behind the colon", key)
        if key.text in keys:
            message = f"the key {key.text!r} is there twice, first in line {keys[key.text].line}; remove one"
            raise fail("duplicate-key", message, key)
        keys[key.text] = key
        entries[key.text] = _entry(following(), following, depth + 1)
    return Table(entries, keys, line, column)


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> CaseError:
    mark = error.problem_mark or error.context_mark
    line, column = mark.line + 1, mark.column + 1
    if error.problem == _TOO_DEEP:
        return _too_deep(line, column)
    found = text[mark.index : mark.index + 1]
    if found == "\t":
        return CaseError("tab", "a tab where YAML allows only blanks; indent with blanks", line=line, column=column)
    context = f" {error.context} that begins in line {error.context_mark.line + 1}" if error.context else ""
    hint = "; quote a text that holds `: `, ` #`, or starts with one of [ ] { } * & ! % @ `"
    return CaseError("yaml-syntax", f"{error.problem}{context}{hint}", line=line, column=column)


def _too_deep(line: int, column: int) -> CaseError:
    return CaseError("nested-too-deeply", f"nested more than {MAX_DEPTH} deep", line=line, column=column)


def _line(before: str) -> int:
    return before.count("\n") + 1


def _column(before: str) -> int:
    return len(before) - before.rfind("\n")
