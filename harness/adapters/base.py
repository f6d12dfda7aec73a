"""What an adapter is asked, and what it must be able to do.

Nothing here imports a framework, so that the process that plans a run can import it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.records import Computed, InputArray, Lack, Observation, Unsupported
from harness.syntax import Node

INDEX_DTYPE = "int64"


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One evaluation.

    Attributes:
        tree: The whole expression, checked by the parser.
        inputs: The inputs that the tree reads, with values that their dtype represents exactly.
        dtype: The case's dtype, for every input that neither pins one nor holds class indices.
        mode: "eager" or "compiled".
        gradient: The input to differentiate the sum of the value by, or None.
        index_inputs: The integral inputs that a function of the tree takes as class indices or positions.
    """

    tree: Node
    inputs: Mapping[str, InputArray]
    dtype: str
    mode: str = "eager"
    gradient: str | None = None
    index_inputs: frozenset[str] = frozenset()


class Adapter(Protocol):
    """What a worker loads under an adapter's name; the entry points of the group `harness.adapters` are such."""

    def prepare(self) -> None:
        """Set the framework up for a process of its own: called once, and never in a user's process."""

    def observe(self, request: Request) -> Observation:
        """Put one request to the framework; whatever the framework raises may pass."""


class Absent(Exception):  # noqa: N818  it is an answer: the framework has no such function
    """The framework installed here has no function of that path."""


def dtype_of(name: str, array: InputArray, request_dtype: str, index_inputs: frozenset[str]) -> str:
    """The dtype in which the input `name` is handed to a framework: pinned, else int64 for indices, else the case's."""
    if array.dtype is not None:
        return array.dtype
    return INDEX_DTYPE if array.integral and name in index_inputs else request_dtype


def numpy_dtype(name: str) -> np.dtype[Any]:
    """NumPy's dtype of that name; bfloat16 is that of `ml_dtypes`."""
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes  # noqa: PLC0415  an environment with one old framework need not have it

    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype


def rounded(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """`values` rounded to `dtype` (nearest, ties to even) and widened again to float64 or int64; shape kept.

    Rounding once, here, makes every later conversion exact, whichever way a framework takes to its own dtype.
    """
    wide = np.int64 if dtype.startswith(("int", "uint", "bool")) else np.float64
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(numpy_dtype(dtype)).astype(wide)


def without_gradient(observation: Observation, note: str) -> Observation:
    """`observation` with the reason why it has no gradient."""
    if isinstance(observation, Computed):
        return Computed(observation.value, None, observation.dtype, note)
    return observation


# Control characters move the cursor of whoever reads a message, and half a surrogate pair cannot be written at all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def writable(text: str) -> str:
    """`text` with a mark in place of what a file or a terminal cannot take."""
    return _UNWRITABLE.sub("\ufffd", text)


LACKS = {"dtype": Lack.DTYPE, "mode": Lack.ABILITY}


def unsupported(framework: str, kind: str, name: str, known: frozenset[str]) -> Unsupported | None:
    """The answer for a dtype or mode (`kind`) that the framework does not have, or None if it has it."""
    if name in known:
        return None
    return Unsupported(f"{framework} has no {kind} {name!r} here; it has {', '.join(sorted(known))}", LACKS[kind])
