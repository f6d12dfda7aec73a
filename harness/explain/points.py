"""The point of an expression: declared by the catalog, composed of catalog parts, or recognised by what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from harness.explain.compose import Facts, resolve
from harness.explain.facts import is_alone
from harness.explain.named import operation
from harness.explain.recognise import AT_EDGES, recognise
from harness.explain.standing import facts_of
from harness.expression import inputs_of
from harness.records import InputArray
from harness.reference.floating import FLOATING
from harness.semantics import Semantics
from harness.syntax import Binary, Node
from harness.trees import walk

# Operations of layers and distances, which stand for what is predicted, and those that only change a sign.
LINEAR = frozenset({"dot", "neg", "norm", "identity"})


def facts_for(inputs: Mapping[str, InputArray], dtype: str, prediction: str) -> Facts:
    """What resolving may ask, answered on the case's own inputs; each formula is recognised once."""
    facts = facts_of(inputs, dtype, prediction)

    @cache
    def recognised(node: Node) -> Semantics | None:
        found = recognise(node, inputs, dtype, prediction)
        # What only edges refute may still be what it computes here, which is checked before it is believed.
        return found.closest if found.semantics is None and found.left_at in AT_EDGES else found.semantics

    return replace(facts, recognise=recognised)


def point_of(node: Node, facts: Facts) -> Semantics | None:
    """The point that an expression stands for, or None if it stands for none that is known.

    Raises:
        CaseError: If a catalog call in it has arguments that the API does not take.
    """
    facts = replace(facts, alone=is_alone(node))
    composed = resolve(node, facts)
    if facts.prediction not in inputs_of(node) or (composed is not None and not unread(composed, facts.prediction)):
        return composed
    return facts.recognise(node) or composed or resolve(node, replace(facts, opaque=True))


def unread(s: Semantics, prediction: str) -> bool:
    """Whether a part of a point still computes something of the prediction that its conventions do not say."""
    return any(_computes(part.layout.prediction, prediction) for part in (s, *s.plus))


def _computes(tree: Node, prediction: str) -> bool:
    for node in walk(tree):
        found = operation(node)
        named = found is not None and found[0] in FLOATING and found[0] not in LINEAR
        product = isinstance(node, Binary) and node.op in ("*", "/", "**")
        if (named or product) and prediction in inputs_of(node):
            return True
    return False
