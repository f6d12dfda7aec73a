"""What is left out, told as a mask, as weights of 0 and 1, as a label to be ignored, or as rows that were selected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explain.masks import bare, ignored_label
from harness.explain.named import number, operation
from harness.explain.tellings.ground import Ground
from harness.semantics import Semantics, with_choice
from harness.syntax import Index, Node, Unary

# What a mean counts, where weights of 0 and 1 are told as a mask, and the reverse.
_AS_KEPT = {"weights": "kept", "nonzero-weights": "kept", "weights-unbroadcast": "kept"}
EVERYTHING = frozenset({"elements", "kept"})
_AS_WEIGHTS = {"kept": "weights"}


def as_mask(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Sample weights that are all 0 or 1, beside a label to be ignored that no target is."""
    weights = s.weight.sample
    if not isinstance(weights, Node) or isinstance(s.weight.mask, Node):
        return
    array = ground.array(weights)
    if array is None or not np.isin(array, (0, 1)).all():
        return
    told = replace(s, weight=replace(s.weight, sample=None, mask=bare(weights)))
    yield with_choice(told, "reduction", denominator=_AS_KEPT.get(s.reduction.denominator, s.reduction.denominator))


def counting_alike(s: Semantics, _ground: Ground, other: Semantics) -> Iterator[Semantics]:
    """Where nothing is weighted or left out, what is kept is everything: told as on the other side."""
    w = s.weight
    alone = (w.sample, w.mask, w.klass) == (None, None, None)
    if alone and s.reduction.denominator in EVERYTHING and other.reduction.denominator in EVERYTHING:
        yield with_choice(s, "reduction", denominator=other.reduction.denominator)


def as_weights(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """A mask that is a tree."""
    mask = s.weight.mask
    if not isinstance(mask, Node) or s.weight.sample is not None:
        return
    told = replace(s, weight=replace(s.weight, mask=None, sample=mask))
    yield with_choice(told, "reduction", denominator=_AS_WEIGHTS.get(s.reduction.denominator, s.reduction.denominator))


def as_label(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """A mask that leaves out one label."""
    mask = s.weight.mask
    label = ignored_label(mask, s.target.source) if isinstance(mask, Node) else None
    if label is not None and s.target.encoding == "index":
        yield replace(s, weight=replace(s.weight, mask=label))


def without_planted_label(s: Semantics, _ground: Ground) -> Iterator[Semantics]:
    """Labels that were overwritten with the one that is ignored: y, and a mask of where that was not done."""
    label, found = s.weight.mask, operation(s.target.source)
    if not isinstance(label, int | float) or found is None or len(found[1]) != 3:  # noqa: PLR2004
        return
    name, (first, second, third), _ = found
    ways = {"masked_fill": ((first, second, third),), "where": ((third, first, second), (second, first, third))}
    for i, (labels, where, planted) in enumerate(ways.get(name, ())):
        if number(planted) == label:
            kept: Node = where if name == "where" and i == 1 else Unary("~", where)
            yield replace(s, target=replace(s.target, source=labels), weight=replace(s.weight, mask=kept))


def without_clamped_labels(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """Labels that were clamped to the first class where they are left out: y, and the label that is ignored."""
    found = operation(s.target.source)
    if found is None or found[0] not in ("clip", "clamp_min", "maximum", "relu") or s.target.encoding != "index":
        return
    labels = ground.array(found[1][0])
    below = np.unique(labels[labels < 0]) if labels is not None else np.zeros(0)
    if below.size == 1:
        target = replace(s.target, source=found[1][0])
        yield replace(s, target=target, weight=replace(s.weight, mask=float(below[0])))


def unselected(s: Semantics, ground: Ground) -> Iterator[Semantics]:
    """`x[m]` against `y[m]`: x against y, and m left to count."""
    x, y = s.layout.prediction, s.target.source
    if s.weight.mask is not None and not isinstance(s.weight.mask, int | float):
        return
    match x, y:
        case Index(whole, (mask,)), Index(labels, (same,)) if mask == same:
            array = ground.array(mask)
        case _:
            return
    if array is None or array.dtype != bool or s.weight.sample is not None or s.layout.class_axis not in (None, -1, 1):
        return
    axis = None if s.layout.class_axis is None else -1
    label = ignored_label(mask, labels) if s.target.encoding == "index" else None
    told = replace(
        s,
        layout=replace(s.layout, prediction=whole, class_axis=axis),
        target=replace(s.target, source=labels),
        weight=replace(s.weight, mask=mask if label is None else label),
    )
    counted = {"elements": "kept"}.get(s.reduction.denominator, s.reduction.denominator)
    yield with_choice(told, "reduction", denominator=counted)
