"""What people do to a target before they hand it to a loss: one-hot, clipping, smoothing, signs."""

from __future__ import annotations

from dataclasses import replace

from harness.explain.affine import smoothing
from harness.explain.named import IDENTITIES, number, operation
from harness.expression import inputs_of
from harness.semantics import Semantics, Smoothing, Target
from harness.syntax import Binary, Literal, Node


def absorb_target(s: Semantics, classes: int | None) -> Semantics:
    """`s` with what its target tree does moved into its stages; `classes` is the length of the class axis, if any."""
    while True:
        target = _target_step(s, s.target, classes)
        if target is None:
            return s
        s = replace(s, target=target)


def _target_step(s: Semantics, target: Target, classes: int | None) -> Target | None:
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
    return _signed(target, node) or _smoothed(target, node, classes)


def _classes_last(s: Semantics) -> bool:
    # The classes that one_hot appends are the loss's own class axis: −1, or 1 of a two-dimensional prediction.
    return s.layout.class_axis in (-1, 1) or (s.layout.class_axis is None and s.reduction.classes == "flat")


def _signed(target: Target, node: Node) -> Target | None:
    match node:
        case Binary(
            "-", Binary("*", Literal(2 | 2.0), source) | Binary("*", source, Literal(2 | 2.0)), Literal(1 | 1.0)
        ):
            return replace(target, source=source, encoding="dense") if target.encoding.startswith("signed") else None
        case Binary("/", Binary("+", source, Literal(1 | 1.0)), Literal(2 | 2.0)):
            return replace(target, source=source, encoding="signed") if target.encoding == "dense" else None
        case _:
            return None


def _smoothed(target: Target, node: Node, classes: int | None) -> Target | None:
    if target.smoothing is not None or target.encoding not in ("dense", "index"):
        return None
    found = smoothing(node, classes)
    return None if found is None else replace(target, source=found[0], smoothing=found[1])
