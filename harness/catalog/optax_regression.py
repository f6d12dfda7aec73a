"""The divergences, regressions, similarities and overlaps of optax as points of the space."""

from dataclasses import replace

from harness.catalog.api import Arguments
from harness.catalog.optax_classes import ELEMENTWISE, elementwise, emptied, full_mask, per_sample
from harness.catalog.overlap import axes_of, over
from harness.semantics import (
    Activation,
    Layout,
    Reduction,
    Scale,
    Semantics,
    Target,
    Term,
    Value,
    Weight,
)  # fmt: skip
from harness.syntax import Call, Literal, Node


def error(family: str, a: Arguments, *parameters: tuple[str, Value]) -> Semantics:
    """A loss of p − t alone; without targets, of p."""
    return Semantics(
        layout=elementwise(a, "predictions", "targets"),
        target=Target(a.node("targets") if a.given("targets") else Literal(0.0)),
        term=Term(family, parameters=parameters),
        reduction=ELEMENTWISE,
    )


def half_squared(a: Arguments) -> Semantics:
    """Half the squared error."""
    return replace(error("squared", a), scale=Scale(constant=0.5))


def huber(a: Arguments) -> Semantics:
    """Huber loss."""
    return error("huber", a, ("delta", a.value("delta")))


def divergence(family: str, target: str, a: Arguments) -> Semantics | None:
    """A divergence of log-probabilities; a mask over classes is a point of the space for the plain one only."""
    whole, mask = per_sample(a, "log_predictions", target), full_mask(a, "log_predictions")
    encoding = "log" if target == "log_targets" else "dense"
    if whole is None or (mask is not None and (family != "kl" or encoding == "log")):
        return None
    whole = replace(whole, target=replace(whole.target, encoding=encoding), term=Term(family))
    whole = replace(whole, activation=Activation(("exp",)))
    return whole if mask is None else emptied(whole, mask)


def similarity(a: Arguments) -> Semantics | None:
    """The cosine of the angle; ε is the least that the *squared* norms may be."""
    whole = per_sample(a, "predictions", "targets")
    if whole is None:
        return None
    epsilon = a.value("epsilon")
    parameters: tuple[tuple[str, Value], ...] = (("floor", epsilon), ("floor_on_square", 1.0)) if epsilon != 0.0 else ()
    mask = full_mask(a, "predictions")
    if mask is not None:
        prediction = Call("numpy.where", (mask, whole.layout.prediction, Literal(0.0)))
        whole = replace(emptied(whole, mask), layout=replace(whole.layout, prediction=prediction))
    return replace(whole, term=Term("cosine", parameters=parameters), scale=Scale(sign=-1))


def distance(a: Arguments) -> Semantics | None:
    """1 − the cosine of the angle."""
    whole = similarity(a)
    if whole is None:
        return None
    parameters = (*whole.term.parameters, ("distance", 1.0))
    return replace(whole, term=replace(whole.term, parameters=parameters), scale=Scale())


def dice(a: Arguments) -> Semantics | None:
    """1 − (I + s) / (I + α false + β missed + s) per sample and class, then over the classes."""
    x, t, shape = _same_rank(a)
    axes = axes_of(a, "axis", len(shape)) if a.given("axis") else tuple(range(1, len(shape) - 1))
    if a.plain("ignore_background") or len(shape) - 1 in axes:
        return None
    activation = _activation(a, "apply_softmax", "softmax" if shape[-1] > 1 else "sigmoid")
    return _overlap(a, (x, t), activation, over(axes, len(shape)))


def binary_dice(a: Arguments) -> Semantics | None:
    """The same for one class behind a sigmoid; the samples are what is left."""
    xs, ts = a.shape("predictions"), a.shape("targets")
    if len(xs) != len(ts):
        return None
    x, t = a.node("predictions"), a.node("targets")
    ndim = len(xs) if xs[-1] == 1 else len(xs) + 1
    if ndim > len(xs):
        x, t = (Call("numpy.expand_dims", (node, Literal(-1))) for node in (x, t))
    return _overlap(a, (x, t), _activation(a, "apply_sigmoid", "sigmoid"), over(tuple(range(1, ndim - 1)), ndim))


def _activation(a: Arguments, flag: str, name: str) -> Activation:
    return Activation((name,) if a.plain(flag) else ())


def _same_rank(a: Arguments) -> tuple[Node, Node, tuple[int, ...]]:
    x, t, xs, ts = a.node("predictions"), a.node("targets"), a.shape("predictions"), a.shape("targets")
    if len(xs) == len(ts) - 1:
        return Call("numpy.expand_dims", (x, Literal(-1))), t, ts
    if len(ts) == len(xs) - 1:
        return x, Call("numpy.expand_dims", (t, Literal(-1))), xs
    return x, t, xs


Parameters = tuple[tuple[str, Value], ...]


def _overlap(a: Arguments, pair: tuple[Node, Node], activation: Activation, axes: Parameters) -> Semantics:
    family, parameters = _ratio(a.value("smooth"), _of(a, "alpha"), _of(a, "beta"))
    return Semantics(
        layout=Layout(pair[0], softmax_axis=-1),
        target=Target(pair[1]),
        activation=activation,
        term=Term(family, parameters=(*parameters, *axes)),
        weight=Weight(klass=a.optional("class_weights"), klass_in="terms"),
        reduction=Reduction({"mean": "mean", "sum": "sum"}.get(str(a.plain("reduction")), "none"), "none"),
    )


def _ratio(smooth: Value, false: Value, missed: Value) -> tuple[str, Parameters]:
    if false == missed == 0.5 and isinstance(smooth, float):  # noqa: PLR2004
        # Numerator and denominator doubled: Dice as everybody else writes it.
        return "dice", (("smooth", 2.0 * smooth),)
    return "tversky", (("alpha", missed), ("beta", false), ("smooth", smooth))


def _of(a: Arguments, name: str) -> Value:
    return a.value(name) if name in a.defaults else 0.5
