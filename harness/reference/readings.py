"""Every function that has a reading: by its common name, or by its path where one framework has a way of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from harness.reference.activations import ACTIVATIONS, ACTIVATIONS_OF
from harness.reference.contractions import CONTRACTIONS, CONTRACTIONS_OF
from harness.reference.creation import CREATION, CREATION_OF
from harness.reference.distributions import DISTRIBUTIONS_OF
from harness.reference.elementwise import ELEMENTWISE, ELEMENTWISE_OF
from harness.reference.extremes import EXTREMES, EXTREMES_OF
from harness.reference.floating import FLOATING, FLOATING_OF
from harness.reference.logic import LOGIC
from harness.reference.metrics import METRICS_OF
from harness.reference.moves import MOVES, MOVES_OF
from harness.reference.operation import Operation
from harness.reference.spellings import NAMES, words
from harness.reference.structural import STRUCTURAL, STRUCTURAL_OF
from harness.reference.sums import SUMS, SUMS_OF
from harness.reference.vectors import VECTORS, VECTORS_OF

# By common name, whoever calls it so.
OPERATIONS: Mapping[str, Operation] = {
    **STRUCTURAL, **MOVES, **CREATION, **LOGIC, **FLOATING, **ELEMENTWISE, **ACTIVATIONS, **EXTREMES, **SUMS,
    **CONTRACTIONS, **VECTORS,
}  # fmt: skip

# By canonical path; `torch.Tensor.…` are methods that are no function, and `builtins.…` Python's own functions.
OF_ONE: Mapping[str, Operation] = {
    **STRUCTURAL_OF, **MOVES_OF, **CREATION_OF, **FLOATING_OF, **ELEMENTWISE_OF, **ACTIVATIONS_OF, **EXTREMES_OF,
    **SUMS_OF, **CONTRACTIONS_OF, **VECTORS_OF, **DISTRIBUTIONS_OF, **METRICS_OF,
}  # fmt: skip

# Modules whose functions are what their names say. In the others, a name may be a loss that has a point in the space.
_PLAIN = words(
    """
    builtins torch torch.Tensor torch.special torch.linalg torch.nn.functional tensorflow tensorflow.math
    tensorflow.nn keras.ops keras.activations keras.utils numpy numpy.linalg jax.numpy jax.numpy.linalg jax.nn jax.lax
    jax.scipy.special scipy.special scipy.stats math
    """
)
# A loss that is called like one of the functions above.
_LOSSES = frozenset({"torch.nn.functional.kl_div"})

# Where the methods of a framework's arrays are looked up: beside its functions.
_HOMES: Mapping[str, tuple[str, ...]] = {
    "torch": ("torch.Tensor", "torch", "torch.nn.functional"),
    "jax": ("jax.numpy",),
    "tensorflow": ("tensorflow",),
    "keras": ("tensorflow",),
}


@lru_cache(maxsize=4096)
def reading_of(path: str) -> Operation | None:
    """The operation that a function's canonical path names, or None if it has no reading."""
    module, _, last = path.rpartition(".")
    common = None if module not in _PLAIN or path in _LOSSES else OPERATIONS.get(NAMES.get(last, last))
    return OF_ONE.get(path, common)


@lru_cache(maxsize=4096)
def method_of(framework: str, name: str) -> Operation | None:
    """The operation of a method of a framework's arrays: its own where it has one, else the common one."""
    own = (OF_ONE.get(f"{home}.{name}") for home in _HOMES.get(framework, ("numpy",)))
    return next((found for found in own if found is not None), OPERATIONS.get(NAMES.get(name, name)))
