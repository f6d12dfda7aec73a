"""Fake adapters, each with one habit. They run in real worker processes, as `zoo:agrees`, and need no framework.

All of them answer the mean squared error of `prediction` against `target`, where `mask` counts if there is one.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from harness.adapters.base import Request
from harness.records import Computed, Observation, Raised, Unsupported


@dataclass(frozen=True)
class Fake:
    """An adapter made of one function."""

    observe: Callable[[Request], Observation]

    def prepare(self):
        pass


def squared_error(request):
    arrays = {name: array.values.astype(np.float64) for name, array in request.inputs.items()}
    error = arrays["prediction"] - arrays["target"]
    mask = arrays.get("mask", np.ones_like(error))
    gradient = 2 * error * mask / mask.sum() if request.gradient else None
    return Computed(np.asarray((error**2 * mask).sum() / mask.sum()), gradient, request.dtype)


def unmasked(request):
    return squared_error(replace(request, inputs={k: v for k, v in request.inputs.items() if k != "mask"}))


def raising(_):
    raise ValueError("no loss today\nsecond line")


def segfault(_):
    sys.stderr.write("last words\n")
    sys.stderr.flush()
    ctypes.string_at(0)


def leaving(_):
    sys.exit(3)


def hanging(_):
    time.sleep(3600)


def printing(request):
    sys.stdout.write("rubbish " * 1000)
    sys.stdout.flush()
    os.write(1, b"\x00\xff more rubbish" * 1000)
    return squared_error(request)


def garbling(_):
    """Write rubbish to every pipe there is, which includes the line itself."""
    for descriptor in range(3, 40):
        try:
            os.write(descriptor, b"\x7f" * 64)
        except OSError:
            continue
    time.sleep(3600)


def of_this_process(request):
    return replace(squared_error(request), value=np.asarray(float(os.getpid())))


agrees = Fake(squared_error)
halves = Fake(lambda request: replace(squared_error(request), value=squared_error(request).value / 2))
forgets_a_mask = Fake(unmasked)
returns_nan = Fake(lambda request: replace(squared_error(request), value=np.asarray(np.nan)))
raises = Fake(raising)
lies_about_its_dtype = Fake(lambda request: replace(squared_error(request), dtype="float64"))
dies = Fake(segfault)
leaves = Fake(leaving)
hangs = Fake(hanging)
prints_rubbish = Fake(printing)
garbles = Fake(garbling)
returns_text = Fake(lambda _: "0.5")
returns_an_object = Fake(lambda _: object())
supports_nothing = Fake(lambda _: Unsupported("nothing is supported"))
tells_its_process = Fake(of_this_process)

# What each first value of the prediction makes of `moody`.
MOODS = [squared_error, raising, segfault, leaving, hanging, printing, lambda _: "0.5", garbling]
moody = Fake(lambda request: MOODS[int(request.inputs["prediction"].values[0])](request))


def surrogate(_):
    raise ValueError("a\ud800b \x1b[31mred")


answers_in_texts = Fake(lambda _: Computed("x", "y", "float32"))
answers_in_arrays_of_texts = Fake(lambda _: Computed(np.array(["a", "b"]), None, "float32"))
answers_in_complex_numbers = Fake(lambda _: Computed(np.array(1j), None, "float32"))
answers_in_integers = Fake(lambda _: Computed(np.array(3, np.int32), None, "int32"))
makes_up_a_dtype = Fake(lambda request: replace(squared_error(request), dtype="float99"))
raises_a_number = Fake(lambda _: Raised("ValueError", 5))
differentiates_by_something_else = Fake(lambda request: replace(squared_error(request), gradient=np.zeros(2)))
raises_half_a_character = Fake(surrogate)
differentiates_by_anything = Fake(lambda _: Computed(np.array(1.0), np.zeros(3), "float32"))
