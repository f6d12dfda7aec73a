"""Terms of the error p − t."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.reference import primitives
from harness.reference.reading import LINEAR, LINEAR_LOGS
from harness.reference.setting import Family, Setting, error_of

if TYPE_CHECKING:
    from harness.reference.tape import Tensor


def _squared(s: Setting) -> Tensor:
    error = error_of(s)
    return error * error


def _absolute(s: Setting) -> Tensor:
    return error_of(s).abs(s.ties["abs"])


def _huber(s: Setting) -> Tensor:
    error, delta = error_of(s), s.parameter("delta", 1.0)
    size = error.abs(s.ties["abs"])
    loss = (error * error * 0.5).where(size.mid <= delta.mid, delta * (size - delta * 0.5))
    # Libraries write δ|e| − δ²/2, or q²/2 + δ(|e| − q) for q = min(|e|, δ), whose slope is δ − δ + q.
    bend, outside = np.abs(delta.mid), size.mid > delta.mid
    return loss + primitives.slack(
        error, np.where(outside, 2.0 * bend * size.mid, 0.0), 3.0 * bend * np.ones(size.shape)
    )


def _smooth_l1(s: Setting) -> Tensor:
    error, beta = error_of(s), s.parameter("beta", 1.0)
    size = error.abs(s.ties["abs"])
    if float(np.max(beta.mid)) == 0.0:
        return size
    return (error * error * 0.5 / beta).where(size.mid < beta.mid, size - beta * 0.5)


def _log_cosh(s: Setting) -> Tensor:
    error = error_of(s)
    if s.semantics.evaluation.form == "naive":
        # e^x overflows where log cosh x does not. What cosh is made of may be a library's own function.
        cosh = (error.exp() + (-error).exp()) * 0.5
        return cosh.widen(8.0 * np.abs(cosh.mid)).log()
    linear = LINEAR if s.semantics.evaluation.form in LINEAR_LOGS else math.inf
    loss = error + primitives.softplus(error * -2.0, linear) - s.number("log_two", math.log(2.0))
    # As log(e^x + e^−x) its derivative is a difference of e^(±x − loss), whose exponents are as inexact as x.
    size = np.abs(error.mid)
    return loss + primitives.slack(error, size, 2.0 * size + 5.0)


def _quantile(s: Setting) -> Tensor:
    error, q = s.t - s.reading.p(), s.parameter("quantile", 0.5)
    return (error * q).maximum(error * (q - 1.0), s.ties["max"])


def _squared_log(s: Setting) -> Tensor:
    """(log(1 + p) − log(1 + t))², both kept from "floor"; "inside" is what is added instead of 1."""
    floor, inside = s.number("floor", -math.inf), s.number("inside", 1.0)
    p, t = s.reading.p(), s.t
    if floor > -math.inf:
        p, t = p.maximum(floor, 1.0), t.maximum(floor, 1.0)
    # Where 1 + p is formed before its logarithm is taken, its rounding is one unit of the logarithm.
    logs = [x.log1p() if inside == 1.0 else (x + inside if inside else x).log() for x in (p, t)]
    error = (logs[0] - logs[1]).widen(np.full(p.shape, 2.0))
    return error * error


def _absolute_percentage(s: Setting) -> Tensor:
    """|p − t| / |t|; "added" is what is added to t before it is divided by, the others what |t| is kept from 0 by."""
    size = (s.t + s.parameters["added"] if "added" in s.parameters else s.t).abs()
    return _part(s, size)


def _symmetric_percentage(s: Setting) -> Tensor:
    return _part(s, s.reading.p().abs(s.ties["abs"]) + s.t.abs())


def _part(s: Setting, size: Tensor) -> Tensor:
    """|p − t| as a part of a size, which "floor" is the least of, and to which "epsilon" is added."""
    error = (s.reading.p() - s.t).abs(s.ties["abs"])
    size = size + s.parameters["epsilon"] if "epsilon" in s.parameters else size
    return error / (size.maximum(s.parameters["floor"]) if "floor" in s.parameters else size)


DISTANCES: dict[str, Family] = {
    "squared": Family(_squared, r"(p-t)^2"),
    "absolute": Family(_absolute, r"|p-t|"),
    "huber": Family(_huber, r"H_\delta(p-t)"),
    "smooth-l1": Family(_smooth_l1, r"H_\beta(p-t)/\beta"),
    "log-cosh": Family(_log_cosh, r"\log\cosh(p-t)"),
    "quantile": Family(_quantile, r"\max(q(t-p),(q-1)(t-p))"),
    "squared-log": Family(_squared_log, r"(\log(1+p)-\log(1+t))^2"),
    "absolute-percentage": Family(_absolute_percentage, r"|p-t|/|t|"),
    "symmetric-percentage": Family(_symmetric_percentage, r"|p-t|/(|p|+|t|)"),
}
