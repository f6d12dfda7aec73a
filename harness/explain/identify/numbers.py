"""Short numbers: the simplest decimal or ratio that a measured number may stand for, and how simple that is."""

from __future__ import annotations

import math

DIGITS = 17
# A number with d digits is within ε of one in 10^d ε others: it is taken for one if that is rare. An error is an
# estimate, and a short number may be WIDE of it away if that is rarer still.
LIKELY, CHANCE, WIDE, SMALLEST = 0.1, 1e-3, 300.0, 2.0**-52
DENOMINATORS = range(2, 13)
ROUND = frozenset({0.5, 2.0, 10.0, 100.0, 1000.0, 0.1, 0.01, 0.001})  # Factors that people put in front of a loss.
FEW = 100  # Numerators up to this make a ratio a short one.
LONG = 6  # A decimal with more digits than this is not what somebody wrote by hand.


def short(value: float, error: float) -> float:
    """The shortest decimal within `error` of `value`, or a ratio of small integers where that is shorter; else `value`."""
    if value == 0.0 or not math.isfinite(value) or abs(value) <= error:
        return 0.0 if value == 0.0 or abs(value) <= error else value
    found = next((d for d in range(1, DIGITS) if _stands_for(value, d, error)), DIGITS)
    if found > LONG:
        for q in DENOMINATORS:
            ratio = round(value * q) / q
            if ratio != 0.0 and abs(ratio - value) <= error:
                return ratio
    return float(f"{value:.{found - 1}e}") if found < DIGITS else value


def _stands_for(value: float, count: int, error: float) -> bool:
    """Whether `value` is so near to a number of `count` digits that it is hardly by chance."""
    gap = abs(float(f"{value:.{count - 1}e}") - value)
    rarity = 10.0**count / abs(value)
    return (gap <= max(error, SMALLEST * abs(value)) and error * rarity < LIKELY) or (
        gap <= WIDE * error and WIDE * error * rarity < CHANCE
    )


def digits(value: float) -> int:
    """How many significant digits `value` has as a decimal."""
    mantissa = f"{abs(value):.16e}".partition("e")[0]
    by_repr = repr(abs(float(value))).partition("e")[0].replace(".", "").strip("0")
    return min(len(by_repr), len(mantissa.replace(".", "").rstrip("0")) or 1)


def cost(value: float, default: float) -> float:
    """How much is said by `value` where `default` says nothing."""
    if value == default:
        return 0.0
    count = digits(value)
    if abs(value) in ROUND:
        return 1.0
    if count > LONG:
        # How many digits a measured number happens to have says nothing.
        count = 2 if any(value * q == round(value * q) and abs(value * q) <= FEW for q in DENOMINATORS) else DIGITS
    return 1.0 + 0.5 * count
