"""What people do to an argument before they hand it to a loss, read as conventions of that loss.

`torch.softmax(x, 1)`, `x / T`, `p.log()`, `p.clamp(1e-7)`, `x[:, [1, 0]]`, `x.half()`: each is taken off the argument's
tree and put into the stage it belongs to. What is not recognised stays in the tree and is evaluated as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from harness.catalog.api import Described
from harness.explain.absorb_target import absorb_target
from harness.explain.named import IDENTITIES, number, operation
from harness.explain.spelled import live_classes, spelled
from harness.expression import inputs_of
from harness.reference.arithmetic import FORMATS
from harness.reference.interpret import DTYPES
from harness.semantics import Activation, Guard, Modulation, Precision, Semantics, with_choice
from harness.syntax import Binary, Constant, Index, Input, Literal, Node, Sequence, Slice

Describe = Callable[[Node], Described]
STEPS = {"softmax": "softmax", "log_softmax": "log-softmax", "sigmoid": "sigmoid", "log_sigmoid": "log-sigmoid",
         "exp": "exp", "log": "log", "logit": "logit"}  # fmt: skip

BASES = {"log2": 2.0, "log10": 10.0}

# Neighbouring steps that are together something simpler. An empty result means that they undo each other.
SIMPLER: dict[tuple[str, str], tuple[str, ...]] = {
    ("log-softmax", "exp"): ("softmax",),
    ("log-softmax", "softmax"): ("softmax",),
    ("log-sigmoid", "exp"): ("sigmoid",),
    ("logit", "sigmoid"): (),
    ("log", "exp"): (),
    ("exp", "log"): (),
    ("softmax", "log"): ("log-softmax",),
}


def absorb(semantics: Semantics, describe: Describe, dtype: str) -> Semantics:
    """`semantics` with what its argument trees do moved into its stages.

    Args:
        semantics: A point as the catalog declares it.
        describe: The shape of a tree.
        dtype: The case's dtype: a cast is a choice where it is to a narrower one.
    """
    s = _floored_variance(_absorb_prediction(semantics, describe, dtype))
    return absorb_target(s, _classes(s, describe))


def _floored_variance(s: Semantics) -> Semantics:
    """A variance that is clamped from below before it is handed over: the floor in the open, which has no slope."""
    parameters = dict(s.term.parameters)
    variance = parameters.get("variance")
    found = operation(variance) if isinstance(variance, Node) else None
    if found is None or found[0] not in ("clip", "clamp_min", "maximum") or not found[1]:
        return s
    bounds = [number(b) for b in (*found[1][1:], *found[2].values())]
    own = parameters.get("floor", 0.0)
    if len(bounds) != 1 or bounds[0] is None or not isinstance(own, float) or bounds[0] < own:
        return s
    changed = parameters | {"variance": found[1][0], "floor": bounds[0]}
    return with_choice(with_choice(s, "term", parameters=tuple(changed.items())), "gradient", clip="zero")


def _classes(s: Semantics, describe: Describe) -> int | None:
    """The length of the class axis; None where there is none."""
    axis, shape = s.layout.class_axis, describe(s.layout.prediction).shape
    if axis is None and s.reduction.classes == "flat":
        return shape[-1] if len(shape) > 1 else None
    return shape[-1 if axis is None else axis] if shape else None


def _absorb_prediction(semantics: Semantics, describe: Describe, dtype: str) -> Semantics:
    while True:
        changed = _prediction_step(semantics, describe, dtype)
        if changed is None:
            return _simplified(semantics)
        semantics = changed


def _prediction_step(s: Semantics, describe: Describe, dtype: str) -> Semantics | None:
    node = s.layout.prediction
    match node:
        case Binary("/", left, right) if _is_own_sum(left, right) and not s.activation.chain:
            return _inside(with_choice(s, "guard", renormalise=True, order=("renormalise", *s.guard.order)), left)
        case Binary("/" | "*" as op, left, right) if _scalar(right) and _temperable(s):
            return _tempered(s, left, right, op)
        case Binary("*", left, right) if _scalar(left) and _temperable(s):
            return _tempered(s, right, left, "*")
        case Binary("+", left, right) if _takes_logarithm(s) and number(right) is not None:
            guarded = _with_guard(s, "added_epsilon", number(right))
            return None if guarded is None else _inside(guarded, left)
        case Index(x, (Slice(None, None, None), Sequence(items))) if s.layout.class_axis == -1:
            return _reordered(s, x, items, describe)
        case _:
            plain = spelled(node)
            return _inside(s, plain) if plain is not None else _prediction_call(s, node, describe, dtype)


def _takes_logarithm(s: Semantics) -> bool:
    """Whether what the prediction is goes into a logarithm as it stands, and nowhere else."""
    one_sided = s.term.family in ("cross-entropy", "kl") and s.term.sides == "one" and s.guard == Guard()
    return not s.activation.chain and one_sided and s.modulation == Modulation()


def _reordered(s: Semantics, x: Node, items: tuple[Node, ...], describe: Describe) -> Semantics | None:
    """Columns in another order are labels in the inverse order."""
    order = [number(item) for item in items]
    if s.target.order is not None or None in order or sorted(order) != list(range(describe(x).shape[-1])):  # type: ignore[type-var]
        return None
    inverse = tuple(int(i) for i in np.argsort(np.asarray(order)))
    return with_choice(_inside(s, x), "target", order=inverse)


def _temperable(s: Semantics) -> bool:
    # Only in front of a sigmoid or softmax is a factor called a temperature.
    return s.activation.chain[:1] in (("softmax",), ("sigmoid",), ("log-softmax",)) and s.activation.temperature == 1.0


def _scalar(node: Node) -> bool:
    named = isinstance(node, Input) and node.name.lower() in {"t", "tau", "temperature", "temp"}
    return named or number(node) is not None


def _tempered(s: Semantics, inner: Node, factor: Node, op: str) -> Semantics | None:
    amount = number(factor)
    if amount is None:
        return None if op == "*" else _inside(with_choice(s, "activation", temperature=factor), inner)
    return _inside(with_choice(s, "activation", temperature=amount if op == "/" else 1.0 / amount), inner)


def _is_own_sum(left: Node, right: Node) -> bool:
    found = operation(right)
    return found is not None and found[0] == "sum" and found[1][:1] == (left,) and len(found[1]) + len(found[2]) > 1


def _inside(s: Semantics, node: Node) -> Semantics:
    return with_choice(s, "layout", prediction=node)


def _with_guard(s: Semantics, name: str, amount: object) -> Semantics | None:
    if getattr(s.guard, name) is not None:
        return None
    return with_choice(s, "guard", **{name: amount}, order=(*(g for g in s.guard.order if g != name), name))


def _prediction_call(s: Semantics, node: Node, describe: Describe, dtype: str) -> Semantics | None:
    found = operation(node)
    if found is None or not found[1]:
        return None
    name, args, kwargs = found
    own = _cast(name, args, kwargs)
    if own is not None and FORMATS[own].u > FORMATS[dtype].u:
        return _narrowed(s, own, args[0])
    if name in IDENTITIES and not isinstance(args[0], Literal) and inputs_of(args[0]):
        return _inside(s, args[0])
    if name in STEPS:
        return _activated(s, STEPS[name], args, kwargs, describe)
    if name in BASES and s.activation.chain == ("exp",) and s.term.family == "cross-entropy" and not s.scale.log_base:
        logarithm = with_choice(s, "scale", log_base=BASES[name])
        return _activated(logarithm, "log", args, kwargs, describe)
    live = live_classes(node)
    if live is not None and s.activation.chain[:1] in (("softmax",), ("log-softmax",)) and s.activation.support is None:
        return _inside(with_choice(s, "activation", support=live[1]), live[0])
    if name in ("clip", "clamp_min", "clamp_max") and not s.activation.chain and s.guard == Guard():
        return _clipped(s, name, args, kwargs)
    return None


def _cast(name: str, args: tuple[Node, ...], kwargs: dict[str, Node]) -> str | None:
    """The dtype that a call casts to; None if it is no cast to floats."""
    if name in FORMATS:
        return name
    for node in (*args[1:], *kwargs.values()) if name == "astype" else ():
        found = DTYPES.get(_text(node), "")
        return found if found in FORMATS else None
    return None


def _text(node: Node) -> str:
    return node.path.rpartition(".")[2] if isinstance(node, Constant) else str(getattr(node, "value", ""))


def _narrowed(s: Semantics, dtype: str, x: Node) -> Semantics | None:
    if s.activation.chain[:1] == ("log",) or s.precision != Precision():
        return None
    s = _inside(with_choice(s, "precision", input=dtype), x)
    if s.guard.clip is None:
        return s
    # A guard that is as wide as the dtype's machine epsilon is another guard in another dtype.
    clip = tuple(f"{bound}:{dtype}" if bound in ("machine", "1-machine") else bound for bound in s.guard.clip)
    return with_choice(s, "guard", clip=clip)


def _activated(
    s: Semantics, step: str, args: tuple[Node, ...], kwargs: dict[str, Node], describe: Describe
) -> Semantics | None:
    if s.activation.temperature != 1.0:
        return None
    axis_node = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None))
    axis = None if axis_node is None else number(axis_node)
    changed = replace(s, activation=Activation((step, *s.activation.chain)))
    ndim = max(len(describe(args[0]).shape), 1)
    at = -1 if axis is None else int(axis) % ndim - ndim
    if step in ("softmax", "log-softmax") and axis is not None and at != (s.layout.class_axis or -1):
        changed = with_choice(changed, "layout", softmax_axis=_moved(at, s.layout.class_axis))
    elif step in ("softmax", "log-softmax") and s.layout.class_axis is None and s.reduction.classes != "flat":
        changed = with_choice(changed, "layout", class_axis=-1)
    return _simplified(_inside(changed, args[0]))


def _moved(axis: int, class_axis: int | None) -> int:
    # The evaluator has moved the class axis last; the axes behind it, counted from the end, have come forward by one.
    return axis - 1 if class_axis is not None and class_axis < axis else axis


def _clipped(s: Semantics, name: str, args: tuple[Node, ...], kwargs: dict[str, Node]) -> Semantics | None:
    parts = dict(zip(("low", "high") if name != "clamp_max" else ("high",), args[1:], strict=False))
    for key, node in kwargs.items():
        parts["low" if "min" in key or key == "low" else "high"] = node
    bounds = tuple(_bound(parts.get(side)) for side in ("low", "high"))
    if "" in bounds:
        return None
    return _inside(replace(s, guard=replace(s.guard, clip=bounds, order=("clip", *s.guard.order))), args[0])  # type: ignore[arg-type]


def _bound(node: Node | None) -> float | str | None:
    if node is None or node == Literal(None):
        return None
    match node:
        case Binary("-", Literal(1 | 1.0), right):
            amount = number(right)
            return "" if amount is None else f"1-epsilon:{amount!r}"
        case _:
            value = number(node)
            return "" if value is None else value


def _simplified(s: Semantics) -> Semantics:
    chain = list(s.activation.chain)
    i = 0
    while i + 1 < len(chain):
        pair = (chain[i], chain[i + 1])
        if pair in SIMPLER:
            chain[i : i + 2] = SIMPLER[pair]
            i = 0
        else:
            i += 1
    if tuple(chain[:2]) == ("log", "softmax"):
        # softmax(log p) = p / Σp
        chain, order = chain[2:], (*s.guard.order, "renormalise")
        s = with_choice(s, "guard", renormalise=True, order=order)
    return s if tuple(chain) == s.activation.chain else with_choice(s, "activation", chain=tuple(chain))


__all__ = ["absorb"]
