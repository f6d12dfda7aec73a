"""Losses written out in elementary operations whose tree says what they are, without asking what they compute.

`log(p)[arange(n), y]`, `(a - b) ** 2`, `abs(a - b)`, `t * (log(t) - q)`, a log-density, the divergence of two normal
distributions. Whatever is read here is held against the expression as it stands before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Described
from harness.errors import CaseError
from harness.explain.binary import binary
from harness.explain.facts import Facts
from harness.explain.gaussian import density, divergence_of_normals, vae
from harness.explain.joint import core
from harness.explain.margins import margin
from harness.explain.named import number, operation, power
from harness.explain.overlap import overlap
from harness.explain.relative import percentage
from harness.explain.spelled import negated
from harness.explain.sums import factors
from harness.expression import framework_of, inputs_of
from harness.semantics import Activation, Gradient, Layout, Reduction, Scale, Semantics, Target, Term, with_choice
from harness.syntax import Binary, Call, Index, Input, Literal, Node

Describe = Callable[[Node], Described]
NOTHING = Literal(0.0)
EPSILON = 1e-2  # What is added to an error to keep it from 0, and is no part of it.
ELEMENTWISE = Reduction(batch="none")


def plain(node: Node, describe: Describe, prediction: str) -> Semantics | None:
    """The unreduced point that `node` spells, before its arguments are looked at; None if it spells none.

    Args:
        node: A tree that is no call of the catalog.
        describe: Shape and kind of a tree.
        prediction: The input that is read as the prediction, to tell the two arrays of an error apart.
    """
    try:
        rules = (rule(node, describe) for rule in _RULES)
        found = next((point for point in rules if point is not None), None)
        found = found or margin(node, prediction, framework_of(node)) or _error(node, describe, prediction)
        found = found or overlap(node, describe, prediction)
    except CaseError:
        return None  # A loss stands inside, whose shape the tree alone does not tell.
    return found or _divergence(node, prediction) or _reversed(node, prediction) or binary(node, framework_of(node))


def of_certainties(node: Node) -> Semantics | None:
    """log p of outcomes that all came true: where nothing else is said, the target is 1."""
    found = operation(node)
    if found is not None and found[0] == "softplus" and len(found[1]) == 1 and not found[2]:
        # log(1 + eˣ) = −log σ(−x)
        certain = of_certainties(Call("jax.nn.log_sigmoid", (negated(found[1][0]),)))
        return None if certain is None else with_choice(certain, "scale", sign=1)
    if found is None or found[0] not in ("log", "log_sigmoid", "log_softmax"):
        return None
    return Semantics(
        Layout(node), Target(Literal(1.0)), Activation(("exp",)), reduction=ELEMENTWISE, scale=Scale(sign=-1)
    )


def of_losses(node: Node) -> Semantics | None:
    """An input that is averaged as it stands: losses that somebody else computed."""
    return (
        Semantics(Layout(node), Target(NOTHING), term=Term("prediction"), reduction=ELEMENTWISE)
        if isinstance(node, Input)
        else None
    )


def of_array(node: Node, facts: Facts) -> Semantics | None:
    """An array that is no known loss, read as it stands, so that what is done with it can be told."""
    if facts.prediction not in inputs_of(node) or not facts.shape(node):
        return None
    return Semantics(Layout(node), Target(NOTHING), term=Term("prediction"), reduction=ELEMENTWISE)


def is_opaque(s: Semantics) -> bool:
    """Whether a point is of an array that was read as it stands."""
    return s.term.family == "prediction" and s.target.source == NOTHING and not isinstance(s.layout.prediction, Input)


def is_entropy_of_target(second: Semantics, first: Semantics) -> bool:
    """Whether `second` is the cross-entropy of `first`'s target with itself, which a KL divergence leaves out."""
    found = operation(first.target.source)
    if found is None or found[0] != "softmax" or first.term.family != "cross-entropy" or first.term.sides != "one":
        return False
    return second == replace(first, layout=replace(first.layout, prediction=found[1][0]))


def _picked(node: Node, describe: Describe) -> Semantics | None:
    """log p of each sample's own class, for the spellings of picking it."""
    found = _pick(node, describe)
    if found is None:
        return None
    x, labels, outside = found
    return Semantics(
        layout=Layout(x, -1),
        target=Target(labels, "index", bad_index=outside),
        activation=Activation(("exp",)),
        reduction=Reduction("sum", "none"),
        scale=Scale(sign=-1),
    )


def _pick(node: Node, describe: Describe) -> tuple[Node, Node, str] | None:
    """(x, y, what an index outside does) of `x[arange(n), y]`, a gather along the last axis, or one sample's `take`."""
    inner = operation(node)
    if inner is not None and inner[0] == "log" and len(inner[1]) == 1:
        found = _pick(inner[1][0], describe)
        return None if found is None else (Call("numpy.log", found[:1]), *found[1:])
    match node:
        case Index(x, (rows, y)) if _counts_rows(rows) and len(describe(x).shape) == 2:  # noqa: PLR2004
            return x, y, "raise"
        case _:
            return _gathered(inner, describe)


def _counts_rows(node: Node) -> bool:
    found = operation(node)
    return found is not None and found[0] == "arange"


def _gathered(
    found: tuple[str, tuple[Node, ...], dict[str, Node]] | None, describe: Describe
) -> tuple[Node, Node, str] | None:
    if found is None or found[0] not in ("gather", "take_along_axis", "take") or len(found[1]) < 2:  # noqa: PLR2004
        return None
    name, args, kwargs = found
    outside = {"clip": "clip", "wrap": "wrap"}.get(str(getattr(kwargs.get("mode"), "value", "")), "raise")
    x, ndim = args[0], len(describe(args[0]).shape)
    if name == "take":
        return (x, args[1], outside) if ndim == 1 and describe(args[1]).shape == () else None
    index = args[-1] if name == "gather" else args[1]
    axis = number(args[1] if name == "gather" else kwargs.get("axis", Literal(-1)))
    if axis is None or int(axis) % max(ndim, 1) != ndim - 1 or ndim < 2:  # noqa: PLR2004
        return None
    y = core(index)
    grown = isinstance(y, Node) and y != index and (*describe(y).shape, 1) == describe(index).shape
    return (x, y, outside) if grown and isinstance(y, Node) else None


def _error(node: Node, describe: Describe, prediction: str) -> Semantics | None:
    """(a − b)² and |a − b|, and the same of one array alone."""
    family, inner, tie = power(node)
    if inner is None:
        return None
    inner, added = _with_epsilon(inner)
    x, t = (inner.left, inner.right) if isinstance(inner, Binary) and inner.op == "-" else (inner, NOTHING)
    if prediction in inputs_of(t) and prediction not in inputs_of(x):
        x, t, added = t, x, -added
    same = describe(t).shape in ((), describe(x).shape)
    return Semantics(
        layout=Layout(x, broadcast="aligned" if same else "expanded"),
        target=Target(t),
        term=Term(family, parameters=(("epsilon", added),) if added else ()),
        reduction=ELEMENTWISE,
        gradient=Gradient(tie=(("abs", 1.0),)) if tie else Gradient(),
    )


def _with_epsilon(error: Node) -> tuple[Node, float]:
    """(a − b, ε) of a − b + ε, for an ε that is no shift."""
    match error:
        case Binary("+", Binary("-") as inner, epsilon) | Binary("+", epsilon, Binary("-") as inner):
            added = number(epsilon)
        case _:
            return error, 0.0
    return (error, 0.0) if added is None or abs(added) > EPSILON else (inner, added)


def _divergence(node: Node, prediction: str) -> Semantics | None:
    """t · (log t − q), where log t may be kept from 0 by one `where` or by two."""
    chosen = operation(node)
    guarded = chosen is not None and chosen[0] == "where" and len(chosen[1]) == 3 and number(chosen[1][2]) == 0.0  # noqa: PLR2004
    match chosen[1][1] if guarded and chosen is not None else node:
        case Binary("*", t, Binary("-", log, q)) if prediction in inputs_of(q) | inputs_of(t):
            inside = _log_of(log, t)
        case _:
            return None
    if inside is None:
        return None
    slope = Gradient(tie=(("xlogy", 0.0),)) if inside else Gradient()
    whole = Semantics(
        Layout(q), Target(t), Activation(("exp",)), term=Term("kl"), reduction=ELEMENTWISE, gradient=slope
    )
    return replace(whole, term=Term("kl", parameters=(("zero_target", 1.0),))) if guarded else whole


def _reversed(node: Node, prediction: str) -> Semantics | None:
    """p · log t, of a prediction and the logarithm of what is no prediction: a cross-entropy the other way round."""
    for p, log in factors(node):
        found = operation(log)
        if found is None or found[0] != "log" or len(found[1]) != 1 or not inputs_of(log):
            continue
        if prediction in inputs_of(p) and prediction not in inputs_of(log):
            term = Term("cross-entropy", direction="reverse")
            return Semantics(Layout(p), Target(found[1][0]), term=term, reduction=ELEMENTWISE, scale=Scale(sign=-1))
    return None


def _log_of(node: Node, t: Node) -> bool | None:
    """Whether log t is that of `where(t > 0, t, 1)`, which has a slope at 0; None if it is of something else."""
    found = operation(node)
    if found is None or found[0] != "log" or len(found[1]) != 1:
        return None
    inner = found[1][0]
    chosen = operation(inner)
    if chosen is not None and chosen[0] == "where" and len(chosen[1]) == 3 and chosen[1][1] == t:  # noqa: PLR2004
        return True
    return False if inner == t else None


Rule = Callable[[Node, Describe], Semantics | None]
_RULES: tuple[Rule, ...] = (_picked, density, divergence_of_normals, vae, percentage)
__all__ = ["is_entropy_of_target", "is_opaque", "of_array", "of_certainties", "of_losses", "plain"]
