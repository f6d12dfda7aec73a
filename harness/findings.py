"""The words of a verdict as frozen records: no behaviour, no input or output.

Judging compares the sides of a case pairwise and yields Findings, whose Comparisons carry Explanations.
"""

from collections.abc import Callable as Function
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.records import (
    Array,
    BrokenCase,
    Case,
    Expectation,
    Expression,
    InputArray,
    Key,
    Observation,
    Scope,
    Verdict,
)  # fmt: skip
from harness.semantics import Semantics


@dataclass(frozen=True, slots=True, eq=False)
class Divergence:
    """How far two arrays are apart, in the coarser form of the two.

    Attributes:
        gap: B − A at `at`, signed; nan or inf where one of them is.
        at: Index of the element with the largest excess over the bound, () for scalars.
        bound: Sum of both sides' bounds at `at`.
        ulps: |gap| in units of the last place of the case's dtype at A.
        detail: B − A elementwise.
        bounds: Sum of both sides' bounds, elementwise.
    """

    gap: float
    at: tuple[int, ...]
    bound: float
    ulps: float
    detail: Array
    bounds: Array


@dataclass(frozen=True, slots=True)
class Factor:
    """One convention in which the sides differ, and what it is worth.

    `factor` is `stage` or `stage.detail`; `before` and `after` are side A's and side B's choice in words. `share` is
    the order-free (Shapley) amount, `step` the amount in the waterfall in stage order; both in the unit of the loss.
    `widens` says that switching it from A to B widens the gap. `summary` is one sentence for a person.
    """

    factor: str
    before: str
    after: str
    share: float
    step: float
    summary: str
    widens: bool = False


@dataclass(frozen=True, slots=True)
class Inactive:
    """A difference without effect on these inputs; `activates` is an input on which it has one."""

    factor: str
    before: str
    after: str
    activates: str = ""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another smallest set of factors that fits these numbers; `settled` says how it was ruled out, if it was."""

    factors: tuple[str, ...]
    summary: str
    settled: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A call that makes `side` agree with the other: shown only after it was run and did."""

    side: str
    expression: str
    verified: bool


class Proof(StrEnum):
    """The outcome of one proof."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Proofs:
    """1: both points reproduce what was observed. 2: nothing is left over. 3: the framework agrees with a remedy."""

    points: Proof = Proof.NOT_RUN
    residual: Proof = Proof.NOT_RUN
    framework: Proof = Proof.NOT_RUN


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why one aspect of two sides differs; Σ share + residual = gap, and Σ step + residual = gap.

    `stages` is the whole stage table as (stage.detail, A's choice, B's choice) in words; `blame` says which side
    contradicted its point, and the elements that carry the residual, when the verdict is `unexplained`.
    """

    factors: tuple[Factor, ...] = ()
    inactive: tuple[Inactive, ...] = ()
    rivals: tuple[Rival, ...] = ()
    residual: float = 0.0
    proofs: Proofs = field(default_factory=Proofs)
    remedy: Remedy | None = None
    stages: tuple[tuple[str, str, str], ...] = ()
    formulas: tuple[str, str] = ("", "")
    blame: str = ""
    reference: tuple[float, float] | None = None


class Silence(StrEnum):
    """Why a comparison has no numbers to compare, where that says nothing about the losses."""

    NONE = ""
    UNASKED = "not asked"
    LOST = "lost"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One pair of sides, one aspect, one dtype: the verdict and what stands behind it.

    `silence` tells the incomparable apart: a side that this run was not to ask, one whose worker died or gave no
    answer in time (lost), one that nobody was there to ask (absent).
    """

    between: tuple[str, str]
    dtype: str
    mode: str
    aspect: str
    verdict: Verdict
    divergence: Divergence | None
    explanation: Explanation
    scope: Scope | None = None
    parting_input: str = ""
    message: str = ""
    expected: bool = True
    expectation: Expectation | None = None
    silence: Silence = Silence.NONE


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A case with its verdicts held against what it expects; `status` is "pass", "fail" or "error".

    `mutants` counts the changes of a side under which the case was seen to fail, `survivors` names those it missed.
    """

    case: Case | BrokenCase
    status: str
    comparisons: tuple[Comparison, ...]
    observations: Mapping[Key, Observation]
    semantics: Mapping[str, Semantics] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    mutants: int = 0
    survivors: tuple[str, ...] = ()


# Puts one side to its framework on new inputs. Handed in by whoever may import adapters, so that explaining need not.
Probe = Function[[Expression, Mapping[str, InputArray], str, str | None], Observation]
