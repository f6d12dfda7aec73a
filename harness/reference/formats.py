"""The binary floating-point formats, and rounding to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: unit roundoff u, largest finite number, and η, the least kept apart from 0."""

    u: float
    largest: float
    eta: float
    precision: int


# float16 arithmetic runs through float32 on every CPU here, so its subnormals survive; the others may be flushed.
FORMATS = {
    "float64": Format(2.0**-53, float(np.finfo(np.float64).max), 2.0**-1022, 53),
    "float32": Format(2.0**-24, float(np.finfo(np.float32).max), 2.0**-126, 24),
    "float16": Format(2.0**-11, 65504.0, 2.0**-24, 11),
    "bfloat16": Format(2.0**-8, 2.0**127 * (2.0 - 2.0**-7), 2.0**-126, 8),
}


NUMPY_DTYPES: dict[str, Any] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}


def quantise(values: NDArray[Any], dtype: str) -> Floats:
    """`values` rounded to `dtype` (nearest, ties to even), as float64; shape kept."""
    with np.errstate(all="ignore"):
        return np.asarray(values, np.float64).astype(NUMPY_DTYPES[dtype]).astype(np.float64)
