"""Which side contradicts its own point, where, and what it is instead."""

from __future__ import annotations

import numpy as np

from harness.compare import difference, excess
from harness.explain.account import is_naive
from harness.explain.aligned import aligned
from harness.explain.describe import words_of
from harness.explain.differences import differences
from harness.explain.question import Question, Standing
from harness.explain.search import search

# Why an expression may have another derivative than its formula.
HELD = "something in it is held constant, or has a slope of its own at a kink"


def blame(a: Standing, b: Standing, aspect: str, question: Question) -> str:
    """Which side its own point does not reproduce, and where."""
    words = []
    for side in (a, b):
        if side.reference is None:
            words.append(f"{side.name} computes no loss that is known here" + _next(side))
        elif side.stands(aspect, question.dtype) or is_naive(side, aspect, question.dtype):
            continue
        elif side.stands_as_written(aspect, question.dtype):
            words.append(f"{side.name} has the value of its point and another derivative: {HELD}")
        else:
            words.append(
                _contradiction(side, aspect)
                + (_resembles(side, question) if question.searching and aspect == "value" else "")
            )
    return "; ".join(words)


def _next(side: Standing) -> str:
    """Where to ask on: what an expression or a function computes can be asked of itself, a printed number cannot."""
    return "" if side.claimed else " (`harness identify` says how near it comes to one)"


def _resembles(side: Standing, question: Question) -> str:
    """The nearest point to a declared one that does return what was observed, or the closest one there is."""
    enclosed = side.enclosed("value")
    if side.semantics is None or enclosed is None or enclosed.bound.size != side.value.size:
        return ""
    room = np.reshape(enclosed.bound + enclosed.radius, side.value.shape)
    found = search(side.semantics, side.value, room, question.inputs, question.dtype, most=2)
    changes = "; ".join(
        f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(*aligned(side.semantics, found.closest))
    )
    if not changes:
        return "; no neighbouring point is closer"
    return f"; it is what the point with {changes} gives" if found.fitting else f"; the closest point has {changes}"


def _contradiction(side: Standing, aspect: str) -> str:
    enclosed, observed = side.enclosed(aspect), side.observed(aspect)
    if enclosed is None or enclosed.exact.size != observed.size:
        shape = None if enclosed is None else enclosed.exact.shape
        return f"{side.name} returned shape {observed.shape} where its point gives {shape}"
    exact = np.reshape(enclosed.exact, observed.shape)
    key = excess(difference(exact, observed), np.reshape(enclosed.bound, observed.shape))
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(key)), observed.shape)) if observed.size else ()
    bad = int(np.sum(key > 1))
    place = f" at {list(at)} ({bad} of {observed.size} elements)" if at else ""
    room = float(np.reshape(enclosed.bound, observed.shape)[at])
    return f"{side.name} returned {observed[at]:.9g}{place} where its point gives {exact[at]:.9g} ± {room:.2g}"
