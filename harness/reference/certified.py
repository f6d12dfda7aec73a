"""Balls of `flint.arb`: the enclosure of the exact value is proven by the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from harness.reference.formats import Floats, Mask
from harness.reference.plain import Plain

flint.ctx.prec = 128


MINUS_INFINITY = flint.arb("-inf")


def _objects(a: Any) -> Any:
    return a if isinstance(a, np.ndarray) else np.array(a, dtype=object)


def _elementwise(name: str) -> Callable[[Any, Any], Any]:
    ufunc = np.frompyfunc(lambda a: getattr(a, name)(), 1, 1)
    return lambda _self, a: _objects(ufunc(a))


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

    absolute = _elementwise("__abs__")  # type: ignore[assignment]
    exp = _elementwise("exp")  # type: ignore[assignment]

    def log(self, a: Any) -> Any:  # type: ignore[override]
        """Logarithm; −∞ at exactly 0, where flint has nan."""
        return _objects(np.frompyfunc(lambda x: MINUS_INFINITY if x == 0 else x.log(), 1, 1)(a))

    def log1p(self, a: Any) -> Any:  # type: ignore[override]
        """log(1 + a); −∞ at exactly −1."""
        return _objects(np.frompyfunc(lambda x: MINUS_INFINITY if x == -1 else x.log1p(), 1, 1)(a))

    expm1 = _elementwise("expm1")  # type: ignore[assignment]
    sqrt = _elementwise("sqrt")  # type: ignore[assignment]
    tanh = _elementwise("tanh")  # type: ignore[assignment]

    def power(self, a: Any, exponent: float) -> Any:
        """a ** exponent; integers keep the sign of a."""
        power = flint.fmpz(int(exponent)) if float(exponent).is_integer() else flint.arb(exponent)
        return _objects(np.frompyfunc(lambda x: x**power, 1, 1)(a))

    def sum(self, a: Any, axis: tuple[int, ...], *, keepdims: bool) -> Any:
        """Sum over `axis`."""
        if a.size == 0:
            return self.lift(np.sum(np.zeros(a.shape), axis=axis, keepdims=keepdims))
        return _objects(np.add.reduce(a, axis=axis, keepdims=keepdims))
