"""The inputs that part two sides, in full: a text with "…" in it could not be run again.

An explanation names them in short. What was left out is found again by making the same variations of the inputs.
"""

from collections.abc import Mapping

import numpy as np

from harness.explain.parting import described, variations
from harness.explain.standing import as_arrays
from harness.findings import Finding
from harness.records import Case, InputArray

CUT = "..."
# More numbers than these are for a script and not for a sentence.
MOST_NUMBERS = 60


def inline(finding: Finding, dtype: str, told: str) -> str:
    """Inputs as assignments, complete; empty where they are too long for that, or are not found again."""
    if CUT not in told:
        return told
    arrays = found_again(finding, dtype, told)
    if not arrays or sum(array.values.size for array in arrays.values()) > MOST_NUMBERS:
        return ""
    return "; ".join(f"{name} = {_text(array.values)}" for name, array in arrays.items())


def found_again(finding: Finding, dtype: str, told: str) -> Mapping[str, InputArray]:
    """The inputs that are told of in short, as arrays; none where no variation of the case's inputs reads so."""
    case = finding.case
    if not isinstance(case, Case):
        return {}
    before = as_arrays(case.inputs, dtype)
    for varied in variations(before):
        if described(varied, before) == told:
            return {
                name: InputArray(array, case.inputs[name].integral, case.inputs[name].dtype)
                for name, array in varied.items()
                if not np.array_equal(array, before[name], equal_nan=array.dtype.kind == "f")
            }
    return {}


def _text(array: np.ndarray) -> str:
    """Nested lists; six digits, but for what six digits would round to a whole number."""
    if array.ndim:
        return f"[{', '.join(map(_text, array))}]"
    value = float(array)
    text = f"{value:.6g}"
    return text if float(text) == value or not float(text).is_integer() else repr(value)
