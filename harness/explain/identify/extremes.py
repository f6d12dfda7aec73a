"""Rows at the edges: probabilities of 0 and 1 and what is next to them, saturated logits, ties between prediction and target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.explain.identify.frame import CONSTANT, Rows
from harness.records import Array
from harness.reference.arithmetic import FORMATS, quantise

TINY = (0.0, 1e-40, 1e-25, 1e-17, 1e-14, 1e-11, 1e-9, 3e-8, 3e-7, 3e-6, 3e-5, 3e-4, 3e-3, 0.03, 0.2)
BEYOND = (-0.25, 1.25)
SATURATED = (4.0, 8.0, 12.0, 16.0, 18.0, 22.0, 26.0, 30.0, 34.0, 38.0, 45.0, 60.0, 90.0, 120.0, 300.0, 700.0)
SHORT = (0.0, 1e-13, 3e-9, 3e-8, 3e-7, 1e-4)
REST = (0.31, 0.47, 0.22, 0.38, 0.55)


def edges(chain: tuple[str, ...], domain: str) -> Array:
    """Values of one element of the prediction that lead p to its edges."""
    tiny = np.array(TINY)
    if chain[-1:] in (("sigmoid",), ("softmax",)):
        return np.concatenate([-np.array(SATURATED), np.array(SATURATED), [0.0]])
    if chain == ("exp",):
        with np.errstate(divide="ignore"):
            return np.concatenate([np.log(np.maximum(tiny, 1e-300)), -np.array([1e3, 1e-3, 1e-8]), [0.0, 2.0]])
    if domain in ("unit", "simplex"):
        return np.concatenate([tiny, 1.0 - tiny, BEYOND])
    return np.array([0.0, 1e-12, 1e-7, 1e-3, 1.0, -1.0, 10.0, -10.0, 1e3, -1e3, 1e6, -1e6, 1e12])


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Rows at the edges; `beyond` marks those outside of what the user's predictions can be."""

    rows: Rows
    beyond: NDArray[np.bool_]


def extreme_rows(chain: tuple[str, ...], domain: str, kind: str, classes: int, dtype: str) -> Extremes:
    """Each edge once as the target's element and once as another's, the rest of the row in the middle."""
    values = edges(chain, domain)
    # Numbers below the smallest normal one may be flushed to 0 or not, on the way in and out.
    values = values[(values == 0.0) | (np.abs(values) >= FORMATS[dtype].eta)]
    rows = [_row(v, i % classes, hit, chain, kind, classes) for i, v in enumerate(values) for hit in (True, False)]
    beyond = np.isin(values, BEYOND).repeat(2)
    if domain in ("real", "positive") and not chain:
        # Whole rows near zero, whose norm is what is divided by.
        rows += [(np.full(classes, v), _target(0, True, kind, classes)) for v in SHORT]  # noqa: FBT003
        beyond = np.append(beyond, np.zeros(len(SHORT), bool))
    found = Rows(quantise(np.array([x for x, _ in rows]), dtype), quantise(np.array([t for _, t in rows]), dtype))
    return Extremes(found, beyond)


def _row(value: float, at: int, hit: bool, chain: tuple[str, ...], kind: str, classes: int) -> tuple[Array, Array]:  # noqa: FBT001
    middle = np.array([REST[i % len(REST)] for i in range(classes)])
    if chain[-1:] in (("sigmoid",), ("softmax",)):
        middle = middle - 0.4
    if chain == ("exp",):
        middle = np.log(middle)
    x = middle.copy()
    x[at] = value
    return x, _target(at, hit, kind, classes)


def _target(at: int, hit: bool, kind: str, classes: int) -> Array:  # noqa: FBT001
    if kind in CONSTANT:
        return np.full(classes, CONSTANT[kind])
    t = np.zeros(classes)
    if kind in ("index", "one-hot", "simplex", "log-simplex") and classes > 1:
        t[at if hit else (at + 1) % classes] = 1.0
        return np.log(np.maximum(t, 1e-6)) if kind == "log-simplex" else t
    t[at] = 1.0
    t = t if hit else 1.0 - t
    return 2.0 * t - 1.0 if kind == "signed" else t


def ties(domain: str, kind: str, classes: int) -> Iterator[tuple[Array, Array]]:
    """Predictions on the kinks of a difference or a margin."""
    t = np.linspace(-1.0, 1.0, classes) if kind == "real" else _target(0, True, kind, classes)  # noqa: FBT003
    yield t.copy(), t
    yield np.ones(classes), t
    yield np.zeros(classes), t
    if domain == "real":
        yield -np.ones(classes), t
