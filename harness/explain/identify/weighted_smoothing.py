"""Class weights beside label smoothing in a mean that counts the weights: what no sum over the classes shows.

With l = −log p, a row of target y is worth (1 − e) l_y + Σ_c (e/K)(w_c/w_y) l_c: of one class y, linear in the l_c, with
coefficients M_yc off the diagonal of which M_yc M_cy = (e/K)².
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.amounts import literal
from harness.explain.identify.asking import Asker
from harness.explain.identify.assemble import Candidate
from harness.explain.identify.fit import Data, Model, view_of
from harness.explain.identify.numbers import digits, short
from harness.explain.identify.view import Trial
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import (
    Activation,
    Layout,
    Reduction,
    Scale,
    Semantics,
    Smoothing,
    Target,
    Term,
    Weight,
)
from harness.syntax import Node

CHAINS: tuple[tuple[str, ...], ...] = (("softmax",), ())
ROUGH = 1e5  # Roundings by which a coefficient may be off.
UNITS = tuple(n / d for d in (1, 2, 5, 10, 20) for n in range(1, 100))
COST = 4.0


def weighted_and_smoothed(asker: Asker, data: Data) -> Iterator[tuple[Candidate, ...]]:
    """Points with class weights and smoothing that a mean over the weights may have."""
    if asker.form.output != "scalar" or data.y.ndim > 1:
        return
    labels, k = np.argmax(data.rows.t, -1), asker.frame.classes
    error = ROUGH * FORMATS[data.dtype].u
    for chain in CHAINS:
        with np.errstate(all="ignore"):
            logs = -view_of(Model(chain, ()), data.rows, Trial()).lp
        if not np.isfinite(logs).all():
            continue
        rows = [_coefficients(logs[labels == c], data.y[labels == c], error) for c in range(k)]
        known = [row for row in rows if row is not None]
        if len(known) == k:
            yield from _points(asker, np.array(known), chain, error)


def _coefficients(logs: Array, y: Array, error: float) -> Array | None:
    """M_y: how much each class's logarithm counts for rows of one class; None where they do not say."""
    if len(y) < logs.shape[1] + 1:
        return None
    found = np.asarray(np.linalg.lstsq(logs, y)[0], np.float64)
    gap = np.abs(logs @ found - y)
    return found if np.all(gap <= error * (np.abs(logs) @ np.abs(found) + np.abs(y))) else None


def _points(asker: Asker, m: Array, chain: tuple[str, ...], error: float) -> Iterator[tuple[Candidate, ...]]:
    k = len(m)
    away = ~np.eye(k, dtype=bool)
    squares = (m * m.T)[away]
    if np.any(squares <= 0.0) or np.any(np.abs(squares / squares[0] - 1.0) > 1e3 * error):
        return
    each = float(np.sqrt(np.median(squares)))
    total = float(np.mean(np.diag(m))) + (k - 1) * each
    amount = short(k * each / total, error)
    weights = np.where(np.arange(k) == 0, 1.0, m[0] / each)
    axis = asker.frame.axis
    encoding = "index" if asker.frame.kind == "index" else "dense"
    point = Semantics(
        layout=Layout(class_axis=axis),
        target=Target(encoding=encoding, smoothing=Smoothing("uniform", amount)),
        activation=Activation(chain),
        term=Term(),
        weight=Weight(klass_in="terms"),
        reduction=Reduction("sum", "mean", "weights"),
        scale=Scale(constant=short(total, error * 10.0)),
    )
    options = sorted(UNITS, key=lambda u: sum(digits(short(float(w) * u, 1e2 * error * u)) for w in weights))[:2]
    yield tuple(
        Candidate(replace(point, weight=replace(point.weight, klass=_literal(weights * unit, 1e2 * error))), COST)
        for unit in dict.fromkeys((*options, 1.0))
    )


def _literal(weights: Array, error: float) -> Node:
    return literal([short(float(w), error * abs(float(w))) for w in weights])
