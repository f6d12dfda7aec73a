"""Black boxes to be identified: a user's function in this process, an expression in a worker of its framework."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable as Function
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.callables import evaluate_callable, many_calls
from harness.explain.batch_size import for_any_size
from harness.explain.identify import Answer, Ask, Identification, identify
from harness.explain.standing import as_arrays
from harness.findings import Probe
from harness.records import Callable, Computed, Expression, InputArray, Observation, Raised, Unsupported
from harness.reference.arithmetic import quantise
from harness.semantics import Semantics

Suggest = Function[[str], Semantics | None]
# In this order: parameters are read off best in the widest; not every function takes it.
WIDEST = ("float64", "float32")
PATIENCE = 30.0  # Seconds that the calls of one identification may take together.
CHANGES = "It changes its arguments in place."
NARROW = "It computes in float32, whatever dtype it is given."
SHIFT = 1.0 - 1.0 / 81.0  # Keeps probabilities within 0 and 1, and has no end in binary.
FEWEST, MOST = 60, 1000  # Calls, whatever the patience.


class Watched:
    """A user's function, called as it is, and seen to leave its arguments as they are or not."""

    def __init__(self, function: Function[..., object]) -> None:
        self.function = function
        self.changes = False
        # Arguments go by the names of its parameters.
        self.__signature__ = inspect.signature(getattr(function, "forward", function))

    def __call__(self, *args: Any, **kwargs: Any) -> object:  # noqa: ANN401  arrays of any framework
        """What the function returns."""
        given = [*args, *kwargs.values()]
        before = [_held(array) for array in given]
        result = self.function(*args, **kwargs)
        after = [_held(array) for array in given]
        self.changes |= any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True))
        return result


def _held(array: Any) -> np.ndarray:  # noqa: ANN401
    """A copy of what can be changed in place: arrays of NumPy and tensors of torch; nothing else can."""
    if isinstance(array, np.ndarray):
        return array.astype(np.float64)
    return np.array(array.detach().double().cpu().numpy()) if hasattr(array, "detach") else np.zeros(0)


def watched(side: Callable) -> Callable:
    """The same function, watched; one without a readable signature as it is."""
    try:
        return replace(side, function=Watched(side.function))
    except (TypeError, ValueError):
        return side


@dataclass(frozen=True, slots=True)
class Box:
    """A side as something that can be asked: `observe(inputs, dtype, gradient)` is one call."""

    side: Callable | Expression
    probe: Probe | None = None

    def observe(self, inputs: Mapping[str, InputArray], dtype: str, gradient: str | None) -> Observation:
        """Value, and gradient by the input named, of one call."""
        if isinstance(self.side, Callable):
            return evaluate_callable(self.side, inputs, dtype, gradient)
        assert self.probe is not None
        return self.probe(self.side, inputs, dtype, gradient)

    def many(self) -> AbstractContextManager[object]:
        """Context for many calls in a row."""
        return many_calls(self.side) if isinstance(self.side, Callable) else nullcontext()

    def ask(self, dtype: str, gradient: str | None, specimen: Mapping[str, InputArray]) -> Ask:
        """The box as the engine asks it: whole numbers and truth values as such where `specimen` has them."""

        def ask(arrays: Mapping[str, np.ndarray]) -> Answer | Raised:
            inputs = {
                name: InputArray(a, specimen[name].integral and a.dtype.kind in "iub", specimen[name].dtype)
                for name, a in arrays.items()
            }
            return _answer(self.observe(inputs, dtype, gradient))

        return ask


def _answer(seen: Observation) -> Answer | Raised:
    match seen:
        case Computed(value, gradient):
            return Answer(value, gradient)
        case Raised():
            return seen
        case Unsupported(reason):
            return Raised("", reason)
        case _:
            return Raised(type(seen).__name__, str(getattr(seen, "reason", "no answer in time")))


def identified(
    box: Box, inputs: Mapping[str, InputArray], dtype: str | None, suggest: Suggest | None = None
) -> tuple[Identification, str]:
    """What a box computes as a function of `prediction` and `target`, and the dtype in which it was asked.

    Args:
        box: The side.
        inputs: A specimen of its inputs: names, shapes, and what the numbers may be.
        dtype: The dtype to ask in; None for the widest that it computes in.
        suggest: Dtype → the point that it may well compute in that, if there is one.
    """
    with box.many():
        return _identified(box, inputs, dtype, suggest)


def _identified(
    box: Box, inputs: Mapping[str, InputArray], dtype: str | None, suggest: Suggest | None
) -> tuple[Identification, str]:
    asked, seconds, word = _dtype(box, inputs, dtype)
    limit = int(min(MOST, max(FEWEST, PATIENCE / max(seconds, PATIENCE / MOST))))
    value, slope = box.ask(asked, None, inputs), box.ask(asked, "prediction", inputs)
    point = None if suggest is None else suggest(asked)
    suggested = () if point is None else (point,)
    found = identify(value, inputs, dtype=asked, slope=slope, limit=limit, suggested=suggested)
    found = for_any_size(found, value, as_arrays(inputs, asked), asked)
    changes = isinstance(box.side, Callable) and isinstance(box.side.function, Watched) and box.side.function.changes
    words = (found.word, word, CHANGES if changes else "")
    return replace(found, word=" ".join(filter(None, words))), asked


def _dtype(box: Box, inputs: Mapping[str, InputArray], dtype: str | None) -> tuple[str, float, str]:
    """The dtype to ask in, how long a call takes, and what to know of it.

    The first call of a framework takes longer than any other. What is returned as float64 may have been computed in
    float32 on the way: then float32 is what its rounding is held to.
    """
    choices = WIDEST if dtype is None else (dtype,)
    word = ""
    for choice in choices:
        seen = box.observe(inputs, choice, None)
        if isinstance(seen, Computed) and (dtype is not None or seen.dtype == choice):
            start = time.perf_counter()
            again = box.observe(_shifted(inputs), choice, None)
            seconds = time.perf_counter() - start
            if dtype is None and choice != WIDEST[-1] and all(map(_narrow, (seen, again))):
                word = NARROW
                continue
            return choice, seconds, word
    return choices[-1] if word else choices[0], 0.0, word


def _shifted(inputs: Mapping[str, InputArray]) -> dict[str, InputArray]:
    """Inputs in whose numbers all digits of float64 are in use; class indices as they are."""
    return {
        name: array if array.integral else replace(array, values=np.asarray(array.values, np.float64) * SHIFT)
        for name, array in inputs.items()
    }


def _narrow(seen: Observation) -> bool:
    """Whether every number that came back is one of float32."""
    return isinstance(seen, Computed) and np.array_equal(seen.value, quantise(seen.value, "float32"), equal_nan=True)
