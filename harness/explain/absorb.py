"""What people do to an argument before they hand it to a loss, read as conventions of that loss.

`torch.softmax(x, 1)`, `x / T`, `p.log()`, `p.clamp(1e-7)`, `F.one_hot(y, 3)`, `t * (1 - e) + e / 3`: each is taken off the
argument's tree and put into the stage it belongs to. What is not recognised stays in the tree and is evaluated as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.expression import inputs_of
from harness.reference.interpret import DTYPES, NAMES
from harness.semantics import Activation, Guard, Precision, Semantics, Smoothing, Target, with_choice
from harness.syntax import Binary, Call, Constant, Input, Literal, Method, Node, Unary

IDENTITIES = frozenset({"identity", "detach", "float32", "float64", "astype"})
STEPS = {"softmax": "softmax", "log_softmax": "log-softmax", "sigmoid": "sigmoid", "exp": "exp", "log": "log"}

# Neighbouring steps that are together something simpler. An empty result means that they undo each other.
SIMPLER: dict[tuple[str, str], tuple[str, ...]] = {
    ("log-softmax", "exp"): ("softmax",),
    ("log-softmax", "softmax"): ("softmax",),
    ("log-sigmoid", "exp"): ("sigmoid",),
    ("log", "exp"): (),
    ("exp", "log"): (),
    ("softmax", "log"): ("log-softmax",),
}


def operation(node: Node) -> tuple[str, tuple[Node, ...], dict[str, Node]] | None:
    """The common name of a call or method, its arguments with the receiver first, and its keywords; else None."""
    match node:
        case Call(function, args, kwargs):
            last = function.rpartition(".")[2]
            return NAMES.get(last, last), args, dict(kwargs)
        case Method(value, name, args, kwargs):
            return NAMES.get(name, name), (value, *args), dict(kwargs)
        case Unary("-", operand):
            return "neg", (operand,), {}
        case _:
            return None


def number(node: Node) -> float | None:
    """A literal number, or a quotient, product or negation of some; None for anything else."""
    match node:
        case Literal(value) if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        case Unary("-", operand):
            inner = number(operand)
            return None if inner is None else -inner
        case Binary(op, left, right) if op in _ARITHMETIC:
            a, b = number(left), number(right)
            return None if a is None or b is None or (op == "/" and b == 0) else _ARITHMETIC[op](a, b)
        case _:
            return None


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def absorb(semantics: Semantics) -> Semantics:
    """`semantics` with what its argument trees do moved into its stages."""
    return _absorb_target(_absorb_prediction(semantics))


def _absorb_prediction(semantics: Semantics) -> Semantics:
    while True:
        changed = _prediction_step(semantics)
        if changed is None:
            return _simplified(semantics)
        semantics = changed


def _prediction_step(s: Semantics) -> Semantics | None:
    node = s.layout.prediction
    match node:
        case Binary("/", left, right) if _is_own_sum(left, right) and not s.activation.chain:
            return _inside(with_choice(s, "guard", renormalise=True, order=("renormalise", *s.guard.order)), left)
        case Binary("/" | "*" as op, left, right) if _scalar(right) and _temperable(s):
            return _tempered(s, left, right, op)
        case Binary("*", left, right) if _scalar(left) and _temperable(s):
            return _tempered(s, right, left, "*")
        case Binary("+", left, right) if s.activation.chain[:1] == ("log",) and number(right) is not None:
            return _inside(_with_guard(s, "added_epsilon", number(right)), left)
        case _:
            return _prediction_call(s, node)


def _temperable(s: Semantics) -> bool:
    # Only in front of a sigmoid or softmax is a factor called a temperature.
    return s.activation.chain[:1] in (("softmax",), ("sigmoid",), ("log-softmax",)) and s.activation.temperature == 1.0


def _scalar(node: Node) -> bool:
    return number(node) is not None or (isinstance(node, Input) and node.name.lower() in {"t", "tau", "temperature", "temp"})


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


def _prediction_call(s: Semantics, node: Node) -> Semantics | None:
    found = operation(node)
    if found is None or not found[1]:
        return None
    name, args, kwargs = found
    if name in ("float16", "bfloat16") or (name == "astype" and _narrow(args[1:], kwargs)):
        return _narrowed(s, node, args, name)
    if name in IDENTITIES and not isinstance(args[0], Literal) and inputs_of(args[0]):
        return _inside(s, args[0])
    if name in STEPS:
        return _activated(s, STEPS[name], args, kwargs)
    if name in ("clip", "clamp_min", "clamp_max") and not s.activation.chain and s.guard == Guard():
        return _clipped(s, name, args, kwargs)
    return None


def _narrow(args: tuple[Node, ...], kwargs: dict[str, Node]) -> str | None:
    for node in (*args, *kwargs.values()):
        if isinstance(node, Constant):
            dtype = DTYPES.get(node.path.rpartition(".")[2])
            return dtype if dtype in ("float16", "bfloat16") else None
    return None


def _narrowed(s: Semantics, node: Node, args: tuple[Node, ...], name: str) -> Semantics | None:
    dtype = name if name in ("float16", "bfloat16") else _narrow(args[1:], {})
    if dtype is None or s.activation.chain[:1] == ("log",) or s.precision != Precision():
        return None
    del node
    return _inside(with_choice(s, "precision", input=dtype), args[0])


def _activated(s: Semantics, step: str, args: tuple[Node, ...], kwargs: dict[str, Node]) -> Semantics | None:
    if s.activation.temperature != 1.0:
        return None
    axis_node = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None))
    axis = None if axis_node is None else number(axis_node)
    changed = replace(s, activation=Activation((step, *s.activation.chain)))
    if step in ("softmax", "log-softmax") and axis is not None and int(axis) != -1 and int(axis) != s.layout.class_axis:
        changed = with_choice(changed, "layout", softmax_axis=_moved(int(axis), s.layout.class_axis))
    elif step in ("softmax", "log-softmax") and s.layout.class_axis is None and s.reduction.classes != "flat":
        changed = with_choice(changed, "layout", class_axis=-1)
    return _simplified(_inside(changed, args[0]))


def _moved(axis: int, class_axis: int | None) -> int:
    # The evaluator has moved the class axis last; the axes behind it have each come forward by one.
    return axis - 1 if class_axis is not None and 0 <= class_axis < axis else axis


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


def _absorb_target(s: Semantics) -> Semantics:
    while True:
        target = _target_step(s, s.target)
        if target is None:
            return s
        s = replace(s, target=target)


def _target_step(s: Semantics, target: Target) -> Target | None:
    node = target.source
    found = operation(node)
    if found is not None and found[1]:
        name, args, kwargs = found
        if name in IDENTITIES and inputs_of(args[0]):
            return replace(target, source=args[0])
        if name == "one_hot" and target.encoding == "dense" and _classes_last(s):
            return replace(target, source=args[0], encoding="index", bad_index="zero")
        if name == "log" and target.encoding == "log":
            return replace(target, source=args[0], encoding="dense")
        if name == "clip" and target.range is None and target.smoothing is None and len(args) == 3:  # noqa: PLR2004
            low, high = number(args[1]), number(args[2])
            return None if low is None or high is None else replace(target, source=args[0], range=(low, high))
        if name == "smooth_labels" and target.smoothing is None:
            amount = number(args[1]) if len(args) > 1 else number(kwargs.get("alpha", Literal(None)))
            return None if amount is None else replace(target, source=args[0], smoothing=Smoothing("uniform", amount))
    return _signed(target, node) or _smoothed(target, node)


def _classes_last(s: Semantics) -> bool:
    # The classes that one_hot appends are the loss's own class axis: −1, or 1 of a two-dimensional prediction.
    return s.layout.class_axis in (-1, 1) or (s.layout.class_axis is None and s.reduction.classes == "flat")


def _signed(target: Target, node: Node) -> Target | None:
    match node:
        case Binary("-", Binary("*", Literal(2 | 2.0), source) | Binary("*", source, Literal(2 | 2.0)), Literal(1 | 1.0)):
            return replace(target, source=source, encoding="dense") if target.encoding.startswith("signed") else None
        case Binary("/", Binary("+", source, Literal(1 | 1.0)), Literal(2 | 2.0)):
            return replace(target, source=source, encoding="signed") if target.encoding == "dense" else None
        case _:
            return None


def _smoothed(target: Target, node: Node) -> Target | None:
    """t·keep + add, where both are numbers; the kind follows from the two, the number of classes from their ratio."""
    if target.smoothing is not None or target.encoding not in ("dense", "index"):
        return None
    match node:
        case Binary("+", Binary("*", source, keep), add) if number(keep) is not None and number(add) is not None:
            return _affine(target, source, float(number(keep) or 0.0), add)
        case Binary("+", Binary("*", keep, source), add) if number(keep) is not None and number(add) is not None:
            return _affine(target, source, float(number(keep) or 0.0), add)
        case _:
            return None


def _affine(target: Target, source: Node, keep: float, add: Node) -> Target | None:
    match add:
        case Binary("/", numerator, denominator):
            amount, classes = number(numerator), number(denominator)
        case _:
            return None
    if amount is None or classes is None:
        return None
    if 1.0 - keep == amount:
        kind = "binary" if classes == 2.0 else "uniform"  # noqa: PLR2004
    elif 1.0 - keep == amount / classes:
        kind = "added"
    else:
        return None
    return replace(target, source=source, smoothing=Smoothing(kind, amount))


__all__ = ["absorb", "number", "operation"]
