"""Where everything is meant to be installed, it is: a framework that is missing must not pass for one that agrees."""

import importlib.util

import pytest

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "optax", "numpy", "scipy", "sklearn", "onnx", "onnxruntime")


@pytest.mark.frameworks
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_framework_is_installed(name):
    assert importlib.util.find_spec(name) is not None, f"{name} is missing: run `make setup`"
