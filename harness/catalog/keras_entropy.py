"""The cross-entropies and divergences of Keras as points of the space (tensorflow backend)."""

from dataclasses import replace

from harness.catalog.api import Arguments
from harness.catalog.keras_common import CLIP, EPSILON, activated, class_axis, frame, pair
from harness.semantics import (
    Activation,
    Gradient,
    Guard,
    Modulation,
    Scale,
    Semantics,
    Smoothing,
    Target,
    Term,
    Weight,
)  # fmt: skip

_RENORMALISE_FIRST = replace(CLIP, renormalise=True, order=("renormalise", "clip"))
_CLIP_FIRST = replace(CLIP, renormalise=True, order=("clip", "renormalise"))


def _smoothed(a: Arguments, kind: str) -> Target:
    if "label_smoothing" not in a.defaults or a.value("label_smoothing") == 0.0:
        return Target()
    shape = a.shape("y_pred")
    # Keras takes the number of classes from the last axis, whichever axis the classes are on.
    odd = kind == "uniform" and class_axis(a, shape) != -1
    return Target(smoothing=Smoothing(kind, a.value("label_smoothing"), float(shape[-1]) if odd else None))


def _entropy(a: Arguments, base: Semantics, name: str, guard: Guard, classes: str, target: Target) -> Semantics:
    """`base` on probabilities behind `guard`, or on the logits that are given or remembered."""
    logits, activation, used = activated(a, name, guard)
    whole = frame(a, replace(base, activation=activation, guard=used), classes=classes, target=target)
    return whole if logits is None else replace(whole, layout=replace(whole.layout, prediction=logits))


def binary(a: Arguments) -> Semantics:
    """Binary cross-entropy, averaged over an axis."""
    return _entropy(a, Semantics(term=Term(sides="two")), "sigmoid", CLIP, "mean", _smoothed(a, "binary"))


def binary_elementwise(a: Arguments) -> Semantics:
    """`keras.ops.binary_crossentropy`: the same, with no axis."""
    whole = binary(a)
    layout = replace(whole.layout, class_axis=None)
    return replace(whole, layout=layout, reduction=replace(whole.reduction, classes="flat"))


def binary_focal(a: Arguments) -> Semantics:
    """Binary cross-entropy times (1 − p_t)^γ, p_t from probabilities behind no guard."""
    balance = a.value("alpha") if a.plain("apply_class_balancing") else None
    base = Semantics(
        term=Term(sides="two"), modulation=Modulation(focal=a.value("gamma")), weight=Weight(balance=balance)
    )
    return _entropy(a, base, "sigmoid", CLIP, "mean", _smoothed(a, "binary"))


def categorical(a: Arguments) -> Semantics:
    """Cross-entropy of dense targets."""
    whole = _entropy(a, Semantics(), "softmax", _RENORMALISE_FIRST, "sum", _smoothed(a, "uniform"))
    if whole.activation.chain:
        return replace(whole, gradient=Gradient(closed_form="normalised-target"))
    return whole


def categorical_focal(a: Arguments) -> Semantics:
    """Cross-entropy times α(1 − p)^γ, behind the guard also where logits are given."""
    chain = ("softmax",) if a.plain("from_logits") else ()
    alpha, one = a.value("alpha"), not isinstance(a.value("alpha"), float) and a.shape("alpha") != ()
    base = Semantics(
        activation=Activation(chain),
        guard=_RENORMALISE_FIRST,
        modulation=Modulation(focal=a.value("gamma")),
        weight=Weight(klass=alpha, klass_in="terms") if one else Weight(),
        scale=Scale() if one else Scale(constant=alpha),
    )
    return frame(a, base, classes="sum", target=_smoothed(a, "uniform"))


def sparse(a: Arguments) -> Semantics:
    """Cross-entropy of class indices."""
    mask = a.optional("ignore_class") if "ignore_class" in a.defaults else None
    return _entropy(a, Semantics(weight=Weight(mask=mask)), "softmax", _CLIP_FIRST, "sum", Target(encoding="index"))


def kl_divergence(a: Arguments) -> Semantics:
    """KL divergence with both arguments clipped to [1e-7, 1]."""
    guard = Guard(clip=(f"epsilon:{EPSILON}", 1.0), order=("clip",))
    return frame(a, Semantics(guard=guard, term=Term("kl")), classes="sum", target=Target(range=(EPSILON, 1.0)))


def generalised(a: Arguments) -> Semantics | None:
    """(1 − p_y^q)/q; labels of the prediction's own rank would be compared with every row, which is no loss."""
    if len(a.shape("y_true")) >= len(a.shape("y_pred")) or pair(a, equalises=False).target != a.node("y_true"):
        return None
    term = Term("generalised-cross-entropy", parameters=(("q", a.value("q")),))
    return frame(a, Semantics(term=term), classes="sum", target=Target(encoding="index", bad_index="zero"))
