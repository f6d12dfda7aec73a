"""A formula written out by hand, recognised by what it computes.

The expression is asked through the harness's own reading of it, so that no framework is needed: which input is the
target is tried in the order of how such inputs are called, and the answer is the point that was confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from harness.errors import CaseError
from harness.explain.identify import Answer, Ask, Identification, identify
from harness.explain.standing import PLAIN
from harness.explain.written import as_written
from harness.expression import inputs_of
from harness.records import InputArray, Raised
from harness.semantics import Semantics, Smoothing
from harness.syntax import Input, Node
from harness.trees import substitute

TARGET_NAMES = ("target", "targets", "label", "labels", "y", "y_true", "t", "q", "one_hot")
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
    for target in _targets(specimen, prediction):
        names = _by_role(specimen, prediction, target)
        asked = substitute(node, {name: Input(role) for name, role in names.items()})
        renamed = {names[name]: array for name, array in specimen.items()}
        found = identify(ask_of(asked, dtype, None), renamed, dtype="float64", slope=ask_of(asked, dtype, "prediction"))
        if found.semantics is not None:
            return replace(found, semantics=with_names(found.semantics, {role: name for name, role in names.items()}))
    return found


def _by_role(specimen: Mapping[str, InputArray], prediction: str, target: str) -> dict[str, str]:
    """Each input's name to the one it is asked under: the two roles by theirs, and what had those names by another."""
    roles = {prediction: "prediction", target: "target"}
    free = {name: f"{name}_input" if name in ("prediction", "target") else name for name in specimen}
    return free | roles


def with_names(semantics: Semantics, names: Mapping[str, str]) -> Semantics:
    """`semantics` with every input in its trees renamed."""
    mapping: dict[str, Node] = {old: Input(new) for old, new in names.items()}

    def renamed(value: Any) -> Any:  # noqa: ANN401  a convention may be of any type
        if isinstance(value, tuple):
            return tuple(renamed(part) for part in value)
        if isinstance(value, Semantics | Smoothing) or type(value).__module__ == Semantics.__module__:
            return replace(value, **{f.name: renamed(getattr(value, f.name)) for f in fields(value)})
        return substitute(value, mapping) if isinstance(value, Node) else value

    return renamed(semantics)  # type: ignore[no-any-return]


def _targets(specimen: Mapping[str, InputArray], prediction: str) -> Iterator[str]:
    others = [name for name in specimen if name != prediction]
    yield from sorted(
        others, key=lambda name: TARGET_NAMES.index(name.lower()) if name.lower() in TARGET_NAMES else len(TARGET_NAMES)
    )


def ask_of(node: Node, dtype: str, wrt: str | None) -> Ask:
    """The expression as a black box: inputs to its value, and its gradient by `wrt` if there is one."""

    def ask(inputs: Mapping[str, np.ndarray]) -> Answer | Raised:
        try:
            out = as_written(node, inputs, PLAIN, dtype, wrt)
        except _FAILURES as error:
            return Raised(type(error).__name__, str(error))
        return Answer(np.asarray(out.value), None if out.gradient is None else np.asarray(out.gradient))

    return ask
