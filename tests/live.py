"""A call asked of its real framework, in this process, and held against the reference at the point that is declared."""

import importlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from harness.catalog import complete, declare, index_inputs
from harness.catalog.api import Described
from harness.expression import parse
from harness.records import InputArray
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate, inputs_as
from harness.syntax import (
    Apply,
    Attribute,
    Binary,
    Call,
    Constant,
    Index,
    Input,
    Literal,
    Method,
    Node,
    Sequence,
    Slice,
    Unary,
)

Arrays = Mapping[str, np.ndarray]
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow, "@": operator.matmul,
}  # fmt: skip


def resolved(path: str) -> Any:
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            value = getattr(value, name)
        return value
    raise AssertionError(path)


def run(node: Node, values: Mapping[str, Any]) -> Any:
    """`node` with real functions called on real arrays."""
    match node:
        case Literal(value):
            return value
        case Input(name):
            return values[name]
        case Constant(path):
            return resolved(path)
        case Sequence(items):
            return [run(item, values) for item in items]
        case Unary(_, operand):
            return -run(operand, values)
        case Binary(op, left, right):
            return OPERATORS[op](run(left, values), run(right, values))
        case Attribute(value, name):
            return getattr(run(value, values), name)
        case Slice(start, stop, step):
            return slice(*(None if part is None else run(part, values) for part in (start, stop, step)))
        case Index(value, items):
            return run(value, values)[tuple(run(item, values) for item in items)]
        case Call(function, args, kwargs):
            return resolved(function)(*(run(a, values) for a in args), **{k: run(v, values) for k, v in kwargs})
        case Apply(function, args, kwargs):
            return run(function, values)(*(run(a, values) for a in args), **{k: run(v, values) for k, v in kwargs})
        case Method(value, name, args, kwargs):
            method = getattr(run(value, values), name)
            return method(*(run(a, values) for a in args), **{k: run(v, values) for k, v in kwargs})
    raise AssertionError(node)


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked: the complete tree, its inputs as given, and which of them are indices."""

    tree: Node
    arrays: Arrays
    indices: frozenset[str]


def asked(text: str, arrays: Arrays) -> Asked:
    tree = complete(parse(text, arrays.keys()), arrays.keys())
    inputs = {name: InputArray(a, integral=a.dtype.kind == "i") for name, a in arrays.items()}
    indices = index_inputs(tree, inputs)
    return Asked(tree, {n: a if n in indices else a.astype(np.float64) for n, a in arrays.items()}, indices)


def described(question: Asked) -> Callable[[Node], Described]:
    def describe(node: Node) -> Described:
        value = np.asarray(run(node, question.arrays))
        return Described(value.shape, bool(np.all(value == np.trunc(value))))

    return describe


def reference(question: Asked, dtype: str, wrt: str | None) -> tuple[Any, Any]:
    """Balls of value and gradient at the declared point."""
    point = declare(question.tree, described(question), dtype)
    assert point is not None
    inputs = inputs_as(dict(question.arrays), dtype)
    out = evaluate(point, inputs, Rounded(dtype), dtype, wrt)
    return out.value, out.gradient


def outside(got: np.ndarray, ball: Any) -> np.ndarray:
    """How many bounds `got` is away from the ball's middle: 0 where both are nan, or anything is right."""
    got = np.asarray(got, np.float64)
    assert got.shape == ball.mid.shape, (got.shape, ball.mid.shape)
    with np.errstate(all="ignore"):
        ratio = np.abs(got - ball.mid) / ball.err
    free = (got == ball.mid) | (np.isnan(got) & np.isnan(ball.mid)) | np.isinf(ball.err)
    return np.where(free, 0.0, np.where(np.isnan(ratio), np.inf, ratio))


def torch_answer(question: Asked, dtype: str, wrt: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Value, and d(sum of it)/d(input `wrt`), as float64."""
    import torch  # noqa: PLC0415

    kind = getattr(torch, dtype)
    values = {
        n: torch.from_numpy(np.array(a)) if n in question.indices else torch.tensor(a, dtype=kind)
        for n, a in question.arrays.items()
    }
    if wrt is None:
        return run(question.tree, values).double().numpy(), None
    values[wrt] = values[wrt].requires_grad_()
    out = run(question.tree, values)
    (gradient,) = torch.autograd.grad(out.sum(), values[wrt])
    return out.detach().double().numpy(), gradient.double().numpy()


def numpy_answer(question: Asked, dtype: str) -> np.ndarray:
    kind = {"bfloat16": ml_dtypes.bfloat16}.get(dtype, dtype)
    values = {n: a if n in question.indices else a.astype(kind) for n, a in question.arrays.items()}
    return np.asarray(run(question.tree, values), np.float64)
