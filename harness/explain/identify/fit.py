"""Fitting: linear amounts by least squares, the few that are not linear by damped Gauss-Newton around it.

`solve` finds the fewest columns that reproduce the answers to within rounding; `descend` moves the other parameters
until some columns do. What counts as rounding here only orders the search: what it finds is held against the
reference's bound afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from harness.explain.identify.columns import COLUMNS
from harness.explain.identify.frame import Rows
from harness.explain.identify.grids import GRIDS, WIDTHS
from harness.explain.identify.independent import independent
from harness.explain.identify.view import Trial, View
from harness.records import Array
from harness.reference.arithmetic import FORMATS

# Roundings of a row's contributions that a plain implementation may add up to.
ROUNDINGS = 96.0
STEPS = 24
STARTS = 2
SHRINKS, PATIENCE = 0.6, 2  # Steps that may shrink what is left by less before a start is given up.
ALMOST = 1e-6
LARGEST_EPSILON, COLDEST = 0.1, 1e-2
CURVATURE = 1e-6  # Step of the numeric derivative, relative to the parameter.


@dataclass(frozen=True, slots=True)
class Model:
    """A hypothesis about one row: an activation, the columns it may be made of, and the parameters that are not linear.

    Attributes:
        chain: The activation.
        columns: Names in COLUMNS, simplest first.
        free: Names of Trial's parameters that are looked for.
        encoding: How the target is read: dense, signed or log.
        soft: What a free smoothing spreads its mass over: "binary" (halves) or "uniform".
    """

    chain: tuple[str, ...]
    columns: tuple[str, ...]
    free: tuple[str, ...] = ()
    encoding: str = "dense"
    soft: str = "binary"


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Answers to rows: `y` is [P], or [P, K] where the black box returns elements; `per_class` tells the classes apart.

    `terms` is how many numbers one answer adds up, `ignored` the label that is left out, `scale` how large predictions
    and targets are.
    """

    rows: Rows
    y: Array
    dtype: str
    per_class: bool = False
    terms: int = 1
    ignored: int | None = None
    scale: float = 1.0

    @property
    def noise(self) -> float:
        """Relative rounding to expect."""
        return (ROUNDINGS + self.terms) * FORMATS[self.dtype].u


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A model that reproduces the answers.

    Attributes:
        model: The hypothesis.
        trial: Its parameters.
        amounts: Coefficient of each column that is needed; [K] arrays where classes differ.
        errors: How far rounding may have moved each coefficient.
        spread: The same for the free parameters.
    """

    model: Model
    trial: Trial
    amounts: dict[str, Array]
    errors: dict[str, Array]
    spread: dict[str, float]


ENCODINGS: dict[str, Callable[[Array], Array]] = {
    "dense": lambda t: t,
    "index": lambda t: t,
    "index-list": lambda t: t,
    "signed": lambda t: (t + 1.0) * 0.5,
    "log": np.exp,
}


def view_of(model: Model, rows: Rows, trial: Trial) -> View:
    """`rows` as `model` reads them."""
    return View(rows.x, ENCODINGS[model.encoding](rows.t), model.chain, trial, model.soft)


def _matrix(data: Data, view: View, names: tuple[str, ...]) -> tuple[Array, Array]:
    """Columns [R, n] and the sizes of what was added up in them."""
    columns = [(name, COLUMNS[name](view)) for name in names]
    parts = [_shaped(data, column, name) for name, column in columns]
    sizes = [_shaped(data, np.abs(column), name) for name, column in columns]
    return np.concatenate(parts, axis=1), np.concatenate(sizes, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    amounts: Array
    residual: Array
    excess: float


def _solved(a: Array, sizes: Array, y: Array, noise: float) -> _Solved:
    scale = np.sqrt((a * a).sum(0))
    amounts = np.linalg.lstsq(a / scale, y)[0] / scale
    residual = y - a @ amounts
    limit = noise * (sizes @ np.abs(amounts) + np.abs(y) + float(np.mean(np.abs(y))))
    return _Solved(amounts, residual, float(np.max(np.abs(residual) / np.maximum(limit, 1e-300), initial=0.0)))


def allowed(trial: Trial) -> bool:
    """Whether the parameters are what they are called: a guard is small, a margin or a width is none if negative."""
    return trial.epsilon <= LARGEST_EPSILON and min(trial.temperature - COLDEST, trial.delta, trial.q) > 0.0


def solve(data: Data, model: Model, trial: Trial) -> Fit | None:
    """The fit with the fewest columns, those listed last given up first; None if not even all together do."""
    with np.errstate(all="ignore"):
        a, sizes = _matrix(data, view_of(model, data.rows, trial), model.columns)
    names = _expanded(data, model.columns)
    y = data.y.reshape(-1)
    kept = independent(a)
    if not kept or len(kept) >= len(y) - 1 or _solved(a[:, kept], sizes[:, kept], y, data.noise).excess > 1.0:
        return None
    # Twice: beside columns that are nearly combinations of others, one that is not needed may seem so.
    for i in (*kept[::-1], *kept[::-1]):
        fewer = [j for j in kept if names[j][0] != names[i][0]]
        if i in kept and fewer and _solved(a[:, fewer], sizes[:, fewer], y, data.noise).excess <= 1.0:
            kept = fewer
    return _fit(data, model, trial, names, kept, a, sizes)


def _expanded(data: Data, columns: tuple[str, ...]) -> list[tuple[str, int]]:
    return [(name, c) for name in columns for c in range(data.rows.x.shape[1] if data.per_class and name != "1" else 1)]


def _fit(
    data: Data, model: Model, trial: Trial, names: list[tuple[str, int]], kept: list[int], a: Array, sizes: Array
) -> Fit:
    y = data.y.reshape(-1)
    solved = _solved(a[:, kept], sizes[:, kept], y, data.noise)
    weight = 1.0 / np.maximum(sizes[:, kept] @ np.abs(solved.amounts) + np.abs(y), 1e-300)
    inverse = np.linalg.pinv(a[:, kept] * weight[:, None])
    spread = np.sqrt((inverse * inverse).sum(1)) * 4.0 * FORMATS[data.dtype].u * np.sqrt(1.0 + data.terms)
    lengths = {name: 1 + max(c for n, c in names if n == name) for name, _ in (names[j] for j in kept)}
    amounts = {name: np.zeros(length) for name, length in lengths.items()}
    errors = {name: np.zeros(length) for name, length in lengths.items()}
    for index, (name, c) in enumerate(names[j] for j in kept):
        amounts[name][c], errors[name][c] = solved.amounts[index], spread[index]
    return Fit(model, trial, amounts, errors, {})


def _unexplained(data: Data, model: Model, trial: Trial) -> Array:
    """What is left of the answers, relative to them, when the columns have taken all they can."""
    if not model.columns:
        return np.full(data.y.size, np.inf)
    view = view_of(model, data.rows, trial)
    y = data.y.reshape(-1)
    weight = 1.0 / np.maximum(np.abs(y), 0.1 * float(np.max(np.abs(y), initial=1e-300)))
    a = np.concatenate([_shaped(data, COLUMNS[name](view), name) for name in model.columns], axis=1) * weight[:, None]
    size = np.sqrt((a * a).sum(0))
    good = np.isfinite(size) & (size > 0.0)
    if not good.any():
        return np.full(y.shape, np.inf)
    q = np.linalg.qr(a[:, good] / size[good])[0]
    target = y * weight
    return np.asarray(target - q @ (q.T @ target))


def _shaped(data: Data, column: Array, name: str) -> Array:
    if data.y.ndim > 1 and data.per_class and name != "1":
        wide = np.broadcast_to(column, data.rows.x.shape)
        return (wide[:, :, None] * np.eye(wide.shape[1])).reshape(-1, wide.shape[1])
    if data.y.ndim > 1:
        return np.broadcast_to(column, data.rows.x.shape).reshape(-1, 1)
    if data.per_class and name != "1":
        return np.broadcast_to(column, data.rows.x.shape)
    # A column over the classes counts once where it is summed already.
    return column.sum(-1, keepdims=True) if column.shape[-1] > 1 else column


def descend(data: Data, model: Model) -> Fit | None:
    """The best parameters from the best few places of the grid, until some reproduce the answers."""
    with np.errstate(all="ignore"):
        model = _without_dependent(data, model)
        starts = [np.array(point) for point in product(*(_grid(data, name) for name in model.free))]
        sizes = [_size(_unexplained(data, model, Trial().moved(model.free, start))) for start in starts]
        for i in np.argsort(sizes)[:STARTS]:
            found = _descended(data, model, starts[i])
            if found is not None:
                return found
    return None


def _grid(data: Data, name: str) -> tuple[float, ...]:
    """Where to begin with a parameter; a width or a margin is as large as what it is held against."""
    return tuple(data.scale * value for value in GRIDS[name]) if name in WIDTHS else GRIDS[name]


def _without_dependent(data: Data, model: Model) -> Model:
    """`model` without columns that are combinations of others at a place where no parameter is special."""
    place = Trial().moved(model.free, np.array([_grid(data, name)[-1] for name in model.free]))
    a, _ = _matrix(data, view_of(model, data.rows, place), model.columns)
    names = _expanded(data, model.columns)
    kept = {names[i][0] for i in independent(a)}
    return replace(model, columns=tuple(c for c in model.columns if c in kept))


def _size(residual: Array) -> float:
    norm = float(residual @ residual)
    return norm if np.isfinite(norm) else np.inf


def _descended(data: Data, model: Model, theta: Array) -> Fit | None:
    residual = _unexplained(data, model, Trial().moved(model.free, theta))
    damping, norm, stalled = 1e-3, float(residual @ residual), 0
    floor = residual.size * data.noise * data.noise
    for _ in range(STEPS):
        if not np.isfinite(norm) or stalled > PATIENCE:
            return None
        jacobian = _jacobian(data, model, theta, residual)
        for _ in range(4):
            step = _step(jacobian, residual, damping)
            moved = theta + step
            after = _unexplained(data, model, Trial().moved(model.free, moved))
            size = float(after @ after)
            if size < norm:
                break
            damping = max(damping * 10.0, 1e-8)
        else:
            break
        stalled = stalled + 1 if size > SHRINKS * norm > floor else 0
        near = size < floor and size > 0.1 * norm
        theta, residual, norm, damping = moved, after, size, damping * 0.1
        if near:
            break
    left = float(np.max(np.abs(residual)))
    found = _polished(data, model, theta) if left <= ALMOST else None
    if found is None and left <= ALMOST and "epsilon" not in model.free:
        # What is left is as small as what an epsilon in a logarithm does.
        return _descended(data, replace(model, free=(*model.free, "epsilon")), np.append(theta, 0.0))
    return found


def _step(jacobian: Array, residual: Array, damping: float) -> Array:
    normal = jacobian.T @ jacobian
    normal = normal + damping * np.diag(np.maximum(np.diag(normal), 1e-30))
    if not np.isfinite(normal).all():
        return np.full(normal.shape[0], np.nan)
    return np.asarray(-np.linalg.lstsq(normal, jacobian.T @ residual)[0])


def _jacobian(data: Data, model: Model, theta: Array, residual: Array) -> Array:
    columns = []
    for i in range(theta.size):
        h = CURVATURE * max(abs(theta[i]), 1e-3)
        moved = theta.copy()
        moved[i] += h
        columns.append((_unexplained(data, model, Trial().moved(model.free, moved)) - residual) / h)
    return np.stack(columns, axis=1)


def _polished(data: Data, model: Model, theta: Array) -> Fit | None:
    trial = Trial().moved(model.free, theta)
    residual = _unexplained(data, model, trial)
    jacobian = _jacobian(data, model, theta, residual)
    if not np.isfinite(jacobian).all():
        return None
    inverse = np.linalg.pinv(jacobian)
    noise = 4.0 * FORMATS[data.dtype].u * float(np.sqrt(1.0 + data.terms))
    error = np.sqrt((inverse * inverse).sum(1)) * max(noise, float(np.sqrt(np.mean(residual * residual))))
    found = solve(data, model, trial) if allowed(trial) else None
    if found is None:
        return None
    spread = dict(zip(model.free, (float(e) for e in error), strict=True))
    return Fit(found.model, trial, found.amounts, found.errors, spread)
