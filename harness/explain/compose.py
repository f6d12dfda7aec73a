"""What people write around a loss, read as conventions of that loss: `.mean()`, `.sum(-1).mean()`, `/ len(x)`, `* w`.

`resolve` turns an expression into a point where it is a catalog call or such a composition of catalog calls, and into
None where it is anything else (a formula written out by hand is then identified by what it computes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from harness.catalog import api_of
from harness.explain.absorb import absorb
from harness.explain.divided import by_weights, divided_by, times
from harness.explain.facts import Facts, constant_of, is_alone
from harness.explain.focal import balanced, focal
from harness.explain.masks import bare, ignored_label
from harness.explain.microbatches import as_microbatches
from harness.explain.named import IDENTITIES, number, operation
from harness.explain.plain import is_entropy_of_target, of_array, of_certainties, of_losses, plain
from harness.explain.reduced import reduced
from harness.explain.roots import by_outputs, rooted, under_root
from harness.explain.rows import crossed, laid_out
from harness.explain.spelled import sum_of_squares
from harness.explain.sums import factors
from harness.explain.unit_axes import adds_axes, without_unit_axes
from harness.expression import inputs_of
from harness.semantics import Semantics, with_choice
from harness.syntax import Binary, Index, Literal, Node, Sequence, Unary


def resolve(node: Node, facts: Facts) -> Semantics | None:
    """The point that `node` stands for, or None.

    Raises:
        CaseError: If a catalog call in it has arguments that the API does not take.
    """
    if api_of(node) is not None:
        declared = facts.declared(node)
        return None if declared is None else without_unit_axes(declared, facts.describe)
    squares = sum_of_squares(node)
    if squares is not None:
        return resolve(squares, facts)
    spelled = plain(node, facts.describe, facts.prediction) or (of_certainties(node) if facts.alone else None)
    if spelled is not None:
        return _settled(spelled, facts)
    outputs = by_outputs(node, facts)
    if outputs is not None:
        return resolve(outputs, facts)
    root = under_root(node)
    if root is not None:
        inner = resolve(root[0], facts) or _recognised(root[0], facts)
        return _mapped(inner, partial(rooted, facts=facts, flat=root[1]))
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


def _settled(s: Semantics, facts: Facts) -> Semantics:
    return without_unit_axes(absorb(s, facts.describe, facts.dtype), facts.describe)


def _recognised(node: Node, facts: Facts) -> Semantics | None:
    return facts.recognise(node) if facts.prediction in inputs_of(node) else None


def _mapped(s: Semantics | None, change: Callable[[Semantics], Semantics | None]) -> Semantics | None:
    return None if s is None else change(s)


def _negated(s: Semantics) -> Semantics | None:
    plus = [p for other in s.plus if (p := _negated(other)) is not None]
    if len(plus) < len(s.plus) or isinstance(s.scale.offset, Node):
        return None
    return replace(with_choice(s, "scale", sign=-s.scale.sign, offset=0.0 - s.scale.offset), plus=tuple(plus))


def _added(op: str, left: Node, right: Node, facts: Facts) -> Semantics | None:
    first, second = resolve(left, facts), resolve(right, facts)
    if (first is None) != (second is None):
        # A catalog loss and something written out beside it: a cross-entropy plus a Dice.
        first, second = first or _beside(left, facts), second or _beside(right, facts)
    if op == "-" and first is not None and second is not None and is_entropy_of_target(second, first):
        return with_choice(first, "term", family="kl")
    if op == "-" and second is not None:
        second = _negated(second)
    if first is not None and second is not None:
        return _together(first, second)
    loss, other = (first, right) if first is not None else (second, left)
    if loss is None:
        return _beside_targets(op, left, right, facts) if facts.opaque else None
    offset = constant_of(other, facts)
    if offset is None or loss.plus or not isinstance(loss.scale.offset, float):
        return None
    sign = -1.0 if op == "-" and first is not None else 1.0
    return with_choice(loss, "scale", offset=loss.scale.offset + sign * offset)


def _together(first: Semantics, second: Semantics) -> Semantics:
    """The sum of two losses; what is added to the second is added to the first."""
    if isinstance(first.scale.offset, float) and isinstance(second.scale.offset, float):
        offset = first.scale.offset + second.scale.offset
        first, second = with_choice(first, "scale", offset=offset), with_choice(second, "scale", offset=0.0)
    return replace(first, plus=(*first.plus, replace(second, plus=()), *second.plus))


def _beside(node: Node, facts: Facts) -> Semantics | None:
    """What is added to a loss: of certainties where it reads no target, or a formula."""
    found = resolve(node, replace(facts, alone=True)) if is_alone(node) else None
    return found if found is not None and found.reduction.batch != "none" else _recognised(node, facts)


def _beside_targets(op: str, left: Node, right: Node, facts: Facts) -> Semantics | None:
    """A formula, and beside it what reads no prediction, such as the log t! of a Poisson likelihood: an offset."""
    if facts.prediction in inputs_of(right) or facts.shape(right) != facts.shape(left):
        return None
    return _mapped(_recognised(left, facts), partial(_with_offset, offset=right if op == "+" else Unary("-", right)))


def _with_offset(s: Semantics, offset: Node) -> Semantics | None:
    return with_choice(s, "scale", offset=offset) if s.scale.offset == 0.0 and s.reduction.batch == "none" else None


def _multiplied(left: Node, right: Node, facts: Facts) -> Semantics | None:
    s = resolve(left, facts)
    if s is None:
        return None
    factor = constant_of(right, facts)
    if factor is not None:
        return times(s, factor)
    if facts.prediction in inputs_of(right):
        return _modulated(s, right, facts)
    if facts.describe(right).shape == ():
        return (
            None
            if s.plus or s.scale.constant != 1.0 or s.scale.offset != 0.0
            else with_choice(s, "scale", constant=right)
        )
    return crossed(s, left, right, facts) or _weighted(s, right, facts)


def _modulated(s: Semantics, factor: Node, facts: Facts) -> Semantics | None:
    """A loss times how hard its elements are, which may be weighted itself."""
    for weight, hard in factors(factor):
        if facts.prediction not in inputs_of(weight):
            amount, told = constant_of(weight, facts), _modulated(s, hard, facts)
            if told is None or amount is not None:
                return None if told is None or amount is None else times(told, amount)
            return balanced(told, weight) or _weighted(told, weight, facts)
    return focal(s, factor, facts, resolve)


def _weighted(s: Semantics, weight: Node, facts: Facts) -> Semantics | None:
    if s.reduction.batch != "none" or s.plus:
        return None
    known = s.weight.sample
    if isinstance(known, float):
        return None
    for constant, rest in factors(weight):
        factor = constant_of(constant, facts)
        if factor is not None:
            return _mapped(times(s, factor), partial(_weighted, weight=rest, facts=facts))
    if known is not None and s.weight.mask is None and _is_mask(known, facts) != _is_mask(weight, facts):
        # One says what counts, and the other how much.
        mask, amount = (known, weight) if _is_mask(known, facts) else (weight, known)
        return with_choice(s, "weight", sample=amount, mask=bare(mask))
    return with_choice(s, "weight", sample=weight if known is None else Binary("*", known, weight))


def _is_mask(weight: Node, facts: Facts) -> bool:
    return bool(np.isin(facts.array(weight), (0, 1)).all())


def _divided(left: Node, right: Node, facts: Facts) -> Semantics | None:
    s = resolve(left, facts)
    if s is None:
        return None
    divisor = constant_of(right, facts)
    if divisor is not None:
        return as_microbatches(s, divisor, facts.describe) or divided_by(s, right, divisor, facts)
    return by_weights(s, right, facts)


def _selected(value: Node, items: tuple[Node, ...], facts: Facts) -> Semantics | None:
    """`loss[mask]`: what is not selected does not count; `loss[0]` of one sample is that sample."""
    s = resolve(value, facts)
    if s is not None and (adds_axes(items) or _is_only_one(items, facts.shape(value))):
        return s
    if s is None or len(items) != 1 or s.reduction.batch != "none" or s.weight.mask is not None:
        return None
    if facts.describe(items[0]).shape and facts.array(items[0]).dtype == bool:
        return replace(s, weight=replace(s.weight, mask=items[0]), reduction=replace(s.reduction, denominator="kept"))
    shape = facts.describe(s.layout.prediction).shape
    return s if items == (Literal(0),) and shape and shape[0] == 1 else None


def _is_only_one(items: tuple[Node, ...], shape: tuple[int, ...]) -> bool:
    """`[..., 0]` and `[:, 0]` of an axis of length 1 that comes last."""
    return len(items) > 1 and items[-1] == Literal(0) and adds_axes(items[:-1]) and shape[-1:] == (1,)


def _called(node: Node, facts: Facts) -> Semantics | None:
    found = operation(node)
    if found is None or not found[1]:
        return None
    name, args, kwargs = found
    if name in IDENTITIES or name in ("squeeze", "float", "identity"):
        return resolve(args[0], facts)
    if name == "reshape":
        return _mapped(resolve(args[0], facts), partial(laid_out, shape=facts.shape(node), facts=facts))
    if name in ("sum", "mean"):
        if isinstance(args[0], Sequence):
            return _of_list(name, args[0], facts)
        s = resolve(args[0], facts) or of_losses(args[0]) or (of_array(args[0], facts) if facts.opaque else None)
        axis = kwargs.get("axis", kwargs.get("dim", args[1] if len(args) > 1 else None))
        if "where" in kwargs:
            s = _mapped(_mapped(s, partial(_kept, mask=kwargs["where"])), _counting_kept)
        return None if s is None or set(kwargs) - {"axis", "dim", "where"} else reduced(s, name, axis, facts)
    if name == "average" and "weights" in kwargs and len(args) == 1:
        s = _mapped(resolve(args[0], facts) or of_losses(args[0]), lambda s: _weighted(s, kwargs["weights"], facts))
        return None if s is None else with_choice(s, "reduction", batch="mean", denominator="weights")
    if name == "where" and len(args) == 3 and 0.0 in (number(args[1]), number(args[2])):  # noqa: PLR2004
        chosen, mask = (args[1], args[0]) if number(args[2]) == 0.0 else (args[2], Unary("~", args[0]))
        return _mapped(resolve(chosen, facts), partial(_kept, mask=mask))
    return None


def _counting_kept(s: Semantics) -> Semantics:
    return with_choice(s, "reduction", denominator="kept")


def _kept(s: Semantics, mask: Node) -> Semantics | None:
    if s.reduction.batch != "none" or s.weight.mask is not None:
        return None
    label = ignored_label(mask, s.target.source)
    return with_choice(s, "weight", mask=mask if label is None else label)


def _of_list(name: str, items: Sequence, facts: Facts) -> Semantics | None:
    parts = items.items
    total: Node = parts[0]
    for part in parts[1:]:
        total = Binary("+", total, part)
    return resolve(total if name == "sum" else Binary("/", total, Literal(len(parts))), facts)


__all__ = ["Facts", "resolve"]
