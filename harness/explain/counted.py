"""Which weights a sum of weights counts: each as often as it was used, or once."""

from __future__ import annotations

import math

import numpy as np

from harness.explain.facts import Facts
from harness.records import Array
from harness.semantics import Semantics
from harness.syntax import Node


def same_weights(summed: Array, used: Array) -> bool:
    """Whether the weights that are summed are those that were used: flattened, broadcast, or as they are."""
    if np.array_equal(np.ravel(summed), np.ravel(used)):
        return True
    try:
        return np.array_equal(summed, np.broadcast_to(used, np.shape(summed)))
    except ValueError:
        return False


def weights_summed(s: Semantics, weights: Node, facts: Facts) -> str:
    """The denominator's name: weights of fewer elements than there are losses count once each where they are summed."""
    shape = facts.describe(s.layout.prediction).shape
    if s.reduction.classes not in ("flat", "none") and shape:
        axis = s.layout.class_axis if s.layout.class_axis is not None else -1
        shape = tuple(n for i, n in enumerate(shape) if i != axis % len(shape))
    every = math.prod(facts.describe(weights).shape) == math.prod(shape)
    return "weights" if every else "weights-unbroadcast"
