"""What callers hand in, as the house has it: arrays as inputs, losses as sides, and both as a question."""

from collections.abc import Callable as Function

import numpy as np
from numpy.typing import ArrayLike

from harness.adapters.callables import framework_for
from harness.catalog import check_arguments, complete
from harness.claims import is_printed, read_claim
from harness.errors import CaseError
from harness.expression import framework_of, parse
from harness.naming import nearest
from harness.records import DTYPES, Callable, Case, Expression, InputArray, Side
from harness.yaml_reader import Scalar

Loss = str | Function[..., object]

# "A and B differ in …".
NAMES = ("A", "B")


def as_input(values: ArrayLike, name: str) -> InputArray:
    """An array as an input of a case: int64 where it holds whole numbers or truth values by type, float64 else.

    Truth values are handed on as such: what they index is picked where they are true.

    Raises:
        CaseError: `not-a-number`, for what NumPy does not read as an array of real numbers.
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CaseError(
            "not-a-number", f"NumPy cannot read {name} as an array ({error}); give numbers", name
        ) from error
    integral = array.dtype.kind in "iub"
    if not integral and array.dtype.kind != "f":
        raise CaseError("not-a-number", f"{name} holds {array.dtype}; give real numbers", name)
    pinned = "bool" if array.dtype.kind == "b" else None
    return InputArray(array.astype(np.int64) if integral else array.astype(np.float64), integral, pinned)


def as_side(given: Loss, name: str, inputs: dict[str, InputArray], framework: str | None, mode: str = "eager") -> Side:
    """A side from what a caller may give: a function, printed digits, or an expression over `inputs`.

    Raises:
        CaseError: An expression that cannot be read; `name` is where it says it stands.
    """
    if not isinstance(given, str):
        label = getattr(given, "__name__", type(given).__name__)
        return Callable(label, given, framework or framework_for(given, inputs))
    try:
        if is_printed(given):
            return read_claim(Scalar(given, "'", 1, 1, 0, len(given)))
        tree = complete(parse(given, inputs), inputs)
        check_arguments(tree)
        return Expression(given.strip(), tree, framework_of(tree), mode=mode)
    except CaseError as error:
        error.where = name
        raise


def question(sides: dict[str, Side], inputs: dict[str, InputArray], dtype: str, gradient: bool | str) -> Case:  # noqa: FBT001  a name as well
    """The case that asks how `sides` differ on `inputs`.

    Raises:
        CaseError: `not-allowed` dtype, or `bad-gradient`, an input that is not there.
    """
    if dtype not in DTYPES:
        raise CaseError("not-allowed", f"dtype is {dtype!r}; allowed: {', '.join(DTYPES)}")
    wanted = ("prediction" if "prediction" in inputs else None) if gradient is True else gradient or None
    if wanted and wanted not in inputs:
        known = f"the inputs are {', '.join(inputs)}" if inputs else "there are no inputs"
        raise CaseError("bad-gradient", f"no input called {wanted!r}{nearest(wanted, inputs)}; {known}")
    title = " against ".join(NAMES)
    return Case("question", title, inputs, sides, dtypes=(dtype,), gradient=wanted)
