"""What the losses of Keras have in common: ranks made equal, a float32 class, `sample_weight`, and the reductions."""

from dataclasses import dataclass, replace

import numpy as np

from harness.catalog.api import Arguments
from harness.semantics import Activation, Guard, Layout, Precision, Reduction, Semantics, Target, Value, Weight
from harness.syntax import Call, Literal, Node

EPSILON = 1e-07
CLIP = Guard(clip=("epsilon:1e-07", "1-epsilon:1e-07"), order=("clip",))

# keras.ops and keras.activations attach the logits to what these return, and the losses then work from them.
_REMEMBERED = {f"keras.{module}.{name}": name for module in ("ops", "activations") for name in ("sigmoid", "softmax")}

_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


@dataclass(frozen=True, slots=True)
class Pair:
    """Prediction and target as the loss function sees them, and the shape they broadcast to."""

    prediction: Node
    target: Node
    shape: tuple[int, ...]
    aligned: bool


def of_class(a: Arguments) -> bool:
    """Whether the call is that of a loss class: those cast, weight and reduce; the functions do not."""
    return "reduction" in a.defaults


def pair(a: Arguments, *, equalises: bool) -> Pair:
    """The two arrays; ranks that differ by a trailing axis of length 1 are made equal where Keras does so."""
    x, t = a.node("y_pred"), a.node("y_true")
    xs, ts = a.shape("y_pred"), a.shape("y_true")
    if equalises or of_class(a):
        x, t, xs, ts = _equal_ranks(x, t, xs, ts)
    try:
        shape = np.broadcast_shapes(xs, ts)
    except ValueError:
        shape = xs
    return Pair(x, t, shape, aligned=xs == ts)


def _equal_ranks(
    x: Node, t: Node, xs: tuple[int, ...], ts: tuple[int, ...]
) -> tuple[Node, Node, tuple[int, ...], tuple[int, ...]]:
    if len(ts) == len(xs) + 1 and ts[-1] == 1:
        return (_expanded(x), t, (*xs, 1), ts) if len(xs) == 1 else (x, _squeezed(t), xs, ts[:-1])
    if len(xs) == len(ts) + 1 and xs[-1] == 1:
        return (x, _expanded(t), xs, (*ts, 1)) if len(ts) == 1 else (_squeezed(x), t, xs[:-1], ts)
    return x, t, xs, ts


def _expanded(node: Node) -> Node:
    return Call("numpy.expand_dims", (node, Literal(-1)))


def _squeezed(node: Node) -> Node:
    return Call("numpy.squeeze", (node, Literal(-1)))


def precision(a: Arguments) -> Precision:
    """A class computes in its `dtype`, by default float32, whatever it is given."""
    wanted = str(a.plain("dtype") or "float32") if of_class(a) else a.dtype
    return Precision(input=None if wanted == a.dtype else wanted)


def class_axis(a: Arguments, shape: tuple[int, ...]) -> int:
    """The axis of the classes, counted from the end."""
    axis, ndim = a.plain("axis") if "axis" in a.defaults else -1, max(len(shape), 1)
    return int(axis or 0) % ndim - ndim


def frame(
    a: Arguments, base: Semantics, *, classes: str = "mean", equalises: bool = False, target: Target | None = None
) -> Semantics:
    """`base` with layout, target, sample weight, reduction and precision filled in from the call.

    Args:
        a: The call.
        base: The stages that make the loss what it is.
        classes: What is done over the class axis.
        equalises: Whether the plain function, too, makes the ranks equal.
        target: The target stage but for its source.
    """
    both = pair(a, equalises=equalises)
    axis = class_axis(a, both.shape)
    left = tuple(n for i, n in enumerate(both.shape) if i != axis + len(both.shape))
    broadcast = "aligned" if both.aligned or (target is not None and target.encoding == "index") else "expanded"
    weight = replace(base.weight, sample=sample_weight(a, left))
    return replace(
        base,
        layout=Layout(both.prediction, axis, broadcast=broadcast),
        target=replace(target or Target(), source=both.target),
        weight=weight,
        reduction=reduction(a, weight, left, classes),
        precision=precision(a),
    )


def sample_weight(a: Arguments, shape: tuple[int, ...]) -> Value | None:
    """The weights, of a rank that broadcasts against per-sample losses of `shape`."""
    if not a.given("sample_weight"):
        return None
    given = a.shape("sample_weight")
    if len(given) == len(shape) - 1 and shape[-1] == 1:
        return _expanded(a.node("sample_weight"))
    if len(given) == len(shape) + 1 and given[-1] == 1 and len(shape) != 1:
        return _squeezed(a.node("sample_weight"))
    return a.value("sample_weight")


def reduction(a: Arguments, weight: Weight, shape: tuple[int, ...], classes: str) -> Reduction:
    """The reduction of per-sample losses of `shape`; one that is () or (0,) is returned as it is."""
    name = a.plain("reduction") if of_class(a) else None
    if name in (None, "none") or shape == (0,):
        return Reduction(classes, "none", zero="zero")
    if name == "sum":
        return Reduction(classes, "sum", zero="zero")
    masked = "kept" if weight.mask is not None else "elements"
    if name != "mean_with_sample_weight" or weight.sample is None or not shape:
        return Reduction(classes, "mean", masked, zero="zero")
    return Reduction(classes, "mean", "weights" if weight.mask is not None else "weights-unbroadcast", zero="zero")


def activated(a: Arguments, name: str, guard: Guard) -> tuple[Node | None, Activation, Guard]:
    """(logits or None, activation, guard): the probability path, or the logits where they are given or remembered.

    Args:
        a: The call, with `from_logits`.
        name: The activation, "sigmoid" or "softmax".
        guard: The guard of the probability path.
    """
    logits = None if precision(a).input else remembered(a.node("y_pred"), name)
    if logits is not None:
        return logits, Activation((name,)), replace(guard, recovered_logits=True)
    return (None, Activation((name,)), Guard()) if a.plain("from_logits") else (None, Activation(), guard)


def remembered(node: Node, name: str) -> Node | None:
    """The logits that `node` remembers, if Keras made it from them by the activation `name`."""
    if not isinstance(node, Call) or _REMEMBERED.get(node.function) != name:
        return None
    axis = dict(node.kwargs).get("axis", node.args[1] if len(node.args) > 1 else Literal(-1))
    return node.args[0] if node.args and axis == Literal(-1) else None
