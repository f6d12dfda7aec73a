"""A function that people write losses with, and the names of its parameters.

Values are `Tensor`s, or plain ndarrays and numbers where nothing is differentiated (indices, masks, shapes). Each
operation is listed with its parameter names in order; spellings of the frameworks (`dim`, `keepdim`, `axis`) are
unified before the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.reference.tape import Tensor

Value = Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A function on tensors and the names of its parameters in order."""

    function: Callable[..., Value]
    parameters: tuple[str, ...]


def operation(function: Callable[..., Value], *parameters: str) -> Operation:
    """The operation with its parameters' names."""
    return Operation(function, parameters)


def tensor_of(template: Tensor, value: Value) -> Tensor:
    """`value` as a tensor of the template's arithmetic."""
    return template.of(np.asarray(value, np.float64)) if not isinstance(value, Tensor) else value


def integers(value: Value) -> Any:
    """The numbers as int64: positions along an axis."""
    return np.asarray(value.mid if isinstance(value, Tensor) else value).astype(np.int64)


def ndim_of(x: Value) -> int:
    """Number of axes of any value."""
    return x.ndim if isinstance(x, Tensor) else np.ndim(x)


def shape_of(x: Value) -> tuple[int, ...]:
    """Shape of any value."""
    return x.shape if isinstance(x, Tensor) else np.shape(x)
