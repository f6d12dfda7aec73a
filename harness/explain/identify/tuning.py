"""Numbers that are no short ones, as well as the answers allow, and how far they may still be off.

With answers y_i that are right up to their bounds b_i, the least-squares estimate θ = P y is off by no more than
|P| b: a bound like any other, and what it does to a fresh answer is added to that answer's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.numbers import DENOMINATORS, DIGITS, LONG, digits
from harness.records import Array
from harness.reference.arithmetic import Plain, Rounded
from harness.reference.evaluate import Evaluated, evaluate
from harness.semantics import Semantics
from harness.syntax import Input

Path = tuple[str | int, ...]
ROUNDS = 2
STEP = 1e-6
LARGEST_CHANGE = 0.01  # What changes by more is another number, and the point is wrong.
LEAST = 1e-150  # Of a bound: its inverse is squared.


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A point whose long numbers are known to within `error`, in the order of `paths`; the first `fitted` of them were fitted."""

    semantics: Semantics
    paths: tuple[Path, ...] = ()
    error: tuple[float, ...] = ()
    fitted: int | None = None


def long_numbers(part: object, path: Path = ()) -> Iterator[Path]:
    """Where in a point there are numbers that nobody wrote by hand."""
    if isinstance(part, float):
        if math.isfinite(part) and digits(part) > LONG and not any(part * q == round(part * q) for q in DENOMINATORS):
            yield path
    elif isinstance(part, tuple):
        for i, item in enumerate(part):
            yield from long_numbers(item, (*path, i))
    elif is_dataclass(part):
        for field in fields(part):
            yield from long_numbers(getattr(part, field.name), (*path, field.name))


def number_at(part: Any, path: Path) -> float:  # noqa: ANN401  any piece of a point
    """The number at `path`."""
    for step in path:
        part = part[step] if isinstance(step, int) else getattr(part, step)
    return float(part)


def with_number(part: Any, path: Path, value: float) -> Any:  # noqa: ANN401
    """`part` with another number at `path`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return (*part[:step], with_number(part[step], rest, value), *part[step + 1 :])
    return replace(part, **{step: with_number(getattr(part, step), rest, value)})


def tuned(
    semantics: Semantics,
    cases: Sequence[tuple[Inputs, Array]],
    dtype: str,
    known: Mapping[Path, float] | None = None,
) -> Tuned:
    """`semantics` with its long numbers fitted to the answers, and their bounds; `known` are bounds of those that stay."""
    stay = {path: error for path, error in (known or {}).items() if path in set(long_numbers(semantics))}
    fitted = _fitted(semantics, tuple(path for path in long_numbers(semantics) if path not in stay), cases, dtype)
    return Tuned(fitted.semantics, (*fitted.paths, *stay), (*fitted.error, *stay.values()), len(fitted.paths))


def _fitted(semantics: Semantics, paths: tuple[Path, ...], cases: Sequence[tuple[Inputs, Array]], dtype: str) -> Tuned:
    if not paths:
        return Tuned(semantics)
    p = np.zeros((len(paths), 0))
    bound = np.zeros(0)
    for _ in range(ROUNDS):
        residual, bound, slopes = _linearised(semantics, paths, cases, dtype)
        if residual.size < len(paths):
            return Tuned(semantics)
        weight = 1.0 / bound
        p = np.linalg.pinv(slopes * weight[:, None]) * weight
        step = p @ residual
        if any(
            abs(change) > LARGEST_CHANGE * abs(number_at(semantics, path))
            for path, change in zip(paths, step, strict=True)
        ):
            return Tuned(semantics)
        for path, change in zip(paths, step, strict=True):
            semantics = with_number(semantics, path, number_at(semantics, path) + float(change))
    error = np.abs(p) @ bound + np.array([2.0**-52 * abs(number_at(semantics, path)) for path in paths])
    return Tuned(semantics, paths, tuple(float(e) for e in error))


def shortened(point: Tuned, holds: Callable[[Semantics], bool]) -> Semantics:
    """The point with each long number the shortest decimal within its error with which it holds."""
    semantics = point.semantics
    for path, error in islice(zip(point.paths, point.error, strict=True), point.fitted):
        value = number_at(semantics, path)
        shorter = (float(f"{value:.{count}e}") for count in range(DIGITS))
        tries = (with_number(semantics, path, s) for s in shorter if abs(s - value) <= error)
        semantics = next(filter(holds, tries), semantics)
    return semantics


def _linearised(
    semantics: Semantics, paths: tuple[Path, ...], cases: Sequence[tuple[Inputs, Array]], dtype: str
) -> tuple[Array, Array, Array]:
    """What the answers are more than the point says, the bounds of that, and its derivative by the numbers."""
    residuals, bounds, slopes = [], [], []
    for inputs, answer in cases:
        ball = evaluate(semantics, inputs, Rounded(dtype), dtype, None).value
        base, y = ball.mid.reshape(-1), answer.reshape(-1)
        if y.size != base.size:
            continue
        good = np.isfinite(base) & np.isfinite(y) & np.isfinite(ball.err.reshape(-1))
        if not good.any():
            continue
        columns = np.stack([slope_of(semantics, path, inputs, dtype, None)[0].reshape(-1) for path in paths], axis=1)
        # Next to an edge there is no number to either side of this one, and no slope.
        good &= np.isfinite(columns).all(1)
        residuals.append((y - base)[good])
        bounds.append(np.maximum(ball.err.reshape(-1), LEAST)[good])
        slopes.append(columns[good])
    if not residuals:
        return np.zeros(0), np.zeros(0), np.zeros((0, len(paths)))
    return np.concatenate(residuals), np.concatenate(bounds), np.concatenate(slopes)


def slope_of(
    semantics: Semantics, path: Path, inputs: Inputs, dtype: str, wrt: str | None
) -> tuple[Array, Array | None]:
    """d(value)/d(number at `path`), and that of the gradient."""
    at = number_at(semantics, path)
    h = STEP * max(abs(at), 1e-3)
    up, down = (_plain(with_number(semantics, path, at + s * h), inputs, dtype, wrt) for s in (1.0, -1.0))
    gradient = None if wrt is None else (up.gradient - down.gradient) / (2.0 * h)
    return (np.asarray(up.value) - np.asarray(down.value)) / (2.0 * h), gradient


def _plain(semantics: Semantics, inputs: Inputs, dtype: str, wrt: str | None) -> Evaluated:
    return evaluate(semantics, inputs, Plain(), dtype, wrt)


def slack(point: Tuned, inputs: Inputs, dtype: str, wrt: str | None) -> tuple[Array | float, Array | float]:
    """How far the long numbers' errors may move value and gradient on `inputs`."""
    value: Array | float = 0.0
    gradient: Array | float = 0.0
    for path, error in zip(point.paths, point.error, strict=True):
        if not _matters(point.semantics, path, inputs):
            continue
        with np.errstate(all="ignore"):
            by_value, by_gradient = slope_of(point.semantics, path, inputs, dtype, wrt)
        value = value + np.nan_to_num(np.abs(by_value) * error, nan=0.0, posinf=0.0)
        if by_gradient is not None:
            gradient = gradient + np.nan_to_num(np.abs(by_gradient) * error, nan=0.0, posinf=0.0)
    return value, gradient


def _matters(semantics: Semantics, path: Path, inputs: Inputs) -> bool:
    """Whether the number is not that of a class that no target here is."""
    source = semantics.target.source
    if path[:2] != ("weight", "klass") or semantics.target.encoding != "index" or not isinstance(source, Input):
        return True
    return bool(np.any(inputs[source.name] == path[-2]))
