"""Numbers as a dtype holds them: those that a text names, and those that are cast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.arithmetic import Arithmetic
from harness.reference.formats import FORMATS, Floats, quantise
from harness.reference.rounded import Ball, Rounded
from harness.reference.tape import Tensor


def inexact(template: Tensor, values: Floats | float, dtype: str) -> Tensor:
    """`values` exactly, with the error of rounding them to `dtype` where the errors of that dtype are kept."""
    tensor = template.of(np.asarray(values, np.float64))
    if not _keeps(template.arith, dtype):
        return tensor
    numbers = tensor.mid
    # Half a unit in the last place, or more where the dtype has no normal number there: 1e-7 in float16.
    moved = np.abs(quantise(numbers, dtype) - numbers) / FORMATS[dtype].u
    units = np.where(np.isfinite(numbers) & (moved > 0), np.maximum(np.abs(numbers), moved), 0.0)
    return tensor.widen(units) if np.any(units) else tensor


def _keeps(arith: Arithmetic, dtype: str) -> bool:
    """Whether errors are kept as `dtype` makes them; in a finer arithmetic the exact numbers are looked for."""
    return isinstance(arith, Rounded) and arith.format == FORMATS[dtype]


def arithmetic_of(arith: Arithmetic, dtype: str) -> Arithmetic:
    """The arithmetic of `dtype`, of the same kind as `arith`."""
    return Rounded(dtype) if isinstance(arith, Rounded) else arith


@dataclass(frozen=True, slots=True)
class Making:
    """What arrays are made in: the arithmetic of `template`, and the dtype `working` of the arrays."""

    template: Tensor
    working: str

    def constant(self, numbers: NDArray[Any], kind: str | None) -> Any:
        """An array of numbers; floats are held, and computed with, in `kind` where it is coarser than the dtype."""
        if numbers.dtype.kind != "f":
            return numbers
        if kind not in FORMATS or not self._is_coarser(kind):
            return inexact(self.template, numbers, self.working)
        return inexact(Tensor(self._arithmetic(kind), self.template.data), numbers, kind)

    def held(self, numbers: NDArray[Any], kind: str) -> Any:
        """Numbers rounded to `kind`; of a coarser one, with its arithmetic."""
        rounded, arith = quantise(numbers, kind), self._arithmetic(kind)
        return Tensor(arith, arith.lift(rounded)) if self._is_coarser(kind) else rounded

    def cast(self, value: Tensor, kind: str) -> Tensor:
        """`value` as `kind`, in which everything is computed from there on."""
        if self._arithmetic(kind) is self.template.arith:
            return handed(value, value.arith, kind) if self._is_coarser(kind) else value
        there = Rounded(kind)
        if there.format == value.arith.format:  # type: ignore[union-attr]
            return value
        coarser = there.format.u > value.arith.format.u  # type: ignore[union-attr]
        return handed(value, there, kind) if coarser else value.cast(there, value.data)

    def _is_coarser(self, kind: str) -> bool:
        return FORMATS[kind].u > FORMATS[self.working].u

    def _arithmetic(self, kind: str) -> Arithmetic:
        """The arithmetic of `kind` where that of the arrays keeps errors, else that of the arrays."""
        own = self.template.arith
        return arithmetic_of(own, kind) if _keeps(own, self.working) else own


def handed(value: Tensor, arith: Arithmetic, dtype: str) -> Tensor:
    """`value` rounded to a narrower dtype, whose arithmetic is `arith`."""
    data = arith.lift(quantise(value.mid, dtype))
    if isinstance(arith, Rounded):
        # Two numbers on either side of a boundary between roundings end up a unit further apart.
        err = value.data.err
        data = arith.widen(Ball(data.mid, err), np.where(err > 0, 2.0 * np.abs(data.mid), 0.0))
    return value.cast(arith, data)


def together(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two tensors in the arithmetic of the more precise, as frameworks promote them."""
    if not (isinstance(a.arith, Rounded) and isinstance(b.arith, Rounded)) or a.arith.format == b.arith.format:
        return a, b
    if a.arith.format.u > b.arith.format.u:
        return a.cast(b.arith, a.data), b
    return a, b.cast(a.arith, b.data)
