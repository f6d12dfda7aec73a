"""TensorFlow."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from harness.adapters.build import Function, Thunk
from harness.adapters.evaluate import Answer, Framework


def array(values: NDArray[Any], dtype: str) -> Any:
    """A tensor of that dtype."""
    return tf.constant(values.astype(tf.as_dtype(dtype).as_numpy_dtype))


def host(tensor: Any) -> NDArray[Any]:
    """The tensor as ndarray; bfloat16 is that of `ml_dtypes`."""
    return np.asarray(tensor.numpy())


def wrap(value: Any) -> Any:
    """A tensor for an array; NumPy scalars are understood as they are."""
    return tf.convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def convert(value: Any, dtype: Any = None, **_: Any) -> Any:
    """What `tf.constant` makes of a value, except that a tensor stays what it is, derivative included."""
    if isinstance(value, tf.Tensor):
        return value if dtype is None else tf.cast(value, dtype)
    return tf.convert_to_tensor(value, dtype)


def run(function: Thunk, arrays: Mapping[str, Any], gradient: str | None, mode: str) -> Answer:
    """Value, and the gradient of its sum."""
    call = compiled(function, gradient) if mode == "compiled" else partial(value_and_slope, function, gradient)
    return Answer(*call(dict(arrays)))


def value_and_slope(function: Thunk, gradient: str | None, arrays: Mapping[str, Any]) -> tuple[Any, Any]:
    """The value and, dense, its derivative by the input `gradient`."""
    if gradient is None:
        return function(arrays), None
    with tf.GradientTape() as tape:
        tape.watch(arrays[gradient])
        value = function(arrays)
    slope = tape.gradient(value, arrays[gradient])
    return value, None if slope is None else tf.convert_to_tensor(slope)


@lru_cache(maxsize=256)
def compiled(function: Thunk, gradient: str | None) -> Function:
    """Value and derivative as one XLA program."""
    return tf.function(partial(value_and_slope, function, gradient), jit_compile=True)  # type: ignore[no-any-return]


def prepare() -> None:
    """One thread: the inputs are small, and the other core belongs to another framework."""
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)


CONVERSIONS = ("tensorflow.constant", "tensorflow.convert_to_tensor", "tensorflow.Variable", "numpy.array",
               "numpy.asarray", "keras.ops.array", "keras.ops.convert_to_tensor")  # fmt: skip

adapter = Framework(
    name="tensorflow",
    array=array,
    host=host,
    wrap=wrap,
    run=run,
    kind=tf.Tensor,
    functions=dict.fromkeys(CONVERSIONS, convert),
    prepare=prepare,
)
