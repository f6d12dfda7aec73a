"""JAX, and Optax on it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from harness.adapters.base import Request, numpy_dtype
from harness.adapters.build import Function, Thunk
from harness.adapters.evaluate import Answer, Framework


def array(values: NDArray[Any], dtype: str) -> Any:
    """An array of that dtype; int64 is int32 unless 64 bits are switched on, as in any JAX program."""
    return jnp.array(values.astype(numpy_dtype(dtype)))


def wrap(value: Any) -> Any:
    """A JAX array for an ndarray; NumPy scalars are understood as they are."""
    return jnp.asarray(value) if isinstance(value, np.ndarray) else value


def convert(value: Any, dtype: Any = None, **_: Any) -> Any:
    """What `jnp.array` makes of a value; a traced array stays traced."""
    return jnp.asarray(value, dtype)


def run(function: Thunk, arrays: Mapping[str, Any], gradient: str | None, mode: str) -> Answer:
    """Value, and the gradient of its sum."""
    call = compiled(function, gradient) if mode == "compiled" else partial(value_and_slope, function, gradient)
    return Answer(*call(dict(arrays)))


def value_and_slope(function: Thunk, gradient: str | None, arrays: Mapping[str, Any]) -> tuple[Any, Any]:
    """The value and its derivative by the input `gradient`."""
    if gradient is None:
        return function(arrays), None
    value, pull = jax.vjp(lambda variable: function({**arrays, gradient: variable}), arrays[gradient])
    return value, pull(jnp.ones_like(value))[0]


@lru_cache(maxsize=256)
def compiled(function: Thunk, gradient: str | None) -> Function:
    """Value and derivative as one XLA program."""
    return jax.jit(partial(value_and_slope, function, gradient))  # type: ignore[no-any-return]


def scope(request: Request) -> AbstractContextManager[object]:
    """64 bits only where the case asks for them, as JAX has them off by default."""
    wide = "float64" in {request.dtype, *(array.dtype for array in request.inputs.values())}
    return jax.enable_x64(wide)  # type: ignore[no-any-return]


adapter = Framework(
    name="jax",
    array=array,
    host=np.asarray,
    wrap=wrap,
    run=run,
    kind=jax.Array,
    functions=dict.fromkeys(("numpy.array", "numpy.asarray"), convert),
    scope=scope,
)
