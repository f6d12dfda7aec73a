"""Two arrays element by element: both numbers, how far they are apart, and what rounding allows."""

from dataclasses import dataclass

import numpy as np

from harness.compare import excess, ulps
from harness.findings import Comparison, Finding
from harness.report.counting import is_of_claims
from harness.report.numbers import aligned, small, ulps_in_words
from harness.report.phrases import arrays

# Of longer arrays the elements are shown that exceed their bounds the most.
MOST_ROWS = 50
FOLDED = 12


@dataclass(frozen=True, slots=True)
class ElementRow:
    """One element; `beyond` says that the difference is more than rounding allows."""

    at: str
    numbers: tuple[str, str]
    difference: str
    bound: str
    ulps: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Differing:
    """A comparison element by element; `more` elements, closer than those shown, are left out."""

    rows: tuple[ElementRow, ...]
    more: int
    has_ulps: bool


def differing(finding: Finding, comparison: Comparison) -> Differing | None:
    """A comparison of arrays; None of scalars, and where a side returned another shape than that in which they meet."""
    apart = comparison.divergence
    given = arrays(finding, comparison)
    if apart is None or apart.detail.ndim == 0 or any(a is None or a.shape != apart.detail.shape for a in given):
        return None
    exceeding = excess(apart.detail, apart.bounds).ravel()
    # A stable sort of what is left out first keeps those shown in the order of the array.
    shown = np.sort(np.argsort(-exceeding, kind="stable")[:MOST_ROWS])
    first, second = (np.asarray(array).ravel()[shown] for array in given)
    gaps, bounds = apart.detail.ravel()[shown], apart.bounds.ravel()[shown]
    places = [np.unravel_index(int(place), apart.detail.shape) for place in shown]
    units = [ulps(float(gap), float(at), comparison.dtype) for gap, at in zip(gaps, first, strict=True)]
    told = [] if is_of_claims(finding, comparison) else list(map(ulps_in_words, units))
    columns = aligned(first.tolist()), aligned(second.tolist()), aligned(gaps.tolist(), [True] * len(shown))
    rows = (
        ElementRow(f"[{', '.join(map(str, map(int, at)))}]", (a, b), gap, small(float(bound)), unit, bool(over > 1))
        for at, a, b, gap, bound, unit, over in zip(
            places, *columns, bounds, told or [""] * len(shown), exceeding[shown], strict=True
        )
    )
    return Differing(tuple(rows), apart.detail.size - len(shown), any(told))
