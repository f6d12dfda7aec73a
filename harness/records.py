"""The words of a run as frozen records: no behaviour, no input or output.

Reading order is the order of a run: a Case has Sides; an adapter turns each into an Observation; a Run keeps them.
What judging makes of them stands in `findings.py`.
Arrays hold float64 (every narrower float is exact in it) or int64; the dtype that was asked for stands beside them.
"""

from collections.abc import Callable as Function
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from harness.syntax import Node

Array = NDArray[np.float64]

DTYPES = ("float64", "float32", "float16", "bfloat16")


class Verdict(StrEnum):
    """What a comparison came to."""

    IDENTICAL = "identical"
    EQUAL = "equal"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    INCOMPARABLE = "incomparable"


class Scope(StrEnum):
    """How far an `equal` reaches: for all inputs, or for these."""

    EVERYWHERE = "everywhere"
    HERE = "here"


@dataclass(frozen=True, slots=True, eq=False)
class InputArray:
    """One input of a case.

    Attributes:
        values: float64 or int64 (bool inputs are int64 0/1); shape as written.
        integral: Every value was written as an integer, so functions that take class indices get int64.
        dtype: A dtype pinned by the case, or None to follow the case's own.
    """

    values: NDArray[np.float64] | NDArray[np.int64]
    integral: bool = False
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """A side in a framework's own spelling.

    `tree` is complete: a bare loss has been given its prediction and target. `framework` is the adapter's name.
    """

    text: str
    tree: Node
    framework: str
    environment: str = ""
    mode: str = "eager"


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Numbers that somebody printed; `half_width` is half a unit of the last digit printed, elementwise."""

    text: str
    value: Array
    half_width: Array


@dataclass(frozen=True, slots=True, eq=False)
class Callable:
    """A user's function on arrays of `framework`; never from YAML."""

    name: str
    function: Function[..., object]
    framework: str


Side = Expression | Claim | Callable


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case says of one pair; an expected stage matches each of its details."""

    between: tuple[str, str]
    verdict: Verdict
    factors: tuple[str, ...] | None = None
    aspect: str | None = None
    dtype: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A divergence that is somebody's bug: `side` is expected to be wrong, and the case fails when it no longer is."""

    side: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question. `gradient` names the input that is differentiated with respect to, or is None.

    `prediction` names the input that is read as the prediction.

    `imposed` says that the run put its own dtype in place of the case's: what somebody printed is not of that dtype.
    """

    id: str
    title: str
    inputs: Mapping[str, InputArray]
    sides: Mapping[str, Side]
    why: str = ""
    source: str = ""
    path: str = ""
    line: int | None = None
    prediction_is: str | None = None
    dtypes: tuple[str, ...] = ("float32",)
    gradient: str | None = "prediction"
    prediction: str = "prediction"
    expect: tuple[Expectation, ...] = ()
    known: tuple[Known, ...] = ()
    imposed: bool = False


@dataclass(frozen=True, slots=True)
class BrokenCase:
    """A case that could not be read; it is reported and the others run."""

    path: str
    slug: str
    message: str
    line: int | None = None
    column: int | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A side returned numbers.

    Attributes:
        value: float64 copy of what was returned.
        gradient: d(sum of the value)/d(the input asked for), float64, or None if none was asked for or it has none.
        dtype: dtype of the value as the framework returned it.
        gradient_note: Why there is no gradient although one was asked for; else empty.
    """

    value: Array
    gradient: Array | None
    dtype: str
    gradient_note: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """The framework raised: `kind` is the exception's class name."""

    kind: str
    message: str


class Lack(StrEnum):
    """What it is for lack of that a side gave no answer: the last two say that nobody was asked."""

    ABILITY = "ability"
    DTYPE = "dtype"
    FRAMEWORK = "framework"
    WISH = "wish"


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The side cannot be asked this here.

    `lack` says why: the framework has no such function or mode (ability) or dtype, there is no such framework or
    environment, or this run was to ask others only (wish).
    """

    reason: str
    lack: Lack = Lack.ABILITY


@dataclass(frozen=True, slots=True)
class Crashed:
    """The worker died: the signal or exit code in words, and the tail of its stderr."""

    reason: str
    stderr: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The worker gave no answer within the limit."""

    seconds: float


Observation = Computed | Raised | Unsupported | Crashed | TimedOut


@dataclass(frozen=True, slots=True)
class Key:
    """The address of one observation within a run: a case, a side of it, and a dtype."""

    case: str
    side: str
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was collected: judged later, perhaps elsewhere, with no framework installed.

    `environment` is provenance: versions of everything that took part, keyed by package; `missing` maps each framework
    that was asked for and is not there to the reason.
    """

    cases: tuple[Case, ...]
    broken: tuple[BrokenCase, ...]
    observations: Mapping[Key, Observation]
    environment: Mapping[str, str]
    missing: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
