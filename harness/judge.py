"""A case to its Finding: every pair of sides compared, and held against what is expected. Needs no framework."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.expected import concerns, gone, held, meets, unmet
from harness.explain.claims_search import readings_of
from harness.explain.footing import Footing
from harness.explain.formula import formula_text
from harness.explain.kill import Kills, kill_test
from harness.explain.pair import Question, Standing, explain_pair
from harness.explain.standing import PLAIN, Enclosed, Reference
from harness.explain.written import as_written
from harness.findings import Comparison, Explanation, Finding, Silence
from harness.records import Case, Claim, Computed, Expression, Key, Observation, Verdict
from harness.semantics import Semantics
from harness.silence import ORDER, reason, silence_of


@contextmanager
def bounded(case: Case) -> Iterator[None]:
    """What is too large to be computed with here is said of the case."""
    try:
        yield
    except (MemoryError, OverflowError) as error:
        message = f"cannot be judged here ({type(error).__name__}: {error}); give it smaller arrays or numbers"
        raise CaseError("not-judged", message, case.path, case.line) from error


def judge_case(
    case: Case, observations: Mapping[Key, Observation], known: Mapping[str, Semantics] | None = None
) -> Finding:
    """All comparisons of one case, with its status; `known` are points of functions, by name, that somebody asked.

    Raises:
        CaseError: `not-judged`, if it takes more memory than there is.
    """
    with bounded(case):
        return _finding(case, observations, known or {})


def _finding(case: Case, observations: Mapping[Key, Observation], known: Mapping[str, Semantics]) -> Finding:
    own = {key: seen for key, seen in observations.items() if key.case == case.id}
    found: list[Comparison] = []
    semantics: dict[str, Semantics] = {}
    kills = []
    for dtype in case.dtypes:
        footing = Footing(case, dtype)
        question, standings = footing.question(), _standings(footing, own, known)
        semantics |= {s.name: s.semantics for s in standings.values() if s.semantics is not None}
        unread = _unread(case, standings, question)
        compared = [held(case, _reasoned(each, unread)) for each in _compared(case, question, standings, own)]
        kills += [_killed(comparison, question, standings) for comparison in compared]
        found += compared
    comparisons, survivors = tuple(found), tuple(survivor for k in kills for survivor in k.survivors)
    messages = (*unmet(case, comparisons), *gone(case, comparisons), *(f"cannot fail: {s}" for s in survivors))
    failed = any(not c.expected for c in comparisons) or bool(messages)
    return Finding(
        case,
        "fail" if failed else "pass",
        comparisons,
        own,
        semantics,
        messages,
        sum(k.tried for k in kills),
        survivors,
    )


def _unread(case: Case, standings: Mapping[str, Standing], question: Question) -> dict[str, str]:
    """Why the text of a side was not read, where that is for its size; by side."""
    found: dict[str, str] = {}
    for name, known in standings.items():
        side = case.sides[name]
        if isinstance(side, Expression) and known.semantics is None and known.written is None:
            try:
                as_written(side.tree, question.inputs, PLAIN, question.dtype, None)
            except CaseError as error:
                found |= {name: f"{name}: {error.message}"} if error.slug == "too-many-elements" else {}
            except (ValueError, IndexError, TypeError, KeyError):
                continue
    return found


def _reasoned(comparison: Comparison, unread: Mapping[str, str]) -> Comparison:
    words = [unread[name] for name in comparison.between if name in unread]
    unexplained = words and comparison.verdict == Verdict.UNEXPLAINED
    return replace(comparison, message="; ".join(words)) if unexplained else comparison


def _killed(comparison: Comparison, question: Question, standings: Mapping[str, Standing]) -> Kills:
    """The kill test of one expectation that is met by numbers."""
    e = comparison.expectation
    if e is None or not concerns(e, comparison) or not comparison.expected or comparison.divergence is None:
        return Kills(0, ())
    a, b = (standings[name] for name in comparison.between)
    return kill_test(a, b, comparison, replace(question, searching=False), lambda mutant: meets(e, mutant))


def _standings(footing: Footing, own: Mapping[Key, Observation], known: Mapping[str, Semantics]) -> dict[str, Standing]:
    case, found = footing.case, {}
    for name, side in case.sides.items():
        seen = own.get(Key(case.id, name, footing.dtype))
        if isinstance(side, Claim) and silence_of(case, name, None) is Silence.NONE:
            found[name] = _claimed(name, side)
        elif isinstance(seen, Computed):
            found[name] = footing.standing(name, seen, known.get(name))
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


def _compared(
    case: Case, question: Question, standings: Mapping[str, Standing], own: Mapping[Key, Observation]
) -> Iterator[Comparison]:
    expected, dtype = {e.between for e in case.expect}, question.dtype
    for a, b in _pairs(case):
        question = replace(question, searching=not expected or (a, b) in expected)
        mode = _mode(case, a, b)
        if a not in standings or b not in standings:
            silent = _silent((a, b), case, dtype, standings, own)
            yield replace(silent, mode=mode)
            continue
        first, second = standings[a], standings[b]
        yield replace(explain_pair(first, second, "value", question), mode=mode)
        if first.gradient is not None and second.gradient is not None:
            yield replace(explain_pair(first, second, "gradient", question), mode=mode)


def _silent(
    pair: tuple[str, str], case: Case, dtype: str, standings: Mapping[str, Standing], own: Mapping[Key, Observation]
) -> Comparison:
    """What there is to say of a pair of which a side has no numbers."""
    seen = {name: own.get(Key(case.id, name, dtype)) for name in pair if name not in standings}
    words = [reason(case, name, dtype, observation) for name, observation in seen.items()]
    words += [_given_by(standings[name], case, dtype) for name in pair if name in standings]
    silence = max((silence_of(case, name, observation) for name, observation in seen.items()), key=ORDER.index)
    message = "; ".join(filter(None, words))
    return Comparison(
        pair, dtype, "eager", "value", Verdict.INCOMPARABLE, None, Explanation(), message=message, silence=silence
    )


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


__all__ = ["bounded", "judge_case"]
