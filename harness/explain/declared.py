"""Calls of the catalog inside an expression, evaluated through the points that they declare."""

from __future__ import annotations

import numpy as np

from harness.catalog import api_of, declare
from harness.catalog.api import Describe, Described
from harness.explain.absorb import absorb
from harness.reference.evaluate import point
from harness.reference.interpret import Scope, interpret
from harness.reference.setup import Setup
from harness.reference.tape import Tensor
from harness.semantics import Semantics
from harness.syntax import Apply, Call, Node


def declared_loss(node: Node, scope: Scope, dtype: str) -> Tensor | None:
    """What a call of the catalog is worth, by its declared point; None where it has none."""

    def describe(part: Node) -> Described:
        value = interpret(part, scope)
        array = np.asarray(value.mid if isinstance(value, Tensor) else value)
        return Described(array.shape, array.dtype.kind in "iub")

    semantics = point_of_call(node, describe, dtype)
    return None if semantics is None else point(semantics, Setup(scope, dtype))


def point_of_call(node: Node, describe: Describe, dtype: str) -> Semantics | None:
    """The point that a call of the catalog declares for the arguments it has; None for any other tree."""
    if not isinstance(node, Call | Apply) or api_of(node) is None:
        return None
    semantics = declare(node, describe, dtype)
    # A cast of an argument is a choice of the loss: the precision it computes in, and a guard that follows it.
    return None if semantics is None else absorb(semantics, describe, dtype)
