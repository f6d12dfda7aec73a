"""Sums in LaTeX that know their signs, so that a factor or a minus never meets one in front of what it reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace

OVER_CLASSES = r"\sum_c"
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms with their signs: (True, "t") is −t."""

    terms: tuple[tuple[bool, str], ...]


@dataclass(frozen=True, slots=True)
class Big:
    """A sum or mean over something: its sign is that of what it is taken of."""

    operator: str
    inner: Sum | Big
    factor: str = ""


Piece = Sum | Big


def signed(text: str) -> Sum:
    """`text` taken apart at the signs that stand in no brackets."""
    terms, start, depth, bars, negative = [], 0, 0, False, False
    for at, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        bars ^= character == "|"
        if character in "+-" and depth == 0 and not bars:
            if text[start:at].strip():
                terms.append((negative, text[start:at].strip()))
            start, negative = at + 1, character == "-"
    return Sum((*terms, (negative, text[start:].strip())))


def negated(piece: Piece) -> Piece:
    """−`piece`, the sign taken to the terms."""
    if isinstance(piece, Big):
        return replace(piece, inner=negated(piece.inner))
    return Sum(tuple((not negative, body) for negative, body in piece.terms))


def scaled(piece: Piece, factor: str) -> Piece:
    """`factor` times `piece`; the factor has no sign."""
    if isinstance(piece, Big):
        return replace(piece, factor=_times(factor, piece.factor))
    if len(piece.terms) == 1:
        ((negative, body),) = piece.terms
        return Sum(((negative, _times(factor, body)),))
    return Sum(((False, _times(factor, _bracketed(written(piece)))),))


def written(piece: Piece) -> str:
    """The LaTeX of a piece."""
    if isinstance(piece, Sum):
        text = "".join(("-" if negative else "+") + body for negative, body in piece.terms)
        return text.removeprefix("+")
    inner = written(piece.inner)
    body = f"{piece.operator} {inner if _is_plain(piece.inner) or _ends_open(piece) else _bracketed(inner)}"
    return _times(piece.factor, _bracketed(body) if piece.factor and _ends_open(piece) else body)


def added(pieces: list[Piece]) -> str:
    """The LaTeX of a sum of pieces."""
    first, *others = map(written, pieces)
    return first + "".join(other if other.startswith("-") else f"+{other}" for other in others)


def _is_plain(piece: Piece) -> bool:
    """Whether nothing in front could be taken to reach into a part of it only."""
    if isinstance(piece, Big):
        return bool(piece.factor) or not _ends_open(piece)
    return len(piece.terms) == 1 and not piece.terms[0][0]


def _ends_open(piece: Big) -> bool:
    """Σ_c −t log p, which is read as it is meant; a mean of it, or w times it, is not."""
    inner = piece.inner
    return piece.operator == OVER_CLASSES and isinstance(inner, Sum) and len(inner.terms) == 1 and inner.terms[0][0]


def _bracketed(text: str) -> str:
    return rf"\left[{text}\right]"


def _times(factor: str, body: str) -> str:
    # Two numbers side by side would be read as one.
    between = r"\cdot " if factor[-1:].isdigit() and body.startswith((r"\frac", r"\tfrac")) else r"\,"
    return f"{factor}{between}{body}" if factor and body else factor or body
