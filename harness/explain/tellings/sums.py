"""Sums of losses: in another order, and over parts of one batch, told as one loss of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.catalog.api import Described
from harness.explain.counted import counts, is_count
from harness.explain.identify.numbers import digits, short
from harness.explain.microbatches import joined, without_sources
from harness.explain.named import number
from harness.explain.tellings.ground import Ground
from harness.reference.formats import FORMATS
from harness.semantics import Semantics, Smoothing, with_choice
from harness.syntax import Index, Literal, Node, Slice

Describe = Callable[[Node], Described]


def reordered(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """Each of the others first."""
    parts = [replace(s, plus=(), scale=replace(s.scale, offset=0.0)), *s.plus]
    for i in range(1, len(parts)):
        first, *rest = parts[i], *parts[:i], *parts[i + 1 :]
        yield with_choice(replace(first, plus=tuple(rest)), "scale", offset=s.scale.offset)


def as_poly(s: Semantics, _ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """A cross-entropy and c(1 − p) of hard targets beside it, where the other side is a cross-entropy, too.

    c(1 − p) may stand there as ½ c Σ|p − t|, or as an offset of c and −c p: the logarithm of exp p.
    """
    if len(s.plus) != 1 or not isinstance(s.scale.constant, float) or other.plus:
        return
    first, second = replace(s, plus=()), s.plus[0]
    families = first.term.family, other.term.family
    if families != ("cross-entropy", "cross-entropy") or first.term.sides != "one" or not s.scale.constant:
        return
    amount = _of_certainty(first, second, told=other.modulation.poly is not None)
    if amount is not None:
        told = with_choice(first, "modulation", poly=amount / s.scale.constant * first.scale.sign)
        yield with_choice(told, "scale", offset=0.0)


def _of_certainty(first: Semantics, second: Semantics, *, told: bool) -> float | None:
    """c where c(1 − p) is what is added; |p − t| is that only beside a loss that is told so."""
    amount, offset, chain = second.scale.constant, first.scale.offset, first.activation.chain
    if not isinstance(amount, float) or first.reduction.batch != second.reduction.batch:
        return None
    if told and second.term.family == "absolute" and second.activation.chain == chain and offset == 0.0:
        return 2.0 * amount * second.scale.sign
    picked = second.term.family == "cross-entropy" and second.activation.chain == (*chain, "exp")
    return amount * second.scale.sign if picked and offset == amount * second.scale.sign else None


def as_smoothed(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """A cross-entropy of labels, and one beside it in which every class counts alike: smoothed labels.

    a·CE(y) + b·Σ_c −log p_c = C·CE((1 − e)·y + e/K), where C = a + K·b and e = K·b/C; spread over the K − 1 other
    classes it is e·(K − 1)/K.
    """
    if len(s.plus) != 1 or s.scale.offset != 0.0:
        return
    parts = (replace(s, plus=()), s.plus[0])
    for labelled, uniform in (parts, parts[::-1]):
        amounts = _each(labelled, 1.0, ground), _each(uniform, _constant_target(uniform), ground)
        shape = ground.shape(labelled.layout.prediction)
        if None in amounts or not shape or labelled.layout.class_axis is None or not _smoothable(labelled, uniform):
            continue
        own, every = (float(amount or 0.0) for amount in amounts)
        classes = shape[labelled.layout.class_axis]
        whole = own + classes * every
        if min(own, every, whole) <= 0.0:
            continue
        constant = rounded(labelled.scale.constant * whole / own, ground.dtype)  # type: ignore[operator]
        spread = {"uniform": classes * every / whole, "others": (classes - 1) * every / whole}
        kinds = {kind: rounded(amount, ground.dtype) for kind, amount in spread.items()}
        for kind in sorted(kinds, key=lambda k: digits(kinds[k])):
            smoothed = with_choice(labelled, "target", smoothing=Smoothing(kind, kinds[kind]))
            yield with_choice(smoothed, "scale", constant=constant)


def _smoothable(labelled: Semantics, uniform: Semantics) -> bool:
    alike = (labelled.layout.prediction, labelled.activation, labelled.guard, labelled.scale.sign) == (
        uniform.layout.prediction, uniform.activation, uniform.guard, uniform.scale.sign,
    )  # fmt: skip
    families = {(part.term.family, part.term.sides) for part in (labelled, uniform)}
    return alike and families == {("cross-entropy", "one")} and labelled.target.smoothing is None


def _constant_target(s: Semantics) -> float | None:
    """The one number that is the target of every element."""
    return number(s.target.source) if s.target.smoothing is None and s.target.encoding == "dense" else None


def _each(s: Semantics, target: float | None, ground: Ground) -> float | None:
    """What one class of one sample counts for in a reduced loss."""
    constant, shape = s.scale.constant, ground.shape(s.layout.prediction)
    weighted = (s.weight.sample, s.weight.klass, s.weight.positive, s.reduction.microbatches) != (None,) * 4
    if target is None or not isinstance(constant, float) or weighted or not shape or s.reduction.batch == "none":
        return None
    count = 1.0 if s.reduction.batch == "sum" else counts(s, ground).get(s.reduction.denominator)
    classes = shape[-1 if s.layout.class_axis is None else s.layout.class_axis]
    return None if not count else constant * target / count / (classes if s.reduction.classes == "mean" else 1)


def rounded(value: float, dtype: str) -> float:
    """The short number that `value` is, as the dtype holds it."""
    return short(value, FORMATS[dtype].u * abs(value))


def of_columns(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Losses of each column of two arrays, added: the sum over the columns of both."""
    parts = (replace(s, plus=()), *s.plus)
    x, t = (_by_columns([pick(part) for part in parts], ground) for pick in (_prediction, _target))
    alike = {without_sources(part) for part in parts}
    r = s.reduction
    if len(parts) < 2 or x is None or t is None or len(alike) != 1 or r.classes != "flat":  # noqa: PLR2004
        return
    if r.batch in ("sum", "mean") and r.denominator in ("elements", "samples"):
        layout = replace(s.layout, prediction=x, class_axis=-1)
        whole = replace(parts[0], layout=layout, target=replace(s.target, source=t))
        yield with_choice(whole, "reduction", classes="sum", denominator="elements")


def _prediction(s: Semantics) -> Node:
    return s.layout.prediction


def _target(s: Semantics) -> Node:
    return s.target.source


def _by_columns(nodes: list[Node], ground: Ground) -> Node | None:
    """x where the nodes are `x[:, 0]`, `x[:, 1]`, … in order and there are no more."""
    places = [(node.value, node.items) for node in nodes if isinstance(node, Index)]
    value = places[0][0] if places else None
    wanted = [(value, (Slice(), Literal(i))) for i in range(len(nodes))]
    return (
        value if value is not None and places == wanted and (ground.shape(value) or ())[1:] == (len(nodes),) else None
    )


def of_even_parts(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """The mean of means of parts of one length: the mean of all."""
    if len(set(s.reduction.microbatches or ())) == 1:
        yield with_choice(s, "reduction", microbatches=None)


def _of_shares(parts: tuple[Semantics, ...], describe: Describe, dtype: str) -> Iterator[Semantics]:
    """Means of parts, each times the share of the whole that it is: the mean over all."""
    lengths = [shape[0] for part in parts if (shape := describe(part.layout.prediction).shape)]
    constants = [part.scale.constant for part in parts if isinstance(part.scale.constant, float)]
    if not len(lengths) == len(constants) == len(parts) or any(part.reduction.batch != "mean" for part in parts):
        return
    total, count = sum(constants), sum(lengths)
    if all(is_count(c * count, total * n, dtype) for c, n in zip(constants, lengths, strict=True)):
        whole = joined(tuple(with_choice(part, "scale", constant=total) for part in parts), describe)
        if whole is not None:
            yield with_choice(whole, "reduction", microbatches=None)


def as_whole(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Means of parts of a batch, added with one constant: a mean of means; sums of parts: the sum over all of it."""
    parts = (replace(s, plus=()), *s.plus)
    constant = s.scale.constant
    if len(parts) < 2 or not isinstance(constant, float) or s.scale.offset != 0.0:  # noqa: PLR2004  one is no sum
        return

    def describe(node: Node) -> Described:
        return Described(ground.shape(node) or (), integral=False)

    yield from _of_shares(parts, describe, ground.dtype)
    whole = joined(parts, describe)
    if whole is None:
        return
    if s.reduction.batch == "mean":
        yield with_choice(whole, "scale", constant=constant * len(parts))
    elif s.reduction.batch == "sum":
        yield with_choice(whole, "reduction", microbatches=None)
