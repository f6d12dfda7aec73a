"""One number per sequence, on the way to a mean of means: token means and sequence means of a batch of sequences.

While an expression is being read, `reduction.batch` may be "rows-sum" or "rows-mean": a sum or mean over the positions
of each sequence, which what is written behind it turns into a point of the space.
"""

from harness.semantics import Semantics, with_choice

ROWS = frozenset({"rows-sum", "rows-mean"})


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
