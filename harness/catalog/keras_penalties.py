"""The penalties of keras.regularizers as points: sums over a weight array, with nothing to predict."""

from collections.abc import Callable
from dataclasses import replace

from harness.catalog.api import Api, Arguments
from harness.semantics import Layout, Reduction, Scale, Semantics, Target, Term
from harness.syntax import Literal

_ROLES = {"prediction": "x"}


def _sum(family: str, factor: str) -> Callable[[Arguments], Semantics]:
    def declare(a: Arguments) -> Semantics:
        return Semantics(
            layout=Layout(a.node("x")),
            target=Target(Literal(0.0)),
            term=Term(family),
            reduction=Reduction(batch="sum"),
            scale=Scale(constant=a.value(factor)),
        )

    return declare


def _both(a: Arguments) -> Semantics:
    return replace(_sum("absolute", "l1")(a), plus=(_sum("squared", "l2")(a),))


APIS = (
    Api("keras.regularizers.L1", "keras", ("l1",), _ROLES, _sum("absolute", "l1"), {"l1": 0.01}, ("x",),
        family="penalty"),
    Api("keras.regularizers.L2", "keras", ("l2",), _ROLES, _sum("squared", "l2"), {"l2": 0.01}, ("x",),
        family="penalty"),
    Api("keras.regularizers.L1L2", "keras", ("l1", "l2"), _ROLES, _both, {"l1": 0.0, "l2": 0.0}, ("x",),
        family="penalty"),
)  # fmt: skip
