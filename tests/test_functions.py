"""What the allow-list names exists, and means what the list says."""

import importlib

import numpy as np
import pytest

from harness.functions import CONSTANTS, DISTRIBUTION_METHODS, FUNCTIONS, METHODS, SYNONYMS, TORCH_METHODS

SUBMODULES = ["jax.scipy.special", "optax.losses", "scipy.special", "scipy.stats", "sklearn._loss", "sklearn.metrics"]
FRAMEWORKS = ["torch", "tensorflow", "keras", "jax", "optax", "numpy", "scipy", "sklearn"]

# Names that a framework has only where it keeps them, not where everybody says they are.
HOMES = {"optax": "optax.losses"}


def exists(path):
    root, _, rest = path.partition(".")
    *modules, name = rest.split(".")
    for home in (root, HOMES.get(root, root)):
        found = importlib.import_module(home)
        for module in modules:
            found = getattr(found, module, None)
        if hasattr(found, name):
            return True
    return False


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_name_of_a_framework_exists_in_it(framework):
    for module in SUBMODULES:
        if module.startswith(f"{framework}."):
            importlib.import_module(module)
    named = sorted(path for path in FUNCTIONS | CONSTANTS if path.startswith(f"{framework}."))

    assert named
    assert [path for path in named if not exists(path)] == []


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
