"""A point written out in a framework's functions: what is left when no call of its own says it."""

from __future__ import annotations

import math

from harness.explain.translate.dialects import Dialect, Inexpressible
from harness.explain.translate.reading import Describe, Read
from harness.explain.translate.sketch import Sketch
from harness.explain.translate.terms import TERMS
from harness.reference.terms import FAMILIES
from harness.semantics import Semantics
from harness.syntax import Attribute, Ellipsis_, Index, Literal, Node


def written_out(s: Semantics, dialect: Dialect, describe: Describe) -> Node:
    """The tree of `s` in the functions of `dialect`.

    Raises:
        Inexpressible: A convention has no counterpart there.
    """
    total = _single(s, dialect, describe)
    for other in s.plus:
        total = total + Sketch(written_out(other, dialect, describe))
    return total.node


def _single(s: Semantics, dialect: Dialect, describe: Describe) -> Sketch:
    if s.term.family not in TERMS:
        raise Inexpressible(f"the term of the family {s.term.family} has no formula over whole arrays")
    if s.reduction.microbatches:
        raise Inexpressible("a mean of the means of parts has no formula over whole arrays")
    r = Read(s, dialect, describe)
    loss = _picked(r) or _per_sample(r, _modulated(r, TERMS[s.term.family](r)))
    if s.modulation.z_loss is not None:
        if s.reduction.root == "each":
            raise Inexpressible("a z-loss beside a root has no place of its own")
        loss = loss + r.value(s.modulation.z_loss) * dialect.call("logsumexp", r.before, -1) ** 2
    reduced = _reduced(r, loss)
    return _scaled(r, _rooted(r, reduced) if s.reduction.root == "whole" else reduced)


def _picked(r: Read) -> Sketch | None:
    """−log p of the label's class alone, where nothing else of the sample counts."""
    s = r.s
    simple = s.term.family == "cross-entropy" and s.term.sides == "one" and s.term.direction == "forward"
    plain = s.target.smoothing is None and s.target.range is None and s.target.order is None
    if not (r.indexed and simple and plain and s.reduction.classes == "sum" and s.modulation == type(s.modulation)()):
        return None
    loss = -r.d.picked(r.log_p, r.index)
    return loss if s.weight.klass is None else loss * r.d.taken(r.value(s.weight.klass), r.index)


def _modulated(r: Read, term: Sketch) -> Sketch:
    m, weight = r.s.modulation, r.s.weight
    if m.focal is not None:
        term = _difficulty(r) ** r.value(m.focal) * term
    if m.poly is not None:
        term = term + r.value(m.poly) * r.t * (1 - r.bare)
    if weight.balance is not None:
        alpha = r.value(weight.balance)
        term = (r.t * alpha + (1 - r.t) * (1 - alpha)) * term
    if weight.klass is not None and weight.klass_in == "terms" and FAMILIES[r.s.term.family].shape != "coupled":
        term = term * r.value(weight.klass)
    return term


def _difficulty(r: Read) -> Sketch:
    p = r.p if r.s.guard.renormalise else r.bare
    return 1 - p if r.s.term.sides == "one" else r.t * (1 - p) + (1 - r.t) * p


def _per_sample(r: Read, term: Sketch) -> Sketch:
    s = r.s
    coupled = FAMILIES[s.term.family].shape == "coupled"
    loss = (
        r.d.reduced(s.reduction.classes, term, -1) if s.reduction.classes in ("sum", "mean") and not coupled else term
    )
    if s.reduction.root == "each":
        loss = _rooted(r, loss)
    if s.weight.klass is not None and s.weight.klass_in == "target":
        loss = loss * _class_weights(r)
    return loss


def _rooted(r: Read, loss: Sketch) -> Sketch:
    added = dict(r.s.term.parameters).get("under_root")
    return r.d.call("sqrt", loss if added is None else loss + r.value(added))


def _class_weights(r: Read) -> Sketch:
    assert r.s.weight.klass is not None
    weights = r.value(r.s.weight.klass)
    return r.d.taken(weights, r.index) if r.indexed else r.d.reduced("sum", r.hard * weights, -1)


def _reduced(r: Read, loss: Sketch) -> Sketch:
    s = r.s
    weights: Sketch | None = None
    if s.weight.klass is not None and s.reduction.classes in ("sum", "mean") and _counts_weights(s):
        weights = _class_weights(r)
    if s.weight.sample is not None:
        sample = r.value(s.weight.sample)
        loss = loss * sample
        wide = (
            sample * r.d.call("ones_like", loss)
            if s.reduction.denominator in ("weights", "nonzero-weights")
            else sample
        )
        weights = wide if weights is None else weights * wide
    kept = _kept(r, loss)
    if kept is not None:
        loss = loss * kept
        weights = None if weights is None else weights * kept
    if s.reduction.batch == "none":
        return loss
    if s.reduction.batch == "mean" and s.reduction.denominator == "elements":
        return r.d.reduced("mean", loss)
    total = r.d.reduced("sum", loss)
    return total if s.reduction.batch == "sum" else total / _denominator(r, loss, weights, kept)


def _counts_weights(s: Semantics) -> bool:
    return s.weight.klass_in == "target" or s.reduction.denominator == "weights"


def _kept(r: Read, loss: Sketch) -> Sketch | None:
    mask = r.s.weight.mask
    if mask is None:
        return None
    plain = isinstance(mask, int | float) and r.indexed
    if not plain and isinstance(mask, int | float | Literal):
        return None
    del loss
    condition = r.raw.compared("!=", float(mask)) if isinstance(mask, int | float) else r.value(mask)
    return r.d.indicator(condition, Sketch(Index(r.x.node, (Ellipsis_(), Literal(0)))))


def _denominator(r: Read, loss: Sketch, weights: Sketch | None, kept: Sketch | None) -> Sketch:
    name = r.s.reduction.denominator
    if name == "samples":
        return Sketch(Index(Attribute(r.x.node, "shape"), (Literal(0),))) if r.shape else Sketch(Literal(1))
    counted = r.d.reduced("sum", r.d.call("ones_like", loss) if kept is None else kept)
    if weights is None or name in ("kept", "elements"):
        return counted
    if name == "weights-unbroadcast" and r.s.weight.sample is not None:
        return r.d.reduced("sum", r.value(r.s.weight.sample))
    if name == "nonzero-weights":
        return r.d.reduced("sum", r.d.indicator(weights.compared("!=", 0), loss))
    return r.d.reduced("sum", weights)


def _scaled(r: Read, loss: Sketch) -> Sketch:
    scale = r.s.scale
    if scale.constant != 1.0:
        loss = loss * r.value(scale.constant)
    loss = -loss if scale.sign < 0 else loss
    if scale.log_base:
        loss = loss / math.log(scale.log_base)
    return loss if scale.offset == 0.0 else loss + r.value(scale.offset)
