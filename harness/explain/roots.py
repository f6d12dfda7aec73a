"""The square root of a loss, of the whole or of each part of it: root mean squares, and norms of errors."""

from __future__ import annotations

import math
from dataclasses import replace

from harness.explain.facts import Facts
from harness.explain.named import number, operation
from harness.explain.spelled import sum_under_norm
from harness.semantics import Semantics, with_choice
from harness.syntax import Binary, Call, Literal, Node

HALF = 0.5


def under_root(node: Node) -> tuple[Node, bool] | None:
    """(x, whether the slope at 0 is 0) of `sqrt(x)`, `x ** 0.5` and a norm, which is the root of a sum of squares."""
    match node:
        case Binary("**", x, exponent) if number(exponent) == HALF:
            return x, False
        case _:
            found = operation(node)
    if found is None or not found[1]:
        return None
    name, args, kwargs = found
    if name == "sqrt" and len(args) == 1 and not kwargs:
        return args[0], False
    if name == "pow" and len(args) == 2 and number(args[1]) == HALF and not kwargs:  # noqa: PLR2004
        return args[0], False
    squares = sum_under_norm(node)
    return None if squares is None else (squares, flat_at_zero(node))


def by_outputs(node: Node, facts: Facts) -> Node | None:
    """Scikit-learn's root mean squares as what they are: the root of each output's mean, averaged over the outputs."""
    match node:
        case Call(function, args, kwargs) if function.startswith("sklearn.metrics.root_"):
            call = Call(function.replace("root_", ""), args, kwargs)
        case _:
            return None
    if len(facts.shape((*args, *dict(kwargs).values())[0])) < 2:  # noqa: PLR2004
        return Call("numpy.sqrt", (call,))
    outputs = replace(call, kwargs=(*kwargs, ("multioutput", Literal("raw_values"))))
    return None if len(args) + len(kwargs) != 2 else Call("numpy.mean", (Call("numpy.sqrt", (outputs,)),))  # noqa: PLR2004


def flat_at_zero(norm: Node) -> bool:
    """Whether a norm of 0 has slope 0, as torch's has; a root of 0 has none."""
    return not isinstance(norm, Call) or norm.function.startswith("torch.")


def rooted(s: Semantics, facts: Facts, *, flat: bool) -> Semantics | None:
    """√s; None where what stands under the root is no loss alone."""
    scale, reduction = s.scale, s.reduction
    added = scale.offset
    if s.plus or reduction.root != "none" or scale.sign < 0 or scale.log_base or not isinstance(added, float):
        return None
    if not isinstance(scale.constant, float) or scale.constant <= 0.0 or added < 0.0 or "rows" in reduction.batch:
        return None
    each = reduction.batch == "none"
    weighted = s.weight.sample is not None or s.weight.mask is not None or s.weight.klass is not None
    if each and (weighted or s.modulation.z_loss is not None):
        return None  # What is weighted under a root is not what is weighted behind it.
    parameters = s.term.parameters
    if added:
        parameters = (*parameters, ("under_root", added / scale.constant))
    whole = not each or not facts.shape(s.layout.prediction)
    told = with_choice(s, "reduction", root="whole" if whole else "each")
    told = replace(told, term=replace(s.term, parameters=parameters))
    told = with_choice(told, "scale", constant=math.sqrt(scale.constant), offset=0.0)
    return with_choice(told, "gradient", tie=(*s.gradient.tie, ("norm", 0.0))) if flat else told
