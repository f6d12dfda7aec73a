"""The adapter that docs/adapters.md writes, as a package that registers it."""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "adapters.md"


def blocks():
    """The adapter's source and the example of its use, as the page has them."""
    text = PAGE.read_text(encoding="utf-8")
    adapter, use = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return adapter, use


def install(folder):
    """Make `folder` one from which the adapter can be imported, and by which it is registered."""
    (folder / "complex_step.py").write_text(blocks()[0], encoding="utf-8")
    about = folder / "complex_step-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: complex-step\nVersion: 1.2\n", encoding="utf-8")
    points = "[harness.adapters]\ncomplex_step = complex_step:adapter\nabsent = not_there:adapter\n"
    (about / "entry_points.txt").write_text(points, encoding="utf-8")
