"""An input that is the variance of each prediction, its root, or the logarithm of either: Gaussian likelihoods."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.identify.asking import Asker
from harness.explain.identify.frame import Rows
from harness.explain.identify.numbers import short
from harness.explain.identify.outcome import predicted, roughly
from harness.explain.identify.samples import Source
from harness.reference.arithmetic import FORMATS
from harness.semantics import Semantics, Term, with_choice
from harness.syntax import Binary, Call, Literal, Node
from harness.trees import inputs_of


def as_variance(s: Semantics, given: Node) -> Iterator[Semantics]:
    """What a squared error becomes beside a variance, which is told by a deviation or by a logarithm as well."""
    if s.term.family != "squared" or s.plus or s.target.smoothing is not None:
        return
    doubled = Binary("*", Literal(2.0), given)
    for variance in (given, Binary("*", given, given), Call("numpy.exp", (given,)), Call("numpy.exp", (doubled,))):
        for full in ((), (("full", 1.0),)):
            term = Term("gaussian-nll", parameters=(("variance", variance), *full))
            for constant in (1.0, 2.0):
                yield replace(s, term=term, scale=replace(s.scale, constant=constant, offset=0.0))


def with_floor(asker: Asker, s: Semantics, source: Source) -> Semantics:
    """`s` with what its variance is floored at: without variance and without error it is linear in log floor."""
    variance = dict(s.term.parameters).get("variance", 1.0)
    names = inputs_of(variance) if isinstance(variance, Node) else ()
    if s.term.family != "gaussian-nll" or len(names) != 1:
        return s
    (name,), frame = names, asker.frame
    rows = source.draw(61, (frame.count, frame.classes))
    inputs = frame.inputs(Rows(rows.t, rows.t), {**asker.extras, name: np.zeros_like(frame.given[name])})
    answer = asker.oracle.value(inputs)

    def floored(floor: float) -> Semantics:
        return with_choice(s, "term", parameters=(*s.term.parameters, ("floor", floor)))

    bare = predicted(s, inputs, frame.dtype)
    if bare is None or np.any(np.isfinite(bare)):
        return s  # Nothing of the input is still some variance: its logarithm was given.
    tried = [predicted(floored(floor), inputs, frame.dtype) for floor in (1.0, math.e)]
    if answer is None or tried[0] is None or tried[1] is None or not np.all(np.isfinite(answer)):
        return s
    one, e, y = (float(np.sum(a)) for a in (tried[0], tried[1], answer))
    log = (y - one) / (e - one)
    floor = short(math.exp(log), math.exp(log) * 64.0 * FORMATS[frame.dtype].u * max(1.0, abs(log)))
    return floored(floor) if roughly(floored(floor), inputs, answer, frame.dtype) else s
