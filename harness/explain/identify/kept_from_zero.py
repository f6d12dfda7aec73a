"""Weights divided by their sum and a number that keeps it from 0: Σ w l / (Σ w + ε), of the batch or of each sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, case_of
from harness.explain.identify.numbers import short
from harness.explain.identify.outcome import predicted
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.reference.arithmetic import FORMATS
from harness.semantics import Reduction, Semantics, with_choice
from harness.syntax import Binary, Call, Input, Literal, Node

ROUNDINGS = 64.0  # By which the answers that tell the number may be off.
TABLE = 2  # Axes of weights that samples have their own of.


def kept_from_zero(asker: Asker, s: Semantics, name: str, shape: Node, source: Source) -> Iterator[Semantics]:
    """`s`, a mean, with the input `name` as weights that are divided by their sum and a number; `shape` is it, laid out.

    What is added is small beside most sums: it is told where one weight alone is 1, and all of one sample's are.
    """
    given = np.asarray(asker.frame.given[name])
    if s.reduction.batch != "mean" or s.plus or given.ndim not in (1, TABLE):
        return
    one, all_of_it = np.zeros_like(given), np.zeros_like(given)
    one.reshape(-1)[0] = 1
    all_of_it[0 if given.ndim == TABLE else slice(None)] = 1
    cases = [case_of(asker, {**asker.extras, name: weights}, source, 71) for weights in (one, all_of_it)]
    scopes: list[tuple[Node, Reduction]] = [
        (Call("numpy.sum", (Input(name),)), replace(s.reduction, batch="sum", denominator="elements"))
    ]
    if given.ndim == TABLE:
        kept = (("keepdims", Literal(True)),)  # noqa: FBT003  a literal of the tree
        each = Call("numpy.sum", (Input(name), Literal(1)), kept)
        scopes.append((each, replace(s.reduction, batch="mean", denominator="samples")))
    for total, reduction in scopes:
        plain = replace(with_choice(s, "scale", constant=1.0), reduction=reduction)
        found = _numbers(with_choice(plain, "weight", sample=shape), cases, (1.0, float(all_of_it.sum())), asker)
        if found is not None:
            constant, added = found
            weight = Binary("/", shape, Binary("+", total, Literal(added)))
            yield with_choice(with_choice(plain, "weight", sample=weight), "scale", constant=constant)


def _numbers(s: Semantics, cases: list[Case], totals: tuple[float, float], asker: Asker) -> tuple[float, float] | None:
    """The constant c and the added ε of c S / (W + ε), by its values for two W; `s` is S."""
    sums: list[Array] = []
    for case in cases:
        value = predicted(s, case.inputs, asker.frame.dtype)
        if value is None or case.answer is None or value.size != 1 or case.answer.size != 1:
            return None
        sums.append(value.reshape(()))
    # How much one is worth: (W + ε) / c.
    with np.errstate(all="ignore"):
        first, second = (
            float(value / case.answer) for value, case in zip(sums, cases, strict=True) if case.answer is not None
        )
        constant = (totals[1] - totals[0]) / (second - first)
    error = ROUNDINGS * FORMATS[asker.frame.dtype].u
    if not np.isfinite(constant) or constant <= 0.0:
        return None
    constant = short(constant, error * constant * max(first, second) / abs(second - first))
    added = constant * first - totals[0]
    added = short(added, error * (totals[0] + abs(added)))
    return (constant, added) if added > 0.0 else None
