"""Comparisons held against what their case expects of them."""

from dataclasses import replace

from harness.findings import Comparison, Silence
from harness.records import Case, Expectation, Known, Verdict

AGREE = frozenset({Verdict.IDENTICAL, Verdict.EQUAL})


def held(case: Case, comparison: Comparison) -> Comparison:
    """The comparison with whether it came out as the case says.

    A pair of which the case says nothing fails when it is unexplained or its worker was lost, unless the case speaks of
    other pairs. Whoever was not to be asked fails nothing, and where nobody was there to ask everything fails.
    """
    expectation = next((e for e in case.expect if concerns(e, comparison)), None)
    told = expectation or next((e for e in case.expect if concerns(replace(e, aspect=None), comparison)), None)
    return replace(comparison, expected=_is_expected(case, comparison, expectation), expectation=told)


def _is_expected(case: Case, comparison: Comparison, expectation: Expectation | None) -> bool:
    if comparison.silence in {Silence.UNASKED, Silence.ABSENT}:
        return comparison.silence is Silence.UNASKED
    if expectation is not None:
        return meets(expectation, comparison)
    fine = comparison.verdict != Verdict.UNEXPLAINED and comparison.silence is not Silence.LOST
    return fine or bool(case.expect) or any(known.side in comparison.between for known in case.known)


def concerns(e: Expectation, c: Comparison) -> bool:
    """Whether an expectation speaks of a comparison."""
    return (
        e.between == c.between
        and e.dtype in (None, c.dtype)
        and (e.aspect == c.aspect or (e.aspect is None and _covers(e, c)))
    )


def _covers(e: Expectation, c: Comparison) -> bool:
    # Without an aspect, what is said is said of the value; agreement is said of the gradient as well.
    return c.aspect == "value" or e.verdict in AGREE


def meets(e: Expectation, c: Comparison) -> bool:
    """Whether a comparison came out as an expectation says."""
    if e.verdict in AGREE:
        verdict = c.verdict == e.verdict or (e.verdict == Verdict.EQUAL and c.verdict == Verdict.IDENTICAL)
    else:
        verdict = c.verdict == e.verdict
    return verdict and (e.factors is None or matches(e.factors, [f.factor for f in c.explanation.factors]))


def matches(expected: tuple[str, ...], found: list[str]) -> bool:
    """Whether every expected stage was found and everything found was expected; a stage matches each of its details."""
    hits = [[f for f in found if f == e or f.startswith(f"{e}.")] for e in expected]
    return all(hits) and set(found) == {f for hit in hits for f in hit}


def unmet(case: Case, comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """Expectations that no comparison answered: an aspect or dtype that was asked for and not observed."""
    answered = [c.expectation for c in comparisons if c.expectation and concerns(c.expectation, c)]
    unasked = {c.between for c in comparisons if c.silence is Silence.UNASKED}
    return tuple(
        f"expected {e.verdict} between {e.between[0]} and {e.between[1]}"
        + (f" ({e.aspect})" if e.aspect else "")
        + ", but nothing was compared"
        for e in case.expect
        if e not in answered and e.between not in unasked
    )


def gone(case: Case, comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """Known divergences that are there no more: the case fails, so that somebody takes the entry away."""
    return tuple(message for known in case.known if (message := _gone(known, comparisons)))


def _gone(known: Known, comparisons: tuple[Comparison, ...]) -> str:
    concerned = [c for c in comparisons if known.side in c.between]
    if concerned and all(c.verdict in AGREE for c in concerned):
        return f"the known divergence of {known.side} is gone: {known.reason}; remove the entry from the case"
    return ""
