"""The adapters against the real frameworks. Where one of them is missing, these tests fail."""

import functools
import importlib
import json
import math
import os
import subprocess
import sys
import types

import numpy as np
import pytest

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")

from harness.adapters.base import Absent, Request, rounded
from harness.adapters.build import build, resolve
from harness.adapters.callables import bind, evaluate_callable, framework_for, framework_of, many_calls
from harness.adapters.evaluate import observe
from harness.catalog import index_inputs
from harness.collect.environments import ADAPTERS
from harness.errors import AdapterError
from harness.expression import parse
from harness.functions import CONSTANTS, FUNCTIONS
from harness.records import DTYPES, Callable, Computed, InputArray, Raised, Unsupported
from harness.syntax import Call, Input
from harness.trees import inputs_of

pytestmark = pytest.mark.frameworks

P, T = np.array([0.8, 0.2, 0.4]), np.array([1.0, 0.0, 0.0])
VECTORS = {"prediction": InputArray(P), "target": InputArray(T.astype(np.int64), integral=True)}
Z = np.array([[0.5, -1.0, 2.0, 0.25, 0.0], [1.5, 0.125, -0.5, 3.0, 1.0], [0.0, 2.0, 1.0, -2.0, 0.75]])
Y = np.array([2, 0, 4])
ROWS = {
    "prediction": InputArray(Z),
    "target": InputArray(Y, integral=True),
    "w": InputArray(np.array([3.0, 1, 2, 5, 7])),
}

# By hand.
SIGMOID = 1 / (1 + np.exp(-P))
BCE = -(T * np.log(P) + (1 - T) * np.log(1 - P))
BCE_SLOPE = (P - T) / (P * (1 - P))
LOGITS_BCE = np.log1p(np.exp(P)) - T * P
SOFTMAX = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
CE = -np.log(SOFTMAX[np.arange(3), Y])
CE_SLOPE = SOFTMAX - np.eye(5)[Y]


@functools.cache
def adapter(name):
    return importlib.import_module(f"harness.adapters.{name}").adapter


def ask(name, text, inputs=VECTORS, dtype="float64", mode="eager", gradient="prediction"):
    """What an adapter observes of an expression, with the inputs rounded and chosen as a run does."""
    tree = parse(text, inputs)
    read = {key: inputs[key] for key in inputs_of(tree)}
    exact = {
        key: InputArray(rounded(a.values, a.dtype or dtype) if not a.integral else a.values, a.integral, a.dtype)
        for key, a in read.items()
    }
    return observe(adapter(name), Request(tree, exact, dtype, mode, gradient, index_inputs(tree, read)))


def test_an_integer_that_would_never_end_is_refused():
    assert ask("numpy", "pow(10, 10 ** 10) * prediction", gradient=None).kind == "OverflowError"


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_framework_is_there(name):
    assert adapter(name).name == name


@pytest.mark.parametrize(
    ("name", "text", "inputs", "value", "gradient"),
    [
        ("torch", "torch.nn.BCELoss()(prediction, target)", VECTORS, BCE.mean(), BCE_SLOPE / 3),
        ("torch", "F.binary_cross_entropy(prediction, target, reduction='none')", VECTORS, BCE, BCE_SLOPE),
        ("torch", "torch.nn.CrossEntropyLoss()(prediction, target)", ROWS, CE.mean(), CE_SLOPE / 3),
        ("torch", "-prediction.log_softmax(-1)[[0, 1, 2], target].sum()", ROWS, CE.sum(), CE_SLOPE),
        (
            "torch",
            "F.binary_cross_entropy(torch.tensor(prediction), torch.tensor(target))",
            VECTORS,
            BCE.mean(),
            BCE_SLOPE / 3,
        ),
        (
            "torch",
            "(torch.tensor([[1.0, 2.0], [3.0, 4.0]]) * len(prediction)).sum() + 0 * prediction.sum()",
            VECTORS,
            30.0,
            0 * P,
        ),
        (
            "tensorflow",
            "tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=prediction)",
            VECTORS,
            LOGITS_BCE,
            SIGMOID - T,
        ),
        (
            "tensorflow",
            "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=prediction)",
            ROWS,
            CE,
            CE_SLOPE,
        ),
        (
            "tensorflow",
            "tf.reduce_mean(tf.square(tf.constant(prediction) - target))",
            VECTORS,
            ((P - T) ** 2).mean(),
            2 * (P - T) / 3,
        ),
        ("tensorflow", "tf.reduce_sum(tf.gather(prediction, [0, 0, 2]))", VECTORS, 2.0, [2, 0, 1]),
        (
            "keras",
            "keras.ops.categorical_crossentropy(keras.ops.one_hot(target, 5), prediction, from_logits=True)",
            ROWS,
            CE,
            CE_SLOPE,
        ),
        ("jax", "optax.sigmoid_binary_cross_entropy(prediction, target)", VECTORS, LOGITS_BCE, SIGMOID - T),
        (
            "jax",
            "optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()",
            ROWS,
            CE.mean(),
            CE_SLOPE / 3,
        ),
        (
            "jax",
            "-jnp.take_along_axis(jax.nn.log_softmax(jnp.array(prediction)), target[:, None], axis=1).mean()",
            ROWS,
            CE.mean(),
            CE_SLOPE / 3,
        ),
        ("numpy", "-(target * np.log(prediction)).sum()", VECTORS, -np.log(0.8), None),
        (
            "numpy",
            "scipy.special.logsumexp(prediction, axis=1) - np.take_along_axis(prediction, target[:, None], 1)[:, 0]",
            ROWS,
            CE,
            None,
        ),
        ("sklearn", "sklearn.metrics.log_loss(target, prediction)", VECTORS, BCE.mean(), None),
        ("onnx", "onnx.SoftmaxCrossEntropyLoss(prediction, target, reduction='sum')", ROWS, CE.sum(), None),
        (
            "onnx",
            "onnx.NegativeLogLikelihoodLoss(prediction, target, reduction='none')",
            ROWS,
            -Z[np.arange(3), Y],
            None,
        ),
    ],
)
def test_value_and_gradient_are_those_of_the_formula(name, text, inputs, value, gradient):
    observation = ask(name, text, inputs)

    assert isinstance(observation, Computed), observation
    np.testing.assert_allclose(observation.value, value, rtol=1e-13)
    assert observation.value.dtype == np.float64
    assert (observation.gradient is None) == (gradient is None)
    if gradient is not None:
        np.testing.assert_allclose(observation.gradient, gradient, rtol=1e-12, atol=1e-15)
        assert observation.gradient.dtype == np.float64


SQUARED = {
    "torch": "F.mse_loss(prediction, target)",
    "tensorflow": "tf.reduce_mean(tf.square(prediction - target))",
    "keras": "keras.ops.mean(keras.ops.square(prediction - target))",
    "jax": "jnp.mean(jnp.square(prediction - target))",
    "numpy": "np.mean(np.square(prediction - target))",
}
DIFFERENTIABLE = [name for name in SQUARED if name != "numpy"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SQUARED)
def test_arrays_come_and_go_in_the_dtype_asked_for(name, dtype):
    observation = ask(name, SQUARED[name], dtype=dtype)
    narrow = [float(x) for x in observation.value.ravel()]

    assert observation.dtype == dtype
    assert narrow == [float(x) for x in rounded(observation.value, dtype).ravel()]


@pytest.mark.parametrize("name", SQUARED)
def test_inputs_reach_the_framework_exactly(name):
    for dtype in DTYPES:
        observation = ask(name, "prediction * 1", dtype=dtype)

        assert observation.value.tolist() == rounded(P, dtype).tolist()


@pytest.mark.parametrize(("name", "dtype"), [("sklearn", "bfloat16"), ("onnx", "bfloat16")])
def test_a_dtype_that_a_framework_does_not_have_is_unsupported(name, dtype):
    text = {
        "sklearn": "sklearn.metrics.log_loss(target, prediction)",
        "onnx": "onnx.NegativeLogLikelihoodLoss(prediction, target)",
    }
    observation = ask(name, text[name], ROWS, dtype=dtype)

    assert isinstance(observation, Unsupported)
    assert "bfloat16" in observation.reason


def test_keras_losses_cast_to_its_own_float_and_that_is_seen():
    observation = ask("keras", "keras.losses.MeanSquaredError()(target, prediction)")

    assert observation.dtype == "float32"


def test_a_pinned_dtype_wins():
    pinned = VECTORS | {
        "prediction": InputArray(P, dtype="float16"),
        "target": InputArray(T.astype(np.int64), integral=True, dtype="bool"),
    }

    assert ask("torch", "prediction * 1", pinned).dtype == "float16"
    assert ask("jax", "jnp.where(target, prediction, 0)", pinned, "float32").dtype == "float16"
    assert ask("numpy", "~target", pinned).dtype == "bool"


@pytest.mark.parametrize("name", ["tensorflow", "keras", "jax"])
def test_compiled_code_gives_what_eager_code_gives(name):
    eager, compiled = (ask(name, SQUARED[name], dtype="float32", mode=mode) for mode in ("eager", "compiled"))

    assert isinstance(compiled, Computed), compiled
    np.testing.assert_allclose(compiled.value, eager.value, rtol=1e-6)
    np.testing.assert_allclose(compiled.gradient, eager.gradient, rtol=1e-6)


def test_torch_compiles_the_whole_side():
    from torch._dynamo.utils import counters  # noqa: PLC0415

    text = "torch.nn.CrossEntropyLoss(weight=w)(prediction, target)"
    counters.clear()
    eager, compiled = (ask("torch", text, ROWS, dtype="float32", mode=mode) for mode in ("eager", "compiled"))

    np.testing.assert_allclose(compiled.value, eager.value, rtol=1e-6)
    np.testing.assert_allclose(compiled.gradient, eager.gradient, rtol=1e-5)
    assert counters["stats"]["unique_graphs"] == 1


def test_torch_compiles_each_function_anew_beyond_its_limit_of_recompilations():
    import torch  # noqa: PLC0415

    functions = [lambda arrays, k=k: arrays["x"] * k for k in range(3)]
    with torch._dynamo.config.patch(recompile_limit=1, fail_on_recompile_limit_hit=True):  # noqa: SLF001
        answers = [adapter("torch").run(f, {"x": torch.ones(3)}, None, "compiled") for f in functions]

    assert [float(answer.value[0]) for answer in answers] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("name", ["numpy", "sklearn", "onnx"])
def test_a_framework_without_a_compiler_says_so(name):
    observation = ask(name, "prediction * 1", mode="compiled")

    assert isinstance(observation, Unsupported)
    assert "compiled" in observation.reason


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("torch", "F.cross_entropy(prediction[:2], target)", "ValueError"),
        ("tensorflow", "tf.nn.weighted_cross_entropy_with_logits(target, prediction, 1.0)", "ValueError"),
        ("keras", "keras.losses.CategoricalCrossentropy(reduction='mode')(target, prediction)", "ValueError"),
        ("jax", "jnp.concatenate([prediction, prediction[0]])", "ValueError"),
        ("numpy", "prediction @ target", "ValueError"),
        ("sklearn", "sklearn.metrics.log_loss(target, prediction)", "ValueError"),
        ("onnx", "onnx.NegativeLogLikelihoodLoss(prediction, target, reduction='mode')", "InferenceError"),
        ("tensorflow", "tf.constant(prediction).mean()", "AttributeError"),
    ],
)
def test_what_a_framework_raises_is_observed(name, text, kind):
    observation = ask(name, text, ROWS | {"target": InputArray(np.array([0, 1, 2, 3]), integral=True)})

    assert isinstance(observation, Raised), observation
    assert kind in observation.kind or kind == "ValueError"
    assert 0 < len(observation.message) <= 500
    assert observation.message.count("\n") < 4


def test_a_function_that_this_release_lacks_is_unsupported():
    for name, path in (("torch", "torch.nn.functional.perfect"), ("jax", "optax.perfect"), ("onnx", "onnx.perfect")):
        request = Request(Call(path, (Input("prediction"),)), {"prediction": InputArray(P)}, "float32")
        observation = observe(adapter(name), request)

        assert isinstance(observation, Unsupported), observation
        assert "perfect" in observation.reason


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        ("numpy", "prediction.sum()", "numpy has no automatic differentiation"),
        ("torch", "target.sum()", "the expression does not read 'prediction'"),
        ("torch", "torch.log(prediction).detach().sum()", "does not require grad"),
        ("torch", "np.log(prediction).sum()", "numpy.log takes 'prediction' out of torch"),
        ("torch", "prediction.numpy().sum()", ".numpy takes 'prediction' out of torch"),
        ("tensorflow", "tf.reduce_mean(np.log(prediction))", "numpy.log takes 'prediction' out of tensorflow"),
        ("keras", "keras.ops.mean(prediction * 0 + float(prediction[0]))", "float takes 'prediction' out of keras"),
        ("jax", "jnp.mean(np.log(prediction))", "numpy.log takes 'prediction' out of jax"),
        ("tensorflow", "tf.argmax(prediction)", "finds no differentiable path"),
        ("torch", "torch.argmax(prediction)", "does not require grad"),
    ],
)
def test_where_there_is_no_gradient_the_value_stands_and_the_note_says_why(name, text, note):
    observation = ask(name, text)

    assert isinstance(observation, Computed), observation
    assert observation.gradient is None
    assert note in observation.gradient_note


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_class_indices_have_no_gradient(name):
    text = {
        "torch": "F.cross_entropy(prediction, target)",
        "jax": "optax.softmax_cross_entropy_with_integer_labels(prediction, target)",
    }
    other = "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=prediction)"
    observation = ask(name, text.get(name, other), ROWS, gradient="target")

    assert observation.gradient_note == "'target' is given as int64, which has no derivative"


@pytest.mark.parametrize(
    "text",
    [
        "(prediction * np.log(target + 2)).sum()",
        "np.float32(2) * prediction.sum()",
        "prediction.sum() / prediction.shape[0]",
        "np.array(prediction).sum()",
    ],
)
def test_numpy_beside_the_path_of_the_derivative_leaves_it_alone(text):
    observation = ask("torch", text)

    assert observation.gradient is not None, observation


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_gradient_may_be_asked_by_another_input(name):
    observation = ask(name, SQUARED[name], gradient="target")

    np.testing.assert_allclose(observation.gradient, 2 * (T - P) / 3, rtol=1e-12)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_gradient_is_that_of_the_sum(name):
    observation = ask(name, "prediction * prediction")

    np.testing.assert_allclose(observation.gradient, 2 * P, rtol=1e-13)


def test_no_request_changes_what_another_is_given():
    shared = dict(VECTORS)
    for name in SQUARED:
        ask(name, "prediction * 2", shared)

    assert shared["prediction"].values.tolist() == P.tolist()


# Functions that the language allows and that these releases do not have would be `Unsupported` to everybody.
@pytest.mark.parametrize("root", sorted({path.split(".")[0] for path in FUNCTIONS | CONSTANTS}))
def test_every_function_on_the_allow_list_exists(root):
    owner = {"onnx": "onnx", "optax": "jax"}.get(root)
    find = adapter(owner).find if owner else resolve
    absent = []
    for path in sorted(path for path in FUNCTIONS | CONSTANTS if path.split(".")[0] == root):
        try:
            find(path)
        except Absent as error:
            absent.append(str(error))

    assert absent == []


# The interpreter means what Python means: each text is evaluated both ways.
@pytest.mark.parametrize(
    "text",
    [
        "-(x * 2 - y / 3) ** 2 // 0.1 % 5",
        "~(x > y) | (x <= y) & (x != 1)",
        "x @ y + sum(x) + len(x) + abs(-3) + max(1, 2) + min(3, 4) + round(2.6)",
        "m[1:, ::-1].T[..., None].sum(-1).mean(axis=0, keepdims=True)",
        "m[np.arange(2), [0, 2]] + m[0][1] + m.shape[1]",
        "np.where(x > 0.5, np.exp(x), np.log1p(y)).clip(0, 1).astype(np.float32)",
        "np.stack([x, y])[(0, 1), (2, 0)]",
        "not (x > 0).all()",
        "float('inf') * x[0] + np.pi",
        "np.float32(0.1) * x.astype(float)",
    ],
)
def test_trees_mean_what_python_means(text):
    arrays = {"x": P, "y": T + 0.25, "m": np.arange(6.0).reshape(2, 3)}
    tree = parse(text, arrays)
    expected = eval(text, {"np": np}, arrays)  # noqa: S307  the text stands above

    actual = build(tree, resolve)(arrays)

    np.testing.assert_array_equal(actual, expected)
    assert np.asarray(actual).dtype == np.asarray(expected).dtype


def test_a_loss_object_is_made_once():
    made = []

    def find(path):
        made.append(path)
        return lambda **_: made.append("object") or (lambda x: x)

    call = build(parse("torch.nn.BCELoss()(x)", ["x"]), find)
    values = [call({"x": x}) for x in (1, 2)]

    assert (values, made) == ([1, 2], ["torch.nn.BCELoss", "object"])


# Functions of the user's.


class Functor:
    def __call__(self, prediction, target):
        return ((prediction - target) ** 2).mean()


def _module(name, text):
    """A module of a user's that imports no more than `text` says."""
    module = types.ModuleType(name)
    exec(text, module.__dict__)  # noqa: S102  the text stands in the test
    return module


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("import torch.nn.functional as F\ndef f(p, t): return F.mse_loss(p, t)", "torch"),
        ("import torch, numpy as np\ndef f(p, t): return torch.mean(p) * np.log(2)", "torch"),
        ("def f(p, t):\n    import torch\n    return torch.mean(p - t)", "torch"),
        ("import torch\ndef f(p: torch.Tensor, t): return p.mean()", "torch"),
        ("import torch\nclass L(torch.nn.Module):\n    def forward(self, p, t): return p.mean()\nf = L()", "torch"),
        ("import jax.numpy as jnp\nf = lambda p, t: jnp.mean(p - t)", "jax"),
        ("import optax\ndef f(p, t): return optax.l2_loss(p, t)", "jax"),
        ("import tensorflow as tf\ndef f(y_true, y_pred): return tf.reduce_mean(y_true - y_pred)", "tensorflow"),
        ("import keras\nf = keras.losses.MeanSquaredError()", "keras"),
        ("import numpy as np\ndef f(p, t): return np.mean(p - t)", "numpy"),
        ("f = lambda p, t: ((p - t) ** 2).mean()", "numpy"),
        ("import torch, functools\ndef g(p, t, k): return torch.mean(p) * k\nf = functools.partial(g, k=2)", "torch"),
        ("import torch\ndef outer():\n    m = torch.mean\n    return lambda p, t: m(p - t)\nf = outer()", "torch"),
        ("import torch\ndef g(p, t): return torch.mean(p - t)\nf = lambda p, t: g(p, t)", "torch"),
        (
            """
import torch
class L:
    def __call__(self, p, t): return self.mean(p - t)
    def mean(self, x): return torch.mean(x)
f = L()""",
            "torch",
        ),
        ("import torch\nf = lambda p, t: (p - t).square().mean()", "torch"),
        ("import torch\nimport numpy as np\nf = lambda p, t: (np.abs(p - t)).mean()", "numpy"),
        ("import jax.numpy as jnp\ndef f(p, t): return g(p, t)\ndef g(p, t): return f(p, t) + jnp.mean(p)", "jax"),
    ],
)
def test_the_framework_of_a_function_is_read_from_the_names_it_uses(text, framework):
    assert framework == framework_of(_module("users", text).f)


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("f = lambda p, t: (p - t).square().mean()", "torch"),
        ("import numpy as np\nf = lambda p, t: (p - t).pow(2).mean() * np.log(2)", "torch"),
        ("f = lambda p, t: ((p - t) ** 2).mean()", "numpy"),
    ],
)
def test_where_no_name_says_so_a_function_is_for_the_framework_with_which_it_gives_a_number(text, framework):
    import torch  # noqa: F401, PLC0415

    assert framework == framework_for(_module("users", text).f, VECTORS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(p, t): pass", "it returns None"),
        ("def f(p, t): return p.sum(), {}", "it returns a tuple"),
        ("def f(p, t): return '0.5'", "it returns a str"),
        ("def f(p, t): return p.sum() + 0j", "it returns complex numbers"),
    ],
)
def test_what_is_no_number_is_said_to_be_none(text, said):
    seen = evaluate_callable(Callable("f", _module("users", text).f, "numpy"), VECTORS, "float64", None)

    assert isinstance(seen, Unsupported)
    assert said in seen.reason


def test_many_calls_leave_the_number_of_threads_as_it_was():
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with many_calls(Callable("f", torch.mean, "torch")):
        during = torch.get_num_threads()
    after = torch.get_num_threads()
    torch.set_num_threads(before)

    assert (during, after) == (1, 2)


def test_no_framework_is_imported_that_the_user_has_not_imported():
    script = """
import json, sys
from harness.adapters.callables import evaluate_callable, framework_of
from harness.records import Callable, InputArray
import numpy as np
arrays = {"prediction": InputArray(np.array([1.0])), "target": InputArray(np.array([2.0]))}
evaluate_callable(Callable("f", lambda p, t: (p - t).sum(), "numpy"), arrays, "float32", None)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "tensorflow", "keras", "jax"})))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    ("parameters", "positional", "named"),
    [
        ("prediction, target", [], {"prediction": "prediction", "target": "target"}),
        ("target, prediction", [], {"prediction": "prediction", "target": "target"}),
        ("y_true, y_pred", [], {"y_true": "target", "y_pred": "prediction"}),
        ("input, target, w", [], {"input": "prediction", "target": "target", "w": "w"}),
        ("a, b", [], {"a": "prediction", "b": "target"}),
        ("a, b, c", [], {"a": "prediction", "b": "target", "c": "w"}),
        ("a, b, eps=1e-7", [], {"a": "prediction", "b": "target"}),
        ("a, b, *, w=None", [], {"a": "prediction", "b": "target", "w": "w"}),
        ("*arrays", ["prediction", "target", "w"], {}),
        ("a, b, /", ["prediction", "target"], {}),
        ("logits, pred, y", [], {"logits": "prediction", "pred": "w", "y": "target"}),
        ("gt, est", [], {"gt": "target", "est": "prediction"}),
        ("p, **options", [], {"p": "prediction", "target": "target", "w": "w"}),
    ],
)
def test_inputs_go_to_the_parameters_that_mean_them(parameters, positional, named):
    function = _module("users", f"def f({parameters}): pass").f

    assert (positional, named) == bind(function, ["prediction", "target", "w"])


@pytest.mark.parametrize(
    ("text", "framework", "differentiable"),
    [
        ("import torch\ndef f(p, t): return ((p - t) ** 2).mean()", "torch", True),
        ("import torch\nf = torch.nn.MSELoss()", "torch", True),
        (
            "import tensorflow as tf\ndef f(y_true, y_pred): return tf.reduce_mean((y_pred - y_true) ** 2)",
            "tensorflow",
            True,
        ),
        ("import jax.numpy as jnp\ndef f(p, t): return jnp.mean((p - t) ** 2)", "jax", True),
        ("f = lambda p, t: ((p - t) ** 2).mean()", "numpy", False),
    ],
)
def test_a_function_is_called_with_arrays_of_its_framework(text, framework, differentiable):
    side = Callable("f", _module("users", text).f, framework)
    observation = evaluate_callable(side, VECTORS, "float64", "prediction")

    np.testing.assert_allclose(observation.value, ((P - T) ** 2).mean(), rtol=1e-13)
    assert observation.dtype == "float64"
    if differentiable:
        np.testing.assert_allclose(observation.gradient, 2 * (P - T) / 3, rtol=1e-12)


def test_an_object_with_call_is_a_function():
    assert framework_of(Functor()) == "numpy"
    observation = evaluate_callable(Callable("f", Functor(), "numpy"), VECTORS, "float64", None)

    assert math.isclose(float(observation.value), ((P - T) ** 2).mean())


def test_a_function_that_takes_class_indices_gets_them():
    import torch  # noqa: PLC0415

    losses = {"indices": torch.nn.CrossEntropyLoss(), "numbers": torch.nn.MSELoss()}
    squared = evaluate_callable(Callable("mse", losses["numbers"], "torch"), VECTORS, "float64", "prediction")
    inputs = {name: ROWS[name] for name in ("prediction", "target")}
    crossed = evaluate_callable(Callable("ce", losses["indices"], "torch"), inputs, "float64", "prediction")

    np.testing.assert_allclose(crossed.value, CE.mean(), rtol=1e-13)
    np.testing.assert_allclose(squared.value, ((P - T) ** 2).mean(), rtol=1e-13)


def test_what_a_function_raises_is_observed():
    def broken(prediction, target):
        raise ZeroDivisionError(f"{len(prediction)} {len(target)}")

    seen = evaluate_callable(Callable("f", broken, "numpy"), VECTORS, "float32", None)

    assert isinstance(seen, Raised)
    assert (seen.kind, seen.message.partition("\n")[0]) == ("ZeroDivisionError", "3 3")


def test_a_framework_that_takes_no_functions_is_an_error():
    with pytest.raises(AdapterError, match="no callables of 'sklearn'"):
        evaluate_callable(Callable("f", len, "sklearn"), VECTORS, "float32", None)
