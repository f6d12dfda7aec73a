"""How every framework is asked: one function that evaluates, and one place where whatever it raises is caught."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.adapters.base import Absent, Adapter, Request, dtype_of, unsupported, without_gradient, writable
from harness.adapters.build import Function, Thunk, build, is_host, resolve, severed_at
from harness.records import DTYPES, Computed, Crashed, Observation, Raised, Unsupported
from harness.syntax import Node

MESSAGE_LINES = 4
MESSAGE_WIDTH = 500


class Answer(NamedTuple):
    """What a framework returned, as its own objects; `gradient` is None where there is no path to differentiate."""

    value: Any
    gradient: Any = None


def _nothing() -> None:
    pass


def _unscoped(_: Request) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, eq=False)
class Framework:
    """An adapter made of the few things in which frameworks differ.

    Attributes:
        name: The adapter's name.
        array: (values, dtype name) → the framework's own array, sharing no memory; `values` are exact in the dtype.
        host: The framework's array → ndarray.
        wrap: What a NumPy function returned → what the framework computes on.
        run: (function of arrays, arrays, gradient input or None, mode) → Answer.
        kind: The type of the framework's arrays.
        find: Canonical path → object; for frameworks whose functions are not attributes of their modules.
        functions: Canonical path → function used in place of the one at that path: conversions of what is an array
            already, which must keep the derivative.
        dtypes, modes: What it can be asked.
        no_gradient: Why it cannot differentiate; empty if it can.
        scope: Context in which a request is evaluated.
        prepare: See `Adapter.prepare`.
        many: Context in which a user's process makes many small calls in a row; afterwards all is as it was.
    """

    name: str
    array: Callable[[NDArray[Any], str], Any]
    host: Callable[[Any], NDArray[Any]]
    wrap: Callable[[Any], Any]
    run: Callable[[Thunk, Mapping[str, Any], str | None, str], Answer]
    kind: type
    find: Callable[[str], Any] = resolve
    functions: Mapping[str, Function] = field(default_factory=dict)
    dtypes: frozenset[str] = frozenset(DTYPES)
    modes: frozenset[str] = frozenset({"eager", "compiled"})
    no_gradient: str = ""
    scope: Callable[[Request], AbstractContextManager[object]] = _unscoped
    prepare: Function = _nothing
    many: Callable[[], AbstractContextManager[object]] = nullcontext

    @property
    def on_host(self) -> bool:
        """Whether it computes on ndarrays, so that NumPy's functions are its own."""
        return issubclass(self.kind, np.ndarray)

    def observe(self, request: Request) -> Observation:
        """Evaluate a request; gradient and value are float64 copies of what the framework returned."""
        refusal = unsupported(self.name, "dtype", request.dtype, self.dtypes) or unsupported(
            self.name, "mode", request.mode, self.modes
        )
        if refusal:
            return refusal
        note = self._gradient_note(request)
        if note:
            return without_gradient(self.observe(replace(request, gradient=None)), note)
        thunk, severed = _prepared(self, request.tree, request.gradient)
        if severed:
            return without_gradient(self.observe(replace(request, gradient=None)), severed)
        return self.differentiate(thunk, request)

    def differentiate(self, function: Thunk, request: Request) -> Observation:
        """Like `observe`, for a Python function of the arrays in place of the request's tree."""
        with self.scope(request):
            answer = self.run(function, self._arrays(request), request.gradient, request.mode)
            return self._computed(request, answer)

    def numbers(self, value: Any) -> NDArray[Any]:
        """An ndarray of what a side returned: an array of the framework, a number, or a list of those."""
        if isinstance(value, self.kind):
            return self.host(value)
        if isinstance(value, list | tuple):
            return np.stack([self.numbers(item) for item in value])
        return np.asarray(value)

    def _arrays(self, request: Request) -> dict[str, Any]:
        return {
            name: self.array(array.values, dtype_of(name, array, request.dtype, request.index_inputs))
            for name, array in request.inputs.items()
        }

    def _computed(self, request: Request, answer: Answer) -> Computed:
        value, gradient = self.numbers(answer.value), answer.gradient
        note = "" if gradient is not None or request.gradient is None else _unconnected(request.gradient)
        return Computed(
            value=value.astype(np.float64),
            gradient=None if gradient is None else self.numbers(gradient).astype(np.float64),
            dtype=_name(value.dtype),
            gradient_note=note,
        )

    def _gradient_note(self, request: Request) -> str:
        name = request.gradient
        if name is None:
            return ""
        if self.no_gradient:
            return self.no_gradient
        if name not in request.inputs:
            return f"the expression does not read {name!r}"
        dtype = dtype_of(name, request.inputs[name], request.dtype, request.index_inputs)
        if dtype not in DTYPES:
            return f"{name!r} is given as {dtype}, which has no derivative"
        return ""


def _unconnected(name: str) -> str:
    return f"the framework finds no differentiable path from {name!r} to the value"


@lru_cache(maxsize=64)
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.name


@lru_cache(maxsize=4096)
def _prepared(framework: Framework, tree: Node, gradient: str | None) -> tuple[Thunk, str]:
    """The tree as a function, and why it cannot be differentiated, or empty."""
    own = framework.functions.keys()
    severed = gradient and not framework.on_host and severed_at(tree, gradient, frozenset(own))
    note = f"{severed} takes {gradient!r} out of {framework.name}, so no derivative passes" if severed else ""
    return _built(framework, tree), note


@lru_cache(maxsize=4096)
def _built(framework: Framework, tree: Node) -> Thunk:
    """One function per tree, with and without gradient, so that compilers see it once."""
    return build(tree, partial(_find, framework))


def _find(framework: Framework, path: str) -> Any:
    if path in framework.functions:
        return framework.functions[path]
    found = framework.find(path)
    foreign = is_host(path) and not framework.on_host
    return partial(_on_host, framework, found) if foreign and callable(found) else found


def _on_host(framework: Framework, function: Function, *args: Any, **kwargs: Any) -> Any:
    """Call a NumPy function on copies of the framework's arrays, and hand its result back to the framework."""
    arguments = [_to_host(framework, arg) for arg in args]
    return framework.wrap(function(*arguments, **{name: _to_host(framework, arg) for name, arg in kwargs.items()}))


def _to_host(framework: Framework, value: Any) -> Any:
    if isinstance(value, framework.kind):
        return framework.host(value)
    if isinstance(value, list | tuple):
        return type(value)(_to_host(framework, item) for item in value)
    return value


def observe(adapter: Adapter, request: Request) -> Observation:
    """Put a request to an adapter; whatever it raises becomes the observation.

    Where the derivative alone fails, the value is observed without it and the note says what was raised.
    """
    observation = guarded(adapter.observe, request)
    if isinstance(observation, Computed) and isinstance(observation.gradient, np.ndarray) and request.gradient:
        given, found = request.inputs.get(request.gradient), observation.gradient.shape
        wanted = "no such input" if given is None else f"an input of shape {given.values.shape}"
        if given is None or found != given.values.shape:
            return Crashed(f"answered with a gradient of shape {found} by {wanted}")
    return observation


def guarded(
    ask: Callable[[Request], Observation], request: Request, told: Callable[[Exception], str] = str
) -> Observation:
    """`ask(request)`, with an exception as `Raised`. The only place in the project that catches every exception."""
    try:
        return ask(request)
    except Absent as absent:
        return Unsupported(str(absent))
    except Exception as error:  # noqa: BLE001  a framework may raise anything, and that is an answer
        raised = Raised(type(error).__name__, _shortened(told(error)))
    if request.gradient is None:
        return raised
    value = guarded(ask, replace(request, gradient=None), told)
    return without_gradient(value, f"{raised.kind}: {raised.message}") if isinstance(value, Computed) else raised


def _shortened(message: str) -> str:
    lines = [line.rstrip() for line in message.strip().splitlines() if line.strip()]
    return writable("\n".join(lines[:MESSAGE_LINES])[:MESSAGE_WIDTH])
