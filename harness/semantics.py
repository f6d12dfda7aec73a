"""A loss as a point in the space of conventions: one record per stage, one field per choice.

The thirteen stage names are the project's contract with its readers; a convention is addressed as `stage.field`
(`reduction.classes`), except where a stage has one choice only, which then bears the stage's name (`activation`).
A `Value` is a number or a syntax tree over the inputs of the case, so that `pos_weight=w` stays symbolic.
"""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any

from harness.syntax import Input, Node

Value = float | Node


class Hashed:
    """A record that is looked up often: its hash is computed once, and is no part of what is copied or compared."""

    __slots__ = ("_hash",)

    def __init_subclass__(cls) -> None:
        """A dataclass writes a `__hash__` of its own, unless its class has one."""
        cls.__hash__ = Hashed.__hash__  # type: ignore[method-assign]

    def __hash__(self) -> int:
        """That of the fields."""
        try:
            return self._hash  # type: ignore[no-any-return,attr-defined]
        except AttributeError:
            known = hash(tuple(getattr(self, name) for name in self.__match_args__))  # type: ignore[attr-defined]
            object.__setattr__(self, "_hash", known)
            return known


@dataclass(frozen=True, slots=True)
class Layout(Hashed):
    """Which array is the prediction and how its axes are read.

    `prediction` is the tree that yields the array the activation is applied to. `class_axis` is the axis of the
    classes; None means that the loss is elementwise and knows no classes. `softmax_axis` is the axis the activation
    normalises over when that is not `class_axis`. `broadcast` is "aligned", or "expanded" where prediction and target
    of different shape grow each other (a batch against a batch of columns).
    """

    prediction: Node = Input("prediction")
    class_axis: int | None = None
    softmax_axis: int | None = None
    broadcast: str = "aligned"


@dataclass(frozen=True, slots=True)
class Smoothing(Hashed):
    """Label smoothing: `t·keep + add`, where K is the number of classes.

    Kinds: "uniform" t(1−e)+e/K; "binary" t(1−e)+e/2; "others" t(1−e)+(1−t)e/(K−1); "added" t(1−e/K)+e/K (the mass
    is spread but the true class keeps it). `classes`: K where it is not the length of the class axis.
    """

    kind: str
    amount: Value
    classes: float | None = None


@dataclass(frozen=True, slots=True)
class Target(Hashed):
    """What the target array means, and what is done to it before use.

    `encoding`: "dense" (one-hot, multi-hot, distribution or real numbers, as they stand), "index", "signed" (±1),
    "signed-if-not-binary" (±1 unless every entry is 0 or 1: Keras hinge), "log" (log-probabilities), "ranked" (any
    labels, each standing for its rank among the distinct ones present: scikit-learn), "index-list" (indices along the
    class axis, up to the first negative one: torch's multi-label margin).
    `range`: (low, high) the target is clipped to. `order`: the permutation of the classes that the labels imply.
    `bad_index`: what an index outside the classes does: "raise", "nan", "zero", "wrap", "clip".
    """

    source: Node = Input("target")
    encoding: str = "dense"
    smoothing: Smoothing | None = None
    range: tuple[Value | None, Value | None] | None = None
    order: tuple[int, ...] | None = None
    bad_index: str = "raise"


@dataclass(frozen=True, slots=True)
class Activation(Hashed):
    """What turns the prediction into what the term reads.

    `chain` is applied left to right: () for probabilities, scores and real predictions taken as they are, ("exp",) for
    log-probabilities and log-rates, ("sigmoid",), ("softmax",), ("softmax", "softmax"), ("l2-normalise",).
    `temperature` divides the prediction before the chain. `support`: a tree that is true of the classes that take part
    in a softmax; the others get no probability. None is all of them.
    """

    chain: tuple[str, ...] = ()
    temperature: Value = 1.0
    support: Value | None = None


@dataclass(frozen=True, slots=True)
class Guard(Hashed):
    """How a logarithm of zero or a division by zero is avoided; `order` lists the guards present, in their order.

    A last "modulation" in `order` says that a modulation reads p behind the guards, as after a renormalisation.
    `clip`: probabilities are clipped to [low, high]; a bound may be the text "epsilon:X" or "1-epsilon:X" for X and
    1 − X computed in the dtype, or "machine" / "1-machine" for the dtype's machine epsilon. `clamp`: floor of each
    logarithm (torch: −100). `added_epsilon`: log(p + ε). `renormalise`: p / Σp over the classes. `recovered_logits`:
    the guard is bypassed because the framework remembers the logits behind the probabilities.
    """

    clip: tuple[float | str | None, float | str | None] | None = None
    clamp: Value | None = None
    added_epsilon: Value | None = None
    renormalise: bool = False
    recovered_logits: bool = False
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term(Hashed):
    """What is summed. `family` is a key of the table in `reference/terms.py`.

    `sides`: "one" (the target's class alone) or "two" (both outcomes of every element). `direction`: "forward", or
    "reverse" with prediction and target exchanged. `parameters`: (name, value) pairs such as ("delta", 1.0).
    """

    family: str = "cross-entropy"
    sides: str = "one"
    direction: str = "forward"
    parameters: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Modulation(Hashed):
    """What scales a term by its own difficulty: focal (1−p_t)^γ, poly ε(1−p_t), z-loss c·logsumexp²."""

    focal: Value | None = None
    poly: Value | None = None
    z_loss: Value | None = None


@dataclass(frozen=True, slots=True)
class Weight(Hashed):
    """What is weighted.

    `positive` multiplies the positive term alone (pos_weight). `balance` α multiplies by tα+(1−t)(1−α). `klass` is one
    weight per class and `klass_in` where it acts: "target" (one weight per sample: that of its class) or "terms"
    (inside the sum over classes). `sample` broadcasts against the unreduced loss. `mask` is the ignored label or a
    tree that is true where the loss counts.
    """

    positive: Value | None = None
    balance: Value | None = None
    klass: Value | None = None
    klass_in: str = "target"
    sample: Value | None = None
    mask: Value | None = None


@dataclass(frozen=True, slots=True)
class Reduction(Hashed):
    """What the contributions are added up to and divided by.

    `classes`: "flat" (elementwise: no step of its own), "none", "sum" or "mean" over the class axis. `batch`: "none",
    "sum" or "mean" over what is left. `denominator` of a mean: "elements" (everything that was added), "samples"
    (length of the leading axis), "kept" (elements not masked), "weights" (the weights used), "weights-unbroadcast",
    "nonzero-weights". `microbatches`: sizes along the leading axis whose means are averaged, the last repeated as often
    as it takes: (1,) averages the samples' own means. `zero`: the result when nothing is left to count: "nan", "zero".
    `root`: "none", or the square root of "each" contribution (of a row's sum over its classes, before weights) or of
    the "whole" (a root mean square); the term's parameter "under_root" is added to what it is taken of.
    """

    classes: str = "flat"
    batch: str = "mean"
    denominator: str = "elements"
    microbatches: tuple[int, ...] | None = None
    zero: str = "nan"
    root: str = "none"


@dataclass(frozen=True, slots=True)
class Scale(Hashed):
    """`constant · sign · loss / log(log_base)`, plus `offset`; a `log_base` of 0 stands for e."""

    constant: Value = 1.0
    sign: int = 1
    log_base: float = 0.0
    offset: Value = 0.0


@dataclass(frozen=True, slots=True)
class Precision(Hashed):
    """`input`: the dtype the inputs are rounded to first; `accumulation`: that of the sums; None is the case's own."""

    input: str | None = None
    accumulation: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation(Hashed):
    """`form`: "stable" (log-softmax, softplus), "naive" (log of softmax, log(1+exp x)), or a softplus that is linear.

    That is x itself where x is above 20, as PyTorch's softplus(x): "linear-beyond-20" where each outcome has its own,
    "linear-above-20" where the two are softplus(x) and softplus(x) − x, "linear-below-20" where they are softplus(−x)
    and softplus(−x) + x.
    """

    form: str = "stable"


@dataclass(frozen=True, slots=True)
class Mode(Hashed):
    """`execution`: "eager" or "compiled"."""

    execution: str = "eager"


@dataclass(frozen=True, slots=True)
class Gradient(Hashed):
    """Derivatives that the value does not determine.

    `tie`: slope chosen at a kink, per function: pairs such as ("abs", 0.0), ("relu", 0.5), ("norm", nan); ("log", 0.0)
    says that no logarithm is taken of what does not count. `clip`:
    derivative in a guard's dead zone: "zero", "through", "half" (zero outside, half a slope on the boundary), "floored"
    (torch BCELoss: (p−t)/max(p(1−p), 1e−12)). `closed_form`: "exact", or "normalised-target" (TensorFlow: softmax − t
    whatever Σt).
    """

    tie: tuple[tuple[str, float], ...] = ()
    clip: str = "zero"
    closed_form: str = "exact"

    def __reduce__(self) -> tuple[Any, ...]:
        """One nan is another, as long as both are the same object: also for what comes from another process."""
        return _gradient, (self.tie, self.clip, self.closed_form)


def _gradient(tie: tuple[tuple[str, float], ...], clip: str, closed_form: str) -> Gradient:
    return Gradient(tuple((name, math.nan if math.isnan(slope) else slope) for name, slope in tie), clip, closed_form)


@dataclass(frozen=True, slots=True)
class Semantics(Hashed):
    """One loss: a choice in each stage; `plus` holds further losses added to it."""

    layout: Layout = field(default_factory=Layout)
    target: Target = field(default_factory=Target)
    activation: Activation = field(default_factory=Activation)
    guard: Guard = field(default_factory=Guard)
    term: Term = field(default_factory=Term)
    modulation: Modulation = field(default_factory=Modulation)
    weight: Weight = field(default_factory=Weight)
    reduction: Reduction = field(default_factory=Reduction)
    scale: Scale = field(default_factory=Scale)
    precision: Precision = field(default_factory=Precision)
    evaluation: Evaluation = field(default_factory=Evaluation)
    mode: Mode = field(default_factory=Mode)
    gradient: Gradient = field(default_factory=Gradient)
    plus: tuple["Semantics", ...] = ()


STAGES: tuple[str, ...] = tuple(f.name for f in fields(Semantics) if f.name != "plus")


def get(semantics: Semantics, stage: str, name: str) -> Any:  # noqa: ANN401  a convention may be of any type
    """The choice that `semantics` makes in `stage.name`."""
    return getattr(getattr(semantics, stage), name)


def with_choice(semantics: Semantics, stage: str, **choices: Any) -> Semantics:  # noqa: ANN401
    """`semantics` with other choices in one stage."""
    return replace(semantics, **{stage: replace(getattr(semantics, stage), **choices)})
