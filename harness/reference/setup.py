"""What one evaluation works with: inputs by name, the arithmetic, and the dtype of its constants."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.reference.arithmetic import Arithmetic, Ball, Rounded
from harness.reference.formats import quantise
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor
from harness.semantics import Value
from harness.syntax import Node


@dataclass(frozen=True, slots=True)
class Setup:
    """One evaluation: the scope for trees, and the dtype whose constants are used.

    `narrow` is set where the loss computes in another dtype than its arguments were made in: it is that arithmetic.
    `terms` keeps what points on the same inputs have in common, by the stages that it depends on.
    """

    scope: Scope
    dtype: str
    narrow: Arithmetic | None = None
    terms: dict[Any, Any] = field(default_factory=dict)

    def number(self, value: Value) -> Tensor:
        """A convention's amount as a tensor; a number is as inexact as the dtype holds it."""
        if isinstance(value, int | float):
            return rounded_constant(self.lift(0.0), float(value), self.dtype)
        return self.lift(self.argument(value))

    def argument(self, tree: Node) -> Any:
        """What a tree comes to, rounded to the dtype that the loss computes in; indices are rounded, too."""
        value = interpret(tree, self.scope)
        if self.narrow is None or not isinstance(value, np.ndarray | Tensor):
            return value
        if isinstance(value, Tensor):
            return _handed(value, self.narrow, self.dtype)
        return value if value.dtype == bool else quantise(value, self.dtype).astype(value.dtype)

    def lift(self, value: Any) -> Tensor:
        """`value` as a tensor of the arithmetic that the loss computes in."""
        if isinstance(value, Tensor):
            return value
        template = self.scope.template
        return (template if self.narrow is None else Tensor(self.narrow, template.data)).of(
            np.asarray(value, np.float64)
        )


def _handed(value: Tensor, arith: Arithmetic, dtype: str) -> Tensor:
    data = arith.lift(quantise(value.mid, dtype))
    if isinstance(arith, Rounded):
        # Two numbers on either side of a boundary between roundings end up a unit further apart.
        err = value.data.err
        data = arith.widen(Ball(data.mid, err), np.where(err > 0, 2.0 * np.abs(data.mid), 0.0))
    return value.cast(arith, data)


def rounded_constant(template: Tensor, value: float, dtype: str) -> Tensor:
    """`value` exactly, with the error of rounding it to `dtype` where errors are kept."""
    tensor = template.of(value)
    if not isinstance(template.arith, Rounded) or not math.isfinite(value):
        return tensor
    # Half a unit in the last place, or more where the dtype has no normal number there: 1e-7 in float16.
    moved = abs(float(quantise(np.asarray(value), dtype)) - value) / template.arith.format.u
    return tensor.widen(np.asarray(max(abs(value), moved))) if moved else tensor
