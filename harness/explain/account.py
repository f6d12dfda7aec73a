"""The account of a gap: factors with their shares and steps, what rounding adds, and what is left."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.compare import difference
from harness.explain.describe import said_of, summary, words_of
from harness.explain.differences import Difference
from harness.explain.meeting import Met, seen_differences
from harness.explain.question import Question, Standing
from harness.explain.shares import Worth, worths
from harness.explain.written import agree
from harness.findings import Divergence, Factor
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import Semantics


def worths_of(met: Met, aspect: str, question: Question, room: Array) -> tuple[Worth, ...]:
    """What each difference that the aspect can show is worth, and whether it moves more than `room`."""
    evaluate = question.evaluator(aspect)

    def corner(s: Semantics) -> Array:
        out = evaluate(s)
        return np.asarray(out.value if out.gradient is None else out.gradient)

    return worths(met.points[0], seen_differences(met, aspect), corner, room)


def rounding_of(
    a: Standing, b: Standing, aspect: str, question: Question, met: Met
) -> tuple[tuple[str, Array, str, str], ...]:
    """What a side's own rounding adds beyond the case's dtype: a narrower dtype's, or a naive form's."""
    if met.form:
        return ()
    rows = []
    for side, sign, at in ((a, -1.0, 0), (b, 1.0, 1)):
        enclosed = side.enclosed(aspect)
        if enclosed is None or enclosed.exact.size != side.observed(aspect).size or side.semantics is None:
            continue
        observed = side.observed(aspect)
        extra = sign * difference(np.reshape(enclosed.exact, observed.shape), observed)
        narrow = side.semantics.precision.input
        words = [("the case's own dtype", narrow or ""), ("stable", "naive")]
        pair = ["", ""]
        if (
            narrow is not None
            and met.points[0].precision != met.points[1].precision
            and FORMATS[narrow].u > FORMATS[question.dtype].u
            and side.stands(aspect, question.dtype)
        ):
            pair[at], pair[1 - at] = words[0][1], words[0][0]
            rows.append(("precision.input", extra, pair[0], pair[1]))
        elif is_naive(side, aspect, question.dtype):
            pair[at], pair[1 - at] = words[1][1], words[1][0]
            rows.append(("evaluation", extra, pair[0], pair[1]))
    return tuple(rows)


def is_naive(side: Standing, aspect: str, dtype: str) -> bool:
    """Whether a side returned what its form rounds to, which is its point's number in exact arithmetic."""
    point, written = side.enclosed(aspect), side.enclosed(aspect, as_written=True)
    if point is None or written is None or side.stands(aspect, dtype):
        return False
    return side.stands_as_written(aspect, dtype) and agree(point, written)


def factors_of(
    found: tuple[Worth, ...],
    rounding: tuple[tuple[str, Array, str, str], ...],
    met: Met,
    divergence: Divergence,
    question: Question,
    names: tuple[str, str],
) -> tuple[tuple[Factor, ...], float]:
    """The factors at the element where the sides differ most, and what they leave of the gap."""
    at = divergence.at
    told = replace(question, prediction_is=said_of(question.prediction_is, *met.points))
    factors = [_factor(d, 0.0, 0.0, names, told) for d in met.form]
    for worth in found:
        if worth.active:
            share, step = (float(np.reshape(x, divergence.detail.shape)[at]) for x in (worth.share, worth.step))
            factors.append(_factor(worth.difference, share, step, names, told, gap=divergence.gap))
    for name, extra, before, after in rounding:
        amount = float(np.reshape(extra, divergence.detail.shape)[at])
        known = next((i for i, f in enumerate(factors) if f.factor == name), None)
        if known is None:
            factors.append(Factor(name, before, after, amount, amount, summary(name, before, after, names)))
        else:
            f = factors[known]
            factors[known] = replace(f, share=f.share + amount, step=f.step + amount)
    total = math.fsum(f.share for f in factors) if all(math.isfinite(f.share) for f in factors) else divergence.gap
    residual = divergence.gap - total if math.isfinite(divergence.gap) else 0.0
    return _settled(factors, residual, divergence), residual


def _settled(factors: list[Factor], residual: float, divergence: Divergence) -> tuple[Factor, ...]:
    """Steps are made to leave the same residual as the shares; a gap that is no number is borne by one factor."""
    if not factors:
        return ()
    if not math.isfinite(divergence.gap):
        bearer = next((i for i, f in enumerate(factors) if not math.isfinite(f.share)), 0)
        return tuple(_bearing(f, divergence.gap if i == bearer else None) for i, f in enumerate(factors))
    if not all(math.isfinite(x) for x in (residual, *(f.step for f in factors))):
        return tuple(factors)
    off = divergence.gap - residual - math.fsum(f.step for f in factors)
    largest = max(range(len(factors)), key=lambda i: abs(factors[i].step))
    if off != 0.0:
        factors[largest] = replace(factors[largest], step=factors[largest].step + off)
    return tuple(factors)


def _bearing(f: Factor, gap: float | None) -> Factor:
    """A factor that bears the gap, or of which only what is finite counts."""
    if gap is not None:
        return replace(f, share=gap, step=gap)
    share, step = (x if math.isfinite(x) else 0.0 for x in (f.share, f.step))
    return replace(f, share=share, step=step)


def _factor(
    d: Difference, share: float, step: float, names: tuple[str, str], question: Question, gap: float = 0.0
) -> Factor:
    before, after = words_of(d, question.prediction_is)
    widens = share != 0.0 and math.isfinite(gap) and share * gap < 0
    return Factor(d.factor, before, after, share, step, summary(d.factor, before, after, names), widens)
