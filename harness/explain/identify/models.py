"""The hypotheses about a row in the order they are tried: common before rare, fewer free parameters before more."""

from __future__ import annotations

from collections.abc import Iterator

from harness.explain.identify.facts import Facts
from harness.explain.identify.fit import Model
from harness.explain.identify.samples import HARD

LINEAR = (
    "ce", "ce0", "squared", "absolute", "under", "lp", "lq", "tlogt", "qlogq", "poly", "entropy", "reverse", "z",
    "t·ce", "t·ce0", "1", "prediction", "target", "t2",
)  # fmt: skip
LOGS = ("ce", "ce0", "lp", "lq", "tlogt", "qlogq", "poly", "z", "t·ce", "t·ce0", "1")
FOCAL = ("f.ce", "f.lp", "poly", "z", "1")
FOCAL_TWO = ("g.ce", "g.ce0", "t·g.ce", "t·g.ce0", "poly", "1")
SPLIT = ("s.ce", "s.ce0", "1")
REGRESSION = ("log-cosh", "squared-log", "absolute-percentage", "squared", "absolute", "under", "1")
COUPLED = ("categorical-hinge", "cosine", "1")

# The parameter groups that are looked for in each activation: columns, names, starts.
Group = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[float, ...], ...]]
EPSILON: Group = (LOGS, ("epsilon",), ((0.0,), (1e-2,)))
TEMPERATURE: Group = (LOGS, ("temperature",), ((2.0,), (0.5,), (8.0,), (0.1,)))
ONE: tuple[Group, ...] = (
    (FOCAL, ("gamma",), ((2.0,), (0.6,), (4.0,))),
    (FOCAL, ("gamma", "epsilon"), ((2.0, 0.0),)),
    (FOCAL, ("gamma", "temperature"), ((2.0, 2.0), (2.0, 0.6), (0.7, 2.0))),
)
TWO: tuple[Group, ...] = (
    (FOCAL_TWO, ("gamma",), ((2.0,), (0.6,), (4.0,))),
    (FOCAL_TWO, ("gamma", "epsilon"), ((2.0, 0.0),)),
    (FOCAL_TWO, ("gamma", "smoothing"), ((2.0, 0.05), (1.0, 0.2))),
)
SPLITS: Group = (SPLIT, ("gamma", "gamma_negative"), ((2.0, 2.0), (1.0, 4.0)))
SQUARED_SMOOTHED: Group = (("squared", "1"), ("smoothing",), ((0.1,),))
KINKED: tuple[Group, ...] = (
    (("huber", "1"), ("delta",), ((1.0,), (0.4,), (2.5,), (0.1,))),
    (("hinge", "1"), ("margin",), ((1.0,), (0.4,), (2.5,))),
    (("squared-hinge", "1"), ("margin",), ((1.0,), (0.4,), (2.5,))),
)
ROWS: tuple[Group, ...] = (
    (("multi-margin", "1"), ("margin",), ((1.0,), (0.4,), (2.5,))),
    (("multi-margin-2", "1"), ("margin",), ((1.0,), (0.4,), (2.5,))),
    (("crammer-singer", "1"), ("margin",), ((1.0,), (0.4,), (2.5,))),
    (("generalised-cross-entropy", "1"), ("q",), ((0.5,), (0.8,), (0.2,))),
)

_SMOOTHED = ("smooth", "extra")
_TVERSKY = ("smooth", "extra", "alpha", "beta")
RATIOS: tuple[Group, ...] = tuple(
    ((*beside, name, "1"), free, starts)
    for beside in ((), ("ce", "ce0", "lp", "lq"))
    for suffix in ("", "/c")
    for name, free, starts in (
        ("dice" + suffix, _SMOOTHED, ((0.5, 0.0), (0.01, 0.0))),
        ("iou" + suffix, _SMOOTHED, ((0.5, 0.0), (0.01, 0.0))),
        ("dice-squared" + suffix, _SMOOTHED, ((0.5, 0.0), (0.01, 0.0))),
        ("tversky" + suffix, _TVERSKY, ((0.5, 0.0, 0.4, 0.6),)),
    )
)

CATEGORICAL = frozenset({"index", "one-hot", "simplex", "log-simplex"})
OVERLAPS = frozenset({"index", "one-hot", "simplex", "binary", "unit"})
PROBABILITIES: frozenset[tuple[str, ...]] = frozenset({(), ("sigmoid",), ("softmax",), ("renormalise",), ("softmax", "softmax")})


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
    rare: list[tuple[str, ...]] = [("tanh",)]
    if classes > 1:
        rare += [("softmax", "softmax"), ("sigmoid", "softmax"), *([("renormalise",)] if domain in ("unit", "positive") else [])]
        rare += [("l2-normalise",)]
    return [*order, *rare]


ELEMENTWISE: frozenset[tuple[str, ...]] = frozenset({(), ("sigmoid",), ("exp",), ("tanh",)})
# Columns that see a whole row whatever the activation.
ROWWISE = frozenset({"z", "dice", "dice-squared", "iou", "tversky"})
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


def models(domain: str, kind: str, classes: int, *, last: bool) -> Iterator[Model]:
    """Every hypothesis for predictions of `domain` and targets of `kind`, in order; `last`: no harder targets follow."""
    order = chains(domain, kind, classes)
    encodings = {"signed": ("dense", "signed"), "log-simplex": ("log",), "index": ("index",)}.get(kind, ("dense",))
    for encoding in encodings:
        for chain in order:
            yield Model(chain, LINEAR, encoding=encoding)
        for chain in order[:3]:
            yield Model(chain, REGRESSION, encoding=encoding)
            if classes > 1:
                yield Model(chain, COUPLED, encoding=encoding)
    for encoding in encodings:
        yield from _with_parameters(order, kind, classes, encoding, last=last)


def _with_parameters(order: list[tuple[str, ...]], kind: str, classes: int, encoding: str, *, last: bool) -> Iterator[Model]:
    probable = [chain for chain in order if chain in PROBABILITIES]
    logits = [chain for chain in order if chain and set(chain) <= {"softmax", "sigmoid"}]
    hard = kind in HARD
    for chain in probable:
        yield _model(chain, EPSILON, encoding)
    for chain in probable:
        for group in (*ONE[:1], *TWO[:1]):
            yield _model(chain, group, encoding)
    for chain in logits:
        yield _model(chain, TEMPERATURE, encoding)
    for chain in order[:3]:
        for group in (*KINKED, *(ROWS if classes > 1 else ())):
            yield _model(chain, group, encoding)
    if kind in OVERLAPS:
        for group in RATIOS:
            for chain in probable[:3]:
                yield _model(chain, group, encoding)
    for chain in probable[:3]:
        rest = (*ONE[1:], *TWO[1:], *((SPLITS,) if last else ()), *(() if hard else (SQUARED_SMOOTHED,)))
        for group in rest:
            if "temperature" not in group[1] or chain in logits:
                yield _model(chain, group, encoding)


def _model(chain: tuple[str, ...], group: Group, encoding: str) -> Model:
    columns, free, starts = group
    return Model(chain, columns, free, starts, encoding)
