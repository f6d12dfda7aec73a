"""NumPy, and SciPy on it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.base import numpy_dtype
from harness.adapters.build import Thunk
from harness.adapters.evaluate import Answer, Framework


def array(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """An array of that dtype; bfloat16 is that of `ml_dtypes`."""
    return values.astype(numpy_dtype(dtype))


def run(function: Thunk, arrays: Mapping[str, Any], _gradient: str | None, _mode: str) -> Answer:
    """The value alone; divisions by zero and their like are answers, not warnings."""
    with np.errstate(all="ignore"):
        return Answer(function(arrays))


def unchanged(value: Any) -> Any:
    """The value."""
    return value


adapter = Framework(
    name="numpy",
    array=array,
    host=unchanged,
    wrap=unchanged,
    run=run,
    kind=np.ndarray,
    modes=frozenset({"eager"}),
    no_gradient="numpy has no automatic differentiation",
)
