"""A side as a script that runs on its own: what a reader pastes into a terminal or a bug report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.catalog import index_inputs
from harness.records import Case, Claim, Computed, Expression, InputArray, Observation, Side
from harness.report.numbers import number
from harness.syntax import Call, Constant
from harness.trees import inputs_of, render, spelling, walk

# Longer inputs are not pasted by anybody; the case file has them.
MOST_ELEMENTS = 1000

IMPORTS: Mapping[str, str] = {
    "F": "import torch.nn.functional as F",
    "jnp": "import jax.numpy as jnp",
    "np": "import numpy as np",
    "tf": "import tensorflow as tf",
}
# These import their submodules only when asked.
LAZY = frozenset({"scipy", "sklearn"})


@dataclass(frozen=True, slots=True)
class Style:
    """How one framework makes an array, compiles a function and differentiates it.

    `setup` comes first, `wide` after it in float64. In the templates `{literal}`, `{dtype}`, `{arguments}` and
    `{wanted}` (the input differentiated with respect to) are filled in.
    """

    imports: tuple[str, ...]
    array: str
    differentiable: str
    value: str
    gradient: str = ""
    compiled: str = ""
    setup: str = ""
    wide: str = ""


VALUE = "value = loss({arguments})\n"
TENSORFLOW = Style(
    imports=("import tensorflow as tf",),
    array="tf.constant({literal}, dtype=tf.{dtype})",
    differentiable="tf.constant({literal}, dtype=tf.{dtype})",
    value=VALUE,
    gradient=(
        "with tf.GradientTape() as tape:\n"
        "    tape.watch({wanted})\n"
        "    value = loss({arguments})\n"
        "gradient = tape.gradient(value, {wanted})\n"
    ),
    compiled="loss = tf.function(loss, jit_compile=True)\n",
)
NUMPY = Style(
    imports=("import numpy as np",),
    array="np.array({literal}, dtype={dtype})",
    differentiable="np.array({literal}, dtype={dtype})",
    value=VALUE,
)
NUMPY_DTYPES: Mapping[str, str] = {"bfloat16": "ml_dtypes.bfloat16", "bool": "bool"}
STYLES: Mapping[str, Style] = {
    "torch": Style(
        imports=("import torch",),
        array="torch.tensor({literal}, dtype=torch.{dtype})",
        differentiable="torch.tensor({literal}, dtype=torch.{dtype}, requires_grad=True)",
        value=VALUE,
        gradient=VALUE + "(gradient,) = torch.autograd.grad(value.sum(), {wanted})\n",
        compiled="loss = torch.compile(loss)\n",
        setup="torch.set_printoptions(precision=17)\n",
    ),
    "tensorflow": TENSORFLOW,
    "keras": TENSORFLOW,
    "jax": Style(
        imports=("import jax", "import jax.numpy as jnp"),
        array="jnp.array({literal}, dtype=jnp.{dtype})",
        differentiable="jnp.array({literal}, dtype=jnp.{dtype})",
        value=VALUE,
        gradient=VALUE + "gradient = jax.grad(lambda {wanted}: loss({arguments}).sum())({wanted})\n",
        compiled="loss = jax.jit(loss)\n",
        wide='jax.config.update("jax_enable_x64", True)\n',
    ),
    "numpy": NUMPY,
    "sklearn": NUMPY,
}


# Who has no derivatives; whoever is not known here may have some.
WITHOUT_GRADIENT = frozenset({"onnx", *(name for name, style in STYLES.items() if not style.gradient)})


def reproducer(case: Case, side: Expression, dtype: str, seen: Observation | None = None) -> str:
    """A Python script that computes `side` on the inputs of `case`, value and gradient, and prints both.

    Returns:
        The script; empty where the framework has no plain way to write one, or the inputs are too long to paste.
    """
    style = STYLES.get(side.framework)
    read, indices = inputs_of(side.tree), index_inputs(side.tree, case.inputs)
    used = {name: array for name, array in case.inputs.items() if name in read}
    if style is None or sum(array.values.size for array in used.values()) > MOST_ELEMENTS:
        return ""
    wanted = case.gradient if style.gradient and case.gradient in used else None
    filled = {"arguments": ", ".join(used), "wanted": wanted}
    parts = [
        "\n".join(sorted({*style.imports, *_imports(side), *_dtype_imports(side.framework, dtype)})) + "\n",
        style.setup + (style.wide if dtype == "float64" else ""),
        "".join(
            f"{name} = {_array(array, style, 'int64' if name in indices else dtype, name == wanted)}\n"
            for name, array in used.items()
        ),
        f"\n\ndef loss({', '.join(used)}):\n    return {render(side.tree)}\n\n",
        style.compiled if side.mode == "compiled" else "",
        (style.gradient if wanted else style.value).format(**filled),
        f'print("value", value){_remark(seen)}\n',
        f'print("d value / d {wanted}", gradient)\n' if wanted else "",
    ]
    return "\n".join(part for part in parts[:3] if part) + "".join(parts[3:])


def differentiates(side: Side) -> bool:
    """Whether a side can have a gradient at all: printed digits and plain NumPy have none."""
    return not isinstance(side, Claim) and side.framework not in WITHOUT_GRADIENT


def _array(given: InputArray, style: Style, dtype: str, wanted: bool) -> str:  # noqa: FBT001  it is what is asked
    """One input, in the dtype that it pins, else in `dtype`."""
    kind = given.dtype or dtype
    if style is NUMPY:
        kind = NUMPY_DTYPES.get(kind, f"np.{kind}")
    return (style.differentiable if wanted else style.array).format(literal=_literal(given), dtype=kind)


def _literal(array: InputArray) -> str:
    """The values as nested lists; what is not finite is spelled so that Python reads it."""
    text = repr(array.values.tolist())
    if np.isfinite(array.values).all():
        return text
    return text.replace("nan", 'float("nan")').replace("inf", 'float("inf")')


def _imports(side: Expression) -> Iterable[str]:
    """An import for every module that the expression names."""
    for node in walk(side.tree):
        match node:
            case Call(function=path) | Constant(path=path) if "." in path:
                root = spelling(path).partition(".")[0]
                module = path.rpartition(".")[0] if root in LAZY else root
                yield IMPORTS.get(root, f"import {module}")
            case _:
                pass


def _dtype_imports(framework: str, dtype: str) -> tuple[str, ...]:
    return ("import ml_dtypes",) if STYLES[framework] is NUMPY and dtype == "bfloat16" else ()


def _remark(seen: Observation | None) -> str:
    scalar = isinstance(seen, Computed) and seen.value.ndim == 0
    return f"  # it was {number(float(seen.value))}" if isinstance(seen, Computed) and scalar else ""
