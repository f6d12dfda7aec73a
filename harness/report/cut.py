"""Arrays as results.json holds them: whole where they are short, else the elements that a reader would look for."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.findings import Comparison, Divergence
from harness.records import Array
from harness.report.numbers import json_array

# A longer array is cut down to so many of its elements; nobody reads millions, and a program can ask again.
LONGEST, SHOWN = 10_000, 100

Places = NDArray[np.intp]


def written(values: Array, places: Places) -> Any:  # noqa: ANN401  nested lists as deep as the array, or an object
    """Nested lists of the shape of `values`; of a long array its shape, and the elements at `places` (flat indices)."""
    if values.size <= LONGEST:
        return json_array(values)
    at = np.stack(np.unravel_index(places, values.shape), axis=1)
    return {
        "cut": True,
        "shape": list(values.shape),
        "at": at.tolist(),
        "numbers": json_array(values.ravel()[places]),
    }


def first_differing(apart: Divergence) -> Places:
    """Where two sides differ beyond their bounds, or else at all, or else the first elements."""
    gap = apart.detail.ravel()
    beyond = ~(np.abs(gap) <= apart.bounds.ravel())
    found = next((places for mask in (beyond, gap != 0) if (places := np.flatnonzero(mask)).size), np.arange(gap.size))
    return found[:SHOWN]


def places_in(shape: tuple[int, ...], compared: Iterable[Comparison]) -> Places:
    """The elements of a side to be shown: where the first of its comparisons in that shape differs."""
    apart = next((c.divergence for c in compared if c.divergence and c.divergence.detail.shape == shape), None)
    return np.arange(SHOWN) if apart is None else first_differing(apart)
