"""Rows put to the black box: what one row is worth, whatever form the whole answer has."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from harness.explain.identify.answers import Inputs, Oracle
from harness.explain.identify.assemble import Form
from harness.explain.identify.fit import Data
from harness.explain.identify.frame import Frame, Rows
from harness.explain.identify.rowwise import worth
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.semantics import Semantics

PROBES = 40
TUNED = 12
FEWEST = 24  # Answers that a fit is made from at least.
FEWEST_ROWS = 12
FEWER = 28  # Rows of one class, whose target says nothing.
ROWS_A_CLASS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """The black box seen through its frame, with the inputs beside prediction and target held at `extras`."""

    oracle: Oracle
    frame: Frame
    form: Form
    extras: Inputs

    def worth(self, semantics: Semantics, rows: Rows) -> Array:
        """What a point makes of each row, in the form of `values`."""
        return worth(semantics, rows, self.frame, self.form, self.extras)

    def values(self, rows: Rows) -> Array:
        """What each row is worth: [P], or [P, K] where elements are returned; nan where the black box raises."""
        return self._one_by_one(rows) if self.form.output == "scalar" else self._together(rows)

    def whole(self, rows: Rows) -> Array | None:
        """The answer to M rows at once."""
        return self.oracle.value(self.frame.inputs(rows, self.extras))

    def _one_by_one(self, rows: Rows) -> Array:
        m = self.frame.count
        out = np.full(rows.count, np.nan)
        for i in range(rows.count):
            answer = self.whole(Rows(np.repeat(rows.x[i : i + 1], m, 0), np.repeat(rows.t[i : i + 1], m, 0)))
            if answer is not None and answer.size == 1:
                out[i] = float(answer.reshape(-1)[0])
        return out

    def _together(self, rows: Rows) -> Array:
        m, k = self.frame.count, self.frame.classes
        out = []
        for start in range(0, rows.count, m):
            which = np.arange(start, start + m) % rows.count
            answer = self.whole(rows.pick(which))
            size = m * k if self.form.output == "element" else m
            out.append(np.full(size, np.nan) if answer is None or answer.size != size else self._flat(answer))
        flat = np.concatenate(out)
        return flat.reshape(-1, k)[: rows.count] if self.form.output == "element" else flat[: rows.count]

    def _flat(self, answer: Array) -> Array:
        if self.form.output == "element" and self.frame.shape:
            return np.moveaxis(answer.reshape(self.frame.shape), self.frame.axis, -1).reshape(-1)
        return answer.reshape(-1)


def cases(asker: Asker, rows: Rows) -> list[tuple[Inputs, Array]]:
    """Inputs that rows were asked with, and the answers: one row throughout, or M rows at a time."""
    m = asker.frame.count
    if asker.form.output == "scalar":
        picked = [
            Rows(np.repeat(rows.x[i : i + 1], m, 0), np.repeat(rows.t[i : i + 1], m, 0))
            for i in range(min(rows.count, TUNED))
        ]
    else:
        picked = [
            rows.pick(np.arange(start, start + m) % rows.count) for start in range(0, min(rows.count, TUNED * m), m)
        ]
    found = ((asker.frame.inputs(part, asker.extras), asker.whole(part)) for part in picked)
    return [(inputs, answer) for inputs, answer in found if answer is not None]


def form_of(frame: Frame, shape: tuple[int, ...]) -> Form | None:
    """What an answer of `shape` is made of; None for a form that no reduction of the space has."""
    if shape == frame.shape and shape:
        return Form("element", shape)
    size = math.prod(shape)
    if size == 1:
        return Form("scalar", shape)
    squeezed = tuple(n for n in shape if n != 1)
    if squeezed == tuple(n for n in frame.positions if n != 1):
        return Form("position", shape)
    return Form("element", shape) if squeezed == tuple(n for n in frame.shape if n != 1) else None


def neutral(frame: Frame, oracle: Oracle) -> dict[str, Array]:
    """The further inputs at values that leave a loss as it is: ones, or zeros of masks that say what to leave out.

    Numbers that stand alone stay.
    """
    ones = {n: a if a.size == 1 else np.ones_like(a) for n, a in ((n, frame.given[n]) for n in frame.extras)}
    for name in frame.extras:
        if ones[name].size > 1 and not _counts(oracle, frame, ones):
            zeros = {**ones, name: np.zeros_like(ones[name])}
            ones = zeros if _counts(oracle, frame, zeros) else ones
    return ones


def _counts(oracle: Oracle, frame: Frame, extras: Inputs) -> bool:
    answer = oracle.value({**frame.given, **extras})
    return answer is not None and bool(np.isfinite(answer).any() and np.any(answer != 0.0))


def collect(asker: Asker, source: Source, seed: int) -> Data | None:
    """Answers to random rows; None where the black box gives too few numbers for them."""
    frame = asker.frame
    count = PROBES if asker.form.output != "element" else max(PROBES // frame.classes, FEWEST_ROWS)
    return _data(asker, source, source.draw(seed, (count, frame.classes)))


def with_classes(asker: Asker, data: Data, source: Source, seed: int) -> Data:
    """`data` and as many more rows as it takes to tell the classes apart."""
    k = asker.frame.classes
    more = source.draw(seed, (ROWS_A_CLASS * k, k))
    found = _data(asker, source, Rows(np.concatenate([data.rows.x, more.x]), np.concatenate([data.rows.t, more.t])))
    return data if found is None else replace(found, per_class=True)


def of_one_class(asker: Asker, source: Source, seed: int, label: int) -> Data | None:
    """Answers to rows whose target is one class, where it is a class; else None."""
    k = asker.frame.classes
    if source.kind not in ("index", "one-hot", "simplex"):
        return None
    rows = source.draw(seed, (FEWER, k))
    return _data(asker, source, Rows(rows.x, np.repeat(np.eye(k)[label : label + 1], FEWER, 0)))


def _data(asker: Asker, source: Source, rows: Rows) -> Data | None:
    frame = asker.frame
    y = asker.values(rows)
    good = np.isfinite(y).reshape(rows.count, -1).all(1)
    if good.sum() < min(FEWEST, rows.count // 2):
        return None
    terms = frame.count * frame.classes if asker.form.output == "scalar" else frame.classes
    ignored = _ignored(rows, y) if source.kind == "index" and y.ndim == 1 else None
    if ignored is not None:
        good &= rows.t[:, ignored] == 0.0
    return Data(rows.pick(good), y[good], frame.dtype, False, terms, ignored, source.scale)  # noqa: FBT003


def _ignored(rows: Rows, y: Array) -> int | None:
    """The label that leaves nothing to count where every target has it: always nan, or always 0."""
    labels = np.argmax(rows.t, -1)
    silent = [c for c in np.unique(labels) if np.isnan(y[labels == c]).all() or not y[labels == c].any()]
    return int(silent[0]) if len(silent) == 1 and len(silent) < len(np.unique(labels)) else None
