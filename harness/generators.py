"""Inputs of a case: literal arrays, and generators that give the same numbers on every machine.

Random numbers come from NumPy's PCG64, whose streams are stable between releases, seeded by `seed` alone, so that
anyone can make them again; without a seed, by the input's name.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import fields
from harness.records import DTYPES, InputArray
from harness.yaml_reader import Entry, Table, fail

MAX_ELEMENTS = 2**22
MAX_AXES = 8
INTEGER_DTYPES = ("int64", "int32", "int16", "int8", "uint8", "bool")

Values = NDArray[Any]
Rng = np.random.Generator
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Generator:
    """How an input is made: what must be said, what may be, and the function of both."""

    make: Callable[..., Values]
    required: tuple[str, ...]
    defaults: dict[str, Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every key that the generator takes."""
        return (*self.required, *self.defaults)


def _normal(rng: Rng, shape: Shape, scale: float, mean: float) -> Values:
    return rng.normal(mean, scale, shape)


def _uniform(rng: Rng, shape: Shape, low: float, high: float) -> Values:
    return rng.uniform(low, high, shape)


def _integers(rng: Rng, shape: Shape, low: float, high: float) -> Values:
    """From `low` up to and without `high`, as NumPy counts."""
    if not (isinstance(low, int) and isinstance(high, int)):
        raise ValueError("low and high are whole numbers")  # noqa: TRY004  said to the author of a case
    return np.asarray(rng.integers(low, high, shape))


def _one_hot(rng: Rng, shape: Shape | None, labels: Values | None, classes: int | None) -> Values:
    """Of the labels given, or of random ones; without `classes`, the last axis of `shape` is the classes."""
    if (labels is None) == (shape is None):
        raise ValueError("give either labels or a shape")
    if labels is None:
        if not shape:
            raise ValueError("a shape has at least one axis here")
        shape, classes = (shape, classes) if classes else (shape[:-1], shape[-1])
        labels = rng.integers(0, classes, shape)
    count = classes or int(labels.max(initial=0)) + 1
    if labels.dtype.kind != "i" or labels.min(initial=0) < 0 or labels.max(initial=0) >= count:
        raise ValueError(f"labels are whole numbers from 0 to {count - 1}")
    if labels.size * count > MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS:,} numbers")
    return np.asarray(labels[..., None] == np.arange(count), np.int64)


def _softmax(rng: Rng, shape: Shape, scale: float, mean: float, axis: int) -> Values:
    """Summing to 1 along `axis`: the softmax of the numbers that `normal` gives for the same seed."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"shape {shape} has no axis {axis}")
    scores = rng.normal(mean, scale, shape)
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def _probabilities(rng: Rng, shape: Shape, scale: float, mean: float) -> Values:
    """Each for itself: the sigmoid of the numbers that `normal` gives for the same seed."""
    return np.asarray(1 / (1 + np.exp(-rng.normal(mean, scale, shape))))


def _ones(_: Rng, shape: Shape) -> Values:
    return np.ones(shape, np.int64)


def _zeros(_: Rng, shape: Shape) -> Values:
    return np.zeros(shape, np.int64)


def _full(_: Rng, shape: Shape, value: float) -> Values:
    return np.full(shape, value)


def _linspace(_: Rng, start: float, stop: float, num: int) -> Values:
    return np.linspace(start, stop, num)


def _arange(_: Rng, start: float, stop: float, step: float) -> Values:
    if step == 0 or abs(stop - start) / abs(step) > MAX_ELEMENTS:
        raise ValueError(f"a step of {step} from {start} to {stop} makes more than {MAX_ELEMENTS:,} numbers")
    return np.arange(start, stop, step)


GENERATORS = {
    "normal": Generator(_normal, ("shape",), {"scale": 1.0, "mean": 0.0, "seed": None}),
    "uniform": Generator(_uniform, ("shape",), {"low": 0.0, "high": 1.0, "seed": None}),
    "integers": Generator(_integers, ("shape", "high"), {"low": 0, "seed": None}),
    "one_hot": Generator(_one_hot, (), {"labels": None, "shape": None, "classes": None, "seed": None}),
    "softmax": Generator(_softmax, ("shape",), {"scale": 1.0, "mean": 0.0, "axis": -1, "seed": None}),
    "probabilities": Generator(_probabilities, ("shape",), {"scale": 1.0, "mean": 0.0, "seed": None}),
    "ones": Generator(_ones, ("shape",), {}),
    "zeros": Generator(_zeros, ("shape",), {}),
    "full": Generator(_full, ("shape", "value"), {}),
    "linspace": Generator(_linspace, ("start", "stop", "num"), {}),
    "arange": Generator(_arange, ("stop",), {"start": 0, "step": 1}),
}


def read_input(entry: Entry, name: str) -> InputArray:
    """The input called `name`: a literal, `{values: …, dtype: …}`, or a generator.

    Raises:
        CaseError: For anything that is not an array of numbers of one shape and a bounded size.
    """
    if not isinstance(entry, Table):
        return _checked(fields.array(entry), None, entry)
    forms = (*GENERATORS, "values", "dtype")
    found = fields.table(entry, f"the input {name!r}", forms)
    making = [key for key in found.entries if key != "dtype"]
    if len(making) != 1:
        message = f"the input {name!r} names {', '.join(making) or 'nothing'}; name one of {', '.join(forms[:-1])}"
        raise fail("bad-generator", message, entry)
    pinned = fields.optional(found, "dtype", _pinned, None)
    source = found.entries[making[0]]
    values = fields.array(source) if making[0] == "values" else _generate(making[0], source, name)
    return _checked(values, pinned, source)


def _pinned(entry: Entry) -> str | None:
    return fields.choice(entry, "dtype", (*DTYPES, *INTEGER_DTYPES))


def _checked(values: Values, dtype: str | None, entry: Entry) -> InputArray:
    integral = values.dtype.kind == "i"
    if dtype in INTEGER_DTYPES:
        low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if not integral or values.min(initial=0) < low or values.max(initial=0) > high:
            raise fail("bad-dtype", f"{dtype} holds whole numbers from {low} to {high}, and not these", entry)
    elif dtype is not None:
        return InputArray(values.astype(np.float64), integral=False, dtype=dtype)
    return InputArray(values, integral=integral, dtype=dtype)


def _generate(kind: str, entry: Entry, name: str) -> Values:
    generator = GENERATORS[kind]
    found = fields.table(entry, f"the generator {kind!r}", generator.parameters, generator.required)
    read = {key: _READ[key](value) for key, value in found.entries.items()}
    given = generator.defaults | read
    seed = given.pop("seed", None)
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()) if seed is None else seed))
    try:
        return generator.make(rng, **given)
    except (ValueError, OverflowError) as error:
        raise fail("bad-generator", f"{kind}: {error}; change its parameters", entry) from None


def _shape(entry: Entry) -> Shape:
    shape = fields.each(entry, "shape", lambda item: fields.integer(item, "a length", 0))
    if len(shape) > MAX_AXES or math.prod(max(length, 1) for length in shape) > MAX_ELEMENTS:
        message = f"shape {shape}; at most {MAX_AXES} axes and {MAX_ELEMENTS:,} numbers"
        raise fail("bad-generator", message, entry)
    return shape


def _count(what: str) -> Callable[[Entry], int]:
    def read(entry: Entry) -> int:
        count = fields.integer(entry, what, 1)
        if count > MAX_ELEMENTS:
            raise fail("bad-generator", f"{what} is at most {MAX_ELEMENTS:,}; found {count}", entry)
        return count

    return read


def _finite(what: str) -> Callable[[Entry], float]:
    return lambda entry: fields.finite(entry, what)


_READ: dict[str, Callable[[Entry], Any]] = {
    "shape": _shape,
    "labels": fields.array,
    "classes": _count("classes"),
    "num": _count("num"),
    "seed": lambda entry: fields.integer(entry, "seed", 0),
    "axis": lambda entry: fields.integer(entry, "axis"),
    "value": fields.number,
    **{name: _finite(name) for name in ("scale", "mean", "low", "high", "start", "stop", "step")},
}
