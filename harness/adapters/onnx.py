"""ONNX: `onnx.<Operator>(input, …, attribute=…)` is a model of one node, run by ONNX Runtime."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import defs, helper
from onnx.reference import ReferenceEvaluator

from harness.adapters import numpy
from harness.adapters.base import Absent
from harness.adapters.build import Function, resolve

# A runtime lags behind the onnx package: these are an opset and a file format that every current one reads.
OPSET = min(defs.onnx_opset_version(), 24)
FORMAT = 10


def find(path: str) -> Function:
    """The operator at `onnx.<Operator>`; every other path as usual."""
    root, _, name = path.partition(".")
    if root != "onnx":
        return resolve(path)  # type: ignore[no-any-return]
    if not defs.has(name):
        raise Absent(f"{path}: ONNX has no operator {name!r}")
    return partial(operator, name)


def operator(name: str, *positional: Any, **named: Any) -> NDArray[Any]:
    """The first output of one operator; an input left out is given as None, and one may be given by its name."""
    later = [formal.name for formal in defs.get_schema(name, OPSET).inputs][len(positional) :]
    inputs = [*positional, *(named.get(key) for key in later)]
    while inputs and inputs[-1] is None:
        inputs.pop()
    attributes = {key: value for key, value in named.items() if key not in later}
    arrays = {f"x{i}": np.asarray(value) for i, value in enumerate(inputs) if value is not None}
    names = ["" if value is None else f"x{i}" for i, value in enumerate(inputs)]
    model = _model(name, names, arrays, {key: value for key, value in attributes.items() if value is not None})
    return np.asarray(_evaluate(model, arrays))


def _model(name: str, inputs: list[str], arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Any:
    node = helper.make_node(name, inputs, ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(key, _type(array), array.shape) for key, array in arrays.items()],
        [helper.make_empty_tensor_value_info("y")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
    return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def _type(array: NDArray[Any]) -> int:
    return helper.np_dtype_to_tensor_dtype(array.dtype)  # type: ignore[no-any-return]


def _evaluate(model: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Run on ONNX Runtime; on the reference implementation of the standard where the runtime lacks the operator."""
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return ReferenceEvaluator(model).run(None, dict(arrays))[0]
    return session.run(None, dict(arrays))[0]


adapter = replace(
    numpy.adapter,
    name="onnx",
    find=find,
    dtypes=frozenset({"float64", "float32", "float16"}),
    no_gradient="onnx: operators are run for inference, which has no derivative",
)
