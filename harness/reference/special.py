"""Elementary functions beyond exp and log, each stated once over `flint.arb` and so enclosed in every arithmetic.

A `Special` is evaluated on a point for a middle, and on the interval middle ± error for how far an inexact argument can
move it: what ball arithmetic encloses is proven, whatever the function. Rounding the result counts as for exp and log,
with 4u or 6u; a step (floor, ceil, round) is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from harness.reference.formats import Floats

# Error of one elementary function in units of u: see `arithmetic.py`.
FUNCTION_ERROR = 4.0
QUOTIENT_ERROR = 6.0


@dataclass(frozen=True, slots=True)
class Special:
    """A function of one number.

    Attributes:
        ball: The function of an `arb`.
        plain: The same of float64 arrays.
        error: Error of a library's result, in units of u.
    """

    ball: Callable[[Any], Any]
    plain: Callable[[Floats], Floats]
    error: float = FUNCTION_ERROR


def moved(function: Special, mid: Floats, err: Floats, value: Floats) -> Floats:
    """How far `function` can be from `value` on mid ± err: 0 where err is, infinite where there is no bound."""

    def one(m: float, e: float, v: float) -> float:
        if e == 0.0:
            return 0.0
        if not (math.isfinite(m) and math.isfinite(e) and math.isfinite(v)):
            return math.inf
        reach = float(abs(function.ball(flint.arb(m, e)) - v).abs_upper())
        return reach if math.isfinite(reach) else math.inf

    return _floats(np.frompyfunc(one, 3, 1)(mid, err, value))


def _floats(a: Any) -> Floats:
    return np.asarray(a, np.float64)


def _each(function: Callable[[float], float]) -> Callable[[Floats], Floats]:
    ufunc = np.frompyfunc(function, 1, 1)
    return lambda a: _floats(ufunc(a))


def _log_ndtr(x: Any) -> Any:
    """log Φ(x), each side of 0 in the form that does not cancel."""
    root = flint.arb(2).sqrt()
    return ((-x / root).erfc() / 2).log() if x < 0 else (-((x / root).erfc() / 2)).log1p()


def _lgamma(x: Any) -> Any:
    """log |Γ(x)|; infinite at 0, −1, −2 and so on."""
    if x > 0:
        return x.lgamma()
    return flint.arb("inf") if x == x.floor() else abs(x.gamma()).log()


def _correctly(ball: Callable[[Any], Any], low: float, high: float) -> Callable[[Floats], Floats]:
    """The function of float64 arrays, correctly rounded; `low` and `high` are its limits at −∞ and ∞."""
    limits = {-math.inf: low, math.inf: high}

    def one(v: float) -> float:
        return float(ball(flint.arb(v))) if math.isfinite(v) else limits.get(v, math.nan)

    return _each(one)


def _nearest(x: Any) -> Any:
    """The nearest integer, of two the even one."""
    low = x.floor()
    if x - low == flint.arb("0.5"):
        return 2 * ((low + 1) / 2).floor()
    return (x + flint.arb("0.5")).floor()


ARB = flint.arb
SIN = Special(ARB.sin, np.sin)
COS = Special(ARB.cos, np.cos)
SINH = Special(ARB.sinh, np.sinh, QUOTIENT_ERROR)
COSH = Special(ARB.cosh, np.cosh)
ERF = Special(ARB.erf, _each(math.erf), QUOTIENT_ERROR)
ERFC = Special(ARB.erfc, _each(math.erfc))
LGAMMA = Special(_lgamma, _correctly(_lgamma, math.inf, math.inf))
DIGAMMA = Special(ARB.digamma, _correctly(ARB.digamma, math.nan, math.inf))
LOG_NDTR = Special(_log_ndtr, _correctly(_log_ndtr, -math.inf, 0.0))
FLOOR = Special(ARB.floor, np.floor, 0.0)
CEIL = Special(ARB.ceil, np.ceil, 0.0)
ROUND = Special(_nearest, np.round, 0.0)
