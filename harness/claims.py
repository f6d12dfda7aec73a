"""Numbers that somebody printed: their values, and how much the printed digits leave open."""

import math
import re
from typing import Any

import numpy as np

from harness import fields
from harness.records import Claim
from harness.yaml_reader import Entry, Listing, Scalar, fail

_MAX_DIGITS = 60

_TOKEN = re.compile(
    r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?![\w.]) | [-+]?\.?(?:nan|inf)(?:inity)?\b | [\[\]]",
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = r"[-+]?(?:[\d.]+(?:e[-+]?\d+)?|\.?(?:nan|inf)(?:inity)?)"
_PRINTED = re.compile(rf"[\[\s]*{_NUMBER}(?:[\[\],\s]+{_NUMBER})*[\],\s]*", re.IGNORECASE)
_BETWEEN = frozenset(" \t\n\r,")

# What the frameworks print around their numbers: tensor([…], grad_fn=…), tf.Tensor([…], shape=…), <tf.Tensor: …>.
_EAGER_TENSOR = re.compile(r"<tf\.Tensor:[^<>]*?numpy=")
_OPENING = re.compile(r"(?:\w{1,9}\.)?(?:tensor|Tensor|array|Array|float\d\d)\(")
_REMARKS = re.compile(r",\s*(?:dtype|shape|grad_fn|device)\b")


def is_printed(text: str) -> bool:
    """Whether `text` is what a number or an array of numbers looks like when it is printed, and no expression."""
    return _PRINTED.fullmatch(text) is not None


def read_claim(entry: Entry) -> Claim:
    """The Claim that `entry` makes: a number, a nested list of numbers, or either as printed text in quotes.

    The value is float64 of the shape printed. `half_width` has the same shape: half a unit of the last digit printed,
    so 0.3190 claims 0.31895 to 0.31905, and 0 for inf and nan.

    Raises:
        CaseError: `bad-claim`, where something is not a printed number; `ragged`, where rows differ in shape.
    """
    if isinstance(entry, Scalar):
        return _claim(entry.text.strip(), entry, _printed(entry.text, entry))
    pairs, _ = fields.nested(entry, _one)
    return _claim(_written(entry), entry, pairs)


def _claim(text: str, entry: Entry, pairs: Any) -> Claim:  # noqa: ANN401  nested as deeply as the author likes
    try:
        numbers = np.array(pairs, np.float64)
    except ValueError:
        raise fail("ragged", f"the rows of {text!r} differ in shape; make all of one shape", entry) from None
    if numbers.size == 0:
        raise fail("bad-claim", "a claim of no number; write the numbers that were printed", entry)
    return Claim(text, numbers[..., 0].copy(), numbers[..., 1].copy())


def _one(entry: Entry) -> tuple[float, float]:
    if not isinstance(entry, Scalar):
        raise fail("bad-claim", f"a claim is made of printed numbers; found {fields.kind_of(entry)}", entry)
    return _number(entry.text.strip(), entry)


def _number(digits: str, entry: Entry) -> tuple[float, float]:
    """The value printed, and half a unit of its last digit."""
    match = _TOKEN.fullmatch(digits)
    if match is None or digits in {"[", "]"}:
        advice = "separate numbers by commas, or quote the whole as it was printed"
        raise fail("bad-claim", f"{digits[:60]!r} is no printed number; {advice}", entry)
    if digits.lower().lstrip("+-.").startswith(("nan", "inf")):
        return float(digits.replace(".", "")), 0.0
    return _decimal(digits, entry)


def _decimal(digits: str, entry: Entry) -> tuple[float, float]:
    mantissa, _, power = digits[:_MAX_DIGITS].lower().partition("e")
    last_place = int(power or 0) - len(mantissa.partition(".")[2])
    value, half_width = float(digits), float(f"5e{last_place - 1}")
    if len(digits) > _MAX_DIGITS or math.isinf(value) or math.isinf(half_width) or half_width == 0:
        raise fail("bad-claim", f"{digits[:_MAX_DIGITS]!r} is too long, too large or too small for float64", entry)
    return value, half_width


def _printed(text: str, entry: Entry) -> Any:  # noqa: ANN401  nested as deeply as it was printed
    """Pairs of value and half width, nested as the brackets of `text` are."""
    inner = _unwrapped(text.strip())
    if "[" not in inner:
        return _number(inner, entry)
    stack: list[list[Any]] = [[]]
    for word in _words(inner, entry):
        if word == "[":
            stack.append([])
        elif word != "]":
            stack[-1].append(_number(word, entry))
        elif len(stack) > 1:
            row = stack.pop()
            stack[-1].append(row)
    if len(stack) > 1 or len(stack[0]) != 1:
        raise fail("bad-claim", f"the brackets of {text[:60]!r} do not match", entry)
    return stack[0][0]


def _words(text: str, entry: Entry) -> list[str]:
    words, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise fail("bad-claim", f"{text[at : at + 20]!r} is no printed number; print the whole array", entry)
        words.append(match[0])
        at = match.end()
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
    return words


def _unwrapped(text: str) -> str:
    eager = _EAGER_TENSOR.match(text)
    if eager and text.endswith(">"):
        text = text[eager.end() : -1].strip()
    opening = _OPENING.match(text)
    if opening and text.endswith(")"):
        text = _REMARKS.split(text[opening.end() : -1], maxsplit=1)[0].strip()
    return text


def _written(entry: Entry) -> str:
    if isinstance(entry, Listing):
        return f"[{', '.join(map(_written, entry.items))}]"
    return entry.text if isinstance(entry, Scalar) else "{}"
