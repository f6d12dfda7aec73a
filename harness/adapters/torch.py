"""PyTorch."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.adapters.base import Absent, numpy_dtype
from harness.adapters.build import Thunk
from harness.adapters.evaluate import Answer, Framework

COMPILERS = ("g++", "clang++", "c++")


def array(values: NDArray[Any], dtype: str) -> torch.Tensor:
    """A tensor of that dtype; NumPy converts to those it has, which takes less time."""
    if dtype == "bfloat16":
        return torch.from_numpy(values.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(values.astype(dtype))


def host(tensor: torch.Tensor) -> NDArray[Any]:
    """The tensor as ndarray; PyTorch itself cannot convert bfloat16."""
    if tensor.dtype is torch.bfloat16:
        return np.asarray(tensor.to(torch.float32).numpy(), numpy_dtype("bfloat16"))
    return np.asarray(tensor.numpy())


def wrap(value: Any) -> Any:
    """A tensor for an array; a scalar becomes a Python number, which like a NumPy scalar leaves dtypes alone."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    return value.item() if isinstance(value, np.generic) else value


def convert(value: Any, dtype: Any = None, **_: Any) -> torch.Tensor:
    """What `torch.tensor` makes of a value, except that a tensor stays what it is, derivative included."""
    if isinstance(value, list | tuple):
        tensor = _from_list(value)
    else:
        tensor = value if isinstance(value, torch.Tensor) else torch.as_tensor(value)
    return tensor if dtype is None else tensor.to(_dtype(dtype))


def _from_list(values: list[Any] | tuple[Any, ...]) -> torch.Tensor:
    if any(isinstance(value, torch.Tensor) for value in values):
        return torch.stack([convert(value) for value in values])
    if any(isinstance(value, list | tuple) for value in values):
        return torch.stack([_from_list(value) for value in values])
    return torch.tensor(values)


def _dtype(dtype: Any) -> torch.dtype:
    return dtype if isinstance(dtype, torch.dtype) else getattr(torch, np.dtype(dtype).name)


def run(function: Thunk, arrays: Mapping[str, Any], gradient: str | None, mode: str) -> Answer:
    """Value, and the gradient of its sum."""
    call = compiled(function) if mode == "compiled" else function
    if gradient is None:
        with torch.no_grad():
            return Answer(call(arrays))
    variable = arrays[gradient].requires_grad_()
    value = call(arrays)
    ones = torch.ones_like(value) if value.ndim else None
    slope = torch.autograd.grad(value, variable, ones, allow_unused=True)[0]
    return Answer(value.detach(), slope)


@lru_cache(maxsize=256)
def compiled(function: Thunk) -> Thunk:
    """`function` through `torch.compile`.

    Dynamo counts recompilations per code object and runs eagerly, without a word, beyond a limit; so each function
    gets a code object of its own.
    """
    if not any(shutil.which(compiler) for compiler in COMPILERS):
        raise Absent("torch.compile needs a C++ compiler, and there is none on PATH: install g++")

    def call(arrays: Mapping[str, Any]) -> Any:
        return function(arrays)

    own = FunctionType(call.__code__.replace(), call.__globals__, closure=call.__closure__)
    return torch.compile(own, dynamic=False)  # type: ignore[no-any-return]


def prepare() -> None:
    """One thread: the inputs are small, and the other core belongs to another framework."""
    torch.set_num_threads(1)


@contextmanager
def many() -> Iterator[None]:
    """One thread for many small calls: handing them out takes longer than they do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


CONVERSIONS = ("torch.tensor", "torch.as_tensor", "torch.asarray", "torch.from_numpy", "torch.Tensor", "numpy.array",
               "numpy.asarray")  # fmt: skip

adapter = Framework(
    name="torch",
    array=array,
    host=host,
    wrap=wrap,
    run=run,
    kind=torch.Tensor,
    functions=dict.fromkeys(CONVERSIONS, convert),
    prepare=prepare,
    many=many,
)
