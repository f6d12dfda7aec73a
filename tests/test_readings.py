"""Every function that an expression may call is read as its framework computes it: value, slope, and rounding."""

import importlib
import inspect
import os
import re
import warnings
from functools import cache

import numpy as np
import pytest
import readings

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")

from harness.adapters.base import Request, dtype_of, rounded
from harness.adapters.evaluate import observe
from harness.catalog import APIS, index_inputs
from harness.errors import CaseError
from harness.explain.standing import as_arrays, holds
from harness.explain.written import as_written, written_reference
from harness.expression import framework_of, inputs_of, parse
from harness.functions import FUNCTIONS, METHODS
from harness.modules import MODULES
from harness.records import Computed, InputArray
from harness.reference.arithmetic import Rounded
from harness.reference.readings import OF_ONE, OPERATIONS, method_of, reading_of
from harness.reference.spellings import DTYPES, NAMED_OPERATORS, NAMES

# What has no reading, and why.
UNREADABLE = {
    **dict.fromkeys(
        ("torch.nn.CTCLoss", "torch.nn.functional.ctc_loss", "tensorflow.nn.ctc_loss", "optax.ctc_loss",
         "keras.losses.CTC", "keras.losses.ctc", "keras.ops.ctc_loss"), "a sum over alignments",
    ),
    **dict.fromkeys(
        ("optax.losses.sparsemax_loss", "optax.losses.multiclass_sparsemax_loss",
         "optax.losses.make_fenchel_young_loss"), "a projection",
    ),
    **dict.fromkeys(
        ("keras.losses.Circle", "keras.losses.circle", "optax.ntxent",
         "tensorflow.compat.v1.losses.mean_pairwise_squared_error"), "pairs of the batch",
    ),
    **dict.fromkeys(
        ("torch.nn.TripletMarginWithDistanceLoss", "torch.nn.functional.triplet_margin_with_distance_loss"),
        "a distance that its caller brings",
    ),
    "torch.nn.LinearCrossEntropyLoss": "weights that are drawn by chance",
    "torch.empty_like": "whatever stood in memory",
    "optax.losses.multiclass_generalized_dice_loss": "class weights out of the batch",
}  # fmt: skip

# Why a value may have no derivative.
FLAT = ("differentiable path", "does not require grad", "no attribute", "gradient registry", "not implemented",
        "takes ", "which has no derivative")  # fmt: skip

ARRAYS = {name: InputArray(values, integral=values.dtype.kind == "i") for name, values in readings.INPUTS.items()}
LISTED = readings.calls()
OF_PATHS = {path: readings.of_path(path, LISTED) for path in sorted(FUNCTIONS)}


@cache
def adapter(name):
    return importlib.import_module(f"harness.adapters.{name}").adapter


def misses(text, dtype):
    """What an expression's reading says otherwise than its framework, and whether the framework returned floats."""
    tree = parse(text, ARRAYS)
    read = {name: ARRAYS[name] for name in inputs_of(tree)}
    framework, index = framework_of(tree), index_inputs(tree, read)
    given = {n: InputArray(rounded(a.values, dtype_of(n, a, dtype, index)), a.integral) for n, a in read.items()}
    wrt = None
    if framework not in ("numpy", "sklearn"):
        wrt = next((n for n in re.findall(r"\b([a-z])\b", text) if n in read and not read[n].integral), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = observe(adapter(framework), Request(tree, given, dtype, "eager", wrt, index))
    assert isinstance(seen, Computed), seen
    arrays = as_arrays(given, dtype)
    as_written(tree, arrays, Rounded(dtype), dtype, wrt)
    known = written_reference(tree, arrays, dtype, wrt)
    assert known is not None
    wrong = [] if known.value.exact.shape == seen.value.shape else [f"shape {seen.value.shape}"]
    parts = [("value", seen.value, known.value)]
    if seen.gradient is not None:
        parts.append(("gradient", seen.gradient, known.gradient))
    elif wrt is not None and not any(reason in seen.gradient_note for reason in FLAT):
        wrong.append(seen.gradient_note)
    for aspect, observed, enclosed in parts:
        if not holds(observed, enclosed, dtype):
            wrong.append(f"{aspect} {observed} is not {enclosed.exact} within {enclosed.bound}")
        if not np.all(np.isfinite(enclosed.bound)):
            wrong.append(f"{aspect} has no bound")
    return wrong, seen.dtype.startswith(("float", "bfloat"))


def all_misses(text):
    """Of a text in float32 and, where it is made of floats, of its square in both: the sum of some has no slope."""
    plain = text.replace("!", "")
    found, floats = misses(plain, "float32")
    if not floats or plain != text:
        return found + misses(plain, "float64")[0]
    return found + [miss for dtype in ("float64", "float32") for miss in misses(f"(({plain}) + 2) ** 2", dtype)[0]]


def is_read(path):
    name = NAMES.get(path.rpartition(".")[2], path.rpartition(".")[2])
    return path in MODULES or reading_of(path) is not None or name in {*NAMED_OPERATORS, *DTYPES}


def test_every_function_has_a_point_a_reading_or_a_reason():
    lacking = {path for path in FUNCTIONS if path not in APIS and not is_read(path)}

    assert lacking - set(UNREADABLE) == set()


def test_a_function_that_has_a_reading_needs_no_reason():
    assert {path for path in UNREADABLE if path not in FUNCTIONS or is_read(path)} == set()


def test_every_function_that_has_a_reading_is_asked():
    asked = {name for names, _ in readings.rows(readings.MODULES) for name in names}
    distributions = {path for path in FUNCTIONS if path.startswith("torch.distributions.")}
    quiet = {path for path in FUNCTIONS if is_read(path) and path not in APIS and not OF_PATHS[path]}

    dtypes = {path for path in quiet if path.rpartition(".")[2] in {*DTYPES, "finfo"}}
    assert quiet - asked - distributions - dtypes == set()


READINGS = {**OPERATIONS, **OF_ONE}


@pytest.mark.parametrize("name", READINGS)
def test_an_operation_names_the_parameters_of_its_function(name):
    found = inspect.signature(READINGS[name].function).parameters.values()
    takes_rest = any(p.kind is p.VAR_POSITIONAL for p in found)
    taken = {p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    named = {*READINGS[name].parameters, *READINGS[name].defaults, *READINGS[name].asks}

    assert named - {"*"} - taken == set()
    assert ("*" in named) == takes_rest


def test_every_method_has_a_reading():
    named = {name for names, _ in readings.rows(readings.METHODS) for name in names}
    operators = {*NAMED_OPERATORS, *DTYPES}
    known = {name for name in METHODS if method_of("torch", name) or NAMES.get(name, name) in operators}

    assert METHODS - known == set()
    assert METHODS - named == {"entropy", "log_prob"}


@pytest.mark.frameworks
@pytest.mark.parametrize("path", [path for path in OF_PATHS if OF_PATHS[path] and path not in APIS])
def test_a_function_is_read_as_its_framework_computes_it(path):
    assert [miss for text in OF_PATHS[path] for miss in all_misses(text)] == []


METHOD_TEXTS = [
    readings.spelled(text.replace("{m}", name))
    for names, texts in readings.rows(readings.METHODS)
    for name in names
    for text in texts
]
MODULE_TEXTS = [
    text.replace("{f}", name) for names, texts in readings.rows(readings.MODULES) for name in names for text in texts
]
FORM_TEXTS = [readings.spelled(t.strip()) for line in readings.FORMS.strip().splitlines() for t in line.split(" | ")]


@pytest.mark.frameworks
@pytest.mark.parametrize("text", METHOD_TEXTS)
def test_a_method_is_read_as_its_framework_computes_it(text):
    assert all_misses(text) == []


@pytest.mark.frameworks
@pytest.mark.parametrize("text", MODULE_TEXTS)
def test_a_module_applied_at_once_is_its_function(text):
    assert all_misses(text) == []


@pytest.mark.frameworks
@pytest.mark.parametrize("text", FORM_TEXTS)
def test_what_is_no_call_is_read_as_its_framework_computes_it(text):
    assert all_misses(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "np.zeros((100000, 100000))", "np.full(10 ** 9, x)", "np.eye(10000000)", "np.arange(10 ** 12)",
        "np.tile(x, 10 ** 9)", "np.linspace(0, 1, 10 ** 12)", "F.one_hot(k, 10 ** 10)", "np.repeat(x, 10 ** 10)",
        "np.broadcast_to(x, (10 ** 9, 3, 5))", "np.pad(x, 10 ** 6)", "np.diag(np.arange(10 ** 5))",
    ],
)  # fmt: skip
def test_a_reading_makes_no_array_of_any_size(text):
    tree = parse(text, ARRAYS)
    arrays = {name: readings.INPUTS[name] for name in inputs_of(tree)}

    with pytest.raises(CaseError, match="reading ends at"):
        as_written(tree, arrays, Rounded("float32"), "float32", None)
