"""The LaTeX of formulas in plain characters: the small vocabulary that `formula.py` writes, read group by group."""

from __future__ import annotations

import re
from collections.abc import Callable

# The private-use area of Unicode: names stand there for a while, out of the way of what is rewritten around them.
PRIVATE = 0xE000

_SIGNS = {
    "cdot": "·", "ne": "≠", "notin": "∉", "in": "∈", "infty": "∞", "lVert": " ‖", "rVert": "‖", "sum": "Σ ",
    "sigma": "σ", "delta": "δ", "beta": "β", "alpha": "α", "varepsilon": "ε", "pi": "π",
    "_": "_", " ": " ", ",": " ", ";": " ", "quad": " ", "left": "", "right": "",
}  # fmt: skip
# What "of" follows: \sum_{\text{samples}} is "sum over samples of".
_OPERATORS = {"sum": "sum", "mean": "mean"}
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL)


def as_text(latex: str) -> str:
    """LaTeX of this vocabulary in plain characters, on one line."""
    reader = _Reader(latex)
    text = re.sub(r"\s+", " ", reader.until_closed().replace("-", "−"))
    text = re.sub(r"(?<=[(\[=/+−≠∈∉]) | (?=[)\],^;_≠∈∉])|(?<!of)(?<!_c)(?<!·) (?=\()", "", text).strip()
    text = re.sub(r"(?<=[^ ])· ", " · ", text)
    return reader.named(text)


class _Reader:
    """Reads tokens from left to right; what is in braces is read by a call of its own."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.at = 0
        self.names: list[str] = []

    def until_closed(self) -> str:
        """What is left of the group that is being read."""
        parts = []
        while self.at < len(self.tokens) and self.peek() != "}":
            parts.append(self.one())
        self.at += 1
        return "".join(parts)

    def peek(self) -> str:
        """The next token, or nothing."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def one(self) -> str:
        """The next token with its arguments."""
        read = self.peek()
        self.at += 1
        if read == "{":
            return self.until_closed()
        if not read.startswith("\\"):
            return read
        name = read[1:]
        if name.isalpha() and self.peek() == " ":
            self.at += 1  # it only ends the name
        known = _COMMANDS.get(name)
        if known is not None:
            return known(self)
        if name in _OPERATORS and self.tokens[self.at : self.at + 2] == ["_", "{"]:
            return self.over(_OPERATORS[name])
        return _SIGNS.get(name, f" {name} ")

    def group(self) -> str:
        """The argument that follows."""
        return self.one()

    def verbatim(self) -> str:
        """The argument that follows, whose letters are nobody's to rewrite."""
        start = self.at + 1
        end = self.tokens.index("}", start)
        self.at = end + 1
        return "".join(self.tokens[start:end]).replace(r"\_", "_").replace(r"\ ", " ")

    def over(self, word: str) -> str:
        """A sum or mean over something in words."""
        self.at += 1
        return f" {word} over {self.group()} of "

    def operator(self) -> str:
        """The name of a function, or "mean over … of"."""
        word = self.verbatim()
        return self.over(word) if word in _OPERATORS and self.peek() == "_" else word

    def name(self) -> str:
        """A name of the case's own, kept out of the way."""
        self.names.append(self.verbatim())
        return chr(PRIVATE + len(self.names) - 1)

    def fraction(self) -> str:
        """1/K · where the upper part is 1, so that what follows is seen to be no part of the lower; else (a)/(b)."""
        upper, lower = self.group(), self.group()
        if upper != "1":
            return f"({upper})/({lower})"
        return f" 1/{lower} · " if len(lower) == 1 else f" 1/({lower.strip()}) · "

    def small_fraction(self) -> str:
        """½ and 1/11."""
        upper, lower = self.group(), self.group()
        return "½" if (upper, lower) == ("1", "2") else f"{upper}/{lower} "

    def named(self, text: str) -> str:
        """`text` with the names put back."""
        return "".join(self.names[ord(c) - PRIVATE] if 0 <= ord(c) - PRIVATE < len(self.names) else c for c in text)


_COMMANDS: dict[str, Callable[[_Reader], str]] = {
    "frac": _Reader.fraction,
    "tfrac": _Reader.small_fraction,
    "text": lambda reader: f" {reader.verbatim()}",
    "mathrm": _Reader.name,
    "operatorname": _Reader.operator,
    "sqrt": lambda reader: f"√({reader.group()})",
}
