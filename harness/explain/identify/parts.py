"""From fitted columns to parts of a loss: each part one family with its conventions, and how much of it there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import NamedTuple

import numpy as np

from harness.explain.identify.fit import Fit
from harness.explain.identify.numbers import cost, short
from harness.records import Array
from harness.semantics import Activation, Guard, Modulation, Semantics, Smoothing, Target, Term, Weight, with_choice
from harness.syntax import Binary, Call, Input, Literal, Node, Sequence, Unary

NEGLIGIBLE = 1e-12  # Of two numbers that should cancel, what may be left.
SPREAD = 12.0  # Standard deviations within which a measured number may lie.


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One family's share of a row: `amount` times the sum over the classes of `core`'s term.

    Attributes:
        core: Everything but reduction and scale.
        amount: Coefficient, before it is split into constant, means and weights; [K] where classes differ.
        error: How far rounding may have moved it.
        z: Coefficient of logsumexp² in the same unit.
        poly: Coefficient of t(1 − p) in the same unit; where classes differ, relative to each.
        per_class: Whether a ratio is formed for each class.
        klass_in: Where weights of the classes act.
        spread: How far rounding may have moved the term's parameters.
    """

    core: Semantics
    amount: Array
    error: Array
    z: float = 0.0
    poly: float = 0.0
    per_class: bool = False
    klass_in: str = "terms"
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Parts that together are one row's loss, up to `offset`."""

    parts: tuple[Part, ...]
    offset: float = 0.0
    cost: float = 0.0


@dataclass(eq=False)
class _Amounts:
    """Fitted amounts that have not been read yet; taking one removes it."""

    fit: Fit
    classes: int
    left: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.left = dict(self.fit.amounts)

    def take(self, name: str) -> Array | None:
        return self.left.pop(name, None)

    def number(self, name: str) -> float:
        """One coefficient for all classes, 0 where the column is not needed."""
        taken = self.left.pop(name, None)
        return 0.0 if taken is None else float(taken[0])

    def error(self, *names: str) -> float:
        return SPREAD * sum(float(np.max(self.fit.errors[n])) for n in names if n in self.fit.errors)


def readings(fit: Fit, classes: int) -> list[Reading]:
    """Everything that the fitted columns may mean, simplest first; empty where they mean nothing in the space."""
    found = []
    smoothed = bool({"lp", "lq", "f.lp"} & fit.amounts.keys())
    second = (False, True) if ALTERNATIVES & fit.amounts.keys() else (False,)
    for which in product(range(len(SMOOTHINGS) if smoothed else 1), second):
        amounts = _Amounts(fit, classes)
        reading = _read(amounts, Variant(*which))
        if reading is not None and not amounts.left:
            found.append(reading)
    return sorted(found, key=lambda reading: reading.cost)


class Variant(NamedTuple):
    """One of several ways to write the same amounts: the kind of smoothing, and the second way of two."""

    smoothing: int
    second: bool


# Columns that have a second way: Huber is smooth L1, and a positive weight is a balance of both sides.
ALTERNATIVES = frozenset({"huber", "ce0", "g.ce0"})


def _read(amounts: _Amounts, which: Variant) -> Reading | None:
    parts: list[Part] = []
    for read in READERS:
        found = read(amounts, which)
        if found is None:
            return None
        parts.extend(found)
    offset = short(amounts.number("1"), amounts.error("1"))
    total = cost(offset, 0.0) + sum(_part_cost(part) for part in parts)
    return Reading(tuple(parts), offset, total) if parts else None


def _part_cost(part: Part) -> float:
    s = part.core
    amount = s.target.smoothing.amount if s.target.smoothing else 0.0
    extra = {"uniform": 0.0, "binary": 0.1, "others": 0.3, "added": 0.4}[s.target.smoothing.kind] if s.target.smoothing else 0.0
    positive = s.weight.positive if isinstance(s.weight.positive, float) else 1.0
    balance = s.weight.balance if s.weight.balance is not None else 0.5
    numbers = cost(float(amount), 0.0) + cost(float(positive), 1.0) + cost(float(balance), 0.5)  # type: ignore[arg-type]
    return 1.0 + numbers + extra + (0.1 if s.term.family == "smooth-l1" else 0.0)


def base(fit: Fit) -> Semantics:
    """Activation, encoding and added epsilon of a fit."""
    chain, trial = fit.model.chain, fit.trial
    guard = Guard()
    if trial.epsilon:
        guard = replace(guard, added_epsilon=trial.epsilon, order=("added_epsilon",))
    if "renormalise" in chain:
        guard = replace(guard, renormalise=True, order=("renormalise", *guard.order))
        chain = tuple(step for step in chain if step != "renormalise")
    target = Target(encoding=fit.model.encoding)
    if trial.smoothing:
        target = replace(target, smoothing=Smoothing(fit.model.soft, trial.smoothing))
    return Semantics(target=target, activation=Activation(chain, trial.temperature), guard=guard)


# How mass is spread that is not the target's: kind, and the amount e from the ratio b/a of t' = a·t + b, and a from e.
SMOOTHINGS: tuple[tuple[str, Callable[[float, int], float], Callable[[float, int], float]], ...] = (
    ("uniform", lambda r, k: k * r / (1.0 + k * r), lambda e, _k: 1.0 - e),
    ("binary", lambda r, _k: 2.0 * r / (1.0 + 2.0 * r), lambda e, _k: 1.0 - e),
    ("others", lambda r, k: r * (k - 1) / (1.0 + k * r), lambda e, k: 1.0 - e - e / (k - 1)),
    ("added", lambda r, k: k * r / (1.0 + r), lambda e, k: 1.0 - e / k),
)


def literal(values: list[float]) -> Node:
    """An array of numbers as a tree."""
    return Call("numpy.array", (Sequence(tuple(Literal(v) for v in values)),))


def _smoothed(amounts: _Amounts, core: Semantics, ratio: float, error: float, which: Variant) -> tuple[Semantics, float] | None:
    """`core` with smoothing of one kind whose b/a is `ratio`, and its a."""
    if ratio == 0.0:
        return core, 1.0
    kind, amount_of, kept = SMOOTHINGS[which.smoothing]
    if kind == "others" and amounts.classes == 1:
        return None
    slope = 2.0 * amounts.classes
    amount = short(amount_of(ratio, amounts.classes), slope * error)
    return with_choice(core, "target", smoothing=Smoothing(kind, amount)), kept(amount, amounts.classes)


def _cross_entropy(amounts: _Amounts, which: Variant, prefix: str = "") -> list[Part] | None:
    positive, negative = amounts.take(prefix + "ce"), amounts.take(prefix + "ce0")
    if any(a is not None and not np.all(a) for a in (positive, negative)):
        return None
    spread = _along(amounts, prefix + "lp", positive)
    spread0 = _along(amounts, "lq", negative) if not prefix else 0.0
    balanced, balanced0 = amounts.take("t·" + prefix + "ce"), amounts.take("t·" + prefix + "ce0")
    if positive is None and negative is None:
        return None if spread or spread0 or balanced is not None or balanced0 is not None else []
    core = base(amounts.fit)
    names = tuple(prefix + n for n in ("ce", "ce0", "lp")) + ("lq",)
    error = amounts.error(*names)
    if prefix in ("f.", "g."):
        core = replace(core, modulation=Modulation(focal=amounts.fit.trial.gamma))
    if balanced is not None or balanced0 is not None:
        return _balanced(core, positive, negative, balanced, balanced0, error)
    if negative is None:
        return None if spread0 or positive is None else _one_sided(amounts, core, positive, spread, error, which)
    return _two_sided(amounts, core, positive, negative, spread, spread0, error, which)


def _along(amounts: _Amounts, name: str, beside: Array | None) -> float:
    """The coefficient of a column that classes weight as they weight `beside`, for the first of them; nan if they do not."""
    taken = amounts.take(name)
    if taken is None:
        return 0.0
    if beside is None or taken.size == 1:
        return float(taken[0])
    ratio = taken / beside
    return float(taken[0]) if np.all(np.abs(ratio - ratio[0]) <= 1e3 * NEGLIGIBLE + 4.0 * amounts.error(name)) else float("nan")


def _one_sided(
    amounts: _Amounts, core: Semantics, positive: Array, spread: float, error: float, which: Variant
) -> list[Part] | None:
    ratio = spread / float(positive[0])
    found = _smoothed(amounts, core, ratio, 2.0 * error / abs(float(positive[0])), which)
    if found is None:
        return None
    core, kept = found
    z = amounts.number("z") if positive.size == 1 else _beside(amounts, "k.z", positive)
    poly = _beside(amounts, "poly", positive) / kept
    if poly and ratio:
        _spread_poly(amounts, poly * ratio * kept)
    entropy = amounts.left.get("tlogt")
    if entropy is not None and not ratio and np.all(np.abs(entropy - positive) <= error + amounts.error("tlogt")):
        amounts.take("tlogt")
        core = replace(core, term=Term("kl"))
    return [Part(core, positive / kept, np.full(positive.shape, error), z, poly)]


def _beside(amounts: _Amounts, name: str, beside: Array) -> float:
    """The coefficient of a column where that of the cross-entropy is `beside`: relative to it where classes differ."""
    taken = amounts.left.get(name)
    if taken is None or taken.shape != beside.shape:
        return 0.0
    amounts.take(name)
    return float(np.mean(taken / beside)) * (1.0 if beside.size > 1 else float(beside[0]))


def _by_target(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    """A row's cross-entropy times the weight of its target."""
    found = []
    for prefix in ("k.", "k.f."):
        amount = amounts.take(prefix + "ce")
        if amount is None:
            continue
        core = base(amounts.fit)
        if prefix == "k.f.":
            core = replace(core, modulation=Modulation(focal=amounts.fit.trial.gamma))
        error = np.full(amount.shape, amounts.error(prefix + "ce"))
        z, poly = (_beside(amounts, name, amount) for name in ("k.z", "k.poly"))
        found.append(Part(core, amount, error, z, poly, klass_in="target"))
    return found


def _spread_poly(amounts: _Amounts, each: float) -> None:
    """Smoothing gives every class a share of t(1 − p): take it off the constant, and off Σp where that is none."""
    linear = amounts.left.get("prediction")
    if linear is not None and abs(float(linear[0]) + each) <= amounts.error("prediction", "poly") + NEGLIGIBLE * abs(each):
        amounts.take("prediction")
        linear, total = None, each * amounts.classes
    else:
        total = each * (amounts.classes - 1)
    constant = amounts.left.get("1")
    if constant is not None:
        left = constant - total
        amounts.left["1"] = np.where(np.abs(left) <= amounts.error("1", "poly") + NEGLIGIBLE * abs(total), 0.0, left)


def _hard_absolute(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    """|p − t| = p + 2t(1 − p) − t where t is 0 or 1, in which form it is found there."""
    linear, sure = amounts.left.get("prediction"), amounts.left.get("poly")
    if linear is None or sure is None or amounts.left.keys() & {"ce", "f.ce", "k.ce"}:
        return []
    error = amounts.error("prediction", "poly")
    if np.any(np.abs(sure - 2.0 * linear) > 2.0 * error):
        return []
    amounts.take("prediction"), amounts.take("poly")
    for name in ("target", "1"):
        # The number of ones in a row is 1 in one-hot rows, and then no column of its own.
        if name in amounts.left:
            left = amounts.left[name] + linear
            amounts.left[name] = np.where(np.abs(left) <= error + amounts.error(name), 0.0, left)
            if not np.any(amounts.left[name]):
                amounts.take(name)
            break
    return [Part(replace(base(amounts.fit), term=Term("absolute")), linear, np.full(linear.shape, error))]


def _two_sided(
    amounts: _Amounts, core: Semantics, positive: Array | None, negative: Array, spread: float, spread0: float, error: float, which: Variant
) -> list[Part] | None:
    core = replace(core, term=Term(sides="two"))
    if positive is None:
        if spread or spread0:
            return None
        return [Part(with_choice(core, "weight", positive=0.0), negative, np.full(negative.shape, error))]
    b = float(negative[0])
    ratio = spread / float(positive[0])
    found = _smoothed(amounts, core, ratio, 2.0 * error / abs(float(positive[0])), which)
    if found is None:
        return None
    core, kept = found
    total = negative / kept
    expected = total * (1.0 - kept - kept * ratio)
    if not abs(float(expected[0]) - spread0) <= error * 4.0:
        return None
    weight = positive / negative
    if np.any(np.abs(weight - weight[0]) > 4.0 * error / np.abs(negative)):
        core = with_choice(core, "weight", positive=literal([short(float(w), 2.0 * error / abs(b)) for w in weight]))
        return None if which.second else [Part(core, total, np.full(total.shape, error))]
    w = short(float(weight[0]), 2.0 * error / abs(b))
    if which.second:
        if w == 1.0 or w <= 0.0:
            return None
        core = with_choice(core, "weight", balance=short(float(weight[0] / (1.0 + weight[0])), 2.0 * error / abs(b)))
        total = total + positive / kept
    elif w != 1.0:
        core = with_choice(core, "weight", positive=w)
    core = _two_sided_kl(amounts, core, b, error)
    return [Part(core, total, np.full(total.shape, error), 0.0, amounts.number("poly"))]


def _two_sided_kl(amounts: _Amounts, core: Semantics, b: float, error: float) -> Semantics:
    both = [amounts.left.get(name) for name in ("tlogt", "qlogq")]
    if core.target.smoothing is None and all(e is not None and abs(float(e[0]) - b) <= 2.0 * error for e in both):
        amounts.take("tlogt"), amounts.take("qlogq")
        return with_choice(core, "term", family="kl")
    return core


def _balanced(
    core: Semantics, positive: Array | None, negative: Array | None, balanced: Array | None, balanced0: Array | None, error: float
) -> list[Part] | None:
    """From the four coefficients C(1−α)w, C(1−α), Cw(2α−1), C(2α−1)."""
    if positive is None or negative is None or balanced is None or balanced0 is None:
        return None
    low, both = float(negative[0]), float(balanced0[0])
    total = 2.0 * low + both
    alpha = short((low + both) / total, 4.0 * error / abs(total))
    weight = short(float(balanced[0]) / both, 4.0 * error / abs(both))
    choices = Weight(balance=alpha, positive=None if weight == 1.0 else weight)
    core = replace(core, term=Term(sides="two"), weight=choices)
    return [Part(core, np.array([total]), np.array([2.0 * error]))]


def _split(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    """Two sides, each modulated by its own exponent: one point where they agree, else a sum of two."""
    positive, negative = amounts.take("s.ce"), amounts.take("s.ce0")
    if positive is None and negative is None:
        return []
    core, trial = base(amounts.fit), amounts.fit.trial
    error = amounts.error("s.ce", "s.ce0")
    parts = []
    if positive is not None:
        parts.append(Part(replace(core, modulation=Modulation(focal=trial.gamma)), positive, np.full(positive.shape, error)))
    if negative is not None:
        mirrored = _mirrored(core, trial.gamma_negative)
        if mirrored is None:
            return None
        parts.append(Part(mirrored, negative, np.full(negative.shape, error)))
    return parts


def _mirrored(core: Semantics, exponent: float) -> Semantics | None:
    """The negative side as a one-sided loss: both prediction and target turned around."""
    turned = {("sigmoid",): Unary("-", Input("prediction")), (): Binary("-", Literal(1.0), Input("prediction"))}
    if core.activation.chain not in turned:
        return None
    core = with_choice(core, "layout", prediction=turned[core.activation.chain])
    core = with_choice(core, "target", source=Binary("-", Literal(1.0), Input("target")))
    return replace(core, modulation=Modulation(focal=exponent or None))


RATIOS = {"dice": "dice", "dice-squared": "dice", "iou": "iou", "tversky": "tversky"}


def _ratio(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    """Ratios of sums; what they sum over is settled when the whole loss is put together."""
    trial = amounts.fit.trial
    found = []
    for name, family in RATIOS.items():
        for suffix in ("", "/c"):
            amount = amounts.take(name + suffix)
            if amount is None:
                continue
            parameters = [("smooth", trial.smooth), ("epsilon", trial.extra)]
            parameters = [(n, v) for n, v in parameters if v] + ([("squared", 1.0)] if "squared" in name else [])
            if family == "tversky":
                parameters += [("alpha", trial.alpha), ("beta", trial.beta)]
            core = replace(base(amounts.fit), term=Term(family, parameters=tuple(parameters)))
            error = np.full(amount.shape, amounts.error(name + suffix))
            found.append(Part(core, amount, error, per_class=bool(suffix), spread=amounts.fit.spread))
    return found


def _quantile(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    under, size = amounts.number("under"), amounts.number("absolute")
    if not under and not size:
        return []
    core, error = base(amounts.fit), amounts.error("under", "absolute")
    if not under:
        return [Part(replace(core, term=Term("absolute")), np.array([size]), np.array([error]))]
    total = 2.0 * size + under
    if total == 0.0:
        return None
    q = short((size + under) / total, 4.0 * error / abs(total))
    return [Part(replace(core, term=Term("quantile", parameters=(("quantile", q),))), np.array([total]), np.array([error]))]


def _poisson(amounts: _Amounts, _which: Variant) -> list[Part] | None:
    """p − t log p, and with the target's own terms the generalised KL; read before the cross-entropy takes its part."""
    linear, crossed = amounts.left.get("prediction"), amounts.left.get("ce")
    if linear is None or crossed is None or amounts.left.keys() & {"ce0", "lp", "lq"}:
        return []
    error = amounts.error("prediction", "ce")
    if np.any(np.abs(linear - crossed) > error):
        return []
    amounts.take("prediction"), amounts.take("ce")
    core, family = base(amounts.fit), "poisson"
    entropy, target, full = (amounts.left.get(name) for name in ("tlogt", "target", "stirling"))
    if full is not None:
        amounts.take("stirling")
        return [Part(replace(core, term=Term(family, parameters=(("full", 1.0),))), linear, np.full(linear.shape, error))]
    if entropy is not None and target is not None:
        amounts.take("tlogt"), amounts.take("target")
        family = "generalised-kl"
    return [Part(replace(core, term=Term(family)), linear, np.full(linear.shape, error))]


SIMPLE = {
    "squared": Term("squared"),
    "log-cosh": Term("log-cosh"),
    "squared-log": Term("squared-log"),
    "absolute-percentage": Term("absolute-percentage"),
    "entropy": Term("entropy"),
    "reverse": Term("cross-entropy", direction="reverse"),
    "prediction": Term("prediction"),
    "categorical-hinge": Term("categorical-hinge"),
    "cosine": Term("cosine"),
}
# Families with a parameter that was looked for: the parameter's name in Trial and in Term.
FITTED = {
    "huber": ("huber", "delta"),
    "hinge": ("hinge", "margin"),
    "squared-hinge": ("squared-hinge", "margin"),
    "crammer-singer": ("crammer-singer", "margin"),
    "multi-margin": ("multi-margin", "margin"),
    "multi-margin-2": ("multi-margin", "margin"),
    "generalised-cross-entropy": ("generalised-cross-entropy", "q"),
    "hinge-embedding": ("hinge-embedding", "margin"),
    "k.multi-margin": ("multi-margin", "margin"),
    "k.multi-margin-2": ("multi-margin", "margin"),
}


def _others(amounts: _Amounts, which: Variant) -> list[Part] | None:
    return [*_simple(amounts), *_fitted(amounts, which)]


def _simple(amounts: _Amounts) -> Iterator[Part]:
    core = base(amounts.fit)
    for name, term in SIMPLE.items():
        amount = amounts.take(name)
        if amount is not None:
            yield Part(replace(core, term=term), amount, np.full(amount.shape, amounts.error(name)))
    sure = amounts.left.get("poly")
    if sure is not None and core.activation.chain[-1:] == ("softmax",):
        # Of a one-hot target, Σ|p − t| is twice 1 − p of its class.
        yield Part(replace(core, term=Term("absolute")), amounts.left.pop("poly") / 2.0, np.full(sure.shape, amounts.error("poly")))
    entropy = amounts.take("tlogt")
    if entropy is not None:
        yield Part(replace(core, term=Term("entropy", direction="reverse")), -entropy, np.full(entropy.shape, amounts.error("tlogt")))


def _fitted(amounts: _Amounts, which: Variant) -> Iterator[Part]:
    core, trial = base(amounts.fit), amounts.fit.trial
    for name, (family, parameter) in FITTED.items():
        amount = amounts.take(name)
        if amount is None:
            continue
        value = float(getattr(trial, parameter))
        parameters: tuple[tuple[str, float], ...] = ((parameter, value),) if (parameter, value) != ("margin", 1.0) else ()
        if name.endswith("multi-margin-2"):
            parameters = (*parameters, ("power", 2.0))
        if family == "generalised-cross-entropy":
            amount = amount * value
        elif family == "huber" and which.second:
            family, parameters, amount = "smooth-l1", (("beta", value),), amount * value
        error, place = np.full(amount.shape, amounts.error(name)), "target" if name.startswith("k.") else "terms"
        yield Part(replace(core, term=Term(family, parameters=parameters)), amount, error, klass_in=place)


READERS: tuple[Callable[[_Amounts, Variant], list[Part] | None], ...] = (
    _hard_absolute,
    _poisson,
    _cross_entropy,
    lambda amounts, which: _cross_entropy(amounts, which, "f."),
    lambda amounts, which: _cross_entropy(amounts, which, "g."),
    _by_target,
    _split,
    _ratio,
    _quantile,
    _others,
)
