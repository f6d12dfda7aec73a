"""What an input beside prediction and target does: it weights, it leaves out, it is one of the loss's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, case_of, first_unfit, fits
from harness.explain.identify.kept_from_zero import kept_from_zero
from harness.explain.identify.samples import Source
from harness.explain.identify.variances import as_variance
from harness.records import Array
from harness.reference.arithmetic import quantise
from harness.semantics import Semantics, Smoothing, Value, with_choice
from harness.syntax import Binary, Constant, Index, Input, Literal, Node, Slice

DENOMINATORS = ("elements", "weights", "kept", "samples", "nonzero-weights", "weights-unbroadcast")
KEPT = ("elements", "kept")  # What a mask's mean counts, before anything rarer.
ZEROS = ("nan", "zero")
LEAST = ((1.0, 0.1), (1e-6, 1e-9))  # Sums of weights below which a divisor may be kept, and sums to tell that by.
EACH_SAMPLE = (1,)  # Parts of one sample: the mean of the samples' own means.


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """What one input does.

    Attributes:
        semantics: The point with it; None if it does nothing that the space has.
        refuting: Inputs on which the point without it is wrong, where there is none with it.
        marks: Whether it is only known for values of 0 and 1.
        least: How large its sum has to be, as far as known.
    """

    semantics: Semantics | None
    refuting: Inputs | None = None
    marks: bool = False
    least: float = 0.0


def role_of(asker: Asker, s: Semantics, name: str, source: Source) -> Role:
    """What the input `name` does, with all others neutral.

    An array of 0 and 1 may be a mask or weights that happen to be these: other numbers tell, if the loss takes them.
    """
    given, dtype = np.asarray(asker.frame.given[name]), asker.frame.dtype
    marked, numbers = _cases(asker, name, given, source)
    if fits(s, [*marked, *numbers], dtype):
        return Role(s)
    options = list(_roles(s, name, given, asker))
    rarer = _kept_from_zero(s, name, given, asker, source)
    found = next((option for option in chain(options, rarer) if fits(option, [*numbers, *marked], dtype)), None)
    if found is not None:
        return Role(found, least=_least(asker, s, found, name, source))
    found = next((option for option in options if marked and fits(option, marked, dtype)), None)
    refuting = first_unfit(s, [*marked, *numbers], dtype) if found is None else None
    return Role(found, refuting, marks=found is not None and bool(numbers))


def _cases(asker: Asker, name: str, given: Array, source: Source) -> tuple[list[Case], list[Case]]:
    """Cases in which it is 0 and 1, if it is so where it was given; and others, if it may be any numbers."""
    ways: list[list[Case]] = []
    for marks, seeds, wanted in ((True, (21, 22), is_marks(given)), (False, (23, 24), given.dtype.kind == "f")):
        moved = ({**asker.extras, name: moved_as(given, seed, asker.frame.dtype, marks=marks)} for seed in seeds)
        used = wanted or (not marks and not is_marks(given))
        ways.append([case_of(asker, extras, source, i) for i, extras in zip(seeds, moved, strict=True)] if used else [])
    return ways[0], ways[1]


def _least(asker: Asker, s: Semantics, found: Semantics, name: str, source: Source) -> float:
    """Below which sum of the weights another number is divided by; 0.0 if none shows."""
    given = np.asarray(asker.frame.given[name])
    if given.dtype.kind != "f" or found.weight == s.weight or s.reduction.batch != "mean":
        return 0.0
    for least, scale in LEAST:
        light = quantise(moved_as(given, 25, asker.frame.dtype, marks=False) * (scale / given.size), asker.frame.dtype)
        if not fits(found, [case_of(asker, {**asker.extras, name: light}, source, 25)], asker.frame.dtype):
            return least
    return 0.0


def is_marks(given: Array) -> bool:
    """Whether an array holds nothing but 0 and 1, so that it may say what counts."""
    return given.size > 1 and bool(np.isin(given, (0.0, 1.0)).all())


def moved_as(given: Array, seed: int, dtype: str, *, marks: bool) -> Array:
    """Other values in the form of `given`."""
    rng = np.random.default_rng(seed)
    if given.size == 1:
        value = given * rng.uniform(0.6, 1.4, given.shape)
        return np.asarray(quantise(value, dtype)) if given.dtype.kind == "f" else np.asarray(given + 1)
    if marks or given.dtype.kind in "iub":
        values = rng.integers(0, 2, given.shape)
        values.reshape(-1)[:2] = (1, 0)[: values.size]
        return values.astype(given.dtype)
    return np.asarray(quantise(rng.uniform(0.3, 2.0, given.shape), dtype))


def _roles(s: Semantics, name: str, given: Array, asker: Asker) -> Iterator[Semantics]:
    """Points in which the input plays a part, likeliest first."""
    yield from as_variance(s, Input(name))
    if given.size == 1:
        yield from _as_number(s, Input(name), float(np.ravel(given)[0]))
    for option in _placed(s, name, given, asker):
        yield from divided(option, asker)


def divided(s: Semantics, asker: Asker) -> Iterator[Semantics]:
    """A point with everything that its mean may count, and with the samples' own means averaged."""
    if s.reduction.batch != "mean":
        yield s
        return
    masked = s.weight.mask is not None
    for denominator in dict.fromkeys((*KEPT, *DENOMINATORS) if masked else DENOMINATORS):
        yield with_reduction(s, denominator=denominator)
    if len(asker.frame.positions) > 1 or s.reduction.classes in ("flat", "none"):
        for denominator in ("kept", "weights") if masked else ("weights", "elements"):
            for zero in ZEROS:
                yield with_reduction(s, denominator=denominator, microbatches=EACH_SAMPLE, zero=zero)


def with_reduction(s: Semantics, **choices: Value | str | tuple[int, ...]) -> Semantics:
    """A point, and what is added to it, with other choices in its reduction."""
    plus = tuple(with_reduction(part, **choices) for part in s.plus)
    return replace(with_choice(s, "reduction", **choices), plus=plus)


def _placed(s: Semantics, name: str, given: Array, asker: Asker) -> Iterator[Semantics]:
    trees = list(_shapes(Input(name), given, asker, s))
    if is_marks(given) or given.dtype.kind in "iub":
        for tree in trees:
            yield _weight(s, mask=tree)
            yield _weight(s, mask=Binary("==", tree, Literal(0)))
    per_class = given.size == asker.frame.classes and asker.frame.classes > 1
    if per_class and s.layout.class_axis is not None:
        for where in ("target", "terms"):
            yield _weight(s, klass=Input(name), klass_in=where)
    for tree in trees:
        yield _weight(s, sample=tree)
    if s.term.sides == "two":
        for tree in trees:
            yield _weight(s, positive=tree)
            yield _weight(s, balance=tree)
    if per_class:
        yield _weight(s, klass=Input(name), klass_in="terms")


def _kept_from_zero(s: Semantics, name: str, given: Array, asker: Asker, source: Source) -> Iterator[Semantics]:
    for tree in _shapes(Input(name), given, asker, s):
        yield from kept_from_zero(asker, s, name, tree, source)


def _weight(s: Semantics, **choices: Value | str) -> Semantics:
    plus = tuple(_weight(part, **choices) for part in s.plus)
    return replace(with_choice(s, "weight", **choices), plus=plus)


def _shapes(tree: Node, given: Array, asker: Asker, s: Semantics) -> Iterator[Node]:
    yield tree
    ndim = len(asker.frame.shape) - (0 if s.reduction.classes in ("flat", "none") else 1)
    if 0 < given.ndim < ndim:
        yield Index(tree, (*[Slice()] * given.ndim, *[Constant("numpy.newaxis")] * (ndim - given.ndim)))


# Where a number that is an input may stand: stage and field, or the name of a parameter of the term.
NUMBERS = (
    ("activation", "temperature"), ("modulation", "focal"), ("modulation", "poly"), ("modulation", "z_loss"),
    ("weight", "positive"), ("weight", "balance"), ("scale", "constant"), ("scale", "offset"),
)  # fmt: skip


def _as_number(s: Semantics, tree: Node, given: float) -> Iterator[Semantics]:
    """`s` with `tree` in the place of a number that is its value now, or a simple function of it; in one or two places."""
    once = list(_in_one_place(s, tree, given))
    yield from once
    for changed in once:
        yield from _in_one_place(changed, tree, given)


def _in_one_place(s: Semantics, tree: Node, given: float) -> Iterator[Semantics]:
    for stage, name in NUMBERS:
        value = getattr(getattr(s, stage), name)
        if isinstance(value, int | float):
            for node in _functions(tree, given, float(value)):
                yield with_choice(s, stage, **{name: node})
    smoothing = s.target.smoothing
    if smoothing is not None and isinstance(smoothing.amount, float):
        for node in _functions(tree, given, smoothing.amount):
            yield with_choice(s, "target", smoothing=Smoothing(smoothing.kind, node))
    for i, (name, value) in enumerate(s.term.parameters):
        if isinstance(value, int | float):
            for node in _functions(tree, given, float(value)):
                changed = (*s.term.parameters[:i], (name, node), *s.term.parameters[i + 1 :])
                yield with_choice(s, "term", parameters=changed)
    for i, part in enumerate(s.plus):
        for other in _in_one_place(part, tree, given):
            yield replace(s, plus=(*s.plus[:i], other, *s.plus[i + 1 :]))


def _functions(tree: Node, given: float, value: float) -> Iterator[Node]:
    """Simple functions of an input whose value now is `given`, that have the value `value`."""
    if given == value:
        yield tree
    if given * given == value and given not in (0.0, 1.0):
        yield Binary("*", tree, tree)
    if 1.0 - given == value:
        yield Binary("-", Literal(1.0), tree)
    if given and value == 1.0 / given:
        yield Binary("/", Literal(1.0), tree)
    if given and value not in (0.0, 1.0) and value != given:
        yield Binary("*", Literal(value / given), tree)
