"""Slopes where the value decides none: in the dead zone of a guard, at a kink, where nothing is left to count."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from harness.semantics import Gradient, Semantics, with_choice
from harness.syntax import Binary, Input, Literal, Node

# What the families read that has a kink.
KINKS: dict[str, tuple[str, ...]] = {
    "absolute": ("abs",),
    "absolute-percentage": ("abs",),
    "huber": ("abs",),
    "smooth-l1": ("abs",),
    "quantile": ("max",),
    "hinge": ("relu",),
    "squared-hinge": ("relu",),
    "hinge-embedding": ("relu",),
    "multi-margin": ("relu",),
    "multilabel-margin": ("relu",),
    "categorical-hinge": ("relu",),
    "cosine": ("norm",),
    "cross-entropy": ("log", "softplus"),
    "kl": ("log",),
}
SLOPES: dict[str, tuple[float, ...]] = {
    "log": (0.0,),
    "softplus": (0.0, 0.5, 1.0, math.nan),
    "norm": (0.0, math.nan),
    "relu": (0.5, 1.0, math.nan),
    "max": (0.0, 1.0, -1.0, math.nan),
    "abs": (1.0, -1.0, 0.5, math.nan),
}
CLIPS = ("zero", "through", "half", "floored")
FLOORED = frozenset({"floor", "epsilon", "variance"})


def other_slopes(s: Semantics) -> Iterator[Semantics]:
    """The point with other slopes, where its value has no say in them."""
    parts = (s, *s.plus)
    kinks = dict.fromkeys(kink for part in parts for kink in KINKS.get(part.term.family, ()))
    ties = [s.gradient.tie, *(_tied(s.gradient, kink, slope) for kink in kinks for slope in SLOPES[kink])]
    guarded = any(part.guard.order or FLOORED & dict(part.term.parameters).keys() for part in parts)
    for clip, tie in product(CLIPS if guarded else (s.gradient.clip,), ties):
        if (clip, tie) != (s.gradient.clip, s.gradient.tie):
            yield _with(s, replace(s.gradient, clip=clip, tie=tie))
    if s.activation.chain[-1:] == ("softmax",):
        yield _with(s, replace(s.gradient, closed_form="normalised-target"))
    yield from as_products(s)


def as_products(s: Semantics) -> Iterator[Semantics]:
    """The point with what is left out told as a product with 0: where nothing is left, its slope is 0 · ∞."""
    factor = _factor_of(s.weight.mask)
    if factor is None or s.weight.sample is not None or any(part.weight != s.weight for part in s.plus):
        return
    denominator = "weights" if s.reduction.denominator == "kept" else s.reduction.denominator

    def told(part: Semantics) -> Semantics:
        weight = replace(part.weight, mask=None, sample=factor)
        return with_choice(replace(part, weight=weight), "reduction", denominator=denominator)

    yield replace(told(s), plus=tuple(told(part) for part in s.plus))


def _factor_of(mask: object) -> Node | None:
    """What 0 and 1 of a mask multiply."""
    match mask:
        case Binary("==", tree, Literal(0)):
            return Binary("-", Literal(1.0), tree)
        case Binary("!=", tree, Literal(0)):
            return tree
        case Input():
            return mask
    return None


def _with(s: Semantics, gradient: Gradient) -> Semantics:
    return replace(s, gradient=gradient, plus=tuple(replace(part, gradient=gradient) for part in s.plus))


def _tied(gradient: Gradient, kink: str, slope: float) -> tuple[tuple[str, float], ...]:
    return tuple(sorted({**dict(gradient.tie), kink: slope}.items()))
