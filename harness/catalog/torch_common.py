"""What the losses of torch have in common: how they reduce, broadcast, and find the axis of the classes."""

from harness.catalog.api import Arguments, from_end
from harness.semantics import Layout, Reduction


def reduction_name(a: Arguments) -> str:
    """The reduction asked for; `size_average` and `reduce`, deprecated, override `reduction` without a word."""
    average, reduce = a.plain("size_average"), a.plain("reduce")
    if average is None and reduce is None:
        return str(a.plain("reduction"))
    if reduce is not None and not reduce:
        return "none"
    return "mean" if average is None or average else "sum"


def flat(a: Arguments, denominator: str = "elements") -> Reduction:
    """An elementwise loss, reduced over everything at once."""
    return Reduction(batch=reduction_name(a), denominator=denominator)


def elementwise(a: Arguments) -> Layout:
    """Prediction against target, element by element; different shapes grow each other."""
    same = a.shape("input") == a.shape("target")
    return Layout(prediction=a.node("input"), broadcast="aligned" if same else "expanded")


def classes_of(a: Arguments) -> Layout:
    """Classes along axis 1, or along the only axis of a prediction without a batch."""
    return Layout(prediction=a.node("input"), class_axis=from_end(1, len(a.shape("input"))))


def index_target(a: Arguments) -> bool:
    """Whether the target holds class indices: torch decides it by the shapes."""
    return a.shape("target") != a.shape("input")
