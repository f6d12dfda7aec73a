"""Balls of `flint.arb`: the enclosure of the exact value is proven by the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from harness.reference.formats import Floats, Mask
from harness.reference.plain import Plain
from harness.reference.special import Special

flint.ctx.prec = 128


MINUS_INFINITY = flint.arb("-inf")


def _objects(a: Any) -> Any:
    return a if isinstance(a, np.ndarray) else np.array(a, dtype=object)


def _elementwise(function: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    ufunc = np.frompyfunc(function, 1, 1)
    return lambda _self, a: _objects(ufunc(a))


def _log(x: Any) -> Any:
    """Logarithm; −∞ at exactly 0, where flint has nan."""
    out = x.log()
    return MINUS_INFINITY if not out.is_finite() and x == 0 else out


def _log1p(x: Any) -> Any:
    out = x.log1p()
    return MINUS_INFINITY if not out.is_finite() and x == -1 else out


class Certified(Plain):
    """Object arrays of `flint.arb`; finite numbers only."""

    def lift(self, values: NDArray[Any] | float) -> Any:
        """Balls of radius 0."""
        flat = np.asarray(values, np.float64)
        out = np.empty(flat.size, dtype=object)
        out[:] = [flint.arb(v) for v in flat.ravel().tolist()]
        return out.reshape(flat.shape)

    def middle(self, a: Any) -> Floats:
        """The middles as float64."""
        return np.asarray(np.frompyfunc(float, 1, 1)(a), np.float64)

    def where(self, mask: Mask, a: Any, b: Any) -> Any:
        """Select elementwise."""
        return _objects(np.where(mask, a, b))

    def scatter(self, shape: tuple[int, ...], key: Any, a: Any) -> Any:
        """Zeros of `shape` with `a` added at `key`."""
        out = self.lift(np.zeros(shape))
        np.add.at(out, key, a)
        return out

    def add(self, a: Any, b: Any) -> Any:  # type: ignore[override]
        """Sum."""
        return _objects(a + b)

    def sub(self, a: Any, b: Any) -> Any:  # type: ignore[override]
        """Difference."""
        return _objects(a - b)

    def mul(self, a: Any, b: Any) -> Any:  # type: ignore[override]
        """Product."""
        return _objects(a * b)

    def div(self, a: Any, b: Any) -> Any:  # type: ignore[override]
        """Quotient."""
        return _objects(a / b)

    def over(self, a: Any, b: Any) -> Any:  # type: ignore[override]
        """Quotient."""
        return self.div(a, b)

    def neg(self, a: Any) -> Any:  # type: ignore[override]
        """Negation."""
        return _objects(-a)

    absolute = _elementwise(abs)  # type: ignore[assignment]
    exp = _elementwise(flint.arb.exp)  # type: ignore[assignment]

    log = _elementwise(_log)  # type: ignore[assignment]
    log1p = _elementwise(_log1p)  # type: ignore[assignment]
    expm1 = _elementwise(flint.arb.expm1)  # type: ignore[assignment]
    sqrt = _elementwise(flint.arb.sqrt)  # type: ignore[assignment]
    tanh = _elementwise(flint.arb.tanh)  # type: ignore[assignment]

    def power(self, a: Any, exponent: float) -> Any:
        """a ** exponent; integers keep the sign of a."""
        power = flint.fmpz(int(exponent)) if float(exponent).is_integer() else flint.arb(exponent)
        return _objects(np.frompyfunc(lambda x: x**power, 1, 1)(a))

    def special(self, function: Special, a: Any) -> Any:
        """A function beyond exp and log, elementwise."""
        return _objects(np.frompyfunc(function.ball, 1, 1)(a))

    def matmul(self, a: Any, b: Any) -> Any:
        """Products of matrices; of no terms, zeros."""
        if a.shape[-1] == 0:
            return self.lift(np.matmul(np.zeros(a.shape), np.zeros(b.shape)))
        return _objects(np.matmul(a, b))

    def sum(self, a: Any, axis: tuple[int, ...], *, keepdims: bool) -> Any:
        """Sum over `axis`."""
        if a.size == 0:
            return self.lift(np.sum(np.zeros(a.shape), axis=axis, keepdims=keepdims))
        return _objects(a.sum(axis, keepdims=keepdims))
