"""A formula written out by hand, recognised by what it computes.

The expression is asked through the harness's own reading of it, so that no framework is needed: what is the target
is tried in the order of how such inputs are called, and the answer is the point that was confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any

import numpy as np

from harness.catalog.roles import TARGET_NAMES
from harness.errors import CaseError
from harness.explain.identify import Answer, Ask, Identification, identify
from harness.explain.standing import PLAIN
from harness.explain.written import as_written
from harness.expression import inputs_of
from harness.records import InputArray, Raised
from harness.semantics import Semantics, Smoothing
from harness.syntax import Constant, Input, Literal, Node
from harness.trees import children, rebuild, substitute

ROLES = ("prediction", "target")
HOLE = "·"
MOST_MADE = 2  # Arrays made of inputs that are tried as targets.
# Stages at which a formula is told from another by inputs of no ordinary size.
AT_EDGES = ("guard", "gradient")
_FAILURES = (CaseError, ValueError, IndexError, TypeError, KeyError, ZeroDivisionError)


def recognise(node: Node, inputs: Mapping[str, InputArray], dtype: str, prediction: str) -> Identification:
    """What an expression computes, as a function of the input `prediction`.

    Args:
        node: The expression.
        inputs: The case's inputs: names, shapes and kinds.
        dtype: The dtype whose constants apply.
        prediction: The input that is read as the prediction.

    Returns:
        The identification with the first target under which one succeeds, or the last that did not.
    """
    used = inputs_of(node)
    if prediction not in used:
        return Identification(None, left_at="layout", word=f"does not depend on {prediction!r}")
    specimen = {name: array for name, array in inputs.items() if name in used}
    found = Identification(None, left_at="target", word="has no target")
    for target in _targets(node, specimen, prediction):
        roles = _by_role(node, specimen, prediction, target)
        ask, slope = (ask_of(roles.asked, dtype, wrt) for wrt in (None, "prediction"))
        found = _in_own_words(identify(ask, roles.given, dtype="float64", slope=slope), roles.meant)
        if found.semantics is not None or found.left_at in AT_EDGES:
            return found
    return found


def _in_own_words(found: Identification, meant: Mapping[str, Node]) -> Identification:
    semantics, closest = (None if s is None else with_trees(s, meant) for s in (found.semantics, found.closest))
    return replace(found, semantics=semantics, closest=closest)


@dataclass(frozen=True, slots=True, eq=False)
class _Roles:
    """An expression in terms of `prediction` and `target`: its tree, the inputs to show, and what their names mean."""

    asked: Node
    given: Mapping[str, InputArray]
    meant: Mapping[str, Node]


def _by_role(node: Node, specimen: Mapping[str, InputArray], prediction: str, target: Node | None) -> _Roles:
    """The two roles by their names, and every other input by its own, or another where that is taken."""
    asked = node if target is None else _replaced(node, target, Input(HOLE))
    read = inputs_of(asked)
    names = {name: f"{name}_input" if name in ROLES else name for name in specimen if name in read}
    names[prediction] = "prediction"
    asked = substitute(asked, {name: Input(role) for name, role in names.items()} | {HOLE: Input("target")})
    given = {role: specimen[name] for name, role in names.items()}
    meant: dict[str, Node] = {role: Input(name) for name, role in names.items()}
    if target is not None:
        given["target"] = specimen[target.name] if isinstance(target, Input) else _shown(target, specimen)
        meant["target"] = target
    return _Roles(asked, given, meant)


def _replaced(node: Node, old: Node, new: Node) -> Node:
    return new if node == old else rebuild(node, lambda child: _replaced(child, old, new))


def _shown(node: Node, specimen: Mapping[str, InputArray]) -> InputArray:
    """The numbers of a tree as an input."""
    values = ask_of(node, "float64", None)({name: array.values for name, array in specimen.items()})
    assert isinstance(values, Answer)
    return InputArray(values.value, bool(np.all(values.value == np.round(values.value))))


def with_trees(semantics: Semantics, meant: Mapping[str, Node]) -> Semantics | None:
    """`semantics` with every input in its trees replaced by what its name means; None where a name means nothing."""
    read: set[str] = set()

    def told(value: Any) -> Any:  # noqa: ANN401  a convention may be of any type
        if isinstance(value, tuple):
            return tuple(told(part) for part in value)
        if isinstance(value, Semantics | Smoothing) or type(value).__module__ == Semantics.__module__:
            return replace(value, **{f.name: told(getattr(value, f.name)) for f in fields(value)})
        if not isinstance(value, Node):
            return value
        read.update(inputs_of(value))
        return substitute(value, meant)

    own_words: Semantics = told(semantics)
    return own_words if read <= meant.keys() else None


def _targets(node: Node, specimen: Mapping[str, InputArray], prediction: str) -> Iterator[Node | None]:
    """What may be the target: inputs by their names, then what is made of them, then nothing."""
    others = [name for name in specimen if name != prediction]
    named = [name for name in others if name.lower() in TARGET_NAMES]
    yield from map(Input, sorted(named, key=lambda name: TARGET_NAMES.index(name.lower())))
    yield from map(Input, (name for name in others if name not in named))
    yield from islice(_made(node, specimen, prediction), MOST_MADE)
    if not named:
        yield None


def _made(node: Node, specimen: Mapping[str, InputArray], prediction: str) -> Iterator[Node]:
    """The largest parts that read no prediction and are arrays of more than one number."""
    if isinstance(node, Input | Literal | Constant):
        return
    if prediction not in inputs_of(node):
        asked = ask_of(node, "float64", None)({name: array.values for name, array in specimen.items()})
        if inputs_of(node) and isinstance(asked, Answer) and asked.value.size > 1:
            yield node
        return
    for child in dict.fromkeys(children(node)):
        yield from _made(child, specimen, prediction)


def ask_of(node: Node, dtype: str, wrt: str | None) -> Ask:
    """The expression as a black box: inputs to its value, and its gradient by `wrt` if there is one."""

    def ask(inputs: Mapping[str, np.ndarray]) -> Answer | Raised:
        try:
            out = as_written(node, inputs, PLAIN, dtype, wrt)
        except _FAILURES as error:
            return Raised(type(error).__name__, str(error))
        return Answer(np.asarray(out.value), None if out.gradient is None else np.asarray(out.gradient))

    return ask
