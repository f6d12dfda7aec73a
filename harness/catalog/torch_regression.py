"""The losses of torch over real numbers and counts."""

from collections.abc import Callable

from harness.catalog.api import Arguments
from harness.catalog.torch_common import elementwise, flat
from harness.semantics import Activation, Gradient, Guard, Semantics, Target, Term, Value, Weight
from harness.syntax import Call, Literal


def error(family: str, *parameters: str, weights_divide: bool = False) -> Callable[[Arguments], Semantics]:
    """A loss of the difference p − t alone; `weights_divide` where a mean divides by the sum of the weights."""

    def declare(a: Arguments) -> Semantics:
        weight = a.optional("weight")
        return Semantics(
            layout=elementwise(a),
            target=Target(a.node("target")),
            term=Term(family, parameters=tuple((name, a.value(name)) for name in parameters)),
            weight=Weight(sample=weight),
            reduction=flat(a, "weights" if weights_divide and weight is not None else "elements"),
        )

    return declare


def poisson_nll(a: Arguments) -> Semantics:
    """e^x − tx for a log-rate, x − t log(x + ε) for a rate; `full` adds Stirling's formula for log t!."""
    logarithmic = bool(a.plain("log_input"))
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target")),
        activation=Activation(("exp",) if logarithmic else ()),
        guard=Guard() if logarithmic else Guard(added_epsilon=a.value("eps"), order=("added_epsilon",)),
        term=Term("poisson", parameters=_flag(a, "full")),
        reduction=flat(a),
    )


def gaussian_nll(a: Arguments) -> Semantics:
    """½(log v + (x − t)²/v), v floored at ε while its derivative passes through."""
    floor = (("floor", a.value("eps")),)
    return Semantics(
        layout=elementwise(a),
        target=Target(a.node("target")),
        term=Term("gaussian-nll", parameters=(("variance", _variance(a)), *floor, *_flag(a, "full"))),
        reduction=flat(a),
        gradient=Gradient(clip="through"),
    )


def _variance(a: Arguments) -> Value:
    # One variance per sample gets the trailing axis that lets it broadcast.
    if isinstance(a.value("var"), float) or a.shape("var") != a.shape("input")[:-1]:
        return a.value("var")
    return Call("torch.unsqueeze", (a.node("var"), Literal(-1)))


def _flag(a: Arguments, name: str) -> tuple[tuple[str, Value], ...]:
    return ((name, 1.0),) if a.plain(name) else ()
