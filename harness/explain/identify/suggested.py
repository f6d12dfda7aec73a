"""Points that a black box may well compute, such as what the catalog declares of a call: held against it at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from harness.explain.identify.answers import Identification, Oracle
from harness.explain.identify.asking import Asker, form_of, neutral
from harness.explain.identify.confirm import confirmed
from harness.explain.identify.frame import Frame
from harness.explain.identify.leftover import undetermined
from harness.explain.identify.questions import FRESH_ONES, Question, questions, scaled
from harness.explain.identify.samples import DOMAINS, KINDS, Source
from harness.explain.identify.story import told
from harness.records import Array
from harness.semantics import STAGES, Semantics


def first_that_holds(
    oracle: Oracle, frame: Frame, first: Array, suggested: Sequence[Semantics]
) -> Identification | None:
    """The first of these points that holds on fresh inputs of the user's kind and at their edges; None if none does."""
    form = form_of(frame, first.shape)
    if form is None:
        return None
    asker = Asker(oracle, frame, form, neutral(frame, oracle))
    kind = KINDS[frame.kind][-1]
    # A black box that takes nothing but rows of sum 1 raises for any other.
    for point, domain in product(suggested, DOMAINS[frame.domain]):
        source = Source(domain, kind, frame.dtype)
        asked: list[Question] = list(questions(asker, point, source, ()))
        asked += [question for _, question in scaled(asker, point, source)]
        held = confirmed(asker, point, source, asked)
        if held.refuted is None and not any(held.flaws):
            oracle.note("fresh random inputs and the edges, value and gradient", told(held.semantics, STAGES))
            rest = undetermined(asker, held.semantics, kind)
            return Identification(held.semantics, held.semantics, undetermined=rest)
        if held.asked[FRESH_ONES]:
            break
    return None
