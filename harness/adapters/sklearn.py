"""scikit-learn: functions of `sklearn.metrics` on NumPy arrays."""

from dataclasses import replace

import sklearn  # noqa: F401  the import is the point: a worker without it must say so

from harness.adapters import numpy

adapter = replace(
    numpy.adapter,
    name="sklearn",
    dtypes=frozenset({"float64", "float32", "float16"}),
    no_gradient="scikit-learn has no automatic differentiation",
)
