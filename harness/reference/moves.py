"""Functions that only say which element goes where: what NumPy does to the elements' positions is done to the array."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from harness.reference.axes import axes_of, place
from harness.reference.extent import within_reach
from harness.reference.operation import (
    Operation,
    Value,
    axis_of,
    integers,
    ndim_of,
    operation,
    plain,
    shape_of,
    sizes,
)
from harness.reference.tape import Tensor

Move = Callable[[Any], Any]


def picked(x: Value, move: Move) -> Value:
    """The elements of `x` where `move` puts their positions; on the way back each gets the sum of what it became."""
    if not isinstance(x, Tensor):
        return move(np.asarray(x))
    positions = move(np.arange(int(np.prod(x.shape))).reshape(x.shape))
    return x.reshape((-1,)).index(positions)


def filled(x: Value, move: Move, value: Value = 0.0) -> Value:
    """The same where a move may leave room, marked by −1, that `value` fills."""
    if not isinstance(x, Tensor):
        x = np.asarray(x)
    positions = move(np.arange(int(np.prod(shape_of(x)))).reshape(shape_of(x)))
    chosen = picked(x, lambda _: np.maximum(positions, 0)) if np.size(plain(x)) else np.zeros(positions.shape)
    if not isinstance(chosen, Tensor):
        return np.where(positions >= 0, chosen, plain(value))
    return chosen.where(positions >= 0, value)


def rows_of(x: Tensor, axis: Any) -> Tensor:
    """The axes that are gone over as one, at the end."""
    gone = axes_of(axis_of(axis), x.ndim)
    kept = [i for i in range(x.ndim) if i not in gone]
    length = int(np.prod([x.shape[i] for i in gone]))
    return x.transpose((*kept, *gone)).reshape((*(x.shape[i] for i in kept), length))


def kept_of(out: Tensor, axis: Any, of: Tensor, keepdims: Any) -> Tensor:
    """`out`, with an axis of length 1 for each that was gone over if they are to be kept."""
    gone = axes_of(axis_of(axis), of.ndim)
    return out.reshape(tuple(1 if i in gone else n for i, n in enumerate(of.shape))) if keepdims else out


def _axes(axis: Any) -> Any:
    return None if axis is None else sizes((axis,)) if np.ndim(axis) else int(axis)


def _flip(x: Value, *axes: Any, axis: Any = None) -> Value:
    over = sizes(axes) or (None if axis is None else sizes((axis,)))
    return picked(x, lambda a: np.flip(a, over))


def _roll(x: Value, shift: Any, axis: Any = None) -> Value:
    return picked(x, lambda a: np.roll(a, sizes((shift,)) if np.ndim(shift) else int(shift), _axes(axis)))


def _tile(x: Value, *times: Any) -> Value:
    counts = sizes(times)
    within_reach((*shape_of(x), *counts))
    return picked(x, lambda a: np.tile(a, counts))


def _repeat(x: Value, times: Any, axis: Any = None) -> Value:
    counts = integers(times)
    within_reach((*shape_of(x), int(np.max(counts, initial=1))))
    return picked(x, lambda a: np.repeat(a, counts, _axes(axis)))


def _diagonal(x: Value, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Value:
    return picked(x, lambda a: np.diagonal(a, int(offset), int(dim1), int(dim2)))


def _diag(x: Value, k: int = 0) -> Value:
    if ndim_of(x) > 1:
        return _diagonal(x, k)
    length = shape_of(x)[0] + abs(int(k))
    within_reach((length, length))
    return filled(x, lambda a: np.diag(a + 1, int(k)) - 1)


def _triangle(function: Callable[..., Any]) -> Callable[..., Value]:
    return lambda x, k=0: filled(x, lambda a: function(a + 1, int(k)) - 1)


def _at_least(ndim: int) -> Callable[..., Value]:
    reshaped = {1: np.atleast_1d, 2: np.atleast_2d}[ndim]
    return lambda x: picked(x, reshaped)


def moveaxis(x: Value, source: Any, destination: Any) -> Value:
    """One axis or several moved to other places."""
    here, there = _axes(source), _axes(destination)
    if not isinstance(x, Tensor):
        return np.moveaxis(np.asarray(x), here, there)
    return x.structure(lambda a: np.moveaxis(a, here, there), lambda a: np.moveaxis(a, there, here))


# How each framework calls what stands beyond the edge.
_MODES = {"circular": "wrap", "replicate": "edge"}


def _pad(x: Value, widths: Any, mode: str = "constant", value: Value = 0.0) -> Value:
    """NumPy's, TensorFlow's and Keras' padding: a pair of widths for every axis."""
    kind = _MODES.get(mode.lower(), mode.lower())
    around = [sizes((pair,)) for pair in np.broadcast_to(np.asarray(widths), (ndim_of(x), 2))]
    within_reach(tuple(n + sum(pair) for n, pair in zip(shape_of(x), around, strict=True)))
    if kind == "constant":
        return filled(x, lambda a: np.pad(a + 1, around) - 1, 0.0 if value is None else value)
    return picked(x, lambda a: np.pad(a, around, mode=kind))  # type: ignore[call-overload]


def _torch_pad(x: Value, widths: Any, mode: str = "constant", value: Value = 0.0) -> Value:
    """torch's: pairs of widths from the last axis on."""
    flat = sizes((widths,))
    pairs = list(zip(flat[::2], flat[1::2], strict=True))[::-1]
    return _pad(x, [(0, 0)] * (ndim_of(x) - len(pairs)) + pairs, mode, value)


def _part(x: Value, at: int, start: int, stop: int) -> Value:
    return picked(x, lambda a: a[(slice(None),) * at + (slice(start, stop),)])


def _cut(x: Value, edges: Any, axis: int) -> tuple[Value, ...]:
    ends = [0, *edges, shape_of(x)[axis]]
    return tuple(_part(x, axis, a, b) for a, b in pairwise(ends))


def _sections(x: Value, parts: Any, axis: Any = 0) -> tuple[Value, ...]:
    """`parts` equal parts, or TensorFlow's list of lengths."""
    at = place(int(axis), ndim_of(x))
    length = shape_of(x)[at]
    lengths = sizes((parts,)) if np.ndim(parts) else (length // int(parts),) * int(parts)
    return _cut(x, np.cumsum(lengths)[:-1].tolist(), at)


def _at_indices(x: Value, parts: Any, axis: Any = 0) -> tuple[Value, ...]:
    """Keras' form: a list says where to cut."""
    at = place(int(axis), ndim_of(x))
    return _cut(x, sizes((parts,)), at) if np.ndim(parts) else _sections(x, parts, at)


def _of_length(x: Value, parts: Any, axis: Any = 0) -> tuple[Value, ...]:
    """torch's form: parts of that length, the last as long as what is left."""
    if np.ndim(parts):
        return _sections(x, parts, axis)
    at = place(int(axis), ndim_of(x))
    return _cut(x, range(int(parts), shape_of(x)[at], int(parts)), at)


def _chunk(x: Value, parts: Any, axis: Any = 0) -> tuple[Value, ...]:
    return _of_length(x, -(-shape_of(x)[place(int(axis), ndim_of(x))] // int(parts)), axis)


def _unstack(x: Value, axis: Any = 0, count: Any = None) -> tuple[Value, ...]:
    del count
    at = place(int(axis), ndim_of(x))
    return tuple(picked(x, partial(np.take, indices=i, axis=at)) for i in range(shape_of(x)[at]))


def _narrow(x: Value, axis: Any, start: Any, length: Any) -> Value:
    at = place(int(axis), ndim_of(x))
    return _part(x, at, int(start), int(start) + int(length))


def _unfold(x: Value, axis: Any, size: Any, step: Any) -> Value:
    at, width = place(int(axis), ndim_of(x)), int(size)
    return picked(x, lambda a: _every(np.lib.stride_tricks.sliding_window_view(a, width, at), at, int(step)))


def _every(a: Any, axis: int, step: int) -> Any:
    return a[(slice(None),) * axis + (slice(None, None, step),)]


TILE, REPEAT = operation(_tile, "x", "*"), operation(_repeat, "x", "times", "axis")

MOVES: dict[str, Operation] = {
    "flip": operation(_flip, "x", "*", "axis"),
    "reverse": operation(_flip, "x", "*", "axis"),
    "roll": operation(_roll, "x", "shift", "axis"),
    "tile": TILE,
    "repeat": REPEAT,
    "repeat_interleave": REPEAT,
    "diagonal": operation(_diagonal, "x", "offset", "dim1", "dim2"),
    "diag": operation(_diag, "x", "k"),
    "tril": operation(_triangle(np.tril), "x", "k"),
    "triu": operation(_triangle(np.triu), "x", "k"),
    "atleast_1d": operation(_at_least(1), "x"),
    "atleast_2d": operation(_at_least(2), "x"),
    "moveaxis": operation(moveaxis, "x", "source", "destination"),
    "pad": operation(_pad, "x", "widths", "mode", "value"),
    "split": operation(_at_indices, "x", "parts", "axis"),
    "chunk": operation(_chunk, "x", "parts", "axis"),
    "unstack": operation(_unstack, "x", "axis"),
    "unbind": operation(_unstack, "x", "axis"),
    "narrow": operation(_narrow, "x", "axis", "start", "length"),
    "unfold": operation(_unfold, "x", "axis", "size", "step"),
}

MOVES_OF: dict[str, Operation] = {
    "torch.Tensor.repeat": TILE,
    "torch.Tensor.split": operation(_of_length, "x", "parts", "axis"),
    "torch.nn.functional.pad": operation(_torch_pad, "x", "widths", "mode", "value"),
    "tensorflow.split": operation(_sections, "x", "parts", "axis"),
    "tensorflow.unstack": operation(_unstack, "x", "count", "axis"),
}
