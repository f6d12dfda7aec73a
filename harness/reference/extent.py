"""How large an array may grow while the text of a side is read."""

import math

from harness.errors import CaseError

# Four times the largest input that a case may generate. A loss of more elements is run, and compared by its numbers.
MAX_ELEMENTS = 2**24


def within_reach(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape`, if an array of it may be made: asked before there is one.

    Raises:
        CaseError: `too-many-elements`.
    """
    if math.prod(map(abs, shape)) > MAX_ELEMENTS:
        size = " × ".join(f"{n:,}" for n in shape)
        message = f"an array of {size} elements is run, but not read; reading ends at {MAX_ELEMENTS:,}: use fewer"
        raise CaseError("too-many-elements", message)
    return shape
