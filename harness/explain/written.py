"""An expression operation by operation, as its author wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.declared import declared_loss
from harness.explain.standing import Enclosed, Reference, enclosed, exact_arithmetic
from harness.reference.arithmetic import Arithmetic, Rounded
from harness.reference.backward import gradient
from harness.reference.evaluate import Evaluated
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor
from harness.syntax import Node


def written_reference(
    node: Node,
    inputs: Mapping[str, np.ndarray],
    dtype: str,
    wrt: str | None,
) -> Reference | None:
    """The expression evaluated as it is written, with the bound of that form; None where a part has no reading."""
    try:
        rounded = as_written(node, inputs, Rounded(dtype), dtype, wrt)
        exact = as_written(node, inputs, exact_arithmetic(inputs, rounded), dtype, wrt)
    except (CaseError, ValueError, IndexError, TypeError, KeyError):
        return None
    value: Enclosed = enclosed(exact.value, rounded.value)
    return Reference(value, None if wrt is None else enclosed(exact.gradient, rounded.gradient))


def same_formula(point: Reference, written: Reference) -> bool:
    """Whether a point and an expression enclose one number, whatever the expression rounds to as it is written.

    The point's own bound is room enough: an epsilon that it holds as the dtype does stands exactly in the text.
    """
    return point is written or agree(point.value, written.value)


def agree(own: Enclosed, other: Enclosed) -> bool:
    """The same of one array, the point's and the expression's."""
    if own.exact.size != other.exact.size:
        return False
    exact = np.reshape(other.exact, own.exact.shape)
    room = own.bound + own.radius + np.reshape(other.radius, own.exact.shape)
    finite = np.isfinite(exact) & np.isfinite(own.exact)
    # Where a naive form overflows there is nothing to hold against each other.
    return within(np.where(finite, difference(own.exact, exact), 0.0), np.where(finite, 2.0 * room, 0.0))


def as_written(
    node: Node, inputs: Mapping[str, np.ndarray], arith: Arithmetic, dtype: str, wrt: str | None
) -> Evaluated:
    """Value and gradient of an expression, every operation in its place, losses in it through their declared points.

    Raises:
        CaseError: `not-interpretable`, `wrong-shape`.
    """
    with np.errstate(all="ignore"):
        template = Tensor(arith, arith.lift(np.zeros(())))
        values = {n: template.of(a) if a.dtype.kind == "f" else a for n, a in inputs.items()}
        leaf = Tensor(arith, arith.lift(np.asarray(inputs[wrt], np.float64)), needs=True) if wrt else None
        if leaf is not None and wrt is not None:
            values[wrt] = leaf
        scope = Scope(values, template, partial(declared_loss, dtype=dtype), dtype)
        out = scope.lift(interpret(node, scope))
        return Evaluated(out.data, gradient(out, leaf) if leaf is not None else None)
