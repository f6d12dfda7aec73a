"""A user's Python function, evaluated in the user's own process.

No framework is imported that the user has not imported: `inferring` says which one a function is for.
"""

import functools
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable as Function
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from harness.adapters.base import Request, rounded
from harness.adapters.evaluate import Framework, guarded
from harness.adapters.inferring import ADAPTERS, PLAIN, framework_of, frameworks_of
from harness.errors import AdapterError
from harness.records import Callable, Computed, InputArray, Observation, Raised, Unsupported
from harness.syntax import Literal

PACKAGE = Path(__file__).parent.parent
PLACES = 2
# Names people give to the two arrays of a loss, in either order: Keras says (y_true, y_pred), torch (input, target).
PREDICTIONS = frozenset({"prediction", "predictions", "pred", "preds", "y_pred", "y_hat", "yhat", "input", "inputs",
                         "output", "outputs", "out", "logit", "logits", "score", "scores", "p", "probs", "x", "est",
                         "estimate", "y_score", "y_prob", "y_proba"})  # fmt: skip
TARGETS = frozenset({"target", "targets", "tgt", "label", "labels", "y_true", "true", "truth", "ground_truth", "gt",
                     "actual", "y", "t"})  # fmt: skip
PROBED = "float32"  # What every framework computes in.
NO_NUMBER = "it returns {}, and no number or array; hand in a function that returns the loss alone"


def evaluate_callable(
    side: Callable,
    inputs: Mapping[str, InputArray],
    dtype: str,
    gradient: str | None,
    index_inputs: frozenset[str] | None = None,
) -> Observation:
    """Call a user's function on arrays of its framework.

    Args:
        side: The function; `side.framework` names the adapter.
        inputs: Arrays by name; parameters get theirs by name, by the usual names of prediction and target, else in
            the order of `inputs`.
        dtype: Dtype of the inputs that are not class indices.
        gradient: Input to differentiate the sum of the value by, or None.
        index_inputs: Integral inputs handed over as int64; None to try both where an integral target has one axis
            less than the prediction, as a function does not say which it takes.

    Returns:
        The observation, float64; what the function raises is `Raised`, and what returns no number is `Unsupported`.

    Raises:
        AdapterError: No adapter of that name, or its framework is not installed.
    """
    framework = _framework(side.framework)
    exact = {name: _rounded(array, dtype) for name, array in inputs.items()}
    request = Request(Literal(None), exact, dtype, gradient=gradient)
    choices = [index_inputs] if index_inputs is not None else _index_choices(inputs)
    ask = functools.partial(framework.differentiate, functools.partial(_call, side.function))
    observations = (guarded(ask, replace(request, index_inputs=choice), _told) for choice in choices)
    first = next(observations)
    found = next((seen for seen in chain((first,), observations) if not isinstance(seen, Raised)), first)
    if isinstance(found, Raised) and found.kind == _NoNumber.__name__:
        return Unsupported(found.message)
    return found


def framework_for(function: Function[..., object], inputs: Mapping[str, InputArray]) -> str:
    """The adapter whose arrays a function takes; where its names do not say, the first with which it gives a number."""
    choices = frameworks_of(function)
    for name in choices if len(choices) > 1 else ():
        if isinstance(evaluate_callable(Callable("", function, name), inputs, PROBED, None), Computed):
            return name
    return choices[0]


def many_calls(side: Callable) -> AbstractContextManager[object]:
    """Context for many small calls in a row: afterwards the framework is set as the user has it."""
    return _framework(side.framework).many()


class _NoNumber(Exception):  # noqa: N818  it is an answer: what was returned is no loss
    """What a function returned is no number and no array of numbers."""


def _rounded(array: InputArray, dtype: str) -> InputArray:
    return array if array.integral else replace(array, values=rounded(array.values, array.dtype or dtype))


def _index_choices(inputs: Mapping[str, InputArray]) -> list[frozenset[str]]:
    """The sets of inputs to hand over as indices, likeliest first."""
    integral = frozenset(name for name, array in inputs.items() if array.integral and array.dtype is None)
    if "target" not in integral or "prediction" not in inputs:
        return [frozenset(), integral] if integral else [frozenset()]
    one_axis_less = inputs["target"].values.ndim == inputs["prediction"].values.ndim - 1
    indices = frozenset({"target"})
    return [indices, frozenset()] if one_axis_less else [frozenset(), indices]


def _framework(name: str) -> Framework:
    if name not in ADAPTERS:
        raise AdapterError("no-adapter", f"no callables of {name!r}; write one of {', '.join(ADAPTERS)}")
    if name != PLAIN and name not in sys.modules:
        raise AdapterError(
            "framework-not-imported",
            f"a function of {name} was handed in, but {name} is not imported in this process; import it first",
        )
    module = importlib.import_module(f"harness.adapters.{name}")
    adapter: Framework = module.adapter
    return adapter


def _call(function: Function[..., object], arrays: Mapping[str, Any]) -> object:
    positional, named = bind(function, list(arrays))
    result = function(*[arrays[name] for name in positional], **{key: arrays[name] for key, name in named.items()})
    wrong = _no_number(result)
    if wrong:
        raise _NoNumber(wrong)
    return result


def _no_number(result: object) -> str:
    """What is wrong with what a function returned, if it is no number, no array and no list of those."""
    if result is None:
        return NO_NUMBER.format("None (is a return missing?)")
    if isinstance(result, str | bytes | Mapping | tuple | set):
        return NO_NUMBER.format(f"a {type(result).__name__}")
    if isinstance(result, bool) or "bool" in str(getattr(result, "dtype", "")):
        return NO_NUMBER.format("a truth value")
    if isinstance(result, complex) or "complex" in str(getattr(result, "dtype", "")):
        return "it returns complex numbers, and a loss is real"
    return ""


def _told(error: Exception) -> str:
    """What a function raised, and the last lines of its own code on the way there."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not Path(f.filename).is_relative_to(PACKAGE)]
    return "\n".join([str(error), *(f"{f.filename}:{f.lineno} in {f.name}: {f.line}" for f in frames[-PLACES:])])


def bind(function: Function[..., object], inputs: list[str]) -> tuple[list[str], dict[str, str]]:
    """Which input goes to which parameter: (positional inputs in order, keyword → input).

    First by the inputs' own names, then by the usual names of the two roles, then in order; a parameter with a default
    only by its own name. What is left goes to `**kwargs`. A function without a readable signature, or with `*args`,
    gets all inputs in order.
    """
    try:
        parameters = inspect.signature(getattr(function, "forward", function)).parameters
    except (TypeError, ValueError):
        return inputs, {}
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values()):
        return inputs, {}
    chosen = {name: name for name in parameters if name in inputs}
    needed = [name for name, p in parameters.items() if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    for name in needed:
        role = _role(name)
        if name not in chosen and role in inputs and role not in chosen.values():
            chosen[name] = role
    left = [name for name in inputs if name not in chosen.values()]
    chosen |= dict(zip([name for name in needed if name not in chosen], left, strict=False))
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        chosen |= {name: name for name in inputs if name not in chosen.values()}
    only = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and name in chosen]
    return [chosen[name] for name in only], {name: value for name, value in chosen.items() if name not in only}


def _role(parameter: str) -> str:
    return "prediction" if parameter in PREDICTIONS else "target" if parameter in TARGETS else ""


__all__ = ["bind", "evaluate_callable", "framework_for", "framework_of", "many_calls"]
