"""What a term is made from, and what a family of terms is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.reference.reading import Reading
    from harness.reference.tape import Tensor
    from harness.semantics import Semantics


@dataclass(frozen=True, slots=True)
class Setting:
    """What a term may use: target t, reading, its parameters as tensors, and the tie rules of the framework.

    `log_t` is log t where the target was given as that.
    """

    semantics: Semantics
    t: Tensor
    reading: Reading
    parameters: Mapping[str, Tensor]
    ties: Mapping[str, float]
    log_t: Tensor | None = None

    def parameter(self, name: str, default: float) -> Tensor:
        """A parameter as a tensor, or its default."""
        return self.parameters.get(name, self.t.of(default))

    def number(self, name: str, default: float) -> float:
        """A parameter as a plain number, for exponents and branches."""
        return float(self.parameters[name].mid) if name in self.parameters else default


@dataclass(frozen=True, slots=True)
class Family:
    """A family of terms: its function, its formula in LaTeX, and what is left of the axes."""

    function: Callable[[Setting], Tensor]
    formula: str
    shape: str = "elementwise"


def error_of(s: Setting) -> Tensor:
    """p − t, and what is added to it: torch's pairwise distance adds 1e-6."""
    error = s.reading.p() - s.t
    return error + s.parameters["epsilon"] if "epsilon" in s.parameters else error


def sign_of(s: Setting) -> Tensor:
    """2t − 1: the target as ±1."""
    return s.t * 2.0 - 1.0
