"""Records as JSON text, for the line to a worker and for the store: an explicit table of types, and no pickle.

A record is an object with its class under "": `{"": "Raised", "kind": …, "message": …}`. An array is
`{"": "array", "dtype": "<f8", "shape": […], "bytes": base64}`, a mapping a list of pairs under
"items". Lists stand for tuples, as records hold no lists. Numbers may be NaN and Infinity, as Python writes them. Of a
user's function only the name is written.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import records, syntax
from harness.adapters.base import Request, numpy_dtype, writable
from harness.errors import RunError
from harness.records import Array, InputArray, Observation
from harness.syntax import Node

RECORDS: Mapping[str, type] = {
    cls.__name__: cls
    for cls in (
        syntax.Literal,
        syntax.Input,
        syntax.Constant,
        syntax.Call,
        syntax.Apply,
        syntax.Method,
        syntax.Attribute,
        syntax.Unary,
        syntax.Binary,
        syntax.Slice,
        syntax.Ellipsis_,
        syntax.Index,
        syntax.Sequence,
        records.InputArray,
        records.Expression,
        records.Claim,
        records.Expectation,
        records.Known,
        records.Case,
        records.BrokenCase,
        records.Computed,
        records.Raised,
        records.Unsupported,
        records.Crashed,
        records.TimedOut,
    )
}
FIELDS: Mapping[type, tuple[str, ...]] = {cls: tuple(f.name for f in fields(cls)) for cls in RECORDS.values()}
ARRAY, ITEMS, CALLABLE = "array", "items", "Callable"


def dumps(value: object) -> str:
    """The text of a record, the same for equal records.

    Raises:
        RunError: The value is or holds something without an entry in the table.
    """
    return json.dumps(_encode(value), separators=(",", ":"))


def loads(text: str) -> Any:  # noqa: ANN401  the text says what it is
    """The record that `dumps` wrote.

    Raises:
        RunError: The text is not one that `dumps` writes.
    """
    try:
        return _decode(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError("malformed-record", f"found {text[:80]!r}, which is no stored record: {error!r}") from error


def dump_request(request: Request) -> str:
    """The text of a request; equal requests have equal texts, so that it also serves as a key."""
    inputs = [[name, *_encode_input(array)] for name, array in sorted(request.inputs.items())]
    indices = sorted(request.index_inputs & request.inputs.keys())
    return json.dumps([_tree_text(request.tree), inputs, request.dtype, request.mode, request.gradient, indices])


def load_request(text: str) -> Request:
    """The request that `dump_request` wrote."""
    tree, inputs, dtype, mode, gradient, indices = json.loads(text)
    arrays = {name: InputArray(_load_array(*raw), integral, pinned) for name, integral, pinned, raw in inputs}
    return Request(_tree(tree), arrays, dtype, mode, gradient, frozenset(indices))


def load_observation(text: str) -> Observation:
    """The observation that a worker or the store holds: numbers as float64, texts as they can be written.

    Raises:
        RunError: The text is no observation, or one with something else in it than its record says.
    """
    observation = loads(text)
    if not isinstance(observation, Observation):
        raise RunError("malformed-record", f"found a {type(observation).__name__}, wanted an observation")
    members: dict[str, Any] = {name: _member(observation, name) for name in FIELDS[type(observation)]}
    return type(observation)(**members)


def _member(observation: Observation, name: str) -> object:
    """What a field holds, if it is what an adapter may answer."""
    read, wanted = MEMBERS[name]
    value = getattr(observation, name)
    found = read(value)
    if found is None and value is not None:
        described = f"the text {value[:40]!r}" if isinstance(value, str) else f"a {type(value).__name__}"
        kind = type(observation).__name__
        raise RunError("malformed-record", f"found {described} as the {name} of a {kind}, wanted {wanted}")
    return found


def _numbers(value: object) -> Array | None:
    # A NumPy scalar travels as a number.
    real = isinstance(value, int | float) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiub")
    return np.asarray(value, np.float64) if real else None


def _text(value: object) -> str | None:
    return writable(value) if isinstance(value, str) else None


def _dtype(value: object) -> str | None:
    return _dtype_called(value) if isinstance(value, str) else None


@lru_cache(maxsize=64)
def _dtype_called(name: str) -> str | None:
    try:
        return numpy_dtype(name).name
    except TypeError:
        return None


# What each field of an observation is read as, which is None where it is something else, and what it should be.
MEMBERS: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "value": (_numbers, "an array of real numbers"),
    "gradient": (_numbers, "an array of real numbers, or nothing"),
    "dtype": (_dtype, "the name of a dtype"),
    "lack": (lambda value: value, ""),
    "seconds": (lambda value: value if isinstance(value, int | float) else None, "a number"),
    **dict.fromkeys(("gradient_note", "kind", "message", "reason", "stderr"), (_text, "a text")),
}


@lru_cache(maxsize=4096)
def _tree_text(tree: Node) -> str:
    return dumps(tree)


@lru_cache(maxsize=4096)
def _tree(text: str) -> Node:
    tree: Node = loads(text)
    return tree


def _encode_input(array: InputArray) -> list[object]:
    return [array.integral, array.dtype, _dump_array(array.values)]


def _dump_array(array: NDArray[Any]) -> list[object]:
    return [array.dtype.str, array.shape, b64encode(array.tobytes()).decode()]


def _load_array(dtype: str, shape: list[int], text: str) -> NDArray[Any]:
    return np.frombuffer(b64decode(text), dtype).reshape(shape)


def _encode(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, np.ndarray):
        dtype, shape, text = _dump_array(value)
        return {"": ARRAY, "dtype": dtype, "shape": shape, "bytes": text}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {"": ITEMS, "items": [[key, _encode(item)] for key, item in value.items()]}
    if isinstance(value, records.Callable):
        return {"": CALLABLE, "name": value.name, "framework": value.framework}
    if type(value) not in FIELDS:
        raise RunError("not-storable", f"found a {type(value).__name__}, which cannot be sent or stored")
    return {"": type(value).__name__, **{name: _encode(getattr(value, name)) for name in FIELDS[type(value)]}}


def _decode(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    match value.pop(""):
        case "array":
            return _load_array(value["dtype"], value["shape"], value["bytes"])
        case "items":
            return {key: _decode(item) for key, item in value["items"]}
        case "Callable":
            return records.Callable(value["name"], _elsewhere, value["framework"])
        case "Expectation":
            return records.Expectation(**_members(value) | {"verdict": records.Verdict(value["verdict"])})
        case "Unsupported":
            return records.Unsupported(value["reason"], records.Lack(value["lack"]))
        case name:
            return RECORDS[name](**_members(value))


def _elsewhere(*_: object) -> object:
    raise RunError("function-elsewhere", "a stored run names this function and does not hold it; hand it in again")


def _members(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _decode(item) for key, item in value.items()}
