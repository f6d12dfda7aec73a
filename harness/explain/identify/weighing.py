"""Stages `weight` and `reduction`: what the further inputs do, and what the batch is divided by."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.numbers import short
from harness.explain.identify.outcome import predicted, roughly
from harness.explain.identify.samples import draw
from harness.explain.identify.variances import as_variance, with_floor
from harness.records import Array
from harness.reference.arithmetic import FORMATS, quantise
from harness.semantics import Semantics, Smoothing, Value, with_choice
from harness.syntax import Binary, Call, Constant, Index, Input, Literal, Node, Slice
from harness.syntax import Sequence as SequenceNode

DENOMINATORS = ("elements", "weights", "kept", "samples", "nonzero-weights", "weights-unbroadcast")
KEPT = ("elements", "kept")  # What a mask's mean counts, before anything rarer.
ZEROS = ("nan", "zero")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Inputs and what the black box said to them."""

    inputs: Inputs
    answer: Array | None


def alike(asker: Asker, semantics: Semantics, domain: str, kind: str) -> bool:
    """Whether a point that holds for rows that are all alike holds for distinct ones."""
    return _fits(semantics, [_case(asker, asker.extras, domain, kind, seed) for seed in (11, 12)], asker.frame.dtype)


def weighed(asker: Asker, semantics: Semantics, domain: str, kind: str) -> Semantics | None:
    """`semantics`, which holds for rows that are all alike, with what distinct rows and the further inputs show."""
    frame = asker.frame
    cases = [_case(asker, asker.extras, domain, kind, seed) for seed in (11, 12)]
    if not _fits(semantics, cases, frame.dtype):
        found = _uneven(asker, semantics, cases, domain, kind)
        if found is None:
            return None
        semantics = found
    for name in frame.extras:
        settled = _role(asker, semantics, name, domain, kind)
        if settled is None:
            return None
        semantics = settled
    together = _together(asker, semantics, domain, kind)
    return None if together is None else with_floor(asker, _of_nothing(asker, together, domain, kind), domain, kind)


def _of_nothing(asker: Asker, s: Semantics, domain: str, kind: str) -> Semantics:
    """`s` with what the black box gives where the weights leave nothing to count."""
    names = [name for name in asker.frame.extras if asker.frame.given[name].size > 1]
    if not names or s.reduction.batch != "mean":
        return s
    nothing = {name: np.zeros_like(asker.frame.given[name]) for name in names}
    cases = [_case(asker, {**asker.extras, name: nothing[name]}, domain, kind, 51) for name in names]
    options = (with_choice(s, "reduction", zero=zero) for zero in ZEROS)
    return next((option for option in options if _fits(option, cases, asker.frame.dtype)), s)


def _case(asker: Asker, extras: Inputs, domain: str, kind: str, seed: int) -> Case:
    frame = asker.frame
    inputs = frame.inputs(draw(seed, (frame.count, frame.classes), domain, kind, frame.dtype), extras)
    return Case(inputs, asker.oracle.value(inputs))


def _fits(semantics: Semantics, cases: Sequence[Case], dtype: str) -> bool:
    return all(roughly(semantics, case.inputs, case.answer, dtype) for case in cases)


def _role(asker: Asker, s: Semantics, name: str, domain: str, kind: str) -> Semantics | None:
    """What the input `name` does, with all others neutral."""
    given = np.asarray(asker.frame.given[name])
    cases = [
        _case(asker, {**asker.extras, name: _moved(given, seed, asker.frame.dtype)}, domain, kind, seed)
        for seed in (21, 22)
    ]
    if _fits(s, cases, asker.frame.dtype):
        return s
    return next((option for option in _roles(s, name, given, asker) if _fits(option, cases, asker.frame.dtype)), None)


def _moved(given: Array, seed: int, dtype: str) -> Array:
    rng = np.random.default_rng(seed)
    if given.size == 1:
        value = given * rng.uniform(0.6, 1.4, given.shape)
        return np.asarray(quantise(value, dtype)) if given.dtype.kind == "f" else np.asarray(given + 1)
    if given.dtype.kind in "iub" or np.isin(given, (0.0, 1.0)).all():
        values = rng.integers(0, 2, given.shape)
        values.reshape(-1)[:2] = (1, 0)[: values.size]
        return values.astype(given.dtype)
    return np.asarray(quantise(rng.uniform(0.3, 2.0, given.shape), dtype))


def _roles(s: Semantics, name: str, given: Array, asker: Asker) -> Iterator[Semantics]:
    """Points in which the input plays a part, likeliest first."""
    yield from as_variance(s, Input(name))
    if given.size == 1:
        yield from _as_number(s, Input(name), float(np.ravel(given)[0]))
    masklike = given.dtype.kind in "iub" or np.isin(given, (0.0, 1.0)).all()
    for option in _placed(s, name, given, asker, masklike=bool(masklike)):
        for denominator in (*KEPT, *DENOMINATORS) if option.weight.mask is not None else DENOMINATORS:
            yield with_choice(option, "reduction", denominator=denominator) if s.reduction.batch == "mean" else option
            if s.reduction.batch != "mean":
                break


def _placed(s: Semantics, name: str, given: Array, asker: Asker, *, masklike: bool) -> Iterator[Semantics]:
    trees = list(_shapes(Input(name), given, asker, s))
    if masklike:
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
    """`s` with `tree` in the place of a number that is its value now, or a simple function of it."""
    for stage, field in NUMBERS:
        value = getattr(getattr(s, stage), field)
        if isinstance(value, int | float):
            for node in _functions(tree, given, float(value)):
                yield with_choice(s, stage, **{field: node})
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
        for other in _as_number(part, tree, given):
            yield replace(s, plus=(*s.plus[:i], other, *s.plus[i + 1 :]))


def _functions(tree: Node, given: float, value: float) -> Iterator[Node]:
    if given == value:
        yield tree
    if 1.0 - given == value:
        yield Binary("-", Literal(1.0), tree)
    if given and value == 1.0 / given:
        yield Binary("/", Literal(1.0), tree)
    if given and value not in (0.0, 1.0) and value != given:
        yield Binary("*", Literal(value / given), tree)


def _together(asker: Asker, s: Semantics, domain: str, kind: str) -> Semantics | None:
    """With all further inputs moving at once, the denominator that counts them all."""
    names = [name for name in asker.frame.extras if asker.frame.given[name].size > 1]
    if len(names) < 2 or s.reduction.batch != "mean":  # noqa: PLR2004  one was settled alone
        return s
    moved = {name: _moved(np.asarray(asker.frame.given[name]), i, asker.frame.dtype) for i, name in enumerate(names)}
    cases = [_case(asker, {**asker.extras, **moved}, domain, kind, seed) for seed in (31, 32)]
    options = (s, *(with_choice(s, "reduction", denominator=d) for d in DENOMINATORS))
    return next((option for option in options if _fits(option, cases, asker.frame.dtype)), None)


def _uneven(asker: Asker, s: Semantics, cases: Sequence[Case], domain: str, kind: str) -> Semantics | None:
    """The point whose rows count differently: by what is left out, by class, by micro-batch, or one by one."""
    if s.weight.mask is not None:
        options = (with_choice(s, "reduction", denominator=d) for d in (*KEPT, *DENOMINATORS))
        return next((option for option in options if _fits(option, cases, asker.frame.dtype)), None)
    if asker.form.output == "element" or s.plus or s.scale.offset != 0.0:
        return None
    found = _regressed(asker, s, domain, kind)
    if found is None:
        return None
    factors, fixed = found
    for option in _explanations(asker, s, factors, fixed):
        if _fits(option, cases, asker.frame.dtype):
            return option
    return None


def _regressed(asker: Asker, s: Semantics, domain: str, kind: str) -> tuple[Array, Array] | None:
    """How much each row counts, while the targets stay: least squares over several predictions."""
    frame, m = asker.frame, asker.frame.count
    fixed = draw(41, (m, frame.classes), domain, kind, frame.dtype).t
    alone = with_choice(s, "reduction", batch="none")
    rows, answers = [], []
    for seed in range(50, 50 + m + 3):
        x = draw(seed, (m, frame.classes), domain, kind, frame.dtype).x
        inputs = frame.inputs(type(draw(0, (1, 1), domain, kind, frame.dtype))(x, fixed), asker.extras)
        value, answer = predicted(alone, inputs, frame.dtype), asker.oracle.value(inputs)
        if value is None or answer is None:
            return None
        rows.append(value.reshape(m, -1).sum(-1) if value.ndim > 1 and value.size != m else value.reshape(-1))
        answers.append(answer.reshape(-1))
    a, y = np.array(rows), np.array(answers)
    if y.shape[1] != 1 or a.shape[1] != m or not (np.isfinite(a).all() and np.isfinite(y).all()):
        return None
    factors = np.linalg.lstsq(a, y[:, 0])[0]
    gap = np.abs(a @ factors - y[:, 0])
    if np.any(gap > 1e4 * FORMATS[frame.dtype].u * (np.abs(a) @ np.abs(factors))):
        return None
    return factors, fixed


def _explanations(asker: Asker, s: Semantics, factors: Array, fixed: Array) -> Iterator[Semantics]:
    error = 1e4 * FORMATS[asker.frame.dtype].u
    yield from _microbatched(s, factors, error)
    if asker.frame.kind in ("index", "one-hot", "distribution") and s.layout.class_axis is not None:
        raw = np.linalg.lstsq(fixed, factors)[0]
        raw = np.where(np.any(fixed != 0, axis=0), raw, np.max(raw))
        weights = [float(w) for w in raw / raw[0]]
        for unit in _units(weights, error):
            klass = _literal([short(w * unit, error) for w in weights])
            for where in ("target", "terms"):
                for denominator in ("weights", "elements"):
                    option = with_choice(s, "weight", klass=klass, klass_in=where)
                    yield with_choice(option, "reduction", denominator=denominator)
    total = float(np.sum(factors))
    relative = factors / total * len(factors)
    sample = _literal([short(float(f), error * 10.0) for f in relative])
    yield with_choice(s, "weight", sample=sample)


def _units(weights: list[float], error: float) -> list[float]:
    """Scales under which the weights are short numbers: they are known up to a factor."""
    from harness.explain.identify.numbers import digits  # noqa: PLC0415

    scales = [n / d for d in (1, 2, 5, 10, 20, 50, 100) for n in range(1, 100)]
    return [*sorted(scales, key=lambda u: sum(digits(short(w * u, error * u)) for w in weights))[:2], 1.0]


def _literal(values: list[float]) -> Node:
    return Call("numpy.array", (SequenceNode(tuple(Literal(v) for v in values)),))


def _microbatched(s: Semantics, factors: Array, error: float) -> Iterator[Semantics]:
    """Sizes along the leading axis such that each part's mean counts alike."""
    if s.reduction.batch != "mean":
        return
    shares = factors / np.sum(factors)
    sizes: list[int] = []
    at, parts = 0, 0
    while at < len(shares):
        run = int(np.argmax(np.append(np.abs(shares[at:] / shares[at] - 1.0) > error * 10.0, True)))
        sizes.append(run)
        at, parts = at + run, parts + 1
    yield from (with_choice(s, "reduction", microbatches=split) for split in _splits(tuple(sizes), shares))


def _splits(runs: tuple[int, ...], shares: Array) -> Iterator[tuple[int, ...]]:
    """Runs of equal shares may be several parts of one size."""
    ends = np.cumsum((0, *runs))
    weights = [float(np.sum(shares[a:b])) for a, b in itertools.pairwise(ends)]
    least = min(weights)
    for pieces in range(1, 5):
        counts = [w / least * pieces for w in weights]
        if all(abs(c - round(c)) < 1e-6 and r % round(c) == 0 for c, r in zip(counts, runs, strict=True)):  # noqa: PLR2004
            yield tuple(r // round(c) for c, r in zip(counts, runs, strict=True) for _ in range(round(c)))


__all__ = ["fields", "weighed"]
