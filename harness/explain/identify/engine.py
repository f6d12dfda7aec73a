"""`identify`: one question after another, until a point of the space holds or the space is left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np

from harness.explain.identify.answers import Ask, Identification, Oracle, OutOfCalls
from harness.explain.identify.asking import Asker, cases, form_of, neutral
from harness.explain.identify.confirm import confirmed, confirmed_as_given
from harness.explain.identify.frame import Frame, frame_of
from harness.explain.identify.guards import Edges, guarded, same_rows
from harness.explain.identify.labels import labelled
from harness.explain.identify.leftover import undetermined
from harness.explain.identify.rowwise import worth
from harness.explain.identify.search import Found, found
from harness.explain.identify.tuning import long_numbers, tuned
from harness.explain.identify.variables import changes
from harness.explain.identify.weighing import alike, weighed
from harness.records import Array, InputArray, Raised
from harness.semantics import Semantics, Term

ENOUGH = 4  # Fits of which no point holds, before the space is said to be left.
STAGES_PASSED = ("term", "reduction", "guard", "gradient")
TRIED, ALIKE = 8, 2  # Ways to write one function that are held against the answers, and that go on.
GUARDS = 24  # Guards that give the same answers up to some roundings, to be told apart by the bound.
SLOW = 0.05  # Seconds a call, beyond which somebody who waits should know why.


def identify(
    ask: Ask,
    specimen: Mapping[str, InputArray],
    *,
    prediction: str = "prediction",
    target: str = "target",
    dtype: str = "float64",
    slope: Ask | None = None,
    limit: int = 1000,
    seed: int = 0,
) -> Identification:
    """What the black box `ask` computes, as a point of the space that was confirmed on inputs it was not found with.

    Args:
        ask: Called with arrays by name (float64 rounded to `dtype`, or int64); returns a value, and a gradient or None.
        specimen: The user's own inputs: they give names, shapes and what the numbers may be.
        prediction: Which input is the prediction; gradients are with respect to it.
        target: Which input is the target; a black box may have none.
        dtype: The dtype that `ask` computes in, whose rounding it is held to.
        slope: Asked instead of `ask` where a gradient is wanted, if values alone are cheaper.
        limit: The most calls to make.
        seed: Of the random inputs.

    Returns:
        The identification; `semantics` reads the inputs by the names of `specimen`.
    """
    oracle = Oracle(_of(ask, specimen), _of(slope or ask, specimen), dtype, limit)
    try:
        result = _checked(oracle, specimen, prediction, target, seed)
    except OutOfCalls:
        result = Identification(None, word=f"not settled in {limit} calls", left_at="term")
    return replace(result, calls=oracle.calls, probes=tuple(oracle.probes))


def _of(ask: Ask, specimen: Mapping[str, InputArray]) -> Ask:
    """Asked with the inputs that it has: what has no target is read beside a target that it never sees."""
    return lambda inputs: ask({name: inputs[name] for name in specimen})


def _checked(
    oracle: Oracle, specimen: Mapping[str, InputArray], prediction: str, target: str, seed: int
) -> Identification:
    frame = frame_of(specimen, prediction, target, oracle.dtype)
    if frame is None:
        return Identification(None, left_at="layout", word="prediction and target have no common shape")
    start = time.perf_counter()
    first = oracle.afresh(frame.given)
    seconds = time.perf_counter() - start
    if first is None:
        return Identification(None, left_at="layout", word=_raised(oracle.raised))
    if not _same(first, oracle.afresh(frame.given)):
        return Identification(None, left_at="mode", word="not deterministic: two calls with the same inputs differ")
    result = _first_identified(frame, oracle, first, seed)
    if not _same(first, oracle.afresh(frame.given)):
        return Identification(
            None, left_at="mode", word="keeps state: the same inputs give another answer after other calls"
        )
    return replace(result, word=" ".join(_words(oracle, first, seconds, result)))


def _raised(raised: Raised | None) -> str:
    """What was raised, or what is wrong with what was returned."""
    if raised is None or not raised.kind:
        return "raises" if raised is None else raised.message
    return f"raises {raised.kind}: {raised.message}"


def _first_identified(frame: Frame, oracle: Oracle, first: Array, seed: int) -> Identification:
    """Through a quantity that is all the black box reads, or as it is; held on its own inputs either way."""
    for narrow, alone in changes(frame, oracle):
        result = _of_form(narrow, alone, first, seed)
        if result.semantics is not None:
            held = confirmed_as_given(oracle, frame, result.semantics)
            if held is not None:
                # Slopes by the quantity may not be known; those by the prediction were held just now.
                known = ("gradient",) if oracle.slopes else ()
                left = tuple(choice for choice in result.undetermined if choice not in known)
                return replace(result, semantics=held, closest=held, undetermined=left)
    return _of_form(frame, oracle, first, seed)


def _of_form(frame: Frame, oracle: Oracle, first: Array, seed: int) -> Identification:
    form = form_of(frame, first.shape)
    if form is None:
        return Identification(
            None, left_at="reduction", word=f"returns an array of shape {first.shape} for {frame.shape}"
        )
    return _identified(Asker(oracle, frame, form, neutral(frame, oracle)), seed)


def _same(a: np.ndarray, b: np.ndarray | None) -> bool:
    return b is not None and a.shape == b.shape and bool(np.all((a == b) | (np.isnan(a) & np.isnan(b))))


def _words(oracle: Oracle, first: np.ndarray, seconds: float, result: Identification) -> Iterator[str]:
    if result.word:
        yield result.word
    if oracle.mutated:
        yield f"Changes its input {oracle.mutated!r} in place."
    if not np.all(np.isfinite(first)):
        yield "Gives no finite number on the inputs given."
    if seconds > SLOW:
        yield f"Slow: {seconds:.2g} s a call."


def _identified(asker: Asker, seed: int) -> Identification:
    failures: list[Identification] = []
    given_up: set[str] = set()
    for fit in found(asker, seed, given_up):
        result = _settled(asker, fit)
        if result is None:
            continue
        if result.semantics is not None:
            return result
        failures.append(result)
        measured = result.closest is not None and any(long_numbers(result.closest))
        if (result.left_at in ("guard", "gradient") and not measured) or len(failures) % ENOUGH == 0:
            given_up.add(fit.kind)
    if not failures:
        return Identification(None, left_at="term")
    return max(failures, key=lambda f: STAGES_PASSED.index(f.left_at))


def _settled(asker: Asker, fit: Found) -> Identification | None:
    """The points that a fit may mean, through the remaining stages: the first that holds, or the furthest that came.

    None if none even gives the answers that it was fitted to.
    """
    furthest = Identification(None, fit.candidates[0].semantics, left_at="term")
    points = _reproducing(asker, fit)
    if not points:
        return None
    uniform = [s for s in points if alike(asker, s, fit.domain, fit.kind)]
    for semantics in (uniform or points)[:2]:
        result = _through(asker, semantics, fit)
        if result.semantics is not None:
            return result
        furthest = max((furthest, result), key=lambda f: STAGES_PASSED.index(f.left_at))
    return furthest


def _reproducing(asker: Asker, fit: Found) -> list[Semantics]:
    """The simplest candidates that give the answers, of each kind that is another function once rows differ."""
    groups: dict[tuple[Term, ...], dict[Semantics, None]] = {}
    for candidate in fit.candidates:
        s = candidate.semantics
        groups.setdefault(tuple(part.term for part in (s, *s.plus)), {})[s] = None
    found: list[Semantics] = []
    for group in groups.values():
        sharpened = (_sharpened(asker, s, fit) for s in islice(group, TRIED))
        found += islice((s for s in sharpened if _reproduces(asker, s, fit)), ALIKE)
    return found


def _reproduces(asker: Asker, semantics: Semantics, fit: Found) -> bool:
    if semantics.weight.mask is not None:
        return True
    return bool(
        same_rows(worth(semantics, fit.data.rows, asker.frame, asker.form), fit.data.y, asker.frame.dtype).all()
    )


def _sharpened(asker: Asker, semantics: Semantics, fit: Found) -> Semantics:
    if not any(long_numbers(semantics)):
        return semantics
    return tuned(semantics, cases(asker, fit.data.rows), asker.frame.dtype).semantics


def _through(asker: Asker, semantics: Semantics, fit: Found) -> Identification:
    furthest = Identification(None, semantics, left_at="term")
    for edges in islice(guarded(asker, semantics, fit.domain, fit.kind), GUARDS):
        result = _confirmed(asker, semantics, edges, fit)
        if result.semantics is not None:
            return result
        furthest = max((furthest, result), key=lambda f: STAGES_PASSED.index(f.left_at))
        if edges.semantics is None or result.left_at == "reduction":
            break
    return furthest


def _confirmed(asker: Asker, semantics: Semantics, edges: Edges, fit: Found) -> Identification:
    whole = weighed(asker, edges.semantics or semantics, fit.domain, fit.kind)
    if whole is None:
        return Identification(None, semantics, left_at="reduction")
    shown, strange, accounted = labelled(asker, whole, fit.domain)
    semantics, refuted = confirmed(asker, shown, fit.domain, fit.kind, edges.rows, strange)
    if refuted is not None and any(refuted.inputs is inputs for inputs in strange):
        # What labels outside the classes do is in the space by its value alone: it stays open.
        accounted = False
        semantics, refuted = confirmed(asker, whole, fit.domain, fit.kind, edges.rows)
    if refuted is None:
        named = asker.frame.named(semantics)
        rest = (*undetermined(asker, semantics, fit.kind), *(() if accounted else ("target.bad_index",)))
        return Identification(named, named, undetermined=rest, word=edges.word(fit.kind))
    left = "gradient" if refuted.aspect == "gradient" else "guard" if edges.semantics is None else "term"
    return Identification(None, asker.frame.named(semantics), refuted.inputs, left)
