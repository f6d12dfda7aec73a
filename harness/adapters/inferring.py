"""Which framework a Python function is for, read from what it names: itself, and the functions and methods it calls.

No framework is imported for that. A function that names none may still be for one, since `(p - t).square().mean()` is
PyTorch's spelling and names nothing: then what the modules around it import, and what the process has loaded, is tried.
"""

import functools
import inspect
import sys
from collections.abc import Callable as Function
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

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
ADAPTERS = tuple(dict.fromkeys(ROOTS.values()))
PLAIN = "numpy"
DEPTH = 6  # Calls from a function to one that it calls, and so on.


def framework_of(function: Function[..., object]) -> str:
    """The adapter whose arrays `function` takes: the likeliest of `frameworks_of`."""
    return frameworks_of(function)[0]


def frameworks_of(function: Function[..., object]) -> tuple[str, ...]:
    """The adapters whose arrays `function` may take, likeliest first.

    One alone where its annotations, its class, or the names in it and in what it calls say which. Else those that the
    modules of these functions import, NumPy, and whatever else has been imported in this process.
    """
    seen = _Seen()
    seen.look(function, DEPTH)
    named = [name for name in ADAPTERS if name in seen.adapters]
    if named and named[0] != PLAIN:
        return (named[0],)
    around = [name for name in ADAPTERS if name in seen.around and name != PLAIN]
    loaded = [name for name in ADAPTERS if name in sys.modules and name != PLAIN]
    first = (PLAIN, *around) if named else (*around, PLAIN)
    return tuple(dict.fromkeys((*first, *loaded)))


class _Seen:
    """What was met on the way through a function: adapters that are named, and those that are imported around it."""

    def __init__(self) -> None:
        self.adapters: set[str] = set()
        self.around: set[str] = set()
        self._looked: set[int] = set()

    def look(self, function: Any, depth: int) -> None:
        """Take in a function, or an object with `__call__`, and what it calls."""
        while isinstance(function, functools.partial):
            for value in (*function.args, *function.keywords.values()):
                self._name(value)
            function = function.func
        if id(function) in self._looked or depth == 0:
            return
        self._looked.add(id(function))
        for cls in type(function).__mro__:
            self._name(cls)
        method = function if inspect.isroutine(function) else type(function).__call__
        plain = inspect.unwrap(getattr(method, "__func__", method))
        for value in (plain, *getattr(plain, "__annotations__", {}).values()):
            self._name(value)
        if isinstance(getattr(plain, "__code__", None), CodeType):
            self._body(plain, [function, getattr(function, "__self__", None)], depth)

    def _body(self, plain: Any, owners: list[Any], depth: int) -> None:
        """The names in a function's code, and what they stand for: there, or as methods and attributes of its owner."""
        cells = zip(plain.__code__.co_freevars, plain.__closure__ or (), strict=False)
        known = {**plain.__globals__, **{name: _content(cell) for name, cell in cells}}
        self.around |= {ROOTS[root] for root in map(_root, known.values()) if root in ROOTS}
        holders = [owner for owner in owners if owner is not None]
        for name in dict.fromkeys(_names(plain.__code__)):
            values = [known[name]] if name in known else []
            values += [getattr(holder, name) for holder in holders if name in dir(holder)]
            if not values:
                self._name(name)
            for value in values:
                self._name(value)
                if isinstance(value, ModuleType) and _root(value) not in ROOTS:
                    holders.append(value)
                elif _is_own(value):
                    self.look(value, depth - 1)

    def _name(self, value: object) -> None:
        root = _root(value)
        if root in ROOTS:
            self.adapters.add(ROOTS[root])


def _content(cell: Any) -> object:
    """What a closure holds; a cell may still be empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_own(value: Any) -> bool:
    """Whether it is a function, a partial or an object that can be called, of no framework and not built in."""
    if isinstance(value, type) or not callable(value) or _root(value) in ROOTS:
        return False
    written = inspect.isfunction(inspect.unwrap(getattr(value, "__func__", value)))
    return written or isinstance(value, functools.partial) or inspect.isfunction(_call_of(value))


def _call_of(value: Any) -> Any:
    return next((vars(cls)["__call__"] for cls in type(value).__mro__ if "__call__" in vars(cls)), None)


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
