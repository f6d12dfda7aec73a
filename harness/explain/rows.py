"""One number per sequence, on the way to a mean of means: token means and sequence means of a batch of sequences.

While an expression is being read, `reduction.batch` may be "rows-sum" or "rows-mean": a sum or mean over the positions
of each sequence, which what is written behind it turns into a point of the space.
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import CaseError
from harness.explain.facts import Facts
from harness.explain.named import operation
from harness.semantics import Semantics, Weight, with_choice
from harness.syntax import Index, Literal, Node, Slice

ROWS = frozenset({"rows-sum", "rows-mean"})


def laid_out(s: Semantics, shape: tuple[int, ...], facts: Facts) -> Semantics | None:
    """Losses of positions that were merged for the call, laid out in `shape` again: those of the arrays before."""
    x, t = _before_merging(s.layout.prediction), _before_merging(s.target.source)
    if s.reduction.batch != "none" or s.reduction.classes == "flat" or s.layout.class_axis not in (-1, 1):
        return None
    if (
        x is None
        or t is None
        or (s.weight.sample, s.weight.mask if isinstance(s.weight.mask, Node) else None) != (None, None)
    ):
        return None
    classes = facts.shape(s.layout.prediction)[-1:]
    labels = shape if s.target.encoding == "index" else shape + classes
    if (facts.shape(x), facts.shape(t), len(facts.shape(s.layout.prediction))) != (shape + classes, labels, 2):
        return None
    return replace(s, layout=replace(s.layout, prediction=x, class_axis=-1), target=replace(s.target, source=t))


def crossed(s: Semantics, loss: Node, weight: Node, facts: Facts) -> Semantics | None:
    """A column of losses times a row of weights: every loss with every weight."""
    try:
        column, row = facts.shape(loss), facts.shape(weight)
    except CaseError:
        return None  # A loss stands inside, whose shape the tree alone does not tell.
    samples = facts.shape(s.layout.prediction)[:1]
    alone = s.reduction.batch == "none" and s.target.encoding == "index" and s.weight == Weight()
    if not alone or len(samples) != 1 or samples[0] == 1 or (column, row) != ((*samples, 1), samples):
        return None
    told = with_choice(s, "weight", sample=Index(weight, (Slice(None, None, None), Literal(None))))
    return with_choice(told, "layout", broadcast="expanded")


def _before_merging(node: Node) -> Node | None:
    found = operation(node)
    return found[1][0] if found is not None and found[0] in ("reshape", "flatten") and found[1] else None


def rows_of(s: Semantics, how: str, rows: int) -> Semantics:
    """The unreduced loss (samples, positions) summed or averaged over its positions."""
    return with_choice(s, "reduction", batch=f"rows-{how}", microbatches=(1,) * rows, denominator="elements")


def by_rows(s: Semantics, denominator: str) -> Semantics:
    """Each sequence's sum divided by what the sequence counts."""
    return with_choice(s, "reduction", batch="rows-mean", denominator=denominator)


def over_rows(s: Semantics, how: str) -> Semantics | None:
    """Sum or mean over the sequences: a mean of means, or what the two steps are together."""
    match s.reduction.batch, how:
        case "rows-mean", "mean":
            return with_choice(s, "reduction", batch="mean")
        case "rows-sum", "mean":
            return with_choice(s, "reduction", batch="mean", denominator="samples", microbatches=None)
        case "rows-sum", "sum":
            return with_choice(s, "reduction", batch="sum", microbatches=None)
        case _:
            return None
