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
    return Markup(ET.tostring(math, encoding="unicode"))  # noqa: S704  made by ElementTree, which escapes
