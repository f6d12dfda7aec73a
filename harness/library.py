"""What other people's code calls: two losses and their inputs in, an explanation out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import ArrayLike

from harness.collect import TIMEOUT, Pool, collect, open_probe
from harness.errors import CaseError
from harness.explain.rivals import with_rivals
from harness.explain.translate import Translation, suitable, with_remedies
from harness.explain.translate import translate as translate_tree
from harness.findings import Comparison, Finding
from harness.given import NAMES, Loss, as_input, as_side, question
from harness.identified import Identified
from harness.identifying import identify_side
from harness.judge import judge_case
from harness.records import DTYPES, Callable, Case, InputArray, Run, Side, Verdict
from harness.report.identification import in_brief, named
from harness.report.results import case_result
from harness.report.terminal import render_finding
from harness.workers import workers


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The answer to one question; printing it says it in words, and a notebook shows it."""

    run: Run
    finding: Finding
    identified: Mapping[str, Identified] = field(default_factory=dict)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The value's comparison, and the gradient's where both sides have one."""
        return self.finding.comparisons

    def __str__(self) -> str:
        asked = [in_brief(each.shown()) for each in self.identified.values()]
        return "\n\n".join([render_finding(self.finding), *asked])

    def _repr_html_(self) -> str:
        from harness.report.render import fragment  # noqa: PLC0415  Jinja only where something is drawn

        return fragment(self.finding) + "".join(each._repr_html_() for each in self.identified.values())

    def page(self) -> str:
        """The answer as one HTML page."""
        from harness.report.render import single_page  # noqa: PLC0415

        return single_page(self.run, self.finding, [named(each.shown()) for each in self.identified.values()])

    def to_dict(self) -> dict[str, Any]:
        """The entry that `results.json` would have for this question: plain data of schema 1."""
        return case_result(self.finding)


def explain(  # noqa: PLR0913  each is a part of the question, and all but four have a default
    a: Loss,
    b: Loss,
    *,
    prediction: ArrayLike,
    target: ArrayLike,
    dtype: str = "float32",
    framework: str | None = None,
    gradient: bool | str = True,
    mode: str = "eager",
    **inputs: ArrayLike,
) -> Explained:
    """Why two losses differ on these inputs, or that they do not.

    Args:
        a: An expression in a framework's own spelling (`"torch.nn.BCELoss()"`), printed digits (`"0.319"`), or a
            function of arrays.
        b: The other one, in the same forms.
        prediction: Array of any shape; whole numbers throughout make it an input of class indices where a loss takes
            such.
        target: Likewise.
        dtype: float64, float32, float16 or bfloat16: of every input that is not class indices.
        framework: Whose arrays the functions among `a` and `b` take; None reads it from the function.
        gradient: Whether d(sum of the loss)/d(prediction) is compared as well, or the name of another input for it.
        mode: "eager" or "compiled", of expressions.
        **inputs: Further arrays, by the names that the expressions use.

    Returns:
        The comparisons of value and gradient: B − A, by convention.

    Raises:
        CaseError: An expression or an input that cannot be read.
        AdapterError: A function of a framework that is not there.

    Example:
        >>> answer = explain("torch.nn.BCELoss()", "torch.nn.CrossEntropyLoss()",
        ...                  prediction=[0.8, 0.2, 0.4], target=[1, 0, 0])  # doctest: +SKIP
        >>> print(answer)  # doctest: +SKIP
    """
    arrays = {"prediction": prediction, "target": target, **inputs}
    return _explained((a, b), arrays, framework, mode, dtype, gradient)


def identify(
    side: Loss,
    *,
    prediction: ArrayLike,
    target: ArrayLike,
    dtype: str | None = None,
    framework: str | None = None,
    **inputs: ArrayLike,
) -> Identified:
    """What a loss computes: found by asking it, and confirmed on inputs that it was not found with.

    Args:
        side: A function of arrays, which is asked in this process; an expression or a call of the catalog, whose
            framework is asked in a worker; or printed digits, for which every reading of the inputs is tried.
        prediction: An array of the shape and range that the loss takes: it is what others are made from.
        target: Likewise; whole numbers make it class indices where a loss takes such.
        dtype: The dtype to ask in; None for the widest that the loss computes in.
        framework: Whose arrays a function takes; None reads it from the function.
        **inputs: Further arrays that the loss takes, such as weights, by its names for them.

    Returns:
        The answer; outside the space it has no `semantics`, and says where the space was left.

    Raises:
        CaseError: An expression or an input that cannot be read, or a dtype that is none.
        AdapterError: A function of a framework that is not there.

    Example:
        >>> found = identify(my_loss, prediction=logits, target=labels)  # doctest: +SKIP
        >>> print(found.formula)  # doctest: +SKIP
    """
    arrays = {name: as_input(v, name) for name, v in {"prediction": prediction, "target": target, **inputs}.items()}
    return identify_given(as_side(side, "side", arrays, framework), arrays, dtype)


def identify_given(side: Side, inputs: dict[str, InputArray], dtype: str | None) -> Identified:
    """`identify` of a side and inputs that are read already."""
    if dtype not in {None, *DTYPES}:
        raise CaseError("not-allowed", f"dtype is {dtype!r}; allowed: {', '.join(DTYPES)}")
    return identify_side(side, inputs, dtype, workers())


def assert_equivalent(
    a: Loss,
    b: Loss,
    *,
    prediction: ArrayLike,
    target: ArrayLike,
    gradient: bool | str = True,
    dtype: str = "float32",
    framework: str | None = None,
    **inputs: ArrayLike,
) -> None:
    """Fail unless two losses agree on these inputs up to rounding, value and gradient; takes what `explain` takes.

    Raises:
        AssertionError: They do not agree, or cannot be compared; the message says why.
        CaseError: An expression or an input that cannot be read.
        AdapterError: A function of a framework that is not there.
    """
    arrays = {"prediction": prediction, "target": target, **inputs}
    found = _explained((a, b), arrays, framework, "eager", dtype, gradient)
    agree = {Verdict.IDENTICAL, Verdict.EQUAL}
    apart = [comparison for comparison in found.comparisons if comparison.verdict not in agree]
    if apart:
        raise AssertionError("\n\n" + render_finding(replace(found.finding, comparisons=tuple(apart))))


def _explained(
    losses: tuple[Loss, Loss],
    arrays: dict[str, ArrayLike],
    framework: str | None,
    mode: str,
    dtype: str,
    gradient: bool | str,  # noqa: FBT001  a name as well
) -> Explained:
    inputs = {name: as_input(value, name) for name, value in arrays.items()}
    sides = {name: as_side(given, name, inputs, framework, mode) for name, given in zip(NAMES, losses, strict=True)}
    return answer(question(sides, inputs, dtype, gradient))


def answer(case: Case, timeout: float = TIMEOUT) -> Explained:
    """Ask both sides, and judge; functions that return other numbers than their counterpart are identified.

    One evaluation may take `timeout` seconds.
    """
    pool = workers(timeout)
    run = collect([case], pool=pool)
    finding = _mended(judge_case(case, run.observations), pool)
    functions = {name: side for name, side in case.sides.items() if isinstance(side, Callable)}
    if not functions or all(each.verdict is Verdict.IDENTICAL for each in finding.comparisons):
        return Explained(run, finding)
    found = {name: replace(identify_side(side, case.inputs, None), name=name) for name, side in functions.items()}
    known = {name: each.semantics for name, each in found.items() if each.semantics is not None}
    return Explained(run, _mended(judge_case(case, run.observations, known), pool), found)


def _mended(finding: Finding, pool: Pool) -> Finding:
    """The finding with remedies and rivals, run by the same workers."""
    with open_probe(pool=pool) as probe:
        return with_rivals(with_remedies([finding], probe), probe)[0]


def translate(expression: str, *, to: str, dtype: str = "float32", **inputs: ArrayLike) -> Translation:
    """The same loss in another framework, run beside the original, value and gradient, before it is shown.

    Args:
        expression: A loss in a framework's own spelling; a bare one is called with prediction and target.
        to: torch, tensorflow, keras, jax, numpy, sklearn or onnx.
        dtype: float64, float32, float16 or bfloat16: in which both are run.
        **inputs: Arrays by the names that the expression uses. Shapes and kinds of numbers matter: they say which
            encoding of a target is meant. What is not given is made up to suit.

    Returns:
        `.code`, the expression; `.verified`, that it was run and agreed; `.missing`, what it leaves out, or why there
        is no code.

    Raises:
        CaseError: The expression or an input cannot be read, or `not-allowed`, a framework that is not there.

    Example:
        >>> print(translate("torch.nn.BCEWithLogitsLoss()", to="keras"))  # doctest: +SKIP
        keras.losses.BinaryCrossentropy(from_logits=True)(target, prediction)
    """
    if dtype not in DTYPES:
        raise CaseError("not-allowed", f"dtype is {dtype!r}; allowed: {', '.join(DTYPES)}")
    return translated(expression, to, dtype, {name: as_input(value, name) for name, value in inputs.items()})


def translated(expression: str, to: str, dtype: str, inputs: dict[str, InputArray]) -> Translation:
    """`translate` with inputs as a case has them.

    Raises:
        CaseError: As `translate`.
    """
    tree, suited = suitable(expression, inputs)
    with open_probe(pool=workers()) as probe:
        return translate_tree(tree, to, suited, probe, dtype)
