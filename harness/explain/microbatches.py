"""The mean of several losses over parts of one batch: gradient accumulation, read as `reduction.microbatches`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Described
from harness.semantics import Semantics
from harness.syntax import Call, Index, Literal, Node, Sequence, Slice

JOIN = "numpy.concatenate"


def as_microbatches(s: Semantics, divisor: float, describe: Callable[[Node], Described]) -> Semantics | None:
    """One point for the mean of like losses over consecutive parts of the batch; None if it is no such mean.

    Args:
        s: A point with further points added to it.
        divisor: What their sum is divided by.
        describe: Shape of a tree.

    Returns:
        The point over the joined batch with `reduction.microbatches` set to the parts' lengths, or None.
    """
    parts = (replace(s, plus=()), *s.plus)
    means = s.reduction.batch == "mean" and s.reduction.root != "whole"
    return joined(parts, describe) if len(parts) == int(divisor) > 1 and means else None


def joined(parts: tuple[Semantics, ...], describe: Callable[[Node], Described]) -> Semantics | None:
    """Like losses of several batches as one of the joined batch, in micro-batches; None if they are not alike."""
    first = parts[0]
    if any(without_sources(part) != without_sources(first) for part in parts):
        return None
    predictions, targets = [p.layout.prediction for p in parts], [p.target.source for p in parts]
    shapes = [describe(node).shape for node in predictions]
    if set(predictions) & set(targets):
        return None  # The same arrays the other way round are no other part of a batch.
    if len(set(predictions)) != len(parts) or any(shape[1:] != shapes[0][1:] or not shape for shape in shapes):
        return None
    prediction = _joined(predictions, describe)
    single = len(describe(prediction).shape) > len(shapes[0])
    return replace(
        first,
        layout=replace(first.layout, prediction=prediction),
        target=replace(first.target, source=_joined(targets, describe)),
        reduction=replace(first.reduction, microbatches=tuple(1 if single else shape[0] for shape in shapes)),
    )


def without_sources(s: Semantics) -> Semantics:
    """Everything that is said of a loss but which arrays it is of."""
    blank = Literal(None)
    return replace(s, layout=replace(s.layout, prediction=blank), target=replace(s.target, source=blank))


def _joined(nodes: list[Node], describe: Callable[[Node], Described]) -> Node:
    whole = _whole(nodes, describe) or _every(nodes, describe)
    return whole if whole is not None else Call(JOIN, (Sequence(tuple(nodes)),), (("axis", Literal(0)),))


def _whole(nodes: list[Node], describe: Callable[[Node], Described]) -> Node | None:
    """x where the nodes are `x[:a]`, `x[a:b]`, `x[b:]` in order and cover it."""
    values = {node.value for node in nodes if isinstance(node, Index)}
    if len(values) != 1 or not all(isinstance(node, Index) and _slice(node) is not None for node in nodes):
        return None
    value = values.pop()
    length, at = describe(value).shape[0], 0
    for node in nodes:
        start, stop, step = (_slice(node) or slice(0)).indices(length)
        if start != at or step != 1:
            return None
        at = stop
    return value if at == length else None


def _every(nodes: list[Node], describe: Callable[[Node], Described]) -> Node | None:
    """x where the nodes are `x[0]`, `x[1]`, … in order and there are no more."""
    places = [(node.value, node.items) for node in nodes if isinstance(node, Index)]
    value = places[0][0] if places else None
    wanted = [(value, (Literal(i),)) for i in range(len(nodes))]
    return value if value is not None and places == wanted and describe(value).shape[:1] == (len(nodes),) else None


def _slice(node: Node) -> slice | None:
    match node:
        case Index(_, (Slice(start, stop, None),)):
            bounds = [
                None if part is None else part.value if isinstance(part, Literal) else "" for part in (start, stop)
            ]
            return None if "" in bounds else slice(*bounds)
        case _:
            return None
