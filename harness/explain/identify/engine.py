"""`identify`: one question after another, until a point of the space holds or the space is left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from harness.explain.identify.answers import Ask, Identification, Oracle, OutOfCalls, Probe
from harness.explain.identify.asking import Asker, form_of, neutral
from harness.explain.identify.closest import with_closest
from harness.explain.identify.confirm import confirmed_as_given
from harness.explain.identify.coupled import coupled
from harness.explain.identify.frame import CONSTANT, Frame, frames_of
from harness.explain.identify.naming import ABSENT, exchanged, is_signs, is_whole, with_names
from harness.explain.identify.rooted import is_flat, is_root, rooted, squares_of
from harness.explain.identify.search import Steer, found
from harness.explain.identify.stages import passed, settled, through
from harness.explain.identify.suggested import first_that_holds
from harness.explain.identify.teachers import taught
from harness.explain.identify.tuning import long_numbers
from harness.explain.identify.variables import changes, normalised_target
from harness.records import Array, InputArray, Raised
from harness.semantics import Semantics

ENOUGH = 4  # Fits of which no point holds, before the space is said to be left.
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
    suggested: Sequence[Semantics] = (),
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
        suggested: Points that it may well compute, held against it before any search.

    Returns:
        The identification; `semantics` reads the inputs by the names of `specimen`.
    """
    oracle = Oracle(_of(ask, specimen), _of(slope or ask, specimen), dtype, limit)
    frames = frames_of(specimen, prediction, target, dtype)
    failures: list[Identification] = []
    start = time.perf_counter()
    try:
        result = _checked(oracle, frames, suggested, seed, failures)
    except OutOfCalls:
        seconds = (time.perf_counter() - start) / limit
        slow = f", at {seconds:.2g} s a call" if seconds > SLOW else ""
        furthest = max(failures, key=passed, default=Identification(None, left_at="term"))
        result = replace(furthest, word=f"not settled in {limit} calls{slow}")
    if result.semantics is None and frames:
        result = with_closest(result, oracle, frames[0])
    probes = tuple(Probe(asked, settled) for asked, settled in oracle.probes.items())
    return replace(result, calls=oracle.calls, probes=probes)


def _of(ask: Ask, specimen: Mapping[str, InputArray]) -> Ask:
    """Asked with the inputs that it has: what has no target is read beside a target that it never sees.

    In other roles it may be asked without one of its own, and then says so.
    """
    return lambda inputs: ask({name: inputs[name] for name in specimen if name in inputs})


def _checked(
    oracle: Oracle,
    frames: tuple[Frame, ...],
    suggested: Sequence[Semantics],
    seed: int,
    failures: list[Identification],
) -> Identification:
    if not frames:
        return Identification(None, left_at="layout", word="prediction and target have no common shape")
    given = frames[0].given
    start = time.perf_counter()
    first = oracle.afresh(given)
    seconds = time.perf_counter() - start
    if first is None:
        return Identification(None, left_at="layout", word=_raised(oracle.raised))
    if not _same(first, oracle.afresh(given)):
        return Identification(None, left_at="mode", word="not deterministic: two calls with the same inputs differ")
    result = first_that_holds(oracle, frames[0], first, suggested) if suggested else None
    result = result or _first_identified(frames, oracle, first, seed, failures)
    if not _same(first, oracle.afresh(given)):
        word = "keeps state: the same inputs give another answer after other calls"
        return Identification(None, left_at="mode", word=word)
    return replace(result, word=" ".join(_words(oracle, first, seconds, result)))


def _raised(raised: Raised | None) -> str:
    """What was raised, or what is wrong with what was returned."""
    if raised is None or not raised.kind:
        return "raises" if raised is None else raised.message
    return f"raises {raised.kind}: {raised.message}"


def _first_identified(
    frames: tuple[Frame, ...], oracle: Oracle, first: Array, seed: int, failures: list[Identification]
) -> Identification:
    """Through a quantity that is all the black box reads, or as it is; held on its own inputs either way."""
    for narrow, alone in changes(frames[0], oracle):
        result = _of_form(narrow, alone, first, seed, failures)
        held = None if result is None else _as_given(result, oracle, frames[0])
        if held is not None:
            return held
    fitting = _of_the_answer(frames, first)
    if not fitting:
        shape = frames[0].shape
        return Identification(None, left_at="reduction", word=f"returns an array of shape {first.shape} for {shape}")
    labels = [name for name in frames[0].extras if is_signs(frames[0].given[name])]
    attempts = chain(
        _in_other_roles(frames[0], oracle, first, seed, failures, labels),
        (
            _read_as(narrow, frame, oracle, first, seed, failures, alone)
            for frame in fitting[:1]
            for narrow, alone in taught(frame, oracle)
        ),
        (_of_form(frame, oracle, first, seed, failures) for frame in fitting),
        (_across(frame, oracle, first, failures) for frame in fitting[:1]),
        (
            _read_as(shares, frame, oracle, first, seed, failures)
            for frame in fitting[:1]
            for shares in normalised_target(frame, oracle)
        ),
        (_as_root(frame, oracle, first, seed) for frame in fitting[:1]),
        _in_other_roles(frames[0], oracle, first, seed, failures, (ABSENT, *frames[0].extras)),
    )
    found = next((each for each in attempts if each is not None and each.semantics is not None), None)
    return found or max(failures, key=passed, default=Identification(None, left_at="term"))


def _across(frame: Frame, oracle: Oracle, first: Array, failures: list[Identification]) -> Identification | None:
    """As a loss in which rows are read together."""
    form = form_of(frame, first.shape)
    if form is None:
        return None
    asker = Asker(oracle, frame, form, neutral(frame, oracle))
    results = (through(asker, each.semantics, each.source, Steer()) for each in coupled(asker))
    for result in results:
        if result.semantics is not None:
            return result
        failures.append(result)
    return None


def _as_root(frame: Frame, oracle: Oracle, first: Array, seed: int) -> Identification | None:
    """As the root of a loss."""
    if not is_root(first):
        return None
    with np.errstate(over="ignore"):
        found = _of_form(frame, squares_of(oracle), np.square(first), seed, [])
    if found is None or found.semantics is None:
        return None
    root = rooted(found.semantics, flat=is_flat(oracle, frame))
    return None if root is None else _as_given(replace(found, semantics=root), oracle, frame)


def _in_other_roles(
    frame: Frame, oracle: Oracle, first: Array, seed: int, failures: list[Identification], others: Sequence[str]
) -> Iterator[Identification | None]:
    """With another input for the target, or none, as far as a quantity shows that this is what is read."""
    for other in others if frame.extras and frame.kind not in CONSTANT else ():
        names = exchanged(frame, other)
        specimen = {new: InputArray(frame.given[old], is_whole(frame.given[old])) for new, old in names.items()}
        turned = oracle.renamed(names)
        for swapped in frames_of(specimen, frame.prediction, frame.target, frame.dtype)[:1]:
            for narrow, alone in changes(swapped, turned):
                result = _of_form(narrow, alone, first, seed, failures)
                held = None if result is None else _as_given(result, turned, swapped)
                yield None if held is None else with_names(held, names)


def _read_as(
    narrow: Frame,
    frame: Frame,
    oracle: Oracle,
    first: Array,
    seed: int,
    failures: list[Identification],
    alone: Oracle | None = None,
) -> Identification | None:
    """In a frame in which less is read, asked for that `alone`, and held on the user's own inputs."""
    result = _of_form(narrow, alone or oracle, first, seed, failures)
    return None if result is None else _as_given(result, oracle, frame)


def _as_given(result: Identification, oracle: Oracle, frame: Frame) -> Identification | None:
    """What was found through a quantity, held on the black box's own inputs; None if it is refuted."""
    held = None if result.semantics is None else confirmed_as_given(oracle, frame, result.semantics)
    if held is None:
        return None
    # Slopes by the quantity may not be known; those by the prediction were held just now.
    known = ("gradient",) if oracle.slopes else ()
    left = tuple(choice for choice in result.undetermined if choice not in known)
    return replace(result, semantics=held, closest=held, undetermined=left)


def _of_the_answer(frames: tuple[Frame, ...], first: Array) -> tuple[Frame, ...]:
    """The frames that fit what was returned: the likeliest, and those that differ where the classes decide."""
    fitting = tuple(frame for frame in frames if form_of(frame, first.shape) is not None)
    return tuple(frame for i, frame in enumerate(fitting) if i == 0 or frame.kind in DECIDED)


DECIDED = frozenset({"index", "one-hot", "distribution", "log-distribution"})


def _of_form(
    frame: Frame, oracle: Oracle, first: Array, seed: int, failures: list[Identification]
) -> Identification | None:
    form = form_of(frame, first.shape)
    if form is None:
        return None
    return _identified(Asker(oracle, frame, form, neutral(frame, oracle)), seed, failures)


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


def _identified(asker: Asker, seed: int, failures: list[Identification]) -> Identification:
    steer, count = Steer(), 0
    for fit in found(asker, seed, steer):
        result = settled(asker, fit, steer)
        if result is None:
            continue
        if result.semantics is not None:
            return result
        count += 1
        failures.append(result)
        measured = result.closest is not None and any(long_numbers(result.closest))
        if (result.left_at in ("guard", "gradient") and not measured) or count % ENOUGH == 0:
            steer.given_up.add(fit.source.kind)
    return max(failures, key=passed, default=Identification(None, left_at="term"))
