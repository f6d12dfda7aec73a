"""An expression of one framework in the words of another, run against the original before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice

from harness.catalog import complete
from harness.errors import CaseError
from harness.explain.points import facts_for, point_of
from harness.explain.translate.check import VALUES_ONLY, Agreement, Runner
from harness.explain.translate.find import Accepted, Search, accepted_of, search_of, why_not
from harness.findings import Probe
from harness.naming import framework_of
from harness.records import Expression, InputArray
from harness.syntax import Node
from harness.trees import inputs_of, render

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "numpy", "sklearn", "onnx")
# What people import them as.
ALIASES = {"tf": "tensorflow", "jnp": "jax", "optax": "jax", "np": "numpy", "scipy": "numpy"}


def framework_called(name: str) -> str:
    """The framework of `FRAMEWORKS` that people call `name`.

    Raises:
        CaseError: `not-allowed`, if there is none.
    """
    found = ALIASES.get(name, name)
    if found not in FRAMEWORKS:
        raise CaseError("not-allowed", f"no framework is called {name!r}; there are {', '.join(FRAMEWORKS)}")
    return found


# How many accepted candidates are put to the framework before giving up.
MOST_RUN = 6


@dataclass(frozen=True, slots=True)
class Translation:
    """The same loss in another framework, or why it cannot be said there.

    Attributes:
        code: The expression; empty if there is none.
        verified: It was run beside the original, value and gradient, and agreed within the rounding of both.
        missing: What `code` leaves out, in words, with an input that would show it; or why there is no code.
        worst_ulps: The largest difference of a value seen in those runs, in units of the last place of the dtype.
        to: The framework.
    """

    code: str
    verified: bool
    missing: tuple[str, ...] = ()
    worst_ulps: float = 0.0
    to: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain data: the attributes by name."""
        return {**asdict(self), "missing": list(self.missing)}

    def __str__(self) -> str:
        """The code, with what it leaves out behind it; or the refusal."""
        if not self.code:
            return f"cannot be expressed in {self.to}, because {'; '.join(self.missing)}"
        return "\n".join((self.code, *(f"  leaves out {words}" for words in self.missing)))


def translate(
    node: Node,
    to: str,
    inputs: Mapping[str, InputArray],
    probe: Probe,
    dtype: str = "float32",
    wrt: str | None = "prediction",
) -> Translation:
    """`node` in the words of `to`, run against the original on `inputs`, on others of their kinds, and at the edges.

    Args:
        node: The original.
        to: One of `FRAMEWORKS`, or what people import it as.
        inputs: Inputs by name.
        probe: Puts an expression to its framework.
        dtype: The dtype in which both are run.
        wrt: The input by which derivatives are compared, or None.

    Raises:
        CaseError: `not-allowed`, if `to` is no framework.
    """
    to = framework_called(to)
    node = complete(node, inputs)
    differentiable = wrt in inputs_of(node) and not inputs[wrt].integral and framework_of(node) not in VALUES_ONLY
    wrt = wrt if differentiable else None
    facts = facts_for(inputs, dtype, wrt or "prediction")
    goal = point_of(node, facts)
    if goal is None:
        return Translation("", verified=False, missing=("the original is no point of the space of conventions",), to=to)
    names = inputs_of(node)
    # In the order given: trials are drawn one input after the other.
    read = {name: given for name, given in inputs.items() if name in names}
    search = search_of(goal, to, read, dtype, wrt)
    framework = framework_of(node)
    original = Expression(render(node), node, framework)
    runner = Runner(original, search.evaluator, dtype, search.slope, probe, {})
    return _first_verified(search, runner, accepted_of(search, (node,) if framework == to else ()))


def spelled(search: Search, runner: Runner) -> Translation:
    """The point of a search in the words of its framework, run against what `runner` calls the original."""
    return _first_verified(search, runner, accepted_of(search))


def _first_verified(search: Search, runner: Runner, found: Iterator[Accepted]) -> Translation:
    refusals: list[str] = []
    second: Translation | None = None
    for accepted in islice(found, MOST_RUN):
        code = render(accepted.tree)
        agreement = run_against(runner, accepted, search.to)
        if agreement.refuted:
            refusals.append(f"{code} was run, and {agreement.refuted}")
            continue
        missing = (*accepted.missing, *agreement.edges[:1])
        shown = Translation(code, verified=True, missing=missing, worst_ulps=agreement.ulps, to=search.to)
        if accepted.exact and not agreement.edges:
            return shown
        second = second or shown
    return second or Translation(
        "", verified=False, missing=(refusals[0] if refusals else why_not(search),), to=search.to
    )


def run_against(runner: Runner, accepted: Accepted, to: str) -> Agreement:
    """The candidate beside the original, wherever the reference says that they agree."""
    side = Expression(render(accepted.tree), accepted.tree, to)
    return runner.agreement(side, accepted.evaluator, accepted.agrees)
