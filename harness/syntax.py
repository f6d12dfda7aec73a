"""The syntax tree of one side: data that has been checked against the allow-list, and nothing that can run.

Every function is spelled by its canonical path (`torch.nn.functional.cross_entropy`, never `F.cross_entropy`), so
that two spellings of one expression are one tree. Trees are hashable and compare by value.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string such as a reduction's name, True, False, None or an infinite or nan float."""

    value: float | int | bool | str | None


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the case, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A named constant of a framework: `torch.float32`, `numpy.newaxis`, `numpy.pi`; also a function named uncalled."""

    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an allow-listed function or class by its canonical path."""

    function: str
    args: tuple["Node", ...] = ()
    kwargs: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True)
class Apply:
    """The call of a called thing: `torch.nn.BCELoss()(x, y)` applies the loss object that the inner call makes."""

    function: "Node"
    args: tuple["Node", ...] = ()
    kwargs: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A method call on a value: `x.sum(-1)`, `x.log()`."""

    value: "Node"
    name: str
    args: tuple["Node", ...] = ()
    kwargs: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of a value: `.T`, `.shape`, `.size`."""

    value: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `~x`, `not x`; `op` is the Python spelling."""

    op: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, a comparison or a bitwise operation of two values; `op` is the Python spelling."""

    op: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop:step` inside an index; a part left out is None."""

    start: "Node | None" = None
    stop: "Node | None" = None
    step: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Ellipsis_:  # noqa: N801  Ellipsis is a name of Python's own
    """`...` inside an index."""


@dataclass(frozen=True, slots=True)
class Index:
    """`value[items]`; more than one item is a tuple index."""

    value: "Node"
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list or tuple of values; `kind` is "list" or "tuple"."""

    items: tuple["Node", ...]
    kind: str = field(default="list")


Node = (
    Literal
    | Input
    | Constant
    | Call
    | Apply
    | Method
    | Attribute
    | Unary
    | Binary
    | Slice
    | Ellipsis_
    | Index
    | Sequence
)
