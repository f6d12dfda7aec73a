"""Typed access to what the YAML reader returns: a function takes an entry, and returns its value or raises there."""

import math
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.naming import nearest
from harness.yaml_reader import Entry, Listing, Scalar, Table, fail, resolve

T = TypeVar("T")
D = TypeVar("D")

MAX_INTEGER = 2**63 - 1

_NUMERIC = re.compile(r"\s*[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")

# Longer texts are no slip of a person; and the pattern backtracks.
_LONGEST_NUMBER = 100

_MISSPELT = {
    **{sign + word: f"{sign}.inf" for sign in ("", "+", "-") for word in ("inf", "infinity")},
    "nan": ".nan",
}


def kind_of(entry: Entry) -> str:
    """What an entry is, for a person."""
    match entry:
        case Listing():
            return "a list"
        case Table():
            return "a mapping"
        case Scalar(text=value) if resolve(entry) is None:
            return f"nothing ({value or 'empty'})"
        case Scalar(text=value):
            return repr(value) if len(value) <= 60 else repr(value[:57] + "…")  # noqa: PLR2004


def table(entry: Entry, what: str, allowed: Collection[str], required: Collection[str] = ()) -> Table:
    """`entry` as a mapping whose keys are all among `allowed` and which has all of `required`."""
    if not isinstance(entry, Table):
        raise fail("not-a-mapping", f"{what} is a mapping of {', '.join(allowed)}; found {kind_of(entry)}", entry)
    for name, key in entry.keys.items():
        if name not in allowed:
            raise fail("unknown-key", _unknown_key(name, what, allowed), key)
    for name in required:
        if name not in entry.entries:
            raise fail("missing-key", f"{what} has no {name!r}; add it", entry)
    return entry


def _unknown_key(name: str, what: str, allowed: Collection[str]) -> str:
    if any(bracket in name for bracket in "()[]"):
        return f"{name!r} is no key of {what}: a comma ended the text before it; put the whole text in quotes"
    return f"{what} has no key {name!r}{nearest(name, allowed)}; allowed: {', '.join(allowed)}"


def listing(entry: Entry, what: str) -> tuple[Entry, ...]:
    """The items of a list."""
    if not isinstance(entry, Listing):
        raise fail("not-a-list", f"{what} is a list, also of one: [ … ]; found {kind_of(entry)}", entry)
    return entry.items


def text(entry: Entry, what: str) -> str:
    """A text that is not empty, as written: whether it looks like a number does not matter."""
    if not isinstance(entry, Scalar):
        raise fail("not-a-text", f"{what} is a text; found {kind_of(entry)}", entry)
    if not entry.text.strip():
        raise fail("not-a-text", f"{what} is empty; write a text", entry)
    return entry.text


def choice(entry: Entry, what: str, allowed: Collection[str]) -> str:
    """One of `allowed`."""
    found = text(entry, what)
    if found not in allowed:
        message = f"{what} is {found!r}{nearest(found, allowed)}; allowed: {', '.join(allowed)}"
        raise fail("not-allowed", message, entry)
    return found


def pattern(entry: Entry, what: str, form: re.Pattern[str], in_words: str) -> str:
    """A text of a given form."""
    found = text(entry, what)
    if not form.fullmatch(found):
        raise fail("bad-name", f"{what} is {kind_of(entry)}; it is made of {in_words}", entry)
    return found


def number(entry: Entry) -> float:
    """A number, an int where it was written as one; true and false are 1 and 0."""
    if not isinstance(entry, Scalar):
        raise fail("not-a-number", f"wanted a number; found {kind_of(entry)}", entry)
    value = resolve(entry)
    if value is None or isinstance(value, str):
        raise _no_number(entry)
    infinite = isinstance(value, float) and math.isinf(value) and "inf" not in entry.text.lower()
    if infinite or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        raise fail("number-too-large", f"{kind_of(entry)} is beyond int64 or float64; write .inf for infinity", entry)
    return value


def _no_number(entry: Scalar) -> Exception:
    if _NUMERIC.fullmatch(entry.text[:_LONGEST_NUMBER]):
        advice = "remove the quotes" if entry.style else "remove the underscores"
        return fail("number-as-text", f"{kind_of(entry)} is text; {advice}", entry)
    if _DECIMAL_COMMA.fullmatch(entry.text[:_LONGEST_NUMBER]):
        return fail("number-as-text", f"{kind_of(entry)} is text; write the comma as a dot", entry)
    special = _MISSPELT.get(entry.text.lower())
    if special:
        return fail("number-as-text", f"{kind_of(entry)} is text; write {special}", entry)
    return fail("not-a-number", f"wanted a number; found {kind_of(entry)}", entry)


def integer(entry: Entry, what: str, least: int | None = None) -> int:
    """A whole number of at least `least`."""
    value = number(entry)
    if not isinstance(value, int) or isinstance(value, bool):
        raise fail("not-an-integer", f"{what} is a whole number; found {kind_of(entry)}", entry)
    if least is not None and value < least:
        raise fail("not-an-integer", f"{what} is at least {least}; found {value}", entry)
    return value


def finite(entry: Entry, what: str) -> float:
    """A number that is neither infinite nor nan."""
    value = number(entry)
    if not math.isfinite(value):
        raise fail("not-a-number", f"{what} is a finite number; found {kind_of(entry)}", entry)
    return value


def array(entry: Entry) -> NDArray[np.int64] | NDArray[np.float64]:
    """A number or a nested list of numbers: int64 where all are whole numbers, true or false, float64 otherwise.

    Raises:
        CaseError: `ragged`, at the first row whose shape is not that of the row before.
    """
    values, _ = nested(entry, number)
    found = np.array(values)
    return found.astype(np.int64) if found.size == 0 or found.dtype.kind in "bi" else found.astype(np.float64)


def nested(entry: Entry, read: Callable[[Entry], T]) -> tuple[Any, tuple[int, ...]]:
    """Nested lists of what `read` makes of each value, and their shape; every row has the shape of the first."""
    if not isinstance(entry, Listing):
        return read(entry), ()
    rows = [nested(item, read) for item in entry.items]
    if not rows:
        return [], (0,)
    first = rows[0][1]
    for row, item in zip(rows, entry.items, strict=True):
        if row[1] != first:
            message = f"this has shape {row[1]}, but the first beside it has {first}; make all of one shape"
            raise fail("ragged", message, item)
    return [row[0] for row in rows], (len(rows), *first)


def optional(found: Table, name: str, read: Callable[[Entry], T], default: D) -> T | D:
    """What `read` makes of the entry called `name`, or `default` where there is none."""
    return read(found.entries[name]) if name in found.entries else default


def each(entry: Entry, what: str, read: Callable[[Entry], T]) -> tuple[T, ...]:
    """What `read` makes of each item of a list."""
    return tuple(read(item) for item in listing(entry, what))


def named(entry: Entry, what: str, read: Callable[[Entry, Scalar], T]) -> dict[str, T]:
    """What `read` makes of each value of a mapping with keys of the reader's choosing; it is given the key as well."""
    if not isinstance(entry, Table):
        raise fail("not-a-mapping", f"{what} is a mapping of names; found {kind_of(entry)}", entry)
    return {name: read(value, entry.keys[name]) for name, value in entry.entries.items()}
