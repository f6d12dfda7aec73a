"""Masks that leave out one label, told as that label."""

from __future__ import annotations

from harness.explain.named import number
from harness.syntax import Binary, Node, Unary


def ignored_label(mask: Node, labels: Node) -> float | None:
    """c of a mask that is true where `labels` is not c; None if it is another mask."""
    match mask:
        case Unary("~", Binary("==", source, label)) | Binary("!=", source, label) if source == labels:
            return number(label)
        case _:
            return None
