"""An identified loss as an expression of a framework, run against the loss itself before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.boxes import Box
from harness.collect.run import open_probe
from harness.explain.standing import as_arrays
from harness.explain.translate import Translation, framework_called
from harness.explain.translate.check import Runner
from harness.explain.translate.find import inputs_in, search_of
from harness.explain.translate.translation import spelled
from harness.records import Computed, Expression, InputArray, Observation
from harness.reference.arithmetic import Plain
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics
from harness.syntax import Literal
from harness.workers import workers

ORIGINAL = Expression("the loss itself", Literal(None), "")


def express(point: Semantics, box: Box | None, to: str, inputs: Mapping[str, InputArray], dtype: str) -> Translation:
    """The shortest expression of `to` that returned what the box did, value and gradient, or why there is none.

    Args:
        point: What the box computes.
        box: The loss; None for printed numbers, for which the reference stands in.
        to: torch, tensorflow, keras, jax, numpy, sklearn or onnx.
        inputs: The inputs that the box was asked about; others are made from them.
        dtype: The dtype in which both are run.

    Raises:
        CaseError: `not-allowed`, if `to` is no framework.
    """
    to = framework_called(to)
    read = {name: array for name, array in inputs.items() if name in inputs_in(point)}
    search = search_of(point, to, read, dtype, "prediction")
    with open_probe(pool=workers()) as probe:
        asked = None if box is None else replace(box, probe=probe)

        def put(side: Expression, given: Mapping[str, InputArray], kind: str, gradient: str | None) -> Observation:
            if side is not ORIGINAL:
                return probe(side, given, kind, gradient)
            return _by_reference(point, given, kind) if asked is None else asked.observe(given, kind, gradient)

        return spelled(search, Runner(ORIGINAL, search.evaluator, dtype, search.slope, put, {}))


def _by_reference(point: Semantics, inputs: Mapping[str, InputArray], dtype: str) -> Computed:
    value = evaluate(point, as_arrays(inputs, dtype), Plain(), dtype, None).value
    return Computed(np.asarray(value, np.float64), None, dtype)
