"""Puts one catalog call to the framework and to the reference, and says where they are further apart than the bound."""

from collections.abc import Mapping

import numpy as np

from harness.adapters.base import Adapter, Request, dtype_of, rounded
from harness.adapters.evaluate import observe
from harness.catalog import complete, declare, index_inputs
from harness.catalog.api import Described
from harness.compare import broadcastable, difference, excess
from harness.expression import parse
from harness.records import Computed, InputArray
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics
from harness.syntax import Binary, Call, Input, Literal, Node, Sequence


def array(values: object) -> InputArray:
    """An input as a case has it: integral where every number was written as an integer."""
    found = np.asarray(values)
    integral = found.dtype.kind in "iub"
    return InputArray(found.astype(np.int64 if integral else np.float64), integral)


def describer(arrays: Mapping[str, InputArray]):
    """Shape and kind of an input, a number, a list of numbers, or an elementwise function of one."""

    def describe(node: Node) -> Described:
        if isinstance(node, Input):
            return Described(arrays[node.name].values.shape, arrays[node.name].integral)
        if isinstance(node, Sequence):
            return Described((len(node.items), *describe(node.items[0]).shape), integral=False)
        if isinstance(node, Call):
            return Described(describe(node.args[0]).shape, integral=False)
        if isinstance(node, Binary):
            shape = np.broadcast_shapes(describe(node.left).shape, describe(node.right).shape)
            return Described(shape, integral=False)
        assert isinstance(node, Literal), node
        return Described((), isinstance(node.value, int))

    return describe


def declared(text: str, inputs: Mapping[str, object], dtype: str = "float32") -> Semantics | None:
    """What the catalog says of a call."""
    arrays = {name: array(values) for name, values in inputs.items()}
    return declare(complete(parse(text, arrays), arrays), describer(arrays), dtype)


def misses(
    adapter: Adapter,
    text: str,
    inputs: Mapping[str, object],
    dtype: str,
    *,
    wrt: str | None = "prediction",
    tight: bool = False,
) -> list[str]:
    """What is wrong with the declared point of a call on these inputs; empty if value and gradient are in the bound.

    Args:
        adapter: Whom to ask.
        text: The call, as a case would have it.
        inputs: Arrays by name.
        dtype: The case's dtype.
        wrt: Input to differentiate with respect to; None for a framework that has no derivatives.
        tight: Say how much of the bound was used, also where it was kept.
    """
    arrays = {name: array(values) for name, values in inputs.items()}
    tree = complete(parse(text, arrays), arrays)
    index = index_inputs(tree, arrays)
    given = {
        name: InputArray(rounded(a.values, dtype_of(name, a, dtype, index)), a.integral) for name, a in arrays.items()
    }
    observed = observe(adapter, Request(tree, given, dtype, gradient=wrt, index_inputs=index))
    if not isinstance(observed, Computed):
        return [f"{text}: {observed}"]
    semantics = declare(tree, describer(arrays), dtype)
    if semantics is None:
        return [f"{text}: not declared"]
    plain = {name: a.values if name in index else a.values.astype(np.float64) for name, a in given.items()}
    wanted = evaluate(semantics, plain, Rounded(dtype), dtype, wrt)
    found = [_apart("value", observed.value, wanted.value, tight=tight)]
    if wrt is None:
        pass
    elif observed.gradient is None:
        found.append(f"no gradient: {observed.gradient_note}")
    else:
        found.append(_apart("gradient", observed.gradient, wanted.gradient, tight=tight))
    return [f"{text} [{dtype}]: {miss}" for miss in found if miss]


def _apart(what: str, observed: np.ndarray, wanted, *, tight: bool) -> str:
    if not broadcastable(observed, wanted.mid):
        return f"{what} of shape {observed.shape}, declared {wanted.mid.shape}"
    mid, err = (np.reshape(part, observed.shape) for part in wanted)
    with np.errstate(all="ignore"):
        distance = np.abs(difference(mid, observed))
        used = excess(distance, err)
    if np.all(used <= 1.0):
        return f"{what} used {np.max(used, initial=0.0):.3f} of the bound" if tight else ""
    at = tuple(int(i) for i in np.argwhere(~(used <= 1.0))[0])
    return f"{what}{list(at)} is {observed[at]!r}, declared {mid[at]!r} ± {err[at]:.2e} (apart {distance[at]:.2e})"
