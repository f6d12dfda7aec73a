"""What the allow-list names exists, and means what the list says."""

import importlib

import numpy as np
import pytest

from harness.adapters.base import Absent
from harness.adapters.build import resolve
from harness.catalog import APIS
from harness.expression import canonical
from harness.functions import CONSTANTS, DISTRIBUTION_METHODS, FUNCTIONS, METHODS, SYNONYMS, TORCH_METHODS

FRAMEWORKS = ["torch", "tensorflow", "keras", "jax", "optax", "numpy", "scipy", "sklearn"]


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_name_of_a_framework_can_be_imported_as_it_is_spelled(framework):
    listed = FUNCTIONS | CONSTANTS | APIS.keys() | {*SYNONYMS.values()}
    named = sorted(path for path in listed if path.startswith(f"{framework}."))

    assert named
    assert [path for path in named if not exists(path)] == []


def exists(path):
    try:
        resolve(path)
    except Absent:
        return False
    return True


def test_a_loss_of_optax_goes_by_the_name_that_optax_has():
    assert canonical("optax.losses.huber_loss") == "optax.huber_loss"
    assert canonical("optax.losses.dice_loss") == canonical("optax.dice_loss") == "optax.losses.dice_loss"


@pytest.mark.frameworks
def test_a_method_is_one_of_tensors_or_of_arrays_or_of_both():
    tensor, array = importlib.import_module("torch").zeros(2), np.zeros(2)

    of_arrays = METHODS - DISTRIBUTION_METHODS
    assert [name for name in of_arrays if not hasattr(tensor, name) and not hasattr(array, name)] == []
    assert [name for name in TORCH_METHODS if callable(getattr(array, name, None))] == []


@pytest.mark.parametrize(
    "word", ["load", "save", "open", "read", "write", "file", "compile", "exec", "eval", "import", "random", "rand"]
)
def test_nothing_on_the_list_touches_files_code_or_chance(word):
    touching = [name for name in FUNCTIONS | METHODS | set(SYNONYMS) if word in name.rpartition(".")[2].split("_")]

    assert touching == []


def test_no_method_or_function_writes_in_place():
    assert [name for name in FUNCTIONS | METHODS if name.endswith("_") and name != "numpy.bool_"] == []
