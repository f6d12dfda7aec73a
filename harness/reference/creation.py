"""Arrays out of numbers, shapes and labels: nothing here depends on the input that is differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from harness.errors import CaseError
from harness.reference.axes import place
from harness.reference.constants import Making
from harness.reference.extent import within_reach
from harness.reference.formats import NUMPY_DTYPES
from harness.reference.operation import (
    Operation,
    Value,
    integers,
    operation,
    plain,
    shape_of,
    sizes,
    variant,
)
from harness.reference.structural import where
from harness.reference.tape import Tensor


class Limits(NamedTuple):
    """What finfo says of a dtype."""

    eps: float
    tiny: float
    smallest_normal: float
    max: float
    min: float


def limits_of(kind: str) -> Limits:
    """Its epsilon and its ends."""
    info: Any = ml_dtypes.finfo(NUMPY_DTYPES[kind])  # type: ignore[no-untyped-call]
    return Limits(*(float(getattr(info, name)) for name in Limits._fields))


def _filled(value: float) -> Callable[..., Any]:
    return lambda *lengths, shape=(): np.full(within_reach(sizes((*lengths, shape))), value)


def _full(shape: Any, filling: Value, dtype: Any = None, made_in: Any = None, *, making: Making) -> Value:
    goal = within_reach(sizes((shape,)))
    if not isinstance(filling, Tensor):
        filling = making.constant(plain(filling), dtype or made_in)
    return filling.broadcast_to(goal) if isinstance(filling, Tensor) else np.full(goal, filling)


def _full_like(x: Value, filling: Value, making: Making) -> Value:
    return _full(shape_of(x), filling, making=making)


def _like(value: float) -> Callable[..., Any]:
    return lambda x: np.full(shape_of(x), value)


def _eye(n: Any, m: Any = None) -> Any:
    rows, columns = within_reach((int(n), int(n if m is None else m)))
    return np.eye(rows, columns)


def _stepped(values: Any, kind: str | None, making: Making) -> Tensor:
    """Numbers that a library computes in a few steps from the two ends: four roundings of the larger of them."""
    held: Tensor = making.constant(values, kind)
    return held.widen(np.full(values.shape, 4.0 * np.max(np.abs(values), initial=0.0)))


def _arange(*limits: Any, dtype: Any = None, made_in: Any = None, making: Making) -> Value:
    numbers = tuple(plain(n).item() for n in limits)
    start, stop, step = {1: (0, *numbers, 1), 2: (*numbers, 1)}.get(len(numbers), numbers)
    if step == 0:
        raise CaseError("not-interpretable", "a range of step 0 has no end")
    within_reach((int(abs((stop - start) / step)),))
    found = np.arange(start, stop, step)
    return found if found.dtype.kind == "i" else _stepped(found, dtype or made_in, making)


def _linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, made_in: Any = None,
    *, making: Making,
) -> Tensor:  # fmt: skip
    (count,) = within_reach((int(num),))
    found = np.linspace(float(plain(start)), float(plain(stop)), count, endpoint=bool(endpoint))
    return _stepped(found, dtype or made_in, making)


def _one_hot(x: Value, classes: Any = -1, axis: Any = -1) -> Any:
    """Rows that are 1 at the label; of a label that is no class, all 0."""
    index = integers(x)
    count = int(np.max(index)) + 1 if int(classes) < 0 else int(classes)
    within_reach((*index.shape, count))
    hot = (index[..., None] == np.arange(count)).astype(np.int64)
    return np.moveaxis(hot, -1, place(-1 if axis is None else int(axis), hot.ndim))


def _one_hot_of_tensorflow(
    x: Value, classes: Any, on_value: Any = 1, off_value: Any = 0, axis: Any = -1, *, making: Making
) -> Value:
    hot = _one_hot(x, classes, axis)
    on, off = (making.constant(plain(v), "float32") for v in (on_value, off_value))
    return where(hot == 1, on, off)


def _multi_hot(x: Value, classes: Any) -> Any:
    """Keras': 1 at each of the labels of a row."""
    return np.max(_one_hot(x, classes), axis=1 if np.ndim(plain(x)) > 1 else 0)


def _to_categorical(x: Value, classes: Any = None) -> Any:
    index = integers(x)
    labels = index[..., 0] if index.ndim > 1 and index.shape[-1] == 1 else index
    return _one_hot(labels, -1 if classes is None else classes)


MADE = ("dtype", "making")
ARANGE = operation(_arange, "*", *MADE)
FULL = operation(_full, "shape", "filling", *MADE)
LINSPACE = operation(_linspace, "start", "stop", "num", "endpoint", *MADE)

CREATION: dict[str, Operation] = {
    "zeros": operation(_filled(0.0), "*", "shape"),
    "ones": operation(_filled(1.0), "*", "shape"),
    "full": FULL,
    "zeros_like": operation(_like(0.0), "x"),
    "ones_like": operation(_like(1.0), "x"),
    "full_like": operation(_full_like, "x", "filling", "making"),
    "eye": operation(_eye, "n", "m"),
    "arange": ARANGE,
    "linspace": LINSPACE,
    "one_hot": operation(_one_hot, "x", "classes", "axis"),
    "multi_hot": operation(_multi_hot, "x", "classes"),
    "to_categorical": operation(_to_categorical, "x", "classes"),
    "finfo": operation(limits_of, "kind"),
}

# A number becomes float32 in these unless told otherwise, whatever the arrays are made of.
_IN_FLOAT32 = {
    f"{module}.{name}": variant(made, made_in="float32")
    for made, names in ((ARANGE, ("arange", "range")), (FULL, ("full", "fill")), (LINSPACE, ("linspace",)))
    for module in ("torch", "tensorflow", "keras.ops")
    for name in names
}

CREATION_OF: dict[str, Operation] = {
    **_IN_FLOAT32,
    "tensorflow.one_hot": operation(_one_hot_of_tensorflow, "x", "classes", "on_value", "off_value", "axis", "making"),
    "builtins.range": ARANGE,
    "keras.backend.epsilon": operation(lambda: 1e-7),
    **{f"{module}.identity": CREATION["eye"] for module in ("numpy", "jax.numpy", "keras.ops")},
    "torch.Tensor.new_zeros": operation(lambda _x, *lengths: _filled(0.0)(*lengths), "_x", "*"),
    "torch.Tensor.new_ones": operation(lambda _x, *lengths: _filled(1.0)(*lengths), "_x", "*"),
    "torch.Tensor.new_full": operation(
        lambda _x, shape, filling, making: _full(shape, filling, making=making), "_x", "shape", "filling", "making"
    ),
    "torch.Tensor.new_tensor": operation(lambda _x, x: x, "_x", "x"),
}

__all__ = ["CREATION", "CREATION_OF", "Limits", "limits_of"]
