"""Activations, each with the slope that its framework gives it at its kink.

What can be written in other operations is, so that value, derivative and rounding follow from theirs. Beyond that:

    gelu    x · ½ erfc(−x/√2) does not cancel where x · ½ (1 + erf(x/√2)), computed here, does; torch's own erf in it is
            off by 9.8u, measured: 4|x| units more, and 5 of the slope
    elu     a slope taken as e^x − 1 + 1 is off by a unit of 1: two units
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.reference import primitives
from harness.reference.elementwise import erf
from harness.reference.formats import quantise
from harness.reference.operation import Operation, on_floats, tensor_of, variant
from harness.reference.tape import Tensor


def _elu(x: Tensor, alpha: Any = 1.0) -> Tensor:
    """x above 0, α(e^x − 1) up to it."""
    above = x.mid > 0
    low = x.where(~above, 0.0)
    below = low.expm1() + primitives.slack(low, np.zeros(x.shape), np.full(x.shape, 2.0))
    return x.where(above, below * alpha)


def _leaky(x: Tensor, slope: Any = 0.01) -> Tensor:
    """x above 0, and a fraction of it up to it."""
    return x.where(x.mid > 0, x * slope)


def _leaky_from_zero(x: Tensor, slope: Any = 0.01) -> Tensor:
    """JAX's, which counts 0 to what is above."""
    return x.where(x.mid >= 0, x * slope)


def _silu(x: Tensor) -> Tensor:
    return x * primitives.sigmoid(x)


def _gelu(x: Tensor, approximate: Any = False, constants: str = "float64") -> Tensor:
    """x Φ(x), or its approximation by a tanh; `constants` is the dtype through which TensorFlow casts its own."""

    def number(value: float) -> float:
        return float(quantise(np.asarray(value), constants))

    if approximate in (True, "tanh"):
        inner = (x + x * x * x * number(0.044715)) * math.sqrt(2.0 / math.pi)
        return x * (inner.tanh() + 1.0) * 0.5
    size = np.where(np.isfinite(x.mid), np.abs(x.mid), 0.0)
    exact = x * (erf(x * number(math.sqrt(0.5))) + 1.0) * 0.5
    return exact + primitives.slack(x, 4.0 * size, np.full(x.shape, 5.0))


def _softsign(x: Tensor) -> Tensor:
    """x/(1 + |x|), its slope (1 + |x|)⁻², at 0 as well."""
    size = x.constant().abs() + 1.0
    return x.sloped((x.constant() / size).data, (1.0 / (size * size)).widen(np.ones(x.shape)).data)


def _hardtanh(x: Tensor, low: Any = -1.0, high: Any = 1.0) -> Tensor:
    """x between its bounds, flat from the bounds on."""
    return x.maximum(tensor_of(x, low), 0.0).minimum(tensor_of(x, high), 0.0)


def _threshold(x: Tensor, threshold: Any, value: Any) -> Tensor:
    return x.where(x.mid > float(threshold), tensor_of(x, value))


def _relu_of_keras(x: Tensor, slope: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Tensor:
    """max(x, 0), or with a slope below a threshold and a ceiling."""
    edge = tensor_of(x, threshold)
    out = x.relu() if not float(edge.mid) and slope == 0.0 else x.where(x.mid > edge.mid, (x - edge) * slope)
    return out if max_value is None else out.minimum(tensor_of(x, max_value), 0.0)


LEAKY = variant(on_floats(_leaky, "x", "slope"), slope=0.01)
GELU = on_floats(_gelu, "x", "approximate", "constants")

ACTIVATIONS: dict[str, Operation] = {
    "elu": on_floats(_elu, "x", "alpha"),
    "gelu": GELU,
    "hardtanh": on_floats(_hardtanh, "x", "low", "high"),
    "leaky_relu": LEAKY,
    "relu": on_floats(lambda x: x.relu(), "x"),
    "silu": on_floats(_silu, "x"),
    "softsign": on_floats(_softsign, "x"),
    "threshold": on_floats(_threshold, "x", "threshold", "value"),
}

# TensorFlow holds a leak in float32, and casts the constants of a gelu through float32.
_TF_LEAKY = variant(LEAKY, slope=float(np.float32(0.2)))
_TF_GELU = variant(GELU, constants="float32")

ACTIVATIONS_OF: dict[str, Operation] = {
    "jax.nn.gelu": variant(GELU, approximate=True),
    "jax.nn.leaky_relu": variant(on_floats(_leaky_from_zero, "x", "slope"), slope=0.01),
    "tensorflow.nn.gelu": _TF_GELU,
    "tensorflow.nn.leaky_relu": _TF_LEAKY,
    "keras.activations.gelu": _TF_GELU,
    "keras.activations.leaky_relu": _TF_LEAKY,
    "keras.activations.relu": on_floats(_relu_of_keras, "x", "slope", "max_value", "threshold"),
    "keras.ops.gelu": variant(_TF_GELU, approximate=True),
}
