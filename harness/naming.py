"""Whose name is it: canonical paths, nearest names, and the framework that a tree belongs to."""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from harness.errors import CaseError
from harness.functions import ALIASES, FUNCTIONS, KERAS_LOSS_NAMES, PREFIXES, SYNONYMS, TORCH_METHODS
from harness.syntax import Attribute, Call, Constant, Method, Node
from harness.trees import walk

# The adapter that answers for each root. NumPy and SciPy are helpers: they give way to any other.
_ADAPTERS = {
    "torch": "torch",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "jax": "jax",
    "optax": "jax",
    "sklearn": "sklearn",
    "onnx": "onnx",
}
_HELPERS = frozenset({"numpy", "scipy"})
_TORCH_ARGUMENTS = frozenset({"as_tuple", "descending", "dim", "end_dim", "keepdim", "start_dim", "unbiased"})
_TORCH_ATTRIBUTES = frozenset({"indices", "values"})


def canonical(path: str) -> str:
    """The canonical form of a dotted path that starts with an alias: `F.mse_loss` is `torch.nn.functional.mse_loss`.

    The path need not be on the allow-list. A path that starts with no alias is returned as it is.
    """
    root, dot, rest = path.partition(".")
    path = ALIASES.get(root, root) + dot + rest
    for prefix, home in PREFIXES:
        if path.startswith(prefix):
            path = home + path.removeprefix(prefix)
    return SYNONYMS.get(path, path) if not path.startswith("tensorflow.") else _tensorflow(path)


def _tensorflow(path: str) -> str:
    """`tf.math.exp` is `tf.exp` and `tf.math.softmax` is `tf.nn.softmax`; `tf.losses` is two modules in one name."""
    module, _, name = path.rpartition(".")
    if module == "tensorflow.losses":
        loss = SYNONYMS.get(f"keras.losses.{name}", f"keras.losses.{name}")
        return loss if loss.rpartition(".")[2] in KERAS_LOSS_NAMES else f"tensorflow.compat.v1.losses.{name}"
    homes = ("tensorflow", "tensorflow.nn") if module in {"tensorflow", "tensorflow.math", "tensorflow.nn"} else ()
    found = (f"{home}.{name}" for home in homes if f"{home}.{name}" in FUNCTIONS)
    return next(found, path)


def nearest(name: str, known: Iterable[str]) -> str:
    """`; nearest: …` for the known name most like `name`, or nothing where none is like it."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; nearest: {close[0]}" if close else ""


def nearest_function(path: str, known: Collection[str]) -> str:
    """`; nearest: …` for a canonical path: the likest last name, in its own framework and module first.

    How a name is written counts less than which: `torch.bce_loss` is meant for `torch.nn.BCELoss`.
    """
    module, _, last = path.rpartition(".")
    root = path.partition(".")[0]
    at_home = [other for other in known if other.partition(".")[0] == root] or known
    by_name: dict[str, list[str]] = {}
    for other in sorted(at_home, key=lambda other: (other.rpartition(".")[0] != module, len(other), other)):
        by_name.setdefault(_bare(other.rpartition(".")[2]), []).append(other)
    close = difflib.get_close_matches(_bare(last), by_name, n=5)
    if not close:
        return "" if at_home is known else nearest_function(last, known)
    likest = max((other for name in close for other in by_name[name]), key=lambda other: _likeness(path, other))
    return f"; nearest: {likest}"


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _likeness(path: str, other: str) -> float:
    """How alike the last names are, whichever way they are written, and as they are; one module is half a reason."""
    (module, _, name), (home, _, called) = path.rpartition("."), other.rpartition(".")
    bare = difflib.SequenceMatcher(None, _bare(name), _bare(called)).ratio()
    return 2 * bare + difflib.SequenceMatcher(None, name, called).ratio() + (module == home) / 2


def framework_of(tree: Node) -> str:
    """The adapter that a tree is for: torch, tensorflow, keras, jax, sklearn, onnx or numpy.

    A framework wins over NumPy and SciPy, which help everywhere; Keras wins over the TensorFlow it runs on. Where no
    function is named, a method that only tensors have means torch, and everything else is NumPy.

    Raises:
        CaseError: `mixed-frameworks`, where two frameworks meet whose arrays are not each other's.
    """
    named = _named(tree)
    adapters = _adapters(named)
    if len(adapters) > 1:
        raise _mixed(sorted(named), adapters)
    return adapters.pop() if adapters else _of_no_function(tree, named)


@lru_cache(maxsize=4096)
def arrays_of(tree: Node) -> str:
    """The framework whose arrays a tree is about, as `framework_of` has it; of several, as if none were named."""
    named = _named(tree)
    adapters = _adapters(named)
    return adapters.pop() if len(adapters) == 1 else _of_no_function(tree, named)


def _named(tree: Node) -> set[str]:
    nodes = (node for node in walk(tree) if isinstance(node, Call | Constant))
    return {node.function if isinstance(node, Call) else node.path for node in nodes}


def _adapters(named: Iterable[str]) -> set[str]:
    found = {_ADAPTERS[root] for path in named if (root := path.partition(".")[0]) in _ADAPTERS}
    return found - {"tensorflow"} if "keras" in found else found


def _of_no_function(tree: Node, named: Iterable[str]) -> str:
    helped = any(path.partition(".")[0] in _HELPERS for path in named)
    return "numpy" if helped or not any(map(_is_torch_method, walk(tree))) else "torch"


def _is_torch_method(node: Node) -> bool:
    if isinstance(node, Attribute):
        return node.name in _TORCH_ATTRIBUTES
    if not isinstance(node, Method):
        return False
    told = node.name in TORCH_METHODS or any(name in _TORCH_ARGUMENTS for name, _ in node.kwargs)
    return told or (node.name in _TORCH_CALLS and _TORCH_CALLS[node.name](node.args))


def _has_lengths(args: tuple[Node, ...]) -> bool:
    return any(not isinstance(arg, Constant) and not isinstance(getattr(arg, "value", None), str) for arg in args)


def _is_no_permutation(args: tuple[Node, ...]) -> bool:
    axes = [getattr(arg, "value", None) for arg in args]
    return len(axes) == 2 and any(isinstance(axis, int) and not -2 <= axis < 2 for axis in axes)  # noqa: PLR2004


# Methods that NumPy has as well, and how torch's are told from them: NumPy views as a dtype and flattens in an order,
# its transpose names every axis, its repeat takes a count and an axis, and its sort returns nothing.
_TORCH_CALLS: Mapping[str, Callable[[tuple[Node, ...]], bool]] = {
    "view": _has_lengths,
    "flatten": _has_lengths,
    "transpose": _is_no_permutation,
    "repeat": lambda args: len(args) > 2,  # noqa: PLR2004
    "sort": lambda _: True,
}


def _mixed(named: list[str], adapters: Collection[str]) -> CaseError:
    guilty = [path for path in named if _ADAPTERS.get(path.partition(".")[0]) in adapters]
    message = f"{' and '.join(sorted(adapters))} in one expression ({', '.join(guilty)}); write one side for each"
    return CaseError("mixed-frameworks", message)
