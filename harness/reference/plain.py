"""Plain float64: no error is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.formats import Floats, Mask
from harness.reference.special import Special


class Plain:
    """float64 arrays, with IEEE rules for nan and infinity."""

    def lift(self, values: NDArray[Any] | float) -> Any:
        """An array of this system that is exactly `values`."""
        return np.asarray(values, np.float64)

    def middle(self, a: Any) -> Floats:
        """The float64 array that decides comparisons and branches."""
        return a  # type: ignore[no-any-return]

    def structure(self, function: Callable[[Any], Any], a: Any) -> Any:
        """Apply a function that only moves elements: reshape, index, broadcast."""
        return function(a)

    def join(self, function: Callable[[list[Any]], Any], parts: list[Any]) -> Any:
        """Apply a function that puts arrays together: stack, concatenate."""
        return function(parts)

    def where(self, mask: Mask, a: Any, b: Any) -> Any:
        """`a` where `mask` is true, `b` elsewhere."""
        return np.where(mask, a, b)

    def scatter(self, shape: tuple[int, ...], key: Any, a: Any) -> Any:
        """Zeros of `shape` with `a` added at `key`: the adjoint of indexing."""
        out = np.zeros(shape)
        np.add.at(out, key, a)
        return out

    add, sub, mul, div, over = np.add, np.subtract, np.multiply, np.divide, np.divide
    neg, absolute, exp, log, log1p, expm1, sqrt, tanh = (
        np.negative, np.abs, np.exp, np.log, np.log1p, np.expm1, np.sqrt, np.tanh,
    )  # fmt: skip

    def power(self, a: Any, exponent: float) -> Any:
        """a ** exponent for a constant exponent."""
        return np.power(a, exponent)

    def special(self, function: Special, a: Any) -> Any:
        """A function beyond exp and log, elementwise."""
        return function.plain(a)

    def sum(self, a: Any, axis: tuple[int, ...], *, keepdims: bool) -> Any:
        """Sum over `axis`."""
        return a.sum(axis, keepdims=keepdims)

    def cumsum(self, a: Any, axis: int) -> Any:
        """Sums of the first 1, 2, 3, … along `axis`."""
        return np.cumsum(a, axis)

    def matmul(self, a: Any, b: Any) -> Any:
        """Products of matrices, which stand in the last two axes."""
        return np.matmul(a, b)

    def largest(self, a: Any, at: Any) -> Any:
        """The largest over the last axis, which is at `at`."""
        return np.take_along_axis(a, at, -1)

    def widen(self, a: Any, units: Floats) -> Any:
        """Admit a further error of `units` · u; nothing to do where errors are not kept."""
        del units
        return a

    def close(self, a: Any, b: Any) -> Mask:
        """Where rounding may decide which of two different numbers is the larger: nowhere, without rounding."""
        return np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b)), bool)

    def loose(self, values: Floats, mask: Mask) -> Any:
        """Slopes at a kink: `values`, and any from −1 to 1 where `mask` is true."""
        del mask
        return self.lift(values)
