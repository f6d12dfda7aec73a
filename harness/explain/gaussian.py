"""Gaussian losses written with distributions or out of their formula: densities, and divergences of two normals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Described
from harness.explain.affine import affine
from harness.explain.named import number, operation, power
from harness.explain.sums import terms
from harness.semantics import Layout, Reduction, Scale, Semantics, Target, Term
from harness.syntax import Binary, Call, Literal, Method, Node

Describe = Callable[[Node], Described]
NOTHING = Literal(0.0)
ELEMENTWISE = Reduction(batch="none")


def density(node: Node, describe: Describe) -> Semantics | None:
    """log N(y; μ, σ): minus the Gaussian loss with its constant."""
    match node:
        case Method(Call(path, (mean, deviation)), "log_prob", (y,)) if path.endswith("distributions.Normal"):
            pass
        case _:
            return None
    same = describe(mean).shape == describe(y).shape
    return Semantics(
        layout=Layout(mean, broadcast="aligned" if same else "expanded"),
        target=Target(y),
        term=Term("gaussian-nll", parameters=(("variance", _squared(deviation)), ("full", 1.0))),
        reduction=ELEMENTWISE,
        scale=Scale(sign=-1),
    )


def divergence_of_normals(node: Node, _: Describe) -> Semantics | None:
    """KL(N(μ, σ) ‖ N(0, 1))."""
    match node:
        case Call(path, (Call(_, (mean, deviation)), Call(_, (zero, one)))) if path.endswith(
            "distributions.kl_divergence"
        ):
            if number(zero) != 0.0 or number(one) != 1.0:
                return None
            return _from_standard_normal(mean, _squared(deviation))
        case _:
            return None


def vae(node: Node, _: Describe) -> Semantics | None:
    """−½(1 + s − μ² − e^s) up to a factor: the same divergence with s for log σ²."""
    parts = terms(node)
    if parts is None or len(parts) != 4:  # noqa: PLR2004
        return None
    amount = parts.get(None)
    logs = [p for p in parts if p is not None and parts[p] == amount]
    powers = [p for p in parts if p is not None and amount is not None and parts[p] == -amount]
    if amount is None or len(logs) != 1 or len(powers) != 2:  # noqa: PLR2004
        return None
    exponential = Call("numpy.exp", (logs[0],))
    means = [power(p)[1] for p in powers if power(p)[0] == "squared"]
    if len(means) != 1 or means[0] is None or not any(_as_exp(p) == exponential for p in powers):
        return None
    whole = _from_standard_normal(means[0], exponential)
    return replace(whole, scale=Scale(constant=2.0 * abs(float(amount)), sign=1 if amount < 0 else -1))


def _from_standard_normal(mean: Node, variance: Node) -> Semantics:
    term = Term("gaussian-kl", parameters=(("variance", variance),))
    return Semantics(Layout(mean), Target(NOTHING), term=term, reduction=ELEMENTWISE)


def _as_exp(node: Node) -> Node:
    """`x.exp()` and `torch.exp(x)` in one spelling."""
    found = operation(node)
    return Call("numpy.exp", found[1]) if found is not None and found[0] == "exp" and len(found[1]) == 1 else node


def _squared(deviation: Node) -> Node:
    """σ² of `v.sqrt()`, of `(s / 2).exp()`, or of anything else."""
    found = operation(deviation)
    if found is not None and found[0] == "sqrt" and len(found[1]) == 1:
        return found[1][0]
    if found is not None and found[0] == "exp" and len(found[1]) == 1:
        half = affine(found[1][0])
        if half is not None and half.source is not None and half.slope * 2 == 1 and not half.offset:
            return Call("numpy.exp", (half.source,))
    return Binary("*", deviation, deviation)
