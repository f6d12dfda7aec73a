"""Reverse-mode differentiation over any arithmetic: each operation knows its own derivative.

A `Tensor` is an array of one arithmetic and, if it depends on the input that is differentiated, the way back. The
backward pass uses the same arithmetic, so gradients have running errors and certified enclosures like values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from harness.reference.axes import axes_of

if TYPE_CHECKING:
    from harness.reference.arithmetic import Arithmetic, Floats, Mask

Operand = Union["Tensor", "Floats", float, int]
Back = Callable[[Any], Any]

# Slopes at a kink where the value does not decide; a Semantics may choose others.
TIES = {"abs": 0.0, "relu": 0.0, "max": 0.5, "norm": math.nan, "xlogy": math.nan}


class Tensor:
    """An array of `arith` with its derivative rule.

    `parents` are the tensors it was made of, each with the function that maps d/d(this) to its contribution to
    d/d(parent). Tensors that need no gradient have no parents.
    """

    __array_ufunc__ = None
    __slots__ = ("arith", "data", "needs", "parents")

    def __init__(
        self, arith: Arithmetic, data: Any, parents: tuple[tuple[Tensor, Back], ...] = (), *, needs: bool = False
    ) -> None:
        self.arith, self.data = arith, data
        self.needs: bool
        self.parents = tuple([p for p in parents if p[0].needs]) if parents else parents
        self.needs = needs or bool(self.parents)

    @property
    def mid(self) -> Floats:
        """Float64 values that decide branches."""
        return self.arith.middle(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.data.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.data.shape)

    def of(self, other: Operand) -> Tensor:
        """`other` as a tensor of the same arithmetic."""
        return other if isinstance(other, Tensor) else Tensor(self.arith, self.arith.lift(other))

    def constant(self) -> Tensor:
        """The same numbers without a way back: stop-gradient."""
        return Tensor(self.arith, self.data)

    def __add__(self, other: Operand) -> Tensor:
        b = self.of(other)
        if not (self.needs or b.needs):
            return Tensor(self.arith, self.arith.add(self.data, b.data))
        return Tensor(self.arith, self.arith.add(self.data, b.data), (
            (self, lambda g: unbroadcast(self.arith, g, self.shape)),
            (b, lambda g: unbroadcast(self.arith, g, b.shape)),
        ))  # fmt: skip

    def __sub__(self, other: Operand) -> Tensor:
        b = self.of(other)
        if not (self.needs or b.needs):
            return Tensor(self.arith, self.arith.sub(self.data, b.data))
        return Tensor(self.arith, self.arith.sub(self.data, b.data), (
            (self, lambda g: unbroadcast(self.arith, g, self.shape)),
            (b, lambda g: unbroadcast(self.arith, self.arith.neg(g), b.shape)),
        ))  # fmt: skip

    def __mul__(self, other: Operand) -> Tensor:
        b, ar = self.of(other), self.arith
        if not (self.needs or b.needs):
            return Tensor(ar, ar.mul(self.data, b.data))
        return Tensor(ar, ar.mul(self.data, b.data), (
            (self, lambda g: unbroadcast(ar, ar.mul(g, b.data), self.shape)),
            (b, lambda g: unbroadcast(ar, ar.mul(g, self.data), b.shape)),
        ))  # fmt: skip

    def __truediv__(self, other: Operand) -> Tensor:
        b = self.of(other)
        ar: Any = self.arith
        out = ar.div(self.data, b.data)
        # (a/b)/b before g, as torch and TensorFlow have it: it overflows where they do.
        return Tensor(ar, out, (
            (self, lambda g: unbroadcast(ar, ar.div(g, b.data), self.shape)),
            (b, lambda g: unbroadcast(ar, ar.neg(ar.mul(g, ar.div(out, b.data))), b.shape)),
        ))  # fmt: skip

    def __neg__(self) -> Tensor:
        ar: Any = self.arith
        return Tensor(ar, ar.neg(self.data), ((self, ar.neg),))

    def __radd__(self, other: Operand) -> Tensor:
        return self + other

    def __rsub__(self, other: Operand) -> Tensor:
        return self.of(other) - self

    def __rmul__(self, other: Operand) -> Tensor:
        return self * other

    def __rtruediv__(self, other: Operand) -> Tensor:
        return self.of(other) / self

    def exp(self) -> Tensor:
        """e^x."""
        ar: Any = self.arith
        out = ar.exp(self.data)
        return Tensor(ar, out, ((self, lambda g: ar.mul(g, out)),))

    def log(self) -> Tensor:
        """Natural logarithm."""
        return Tensor(self.arith, self.arith.log(self.data), ((self, lambda g: self.arith.over(g, self.data)),))

    def log1p(self) -> Tensor:
        """log(1 + x)."""
        ar = self.arith
        return Tensor(ar, ar.log1p(self.data), ((self, lambda g: ar.div(g, ar.add(self.data, ar.lift(1.0)))),))

    def expm1(self) -> Tensor:
        """e^x − 1; libraries may take its slope as this and 1."""
        ar: Any = self.arith
        out = ar.expm1(self.data)
        slope: Back = lambda g: ar.mul(g, ar.widen(ar.exp(self.data), 6.0 * np.abs(ar.middle(out)) + 1.0))  # noqa: E731
        return Tensor(ar, out, ((self, slope),))

    def sqrt(self) -> Tensor:
        """Square root."""
        ar: Any = self.arith
        out = ar.sqrt(self.data)
        return Tensor(ar, out, ((self, lambda g: ar.div(ar.mul(g, ar.lift(0.5)), out)),))

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
        ar: Any = self.arith
        out = ar.tanh(self.data)
        return Tensor(ar, out, ((self, lambda g: ar.mul(g, ar.sub(ar.lift(1.0), ar.mul(out, out)))),))

    def __pow__(self, exponent: float) -> Tensor:
        if exponent == 1.0:
            return self
        ar: Any = self.arith
        slope: Back = lambda g: ar.mul(g, ar.mul(ar.lift(exponent), ar.power(self.data, exponent - 1.0)))  # noqa: E731
        return Tensor(ar, ar.power(self.data, exponent), ((self, slope),))

    def abs(self, tie: float = TIES["abs"]) -> Tensor:
        """|x|; `tie` is the slope at 0."""
        ar = self.arith

        def back(g: Any) -> Any:
            mid = self.mid
            slope = np.where(mid > 0, 1.0, np.where(mid < 0, -1.0, tie))
            return ar.mul(g, ar.loose(slope, ar.close(self.data, ar.lift(0.0))))

        return Tensor(ar, ar.absolute(self.data), ((self, back),))

    def where(self, mask: Mask, other: Operand) -> Tensor:
        """This where `mask` is true, else `other`; the other branch gets no gradient."""
        b, ar = self.of(other), self.arith
        zero = ar.lift(0.0)
        return Tensor(ar, ar.where(mask, self.data, b.data), (
            (self, lambda g: unbroadcast(ar, ar.where(mask, g, zero), self.shape)),
            (b, lambda g: unbroadcast(ar, ar.where(mask, zero, g), b.shape)),
        ))  # fmt: skip

    def weighted_slope(self, data: Any, slope: Floats) -> Tensor:
        """`data` as a function of this whose derivative is `slope` elementwise: for guards and kinks."""
        return self.sloped(data, self.arith.lift(slope))

    def sloped(self, data: Any, slope: Any) -> Tensor:
        """The same with a slope that has an error of its own."""
        ar = self.arith
        return Tensor(ar, data, ((self, lambda g: unbroadcast(ar, ar.mul(g, slope), self.shape)),))

    def maximum(self, other: Operand, tie: float = TIES["max"]) -> Tensor:
        """Elementwise maximum; at a tie this side gets `tie` of the slope and the other the rest."""
        b, ar = self.of(other), self.arith
        x, y = self.mid, b.mid
        data = ar.where((x >= y) | np.isnan(x), self.data, b.data)

        def share(g: Any, first: float, second: float, to: Tensor) -> Any:
            slope = np.where(x > y, first, np.where(x < y, second, tie * first + (1.0 - tie) * second))
            return unbroadcast(ar, ar.mul(g, ar.loose(slope, ar.close(self.data, b.data))), to.shape)

        return Tensor(ar, data, ((self, lambda g: share(g, 1.0, 0.0, self)), (b, lambda g: share(g, 0.0, 1.0, b))))

    def minimum(self, other: Operand, tie: float = TIES["max"]) -> Tensor:
        """Elementwise minimum, with the same rule at a tie."""
        return -((-self).maximum(-self.of(other), tie))

    def relu(self, tie: float = TIES["relu"]) -> Tensor:
        """max(x, 0); `tie` is the slope at 0."""
        return self.maximum(0.0, tie)

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Sum over `axis`, or over everything."""
        axes = axes_of(axis, self.ndim)
        shape = self.shape
        kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
        ar = self.arith
        spread: Back = lambda g: ar.structure(lambda a: _spread(np.reshape(a, kept), shape), g)  # noqa: E731
        return Tensor(ar, ar.sum(self.data, axes, keepdims=keepdims), ((self, spread),))

    def structure(self, function: Callable[[Any], Any], inverse: Callable[[Any], Any]) -> Tensor:
        """Move elements without changing any; `inverse` moves them back."""
        ar = self.arith
        return Tensor(ar, ar.structure(function, self.data), ((self, lambda g: ar.structure(inverse, g)),))

    def reshape(self, shape: tuple[int, ...]) -> Tensor:
        """The same elements in another shape; −1 is inferred."""
        old = self.shape
        return self.structure(lambda a: np.reshape(a, shape), lambda a: np.reshape(a, old))

    def moveaxis(self, source: int, destination: int) -> Tensor:
        """One axis moved."""
        return self.structure(
            lambda a: np.moveaxis(a, source, destination), lambda a: np.moveaxis(a, destination, source)
        )

    def transpose(self, axes: tuple[int, ...]) -> Tensor:
        """Axes permuted."""
        back = tuple(int(i) for i in np.argsort(axes))
        return self.structure(lambda a: np.transpose(a, axes), lambda a: np.transpose(a, back))

    def cast(self, arith: Arithmetic, data: Any = None) -> Tensor:
        """The same numbers in another arithmetic: rounded once on the way there, and their derivative on the way back.

        `data` are the numbers as they are there, where that is known exactly.
        """
        old, zero = self.arith, self.arith.lift(0.0)
        there = arith.add(self.data, arith.lift(0.0)) if data is None else data
        return Tensor(arith, there, ((self, lambda g: old.add(g, zero)),))

    def broadcast_to(self, shape: tuple[int, ...]) -> Tensor:
        """Repeated to `shape`."""
        ar, old = self.arith, self.shape
        return Tensor(
            ar,
            ar.structure(lambda a: np.broadcast_to(a, shape), self.data),
            ((self, lambda g: unbroadcast(ar, g, old)),),
        )

    def index(self, key: Any) -> Tensor:
        """NumPy indexing, basic or advanced."""
        ar, shape = self.arith, self.shape
        pick: Callable[[Any], Any] = lambda a: np.asarray(a[key])  # noqa: E731
        return Tensor(ar, ar.structure(pick, self.data), ((self, lambda g: ar.scatter(shape, key, g)),))

    def widen(self, units: Floats) -> Tensor:
        """Admit a further error of `units` · u."""
        return Tensor(self.arith, self.arith.widen(self.data, units), ((self, lambda g: g),))


def _spread(a: Any, shape: tuple[int, ...]) -> Any:
    out = np.empty(shape, a.dtype)
    out[...] = a
    return out


def unbroadcast(ar: Arithmetic, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` down to `shape`: the adjoint of broadcasting."""
    have = g.shape
    if have == shape:
        return g
    if len(have) < len(shape) or any(h < s for h, s in zip(have[::-1], shape[::-1], strict=False)):
        wide = np.broadcast_shapes(have, shape)
        g, have = ar.structure(lambda a: np.broadcast_to(a, wide), g), wide
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1)
    if axes:
        g = ar.sum(g, axes, keepdims=True)
    return ar.structure(lambda a: np.reshape(a, shape), g)


def join(function: Callable[[list[Any]], Any], split: Callable[[Any], list[Any]], parts: list[Tensor]) -> Tensor:
    """Stack or concatenate tensors; `split` undoes `function`."""
    ar = parts[0].arith
    back = [(p, lambda g, i=i: ar.structure(lambda a: split(a)[i], g)) for i, p in enumerate(parts)]
    return Tensor(ar, ar.join(function, [p.data for p in parts]), tuple(back))
