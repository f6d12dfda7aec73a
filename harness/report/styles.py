"""How each framework is written in a script: its arrays, its derivatives, its compiler."""

from collections.abc import Mapping
from dataclasses import dataclass

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
# As the adapter does it: ONNX has operators and no functions, and a runtime lags behind the standard.
OPERATOR = '''\
def operator(name, *inputs, **named):
    """One operator of ONNX: a model of one node, run by ONNX Runtime."""
    opset = min(onnx.defs.onnx_opset_version(), 24)
    later = [each.name for each in onnx.defs.get_schema(name, opset).inputs][len(inputs) :]
    inputs = [*inputs, *(named.pop(key) for key in later if key in named)]
    arrays = {f"x{i}": np.asarray(each) for i, each in enumerate(inputs)}
    kind = onnx.helper.np_dtype_to_tensor_dtype
    given = [onnx.helper.make_tensor_value_info(key, kind(x.dtype), x.shape) for key, x in arrays.items()]
    node = onnx.helper.make_node(name, [*arrays], ["y"], **named)
    graph = onnx.helper.make_graph([node], name, given, [onnx.helper.make_empty_tensor_value_info("y")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=10)
    text = onnx.shape_inference.infer_shapes(model).SerializeToString()
    return onnxruntime.InferenceSession(text, providers=["CPUExecutionProvider"]).run(None, arrays)[0]

'''
ONNX = Style(
    imports=("import numpy as np", "import onnx", "import onnxruntime"),
    array=NUMPY.array,
    differentiable=NUMPY.differentiable,
    value=VALUE,
    setup=f"\n{OPERATOR}",
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
    "onnx": ONNX,
}
