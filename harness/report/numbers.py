"""How numbers are written: readable for people, exact for programs."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

DIGITS = 6
# Outside these exponents a column of plain decimals is mostly zeros.
LARGEST_PLAIN, SMALLEST_PLAIN = 6, -4

Json: TypeAlias = "float | str | list[Json]"


def number(value: float) -> str:
    """`value` with six significant digits."""
    return f"{value:.{DIGITS}g}" if value else "0"


def signed(value: float) -> str:
    """`value` with its sign shown; zero and nan have none."""
    return number(value) if value == 0 or math.isnan(value) else f"{value:+.{DIGITS}g}"


def share(part: float, whole: float) -> str:
    """`part` of `whole` in percent; a dash where that says nothing."""
    if not math.isfinite(part) or not math.isfinite(whole) or whole == 0:
        return "–"
    return f"{round(100 * part / whole)} %"


# A gap of more units than these is no matter of the last place.
MOST_ULPS = 100_000


def ulps_in_words(ulps: float) -> str:
    """Units in the last place, where that says something: near a zero, or far apart, they count nothing."""
    if not ulps < MOST_ULPS:
        return ""
    return f"{ulps:,.0f}" if ulps == round(ulps) or ulps >= 10 else f"{ulps:.1g}"  # noqa: PLR2004


def small(value: float) -> str:
    """A bound, a residual or a distance: two significant digits are enough to judge it by."""
    return f"{value:.2g}"


def aligned(values: Sequence[float], signs: Iterable[bool] = ()) -> list[str]:
    """A column of numbers with one decimal point: the largest has six significant digits.

    Args:
        values: The numbers, from top to bottom.
        signs: For each of them whether a plus is shown; by default none is.

    Returns:
        Strings of one width.
    """
    pluses = ["+" if sign else "" for sign in signs] or [""] * len(values)
    finite = [abs(value) for value in values if math.isfinite(value) and value]
    exponent = math.floor(math.log10(max(finite))) if finite else 0
    plain = SMALLEST_PLAIN <= exponent < LARGEST_PLAIN
    decimals = DIGITS - 1 - exponent
    texts = [_in_column(value, plus, decimals if plain else None) for value, plus in zip(values, pluses, strict=True)]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def _in_column(value: float, plus: str, decimals: int | None) -> str:
    if value == 0 or math.isnan(value):
        return "nan" if value else "0"
    if math.isinf(value):
        return f"{value:{plus}f}"
    # Fewer than two digits would be left of it: 1.2e-08 says more than 0.000000.
    if decimals is not None and abs(value) >= 10 ** (1 - decimals):
        return f"{value:{plus}.{decimals}f}"
    return f"{value:{plus}.{DIGITS - 1 if decimals is None else 1}e}"


def json_number(value: float) -> float | str:
    """`value` itself where JSON has a number for it, else "nan", "inf" or "-inf"."""
    return value if math.isfinite(value) else str(float(value))


def json_array(values: NDArray[np.float64]) -> Json:
    """Nested lists of the shape of `values`; a scalar is a number."""
    plain: Json = values.tolist()
    return plain if np.isfinite(values).all() else _worded(plain)


def _worded(plain: Json) -> Json:
    if isinstance(plain, list):
        return [_worded(part) for part in plain]
    return plain if isinstance(plain, str) else json_number(plain)
