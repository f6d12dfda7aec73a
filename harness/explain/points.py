"""The point of an expression: declared by the catalog, composed of catalog parts, or recognised by what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from harness.explain.compose import Facts, resolve
from harness.explain.recognise import recognise
from harness.explain.standing import facts_of
from harness.expression import inputs_of
from harness.records import InputArray
from harness.semantics import Semantics
from harness.syntax import Node


def facts_for(inputs: Mapping[str, InputArray], dtype: str, prediction: str) -> Facts:
    """What resolving may ask, answered on the case's own inputs; each formula is recognised once."""
    facts = facts_of(inputs, dtype, prediction)

    @cache
    def recognised(node: Node) -> Semantics | None:
        return recognise(node, inputs, dtype, prediction).semantics

    return replace(facts, recognise=recognised)


def point_of(node: Node, facts: Facts) -> Semantics | None:
    """The point that an expression stands for, or None if it stands for none that is known.

    Raises:
        CaseError: If a catalog call in it has arguments that the API does not take.
    """
    composed = resolve(node, replace(facts, alone=inputs_of(node) == {facts.prediction}))
    if composed is not None or facts.prediction not in inputs_of(node):
        return composed
    return facts.recognise(node)
