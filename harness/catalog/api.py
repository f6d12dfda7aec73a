"""How a catalog entry is written: an `Api` names a call, its parameters and roles, and declares its Semantics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.errors import CaseError
from harness.naming import nearest
from harness.semantics import Semantics, Value
from harness.syntax import Apply, Call, Literal, Node


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of an argument before anything runs: its shape, and whether all its values are integers."""

    shape: tuple[int, ...]
    integral: bool


Describe = Callable[[Node], Described]
Plain = float | int | bool | str | None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, bound to parameter names; those left out have their defaults.

    `inner` declares a loss that is itself an argument: (its point,), or None for what is no call of a catalog loss.
    """

    nodes: Mapping[str, Node]
    defaults: Mapping[str, Plain]
    describe: Describe
    dtype: str
    where: str = ""
    inner: Callable[[Node], tuple[Semantics | None] | None] = lambda _node: None

    def given(self, name: str) -> bool:
        """Whether the parameter was passed and is not None."""
        return name in self.nodes and self.nodes[name] != Literal(None)

    def node(self, name: str) -> Node:
        """The tree passed for a parameter that must be there.

        Raises:
            CaseError: `missing-argument`.
        """
        if name not in self.nodes:
            raise CaseError("missing-argument", f"{self.where} needs the argument {name!r}")
        return self.nodes[name]

    def value(self, name: str) -> Value:
        """A number or tree: literals as floats, everything else symbolic."""
        node = self.nodes.get(name, Literal(self.defaults.get(name)))
        if isinstance(node, Literal) and isinstance(node.value, int | float):
            return float(node.value)
        return node

    def optional(self, name: str) -> Value | None:
        """Like `value`, and None where the parameter is None or was left out with that default."""
        value = self.value(name)
        return None if value == Literal(None) else value

    def plain(self, name: str) -> Plain:
        """A literal such as a reduction's name or a flag.

        Raises:
            CaseError: `not-literal`, if the argument is an expression.
        """
        node = self.nodes.get(name, Literal(self.defaults.get(name)))
        if isinstance(node, Literal):
            return node.value
        raise CaseError("not-literal", f"{self.where}: {name!r} must be a literal here, not an expression")

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of the array passed for a parameter."""
        return self.describe(self.node(name)).shape

    def integral(self, name: str) -> bool:
        """Whether the array passed for a parameter holds integers only."""
        return self.describe(self.node(name)).integral


@dataclass(frozen=True, slots=True)
class Api:
    """One loss call of one framework.

    Attributes:
        path: Canonical dotted path.
        framework: Adapter name.
        parameters: Positional order of the function's, or of the constructor's, parameters.
        roles: Parameter that plays each role: "prediction", "target", "sample_weight", ….
        declare: Arguments to Semantics; None where the call is no point of the space.
        defaults: Literal defaults of parameters; a parameter with none is required.
        call: For a loss class: parameter order of the call of the made object; empty for a function.
        index_target: "never", "always", or "by-shape" (indices where the target has an axis fewer than the prediction).
        family: Folder name for lists and filters: "binary", "categorical", "regression", ….
    """

    path: str
    framework: str
    parameters: tuple[str, ...]
    roles: Mapping[str, str]
    declare: Callable[[Arguments], Semantics | None]
    defaults: Mapping[str, Plain] = field(default_factory=dict)
    call: tuple[str, ...] = ()
    index_target: str = "never"
    family: str = ""


def from_end(axis: int, ndim: int) -> int:
    """`axis` of an array of `ndim` axes counted from the end, so that one axis has one name; the only axis is −1."""
    return axis % ndim - ndim if ndim > 1 else -1


def bind(api: Api, node: Call | Apply) -> dict[str, Node]:
    """Arguments by parameter name, of the constructor and of the call together.

    Raises:
        CaseError: `unknown-argument`, for too many arguments or a name the API does not have.
    """
    if isinstance(node, Apply):
        assert isinstance(node.function, Call)
        return _bound(api, api.parameters, node.function) | _bound(api, api.call, node)
    return _bound(api, api.parameters, node)


def _bound(api: Api, names: tuple[str, ...], node: Call | Apply) -> dict[str, Node]:
    if len(node.args) > len(names):
        message = f"{api.path} takes at most {len(names)} positional arguments, {len(node.args)} given"
        raise CaseError("unknown-argument", message)
    bound = dict(zip(names, node.args, strict=False))
    for name, value in node.kwargs:
        if name not in names:
            message = f"{api.path} has no argument {name!r}{nearest(name, names)}; it has {', '.join(names)}"
            raise CaseError("unknown-argument", message)
        bound[name] = value
    return bound
