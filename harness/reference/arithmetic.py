"""Three number systems with one set of operations: plain float64, rounded balls, and certified balls.

* `Plain`: float64, no error; for searching.
* `Rounded(dtype)`: pairs (middle, error). Every operation widens the error by what a correct implementation in that
  dtype may add to it, so that at the end |computed − exact| ≤ error for *any* evaluation order of the same formula.
  First-order running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.3), with
      a ⊕ b : e_a + e_b + u|a + b|
      a ⊗ b : |a|e_b + |b|e_a + e_a e_b + u|ab|
      Σ x_i : Σ e_i + u Σ_{k>1} (|x|₁ + … + |x|ₖ)     over |x_i| + e_i in falling order: no order of summation has larger
                                                      partial sums, each of which rounds once (op. cit. §4.2)
      exp, log, … : the propagated error + 4u|result|  the libraries' stated error (glibc, SLEEF, XLA: ≤ 4 ulp)
  plus η, the smallest number that the dtype keeps apart from 0, for underflow. A number beyond the dtype's largest
  has an infinite error: there an implementation may rightly return anything.
* `Certified`: `flint.arb` balls; the enclosure of the exact value is proven by the library.

An array of each system is an ndarray, a `Ball` of two ndarrays, or an object ndarray of `arb`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import flint
import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Error of one elementary function in units of u: see the module's docstring.
FUNCTION_ERROR = 4.0

flint.ctx.prec = 128
MINUS_INFINITY = flint.arb("-inf")


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: unit roundoff u, largest finite number, and η, the least kept apart from 0."""

    u: float
    largest: float
    eta: float
    precision: int


# float16 arithmetic runs through float32 on every CPU here, so its subnormals survive; the others may be flushed.
FORMATS = {
    "float64": Format(2.0**-53, float(np.finfo(np.float64).max), 2.0**-1022, 53),
    "float32": Format(2.0**-24, float(np.finfo(np.float32).max), 2.0**-126, 24),
    "float16": Format(2.0**-11, 65504.0, 2.0**-24, 11),
    "bfloat16": Format(2.0**-8, float(ml_dtypes.finfo(ml_dtypes.bfloat16).max), 2.0**-126, 8),
}
NUMPY_DTYPES: dict[str, Any] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}


def quantise(values: NDArray[Any], dtype: str) -> Floats:
    """`values` rounded to `dtype` (nearest, ties to even), as float64; shape kept."""
    with np.errstate(all="ignore"):
        return np.asarray(values, np.float64).astype(NUMPY_DTYPES[dtype]).astype(np.float64)


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

    def sum(self, a: Any, axis: tuple[int, ...], *, keepdims: bool) -> Any:
        """Sum over `axis`."""
        return np.sum(a, axis=axis, keepdims=keepdims)

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


class Ball(NamedTuple):
    """A float64 middle and a bound on the distance to the exact value; same shape."""

    mid: Floats
    err: Floats


class Rounded:
    """Balls that are widened at every operation by the unit roundoff of `dtype`."""

    def __init__(self, dtype: str) -> None:
        self.format = FORMATS[dtype]

    def lift(self, values: NDArray[Any] | float) -> Ball:
        """A ball of radius 0."""
        mid = np.asarray(values, np.float64)
        return Ball(mid, np.zeros_like(mid))

    def middle(self, a: Ball) -> Floats:
        """The middle."""
        return a.mid

    def structure(self, function: Callable[[Any], Any], a: Ball) -> Ball:
        """Move middle and error alike."""
        return Ball(function(a.mid), function(a.err))

    def join(self, function: Callable[[list[Any]], Any], parts: list[Ball]) -> Ball:
        """Join middles and errors alike."""
        return Ball(function([part.mid for part in parts]), function([part.err for part in parts]))

    def where(self, mask: Mask, a: Ball, b: Ball) -> Ball:
        """Select elementwise."""
        return Ball(np.where(mask, a.mid, b.mid), np.where(mask, a.err, b.err))

    def scatter(self, shape: tuple[int, ...], key: Any, a: Ball) -> Ball:
        """Scatter middle and error alike."""
        plain = Plain()
        return Ball(plain.scatter(shape, key, a.mid), plain.scatter(shape, key, a.err))

    def _rounded(self, mid: Floats, err: Floats, factor: float = 1.0) -> Ball:
        size = np.abs(mid)
        err = err + (factor * self.format.u) * size + self.format.eta
        return Ball(mid, np.where(size > self.format.largest, np.inf, err))

    def add(self, a: Ball, b: Ball) -> Ball:
        """Sum of two balls."""
        return self._rounded(a.mid + b.mid, a.err + b.err)

    def sub(self, a: Ball, b: Ball) -> Ball:
        """Difference of two balls."""
        return self._rounded(a.mid - b.mid, a.err + b.err)

    def mul(self, a: Ball, b: Ball) -> Ball:
        """Product of two balls; a factor that is exactly 0 leaves no error, whatever the other may be."""
        err = _product(np.abs(a.mid), b.err) + _product(np.abs(b.mid), a.err) + _product(a.err, b.err)
        return self._rounded(a.mid * b.mid, err)

    def div(self, a: Ball, b: Ball) -> Ball:
        """Quotient of two balls; infinite error where the divisor may be 0."""
        mid = a.mid / b.mid
        room = np.abs(b.mid) - b.err
        err = np.where(room > 0, (a.err + _product(np.abs(mid), b.err)) / np.where(room > 0, room, 1.0), np.inf)
        return self._rounded(mid, np.where((a.err == 0) & (b.err == 0), 0.0, err))

    def over(self, a: Ball, b: Ball) -> Ball:
        """a · (1/b), as slopes of a logarithm are computed: where 1/b overflows nothing is promised, not even of 0 · (1/b)."""
        inverse = self.div(self.lift(1.0), b)
        out = self.mul(a, inverse)
        return Ball(out.mid, np.where(np.isfinite(inverse.mid) & np.isinf(inverse.err), np.inf, out.err))

    def neg(self, a: Ball) -> Ball:
        """Exact."""
        return Ball(-a.mid, a.err)

    def absolute(self, a: Ball) -> Ball:
        """Exact."""
        return Ball(np.abs(a.mid), a.err)

    def exp(self, a: Ball) -> Ball:
        """e^a: relative error e^err − 1."""
        mid = np.exp(a.mid)
        return self._rounded(mid, _product(mid, np.expm1(a.err)), FUNCTION_ERROR)

    def log(self, a: Ball) -> Ball:
        """log a; infinite error where the ball reaches 0."""
        ratio = np.where(a.err > 0, a.err / np.abs(a.mid), 0.0)
        return self._rounded(np.log(a.mid), _log_error(ratio), FUNCTION_ERROR)

    def log1p(self, a: Ball) -> Ball:
        """log(1 + a)."""
        ratio = np.where(a.err > 0, a.err / np.abs(1.0 + a.mid), 0.0)
        return self._rounded(np.log1p(a.mid), _log_error(ratio), FUNCTION_ERROR)

    def expm1(self, a: Ball) -> Ball:
        """e^a − 1."""
        return self._rounded(np.expm1(a.mid), _product(np.exp(a.mid), np.expm1(a.err)), FUNCTION_ERROR)

    def sqrt(self, a: Ball) -> Ball:
        """√a, correctly rounded by IEEE."""
        mid = np.sqrt(a.mid)
        slope = np.where(mid > 0, a.err / np.where(mid > 0, mid, 1.0), np.inf)
        return self._rounded(mid, np.where(a.err > 0, np.minimum(slope, np.sqrt(a.err)), 0.0))

    def tanh(self, a: Ball) -> Ball:
        """tanh a; its slope is at most 1."""
        return self._rounded(np.tanh(a.mid), a.err, FUNCTION_ERROR)

    def power(self, a: Ball, exponent: float) -> Ball:
        """a ** exponent: the extreme of the ball's two ends."""
        mid = np.power(a.mid, exponent)
        ends = [np.power(np.where(a.mid >= 0, np.maximum(a.mid + s * a.err, 0.0), a.mid + s * a.err), exponent) for s in (-1, 1)]
        err = np.maximum(*(np.abs(end - mid) for end in ends))
        return self._rounded(mid, np.where(a.err > 0, err, 0.0), FUNCTION_ERROR)

    def sum(self, a: Ball, axis: tuple[int, ...], *, keepdims: bool) -> Ball:
        """Sum in any order."""
        mid = np.sum(a.mid, axis=axis, keepdims=keepdims)
        err = np.sum(a.err, axis=axis, keepdims=keepdims) + self.format.u * _worst_partial_sums(np.abs(a.mid) + a.err, axis, mid.shape)
        return Ball(mid, np.where(np.abs(mid) > self.format.largest, np.inf, err))

    def widen(self, a: Ball, units: Floats) -> Ball:
        """Admit a further error of `units` · u: another accepted form of the formula is that much less accurate."""
        return Ball(a.mid, a.err + self.format.u * units)

    def close(self, a: Ball, b: Ball) -> Mask:
        """Where two balls overlap; equal middles are a tie, and no matter of rounding."""
        gap = np.abs(a.mid - b.mid)
        return np.asarray((gap > 0) & (gap <= a.err + b.err))

    def loose(self, values: Floats, mask: Mask) -> Ball:
        """Slopes with room to reach −1 and 1 where `mask` is true."""
        return Ball(np.asarray(values, np.float64), np.where(mask, 1.0 + np.abs(values), 0.0))


def _worst_partial_sums(sizes: Floats, axis: tuple[int, ...], shape: tuple[int, ...]) -> Floats:
    """Σ_{k>1} of the sums of the k largest sizes over `axis`, in the shape of the sum."""
    kept = [i for i in range(sizes.ndim) if i not in axis]
    length = int(np.prod([sizes.shape[i] for i in axis]))  # not −1: the rest may be empty
    rows = np.transpose(sizes, (*kept, *axis)).reshape((*(sizes.shape[i] for i in kept), length))
    if rows.shape[-1] < 2:  # noqa: PLR2004  one term is not added to anything
        return np.zeros(shape)
    falling = np.cumsum(-np.sort(-rows, axis=-1), axis=-1)
    return np.reshape(np.sum(falling[..., 1:], axis=-1), shape)


def _product(a: Floats, b: Floats) -> Floats:
    # 0 · inf is 0 here: an exact zero is not made uncertain by what it multiplies.
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def _log_error(ratio: Floats) -> Floats:
    return np.where(ratio < 1.0, -np.log1p(-np.minimum(ratio, 1.0 - 2.0**-53)), np.inf)


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
        return _objects(np.sum(a, axis=axis, keepdims=keepdims))


Arithmetic = Plain | Rounded
