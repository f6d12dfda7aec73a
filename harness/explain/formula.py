"""A point of the space as a formula: LaTeX for the report, plain text for the terminal.

The text is made from the LaTeX by `as_text`, so the two never disagree; the LaTeX keeps to a small vocabulary that
latex2mathml draws. Two points that differ in what a value shows have formulas that differ.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.explain.formula_notes import SEPARATOR, WHERE, Notes, remarks
from harness.explain.formula_terms import amount, factor, rooted, term_of
from harness.explain.latex_text import as_text
from harness.explain.signed import OVER_CLASSES, Big, Piece, added, negated, scaled, signed
from harness.reference.terms import FAMILIES
from harness.syntax import Input, Literal

if TYPE_CHECKING:
    from harness.semantics import Guard, Semantics, Value

_STEPS = {
    "exp": r"\exp({})",
    "log": r"\log({})",
    "sigmoid": r"\sigma({})",
    "log-sigmoid": r"\log\sigma({})",
    "softmax": r"\operatorname{{softmax}}({})",
    "log-softmax": r"\log\operatorname{{softmax}}({})",
    "tanh": r"\tanh({})",
    "relu": r"\max(0,{})",
    "l2-normalise": r"{0}/\lVert {0}\rVert",
}
_SMOOTHING = {
    "uniform": r"{t}(1{less})+{e}/{K}",
    "binary": r"{t}(1{less})+{e}/2",
    "others": r"{t}(1{less})+(1-{t}){e}/({K}-1)",
    "added": r"{t}(1{less}/{K})+{e}/{K}",
}
# A weight that is no longer than this stands in the formula as it is written.
INLINE = len(r"\mathrm{sample\_weight}")
# What stands for p, t, s and z in a term is put in last; words and names are left alone.
_LETTER = re.compile(r"\\(?:mathrm|text|operatorname)\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]")


@lru_cache(maxsize=256)
def formula(semantics: Semantics) -> str:
    """`semantics` in LaTeX, with the abbreviations it uses explained behind it.

    Returns:
        One line: the loss, then "where p = …, t = …" for what is not the input itself, then what no symbol says.
    """
    notes = Notes()
    parts = _parts(semantics)
    body = added([_single(part, notes) for part in parts])
    said = list(dict.fromkeys(remark for part in parts for remark in remarks(part)))
    return body + notes.behind(body) + "".join(SEPARATOR + remark for remark in said)


def formula_text(semantics: Semantics) -> str:
    """`semantics` in one line of plain text: "mean over samples of [Σ_c −t log p] where p=softmax(x), t=[y=c]"."""
    return as_text(formula(semantics))


def taken_apart(latex: str) -> tuple[str, str, tuple[str, ...]]:
    """A formula, what its abbreviations stand for (empty where it has none), and in words what no symbol shows."""
    whole, *said = latex.split(SEPARATOR)
    body, _, where = whole.partition(WHERE)
    return body, rf"\text{{where }}{where}" if where else "", tuple(map(as_text, said))


def _parts(semantics: Semantics) -> list[Semantics]:
    return [semantics, *(inner for other in semantics.plus for inner in _parts(other))]


def _single(s: Semantics, notes: Notes) -> Piece:
    term = signed(_LETTER.sub(_Letters(s, notes), _known_target(s, term_of(s))))
    whole = _reduced(s, _weighted(s, _modulated(s, term, notes), notes), notes)
    return _scaled(s, rooted(s, whole) if s.reduction.root == "whole" else whole)


def _known_target(s: Semantics, term: str) -> str:
    """`term` where the target is a number: (p − 0)² is p², and the sign of 1 is none."""
    if s.target.encoding == "dense" and s.target.source == Literal(0):
        return term.replace("(p-t)^2", "p^2").replace("p-t|", "p|").replace("-s", "+")
    return term.replace("-s", "-") if s.target.encoding == "dense" and s.target.source == Literal(1) else term


class _Letters:
    """What a letter of a term stands for at one point; the abbreviations it needs are noted as they are used."""

    def __init__(self, s: Semantics, notes: Notes) -> None:
        self.s, self.notes = s, notes
        self.known: dict[str, str] = {}

    def __call__(self, match: re.Match[str]) -> str:
        letter = match.group()
        make = {"p": _p, "t": _t, "s": _sign, "z": _score, "v": _variance}.get(letter)
        if make is None:
            return letter
        if letter not in self.known:
            self.known[letter] = make(self.s, self.notes)
        return self.known[letter]


def _score(s: Semantics, _notes: Notes) -> str:
    """The array in front of the last activation."""
    return _activated(s, s.activation.chain[:-1])


def _activated(s: Semantics, steps: tuple[str, ...]) -> str:
    x = _array(s.layout.prediction, "prediction", "x")
    if s.activation.temperature != 1.0:
        x = f"{x if x == 'x' else factor(s.layout.prediction)}/{factor(s.activation.temperature)}"
    if s.activation.support is not None:
        x = rf"{x}\text{{ where }}{amount(s.activation.support)}"
    for step in steps:
        x = _STEPS[step].format(x)
    return x


def _p(s: Semantics, notes: Notes) -> str:
    p = _activated(s, s.activation.chain)
    if not s.guard.recovered_logits:
        p = _guarded(s.guard, p)
    return p if p == "x" else notes.name("p", p)


def _array(node: object, name: str, symbol: str) -> str:
    return symbol if node == Input(name) else amount(node)  # type: ignore[arg-type]


def _guarded(guard: Guard, p: str) -> str:
    for step in guard.order:
        if step == "clip" and guard.clip is not None:
            p = _clipped(p, *map(_bound, guard.clip))
        elif step == "renormalise":
            p = rf"{p}/\sum_c {p}"
    return p


def _clipped(x: str, low: str, high: str) -> str:
    if not low or not high:
        return rf"\max({x},{low})" if low else rf"\min({x},{high})"
    return rf"\operatorname{{clip}}({x},{low},{high})"


def _bound(bound: Value | str | None) -> str:
    if not isinstance(bound, str):
        return "" if bound is None else amount(bound)
    name, _, size = bound.removeprefix("1-").partition(":")
    whose = rf"_{{\text{{{size}}}}}" if size else ""
    epsilon = rf"\varepsilon{whose}" if name == "machine" else amount(float(size))
    return f"1-{epsilon}" if bound.startswith("1-") else epsilon


def _t(s: Semantics, notes: Notes) -> str:
    changed = s.target.encoding != "dense" or s.target.smoothing is not None or s.target.range is not None
    # y is the target as it is given, where t is made of it.
    y = _array(s.target.source, "target", "y" if changed else "t")
    rank = rf"\operatorname{{rank}}({y})"
    t = {
        "index": f"[{y}=c]",
        "index-list": rf"[c\in {y}]",
        "signed": f"({y}+1)/2",
        "log": rf"\exp({y})",
        "ranked": rank if s.reduction.classes in ("flat", "none") else f"[{rank}=c]",
    }.get(s.target.encoding, y)
    smoothing = s.target.smoothing
    if smoothing is not None:
        size = amount(smoothing.amount)
        less = f"+{size[1:]}" if size.startswith("-") else f"-{size}"
        classes = "K" if smoothing.classes is None else amount(smoothing.classes)
        text = _SMOOTHING[smoothing.kind].format(t=t, e=size, less=less, K=classes)
        t = text.replace("+-", "-")
    if s.target.range is not None:
        t = _clipped(t, *map(_bound, s.target.range))
    return t if t in ("t", "y") else notes.name("t", t)


def _sign(s: Semantics, notes: Notes) -> str:
    """The target as ±1."""
    y = _array(s.target.source, "target", "y")
    if s.target.smoothing is not None or s.target.range is not None:
        return f"(2{_t(s, notes)}-1)"
    if s.target.encoding == "signed":
        return y
    if s.target.encoding == "signed-if-not-binary":
        return notes.name("s", rf"{y}\text{{, or }}2{y}-1\text{{ if all are 0 or 1}}")
    return f"(2{_t(s, notes)}-1)"


def _variance(s: Semantics, notes: Notes) -> str:
    return notes.name("v", amount(dict(s.term.parameters).get("variance", 1.0)))


def _modulated(s: Semantics, term: Piece, notes: Notes) -> Piece:
    m = s.modulation
    if m.focal is None and m.poly is None:
        return term
    letters = _Letters(s, notes)
    if m.focal is not None:
        base = "(1-p)" if s.term.sides == "one" else "(t(1-p)+(1-t)p)"
        term = scaled(term, _LETTER.sub(letters, f"{base}^{{{amount(m.focal)}}}"))
    if m.poly is not None:
        poly = amount(m.poly) + r"\," + _LETTER.sub(letters, "t(1-p)")
        term = signed(added([term, signed(poly)]))
    return term


def _weighted(s: Semantics, term: Piece, notes: Notes) -> Piece:
    w = s.weight
    if w.balance is not None:
        alpha, t = factor(w.balance), _t(s, notes)
        term = scaled(term, rf"({t}\,{alpha}+(1-{t})(1-{alpha}))")
    if w.klass is not None and (w.klass_in == "terms" or s.layout.class_axis is None):
        term = scaled(term, f"{_weight(w.klass, notes)}_c")
    if s.reduction.classes in ("sum", "mean") and FAMILIES[s.term.family].shape == "elementwise":
        term = Big(OVER_CLASSES, term, r"\frac{1}{K}" if s.reduction.classes == "mean" else "")
    term = rooted(s, term) if s.reduction.root == "each" else term
    if s.modulation.z_loss is not None:
        score = _score(s, notes)
        z_loss = signed(rf"{amount(s.modulation.z_loss)}\,(\log\sum_c \exp {score})^2")
        term = signed(added([term, z_loss]))
    if w.klass is not None and w.klass_in == "target" and s.layout.class_axis is not None:
        term = scaled(term, f"{_weight(w.klass, notes)}_y")
    return term if w.sample is None else scaled(term, _weight(w.sample, notes))


def _weight(value: Value, notes: Notes) -> str:
    """A weight by its name, or as a number; what has neither is noted."""
    text = amount(value)
    short = len(text) <= INLINE or not text.startswith(r"\mathrm")
    return factor(value) if short else notes.name("w", text)


def _reduced(s: Semantics, term: Piece, notes: Notes) -> Piece:
    r, shape = s.reduction, FAMILIES[s.term.family].shape
    over = "samples" if r.classes in ("sum", "mean") or shape == "coupled" else "elements"
    if shape == "ratio" or r.batch == "none":
        return term
    counts_all = r.batch == "mean" and r.denominator in ("elements", "samples")
    mask = "" if s.weight.mask is None else _mask(s.weight.mask)
    if mask and counts_all:
        # What is left out is still counted.
        term, mask = scaled(term, f"[{mask}]"), ""
    if r.batch == "sum":
        return Big(_over(r"\sum", over, mask), term)
    count = _count(s, notes)
    whole = Big(_over(r"\sum", over, mask), term, count) if count else Big(_mean(over, mask), term)
    if r.microbatches:
        return Big(rf"\operatorname{{mean}}_{{\text{{parts of {', '.join(map(str, r.microbatches))}}}}}", whole)
    return whole


def _over(operator: str, over: str, mask: str) -> str:
    joined = "" if not mask else " where " if mask.startswith(r"\mathrm") else " with "
    return rf"{operator}_{{\text{{{over}{joined}}}{mask}}}"


def _mean(over: str, mask: str) -> str:
    return _over(r"\operatorname{mean}", over, mask)


def _mask(value: Value) -> str:
    if isinstance(value, Literal) and isinstance(value.value, int | float):
        value = float(value.value)
    return rf"y\ne {value:g}" if isinstance(value, int | float) else amount(value)


def _count(s: Semantics, notes: Notes) -> str:
    """One over what a mean divides by, where that is not how many are added up."""
    w = s.weight
    used = [f"{_weight(w.klass, notes)}_y"] if w.klass is not None else []
    used += [_weight(w.sample, notes)] if w.sample is not None else []
    weights = r"\,".join(used)
    match s.reduction.denominator:
        case "samples":
            return r"\frac{1}{N}"
        case "weights" if used:
            return rf"\frac{{1}}{{\sum {weights}}}"
        case "weights-unbroadcast" if used:
            return rf"\frac{{1}}{{\sum {weights}\text{{ as given}}}}"
        case "nonzero-weights" if used:
            return rf"\frac{{1}}{{\text{{number of }}{weights}\ne 0}}"
        case _:
            return ""


def _scaled(s: Semantics, loss: Piece) -> Piece:
    constant = s.scale.constant
    if isinstance(constant, int | float) and constant < 0:
        loss, constant = negated(loss), -constant
    if s.scale.sign < 0:
        loss = negated(loss)
    if constant != 1.0:
        loss = scaled(loss, factor(constant))
    return loss if s.scale.offset == 0.0 else signed(added([loss, signed(amount(s.scale.offset))]))
