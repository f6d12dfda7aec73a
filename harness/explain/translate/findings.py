"""Findings with remedies: what a case expects to be explained is shown together with the call that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from harness.explain.differences import Difference
from harness.explain.translate.calls import between, met
from harness.explain.translate.remedy import Setting, Wanted, best_remedy, single_factors
from harness.findings import Comparison, Finding, Probe, Proof, Remedy
from harness.records import Case, Claim, Computed, Expression, Key, Verdict
from harness.semantics import Semantics


def with_remedies(findings: Iterable[Finding], probe: Probe) -> tuple[Finding, ...]:
    """The findings with remedies and proof 3 of the comparisons that are explained.

    Args:
        findings: As judged. Of a case that expects anything, only what it expects is looked at.
        probe: Puts an expression to its framework; a few calls are made for each pair of sides.
    """
    return tuple(_with_remedies(finding, probe) for finding in findings)


def _with_remedies(finding: Finding, probe: Probe) -> Finding:
    case = finding.case
    if not isinstance(case, Case):
        return finding
    found: dict[tuple[tuple[str, str], str], tuple[Remedy | None, Proof]] = {}
    for comparison in finding.comparisons:
        key = comparison.between, comparison.dtype
        if key not in found and _concerned(case, comparison):
            found[key] = _sought(finding, case, comparison, probe)
    changed = tuple(_mended(c, found.get((c.between, c.dtype))) for c in finding.comparisons)
    return replace(finding, comparisons=changed)


def _concerned(case: Case, comparison: Comparison) -> bool:
    expected = not case.expect or any(e.between == comparison.between for e in case.expect)
    return comparison.verdict == Verdict.EXPLAINED and expected


def _mended(comparison: Comparison, found: tuple[Remedy | None, Proof] | None) -> Comparison:
    if found is None or comparison.verdict != Verdict.EXPLAINED:
        return comparison
    why = comparison.explanation
    proofs = replace(why.proofs, framework=found[1])
    return replace(comparison, explanation=replace(why, remedy=found[0], proofs=proofs))


def _sought(finding: Finding, case: Case, comparison: Comparison, probe: Probe) -> tuple[Remedy | None, Proof]:
    a, b = comparison.between
    points = finding.semantics.get(a), finding.semantics.get(b)
    if points[0] is None or points[1] is None:
        return None, Proof.NOT_RUN
    setting = Setting(case.inputs, comparison.dtype, case.gradient, probe)
    wanted = {
        name: _wanted(finding, case, name, comparison.dtype, point) for name, point in zip((a, b), points, strict=True)
    }
    sides = {
        name: (side, wanted[other])
        for name, other in ((a, b), (b, a))
        if isinstance(side := case.sides[name], Expression)
    }
    found = best_remedy(sides, setting)
    return found, _proof(sides, points, comparison, setting, found)


def _proof(
    sides: dict[str, tuple[Expression, Wanted | None]],
    points: tuple[Semantics | None, Semantics | None],
    comparison: Comparison,
    setting: Setting,
    found: Remedy | None,
) -> Proof:
    """Single factors put to whichever side can express them; a remedy that was run is such a proof of all together."""
    for (name, (side, _)), own, other in zip(
        sides.items(), _of(sides, points, comparison), _of(sides, points[::-1], comparison), strict=True
    ):
        del name
        outcome = single_factors(side, met(own, other)[0], _active(own, other, comparison), setting)
        if outcome != Proof.NOT_RUN:
            return outcome
    return Proof.NOT_RUN if found is None else Proof.PASSED


def _of(
    sides: dict[str, tuple[Expression, Wanted | None]], points: tuple[Semantics | None, ...], comparison: Comparison
) -> list[Semantics]:
    by_name = dict(zip(comparison.between, points, strict=True))
    return [point for name in sides if (point := by_name[name]) is not None]


def _active(own: Semantics, other: Semantics, comparison: Comparison) -> tuple[Difference, ...]:
    active = {factor.factor for factor in comparison.explanation.factors}
    return tuple(d for d in between(own, other) if d.factor in active)


def _wanted(finding: Finding, case: Case, name: str, dtype: str, point: Semantics | None) -> Wanted | None:
    side, seen = case.sides[name], finding.observations.get(Key(case.id, name, dtype))
    assert point is not None
    if isinstance(side, Claim):
        return Wanted(point, side.value, None, side.half_width)
    if not isinstance(seen, Computed):
        return None
    tree = side.tree if isinstance(side, Expression) else None
    return Wanted(point, seen.value, seen.gradient, np.zeros(seen.value.shape), tree)
