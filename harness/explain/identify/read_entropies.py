"""Cross-entropies, focal losses and their balances, read off the columns that were fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.explain.identify.amounts import AFFINE, NEGLIGIBLE, Amounts, Part, Variant, base, literal, smoothed
from harness.explain.identify.numbers import short
from harness.records import Array
from harness.semantics import Modulation, Semantics, Term, Weight, with_choice
from harness.syntax import Binary, Input, Literal, Unary


def cross_entropy(amounts: Amounts, which: Variant, prefix: str = "") -> list[Part] | None:
    """Cross-entropies of one or two sides, weighted, smoothed or focal as `prefix` says; None where they mean nothing."""
    positive, negative = amounts.take(prefix + "ce"), amounts.take(prefix + "ce0")
    if any(a is not None and not np.all(a) for a in (positive, negative)):
        return None
    spread = _along(amounts, prefix + "lp", positive)
    spread0 = _along(amounts, "lq", negative) if not prefix else 0.0
    balanced, balanced0 = amounts.take("t·" + prefix + "ce"), amounts.take("t·" + prefix + "ce0")
    if positive is None and negative is None:
        return None if spread or spread0 or balanced is not None or balanced0 is not None else []
    core = base(amounts.fit)
    names = (*(prefix + n for n in ("ce", "ce0", "lp")), "lq")
    error = amounts.error(*names)
    if prefix in ("f.", "g."):
        core = replace(core, modulation=Modulation(focal=amounts.fit.trial.gamma))
    if balanced is not None or balanced0 is not None:
        return _balanced(core, positive, negative, balanced, balanced0, error)
    if negative is None:
        return None if spread0 or positive is None else _one_sided(amounts, core, positive, spread, error, which)
    return _two_sided(amounts, core, positive, negative, spread, spread0, error, which)


def _along(amounts: Amounts, name: str, beside: Array | None) -> float:
    """The coefficient of a column that classes weight as they weight `beside`, for the first of them; nan if they do not."""
    taken = amounts.take(name)
    if taken is None:
        return 0.0
    if beside is None or taken.size == 1:
        return float(taken[0])
    ratio = taken / beside
    return (
        float(taken[0])
        if np.all(np.abs(ratio - ratio[0]) <= 1e3 * NEGLIGIBLE + 4.0 * amounts.error(name))
        else float("nan")
    )


def _one_sided(
    amounts: Amounts, core: Semantics, positive: Array, spread: float, error: float, which: Variant
) -> list[Part] | None:
    ratio = spread / float(positive[0])
    found = smoothed(amounts, core, ratio, 2.0 * error / abs(float(positive[0])), which)
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
    inside = amounts.left.get("tlogt+")
    if inside is not None and not ratio and np.all(np.abs(inside - positive) <= error + amounts.error("tlogt+")):
        amounts.take("tlogt+")
        core = replace(core, term=Term("kl", parameters=(("epsilon_on_target", 1.0),)))
    return [Part(core, positive / kept, np.full(positive.shape, error), z, poly)]


def _beside(amounts: Amounts, name: str, beside: Array) -> float:
    """The coefficient of a column where that of the cross-entropy is `beside`: relative to it where classes differ."""
    taken = amounts.left.get(name)
    if taken is None or taken.shape != beside.shape:
        return 0.0
    amounts.take(name)
    return float(np.mean(taken / beside)) * (1.0 if beside.size > 1 else float(beside[0]))


def by_target(amounts: Amounts, _which: Variant) -> list[Part] | None:
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


def _spread_poly(amounts: Amounts, each: float) -> None:
    """Smoothing gives every class a share of t(1 − p): take it off the constant, and off Σp where that is none."""
    linear = amounts.left.get("prediction")
    if linear is not None and abs(float(linear[0]) + each) <= amounts.error("prediction", "poly") + NEGLIGIBLE * abs(
        each
    ):
        amounts.take("prediction")
        linear, total = None, each * amounts.classes
    else:
        total = each * (amounts.classes - 1)
    constant = amounts.left.get("1")
    if constant is not None:
        left = constant - total
        amounts.left["1"] = np.where(np.abs(left) <= amounts.error("1", "poly") + NEGLIGIBLE * abs(total), 0.0, left)


def hard_absolute(amounts: Amounts, _which: Variant) -> list[Part] | None:
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
    amounts: Amounts,
    core: Semantics,
    positive: Array | None,
    negative: Array,
    spread: float,
    spread0: float,
    error: float,
    which: Variant,
) -> list[Part] | None:
    core = replace(core, term=Term(sides="two"))
    if positive is None:
        if spread or spread0:
            return None
        return [Part(with_choice(core, "weight", positive=0.0), negative, np.full(negative.shape, error))]
    b = float(negative[0])
    if which.smoothing == AFFINE:
        return _affine(core, (positive, negative), (spread, spread0), error)
    ratio = spread / float(positive[0])
    found = smoothed(amounts, core, ratio, 2.0 * error / abs(float(positive[0])), which)
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


def _affine(
    core: Semantics, sides: tuple[Array, Array], spread: tuple[float, float], error: float
) -> list[Part] | None:
    """A target at + b from the coefficients ca, ca, cb and c(1 − a − b): one-sided smoothing, or none that has a name."""
    positive, negative = sides
    if positive.size > 1 or abs(float(positive[0] - negative[0])) > 4.0 * error:
        return None
    total = float(negative[0]) + sum(spread)
    if abs(total) <= error:
        return None
    a, b = (short(amount / total, 4.0 * error / abs(total)) for amount in (float(negative[0]), spread[0]))
    scaled = Binary("*", Literal(a), Input("target"))
    source = Binary("+", scaled, Literal(b)) if b else scaled
    return [Part(with_choice(core, "target", source=source), np.array([total]), np.array([3.0 * error]))]


def _two_sided_kl(amounts: Amounts, core: Semantics, b: float, error: float) -> Semantics:
    both = [amounts.left.get(name) for name in ("tlogt", "qlogq")]
    if core.target.smoothing is None and all(e is not None and abs(float(e[0]) - b) <= 2.0 * error for e in both):
        amounts.take("tlogt"), amounts.take("qlogq")
        return with_choice(core, "term", family="kl")
    return core


def _balanced(
    core: Semantics,
    positive: Array | None,
    negative: Array | None,
    balanced: Array | None,
    balanced0: Array | None,
    error: float,
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


def split(amounts: Amounts, which: Variant) -> list[Part] | None:
    """Two sides, each modulated by its own exponent: one point where they agree, else a sum of two."""
    positive, negative = amounts.take("s.ce"), amounts.take("s.ce0")
    if positive is None and negative is None:
        return []
    core, trial = base(amounts.fit), amounts.fit.trial
    error = amounts.error("s.ce", "s.ce0")
    parts = []
    if positive is not None:
        parts.append(
            Part(replace(core, modulation=Modulation(focal=trial.gamma)), positive, np.full(positive.shape, error))
        )
    if negative is not None:
        other = _mirrored(core) if which.second else _negative(core)
        if other is None:
            return None
        other = replace(other, modulation=Modulation(focal=trial.gamma_negative or None))
        parts.append(Part(other, negative, np.full(negative.shape, error)))
    return parts


def _negative(core: Semantics) -> Semantics:
    """The negative side alone: of targets of 0 and 1, its difficulty is p."""
    return with_choice(replace(core, term=Term(sides="two")), "weight", positive=0.0)


def _mirrored(core: Semantics) -> Semantics | None:
    """The negative side as a one-sided loss: both prediction and target turned around."""
    turned = {("sigmoid",): Unary("-", Input("prediction")), (): Binary("-", Literal(1.0), Input("prediction"))}
    if core.activation.chain not in turned:
        return None
    core = with_choice(core, "layout", prediction=turned[core.activation.chain])
    return with_choice(core, "target", source=Binary("-", Literal(1.0), Input("target")))
