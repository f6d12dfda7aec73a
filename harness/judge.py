"""A Run to Findings: every pair of sides compared, and held against what the case expects. Needs no framework."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.claims_search import readings_of
from harness.explain.formula import formula_text
from harness.explain.kill import Kills, kill_test
from harness.explain.pair import Question, Standing, explain_pair
from harness.explain.points import facts_for, point_of
from harness.explain.rivals import with_rivals
from harness.explain.standing import Enclosed, Reference, as_arrays, reference
from harness.explain.translate.findings import with_remedies
from harness.explain.written import same_formula, written_reference
from harness.findings import Comparison, Explanation, Finding, Probe
from harness.records import (
    BrokenCase,
    Case,
    Claim,
    Computed,
    Crashed,
    Expectation,
    Expression,
    Key,
    Known,
    Observation,
    Raised,
    Run,
    TimedOut,
    Unsupported,
    Verdict,
)
from harness.semantics import Semantics

AGREE = frozenset({Verdict.IDENTICAL, Verdict.EQUAL})


def judge(run: Run, probe: Probe | None = None) -> tuple[Finding, ...]:
    """One Finding per case, broken ones included; `judge` of an empty run is empty.

    Args:
        run: What was collected.
        probe: Puts an expression to its framework, so that what is explained comes with the call that mends it; None
            where no framework can be asked.
    """
    broken = tuple(Finding(case, "error", (), {}, messages=(case.message,)) for case in run.broken)
    findings = tuple(judge_case(case, run.observations) for case in run.cases)
    return (*(findings if probe is None else with_rivals(with_remedies(findings, probe), probe)), *broken)


def judge_case(
    case: Case, observations: Mapping[Key, Observation], known: Mapping[str, Semantics] | None = None
) -> Finding:
    """All comparisons of one case, with its status; `known` are points of functions, by name, that somebody asked."""
    own = {key: seen for key, seen in observations.items() if key.case == case.id}
    held: list[Comparison] = []
    semantics: dict[str, Semantics] = {}
    kills = []
    for dtype in case.dtypes:
        question = Question(as_arrays(case.inputs, dtype), dtype, case.gradient, case.prediction_is)
        standings = _standings(case, dtype, own, known or {})
        semantics |= {s.name: s.semantics for s in standings.values() if s.semantics is not None}
        compared = [_held(case, comparison) for comparison in _compared(case, question, standings, own)]
        kills += [_killed(comparison, question, standings) for comparison in compared]
        held += compared
    survivors = tuple(survivor for k in kills for survivor in k.survivors)
    messages = (*_unmet(case, tuple(held)), *_known(case, tuple(held)), *(f"cannot fail: {s}" for s in survivors))
    failed = any(not c.expected for c in held) or bool(messages)
    return Finding(
        case,
        "fail" if failed else "pass",
        tuple(held),
        own,
        semantics,
        messages,
        sum(k.tried for k in kills),
        survivors,
    )


def _killed(comparison: Comparison, question: Question, standings: Mapping[str, Standing]) -> Kills:
    """The kill test of one expectation that is met by numbers."""
    e = comparison.expectation
    if e is None or not _concerns(e, comparison) or not comparison.expected or comparison.divergence is None:
        return Kills(0, ())
    a, b = (standings[name] for name in comparison.between)
    return kill_test(a, b, comparison, replace(question, searching=False), lambda mutant: _meets(e, mutant))


def _standings(
    case: Case, dtype: str, own: Mapping[Key, Observation], known: Mapping[str, Semantics]
) -> dict[str, Standing]:
    found = {}
    for name, side in case.sides.items():
        seen = own.get(Key(case.id, name, dtype))
        if isinstance(side, Claim):
            found[name] = _claimed(name, side)
        elif isinstance(seen, Computed):
            found[name] = standing(case, name, dtype, seen, known.get(name))
    return {name: _recognised(s, found.values()) if s.claimed else s for name, s in found.items()}


def _claimed(name: str, claim: Claim) -> Standing:
    reached = Reference(Enclosed(claim.value, np.zeros_like(claim.value), claim.half_width), None)
    return Standing(name, claim.value, None, None, reached, claimed=True)


def _recognised(claim: Standing, others: Iterable[Standing]) -> Standing:
    """A claim stands for the point of the first side of its case that returns its digits."""
    assert claim.reference is not None
    for other in others:
        if (
            other.claimed
            or other.semantics is None
            or other.reference is None
            or other.value.shape != claim.value.shape
        ):
            continue
        room = claim.reference.value.bound + np.reshape(other.reference.value.bound, claim.value.shape)
        if within(difference(claim.value, other.value), room):
            return replace(claim, semantics=other.semantics)
    return claim


def standing(case: Case, name: str, dtype: str, seen: Computed, known: Semantics | None = None) -> Standing:
    """The point of one side, and what the reference says of it on the case's inputs; `known` is that of a function."""
    side = case.sides[name]
    arrays = as_arrays(case.inputs, dtype)
    wrt = case.gradient if seen.gradient is not None else None
    semantics = reached = written = None
    if known is not None:
        semantics, reached = known, reference(known, arrays, dtype, wrt)
    if isinstance(side, Expression):
        facts = facts_for(case.inputs, dtype, case.gradient or "prediction")
        try:
            semantics = point_of(side.tree, facts)
            reached = None if semantics is None else reference(semantics, arrays, dtype, wrt)
        except (CaseError, ValueError, IndexError):
            # A catalog point that these inputs do not fit: the framework took them, so the side has no known point.
            semantics = reached = None
        resolved = None if semantics is None or reached is None else (semantics, reached)
        written = written_reference(side.tree, arrays, dtype, wrt, resolved)
        if reached is not None and written is not None and not same_formula(reached, written):
            # Read as a point, the expression is worth something else than it is worth as it stands: it was misread.
            semantics = reached = None
        if side.mode != "eager" and semantics is not None:
            semantics = replace(semantics, mode=replace(semantics.mode, execution=side.mode))
    return Standing(name, seen.value, seen.gradient, semantics, reached, written)


def _compared(
    case: Case, question: Question, standings: Mapping[str, Standing], own: Mapping[Key, Observation]
) -> Iterator[Comparison]:
    expected, dtype = {e.between for e in case.expect}, question.dtype
    for a, b in _pairs(case):
        question = replace(question, searching=not expected or (a, b) in expected)
        mode = _mode(case, a, b)
        if a not in standings or b not in standings:
            words = [_why(name, own.get(Key(case.id, name, dtype))) for name in (a, b) if name not in standings]
            words += [_given_by(standings[name], case, dtype) for name in (a, b) if name in standings]
            yield Comparison(
                (a, b),
                dtype,
                mode,
                "value",
                Verdict.INCOMPARABLE,
                None,
                Explanation(),
                message="; ".join(filter(None, words)),
            )
            continue
        first, second = standings[a], standings[b]
        yield replace(explain_pair(first, second, "value", question), mode=mode)
        if first.gradient is not None and second.gradient is not None:
            yield replace(explain_pair(first, second, "gradient", question), mode=mode)


def _given_by(claim: Standing, case: Case, dtype: str) -> str:
    """What gives printed numbers, where there is nothing to hold them against; empty for other sides."""
    side, semantics = case.sides[claim.name], claim.semantics
    if not isinstance(side, Claim):
        return ""
    if semantics is None and {"prediction", "target"} <= {*case.inputs}:
        semantics = next((reading.semantics for reading in readings_of(side, case.inputs, dtype)), None)
    return "" if semantics is None else f"{claim.name} is what this gives: {formula_text(semantics)}"


def _pairs(case: Case) -> Iterator[tuple[str, str]]:
    """Expected pairs as the case writes them, then every other pair in the order of the sides."""
    expected = list(dict.fromkeys(e.between for e in case.expect))
    yield from expected
    yield from (pair for pair in combinations(case.sides, 2) if pair not in expected and pair[::-1] not in expected)


def _mode(case: Case, a: str, b: str) -> str:
    modes = {side.mode for side in (case.sides[a], case.sides[b]) if isinstance(side, Expression)}
    return "/".join(sorted(modes)) or "eager"


def _why(name: str, seen: Observation | None) -> str:
    match seen:
        case Raised(kind, message):
            return f"{name} raised {kind}: {message}"
        case Unsupported(reason):
            return f"{name} cannot be asked: {reason}"
        case Crashed(reason, _):
            return f"{name} crashed: {reason}"
        case TimedOut(seconds):
            return f"{name} gave no answer within {seconds:g} s"
        case _:
            return f"{name} was not run"


def _held(case: Case, comparison: Comparison) -> Comparison:
    """The comparison with whether it came out as the case says; unexpected pairs only fail when unexplained."""
    expectation = next((e for e in case.expect if _concerns(e, comparison)), None)
    if expectation is None:
        loose = next(
            (
                e
                for e in case.expect
                if e.between == comparison.between and _concerns(replace(e, aspect=None), comparison)
            ),
            None,
        )
        fine = comparison.verdict != Verdict.UNEXPLAINED or bool(case.expect) or _is_known(case, comparison)
        return replace(comparison, expected=fine, expectation=loose)
    return replace(comparison, expected=_meets(expectation, comparison), expectation=expectation)


def _is_known(case: Case, comparison: Comparison) -> bool:
    return any(known.side in comparison.between for known in case.known)


def _concerns(e: Expectation, c: Comparison) -> bool:
    return (
        e.between == c.between
        and e.dtype in (None, c.dtype)
        and (e.aspect == c.aspect or (e.aspect is None and _covers(e, c)))
    )


def _covers(e: Expectation, c: Comparison) -> bool:
    # Without an aspect, what is said is said of the value; agreement is said of the gradient as well.
    return c.aspect == "value" or e.verdict in AGREE


def _meets(e: Expectation, c: Comparison) -> bool:
    if e.verdict in AGREE:
        verdict = c.verdict == e.verdict or (e.verdict == Verdict.EQUAL and c.verdict == Verdict.IDENTICAL)
    else:
        verdict = c.verdict == e.verdict
    return verdict and (e.factors is None or matches(e.factors, [f.factor for f in c.explanation.factors]))


def matches(expected: tuple[str, ...], found: list[str]) -> bool:
    """Whether every expected stage was found and everything found was expected; a stage matches each of its details."""
    hits = [[f for f in found if f == e or f.startswith(f"{e}.")] for e in expected]
    return all(hits) and set(found) == {f for hit in hits for f in hit}


def _unmet(case: Case, comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """Expectations that no comparison answered: an aspect or dtype that was not observed."""
    seen = [c.expectation for c in comparisons]
    return tuple(
        f"expected {e.verdict} between {e.between[0]} and {e.between[1]}"
        + (f" ({e.aspect})" if e.aspect else "")
        + ", but nothing was compared"
        for e in case.expect
        if e not in seen
    )


def _known(case: Case, comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """A known divergence that has gone: the case fails, so that somebody takes the entry away."""
    return tuple(message for known in case.known if (message := _gone(known, comparisons)))


def _gone(known: Known, comparisons: tuple[Comparison, ...]) -> str:
    concerned = [c for c in comparisons if known.side in c.between]
    if concerned and all(c.verdict in AGREE for c in concerned):
        return f"the known divergence of {known.side} is gone: {known.reason}; remove the entry from the case"
    return ""


__all__ = ["BrokenCase", "judge", "judge_case", "matches", "standing"]
