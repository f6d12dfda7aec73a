"""What the symbols of formulas stand for: one line for whoever did not write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = re.compile(r"\\(?:mathrm|text|operatorname)\{[^{}]*\}|\\(?:left|right)\b")
_COMMANDS = re.compile(r"\\[A-Za-z]+")
_DEFINED = re.compile(r"(?<![A-Za-z\\])t=")

# A letter or a command by which it is seen that a symbol is used, and what it stands for, in the order of telling.
SYMBOLS: tuple[tuple[str, str], ...] = (
    ("x", "x is the prediction"),
    ("t", "t the target"),
    ("y", "y the target as it is given"),
    ("_c|=c|\\[c", "c a class"),
    ("K", "K the number of classes"),
    ("N", "N the number of samples"),
    (r"\\sigma", "σ the sigmoid"),
    (r"\\lVert", "‖ ‖ the length of a vector"),
    (r"\\varepsilon", "ε the machine epsilon of the dtype"),
    ("H_", "H with width δ is e²/2 up to |e| = δ, and δ(|e| − δ/2) beyond"),
    (r"\[[^\]]*(?:=|>|\\ne|\\in|\\notin)[^\]]*\]", "[ ] is 1 where what it holds is true, else 0"),
)


def symbols(formulas: Iterable[str]) -> str:
    """The symbols that LaTeX formulas use, in one sentence; empty where they use none that needs a word."""
    bare = [_NAMES.sub(" ", formula) for formula in formulas]
    told = [words for pattern, words in SYMBOLS if any(_uses(pattern, formula) for formula in bare)]
    return f"{', '.join(told)}." if told else ""


def _uses(pattern: str, formula: str) -> bool:
    if pattern == "t" and _DEFINED.search(formula):
        return False
    text = formula if "\\" in pattern else _COMMANDS.sub(" ", formula)
    return re.search(pattern, text) is not None
