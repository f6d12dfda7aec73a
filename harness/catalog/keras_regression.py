"""The regression, margin and overlap losses of Keras as points of the space (tensorflow backend)."""

import math
from collections.abc import Callable

import numpy as np

from harness.catalog.api import Arguments
from harness.catalog.keras_common import EPSILON, frame, pair, precision, reduction, sample_weight
from harness.catalog.overlap import axes_of, over
from harness.semantics import Gradient, Guard, Layout, Scale, Semantics, Target, Term, Value, Weight

_FLOAT32_EPSILON = float(np.float32(EPSILON))
_FLOAT32_LOG_TWO = float(np.float32(math.log(2.0)))

# tf.maximum gives the whole slope to its first argument at a tie.
_KINK = Gradient(tie=(("relu", 1.0),))


def _mean(family: str, *parameters: tuple[str, Value]) -> Callable[[Arguments], Semantics]:
    def declare(a: Arguments) -> Semantics:
        return frame(a, Semantics(term=Term(family, parameters=parameters)), equalises=True)

    return declare


mean_squared = _mean("squared")
mean_absolute = _mean("absolute")


def absolute_percentage(a: Arguments) -> Semantics:
    """100 · |p − t| / max(|t|, 1e-7)."""
    term = Term("absolute-percentage", parameters=(("floor", EPSILON),))
    return frame(a, Semantics(term=term, scale=Scale(constant=100.0)), equalises=True)


def squared_logarithmic(a: Arguments) -> Semantics:
    """(log(1 + max(p, ε)) − log(1 + max(t, ε)))², ε being 1e-7 in float32 whatever the dtype."""
    return _mean("squared-log", ("floor", _FLOAT32_EPSILON))(a)


def log_cosh(a: Arguments) -> Semantics:
    """x + softplus(−2x) − log 2, log 2 being that of float32 whatever the dtype."""
    wide = (precision(a).input or a.dtype) == "float64"
    return _mean("log-cosh", *((("log_two", _FLOAT32_LOG_TWO),) if wide else ()))(a)


def huber(a: Arguments) -> Semantics:
    """Huber loss."""
    return _mean("huber", ("delta", a.value("delta")))(a)


def poisson(a: Arguments) -> Semantics:
    """Rate − count · log(rate + 1e-7)."""
    guard = Guard(added_epsilon=EPSILON, order=("added_epsilon",))
    return frame(a, Semantics(guard=guard, term=Term("poisson")))


def cosine(a: Arguments) -> Semantics:
    """Minus the cosine of the angle, norms floored at 1e-7."""
    # A vector of length 0 has the slope of the floor.
    base = Semantics(term=Term("cosine", parameters=(("floor", EPSILON),)), gradient=Gradient(tie=(("norm", 0.0),)))
    return frame(a, base, classes="sum", equalises=True)


def _margin(family: str, classes: str, encoding: str) -> Callable[[Arguments], Semantics]:
    def declare(a: Arguments) -> Semantics:
        base = Semantics(term=Term(family), gradient=_KINK)
        return frame(a, base, classes=classes, target=Target(encoding=encoding))

    return declare


hinge = _margin("hinge", "mean", "signed-if-not-binary")
squared_hinge = _margin("squared-hinge", "mean", "signed-if-not-binary")
categorical_hinge = _margin("categorical-hinge", "sum", "dense")


def dice(a: Arguments) -> Semantics:
    """1 − 2Σpt / (Σp + Σt + 1e-7)."""
    return _overlap(a, "dice", ("epsilon", EPSILON))


def tversky(a: Arguments) -> Semantics:
    """Tversky loss: α weighs what was missed and β what was found in vain (the documentation has it the other way)."""
    return _overlap(a, "tversky", ("alpha", a.value("alpha")), ("beta", a.value("beta")), ("epsilon", EPSILON))


def _overlap(a: Arguments, family: str, *parameters: tuple[str, Value]) -> Semantics:
    """A ratio of sums over `axis`; what is left of the axes is weighted and reduced like any per-sample loss."""
    both = pair(a, equalises=False)
    axes = axes_of(a, "axis", len(both.shape))
    left = tuple(n for i, n in enumerate(both.shape) if i not in axes)
    weight = Weight(sample=sample_weight(a, left))
    return Semantics(
        layout=Layout(both.prediction, broadcast="aligned" if both.aligned else "expanded"),
        target=Target(both.target),
        term=Term(family, parameters=(*parameters, *over(axes, len(both.shape)))),
        weight=weight,
        reduction=reduction(a, weight, left, "flat"),
        precision=precision(a),
    )
