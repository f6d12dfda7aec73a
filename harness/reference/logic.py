"""Comparisons, and what is done with their answers: masks are arrays of truth values, which have no derivative."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.reference.operation import Operation, Value, axis_of, operation, plain


def _of_two(function: Callable[[Any, Any], Any]) -> Operation:
    return operation(lambda x, y: np.asarray(function(plain(x), plain(y))), "x", "y")


def _of_one(function: Callable[[Any], Any]) -> Operation:
    return operation(lambda x: np.asarray(function(plain(x))), "x")


def _over(function: Callable[..., Any], start: bool) -> Operation:
    def reduced(x: Value, axis: Any = None, keepdims: bool = False, where: Value = None) -> Any:
        answers = plain(x) != 0
        kept = answers if where is None else np.where(np.asarray(plain(where), bool), answers, start)
        return function(kept, axis=axis_of(axis), keepdims=bool(keepdims))

    return operation(reduced, "x", "axis", "keepdims", "where")


def _count_nonzero(x: Value, axis: Any = None, keepdims: bool = False) -> Any:
    return np.count_nonzero(plain(x), axis=axis_of(axis), keepdims=bool(keepdims))


def _is_in(x: Value, y: Value, invert: bool = False) -> Any:
    return np.isin(
        plain(x), np.asarray([plain(v) for v in y] if isinstance(y, tuple) else plain(y)), invert=bool(invert)
    )


def _true(function: Callable[[Any, Any], Any]) -> Operation:
    return _of_two(lambda a, b: function(a != 0, b != 0))


LOGIC: dict[str, Operation] = {
    "equal": _of_two(operator.eq),
    "not_equal": _of_two(operator.ne),
    "greater": _of_two(operator.gt),
    "greater_equal": _of_two(operator.ge),
    "less": _of_two(operator.lt),
    "less_equal": _of_two(operator.le),
    "logical_and": _true(operator.and_),
    "logical_or": _true(operator.or_),
    "logical_xor": _true(operator.xor),
    "logical_not": _of_one(lambda a: a == 0),
    "isnan": _of_one(np.isnan),
    "isinf": _of_one(np.isinf),
    "isfinite": _of_one(np.isfinite),
    "isin": operation(_is_in, "x", "y", "invert"),
    "all": _over(np.all, start=True),
    "any": _over(np.any, start=False),
    "count_nonzero": operation(_count_nonzero, "x", "axis", "keepdims"),
}
