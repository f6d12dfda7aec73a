"""Says why two losses differ, and proves it.

`explain` and `assert_equivalent` are for other people's code; `python -m harness` and the command `harness` are for
the terminal. Names are loaded when first used, so that importing the package costs nothing in a worker process.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.explain.translate import Translation
    from harness.identified import Identified
    from harness.library import Explained, assert_equivalent, explain, identify, translate

__all__ = ["Explained", "Identified", "Translation", "assert_equivalent", "explain", "identify", "translate"]


def __getattr__(name: str) -> object:
    """A public name, from the module that holds it."""
    if name not in __all__:
        raise AttributeError(f"module 'harness' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module("harness.library"), name)


def __dir__() -> list[str]:
    """The public names, although none is loaded yet."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


class _House(ModuleType):
    """`harness.explain` is the function, although importing the folder of that name would make it the folder."""

    @property
    def explain(self) -> object:
        return __getattr__("explain")

    @explain.setter
    def explain(self, module: ModuleType) -> None:
        """What the import system does after importing a part of a package."""


sys.modules[__name__].__class__ = _House
