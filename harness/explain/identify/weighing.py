"""Stages `weight` and `reduction`: what distinct rows and the further inputs show once alike rows are understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, case_of, first_unfit, fits
from harness.explain.identify.class_weights import Measured
from harness.explain.identify.covering import UNSEEN, Covering
from harness.explain.identify.kept_from_zero import kept_from_zero
from harness.explain.identify.roles import DENOMINATORS, ZEROS, divided, moved_as, role_of, with_reduction
from harness.explain.identify.samples import Source
from harness.explain.identify.story import noted
from harness.explain.identify.tuning import Path
from harness.explain.identify.uneven import uneven
from harness.explain.identify.variances import with_floor
from harness.semantics import Semantics, with_choice
from harness.syntax import Node

SEEDS = (11, 12)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A point of the whole loss, or inputs that refute all that was tried.

    `marks` are inputs known at 0 and 1 alone, `open` the choices that stay open, `errors` how far measured weights may be
    off.
    """

    semantics: Semantics | None
    refuting: Inputs | None = None
    marks: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    errors: Mapping[Path, float] = field(default_factory=dict)


def alike(asker: Asker, semantics: Semantics, source: Source) -> bool:
    """Whether a point that holds for rows that are all alike holds for distinct ones."""
    return fits(semantics, [case_of(asker, asker.extras, source, seed) for seed in SEEDS], asker.frame.dtype)


def weighed(asker: Asker, semantics: Semantics, source: Source) -> Weighed:
    """`semantics`, which holds for rows that are all alike, with what distinct rows and the further inputs show."""
    frame = asker.frame
    cases = [case_of(asker, asker.extras, source, seed) for seed in SEEDS]
    errors: Mapping[Path, float] = {}
    semantics = _broadcast(asker, semantics, cases)
    if not fits(semantics, cases, frame.dtype):
        masked = _masked(asker, semantics, cases)
        found = uneven(asker, semantics, cases, source) if masked is None else Measured(masked)
        if found is None:
            return Weighed(None, first_unfit(semantics, cases, frame.dtype))
        semantics, errors = found.semantics, found.errors
    covering = Covering(asker, semantics, source)
    if covering.semantics is None:
        return Weighed(None, covering.refuting)
    semantics, errors = covering.semantics, {**errors, **covering.errors}
    noted(asker.oracle, "distinct rows", semantics, "reduction", "weight")
    marks: list[str] = []
    small: list[str] = []
    for name in frame.extras:
        role = role_of(asker, semantics, name, source)
        if role.semantics is None:
            return Weighed(None, role.refuting)
        semantics = role.semantics
        noted(asker.oracle, f"the input {name} at other values", semantics, "weight", "reduction", only=name)
        marks += [name] if role.marks else []
        small += [f"reduction: sums of {name} below {role.least:g}"] if role.least else []
    together = _together(asker, semantics, source)
    if isinstance(together, Weighed):
        return together
    rest = (
        *((UNSEEN,) if covering.unseen else ()),
        *(f"weight: values of {name} other than 0 and 1" for name in marks),
        *small,
    )
    whole = with_floor(asker, _of_nothing(asker, together, source), source)
    return Weighed(whole, None, tuple(marks), rest, errors)


def _broadcast(asker: Asker, s: Semantics, cases: list[Case]) -> Semantics:
    """A point that holds every prediction against every target, where shapes are apart and the answers say so."""
    given = asker.frame.given
    if given[asker.frame.prediction].shape == given[asker.frame.target].shape or asker.frame.kind == "index":
        return s
    expanded = replace(
        with_choice(s, "layout", broadcast="expanded"),
        plus=tuple(with_choice(part, "layout", broadcast="expanded") for part in s.plus),
    )
    return next((option for option in (s, expanded) if fits(option, cases, asker.frame.dtype)), s)


def _masked(asker: Asker, s: Semantics, cases: list[Case]) -> Semantics | None:
    """A point that leaves a label out, with what its mean counts."""
    if s.weight.mask is None:
        return None
    return next((option for option in divided(s, asker) if fits(option, cases, asker.frame.dtype)), None)


def _of_nothing(asker: Asker, s: Semantics, source: Source) -> Semantics:
    """`s` with what the black box gives where the weights leave nothing to count."""
    names = [name for name in asker.frame.extras if asker.frame.given[name].size > 1]
    if not names or s.reduction.batch != "mean":
        return s
    nothing = {name: np.zeros_like(asker.frame.given[name]) for name in names}
    cases = [case_of(asker, {**asker.extras, name: nothing[name]}, source, 51) for name in names]
    options = (with_reduction(s, zero=zero) for zero in ZEROS)
    found = next((option for option in options if fits(option, cases, asker.frame.dtype)), s)
    if found.reduction.zero == "zero" and len(names) == 1:
        # A number that is added to the weights' sum makes it 0, too, and may be too small to be seen in a search.
        tree = found.weight.sample if isinstance(found.weight.sample, Node) else found.weight.mask
        bare = with_choice(found, "weight", mask=None, sample=None)
        if isinstance(tree, Node):
            return next(kept_from_zero(asker, bare, names[0], tree, source), found)
    return found


def _together(asker: Asker, s: Semantics, source: Source) -> Semantics | Weighed:
    """With all further inputs moving at once, the denominator that counts them all."""
    names = [name for name in asker.frame.extras if asker.frame.given[name].size > 1]
    if len(names) < 2 or s.reduction.batch != "mean":  # noqa: PLR2004  one was settled alone
        return s
    given = asker.frame.given
    moved = {n: moved_as(np.asarray(given[n]), i, asker.frame.dtype, marks=False) for i, n in enumerate(names)}
    cases = [case_of(asker, {**asker.extras, **moved}, source, seed) for seed in (31, 32)]
    options = (s, *(with_choice(s, "reduction", denominator=d) for d in DENOMINATORS))
    found = next((option for option in options if fits(option, cases, asker.frame.dtype)), None)
    return Weighed(None, first_unfit(s, cases, asker.frame.dtype)) if found is None else found
