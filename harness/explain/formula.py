"""A point of the space as a formula: LaTeX for the report, plain text for the terminal.

The text is made from the LaTeX by `as_text`, so the two never disagree; the LaTeX keeps to a small vocabulary that
latex2mathml draws.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from harness.explain.latex_text import as_text
from harness.reference.terms import FAMILIES
from harness.syntax import Input, Literal
from harness.trees import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.semantics import Guard, Semantics, Value


_COMPLEMENT = {"cross-entropy": r"(1-t)\log(1-p)", "kl": r"(1-t)(\log(1-t)-\log(1-p))"}
_REVERSE = {"cross-entropy": r"-p\log t", "kl": r"p(\log p-\log t)", "entropy": r"-t\log t"}
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
    "uniform": r"t(1-{0})+{0}/K",
    "binary": r"t(1-{0})+{0}/2",
    "others": r"t(1-{0})+(1-t){0}/(K-1)",
    "added": r"t(1-{0}/K)+{0}/K",
}
_COUNTS = {
    "elements": "",
    "samples": "samples",
    "kept": "elements kept",
    "weights": "weights",
    "weights-unbroadcast": "weights as given",
    "nonzero-weights": "elements with a weight",
}
# What a family's parameter is where the point does not say.
_DEFAULTS: dict[str, dict[str, Value]] = {
    "huber": {"delta": 1.0},
    "smooth-l1": {"beta": 1.0},
    "quantile": {"quantile": 0.5},
    "generalised-cross-entropy": {"q": 0.5},
    "tversky": {"alpha": 0.5, "beta": 0.5},
    **{
        name: {"margin": 1.0}
        for name in ("hinge", "squared-hinge", "multi-margin", "multilabel-margin", "hinge-embedding")
    },
}
_SYMBOLS = {"delta": r"\delta", "beta": r"\beta", "alpha": r"\alpha", "quantile": "q", "q": "q", "margin": "m"}


@lru_cache(maxsize=256)
def formula(semantics: Semantics) -> str:
    """`semantics` in LaTeX, with the abbreviations it uses explained behind it.

    Returns:
        One line: the loss, then "where p = …, t' = …" for what is not the input itself.
    """
    parts = [_single(part, index) for index, part in enumerate(_parts(semantics))]
    body = parts[0][0] + "".join(text if text.startswith("-") else "+" + text for text, _ in parts[1:])
    notes = list(dict.fromkeys(note for _, found in parts for note in found))
    return body + (r"\quad\text{where }" + r",\;".join(notes) if notes else "")


def formula_text(semantics: Semantics) -> str:
    """`semantics` in one line of plain text: "mean over samples of −Σ_c t_c log softmax(x)_c"."""
    return as_text(formula(semantics))


def _parts(semantics: Semantics) -> list[Semantics]:
    return [semantics, *(inner for other in semantics.plus for inner in _parts(other))]


def amount(value: Value) -> str:
    """A number as short as it can be written, or the name of the input that gives it."""
    if isinstance(value, Literal) and isinstance(value.value, int | float):
        value = float(value.value)
    if not isinstance(value, int | float):
        return r"\mathrm{" + render(value).replace("_", r"\_") + "}"
    mantissa, _, exponent = f"{value:.15g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"{mantissa}\\cdot {power}"


def _single(s: Semantics, index: int) -> tuple[str, list[str]]:
    mark = "" if index == 0 else "'" * index
    prediction, notes = _prediction(s, mark)
    target, more = _target(s, mark)
    inner = _weighted(s, _modulated(s, _term(s)))
    inner = _substituted(inner, prediction, target)
    return _scaled(s, _reduced(s, inner)), [*notes, *more]


def _prediction(s: Semantics, mark: str) -> tuple[str, list[str]]:
    x = _array(s.layout.prediction, "prediction", "x")
    if s.activation.temperature != 1.0:
        x = f"{x}/{amount(s.activation.temperature)}"
    for step in s.activation.chain:
        x = _STEPS[step].format(x)
    p = _guarded(s.guard, x)
    return (p, []) if p == "x" else (f"p{mark}", [f"p{mark}={p}"])


def _array(node: object, name: str, symbol: str) -> str:
    if node == Input(name):
        return symbol
    return amount(node)  # type: ignore[arg-type]


def _guarded(guard: Guard, p: str) -> str:
    for step in guard.order:
        if step == "clip" and guard.clip is not None:
            low, high = (_bound(bound) for bound in guard.clip)
            p = rf"\operatorname{{clip}}({p},{low},{high})"
        elif step == "renormalise":
            p = rf"{p}/\sum_c {p}"
    return p


def _bound(bound: float | str | None) -> str:
    if isinstance(bound, str):
        name = bound.removeprefix("1-")
        size = r"\varepsilon" if name.partition(":")[0] == "machine" else amount(float(name.partition(":")[2]))
        return f"1-{size}" if bound.startswith("1-") else size
    return r"\cdot" if bound is None else amount(bound)


def _target(s: Semantics, mark: str) -> tuple[str, list[str]]:
    changed = s.target.encoding != "dense" or s.target.smoothing is not None or s.target.range is not None
    # y is the target as it is given, where t is made of it.
    t = _array(s.target.source, "target", "y" if changed else "t")
    dense = {"index": "[y=c]", "signed": f"({t}+1)/2", "log": rf"\exp({t})"}.get(s.target.encoding, t)
    if s.target.smoothing is not None:
        dense = _SMOOTHING[s.target.smoothing.kind].format(amount(s.target.smoothing.amount)).replace("t", dense)
    if s.target.range is not None:
        low, high = (r"\cdot" if bound is None else amount(bound) for bound in s.target.range)
        dense = rf"\operatorname{{clip}}({dense},{low},{high})"
    return ("t", []) if dense == "t" else (f"t{mark}", [f"t{mark}={dense}"])


def _term(s: Semantics) -> str:
    family, term = s.term.family, FAMILIES[s.term.family].formula
    if s.term.direction == "reverse":
        term = _REVERSE.get(family, term)
    elif s.term.sides == "two" and family in _COMPLEMENT:
        positive = "" if s.weight.positive is None else amount(s.weight.positive) + r"\,"
        sign = "-" if family == "cross-entropy" else "+"
        term = rf"{sign if sign == '-' else ''}{positive}{term.removeprefix('-')}{sign}{_COMPLEMENT[family]}"
    given = dict(s.term.parameters)
    if FAMILIES[family].shape == "ratio":
        term = _with_room(term, given)
    for name, value in (_DEFAULTS.get(family, {}) | given).items():
        symbol = _SYMBOLS.get(name)
        if symbol is not None:
            term = re.sub(rf"(?<![A-Za-z\\]){re.escape(symbol)}(?![A-Za-z])", partial(_told, amount(value)), term)
    return _logs(s, term)


def _with_room(term: str, parameters: Mapping[str, Value]) -> str:
    """A ratio with what is added above and below."""
    both, below = (amount(parameters[n]) if n in parameters else "" for n in ("smooth", "epsilon"))
    head, upper, lower = re.match(r"(.*?\\frac)\{(.*)\}\{(.*)\}$", term).groups()  # type: ignore[union-attr]
    above = upper + (f"+{both}" if both else "")
    return f"{head}{{{above}}}{{{lower}" + "".join(f"+{room}" for room in (both, below) if room) + "}"


def _told(text: str, _found: re.Match[str]) -> str:
    return text


def _logs(s: Semantics, term: str) -> str:
    guard = s.guard
    base = rf"\log_{{{s.scale.log_base:g}}}" if s.scale.log_base else r"\log"
    term = term.replace(r"\log", base)
    p, q = rf"{base} p", rf"{base}(1-p)"
    shown_p, shown_q = p, q
    if guard.added_epsilon is not None:
        epsilon = amount(guard.added_epsilon)
        shown_p, shown_q = rf"{base}(p+{epsilon})", rf"{base}(1-p+{epsilon})"
    if guard.clamp is not None:
        shown_p, shown_q = (rf"\max({shown},{amount(guard.clamp)})" for shown in (shown_p, shown_q))
    return term.replace(q, shown_q).replace(p, shown_p)


def _modulated(s: Semantics, term: str) -> str:
    m = s.modulation
    if m.focal is not None:
        base = "(1-p)" if s.term.sides == "one" else "(t(1-p)+(1-t)p)"
        term = rf"{base}^{{{amount(m.focal)}}}{_bracketed(term)}"
    if m.poly is not None:
        term = rf"{term}+{amount(m.poly)}\,t(1-p)"
    return term


def _weighted(s: Semantics, term: str) -> str:
    w = s.weight
    if w.balance is not None:
        alpha = amount(w.balance)
        term = rf"(t\,{alpha}+(1-t)(1-{alpha})){_bracketed(term)}"
    if w.klass is not None and (w.klass_in == "terms" or s.layout.class_axis is None):
        term = rf"{_weight(w.klass)}_c{_bracketed(term)}"
    coupled = FAMILIES[s.term.family].shape != "elementwise"
    if s.reduction.classes in ("sum", "mean") and not coupled:
        term = (r"\frac{1}{K}" if s.reduction.classes == "mean" else "") + rf"\sum_c {_bracketed(term, sums=True)}"
    if s.modulation.z_loss is not None:
        term = rf"{term}+{amount(s.modulation.z_loss)}\,(\log\sum_c \exp x)^2"
    if w.klass is not None and w.klass_in == "target" and s.layout.class_axis is not None:
        term = rf"{_weight(w.klass)}_y\,{_bracketed(term)}"
    return term if w.sample is None else rf"{_weight(w.sample)}\,{_bracketed(term)}"


def _weight(value: Value) -> str:
    return amount(value) if isinstance(value, Input) else "w"


def _bracketed(term: str, *, sums: bool = False) -> str:
    """`term` in brackets where an operator outside would reach only into its first part."""
    body = term.removeprefix("-")
    depth, loose = 0, False
    for character in body:
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(character, 0)
        loose |= depth == 0 and character in "+-"
    return rf"\left[{term}\right]" if loose or (body != term and not sums) else term


def _substituted(term: str, prediction: str, target: str) -> str:
    def swap(match: re.Match[str]) -> str:
        return {"p": prediction, "t": target}.get(match.group(), match.group())

    return re.sub(r"\\[A-Za-z]+(?:\{[A-Za-z_\\]*\})?|[A-Za-z]", swap, term)


def _reduced(s: Semantics, term: str) -> str:
    over = "samples" if s.reduction.classes in ("sum", "mean") else "elements"
    if FAMILIES[s.term.family].shape == "ratio" or s.reduction.batch == "none":
        return term
    mask = "" if s.weight.mask is None else rf",\ {_mask(s.weight.mask)}"
    if s.reduction.batch == "sum":
        return rf"\sum_{{\text{{{over}}}{mask}}} {_bracketed(term, sums=True)}"
    count = _COUNTS[s.reduction.denominator]
    mean = rf"\operatorname{{mean}}_{{\text{{{over}}}{mask}}} {_bracketed(term, sums=True)}"
    if count and not (count == over and not mask):
        mean = rf"\frac{{1}}{{\text{{{count}}}}}\sum_{{\text{{{over}}}{mask}}} {_bracketed(term, sums=True)}"
    if s.reduction.microbatches:
        sizes = ",".join(map(str, s.reduction.microbatches))
        return rf"\operatorname{{mean}}_{{\text{{parts of {sizes}}}}} {mean}"
    return mean


def _mask(value: Value) -> str:
    if isinstance(value, Literal) and isinstance(value.value, int | float):
        value = float(value.value)
    return rf"y\ne {value:g}" if isinstance(value, int | float) else amount(value)


def _scaled(s: Semantics, loss: str) -> str:
    constant = s.scale.constant
    sign = "-" if s.scale.sign < 0 else ""
    if constant != 1.0 and isinstance(constant, int | float) and constant < 0:
        sign, constant = ("" if sign else "-"), -constant
    factor = "" if constant == 1.0 else amount(constant) + r"\,"
    loss = sign + factor + (_bracketed(loss) if sign or factor else loss)
    if s.scale.offset == 0.0:
        return loss
    offset = amount(s.scale.offset)
    return f"{loss}{offset}" if offset.startswith("-") else f"{loss}+{offset}"
