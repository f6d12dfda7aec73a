"""What people write around a loss, read as conventions of that loss: `.mean()`, `.sum(-1).mean()`, `/ len(x)`, `* w`.

`resolve` turns an expression into a point where it is a catalog call or such a composition of catalog calls, and into
None where it is anything else (a formula written out by hand is then identified by what it computes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from harness.catalog import api_of, declare
from harness.catalog.api import Described
from harness.explain.absorb import absorb
from harness.explain.microbatches import as_microbatches
from harness.explain.named import IDENTITIES, number, operation
from harness.explain.plain import is_entropy_of_target, of_losses, plain
from harness.explain.unit_axes import adds_axes, without_unit_axes
from harness.expression import inputs_of
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics, with_choice
from harness.syntax import Attribute, Binary, Call, Constant, Index, Literal, Node, Sequence, Unary


@dataclass(frozen=True, slots=True)
class Facts:
    """What resolving may ask of a tree.

    `describe` tells its shape and kind, `array` its numbers where it depends on no prediction, and `recognise` the point
    of a formula that is written out: what it computes, found by asking it.
    """

    describe: Callable[[Node], Described]
    array: Callable[[Node], np.ndarray]
    prediction: str
    dtype: str
    recognise: Callable[[Node], Semantics | None] = lambda _node: None


def resolve(node: Node, facts: Facts) -> Semantics | None:
    """The point that `node` stands for, or None.

    Raises:
        CaseError: If a catalog call in it has arguments that the API does not take.
    """
    if api_of(node) is not None:
        declared = declare(node, facts.describe, facts.dtype)
        return (
            None
            if declared is None
            else absorb(without_unit_axes(declared, facts.describe), facts.describe, facts.dtype)
        )
    spelled = plain(node, facts.describe, facts.prediction)
    if spelled is not None:
        return absorb(without_unit_axes(spelled, facts.describe), facts.describe, facts.dtype)
    match node:
        case Unary("-", operand):
            return _mapped(resolve(operand, facts), _negated)
        case Binary(op, left, right) if op in ("+", "-"):
            return _added(op, left, right, facts)
        case Binary("*", left, right):
            return _multiplied(left, right, facts) or _multiplied(right, left, facts)
        case Binary("/", left, right):
            return _divided(left, right, facts)
        case Index(value, items):
            return _selected(value, items, facts)
        case _:
            return _called(node, facts)


def _recognised(node: Node, facts: Facts) -> Semantics | None:
    return facts.recognise(node) if facts.prediction in inputs_of(node) else None


def _mapped(s: Semantics | None, change: Callable[[Semantics], Semantics | None]) -> Semantics | None:
    return None if s is None else change(s)


def _negated(s: Semantics) -> Semantics | None:
    plus = tuple(_negated(other) for other in s.plus)
    if any(p is None for p in plus) or s.scale.offset != 0.0:
        return None
    return replace(with_choice(s, "scale", sign=-s.scale.sign), plus=plus)


def _constant_of(node: Node, facts: Facts) -> float | None:
    """A number that the expression fixes: a literal, or a size such as `len(x)` and `x.shape[0]`, or a log of a number."""
    literal = number(node)
    if literal is not None:
        return literal
    if not _is_fixed(node):
        return None
    array = facts.array(node)
    return float(array) if array.ndim == 0 else None


def _is_fixed(node: Node) -> bool:
    match node:
        case Literal() | Constant():
            return True
        case Attribute(_, "shape" | "size" | "ndim"):
            return True
        case Call(function, _, _) if function.rpartition(".")[2] in ("len", "size", "numel", "shape"):
            return True
        case Call(_, args, _):
            return all(_is_fixed(arg) for arg in args)
        case Index(value, _):
            return _is_fixed(value)
        case Binary(_, left, right):
            return _is_fixed(left) and _is_fixed(right)
        case _:
            found = operation(node)
            return found is not None and found[0] in ("size", "numel", "len")


def _added(op: str, left: Node, right: Node, facts: Facts) -> Semantics | None:
    first, second = resolve(left, facts), resolve(right, facts)
    if (first is None) != (second is None):
        # A catalog loss and something written out beside it: a cross-entropy plus a Dice.
        first, second = first or _recognised(left, facts), second or _recognised(right, facts)
    if op == "-" and first is not None and second is not None and is_entropy_of_target(second, first):
        return with_choice(first, "term", family="kl")
    if op == "-" and second is not None:
        second = _negated(second)
    if first is not None and second is not None:
        return replace(first, plus=(*first.plus, replace(second, plus=()), *second.plus))
    loss, other = (first, right) if first is not None else (second, left)
    if loss is None:
        return None
    offset = _constant_of(other, facts)
    if offset is None or loss.plus or not isinstance(loss.scale.offset, float):
        return None
    sign = -1.0 if op == "-" and first is not None else 1.0
    return with_choice(loss, "scale", offset=loss.scale.offset + sign * offset)


def _multiplied(left: Node, right: Node, facts: Facts) -> Semantics | None:
    s = resolve(left, facts)
    if s is None:
        return None
    factor = _constant_of(right, facts)
    if factor is not None:
        return _times(s, factor)
    if facts.prediction in inputs_of(right):
        return None
    if facts.describe(right).shape == ():
        return (
            None
            if s.plus or s.scale.constant != 1.0 or s.scale.offset != 0.0
            else with_choice(s, "scale", constant=right)
        )
    return _weighted(s, right)


def _times(s: Semantics, factor: float) -> Semantics | None:
    if not isinstance(s.scale.constant, float) or not isinstance(s.scale.offset, float):
        return None
    changed = with_choice(
        s,
        "scale",
        constant=s.scale.constant * abs(factor),
        sign=s.scale.sign if factor >= 0 else -s.scale.sign,
        offset=s.scale.offset * factor,
    )
    plus = tuple(_times(other, factor) for other in s.plus)
    return None if any(p is None for p in plus) else replace(changed, plus=plus)


def _weighted(s: Semantics, weight: Node) -> Semantics | None:
    if s.reduction.batch != "none" or s.weight.sample is not None or s.plus:
        return None
    return with_choice(s, "weight", sample=weight)


def _divided(left: Node, right: Node, facts: Facts) -> Semantics | None:
    s = resolve(left, facts)
    if s is None:
        return None
    divisor = _constant_of(right, facts)
    if divisor is not None:
        return as_microbatches(s, divisor, facts.describe) or _divided_by(s, right, divisor, facts)
    return _by_weights(s, right, facts)


def _divided_by(s: Semantics, divisor: Node, amount: float, facts: Facts) -> Semantics | None:
    base = _log_base(divisor)
    if base is not None and not s.scale.log_base:
        return with_choice(s, "scale", log_base=base)
    if (
        s.reduction.batch == "sum"
        and not s.plus
        and s.scale.constant == 1.0
        and s.scale.offset == 0.0
        and amount != 1.0
    ):
        shape = facts.describe(s.layout.prediction).shape
        counts = {"samples": shape[0] if shape else 1, "elements": _elements(s, shape)}
        for denominator in (
            ("elements", "samples") if amount != counts["samples"] or _counts_samples(s) else ("samples", "elements")
        ):
            if counts[denominator] == amount:
                return with_choice(s, "reduction", **_mean_over(s, denominator))
    return _times(s, 1.0 / amount) if amount else None


def _counts_samples(s: Semantics) -> bool:
    return s.reduction.classes in ("sum", "mean")


def _mean_over(s: Semantics, denominator: str) -> dict[str, str]:
    if denominator == "samples" and s.reduction.classes == "flat":
        # The sum over everything divided by the samples: a sum over classes, then a mean over samples.
        return {"classes": "sum", "batch": "mean", "denominator": "elements"}
    return {"batch": "mean", "denominator": "elements" if _counts_samples(s) else denominator}


def _elements(s: Semantics, shape: tuple[int, ...]) -> int:
    total = int(np.prod(shape, dtype=np.int64))
    if s.reduction.classes == "flat" or not shape:
        return total
    return total // shape[s.layout.class_axis if s.layout.class_axis is not None else -1]


def _log_base(node: Node) -> float | None:
    found = operation(node)
    if found is None or found[0] != "log" or len(found[1]) != 1:
        return None
    return number(found[1][0])


def _by_weights(s: Semantics, divisor: Node, facts: Facts) -> Semantics | None:
    """L·w summed, divided by the sum of the same w: a mean that counts the weights used."""
    found = operation(divisor)
    used = s.weight.sample
    if s.plus or s.reduction.batch != "sum" or found is None:
        return None
    if found[0] in ("sum", "count_nonzero") and len(found[1]) == 1 and not found[2]:
        inner = found[1][0]
        same = inner == used or (isinstance(used, Node) and np.array_equal(facts.array(inner), facts.array(used)))
        if same:
            return with_choice(s, "reduction", batch="mean", denominator="weights")
    if facts.prediction not in inputs_of(divisor) and facts.describe(divisor).shape == () and s.scale.constant == 1.0:
        return with_choice(s, "scale", constant=Binary("/", Literal(1.0), divisor))
    return None


def _selected(value: Node, items: tuple[Node, ...], facts: Facts) -> Semantics | None:
    """`loss[mask]`: what is not selected does not count; `loss[0]` of one sample is that sample."""
    s = resolve(value, facts)
    if s is not None and adds_axes(items):
        return s
    if s is None or len(items) != 1 or s.reduction.batch != "none" or s.weight.mask is not None:
        return None
    if facts.describe(items[0]).shape and facts.array(items[0]).dtype == bool:
        return replace(s, weight=replace(s.weight, mask=items[0]), reduction=replace(s.reduction, denominator="kept"))
    shape = facts.describe(s.layout.prediction).shape
    return s if items == (Literal(0),) and shape and shape[0] == 1 else None


def _called(node: Node, facts: Facts) -> Semantics | None:
    found = operation(node)
    if found is None or not found[1]:
        return None
    name, args, kwargs = found
    if name in IDENTITIES or name in ("squeeze", "float", "identity"):
        return resolve(args[0], facts)
    if name in ("sum", "mean"):
        if isinstance(args[0], Sequence):
            return _of_list(name, args[0], facts)
        s = resolve(args[0], facts) or of_losses(args[0])
        axis = kwargs.get("axis", kwargs.get("dim", args[1] if len(args) > 1 else None))
        return None if s is None or set(kwargs) - {"axis", "dim"} else _reduced(s, name, axis, facts)
    if name == "average" and "weights" in kwargs and len(args) == 1:
        s = _mapped(resolve(args[0], facts) or of_losses(args[0]), lambda s: _weighted(s, kwargs["weights"]))
        return None if s is None else with_choice(s, "reduction", batch="mean", denominator="weights")
    if name == "where" and len(args) == 3 and number(args[2]) == 0.0:  # noqa: PLR2004
        s = resolve(args[1], facts)
        return (
            None
            if s is None or s.reduction.batch != "none" or s.weight.mask is not None
            else with_choice(s, "weight", mask=args[0])
        )
    return None


def _of_list(name: str, items: Sequence, facts: Facts) -> Semantics | None:
    parts = items.items
    total: Node = parts[0]
    for part in parts[1:]:
        total = Binary("+", total, part)
    return resolve(total if name == "sum" else Binary("/", total, Literal(len(parts))), facts)


def _reduced(s: Semantics, how: str, axis_node: Node | None, facts: Facts) -> Semantics | None:
    """`.sum()` and `.mean()` over everything or over one axis."""
    axis = None if axis_node is None else number(axis_node)
    if axis_node is not None and axis is None and axis_node != Literal(None):
        return None
    plus = tuple(_reduced(other, how, axis_node, facts) for other in s.plus)
    if any(p is None for p in plus):
        return None
    s = replace(s, plus=plus)
    if s.reduction.batch != "none":
        return s if axis is None else None
    if axis is None:
        return with_choice(s, "reduction", batch=how, denominator=_denominator(s), zero="nan")
    return _over_axis(s, how, int(axis), facts)


def _denominator(s: Semantics) -> str:
    # A mean written behind an unreduced loss counts everything, but what was selected by a mask is all there is.
    return (
        "kept"
        if s.weight.mask is not None
        and s.reduction.denominator == "kept"
        and not isinstance(s.weight.mask, float | int)
        else "elements"
    )


def _over_axis(s: Semantics, how: str, axis: int, facts: Facts) -> Semantics | None:
    shape = facts.describe(s.layout.prediction).shape
    elementwise = s.reduction.classes in ("flat", "none") and FAMILIES[s.term.family].shape == "elementwise"
    ndim = len(shape) if elementwise else len(shape) - 1
    if ndim == 0:
        return None
    if elementwise and (ndim > 1 or how == "sum"):
        return replace(
            with_choice(s, "reduction", classes=how),
            layout=replace(s.layout, class_axis=axis if axis < 0 or axis < ndim - 1 else -1),
        )
    return with_choice(s, "reduction", batch=how) if ndim == 1 and axis in (0, -1) else None


__all__ = ["Facts", "resolve"]
