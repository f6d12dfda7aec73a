"""Sums of products over axes that two arrays share: every form of them is transposes around one product of matrices."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.reference.extent import within_reach
from harness.reference.moves import picked
from harness.reference.operation import (
    Operation,
    Value,
    axis_of,
    ndim_of,
    on_floats,
    operation,
    plain,
    tensor_of,
)
from harness.reference.tape import Tensor, unbroadcast


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """Products of the matrices in the last two axes; g yᵀ and xᵀ g on the way back, as every library has it."""
    ar = x.arith
    stack = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    within_reach((*stack, x.shape[-2], y.shape[-1]))

    def turned(a: Any) -> Any:
        return ar.structure(lambda part: np.swapaxes(part, -1, -2), a)

    return Tensor(ar, ar.matmul(x.data, y.data), (
        (x, lambda g: unbroadcast(ar, ar.matmul(g, turned(y.data)), x.shape)),
        (y, lambda g: unbroadcast(ar, ar.matmul(turned(x.data), g), y.shape)),
    ))  # fmt: skip


def product(x: Tensor, y: Value) -> Tensor:
    """x @ y: a vector on either side counts as a row, or as a column, that the result does not have."""
    other = tensor_of(x, y)
    rows = x if x.ndim > 1 else x.reshape((1, *x.shape))
    columns = other if other.ndim > 1 else other.reshape((*other.shape, 1))
    out = matmul(rows, columns)
    kept = (*out.shape[:-2], *rows.shape[-2:-1] * (x.ndim > 1), *columns.shape[-1:] * (other.ndim > 1))
    return out.reshape(kept)


def _with_transposes(
    x: Tensor,
    y: Value,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> Tensor:
    """TensorFlow's product, which can turn its factors."""
    first, second = (_turned(t) if turn else t for t, turn in ((x, transpose_a), (tensor_of(x, y), transpose_b)))
    return product(first, second)


def _turned(x: Tensor) -> Tensor:
    return x.transpose((*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def tensordot(x: Tensor, y: Value, axis: Any = 2) -> Tensor:
    """Σ over the last n axes of x and the first n of y, or over the axes listed for each."""
    other = tensor_of(x, y)
    if np.ndim(axis) == 0:
        first, second = tuple(range(x.ndim - int(axis), x.ndim)), tuple(range(int(axis)))
    else:
        first, second = (tuple(np.atleast_1d(axis_of(part)).tolist()) for part in axis)
    letters = iter(string.ascii_letters)
    left = [next(letters) for _ in range(x.ndim)]
    right = [next(letters) for _ in range(other.ndim)]
    for a, b in zip(first, second, strict=True):
        right[b] = left[a]
    shared = {left[a] for a in first}
    return _contracted([x, other], [left, right], [c for c in (*left, *right) if c not in shared])


def _inner(x: Tensor, y: Value) -> Tensor:
    """Σ over the last axis of each; a single number multiplies."""
    other = tensor_of(x, y)
    return x * other if 0 in (x.ndim, other.ndim) else tensordot(x, other, ((-1,), (-1,)))


def _dot(x: Tensor, y: Value) -> Tensor:
    """NumPy's dot: the last axis of x against the last but one of y, of stacks of matrices each with each."""
    other = tensor_of(x, y)
    if 0 in (x.ndim, other.ndim):
        return x * other
    return product(x, other) if other.ndim < 3 else tensordot(x, other, ((-1,), (-2,)))  # noqa: PLR2004


def outer(x: Tensor, y: Value) -> Tensor:
    """Every element of x times every element of y."""
    other = tensor_of(x, y)
    return x.reshape((-1, 1)) * other.reshape((1, -1))


def _vdot(x: Tensor, y: Value) -> Tensor:
    return product(x.reshape((-1,)), tensor_of(x, y).reshape((-1,)))


def einsum(subscripts: str, *operands: Value) -> Value:
    """Einstein's sum: letters that the result does not name are summed over.

    Raises:
        CaseError: `not-interpretable`, for subscripts that do not fit the operands.
    """
    given, arrow, wanted = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(operands):
        raise CaseError("not-interpretable", f"{subscripts!r} is for {len(terms)} arrays, {len(operands)} given")
    template = next((x for x in operands if isinstance(x, Tensor)), None)
    if template is None:
        return np.einsum(subscripts, *map(plain, operands))
    names = [_letters(term, ndim_of(x)) for term, x in zip(terms, operands, strict=True)]
    dots = max(names, key=lambda name: sum(map(str.isdigit, name)))
    lead = [c for c in dots if c.isdigit()]
    every = [c for name in names for c in name if not c.isdigit()]
    once = sorted(c for c in set(every) if every.count(c) == 1)
    out = _letters(wanted, len(lead) * ("..." in wanted) + len(wanted.replace("...", ""))) if arrow else [*lead, *once]
    return _contracted([tensor_of(template, x) for x in operands], names, out)


def _letters(term: str, ndim: int) -> list[str]:
    """The name of each axis; those of an ellipsis are numbers, counted from its last."""
    before, dots, after = term.partition("...")
    more = ndim - len(before) - len(after)
    if more < 0 or (more > 0 and not dots):
        raise CaseError("not-interpretable", f"{term!r} does not name the axes of an array of {ndim}")
    return [*before, *map(str, reversed(range(more))), *after]


def _contracted(operands: Sequence[Tensor], names: Sequence[list[str]], out: list[str]) -> Tensor:
    """The operands two by two, each pair as a product of matrices over what nothing after it needs."""
    total, known = _diagonal(operands[0], names[0])
    for i, (x, letters) in enumerate(zip(operands[1:], names[1:], strict=True), 2):
        needed = {*out, *(c for later in names[i:] for c in later)}
        total, known = _paired(total, known, *_diagonal(x, letters), needed)
    total, known = _summed(total, known, set(out))
    return total.transpose(tuple(known.index(c) for c in out))


def _diagonal(x: Tensor, letters: list[str]) -> tuple[Tensor, list[str]]:
    """One axis for each name: of axes that share one, the elements where they agree."""
    own = list(dict.fromkeys(letters))
    if len(own) == len(letters):
        return x, letters
    codes = [own.index(c) for c in letters]
    return picked(x, lambda a: np.einsum(a, codes, list(range(len(own))))), own


def _summed(x: Tensor, letters: list[str], needed: set[str]) -> tuple[Tensor, list[str]]:
    over = tuple(i for i, c in enumerate(letters) if c not in needed)
    return (x.sum(over) if over else x), [c for c in letters if c in needed]


def _paired(x: Tensor, left: list[str], y: Tensor, right: list[str], needed: set[str]) -> tuple[Tensor, list[str]]:
    x, left = _summed(x, left, {*needed, *right})
    y, right = _summed(y, right, {*needed, *left})
    stack = [c for c in left if c in right and c in needed]
    over = [c for c in left if c in right and c not in needed]
    rows, columns = [c for c in left if c not in right], [c for c in right if c not in left]
    a = x.transpose(tuple(left.index(c) for c in (*stack, *rows, *over)))
    b = y.transpose(tuple(right.index(c) for c in (*stack, *over, *columns)))
    n, m = len(stack), len(stack) + len(over)
    middle = int(np.prod(b.shape[n:m]))
    out = matmul(a.reshape((*a.shape[:n], -1, middle)), b.reshape((*b.shape[:n], middle, -1)))
    shape = (*out.shape[:-2], *a.shape[n : n + len(rows)], *b.shape[m:])
    return out.reshape(shape), [*stack, *rows, *columns]


CONTRACTIONS: dict[str, Operation] = {
    "dot": on_floats(product, "x", "y"),
    "inner": on_floats(_inner, "x", "y"),
    "vdot": on_floats(_vdot, "x", "y"),
    "mv": on_floats(product, "x", "y"),
    "bmm": on_floats(product, "x", "y"),
    "outer": on_floats(outer, "x", "y"),
    "tensordot": on_floats(tensordot, "x", "y", "axis"),
    "einsum": operation(einsum, "subscripts", "*"),
}

CONTRACTIONS_OF: dict[str, Operation] = {
    **dict.fromkeys(("numpy.dot", "jax.numpy.dot", "keras.ops.dot"), on_floats(_dot, "x", "y")),
    "tensorflow.matmul": on_floats(_with_transposes, "x", "y", "transpose_a", "transpose_b"),
}
