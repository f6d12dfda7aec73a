"""A function that people write losses with, and the names of its parameters.

Values are `Tensor`s, or plain ndarrays and numbers where nothing is differentiated (indices, masks, shapes). Each
operation is listed with its parameter names in the order in which they are passed; spellings of the frameworks (`dim`,
`keepdim`, `axis`) are unified before the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from harness.errors import CaseError
from harness.reference.tape import Tensor

Value = Any

# What an operation may ask for by the name of a parameter: a tensor of the arithmetic, the dtype of the arrays, both.
SURROUNDINGS = frozenset({"template", "working", "making"})


@dataclass(frozen=True, slots=True)
class Operation:
    """A function on tensors.

    Attributes:
        function: The function; its own parameters have the names below.
        parameters: The names in the order in which a call passes them; "*" takes the rest as they come.
        floats: How many of the first arguments are made Tensors before the call.
        held: Whether numbers among the arguments are rounded to the dtype first, as the bounds of a clip are.
        defaults: Arguments that hold where a call has none.
        asks: Parameters that no call passes, of SURROUNDINGS.
    """

    function: Callable[..., Value]
    parameters: tuple[str, ...]
    floats: int = 0
    held: bool = False
    defaults: Mapping[str, Value] = field(default_factory=dict)
    asks: tuple[str, ...] = ()

    def arguments(self, values: list[Value], named: Mapping[str, Value]) -> dict[str, Value]:
        """Arguments by name, those that "*" takes under that name.

        Raises:
            CaseError: `not-interpretable`, if there are more than the operation is read with, or others.
        """
        names = self._placed
        given: dict[str, Value] = dict(zip(names, values, strict=False))
        if len(values) > len(names):
            if "*" not in self.parameters:
                raise CaseError("not-interpretable", f"read with at most {len(names)} arguments, {len(values)} given")
            given["*"] = values[len(names) :]
        unread = [name for name in named if (name not in self.parameters and name != "dtype") or name in given]
        if unread:
            raise CaseError("not-interpretable", f"not read with {', '.join(unread)}")
        return {**self.defaults, **named, **given}

    @property
    def _placed(self) -> tuple[str, ...]:
        """The parameters that take an argument by its place."""
        return self.parameters[: self.parameters.index("*")] if "*" in self.parameters else self.parameters

    def call(self, arguments: dict[str, Value]) -> Value:
        """The function of its arguments."""
        rest = arguments.pop("*", [])
        leading = [arguments.pop(name) for name in self._placed if name in arguments] if rest else []
        return self.function(*leading, *rest, **arguments)


def operation(function: Callable[..., Value], *parameters: str) -> Operation:
    """An operation on anything."""
    return on_floats(function, *parameters, count=0)


def on_floats(function: Callable[..., Value], *parameters: str, count: int = 1, held: bool = False) -> Operation:
    """An operation whose first `count` arguments are Tensors."""
    passed = tuple(name for name in parameters if name not in SURROUNDINGS)
    asks = tuple(name for name in parameters if name in SURROUNDINGS)
    return Operation(function, passed, count, held, asks=asks)


def variant(of: Operation, *parameters: str, **defaults: Value) -> Operation:
    """The same with its parameters in another order, or with other defaults."""
    return replace(of, parameters=parameters or of.parameters, defaults={**of.defaults, **defaults})


class Pair(NamedTuple):
    """What torch returns of an order statistic along an axis: the numbers, and where they were."""

    values: Value
    indices: Value


def tensor_of(template: Tensor, value: Value) -> Tensor:
    """`value` as a tensor of the template's arithmetic."""
    return template.of(np.asarray(value, np.float64)) if not isinstance(value, Tensor) else value


def plain(value: Value) -> Any:
    """The numbers, without a way back."""
    return np.asarray(value.mid if isinstance(value, Tensor) else value)


def integers(value: Value) -> Any:
    """The numbers as int64: positions along an axis."""
    return plain(value).astype(np.int64)


def ndim_of(x: Value) -> int:
    """Number of axes of any value."""
    return x.ndim if isinstance(x, Tensor) else np.ndim(x)


def shape_of(x: Value) -> tuple[int, ...]:
    """Shape of any value."""
    return x.shape if isinstance(x, Tensor) else np.shape(x)


def sizes(parts: Any) -> tuple[int, ...]:
    """Lengths or places of axes, given one by one or as a list; the name of a dtype among them is passed over."""
    numbers = (part for part in parts if not isinstance(part, str))
    return tuple(int(n) for part in numbers for n in np.ravel(plain(part)))


def axis_of(axis: Any) -> Any:
    """An axis as a number, several as a tuple, all as None."""
    if axis is None or isinstance(axis, int):
        return axis
    return tuple(int(a) for a in np.ravel(axis)) if np.ndim(axis) else int(axis)
