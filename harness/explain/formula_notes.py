"""What stands behind a formula: what its abbreviations mean, and the choices that no symbol shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.semantics import Semantics

WHERE = r"\quad\text{where }"
SEPARATOR = r";\;"

_BAD_INDICES = {
    "nan": "nan for a label outside the classes",
    "zero": "0 for a label outside the classes",
    "clip": "the nearest class for a label outside",
}


class Notes:
    """Symbols by what they stand for: p, and p′ for another p of the same formula."""

    def __init__(self) -> None:
        self.symbols: dict[str, str] = {}

    def name(self, symbol: str, meaning: str) -> str:
        """The symbol that stands for `meaning`: `symbol`, with as many primes as it takes."""
        while self.symbols.setdefault(symbol, meaning) != meaning:
            symbol += "'"
        return symbol

    def behind(self, body: str) -> str:
        """`where p = …, t = …` for those symbols that `body` uses."""
        used = [
            f"{symbol}={self.symbols[symbol]}" for symbol in sorted(self.symbols, key=_order) if _uses(body, symbol)
        ]
        return WHERE + r",\;".join(used) if used else ""


def _order(symbol: str) -> tuple[int, str]:
    return len(symbol), symbol


def _uses(body: str, symbol: str) -> bool:
    symbols = re.sub(r"\\(?:mathrm|text|operatorname)\{[^{}]*\}|\\[A-Za-z]+", " ", body)
    return re.search(rf"{re.escape(symbol)}(?!')", symbols) is not None


def remarks(s: Semantics) -> list[str]:
    """What a point chooses that its formula cannot show, in words."""
    given, reduction = dict(s.term.parameters), s.reduction
    index = s.target.encoding == "index"
    labels = "" if s.target.order is None else ", ".join(map(str, s.target.order))
    low = s.precision.input, s.precision.accumulation
    told = {
        "every prediction against every target": s.layout.broadcast == "expanded",
        f"classes along axis {s.layout.class_axis}": s.layout.class_axis not in (None, -1, 1),
        f"softmax over axis {s.layout.softmax_axis}": s.layout.softmax_axis is not None,
        f"labels in the order {labels}": bool(labels),
        _BAD_INDICES.get(s.target.bad_index, ""): index and s.target.bad_index in _BAD_INDICES,
        "from the logits behind the probabilities": s.guard.recovered_logits,
        "0 where t is 0": bool(given.get("zero_target")) and not index,
        "log 0 taken as −∞": "log_zero" in given,
        "sums over some axes only": "over" in given,
        "0 where nothing is left to count": reduction.zero == "zero" and reduction.batch == "mean",
        f"computed in {low[0]}": low[0] is not None,
        f"summed in {low[1]}": low[1] is not None,
        "evaluated as it is written": s.evaluation.form == "naive",
    }
    return [rf"\text{{{words}}}" for words, said in told.items() if said]
