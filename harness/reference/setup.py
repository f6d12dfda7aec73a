"""What one evaluation works with: inputs by name, the arithmetic, and the dtype of its constants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.reference.arithmetic import Arithmetic
from harness.reference.constants import handed, inexact
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
            return inexact(self.lift(0.0), float(value), self.dtype)
        return self.lift(self.argument(value))

    def argument(self, tree: Node) -> Any:
        """What a tree comes to, rounded to the dtype that the loss computes in; indices are rounded, too."""
        value = interpret(tree, self.scope)
        if self.narrow is None or not isinstance(value, np.ndarray | Tensor):
            return value
        if isinstance(value, Tensor):
            return handed(value, self.narrow, self.dtype)
        return value if value.dtype == bool else quantise(value, self.dtype).astype(value.dtype)

    def lift(self, value: Any) -> Tensor:
        """`value` as a tensor of the arithmetic that the loss computes in."""
        if isinstance(value, Tensor):
            return value
        template = self.scope.template
        return (template if self.narrow is None else Tensor(self.narrow, template.data)).of(
            np.asarray(value, np.float64)
        )
