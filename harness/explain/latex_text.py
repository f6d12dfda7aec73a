"""The LaTeX of formulas in plain characters."""

from __future__ import annotations

import re

# The private-use area of Unicode: names stand there for a while, out of the way of what is rewritten around them.
PRIVATE = 0xE000

_WORDS = (
    (r"\\operatorname\{(\w+)\}", r"\1"),
    (r"\\mathrm\{([^{}]*)\}", r"\1"),
    (r"mean_\{\\text\{([^{}]*)\}([^{}]*)\}", r"mean over \1\2 of "),
    (r"\\sum_\{\\text\{([^{}]*)\}([^{}]*)\}", r"sum over \1\2 of "),
    (r"\\text\{([^{}]*)\}", r" \1"),
    (r"\\tfrac12", "½"),
    (r"\\frac\{1\}\{ ?([^{}]*)\}", r"1/(\1) · "),
    (r"\^\{([^{}]*)\}", r"^\1"),
    (r"_\{([^{}]*)\}", r"_\1"),
    (r"\\(?:left|right|quad|;|,)", " "),
    (r"\\(log|exp|max|tanh|cosh)(?=_)", r" \1"),
    (r"\\(log|exp|max|tanh|cosh)(?![A-Za-z])", r" \1 "),
)
_SIGNS = {
    r"\sum": "Σ", r"\sigma": "σ", r"\delta": "δ", r"\beta": "β", r"\alpha": "α", r"\varepsilon": "ε", r"\cdot": "·",
    r"\ne": "≠", r"\lVert": "‖", r"\rVert": "‖", "-": "−", r"\_": "_", r"\ ": " ",
}  # fmt: skip


def as_text(latex: str) -> str:
    """LaTeX of this module in plain characters."""
    names: list[str] = []

    def kept(match: re.Match[str]) -> str:
        names.append(match.group(1))
        return f"\\mathrm{{{chr(PRIVATE + len(names) - 1)}}}"

    text = re.sub(r"\\mathrm\{([^{}]*)\}", kept, latex)
    for pattern, shown in _WORDS:
        text = re.sub(pattern, shown, text)
    text = re.sub(r"\\frac\{(.*)\}\{(.*?)\}(?=$|[^}])", r"(\1)/(\2)", text)
    for sign, shown in _SIGNS.items():
        text = text.replace(sign, shown)
    text = re.sub(r"\s+", " ", text.replace("{", "").replace("}", ""))
    text = re.sub(r"(?<=[(\[]) | (?=[)\],^])|(?<=−) |(?<!of) (?=\()", "", text).strip()
    return "".join(
        names[ord(c) - PRIVATE].replace(r"\_", "_") if 0 <= ord(c) - PRIVATE < len(names) else c for c in text
    )
