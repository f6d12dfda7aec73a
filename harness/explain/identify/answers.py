"""What goes in and out of an identification: a black box that is asked, what it answers, and what it turns out to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records import Array, Raised
from harness.semantics import Semantics

Inputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a black box returned: its value, and d(sum of the value)/d(prediction) where it has one; both float64."""

    value: Array
    gradient: Array | None = None


Ask = Callable[[Inputs], Answer | Raised]


@dataclass(frozen=True, slots=True)
class Probe:
    """One question, in words, and what its answer settled."""

    asked: str
    settled: str


@dataclass(frozen=True, slots=True, eq=False)
class Identification:
    """What a black box computes, or where it leaves the space.

    Attributes:
        semantics: The point, confirmed on fresh inputs within the rounding bound; None if there is none.
        closest: The point itself, or the best one that was refuted; None if not even that was found.
        refuting: Inputs on which `closest` and the black box differ by more than rounding, or None.
        left_at: The stage at which the black box leaves the space; empty if it does not.
        calls: How often the black box was asked.
        undetermined: Choices, as `stage.field`, that no answer of the black box depends on.
        probes: What was asked and what it settled, in order.
        word: What a reader must know of the black box: "not deterministic", "raises …"; empty for a plain function.
    """

    semantics: Semantics | None
    closest: Semantics | None = None
    refuting: Mapping[str, NDArray[Any]] | None = None
    left_at: str = ""
    calls: int = 0
    undetermined: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()
    word: str = ""


class OutOfCalls(Exception):  # noqa: N818  it is no error, but the end of a search
    """The black box has been asked as often as it may be."""


@dataclass
class Counts:
    """What is shared by all views of one black box."""

    calls: int = 0
    mutated: str = ""
    slopes: int = 0


@dataclass
class Oracle:
    """The black box with a count of the calls; everything it is given is a copy, and what it said is remembered."""

    ask: Ask
    slope: Ask
    dtype: str
    limit: int
    counts: Counts = field(default_factory=Counts)
    raised: Raised | None = None
    probes: dict[str, str] = field(default_factory=dict)
    known: dict[bytes, Array | None] = field(default_factory=dict)
    sloped: dict[bytes, Answer | Raised] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return self.counts.calls

    @property
    def mutated(self) -> str:
        """The input that it changes in place, or an empty text."""
        return self.counts.mutated

    @property
    def slopes(self) -> int:
        """How many gradients it gave."""
        return self.counts.slopes

    def renamed(self, names: Mapping[str, str]) -> Oracle:
        """The same black box, asked under other names: `names` are those it knows its inputs by."""

        def through(ask: Ask) -> Ask:
            return lambda inputs: ask({names[new]: values for new, values in inputs.items() if new in names})

        return replace(self, ask=through(self.ask), slope=through(self.slope), known={}, sloped={})

    def value(self, inputs: Inputs) -> Array | None:
        """The value on `inputs`, or None where the black box raises; what was asked before is remembered."""
        key = _key(inputs)
        if key not in self.known:
            both = self.sloped.get(key)
            self.known[key] = np.asarray(both.value, np.float64) if isinstance(both, Answer) else self.afresh(inputs)
        return self.known[key]

    def afresh(self, inputs: Inputs) -> Array | None:
        """The value on `inputs`, whatever was said before."""
        answer = self._asked(self.ask, inputs)
        if isinstance(answer, Raised):
            self.raised = answer
            return None
        return np.asarray(answer.value, np.float64)

    def both(self, inputs: Inputs) -> Answer | Raised:
        """Value and gradient on `inputs`; what was asked before is remembered."""
        key = _key(inputs)
        if key not in self.sloped:
            answer = self.sloped[key] = self._asked(self.slope, inputs)
            self.counts.slopes += isinstance(answer, Answer) and answer.gradient is not None
        return self.sloped[key]

    def note(self, asked: str, settled: str) -> None:
        """Keep what a question settled; the last that was said of it counts."""
        self.probes[asked] = settled

    def _asked(self, ask: Ask, inputs: Inputs) -> Answer | Raised:
        if self.counts.calls >= self.limit:
            raise OutOfCalls
        self.counts.calls += 1
        given = {name: np.array(values) for name, values in inputs.items()}
        answer = ask(given)
        if not self.counts.mutated:
            changed = (n for n, a in given.items() if not np.array_equal(a, inputs[n], equal_nan=a.dtype.kind == "f"))
            self.counts.mutated = next(changed, "")
        return answer


def _key(inputs: Inputs) -> bytes:
    return b"".join(np.ascontiguousarray(inputs[name]).tobytes() for name in sorted(inputs))
