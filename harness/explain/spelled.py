"""Functions spelled out in elementary operations: `1 / (1 + exp(-x))` is the sigmoid of x, and so on.

`spelled` looks at the outermost operations of a tree only; what is inside is looked at when it has become the argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.explain.named import number, operation, power
from harness.syntax import Attribute, Binary, Call, Literal, Node, Unary
from harness.trees import rebuild

ONE = (Literal(1), Literal(1.0))
OUT_OF_SIGHT = -1e4  # A logit by which nobody means a score.


def spelled(node: Node) -> Node | None:
    """The call that `node` spells out, or None."""
    return next((found for rule in _RULES if (found := rule(node)) is not None), None)


def _argument(node: Node, name: str) -> Node | None:
    """x of `name(x)`."""
    found = operation(node)
    return found[1][0] if found is not None and found[0] == name and len(found[1]) == 1 and not found[2] else None


def negated(node: Node) -> Node:
    """−node, the sign taken off or put on in front of the number that it begins with."""
    match node:
        case Unary("-", operand):
            return operand
        case Binary("*" | "/" as op, left, right) if (amount := number(left)) is not None:
            return Binary(op, Literal(-amount), right)
        case _:
            return Unary("-", node)


def _sigmoid(node: Node) -> Node | None:
    match node:
        case Binary("/", one, Binary("+", also, power)) if one in ONE and also in ONE:
            x = _argument(power, "exp")
            return None if x is None else Call("jax.nn.sigmoid", (negated(x),))
        case Binary("/", power, Binary("+", one, same)) if one in ONE and power == same:
            x = _argument(power, "exp")
            return None if x is None else Call("jax.nn.sigmoid", (x,))
        case _:
            return None


def _over(node: Node, name: str) -> tuple[Node, Node] | None:
    """(x, axis) of `name(x, axis, keepdims=True)`."""
    found = operation(node)
    if found is None or found[0] != name or not found[1]:
        return None
    _, args, kwargs = found
    kept = kwargs.get("keepdims", kwargs.get("keepdim", args[2] if len(args) > 2 else None))  # noqa: PLR2004
    axis = kwargs.get("axis", kwargs.get("dim", args[1] if len(args) > 1 else None))
    return None if kept != Literal(True) or axis is None or number(axis) is None else (args[0], axis)  # noqa: FBT003


def _unshifted(x: Node) -> Node:
    """x of `x - max(x, axis, keepdims=True)`: a softmax does not see the shift."""
    match x:
        case Binary("-", inner, peak) if (found := _over(peak, "max")) is not None and found[0] == inner:
            return inner
        case _:
            return x


def _softmax(node: Node) -> Node | None:
    match node:
        case Binary("/", power, total) if (found := _over(total, "sum")) is not None and found[0] == power:
            x = _argument(power, "exp")
            return None if x is None else Call("jax.nn.softmax", (_unshifted(x), found[1]))
        case _:
            return None


def _log_softmax(node: Node) -> Node | None:
    match node:
        case Binary("-", x, normaliser):
            found = _over(normaliser, "logsumexp") or _log_of_sum(normaliser)
            return None if found is None or found[0] != x else Call("jax.nn.log_softmax", (_unshifted(x), found[1]))
        case _:
            return None


def _log_of_sum(node: Node) -> tuple[Node, Node] | None:
    total = _argument(node, "log")
    found = None if total is None else _over(total, "sum")
    x = None if found is None else _argument(found[0], "exp")
    return None if found is None or x is None else (x, found[1])


def _logit(node: Node) -> Node | None:
    match _argument(node, "log"):
        case Binary("/", p, Binary("-", one, same)) if one in ONE and p == same:
            return Call("scipy.special.logit", (p,))
        case _:
            return None


def _masked(node: Node) -> Node | None:
    """`where(live, x, -inf)` for every spelling of it."""
    found = operation(node)
    if found is None or len(found[1]) != 3:  # noqa: PLR2004
        return None
    name, (first, second, third), _ = found
    if name == "masked_fill" and _rules_out(third):
        return Call("numpy.where", (Unary("~", second), first, third))
    if name == "where" and _rules_out(second):
        return Call("numpy.where", (Unary("~", first), third, second))
    return None


def _added_mask(node: Node) -> Node | None:
    """`x + (1 - m) * -1e9` and `x - 1e9 * (1 - m)`: where m is 0, so far down that a softmax does not see it."""
    match node:
        case Binary("+" | "-" as op, x, Binary("*", left, right)):
            pass
        case _:
            return None
    for mask, amount in ((left, right), (right, left)):
        size = number(amount)
        live = None if size is None or (size if op == "+" else -size) > OUT_OF_SIGHT else _where_zero(mask)
        if live is not None:
            return Call("numpy.where", (live, x, Literal(-math.inf)))
    return None


def _where_zero(mask: Node) -> Node | None:
    """Where `1 - m` is 0."""
    match mask:
        case Binary("-", one, m) if one in ONE:
            return Binary("!=", m, Literal(0))
        case _:
            return None


def _rules_out(node: Node) -> bool:
    """Whether a logit is so low that a softmax gives it no probability: −∞, −1e9, the least number of a dtype."""
    match node:
        case Unary("-", inner) if getattr(inner, "path", "").rpartition(".")[2] in ("inf", "Inf"):
            return True
        case Attribute(_, "min"):
            return True
        case _:
            value = number(node)
            return value is not None and value <= OUT_OF_SIGHT


def sum_of_squares(node: Node) -> Node | None:
    """`sum(x ** 2, axis)` of the square of `norm(x, axis)`."""
    kind, inner, _ = power(node)
    return sum_under_norm(inner) if kind == "squared" and inner is not None else None


def sum_under_norm(node: Node) -> Node | None:
    """`sum(x ** 2, axis)`, of which `norm(x, axis)` is the root; of a distance, its ε is added to the error."""
    found = operation(node)
    if found is not None and found[0] == "pairwise_distance":
        return _under_distance(*found[1:])
    if found is None or found[0] != "norm" or not found[1]:
        return None
    _, (x, *rest), kwargs = found
    laid = operation(x)
    if laid is not None and laid[0] in ("reshape", "flatten") and laid[1]:
        # Squares of what is laid out are laid out alike.
        inner = laid[1][0]
        squares = rebuild(x, lambda child: Binary("**", child, Literal(2)) if child is inner else child)
    else:
        squares = Binary("**", x, Literal(2))
    given = dict(zip(("ord", "axis"), rest, strict=False)) | {_NORM_WORDS.get(key, key): kwargs[key] for key in kwargs}
    axis = given.get("axis")
    if set(given) - {"ord", "axis"} or given.get("ord", Literal(None)) not in _EUCLIDEAN:
        return None
    return Call("numpy.sum", (squares,), () if axis is None else (("axis", axis),))


def _under_distance(args: tuple[Node, ...], kwargs: dict[str, Node]) -> Node | None:
    given = dict(zip(("x1", "x2", "p", "eps", "keepdim"), args, strict=False)) | kwargs
    if not {"x1", "x2"} <= given.keys() or given.get("p", Literal(2)) not in _EUCLIDEAN or "keepdim" in given:
        return None
    error = Binary("+", Binary("-", given["x1"], given["x2"]), given.get("eps", Literal(1e-6)))
    return Call("numpy.sum", (Binary("**", error, Literal(2)),), (("axis", Literal(-1)),))


_NORM_WORDS = {"p": "ord", "dim": "axis"}
_EUCLIDEAN = (Literal(None), Literal(2), Literal(2.0), Literal("fro"), Literal("euclidean"))
_RULES: tuple[Callable[[Node], Node | None], ...] = (_sigmoid, _softmax, _log_softmax, _logit, _masked, _added_mask)


def live_classes(node: Node) -> tuple[Node, Node] | None:
    """(x, mask) of `where(mask, x, -inf)`: the classes that a softmax is left with."""
    found = operation(node)
    if found is None or found[0] != "where" or len(found[1]) != 3 or not _rules_out(found[1][2]):  # noqa: PLR2004
        return None
    return found[1][1], found[1][0]
