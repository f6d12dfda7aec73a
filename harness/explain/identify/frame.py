"""The form of a black box's inputs: which array is which, where the classes are, what the numbers may be.

Everything is probed through *rows*: a row is one sample's (or one position's) prediction over the classes, with its
target. The frame puts rows into arrays of the user's shapes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records import Array, InputArray
from harness.reference.arithmetic import quantise
from harness.semantics import Semantics
from harness.syntax import Input, Literal, Node
from harness.trees import substitute

CONSTANT = {"absent": 0.0, "certain": 1.0}  # What the target is where there is none.
TABLE = 2  # Axes of a table: samples and classes.
SUMMED = frozenset({"one-hot", "distribution", "log-distribution", "lists"})  # Kinds that show where the classes are.
SUM_DIGITS = 5  # Written probabilities carry few digits; rows of them sum to 1 to so many.


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Probes: predictions x and targets t, both [P, K]; `labels` [P] where the target is a class index."""

    x: Array
    t: Array

    @property
    def count(self) -> int:
        """P."""
        return int(self.x.shape[0])

    def pick(self, which: Any) -> Rows:  # noqa: ANN401  any index of NumPy's
        """Some of the rows."""
        return Rows(self.x[which], self.t[which])


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """How rows become the inputs of one black box.

    Attributes:
        prediction: Name of the input that is predicted with.
        target: Name of the target.
        given: The user's own inputs, rounded to the dtype.
        axis: The axis that rows run along.
        kind: What the target is: index, lists, one-hot, binary, signed, distribution, log-distribution, unit, count, positive,
            real; absent or certain where there is none and it is always 0 or always 1.
        domain: What predictions may be: unit, positive, negative, real.
        dtype: The dtype asked in.
        tree: What is read as the prediction, in terms of the user's own.
        exact: Whether the prediction is an input itself, and no quantity that is rounded on its way to the black box.
        source: What is read as the target, in terms of the user's own; None for the target as it is.
    """

    prediction: str
    target: str
    given: Mapping[str, NDArray[Any]]
    axis: int
    kind: str
    domain: str
    dtype: str
    tree: Node = Input("prediction")
    exact: bool = True
    source: Node | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the prediction."""
        return self.given[self.prediction].shape

    @property
    def classes(self) -> int:
        """K, the length of a row."""
        return self.shape[self.axis] if self.shape else 1

    @property
    def positions(self) -> tuple[int, ...]:
        """Shape of the prediction without the class axis."""
        return tuple(n for i, n in enumerate(self.shape) if i != self.axis)

    @property
    def count(self) -> int:
        """M, the number of rows in one set of inputs."""
        return math.prod(self.positions)

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of the inputs that are neither prediction nor target."""
        return tuple(name for name in self.given if name not in (self.prediction, self.target))

    def inputs(self, rows: Rows, extras: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """M rows as inputs of the user's shapes."""
        return {**self.given, **extras, self.prediction: self.arrange(rows.x), self.target: self.arrange_target(rows.t)}

    def arrange(self, x: Array) -> Array:
        """[M, K] as an array of the prediction's shape."""
        if not self.shape:
            return x.reshape(())
        return np.moveaxis(x.reshape((*self.positions, self.classes)), -1, self.axis)

    def arrange_target(self, t: Array) -> NDArray[Any]:
        """[M, K] as an array of the target's shape; class indices where the target is one."""
        shape = self.given[self.target].shape
        if self.kind == "index":
            return np.asarray(np.argmax(t, axis=-1).reshape(shape), np.int64)
        if self.kind == "lists":
            return self.arrange(lists_of(t)).reshape(shape).astype(np.int64)
        return self.arrange(t).reshape(shape)

    def rows_of(self, inputs: Mapping[str, NDArray[Any]]) -> Rows:
        """The rows that `inputs` consist of."""
        x = self._flat(np.asarray(inputs[self.prediction], np.float64))
        if self.kind == "index":
            labels = np.asarray(inputs[self.target]).reshape(-1).astype(np.int64)
            return Rows(x, (labels[:, None] == np.arange(self.classes)).astype(np.float64))
        return Rows(x, self._flat(np.asarray(inputs[self.target], np.float64).reshape(self.shape)))

    def longer(self, times: int) -> Frame:
        """The frame of a batch so many times as long."""
        return replace(self, given=self.longer_inputs(self.given, times))

    def longer_inputs(self, inputs: Mapping[str, NDArray[Any]], times: int) -> dict[str, NDArray[Any]]:
        """Inputs of a batch so many times as long: each that is as long as the batch is repeated."""
        length = self.shape[0] if self.shape else 0
        return {n: np.concatenate([a] * times) if a.ndim and len(a) == length else a for n, a in inputs.items()}

    def named(self, semantics: Semantics) -> Semantics:
        """`semantics`, found on inputs called prediction and target, in terms of the user's own."""
        mapping: dict[str, Node] = {
            "prediction": substitute(self.tree, {"prediction": Input(self.prediction)}),
            "target": Literal(CONSTANT[self.kind]) if self.kind in CONSTANT else self.source or Input(self.target),
        }
        layout = replace(semantics.layout, prediction=substitute(semantics.layout.prediction, mapping))
        target = replace(semantics.target, source=substitute(semantics.target.source, mapping))
        return replace(semantics, layout=layout, target=target, plus=tuple(map(self.named, semantics.plus)))

    def _flat(self, array: Array) -> Array:
        return np.moveaxis(array, self.axis, -1).reshape((-1, self.classes)) if self.shape else array.reshape((1, 1))


def frames_of(
    specimen: Mapping[str, InputArray], prediction: str, target: str, dtype: str, absent: str = "absent"
) -> tuple[Frame, ...]:
    """The frames that the user's inputs may have, likeliest first; none where prediction and target have no common form.

    They differ in the axis of the classes. Where there is no target, it is of the kind `absent`.
    """
    given = {
        n: a.values if a.values.dtype.kind in "iub" else quantise(a.values, a.dtype or dtype)
        for n, a in specimen.items()
    }
    x = given[prediction] = np.asarray(given[prediction], np.float64)
    if not x.size:
        return ()
    if target not in given:
        given[target] = np.full(x.shape, CONSTANT[absent])
        return (Frame(prediction, target, given, max(x.ndim - 1, 0), absent, domain_of(x), dtype),)
    t = given[target]
    axes = _index_axes(x.shape, t, specimen[target].integral)
    if axes:
        return tuple(Frame(prediction, target, given, axis, "index", domain_of(x), dtype) for axis in axes)
    if math.prod(x.shape) != math.prod(t.shape):
        return ()
    return tuple(_dense(prediction, target, given, dtype, integral=specimen[target].integral))


def frame_of(
    specimen: Mapping[str, InputArray], prediction: str, target: str, dtype: str, absent: str = "absent"
) -> Frame | None:
    """The likeliest frame of the user's inputs; None where prediction and target have no common form here."""
    return next(iter(frames_of(specimen, prediction, target, dtype, absent)), None)


def _dense(
    prediction: str, target: str, given: Mapping[str, NDArray[Any]], dtype: str, *, integral: bool
) -> Iterator[Frame]:
    """Frames of targets of as many numbers as the prediction has: the classes along the axis over which they sum to 1.

    Where they do so along none, along the second axis of an image and the last of a table, and of the others afterwards.
    """
    x, t = given[prediction], given[target]
    usual = 1 if x.ndim > TABLE else max(x.ndim - 1, 0)
    order = dict.fromkeys((usual, x.ndim - 1, *range(x.ndim))) if x.ndim else {0: None}
    real = np.asarray(t, np.float64)
    found = []
    for axis in order:
        lists = integral and _are_lists(t, x.shape[axis] if x.ndim else 1)
        rows = np.moveaxis(real.reshape(x.shape), axis, -1) if x.ndim else real.reshape((1,))
        kind = "lists" if lists else kind_of(rows)
        found.append(
            Frame(prediction, target, {**given, target: t if lists else real}, axis, kind, domain_of(x), dtype)
        )
    yield from sorted(found, key=lambda frame: frame.kind not in SUMMED)


def _index_axes(shape: tuple[int, ...], t: NDArray[Any], integral: bool) -> tuple[int, ...]:  # noqa: FBT001
    """The axes that classes may lie along, if `t` can be class indices.

    Its shape is the prediction's less that axis, or has a length of 1 there. Labels of a type that holds fractions are
    taken for indices where nothing else fits.
    """
    if not shape or not (integral or (t.shape != shape and np.all(t == np.round(t)))):
        return ()
    found = []
    for axis in dict.fromkeys((*((1,) if len(shape) > 1 else ()), len(shape) - 1, *range(len(shape)))):
        rest = tuple(n for i, n in enumerate(shape) if i != axis)
        with_one = tuple(1 if i == axis else n for i, n in enumerate(shape))
        if shape[axis] > 1 and (t.shape == rest or (t.shape == with_one and t.shape != shape)):
            found.append(int(axis))
    return tuple(found)


def lists_of(t: Array) -> Array:
    """Rows of 0 and 1 as lists of the classes that are 1, filled up with −1."""
    k = t.shape[-1]
    lists = np.sort(np.where(t > 0, np.arange(k), k), axis=-1)
    return np.where(lists < k, lists, -1)


def _are_lists(t: NDArray[Any], classes: int) -> bool:
    """Whether targets can be lists of classes, each up to the first −1; of −1, 0 and 1 other things are made."""
    values = np.unique(t)
    return classes > 1 and -1 in values and values[0] == -1 and 1 < values[-1] < classes


def kind_of(t: Array) -> str:
    """What targets are, classes last: one-hot, binary, signed, distribution, log-distribution, unit, count, positive, real."""
    values = np.unique(t)
    sums_to_one = t.shape[-1] > 1 and bool(np.all(np.round(t.sum(-1), SUM_DIGITS) == 1.0))
    if np.isin(values, (0.0, 1.0)).all():
        return "one-hot" if sums_to_one else "binary"
    if np.isin(values, (-1.0, 1.0)).all():
        return "signed"
    if values[0] >= 0 and values[-1] <= 1:
        return "distribution" if sums_to_one else "unit"
    if values[-1] <= 0 and t.shape[-1] > 1 and bool(np.all(np.round(np.exp(t).sum(-1), SUM_DIGITS) == 1.0)):
        return "log-distribution"
    if values[0] >= 0:
        return "count" if np.all(values == np.round(values)) else "positive"
    return "real"


def domain_of(x: Array) -> str:
    """What predictions may be: unit, positive, negative, real."""
    if x.size and x.min() >= 0:
        return "unit" if x.max() <= 1 else "positive"
    return "negative" if x.size and x.max() <= 0 else "real"
