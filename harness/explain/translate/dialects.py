"""What each framework calls the functions that losses are written with, and trees retold in its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.explain.named import operation
from harness.explain.translate.sketch import Operand, Sketch, node_of
from harness.naming import framework_of
from harness.syntax import Attribute, Binary, Call, Constant, Index, Input, Literal, Method, Node, Sequence, Unary
from harness.trees import rebuild


class Inexpressible(Exception):  # noqa: N818  it is an answer
    """A framework has no counterpart of a convention; the message names it."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One framework's words.

    Attributes:
        name: The framework, as adapters call it.
        home: Module of the functions whose names are everybody's.
        paths: Common name → canonical path, where it is not `home` and the same name.
        keepdims: Keyword that keeps the axes of a reduction.
        methods: Whether arrays have `.sum()` and `.mean()`.
        indexable: Whether arrays can be indexed by arrays.
        array: Path of the function that makes an array of numbers, where a list of them will not do.
        dtype: The dtype of the arrays that are made, where it is not that of numbers by themselves.
    """

    name: str
    home: str
    paths: Mapping[str, str] = field(default_factory=dict)
    keepdims: str = "keepdims"
    methods: bool = True
    indexable: bool = True
    array: str = ""
    dtype: str = "float32"

    def path(self, name: str) -> str:
        """Canonical path of the function that people everywhere call `name`."""
        return self.paths.get(name, f"{self.home}.{name}")

    def call(self, name: str, *args: Operand | Node, **kwargs: Node) -> Sketch:
        """A call of a function by its common name."""
        found = tuple(a if isinstance(a, Node) else node_of(a) for a in args)
        return Sketch(Call(self.path(name), found, tuple(kwargs.items())))

    def reduced(self, name: str, x: Sketch, axis: int | tuple[int, ...] | None = None, *, keep: bool = False) -> Sketch:
        """Sum or mean over everything, one axis or several."""
        kwargs = ((self.keepdims, Literal(value=True)),) if keep else ()
        args = () if axis is None else (_axis(axis),)
        if self.methods:
            return Sketch(Method(x.node, name, args, kwargs))
        return Sketch(Call(self.path(name), (x.node, *args), kwargs))

    def log_softplus(self, x: Sketch) -> Sketch:
        """log(1 + e^x), as −log σ(−x): torch's own softplus is linear above 20."""
        return -self.call("log_sigmoid", -x)

    def at_least(self, x: Sketch, low: Operand) -> Sketch:
        """The greater of an array and a number."""
        if self.name == "torch" and isinstance(node_of(low), Literal | Unary):
            return self.call("clamp_min", x, low)
        return self.call("maximum", x, low)

    def clipped(self, x: Sketch, low: Operand | None, high: Operand | None) -> Sketch:
        """`x` between two numbers, or one."""
        if low is not None and high is not None:
            return self.call("clip", x, low, high)
        if low is not None:
            return self.at_least(x, low)
        if high is None:
            return x
        return self.call("clamp_max" if self.name == "torch" else "minimum", x, high)

    def xlogy(self, x: Sketch) -> Sketch:
        """X log x, which is 0 at 0."""
        if self.name != "keras":
            return self.call("xlogy", x, x)
        zero = x.compared("==", 0)
        return x * self.call("log", self.call("where", zero, self.call("ones_like", x), x))

    def picked(self, x: Sketch, index: Sketch) -> Sketch:
        """x[…, y] along the last axis; `index` has an axis fewer."""
        if self.name == "tensorflow":
            return self.reduced("sum", x * self.one_hot(index, x), -1)
        wide = self.call("unsqueeze", index, -1)
        column = self.call("gather", x, -1, wide) if self.name == "torch" else self.call("take_along_axis", x, wide, -1)
        return self.call("squeeze", column, -1)

    def one_hot(self, index: Sketch, like: Sketch) -> Sketch:
        """1 at the class, one class per entry of the last axis of `like`."""
        classes = Index(Attribute(like.node, "shape"), (Literal(-1),))
        if self.name in _HOSTS:
            return Sketch(Index(Call("numpy.eye", (classes,)), (index.node,)))
        wide = {"dtype": Attribute(like.node, "dtype")} if self._is_wide and self.name in _OWN_DTYPE else {}
        return self.call("one_hot", index, classes, **wide)

    def literal(self, numbers: Sequence) -> Node:
        """A list of numbers as an array."""
        if not self.array:
            return numbers
        named = (("dtype", Constant(f"{self.name}.{self.dtype}")),) if self._is_wide and self.name == "torch" else ()
        return Call(self.array, (numbers,), named)

    @property
    def _is_wide(self) -> bool:
        return self.dtype != "float32"

    def taken(self, values: Sketch, index: Sketch) -> Sketch:
        """values[index] of a one-dimensional array."""
        return Sketch(Index(values.node, (index.node,))) if self.indexable else self.call("take", values, index)

    def indicator(self, condition: Sketch, like: Sketch) -> Sketch:
        """1 where the condition holds and 0 elsewhere, in the dtype of `like`."""
        return self.call("where", condition, self.call("ones_like", like), self.call("zeros_like", like))

    def moved(self, x: Sketch, axis: int, ndim: int) -> Sketch:
        """`x` with `axis` moved last."""
        if axis % ndim == ndim - 1:
            return x
        if self.name == "tensorflow":
            order = [i for i in range(ndim) if i != axis % ndim] + [axis % ndim]
            return self.call("transpose", x, Sequence(tuple(Literal(i) for i in order)))
        return self.call("moveaxis", x, axis, -1)


def _axis(axis: int | tuple[int, ...]) -> Node:
    return Literal(axis) if isinstance(axis, int) else Sequence(tuple(Literal(i) for i in axis), "tuple")


_HOSTS = ("numpy", "sklearn", "onnx")
_OWN_DTYPE = ("tensorflow", "keras")  # Whose one-hot arrays are float32, and meet no other.
_SCIPY = "scipy.special."
_NUMPY_PATHS = {
    "sigmoid": _SCIPY + "expit", "log_sigmoid": _SCIPY + "log_expit", "softmax": _SCIPY + "softmax",
    "log_softmax": _SCIPY + "log_softmax", "logsumexp": _SCIPY + "logsumexp", "xlogy": _SCIPY + "xlogy",
    "unsqueeze": "numpy.expand_dims", "gather": "numpy.take_along_axis", "flatten": "numpy.ravel",
}  # fmt: skip

DIALECTS: Mapping[str, Dialect] = {
    "torch": Dialect("torch", "torch", {
        "log_sigmoid": "torch.nn.functional.logsigmoid", "clip": "torch.clamp",
        "one_hot": "torch.nn.functional.one_hot",
        "moveaxis": "torch.movedim", "max": "torch.amax", "flatten": "torch.ravel",
    }, keepdims="keepdim", array="torch.tensor"),
    "tensorflow": Dialect("tensorflow", "tensorflow", {
        "log": "tensorflow.math.log", "log1p": "tensorflow.math.log1p", "sigmoid": "tensorflow.nn.sigmoid",
        "log_sigmoid": "tensorflow.math.log_sigmoid", "softmax": "tensorflow.nn.softmax", "relu": "tensorflow.nn.relu",
        "log_softmax": "tensorflow.nn.log_softmax", "logsumexp": "tensorflow.reduce_logsumexp",
        "sum": "tensorflow.reduce_sum", "mean": "tensorflow.reduce_mean", "max": "tensorflow.reduce_max",
        "any": "tensorflow.reduce_any", "clip": "tensorflow.clip_by_value", "xlogy": "tensorflow.math.xlogy",
        "unsqueeze": "tensorflow.expand_dims", "take": "tensorflow.gather",
        "count_nonzero": "tensorflow.math.count_nonzero",
    }, methods=False, indexable=False),
    "keras": Dialect("keras", "keras.ops", {"unsqueeze": "keras.ops.expand_dims", "flatten": "keras.ops.ravel"},
                     methods=False, indexable=False),
    "jax": Dialect("jax", "jax.numpy", {
        "sigmoid": "jax.nn.sigmoid", "log_sigmoid": "jax.nn.log_sigmoid", "softmax": "jax.nn.softmax",
        "log_softmax": "jax.nn.log_softmax", "logsumexp": "jax.nn.logsumexp", "one_hot": "jax.nn.one_hot",
        "relu": "jax.nn.relu", "xlogy": "jax.scipy.special.xlogy", "unsqueeze": "jax.numpy.expand_dims",
        "flatten": "jax.numpy.ravel",
    }, array="jax.numpy.array"),
    **{name: Dialect(name, "numpy", _NUMPY_PATHS, array="numpy.array") for name in _HOSTS},
}  # fmt: skip

_ELEMENTWISE = frozenset(
    [
        "log",
        "log1p",
        "exp",
        "sqrt",
        "abs",
        "sigmoid",
        "log_sigmoid",
        "tanh",
        "maximum",
        "minimum",
        "where",
        "square",
        "sign",
        "ones_like",
        "zeros_like",
    ]
)
_ALONG = frozenset(["softmax", "log_softmax", "logsumexp", "sum", "mean", "max"])


def retold(tree: Node, dialect: Dialect) -> Node:
    """`tree` in the dialect's own functions.

    Raises:
        Inexpressible: It calls something that has no common name.
    """
    if framework_of(tree) in (dialect.name, "numpy") and not _calls(tree):
        return tree
    return _retold(tree, dialect)


def _calls(tree: Node) -> bool:
    from harness.trees import walk  # noqa: PLC0415

    return any(isinstance(node, Call | Method | Attribute) for node in walk(tree))


def _retold(tree: Node, d: Dialect) -> Node:
    found = operation(tree) if isinstance(tree, Call | Method) else None
    if found is None:
        if isinstance(tree, Attribute) and tree.name == "T" and not d.methods:
            return Call(d.path("transpose"), (_retold(tree.value, d),))
        if isinstance(tree, Constant):
            raise Inexpressible(f"{tree.path} has no counterpart in {d.name}")
        return rebuild(tree, lambda child: _retold(child, d))
    name, args, kwargs = found
    parts = [_retold(arg, d) for arg in args]
    named = {key: _retold(value, d) for key, value in kwargs.items() if not (key == "axis" and name in _SPECIAL)}
    if name in _ELEMENTWISE and not named:
        return Call(d.path(name), tuple(parts))
    if name in _ALONG:
        return _along(name, parts, named, d)
    if name in _SPECIAL:
        return _SPECIAL[name](parts, kwargs, d)
    raise Inexpressible(f"{name} has no counterpart in {d.name} here")


def _along(name: str, parts: list[Node], named: dict[str, Node], d: Dialect) -> Node:
    axis = named.pop("axis", named.pop("dim", parts[1] if len(parts) > 1 else None))
    keep = named.pop("keepdims", named.pop("keepdim", parts[2] if len(parts) > 2 else None))  # noqa: PLR2004
    if named:
        raise Inexpressible(f"{name} with {', '.join(named)} has no counterpart in {d.name} here")
    kwargs = () if keep in (None, Literal(value=False)) else ((d.keepdims, keep),)
    return Call(d.path(name), (parts[0], *(() if axis is None else (axis,))), kwargs)


def _axis_of(parts: list[Node], kwargs: Mapping[str, Node]) -> Node:
    return kwargs.get("axis", kwargs.get("dim", parts[1] if len(parts) > 1 else Literal(-1)))


def _norm(parts: list[Node], kwargs: Mapping[str, Node], d: Dialect) -> Node:
    """(Σ|x|^p)^(1/p), written out: the frameworks' own take different arguments."""
    order = parts[1] if len(parts) > 1 else kwargs.get("ord", kwargs.get("p", Literal(2)))
    axis = parts[2] if len(parts) > 2 else kwargs.get("axis", kwargs.get("dim"))  # noqa: PLR2004
    if order not in (Literal(2), Literal(2.0), Literal(1), Literal(1.0)) or axis is None:
        raise Inexpressible(f"a norm of this order has no counterpart in {d.name} here")
    one = order in (Literal(1), Literal(1.0))
    inner = Call(d.path("abs"), (parts[0],)) if one else Binary("**", parts[0], Literal(2))
    total = Call(d.path("sum"), (inner, axis))
    return total if one else Call(d.path("sqrt"), (total,))


def _dot(parts: list[Node], _kwargs: Mapping[str, Node], _d: Dialect) -> Node:
    return Binary("@", parts[0], parts[1])


def _any(parts: list[Node], kwargs: Mapping[str, Node], d: Dialect) -> Node:
    return Call(d.path("any"), (parts[0], _axis_of(parts, kwargs)))


def _pow(parts: list[Node], _kwargs: Mapping[str, Node], _d: Dialect) -> Node:
    return Binary("**", parts[0], parts[1])


_SPECIAL: Mapping[str, Callable[[list[Node], Mapping[str, Node], Dialect], Node]] = {
    "unsqueeze": lambda parts, kwargs, d: Call(d.path("unsqueeze"), (parts[0], _axis_of(parts, kwargs))),
    "squeeze": lambda parts, kwargs, d: Call(d.path("squeeze"), (parts[0], _axis_of(parts, kwargs))),
    "flatten": lambda parts, _kwargs, d: Call(d.path("reshape"), (parts[0], Sequence((Literal(-1),), "tuple"))),
    "reshape": lambda parts, _kwargs, d: Call(d.path("reshape"), tuple(parts)),
    "identity": lambda parts, _kwargs, d: d.literal(parts[0]) if isinstance(parts[0], Sequence) else parts[0],
    "norm": _norm,
    "dot": _dot,
    "any": _any,
    "pow": _pow,
}

__all__ = ["DIALECTS", "Dialect", "Inexpressible", "Input", "retold"]
