"""Other smallest sets of factors that also fit: settled where a side can be run, listed where it cannot.

From A's point, every point that is reached by as few changes as the explanation has factors, changes other ones, and
returns B's numbers here without being B's loss in other words, is a rival. B is then run on inputs on which the rival
and B's point part; the numbers it returns there are those of one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.errors import CaseError
from harness.explain.aligned import aligned
from harness.explain.describe import words_of
from harness.explain.differences import differences
from harness.explain.parting import Tries, described, parting_input
from harness.explain.search import factors_between, search
from harness.explain.standing import as_arrays, holds, reference
from harness.findings import Comparison, Finding, Probe, Rival
from harness.records import Case, Computed, Expression, InputArray, Key, Verdict
from harness.semantics import Semantics

# A neighbourhood of three changes is thousands of points; with so many factors a coincidence is rare.
MOST_FACTORS = 2
MOST_RIVALS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """What settling needs: B's expression and point, the case's arrays, and how to run B."""

    side: Expression
    point: Semantics
    inputs: Mapping[str, InputArray]
    dtype: str
    probe: Probe


def with_rivals(findings: Iterable[Finding], probe: Probe) -> tuple[Finding, ...]:
    """The findings with rivals of the explanations that their cases expect, settled by running side B.

    Args:
        findings: As judged.
        probe: Puts an expression to its framework; one call for each rival.
    """
    return tuple(_with_rivals(finding, probe) for finding in findings)


def _with_rivals(finding: Finding, probe: Probe) -> Finding:
    case = finding.case
    if not isinstance(case, Case):
        return finding
    changed = tuple(_contested(finding, case, c, probe) if _concerned(case, c) else c for c in finding.comparisons)
    return replace(finding, comparisons=changed)


def _concerned(case: Case, c: Comparison) -> bool:
    expected = not case.expect or any(e.between == c.between for e in case.expect)
    few = 1 <= len(c.explanation.factors) <= MOST_FACTORS
    return expected and few and c.aspect == "value" and c.verdict == Verdict.EXPLAINED


def _contested(finding: Finding, case: Case, c: Comparison, probe: Probe) -> Comparison:
    a, b = (finding.semantics.get(name) for name in c.between)
    side, seen = case.sides[c.between[1]], finding.observations.get(Key(case.id, c.between[1], c.dtype))
    if a is None or b is None or not isinstance(side, Expression) or not isinstance(seen, Computed):
        return c
    if c.divergence is None or c.divergence.bounds.size != seen.value.size:
        return c
    room = np.where(np.isfinite(c.divergence.bounds), c.divergence.bounds, 0.0)
    arrays = as_arrays(case.inputs, c.dtype)
    found = search(a, np.reshape(seen.value, room.shape), room, arrays, c.dtype, most=len(c.explanation.factors))
    pair = _Pair(side, b, case.inputs, c.dtype, probe)
    own = {f.factor for f in c.explanation.factors}
    others = {factors_between(a, other): other for other in found.fitting if {*factors_between(a, other)} != own}
    rivals = (_rival(a, other, pair, arrays) for other in others.values())
    return replace(
        c, explanation=replace(c.explanation, rivals=tuple(r for r in rivals if r is not None)[:MOST_RIVALS])
    )


def _rival(a: Semantics, other: Semantics, pair: _Pair, arrays: Mapping[str, np.ndarray]) -> Rival | None:
    """The rival with how it was settled; None if it is B's loss in other words."""
    told = aligned(other, pair.point)
    parting = parting_input(*told, Tries(arrays, None))
    if parting is None:
        return None
    changes = "; ".join(f"{d.factor}: {' → '.join(words_of(d, None))}" for d in differences(*aligned(a, other)))
    return Rival(factors_between(a, other), f"also fits these numbers: {changes}", _settled(pair, parting, arrays))


def _settled(pair: _Pair, parting: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]) -> str:
    inputs = {name: replace(given, values=parting[name]) for name, given in pair.inputs.items()}
    seen = pair.probe(pair.side, inputs, pair.dtype, None)
    try:
        own = reference(pair.point, as_arrays(inputs, pair.dtype), pair.dtype, None)
    except (CaseError, ValueError, IndexError):
        return ""
    if not isinstance(seen, Computed) or not holds(seen.value, own.value, pair.dtype):
        return ""
    return f"ruled out by running the side at {described(parting, arrays)}, where it returns what its own point gives"
