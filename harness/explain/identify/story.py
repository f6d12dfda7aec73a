"""What each question settled, in words: the probes of an identification."""

from __future__ import annotations

from collections.abc import Iterable

from harness.explain.describe import stage_table
from harness.explain.identify.answers import Oracle
from harness.semantics import Semantics
from harness.syntax import Node
from harness.trees import inputs_of

ROW = ("target", "activation", "guard", "term", "modulation", "scale")  # Stages that one row shows.


def noted(oracle: Oracle, asked: str, point: Semantics, *stages: str, only: str = "") -> None:
    """Keep that a question settled these stages of a point; `only` what reads the input of that name."""
    oracle.note(asked, told(point, stages, only))


def told(point: Semantics, stages: Iterable[str] = ROW, only: str = "") -> str:
    """The choices that a point makes in some stages, in words."""
    rows = stage_table(point, point, None)
    wanted = tuple(stages)
    said = [f"{factor}: {choice}" for factor, choice, _ in rows if factor.split(".")[0] in wanted]
    if only:
        said = [f"{factor}: {choice}" for factor, choice, _ in rows if factor in _reading(point, only)]
    return "; ".join(said) or "nothing more"


def _reading(point: Semantics, name: str) -> frozenset[str]:
    """Factors whose choice reads the input, and what the mean counts."""
    found = set()
    for stage in ("activation", "target", "term", "modulation", "weight", "scale"):
        record = getattr(point, stage)
        for field in record.__slots__:
            if _reads(getattr(record, field), name):
                found.add(f"{stage}.{field}".replace("klass", "class"))
    return frozenset({*found, "reduction.denominator", "reduction.microbatches"}) if found else frozenset()


def _reads(value: object, name: str) -> bool:
    if isinstance(value, Node):
        return name in inputs_of(value)
    if isinstance(value, tuple):
        return any(_reads(item, name) for item in value)
    return any(_reads(getattr(value, field), name) for field in getattr(value, "__slots__", ()))
