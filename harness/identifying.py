"""Which way a side is identified: a function by calling it, an expression by its framework, digits by searching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.boxes import Box, identified, watched
from harness.catalog import api_of, declare
from harness.collect import Pool
from harness.collect.run import open_probe
from harness.explain.claims_search import readings_of
from harness.explain.describe import words_of
from harness.explain.identify import Answer, Identification
from harness.explain.identify.outcome import agrees
from harness.explain.identify.tuning import Tuned
from harness.explain.nearest import parted
from harness.explain.parting import variations
from harness.explain.recognise import recognise
from harness.explain.standing import as_arrays, facts_of
from harness.expression import inputs_of
from harness.findings import Probe
from harness.identified import Identified
from harness.records import Callable, Claim, Expression, InputArray, Side, Unsupported
from harness.reference.evaluate import inputs_as
from harness.semantics import Semantics

PRINTED = "float32"  # What most people print.
CONTRADICTED = ("gradient", "the slope that is declared", "another")
UNREAD = "None of the readings of these inputs that were tried gives these digits."
UNASKED = "Its framework was not asked ({}): read from the text of the expression."


def identify_side(
    side: Side, inputs: Mapping[str, InputArray], dtype: str | None, pool: Pool | None = None
) -> Identified:
    """What a side computes.

    Args:
        side: A function, an expression or printed digits.
        inputs: A specimen of its inputs, among them `prediction` and `target`.
        dtype: The dtype to ask in; None for the widest that it computes in.
        pool: Live workers to ask expressions through; None starts its own and ends them.
    """
    match side:
        case Claim():
            return _claimed(side, inputs, dtype or PRINTED)
        case Callable(name):
            found, asked = identified(Box(watched(side)), inputs, dtype)
            return Identified(name, found, inputs, asked, box=Box(side))
        case Expression():
            with open_probe(pool=pool) as probe:
                return _expression(side, inputs, dtype, probe)


def _claimed(claim: Claim, inputs: Mapping[str, InputArray], dtype: str) -> Identified:
    readings = readings_of(claim, inputs, dtype)
    if not readings:
        return Identified(claim.text, Identification(None, left_at="", word=UNREAD), inputs, dtype)
    first = readings[0]
    found = Identification(first.semantics, first.semantics, word=f"Read so: {first.words}.")
    return Identified(claim.text, found, inputs, dtype, rivals=readings[1:])


def _expression(side: Expression, inputs: Mapping[str, InputArray], dtype: str | None, probe: Probe) -> Identified:
    used = {name: a for name, a in inputs.items() if name in {"prediction", "target"} | inputs_of(side.tree)}
    seen = probe(side, used, dtype or "float64", None)
    if isinstance(seen, Unsupported) and dtype is None:
        seen = probe(side, used, PRINTED, None)
    if isinstance(seen, Unsupported):
        found = recognise(side.tree, used, dtype or "float64", "prediction")
        return Identified(side.text, replace(found, word=UNASKED.format(seen.reason)), used, dtype or "float64")

    def declared(asked: str) -> Semantics | None:
        """What the catalog says of the call, before anything was asked."""
        if api_of(side.tree) is None:
            return None
        return declare(side.tree, facts_of(used, asked, "prediction").describe, asked)

    found, asked = identified(Box(side, probe), used, dtype, declared)
    audit = _audit(Box(side, probe), found.semantics, declared(asked), used, asked)
    return Identified(side.text, found, used, asked, audit, box=Box(side))


def _audit(
    box: Box, found: Semantics | None, declared: Semantics | None, inputs: Mapping[str, InputArray], dtype: str
) -> tuple[tuple[str, str, str], ...] | None:
    """How what was found differs from what the catalog declares, if the call contradicts that somewhere."""
    if found is None or declared is None:
        return None
    if found == declared:
        return ()
    given = as_arrays(inputs, dtype)
    ask = box.ask(dtype, "prediction", inputs)
    for arrays in (given, *(inputs_as(tried, dtype) for tried in variations(given))):
        answer = ask(arrays)
        if isinstance(answer, Answer) and agrees(Tuned(declared), arrays, answer, dtype, "prediction"):
            return tuple((d.factor, *words_of(d, None)) for d in parted(declared, found)) or (CONTRADICTED,)
    return ()
