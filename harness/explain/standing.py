"""Where one side stands: what it returned, the point it stands for, and what the reference says of that point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial

import numpy as np

from harness.catalog.api import Described
from harness.compare import difference, within
from harness.explain.declared import declared_loss, point_of_call
from harness.explain.facts import Facts
from harness.records import Array, InputArray
from harness.reference.arithmetic import FORMATS, Arithmetic, Certified, Plain, Rounded, quantise
from harness.reference.evaluate import Evaluated, Evaluator, inputs_as
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor
from harness.semantics import Semantics
from harness.syntax import Input, Node

PLAIN = Plain()
CERTIFIED = Certified()

# Arrays above this many elements are enclosed by float64 running error instead of ball arithmetic.
CERTIFIED_LIMIT = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Enclosed:
    """The exact number and how far a correct implementation may be from it, elementwise; float64.

    `exact` is the middle of the certified enclosure, `radius` that enclosure's own half-width, `bound` the distance
    that rounding in the dtype accounts for.
    """

    exact: Array
    radius: Array
    bound: Array


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What the reference says of a point on some inputs."""

    value: Enclosed
    gradient: Enclosed | None


def working_dtype(semantics: Semantics, dtype: str) -> str:
    """The dtype a side computes in: the case's, or the one it casts its inputs to."""
    return semantics.precision.input or dtype


class References:
    """Certified values and gradients of points on the same inputs, each with the bound of the dtype it computes in.

    What several points have in common is evaluated once.

    Args:
        inputs: Inputs rounded to `dtype`.
        dtype: The case's dtype.
    """

    def __init__(self, inputs: Mapping[str, np.ndarray], dtype: str) -> None:
        self._inputs, self._dtype = inputs, dtype
        self._known: dict[tuple[Semantics, str | None], Reference] = {}
        self._evaluators: dict[tuple[str, str, str | None], Evaluator] = {}

    def __call__(self, semantics: Semantics, wrt: str | None) -> Reference:
        """One point, differentiated with respect to the input `wrt` if there is one.

        Raises:
            CaseError: If the inputs do not fit the point.
        """
        known = self._known.get((semantics, wrt))
        if known is None:
            working = working_dtype(semantics, self._dtype)
            rounded = self._evaluator("rounded", lambda: Rounded(working), working, wrt)(semantics)
            arith = exact_arithmetic(self._inputs, rounded)
            exact = self._evaluator(type(arith).__name__, lambda: arith, working, wrt)(semantics)
            value = enclosed(exact.value, rounded.value)
            slope = None if wrt is None else _handed_back(enclosed(exact.gradient, rounded.gradient), self._dtype)
            known = Reference(value, slope)
            self._known[semantics, wrt] = known
        return known

    def _evaluator(self, kind: str, arith: Callable[[], Arithmetic], working: str, wrt: str | None) -> Evaluator:
        known = self._evaluators.get((kind, working, wrt))
        if known is None:
            known = self._evaluators[kind, working, wrt] = Evaluator(self._inputs, arith(), working, wrt)
        return known


def _handed_back(slope: Enclosed, dtype: str) -> Enclosed:
    """A gradient that was computed in a finer dtype comes back in that of the input."""
    form = FORMATS[dtype]
    rounding = form.u * np.abs(slope.exact) + form.eta
    return replace(slope, bound=np.where(np.isfinite(rounding), np.maximum(slope.bound, rounding), slope.bound))


def reference(semantics: Semantics, inputs: Mapping[str, np.ndarray], dtype: str, wrt: str | None) -> Reference:
    """One point on its own: see References."""
    return References(inputs, dtype)(semantics, wrt)


def exact_arithmetic(inputs: Mapping[str, np.ndarray], rounded: Evaluated) -> Arithmetic:
    """The arithmetic for the exact numbers behind `rounded`: certified balls, as far as all are finite and not many."""
    finite = all(bool(np.all(np.isfinite(a))) for a in (*inputs.values(), rounded.value.mid))
    if rounded.gradient is not None:
        finite = finite and bool(np.all(np.isfinite(rounded.gradient.mid)))
    if not finite:
        return PLAIN
    return CERTIFIED if sum(a.size for a in inputs.values()) <= CERTIFIED_LIMIT else Rounded("float64")


def enclosed(exact: object, rounded: object) -> Enclosed:
    """A certified or plain array and the same in rounded balls as one enclosure."""
    middle, radius = _middle_and_radius(exact)
    bound = np.asarray(rounded.err)  # type: ignore[attr-defined]
    # What is infinite in exact arithmetic is no rounded number: nothing else is near it.
    return Enclosed(middle, radius, np.where(np.isnan(bound) | np.isinf(middle), 0.0, bound))


def _middle_and_radius(data: object) -> tuple[Array, Array]:
    if hasattr(data, "mid") and hasattr(data, "err"):
        return np.asarray(data.mid), np.asarray(data.err)
    array = np.asarray(data)
    if array.dtype != object:
        return array, np.zeros_like(array)
    flat = array.ravel()
    middle = np.array([float(x) for x in flat], np.float64).reshape(array.shape)
    radius = np.array([float(x.rad()) for x in flat], np.float64).reshape(array.shape)
    return middle, radius + np.abs(middle) * FORMATS["float64"].u


def holds(observed: Array, enclosed: Enclosed, dtype: str) -> bool:
    """Proof 1 for one array: every observed number is within the bound of the exact one.

    Scalars may come as arrays of one element. The bound includes rounding the result to `dtype`.
    """
    if observed.size != enclosed.exact.size:
        return False
    exact = np.reshape(enclosed.exact, observed.shape)
    room = np.reshape(enclosed.bound + enclosed.radius, observed.shape)
    return within(difference(_overflowed(exact, dtype), observed), room)


def _overflowed(exact: Array, dtype: str) -> Array:
    # A number beyond the dtype's largest is an infinity there.
    form = FORMATS[dtype]
    return np.where(
        np.isfinite(exact) & (np.abs(exact) > form.largest * (1.0 + form.u)), np.copysign(np.inf, exact), exact
    )


def facts_of(inputs: Mapping[str, InputArray], dtype: str, prediction: str) -> Facts:
    """What resolving may ask, answered by evaluating trees on the case's own inputs."""
    arrays = as_arrays(inputs, dtype)
    leaves = {n: _leaf(PLAIN, a) for n, a in arrays.items()}
    scope = Scope(leaves, Tensor(PLAIN, np.zeros(())), partial(declared_loss, dtype=dtype))

    @lru_cache(maxsize=256)
    def array(node: Node) -> np.ndarray:
        with np.errstate(all="ignore"):
            value = interpret(node, scope)
        return np.asarray(value.mid if isinstance(value, Tensor) else value)

    def describe(node: Node) -> Described:
        if isinstance(node, Input):
            given = inputs[node.name]
            return Described(given.values.shape, given.integral)
        with np.errstate(all="ignore"):
            value = array(node)
        return Described(value.shape, value.dtype.kind in "iub")

    @cache
    def declared(node: Node) -> Semantics | None:
        return point_of_call(node, describe, dtype)

    return Facts(describe, array, declared, prediction, dtype)


def as_arrays(inputs: Mapping[str, InputArray], dtype: str) -> dict[str, np.ndarray]:
    """The arrays a framework is given: floats rounded to `dtype` or to the one pinned; integers as integers."""
    arrays = inputs_as({n: a.values for n, a in inputs.items()}, dtype)
    for name, given in inputs.items():
        if given.dtype is not None and given.dtype in FORMATS:
            arrays[name] = quantise(given.values, given.dtype)
    return arrays


def _leaf(arith: Arithmetic, a: np.ndarray) -> object:
    return Tensor(arith, arith.lift(a)) if a.dtype.kind == "f" else a
