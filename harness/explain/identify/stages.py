"""From a fit to an identification: the remaining stages of a point, one after another."""

from __future__ import annotations

from itertools import islice

from harness.explain.identify.answers import Answer, Identification, Inputs
from harness.explain.identify.asking import Asker, cases
from harness.explain.identify.confirm import Held, Refuted, confirmed
from harness.explain.identify.guards import guarded, same_rows
from harness.explain.identify.labels import labelled
from harness.explain.identify.leftover import undetermined
from harness.explain.identify.outcome import agrees, roughly
from harness.explain.identify.questions import (
    FRESH_ONES,
    GIVEN,
    LABEL,
    NOTHING,
    SCALED,
    Question,
    around,
    questions,
    scaled,
)
from harness.explain.identify.samples import Source
from harness.explain.identify.search import Found, Steer
from harness.explain.identify.story import ROW, noted, told
from harness.explain.identify.tuning import Tuned, long_numbers, tuned
from harness.explain.identify.weighing import Weighed, alike, weighed
from harness.semantics import Semantics, Term

PASSED = ("", "layout", "mode", "term", "reduction", "weight", "guard", "gradient")  # How far a point came, at least.
TRIED, ALIKE = 8, 2  # Ways to write one function that are held against the answers, and that go on.
GO_ON = 3
GUARDS = 24  # Guards that give the same answers up to some roundings, to be told apart by the bound.


def passed(result: Identification) -> tuple[bool, int]:
    """How far it came, what was refuted by known inputs before what was not."""
    return result.refuting is not None, PASSED.index(result.left_at)


def settled(asker: Asker, fit: Found, steer: Steer) -> Identification | None:
    """The points that a fit may mean, through the remaining stages: the first that holds, or the furthest that came.

    None if none even gives the answers that it was fitted to.
    """
    points = _reproducing(asker, fit)
    if not points:
        return None
    furthest = Identification(None, asker.frame.named(fit.candidates[0].semantics), left_at="term")
    uniform = [s for s in points if alike(asker, s, fit.source)]
    for semantics in (uniform or points)[:GO_ON]:
        if (semantics, fit.source) in steer.tried:
            continue
        steer.tried.add((semantics, fit.source))
        result = through(asker, semantics, fit.source, steer)
        if result.semantics is not None:
            return result
        furthest = max((furthest, result), key=passed)
        if steer.scale is not None:
            break
    return furthest


def _reproducing(asker: Asker, fit: Found) -> list[Semantics]:
    """The simplest candidates that give the answers, of each kind that is another function once rows differ."""
    groups: dict[tuple[Term, ...], dict[Semantics, None]] = {}
    for candidate in fit.candidates:
        s = candidate.semantics
        groups.setdefault(tuple(part.term for part in (s, *s.plus)), {})[s] = None
    found: list[list[Semantics]] = []
    for group in groups.values():
        sharpened = (_sharpened(asker, s, fit) for s in islice(group, TRIED))
        found.append(list(islice((s for s in sharpened if _reproduces(asker, s, fit)), ALIKE)))
    return [group[i] for i in range(ALIKE) for group in found if i < len(group)]


def _reproduces(asker: Asker, semantics: Semantics, fit: Found) -> bool:
    if semantics.weight.mask is not None:
        return True
    return bool(same_rows(asker.worth(semantics, fit.data.rows), fit.data.y, asker.frame.dtype).all())


def _sharpened(asker: Asker, semantics: Semantics, fit: Found) -> Semantics:
    if not any(long_numbers(semantics)):
        return semantics
    return tuned(semantics, cases(asker, fit.data.rows), asker.frame.dtype).semantics


def through(asker: Asker, semantics: Semantics, source: Source, steer: Steer) -> Identification:
    """A point that holds for rows that are all alike, through weights, scales, labels and guards to its confirmation."""
    noted(asker.oracle, "rows that are all alike, random predictions and targets", semantics, *ROW)
    larger = list(scaled(asker, semantics, source))
    bent = _bent(asker, semantics, larger)
    if bent is not None:
        steer.scale, inputs = bent
        asker.oracle.note("larger and smaller numbers", f"another formula at {steer.scale:g} times the size")
        return Identification(None, asker.frame.named(semantics), inputs, "term")
    whole = weighed(asker, semantics, source)
    if whole.semantics is None:
        return _left(asker, semantics, "reduction", whole)
    return _named(asker, source, whole.semantics, whole, [question for _, question in larger])


def _bent(asker: Asker, s: Semantics, larger: list[tuple[float, Question]]) -> tuple[float, Inputs] | None:
    """The scale nearest to that of the search at which the point is wrong, with inputs, where it is right at another.

    Where it is wrong at every scale, distinct rows count differently, and that is found out later.
    """
    answers = ((scale, question, asker.oracle.both(question.inputs)) for scale, question in larger)
    told = [
        (scale, question.inputs, _is_right(asker, s, question.inputs, answer))
        for scale, question, answer in answers
        if isinstance(answer, Answer)
    ]
    wrong = [(scale, inputs) for scale, inputs, right in told if not right]
    return wrong[0] if wrong and len(wrong) < len(told) else None


def _is_right(asker: Asker, s: Semantics, inputs: Inputs, answer: Answer) -> bool:
    """Within its rounding bound, or up to some roundings where its numbers are measured ones."""
    value = Answer(answer.value)
    dtype = asker.frame.dtype
    return roughly(s, inputs, answer.value, dtype) or not agrees(Tuned(s), inputs, value, dtype, asker.frame.prediction)


def _left(asker: Asker, semantics: Semantics, stage: str, whole: Weighed) -> Identification:
    return Identification(None, asker.frame.named(semantics), whole.refuting, stage)


def _named(asker: Asker, source: Source, point: Semantics, whole: Weighed, larger: list[Question]) -> Identification:
    """The point with labels and guards, confirmed."""
    shown, strange, accounted = labelled(asker, point, source)
    if strange:
        noted(asker.oracle, "labels that are no class", shown, "target", "weight")
    asked = [*questions(asker, shown, source, whole.marks), *larger]
    held = best(asker, shown, source, [*asked, *(Question(inputs, LABEL) for inputs in strange)], whole)
    if held.refuted is not None and held.refuted.sort == LABEL:
        # What labels outside the classes do is in the space by its value alone: it stays open.
        accounted = False
        held = best(asker, point, source, asked, whole)
    if held.refuted is not None:
        return Identification(None, asker.frame.named(held.semantics), held.refuted.inputs, _stage(held.refuted))
    asker.oracle.note("predictions at their edges and next to them", told(held.semantics, ("guard", "evaluation")))
    asker.oracle.note("fresh random inputs, value and gradient", _count(held))
    named = asker.frame.named(held.semantics)
    rest = (
        *undetermined(asker, held.semantics, source.kind),
        *(() if accounted else ("target.bad_index",)),
        *whole.open,
        *(("gradient: at the edges",) if held.sloped else ()),
        *(("gradient: its rounding",) if held.rounded else ()),
    )
    return Identification(named, named, undetermined=tuple(dict.fromkeys(rest)), word=_word(held, source))


def best(asker: Asker, semantics: Semantics, source: Source, asked: list[Question], whole: Weighed) -> Held:
    """The guard with which the point holds, and has least to be forgiven; or how it is refuted without one."""
    found: Held | None = None
    refuted: Held | None = None
    for candidate in islice(guarded(asker, semantics, source), GUARDS):
        held = confirmed(
            asker, candidate, source, [*asked, *around(asker, candidate, source, whole.marks)], whole.errors
        )
        if held.refuted is None:
            if not any(held.flaws):
                return held
            found = held if found is None else min((found, held), key=lambda each: each.flaws)
        elif refuted is None:
            refuted = held
    return found or refuted or confirmed(asker, semantics, source, asked, whole.errors)


def _stage(refuted: Refuted) -> str:
    """The stage at which the space is left, by what refutes the point."""
    if refuted.aspect == "gradient":
        return "gradient"
    if refuted.sort in (FRESH_ONES, GIVEN, SCALED):
        return "term"
    if refuted.sort == NOTHING:
        return "reduction"
    return "guard"


def _count(held: Held) -> str:
    fresh = held.asked[FRESH_ONES]
    return f"held {fresh} of {fresh}"


def _word(held: Held, source: Source) -> str:
    """What to know of the edges: empty where the point holds at all of them."""
    words = []
    if held.silent:
        words.append(f"At {held.silent} of the edges it gives no finite number where the formula has one.")
    if held.outside:
        words.append(f"Outside of what {DOMAINS[source.domain]} can be it gives other numbers than the formula.")
    if held.sloped:
        words.append(f"At {held.sloped} of the edges its slope is another than the formula's.")
    if held.rounded:
        words.append("Its gradient is the formula's up to some roundings more than its bound.")
    if source.kind in ("one-hot", "binary"):
        words.append("Holds for targets of 0 and 1.")
    return " ".join(words)


DOMAINS = {
    "unit": "probabilities",
    "simplex": "probabilities",
    "positive": "positive predictions",
    "negative": "negative predictions",
    "real": "predictions",
}
