"""Masks without their casts, and those that leave out one label, told as that label."""

from __future__ import annotations

from harness.explain.named import IDENTITIES, number, operation
from harness.syntax import Binary, Node, Unary

CASTS = IDENTITIES | {"float", "float16", "bfloat16", "int64", "bool", "asarray"}


def bare(node: Node) -> Node:
    """A tree without the casts around it."""
    found = operation(node)
    return bare(found[1][0]) if found is not None and found[0] in CASTS and found[1] else node


def ignored_label(mask: Node, labels: Node) -> float | None:
    """c of a mask that is true where `labels` is not c; None if it is another mask."""
    match mask:
        case Unary("~", Binary("==", source, label)) | Binary("!=", source, label) if source == labels:
            return number(label)
        case _:
            return None
