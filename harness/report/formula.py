"""LaTeX to MathML, which browsers draw without a script."""

from functools import lru_cache
from html import unescape
from xml.etree import ElementTree as ET

from markupsafe import Markup


@lru_cache(maxsize=4096)
def mathml(latex: str) -> Markup:
    """`latex` as a MathML block; the same few formulas serve thousands of cases, hence the cache."""
    from latex2mathml.converter import convert_to_element  # noqa: PLC0415  most reports of a second run need none

    math = convert_to_element(latex, display="block")
    # The converter keeps character references as text and unescapes the finished markup, which would let a
    # formula smuggle markup in. Unescaped here, element by element, they are text and stay text.
    for element in math.iter():
        element.text = unescape(element.text or "")
        if element.text == "|":
            # As an operator it would stand apart from what it encloses.
            element.attrib.update(lspace="0", rspace="0")
    for row in math.iter():
        _set_names_apart(row)
    return Markup(ET.tostring(math, encoding="unicode"))  # noqa: S704  made by ElementTree, which escapes


# What a factor in front of the name of a function ends with.
_OPERANDS = {"mi", "mn", "msub", "msup", "mfrac"}


def _set_names_apart(row: ET.Element) -> None:
    """`t log p` for `tlogp`: names of functions are no operators, and stand apart from what they are taken of."""
    parts = list(row)
    for place in range(len(parts) - 1, -1, -1):
        if not _is_function(parts[place]):
            continue
        following, before = parts[place + 1 : place + 2], parts[place - 1 : place] if place else []
        if following and following[0].text != "(" and row.tag == "mrow":
            row.insert(place + 1, _thin_space())
        if before and row.tag == "mrow" and (before[0].tag in _OPERANDS or before[0].text == ")"):
            row.insert(place, _thin_space())


def _is_function(element: ET.Element) -> bool:
    base = element[0] if element.tag == "msub" else element
    name = base.text or ""
    if base.tag not in {"mi", "mo"} or len(name) < 2 or not name.isalpha():  # noqa: PLR2004  a letter is a variable
        return False
    base.tag = "mi"
    return True


def _thin_space() -> ET.Element:
    return ET.Element("mspace", width="0.167em")
