"""The kill test: a case that cannot fail proves nothing.

Each expectation of a case is judged again with one observed number moved by 32 times its bound, and again with the
numbers that the side would have returned had one of its stages been another. It must then no longer hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.pair import Question, Standing, explain_pair
from harness.explain.search import NEIGHBOURS
from harness.findings import Comparison
from harness.records import Array
from harness.semantics import Semantics

TIMES_THE_BOUND = 32.0


@dataclass(frozen=True, slots=True)
class Kills:
    """How many mutants of one case were tried, and what survived."""

    tried: int
    survivors: tuple[str, ...]


def kill_test(
    a: Standing, b: Standing, comparison: Comparison, question: Question, meets: Callable[[Comparison], bool]
) -> Kills:
    """Try to make one expectation fail.

    Args:
        a: Side A as it stands.
        b: Side B.
        comparison: How the two were judged; it meets the expectation.
        question: Inputs and dtype.
        meets: Whether a comparison meets the expectation.
    """
    tried, survivors = 0, []
    for word, mutant in _mutants(a, b, comparison, question):
        tried += 1
        if meets(explain_pair(mutant, b, comparison.aspect, question)):
            survivors.append(f"{comparison.between[0]} against {comparison.between[1]} ({comparison.aspect}): {word}")
    return Kills(tried, tuple(survivors))


def _mutants(a: Standing, b: Standing, comparison: Comparison, question: Question) -> Iterator[tuple[str, Standing]]:
    del b
    observed = a.observed(comparison.aspect)
    if observed.size == 0 or comparison.divergence is None:
        return
    yield "one number moved by 32 times its bound", _with(a, comparison.aspect, _moved(a, comparison))
    changed = _restaged(a, comparison, question)
    if changed is not None:
        yield changed


def _moved(side: Standing, comparison: Comparison) -> Array:
    """The side's numbers with one off by 32 bounds, the side's own if wider: it may compute in a narrower dtype."""
    observed, own = side.observed(comparison.aspect), side.enclosed(comparison.aspect)
    assert comparison.divergence is not None
    bound = max(_largest(comparison.divergence.bounds), _largest(own.bound) if own is not None else 0.0)
    moved = observed.copy()
    at = np.unravel_index(int(np.argmax(np.isfinite(observed))), observed.shape) if observed.ndim else ()
    was = float(observed[at])
    moved[at] = was + TIMES_THE_BOUND * bound + abs(was) * 2.0**-40 if np.isfinite(was) else 1.0
    return moved


def _largest(bounds: Array) -> float:
    return float(np.max(np.where(np.isfinite(bounds), bounds, 0.0), initial=0.0))


def _with(side: Standing, aspect: str, numbers: Array) -> Standing:
    return replace(side, value=numbers) if aspect == "value" else replace(side, gradient=numbers)


def _restaged(a: Standing, comparison: Comparison, question: Question) -> tuple[str, Standing] | None:
    """The numbers of the first neighbouring point that these inputs tell apart."""
    if a.semantics is None:
        return None
    observed, aspect = a.observed(comparison.aspect), comparison.aspect
    for factor, choices in NEIGHBOURS:
        for point in choices(a.semantics):
            numbers = _numbers(point, aspect, question)
            if numbers is not None and numbers.shape == observed.shape and _apart(observed, numbers, comparison):
                return f"{factor} of {a.name} changed", _with(a, aspect, numbers)
    return None


def _numbers(point: Semantics, aspect: str, question: Question) -> Array | None:
    try:
        out = question.evaluator(aspect)(point)
    except (CaseError, ValueError, IndexError, ZeroDivisionError):
        return None
    return np.asarray(out.value if aspect == "value" else out.gradient)


def _apart(observed: Array, numbers: Array, comparison: Comparison) -> bool:
    assert comparison.divergence is not None
    bound = np.broadcast_to(np.max(comparison.divergence.bounds, initial=0.0), observed.shape)
    return not within(difference(observed, numbers), TIMES_THE_BOUND * bound)
