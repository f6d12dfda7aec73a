"""The hypotheses about a row in the order they are tried: common before rare, fewer free parameters before more."""

from __future__ import annotations

from collections.abc import Iterator

from harness.explain.identify.facts import Facts
from harness.explain.identify.fit import Model
from harness.explain.identify.frame import CONSTANT
from harness.explain.identify.samples import HARD

LINEAR = (
    "ce", "ce0", "squared", "poly", "1", "prediction", "absolute", "under", "lp", "lq", "tlogt", "qlogq", "entropy",
    "reverse", "z", "t·ce", "t·ce0", "x2", "x1", "target", "t2",
)  # fmt: skip
# Of any numbers, t(1 − x) is no more than a part of a square.
NUMBERS = tuple(column for column in LINEAR if column != "poly")
ONE_SIDED = ("ce", "lp", "tlogt", "poly", "z", "1", "prediction")
DIVERGENCE = ("ce", "tlogt+", "1")
TWO_SIDED = ("ce", "ce0", "lp", "lq", "1")
LOGS = ("ce", "ce0", "lp", "lq", "tlogt", "qlogq", "poly", "z", "t·ce", "t·ce0", "1")
FOCAL = ("f.ce", "f.lp", "poly", "z", "1", "prediction")
FOCAL_TWO = ("g.ce", "g.ce0", "t·g.ce", "t·g.ce0", "poly", "1")
SPLIT = ("s.ce", "s.ce0", "1")
COUNTS = ("ce", "prediction", "stirling", "tlogt", "target", "1")
# With fewer digits to go by, few columns at a time.
SMALL: tuple[tuple[str, ...], ...] = (
    ("ce", "lp", "tlogt", "poly", "z", "1"),
    ("ce", "ce0", "lp", "lq", "1"),
    ("squared", "absolute", "under", "1"),
    ("ce", "ce0", "tlogt", "qlogq"),
    ("reverse", "entropy", "ce", "tlogt", "1"),
    ("prediction", "ce", "stirling", "1"),
    ("prediction", "ce", "tlogt", "target"),
)
REGRESSION = ("log-cosh", "squared-log", "absolute-percentage", "squared", "absolute", "under", "1")
COUPLED = ("categorical-hinge", "cosine", "1")
SIGNED = ("logistic", "1")
LISTED = ("multilabel-margin", "1")

BALANCED = ("ce", "ce0", "t·ce", "t·ce0", "1")

# The parameter groups that are looked for in each activation: columns and names.
Group = tuple[tuple[str, ...], tuple[str, ...]]
FIRST: tuple[Group, ...] = (
    (ONE_SIDED, ("epsilon",)),
    (TWO_SIDED, ("epsilon",)),
    (LOGS, ("epsilon",)),
    (DIVERGENCE, ("epsilon",)),
    (ONE_SIDED, ("temperature",)),
    (FOCAL, ("gamma",)),
    (FOCAL_TWO, ("gamma",)),
    (TWO_SIDED, ("temperature",)),
    (LOGS, ("temperature",)),
)
THEN: tuple[Group, ...] = (
    (FOCAL, ("gamma", "temperature")),
    (FOCAL, ("gamma", "epsilon")),
    (ONE_SIDED, ("temperature", "epsilon")),
    (TWO_SIDED, ("temperature", "epsilon")),
    (LOGS, ("temperature", "epsilon")),
    (FOCAL_TWO, ("gamma", "temperature")),
    (FOCAL_TWO, ("gamma", "epsilon")),
    (FOCAL_TWO, ("gamma", "smoothing")),
    (BALANCED, ("smoothing",)),
    (BALANCED, ("smoothing", "epsilon")),
    (BALANCED, ("smoothing", "temperature")),
    (FOCAL, ("gamma", "temperature", "epsilon")),
    (FOCAL_TWO, ("gamma", "temperature", "smoothing")),
    (FOCAL_TWO, ("gamma", "smoothing", "epsilon")),
    (FOCAL_TWO, ("gamma", "temperature", "epsilon")),
    (BALANCED, ("smoothing", "temperature", "epsilon")),
    (FOCAL_TWO, ("gamma", "temperature", "smoothing", "epsilon")),
)
SPLITS: Group = (SPLIT, ("gamma", "gamma_negative"))
SQUARED_SMOOTHED: Group = (("squared", "1"), ("smoothing",))
KINKED: tuple[Group, ...] = (
    (("huber", "1"), ("delta",)),
    (("hinge", "1"), ("margin",)),
    (("squared-hinge", "1"), ("margin",)),
    (("hinge-embedding", "1"), ("margin",)),
)
ROWS: tuple[Group, ...] = (
    (("multi-margin", "1"), ("margin",)),
    (("multi-margin-2", "1"), ("margin",)),
    (("crammer-singer", "1"), ("margin",)),
    (("generalised-cross-entropy", "1"), ("q",)),
)
ADDED: tuple[Group, ...] = (
    (("cosine+", "1"), ("extra",)),
    (("absolute-percentage+", "1"), ("extra",)),
)
_SMOOTHED = ("smooth", "extra")
RATIOS: tuple[Group, ...] = tuple(
    ((*beside, name + suffix, "1"), free)
    for beside in ((), ("ce", "ce0", "lp", "lq"))
    for suffix in ("", "/c")
    for name, free in (
        ("dice", _SMOOTHED), ("iou", _SMOOTHED), ("dice-squared", _SMOOTHED), ("tversky", ("smooth", "extra", "alpha", "beta")),
    )
)  # fmt: skip

CATEGORICAL = frozenset({"index", "one-hot", "simplex", "log-simplex"})
OVERLAPS = frozenset({"index", "one-hot", "simplex", "binary", "unit"})
PROBABILITIES: frozenset[tuple[str, ...]] = frozenset(
    {(), ("sigmoid",), ("softmax",), ("renormalise",), ("softmax", "softmax")}
)


def chains(domain: str, kind: str, classes: int) -> list[tuple[str, ...]]:
    """Activations, likeliest first."""
    coupled: list[tuple[str, ...]] = [("softmax",)] if classes > 1 else []
    if kind in CATEGORICAL:
        first: list[tuple[str, ...]] = [*coupled, (), ("sigmoid",)]
    elif kind in ("binary", "unit", "signed"):
        first = [("sigmoid",), (), *coupled]
    else:
        first = [(), ("sigmoid",), *coupled]
    if domain in ("unit", "simplex", "positive"):
        first = [(), *(c for c in first if c)]
    exponential = [("exp",)]
    order = [*exponential, *first] if domain == "negative" else [*first, *exponential]
    rare: list[tuple[str, ...]] = [("tanh",), ("sigmoid", "sigmoid")]
    if classes > 1:
        rare += [
            ("softmax", "softmax"),
            ("sigmoid", "softmax"),
            *([("renormalise",)] if domain in ("unit", "positive") else []),
        ]
        rare += [("l2-normalise",)]
    return [*order, *rare]


ELEMENTWISE: frozenset[tuple[str, ...]] = frozenset({(), ("sigmoid",), ("exp",), ("tanh",), ("sigmoid", "sigmoid")})
# Columns that see a whole row whatever the activation.
ROWWISE = frozenset({"z", "dice", "dice-squared", "iou", "tversky", "cosine+"})
MARGINS = frozenset({"multi-margin", "multi-margin-2", "crammer-singer"})


def possible(model: Model, facts: Facts) -> bool:
    """Whether the symmetries leave room for a hypothesis that has free parameters."""
    columns = set(model.columns)
    if columns & MARGINS:
        return facts.shifts
    if "generalised-cross-entropy" in columns:
        return facts.shifts == (model.chain[-1:] == ("softmax",))
    if model.chain in ELEMENTWISE:
        return facts.separates or bool(columns & ROWWISE)
    return not facts.separates and (facts.shifts or model.chain[-1:] != ("softmax",) or "z" in columns)


def models(domain: str, kind: str, classes: int, *, signed: bool, last: bool, narrow: bool) -> Iterator[Model]:
    """Every hypothesis for predictions of `domain` and targets of `kind`, in order.

    `signed`: the user's targets are ±1. `last`: no harder targets follow. `narrow`: answers have so few digits that many
    columns fit anything.
    """
    order = chains(domain, kind, classes)
    encodings = {
        "signed": ("dense", "signed"),
        "real": ("dense", "signed") if signed else ("dense",),
        "log-simplex": ("log",),
        "index": ("index",),
        "lists": ("index-list",),
    }.get(kind, ("dense",))
    for encoding in encodings:
        for chain in order if narrow else ():
            yield from (Model(chain, columns, encoding=encoding) for columns in SMALL)
        for chain in order:
            yield Model(chain, _linear(kind), encoding=encoding)
        if kind in ("count", "positive"):
            yield from (Model(chain, COUNTS, encoding=encoding) for chain in order)
            yield Model((), COUNTS, ("epsilon",), encoding)
        if signed == (encoding == "signed"):
            yield Model((), SIGNED, encoding=encoding)
        for chain in order[:3]:
            yield Model(chain, _informative(REGRESSION, kind), encoding=encoding)
            if classes > 1:
                yield Model(chain, LISTED if kind == "lists" else COUPLED, encoding=encoding)
    for encoding in encodings:
        yield from _with_parameters(order, kind, classes, encoding, last=last)


def _linear(kind: str) -> tuple[str, ...]:
    """The columns that say something of targets of a kind."""
    return NUMBERS if kind in ("real", "count", "positive") else _informative(LINEAR, kind)


def _informative(columns: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Of a target that is always the same, a margin is what an error below it would be."""
    return tuple(column for column in columns if kind not in CONSTANT or column not in ("under", "absolute"))


def _with_parameters(
    order: list[tuple[str, ...]], kind: str, classes: int, encoding: str, *, last: bool
) -> Iterator[Model]:
    probable = [chain for chain in order if chain in PROBABILITIES]
    for group in FIRST:
        yield from _each(probable, group, encoding)
    for group in (*KINKED, *(ROWS if classes > 1 else ()), *(ADDED if kind in ("real", "positive", "count") else ())):
        yield from _each(order[:3], group, encoding)
    for group in THEN:
        yield from _each(probable, group, encoding)
    if kind in OVERLAPS:
        for group in RATIOS:
            yield from _each(probable[:3], group, encoding)
    if last:
        yield from _each(probable[:3], SPLITS, encoding)
    if kind not in HARD:
        yield from _each(probable[:3], SQUARED_SMOOTHED, encoding)


def _each(chains: list[tuple[str, ...]], group: Group, encoding: str) -> Iterator[Model]:
    columns, free = group
    for chain in chains:
        if "temperature" not in free or (chain and set(chain) <= {"softmax", "sigmoid"}):
            yield Model(chain, columns, free, encoding)
