"""One name for what the frameworks call by several: operations, their parameters, constants and dtypes."""

import math


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Spellings whose last component is not already the operation's name.
NAMES = {
    "reduce_sum": "sum", "reduce_mean": "mean", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod",
    "reduce_std": "std", "reduce_variance": "var", "reduce_all": "all", "reduce_any": "any",
    "reduce_logsumexp": "logsumexp", "reduce_euclidean_norm": "norm", "amax": "max", "amin": "min", "power": "pow",
    "float_power": "pow", "absolute": "abs", "fabs": "abs", "negative": "neg", "clamp": "clip", "clip_by_value": "clip",
    "expit": "sigmoid", "logistic": "sigmoid", "logsigmoid": "log_sigmoid", "log_expit": "log_sigmoid",
    "LogSigmoid": "log_sigmoid", "expand_dims": "unsqueeze", "cat": "concatenate", "concat": "concatenate",
    "view": "reshape", "ravel": "flatten", "permute": "transpose", "permute_dims": "transpose", "t": "transpose",
    "matmul": "dot", "mm": "dot", "movedim": "moveaxis", "take_along_dim": "take_along_axis",
    "stop_gradient": "detach", "tensor": "identity", "as_tensor": "identity", "asarray": "identity",
    "array": "identity", "constant": "identity", "convert_to_tensor": "identity", "Tensor": "identity",
    "contiguous": "identity", "numpy": "identity", "item": "identity", "cpu": "identity", "clone": "identity",
    "convert_to_numpy": "identity", "scalar_tensor": "identity", "tolist": "identity", "copy": "identity",
    "conj": "identity", "linear": "identity", "squared_difference": "squared_difference", "cast": "astype",
    "to": "astype", "type": "astype", "astype": "astype", "is_nan": "isnan", "is_inf": "isinf",
    "is_finite": "isfinite", "entropy": "stats_entropy", "kl_div": "scipy_kl_div", "gather": "gather",
    "multiply": "mul", "divide": "div", "subtract": "sub", "true_divide": "div", "truediv": "div",
    "logsumexp": "logsumexp", "vector_norm": "norm", "shape": "size", "float": "float32", "double": "float64",
    "half": "float16", "long": "int64", "int": "int64", "size": "size", "select": "where",
    "expand": "broadcast_to", "gammaln": "lgamma", "soft_sign": "softsign", "top_k": "topk", "range": "arange",
    "fill": "full", "boolean_mask": "masked_select", "dim": "ndim", "rank": "ndim", "log_prob": "log_prob",
}  # fmt: skip
NAMED_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "eq": "==", "ne": "!=", "gt": ">", "lt": "<", "ge": ">=",
    "le": "<=",
}  # fmt: skip
# What a parameter is called here, whoever spells it.
PARAMETERS = {
    "dim": "axis", "axes": "axis", "dims": "axis", "perm": "axis", "keepdim": "keepdims",
    "a_min": "low", "a_max": "high",
    "min": "low", "max": "high", "clip_value_min": "low", "clip_value_max": "high", "x_min": "low", "x_max": "high",
    "min_val": "low", "max_val": "high", "lower": "low", "upper": "high",
    "num_classes": "classes", "depth": "classes", "indices": "index", "dtype": "dtype", "ord": "order",
    "p": "order", "other": "y", "x2": "y", "b": "y", "mat2": "y", "vec2": "y", "vec": "y", "tensor2": "y",
    "test_elements": "y", "input": "x", "a": "x", "x1": "x", "tensor": "x", "input_tensor": "x", "features": "x",
    "params": "x", "arr": "x", "inputs": "x", "input1": "x", "input2": "y", "elements": "x",
    "correction": "ddof", "qk": "q", "pk": "p", "end_dim": "end", "start_dim": "start",
    "cond": "condition", "shifts": "shift", "repeats": "times", "reps": "times", "multiples": "times",
    "pad_width": "widths", "paddings": "widths", "pad": "widths", "constant_values": "value", "fill_value": "value",
    "exponent": "exponent", "epsilon": "eps", "negative_slope": "slope", "alpha": "alpha",
    "indices_or_sections": "parts", "num_or_size_splits": "parts", "chunks": "parts", "split_size_or_sections": "parts",
    "tensors": "parts", "arrays": "parts", "xs": "parts", "values": "parts",
}  # fmt: skip
# Arguments that say where and how a thing is computed, and change no number.
IGNORED = words(
    """
    out name device requires_grad validate_indices optimize precision preferred_element_type kind stable memory_format
    non_blocking copy layout pin_memory sparse_grad unique_indices indices_are_sorted sparse order_by
    """
)
CONSTANTS = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "newaxis": None,
    "Inf": math.inf,
    "NaN": math.nan,
}
DTYPES = {
    "float64": "float64", "double": "float64", "float32": "float32", "float": "float32", "float16": "float16",
    "half": "float16", "bfloat16": "bfloat16", "int64": "int64", "long": "int64", "int32": "int64", "int": "int64",
    "int16": "int64", "int8": "int64", "uint8": "int64", "bool": "bool", "bool_": "bool",
}  # fmt: skip
