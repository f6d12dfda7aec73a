"""The way back: d(sum of an output)/d(a leaf)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.reference.tape import Tensor


def gradient(output: Tensor, leaf: Tensor) -> Any:
    """d(sum of `output`)/d(`leaf`) in the arithmetic of both; zeros where there is no path."""
    ar = output.arith
    ones = ar.lift(np.ones(output.shape))
    grads: dict[int, Any] = {id(output): ones}
    for node in _backward_order(output):
        g = grads.pop(id(node)) if node is not leaf else grads[id(node)]
        for parent, back in node.parents:
            part = back(g)
            known = grads.get(id(parent))
            grads[id(parent)] = part if known is None else parent.arith.add(known, part)
    return grads[id(leaf)] if id(leaf) in grads else ar.lift(np.zeros(leaf.shape))


def _backward_order(output: Tensor) -> list[Tensor]:
    order: list[Tensor] = []
    seen: set[int] = set()
    stack: list[tuple[Tensor, bool]] = [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen and node.needs:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    return order[::-1]
