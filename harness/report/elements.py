"""Every side's numbers, element by element: the tables at the end of a case's page."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from harness.findings import Finding
from harness.records import Array, Case, Key
from harness.report.cut import LONGEST
from harness.report.numbers import aligned
from harness.report.phrases import is_inline, observed

# More elements than this are folded; more than the second are left to results.json.
FOLDED, MOST_ELEMENTS = 12, 200


@dataclass(frozen=True, slots=True)
class Elements:
    """The sides that answered in one shape, a column each; `more` elements are in results.json only."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    folded: bool
    more: int


def elements(finding: Finding, case: Case, told: Container[frozenset[str]]) -> tuple[Elements, ...]:
    """One table per dtype, aspect and shape; values that the table of sides tells in one line have none.

    Two sides that are told element by element already, as `told` has them with their aspect and dtype, have none.
    """
    return tuple(
        _table(f"{aspect}, {dtype}", shape, arrays)
        for dtype in case.dtypes
        for aspect in ("value", "gradient")
        for shape, arrays in _by_shape(finding, case, dtype, aspect)
        if (aspect == "gradient" or not is_inline(shape)) and frozenset({aspect, dtype, *arrays}) not in told
    )


def _by_shape(
    finding: Finding, case: Case, dtype: str, aspect: str
) -> Iterator[tuple[tuple[int, ...], dict[str, Array]]]:
    answers = {
        name: observed(side, finding.observations.get(Key(case.id, name, dtype)), aspect)
        for name, side in case.sides.items()
    }
    given = [(name, array) for name, array in answers.items() if array is not None]
    given.sort(key=lambda item: (item[1].ndim, item[1].shape))
    for shape, same in groupby(given, key=lambda item: item[1].shape):
        yield shape, dict(same)


def _table(caption: str, shape: tuple[int, ...], arrays: dict[str, Array]) -> Elements:
    labels = [f"[{', '.join(map(str, at))}]" if at else "" for at in islice(np.ndindex(shape), MOST_ELEMENTS)]
    columns = [aligned(array.ravel()[:MOST_ELEMENTS].tolist()) for array in arrays.values()]
    size = next(iter(arrays.values())).size
    rows = tuple(zip(labels, zip(*columns, strict=True), strict=True))
    if size > LONGEST:
        return Elements(
            f"{caption}: the first {MOST_ELEMENTS} of {size:,} elements", tuple(arrays), rows, folded=True, more=0
        )
    return Elements(caption, tuple(arrays), rows, size > FOLDED, max(0, size - MOST_ELEMENTS))
