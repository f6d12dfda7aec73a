"""The formula of one term: by family, with the parameters that a point gives it.

In a formula p is the prediction, t the target, s its sign, z the score in front of the last activation. What they stand
for is put in later; names of inputs are upright, so that no letter of theirs is taken for one of these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from harness.explain.choices import EPSILONS, brief, unwrapped
from harness.explain.signed import Piece, Sum, added, signed
from harness.reference.terms import FAMILIES
from harness.syntax import Binary, Literal, Unary
from harness.trees import render

if TYPE_CHECKING:
    from harness.semantics import Semantics, Value

_COMPLEMENT = {"cross-entropy": r"(1-t)\log(1-p)", "kl": r"(1-t)(\log(1-t)-\log(1-p))"}
_REVERSE = {"cross-entropy": r"-p\log t", "kl": r"p(\log p-\log t)", "entropy": r"-t\log t"}
# What a family's parameter is where the point does not say.
_DEFAULTS: dict[str, dict[str, Value]] = {
    "huber": {"delta": 1.0},
    "smooth-l1": {"beta": 1.0},
    "quantile": {"quantile": 0.5},
    "generalised-cross-entropy": {"q": 0.5},
    "tversky": {"alpha": 0.5, "beta": 0.5},
    **{
        name: {"margin": 1.0}
        for name in (
            "hinge", "squared-hinge", "multi-margin", "multilabel-margin", "hinge-embedding", "crammer-singer",
        )
    },
}  # fmt: skip
_SYMBOLS = {"delta": r"\delta", "beta": r"\beta", "alpha": r"\alpha", "quantile": "q", "q": "q", "margin": "m"}

Given = Mapping[str, "Value"]


def factor(value: Value) -> str:
    """`amount`, in brackets where it is a sum, a product or a quotient."""
    text = amount(value)
    return f"({text})" if isinstance(unwrapped(value), Binary | Unary) else text


def amount(value: Value | str) -> str:
    """A number as short as it can be written, or the name of the input that gives it."""
    value = unwrapped(value)
    if isinstance(value, Literal) and isinstance(value.value, int | float):
        value = float(value.value)
    if not isinstance(value, int | float):
        return r"\mathrm{" + render(value).replace("_", r"\_") + "}"  # type: ignore[arg-type]
    if value in EPSILONS:
        return f"2^{{{math.frexp(value)[1] - 1}}}"
    text = brief(float(value))
    over, slash, under = text.partition("/")
    if slash:
        return f"{over.removesuffix('1')}\\tfrac{{1}}{{{under}}}"
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return mantissa.replace("inf", r"\infty")
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"{mantissa}\\cdot {power}"


def term_of(s: Semantics) -> str:
    """What is added up for one element, with its guards of logarithms."""
    given = dict(s.term.parameters)
    term = _WITH_PARAMETERS[s.term.family](given) if s.term.family in _WITH_PARAMETERS else _plain(s)
    for name, value in (_DEFAULTS.get(s.term.family, {}) | given).items():
        symbol = _SYMBOLS.get(name)
        if symbol is not None:
            term = re.sub(rf"(?<![A-Za-z\\{{]){re.escape(symbol)}(?![A-Za-z])", partial(_told, amount(value)), term)
    return _logs(s, term)


def rooted(s: Semantics, loss: Piece) -> Piece:
    """The square root of a loss, and of what is added to it under the root."""
    under = dict(s.term.parameters).get("under_root")
    inner = added([loss] if under is None else [loss, signed(amount(under))])
    return Sum(((False, rf"\sqrt{{{inner}}}"),))


def _plain(s: Semantics) -> str:
    family, term = s.term.family, FAMILIES[s.term.family].formula
    if s.term.direction == "reverse":
        return _REVERSE.get(family, term)
    if s.term.sides != "two" or family not in _COMPLEMENT:
        return term
    positive = "" if s.weight.positive is None else factor(s.weight.positive) + r"\,"
    sign = "-" if family == "cross-entropy" else "+"
    return rf"{sign if sign == '-' else ''}{positive}{term.removeprefix('-')}{sign}{_COMPLEMENT[family]}"


def _told(text: str, found: re.Match[str]) -> str:
    # A subscript reaches no further than one digit unless it is in braces.
    return f"{{{text}}}" if found.string[: found.start()].endswith("_") else text


def _logs(s: Semantics, term: str) -> str:
    """`term` with the base and the guards of its logarithms."""
    guard = s.guard
    base = rf"\log_{{{s.scale.log_base:g}}}" if s.scale.log_base else r"\log"
    term = term.replace(r"\log", base)
    p, q = rf"{base} p", rf"{base}(1-p)"
    if guard.recovered_logits:
        return term
    shown_p, shown_q = p, q
    if guard.added_epsilon is not None:
        epsilon = amount(guard.added_epsilon)
        shown_p, shown_q = rf"{base}(p+{epsilon})", rf"{base}(1-p+{epsilon})"
    if guard.clamp is not None:
        shown_p, shown_q = (rf"\max({shown},{amount(guard.clamp)})" for shown in (shown_p, shown_q))
    return term.replace(q, shown_q).replace(p, shown_p)


def _on(given: Given, name: str) -> bool:
    return given.get(name, 0.0) == 1.0


def _percentage(given: Given) -> str:
    size = rf"|t{_plus(given, 'added')}|"
    return rf"|p-t|/{_kept_from_zero(size, given, alone=True)}"


def _symmetric(given: Given) -> str:
    return rf"|p-t|/{_kept_from_zero('|p|+|t|', given, alone=False)}"


def _kept_from_zero(size: str, given: Given, *, alone: bool) -> str:
    if "floor" in given:
        return rf"\max({size},{amount(given['floor'])})"
    size += _plus(given, "epsilon")
    return size if alone and "epsilon" not in given else f"({size})"


def _plus(given: Given, name: str) -> str:
    """What is added, with its sign."""
    text = amount(given[name]) if name in given else ""
    return text if not text or text.startswith("-") else f"+{text}"


def _squared_log(given: Given) -> str:
    p, t = (rf"\max({x},{amount(given['floor'])})" if "floor" in given else x for x in "pt")
    one = amount(given.get("inside", 1.0))
    first, second = (rf"\log {x}" if one == "0" else rf"\log({one}+{x})" for x in (p, t))
    return rf"({first}-{second})^2"


def _poisson(given: Given) -> str:
    return r"p-t\log p" + (r"+[t>1](t\log t-t+\tfrac12\log(2\pi t))" if _on(given, "full") else "")


def _gaussian(given: Given) -> str:
    v = rf"\max(v,{amount(given['floor'])})" if "floor" in given else "v"
    constant = r"+\log 2\pi" if _on(given, "full") else ""
    return rf"\tfrac12(\log {v}+(p-t)^2/{v}{constant})"


def _cosine(given: Given) -> str:
    if _on(given, "unit"):
        return r"1-p\cdot t"
    cosine = rf"\frac{{p\cdot t}}{{{_norm('p', given)}{_norm('t', given)}}}"
    return f"1-{cosine}" if _on(given, "distance") else f"-{cosine}"


def _norm(x: str, given: Given) -> str:
    norm = rf"\lVert {x}\rVert"
    if "floor" not in given:
        return norm
    floor = amount(given["floor"])
    # In braces, or the exponent would be that of the closing bars alone.
    return rf"\sqrt{{\max({{{norm}}}^2,{floor})}}" if _on(given, "floor_on_square") else rf"\max({norm},{floor})"


def _hinge_embedding(given: Given) -> str:
    near, far = (r"t\ne 0", r"t\ne 1") if given.get("both", 1.0) == 1.0 else ("t=1", "t=0")
    return rf"[{near}]\,p+[{far}]\max(0,m-p)"


def _multi_margin(given: Given) -> str:
    power = given.get("power", 1.0)
    return r"[c\ne y]\max(0,m-p_y+p_c)" + ("" if power == 1.0 else f"^{{{amount(power)}}}")


def _crammer_singer(given: Given) -> str:
    margin = "" if given.get("margin", 1.0) == 1.0 else "m"
    return rf"\max_c(p_c+{margin}[c\ne y])-p_y"


def _ratio(upper: str, lower: str, given: Given) -> str:
    """1 − a ratio, with what is added above and below."""
    both, below = (amount(given[name]) if name in given else "" for name in ("smooth", "epsilon"))
    upper += f"+{both}" if both else ""
    return rf"1-\frac{{{upper}}}{{{lower}" + "".join(f"+{room}" for room in (both, below) if room) + "}"


def _dice(given: Given) -> str:
    square = "^2" if _on(given, "squared") else ""
    return _ratio(r"2\sum pt", rf"\sum p{square}+\sum t{square}", given)


_WITH_PARAMETERS: dict[str, Callable[[Given], str]] = {
    "squared": lambda given: rf"(p-t{_plus(given, 'epsilon')})^2",
    "absolute": lambda given: rf"|p-t{_plus(given, 'epsilon')}|",
    "absolute-percentage": _percentage,
    "symmetric-percentage": _symmetric,
    "squared-log": _squared_log,
    "poisson": _poisson,
    "gaussian-nll": _gaussian,
    "cosine": _cosine,
    "hinge-embedding": _hinge_embedding,
    "logistic": lambda _: r"\log(1+e^{-sz})",
    "multi-margin": _multi_margin,
    "multilabel-margin": lambda _: r"[c\notin y]\sum_{k\in y}\max(0,m-p_k+p_c)",
    "crammer-singer": _crammer_singer,
    "dice": _dice,
    "iou": partial(_ratio, r"\sum pt", r"\sum p+\sum t-\sum pt"),
    "tversky": partial(_ratio, r"\sum pt", r"\sum pt+\alpha\sum(1-p)t+\beta\sum p(1-t)"),
}
