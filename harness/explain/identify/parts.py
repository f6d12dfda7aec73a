"""From fitted columns to parts of a loss: each part one family with its conventions, and how much of it there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from harness.explain.identify.amounts import SMOOTHINGS, SPREAD, Amounts, Part, Reading, Variant, base
from harness.explain.identify.fit import Fit
from harness.explain.identify.numbers import cost, short
from harness.explain.identify.read_entropies import by_target, cross_entropy, hard_absolute, split
from harness.semantics import Semantics, Target, Term
from harness.syntax import Literal


def readings(fit: Fit, classes: int, wide: float = SPREAD) -> list[Reading]:
    """Everything that the fitted columns may mean, simplest first; empty where they mean nothing in the space."""
    found = []
    smoothed = bool({"lp", "lq", "f.lp"} & fit.amounts.keys())
    second = (False, True) if ALTERNATIVES & fit.amounts.keys() else (False,)
    for which in product(range(len(SMOOTHINGS) + 1 if smoothed else 1), second):
        amounts = Amounts(fit, classes, wide)
        reading = _read(amounts, Variant(*which))
        if reading is not None and not amounts.left:
            found.append(reading)
    return sorted(found, key=lambda reading: reading.cost)


# Columns that have a second way: Huber is smooth L1, a positive weight is a balance of both sides, a negative side is the
# positive one turned around.
ALTERNATIVES = frozenset({"huber", "ce0", "g.ce0", "s.ce0"})


def _read(amounts: Amounts, which: Variant) -> Reading | None:
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
    extra = (
        {"uniform": 0.0, "binary": 0.1, "others": 0.3, "added": 0.4}[s.target.smoothing.kind]
        if s.target.smoothing
        else 0.0
    )
    # A weight of 0 is the other side alone.
    positive = s.weight.positive if isinstance(s.weight.positive, float) and s.weight.positive else 1.0
    balance = s.weight.balance if s.weight.balance is not None else 0.5
    numbers = cost(float(amount), 0.0) + cost(float(positive), 1.0) + cost(float(balance), 0.5)  # type: ignore[arg-type]
    return 1.0 + numbers + extra + (0.1 if s.term.family == "smooth-l1" else 0.0)


RATIOS = {"dice": "dice", "dice-squared": "dice", "iou": "iou", "tversky": "tversky"}


def _ratio(amounts: Amounts, _which: Variant) -> list[Part] | None:
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


def _reverse_kl(amounts: Amounts, _which: Variant) -> list[Part] | None:
    """p log p − p log t, of as much entropy as there is reverse cross-entropy to take it from."""
    entropy, crossed = amounts.left.get("entropy"), amounts.left.get("reverse")
    if entropy is None or crossed is None:
        return []
    error = amounts.error("entropy", "reverse")
    if entropy.shape != crossed.shape or np.any(np.abs(entropy + crossed) > error):
        return []
    amounts.take("entropy"), amounts.take("reverse")
    core = replace(base(amounts.fit), term=Term("kl", direction="reverse"))
    return [Part(core, crossed, np.full(crossed.shape, error))]


def _quantile(amounts: Amounts, _which: Variant) -> list[Part] | None:
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
    return [
        Part(replace(core, term=Term("quantile", parameters=(("quantile", q),))), np.array([total]), np.array([error]))
    ]


def _poisson(amounts: Amounts, _which: Variant) -> list[Part] | None:
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
        return [
            Part(replace(core, term=Term(family, parameters=(("full", 1.0),))), linear, np.full(linear.shape, error))
        ]
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
    "multilabel-margin": Term("multilabel-margin"),
    "logistic": Term("logistic"),
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


ADDED = {"cosine+": "cosine", "absolute-percentage+": "absolute-percentage"}


def _added(amounts: Amounts, _which: Variant) -> list[Part] | None:
    """Quotients whose divisor has something added to it."""
    found = []
    for name, family in ADDED.items():
        amount = amounts.take(name)
        if amount is not None:
            term = Term(family, parameters=(("added", amounts.fit.trial.extra),))
            found.append(
                Part(replace(base(amounts.fit), term=term), amount, np.full(amount.shape, amounts.error(name)))
            )
    return found


def _penalties(amounts: Amounts, _which: Variant) -> list[Part] | None:
    """Squares and magnitudes of the prediction itself: errors from 0."""
    found = []
    for name, family in (("x2", "squared"), ("x1", "absolute")):
        amount = amounts.take(name)
        if amount is not None:
            core = Semantics(target=Target(source=Literal(0.0)), term=Term(family))
            found.append(Part(core, amount, np.full(amount.shape, amounts.error(name))))
    return found


def _others(amounts: Amounts, which: Variant) -> list[Part] | None:
    return [*_simple(amounts), *_fitted(amounts, which)]


def _simple(amounts: Amounts) -> Iterator[Part]:
    core = base(amounts.fit)
    for name, term in SIMPLE.items():
        amount = amounts.take(name)
        if amount is not None:
            yield Part(replace(core, term=term), amount, np.full(amount.shape, amounts.error(name)))
    sure = amounts.left.get("poly")
    if sure is not None and core.activation.chain[-1:] == ("softmax",):
        # Of a one-hot target, Σ|p − t| is twice 1 − p of its class.
        yield Part(
            replace(core, term=Term("absolute")),
            amounts.left.pop("poly") / 2.0,
            np.full(sure.shape, amounts.error("poly")),
        )
    entropy = amounts.take("tlogt")
    if entropy is not None:
        yield Part(
            replace(core, term=Term("entropy", direction="reverse")),
            -entropy,
            np.full(entropy.shape, amounts.error("tlogt")),
        )


def _fitted(amounts: Amounts, which: Variant) -> Iterator[Part]:
    core, trial = base(amounts.fit), amounts.fit.trial
    for name, (family, parameter) in FITTED.items():
        amount = amounts.take(name)
        if amount is None:
            continue
        value = float(getattr(trial, parameter))
        parameters: tuple[tuple[str, float], ...] = (
            ((parameter, value),) if (parameter, value) != ("margin", 1.0) else ()
        )
        if name.endswith("multi-margin-2"):
            parameters = (*parameters, ("power", 2.0))
        if family == "generalised-cross-entropy":
            amount = amount * value
        elif family == "huber" and which.second:
            family, parameters, amount = "smooth-l1", (("beta", value),), amount * value  # noqa: PLW2901  the second way to write it
        error, place = np.full(amount.shape, amounts.error(name)), "target" if name.startswith("k.") else "terms"
        yield Part(replace(core, term=Term(family, parameters=parameters)), amount, error, klass_in=place)


READERS: tuple[Callable[[Amounts, Variant], list[Part] | None], ...] = (
    hard_absolute,
    _poisson,
    cross_entropy,
    lambda amounts, which: cross_entropy(amounts, which, "f."),
    lambda amounts, which: cross_entropy(amounts, which, "g."),
    by_target,
    split,
    _reverse_kl,
    _ratio,
    _quantile,
    _others,
    _added,
    _penalties,
)
