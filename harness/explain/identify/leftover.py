"""Choices that no answer of a black box depends on."""

from __future__ import annotations

from harness.explain.identify.asking import Asker
from harness.explain.identify.floors import KEPT_OFF
from harness.semantics import Semantics

OTHER_TARGETS = "target: values other than 0 and 1"


def undetermined(asker: Asker, semantics: Semantics, kind: str) -> tuple[str, ...]:
    """`stage.field` of the choices that could be made otherwise without a difference on inputs like the user's."""
    frame = asker.frame
    found = []
    if frame.count == 1 and semantics.reduction.batch != "none" and semantics.reduction.classes != "flat":
        found.append("reduction.batch")
    if semantics.guard.renormalise and kind == "simplex" and frame.kind == "one-hot":
        found.append("guard.renormalise")
    kept_off = {(name, KEPT_OFF) for name in ("epsilon", "smooth")}
    if frame.dtype != "float64" and any(kept_off & {*part.term.parameters} for part in (semantics, *semantics.plus)):
        found.append("guard.floor: how small it is")
    if not asker.oracle.slopes:
        found.append("gradient")
    if kind != frame.kind or frame.kind == "index":
        return tuple(found)
    if kind in ("one-hot", "binary"):
        found.append(OTHER_TARGETS)
    return tuple(found)
