"""A user's Python function, evaluated in the user's own process.

No framework is imported that the user has not imported: which one a function is for is read from the names it uses.
"""

import functools
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable as Function
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from harness.adapters.base import Request, rounded
from harness.adapters.evaluate import Framework, guarded
from harness.errors import AdapterError
from harness.records import Callable, InputArray, Observation, Raised
from harness.syntax import Literal

PACKAGE = Path(__file__).parent.parent
PLACES = 2

# Root package → adapter; the first that a function uses wins, for a torch loss uses NumPy as well.
ROOTS = {
    "torch": "torch",
    "keras": "keras",
    "tensorflow": "tensorflow",
    "jax": "jax",
    "jaxlib": "jax",
    "optax": "jax",
    "numpy": "numpy",
    "scipy": "numpy",
}
# Names people give to the two arrays of a loss, in either order: Keras says (y_true, y_pred), torch (input, target).
PREDICTIONS = frozenset({"prediction", "predictions", "pred", "preds", "y_pred", "y_hat", "yhat", "input", "inputs",
                         "output", "outputs", "logit", "logits", "score", "scores", "p", "probs", "x"})  # fmt: skip
TARGETS = frozenset({"target", "targets", "label", "labels", "y_true", "true", "truth", "y", "t"})


def framework_of(function: Function[..., object]) -> str:
    """The adapter whose arrays `function` takes: that of its annotations, of its class or of the modules it names.

    "numpy" for a function that names none, such as `lambda p, t: ((p - t) ** 2).mean()`.
    """
    found = {ROOTS[root] for root in _roots_of(function) if root in ROOTS}
    return next((name for name in dict.fromkeys(ROOTS.values()) if name in found), "numpy")


def _roots_of(function: Any) -> Iterator[str]:
    while isinstance(function, functools.partial):
        function = function.func
    yield from (cls.__module__.split(".")[0] for cls in type(function).__mro__)
    method = function if inspect.isroutine(function) else type(function).__call__
    plain = inspect.unwrap(getattr(method, "__func__", method))
    yield from (_root(value) for value in getattr(plain, "__annotations__", {}).values())
    yield from [_root(plain)]
    if isinstance(getattr(plain, "__code__", None), CodeType):
        cells = zip(plain.__code__.co_freevars, plain.__closure__ or (), strict=False)
        known = {**plain.__globals__, **{name: cell.cell_contents for name, cell in cells}}
        yield from (_root(known[name]) if name in known else name for name in _names(plain.__code__))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from code.co_freevars
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _root(value: object) -> str:
    """The package that a module, class, function, array or annotation comes from."""
    if isinstance(value, str):
        return value.split(".")[0]
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", type(value).__module__)
    return str(name).split(".")[0]


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
        The observation, float64; what the function raises is `Raised`.

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
    if not isinstance(first, Raised):
        return first
    return next((other for other in observations if not isinstance(other, Raised)), first)


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
    if name not in ROOTS.values():
        raise AdapterError(
            "no-adapter", f"no callables of {name!r}; write one of {', '.join(dict.fromkeys(ROOTS.values()))}"
        )
    if name != "numpy" and name not in sys.modules:
        raise AdapterError(
            "framework-not-imported",
            f"a function of {name} was handed in, but {name} is not imported in this process; import it first",
        )
    module = importlib.import_module(f"harness.adapters.{name}")
    adapter: Framework = module.adapter
    return adapter


def _call(function: Function[..., object], arrays: Mapping[str, Any]) -> object:
    positional, named = bind(function, list(arrays))
    found = function(*[arrays[name] for name in positional], **{key: arrays[name] for key, name in named.items()})
    if found is None:
        name = getattr(function, "__name__", type(function).__name__)
        raise TypeError(f"{name} returned None; a loss returns a number or an array: is a return missing?")
    return found


def _told(error: Exception) -> str:
    """What a function raised, and the last lines of its own code on the way there."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not Path(f.filename).is_relative_to(PACKAGE)]
    return "\n".join([str(error), *(f"{f.filename}:{f.lineno} in {f.name}: {f.line}" for f in frames[-PLACES:])])


def bind(function: Function[..., object], inputs: list[str]) -> tuple[list[str], dict[str, str]]:
    """Which input goes to which parameter: (positional inputs in order, keyword → input).

    First by the inputs' own names, then by the usual names of the two roles, then in order; a parameter with a default
    only by its own name. A function without a readable signature, or with `*args`, gets all inputs in order.
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
    only = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and name in chosen]
    return [chosen[name] for name in only], {name: value for name, value in chosen.items() if name not in only}


def _role(parameter: str) -> str:
    return "prediction" if parameter in PREDICTIONS else "target" if parameter in TARGETS else ""
