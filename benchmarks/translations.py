"""Writes docs/translations.md: every catalog call in every framework, each run beside the original."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from harness.catalog import APIS
from harness.catalog.api import Api
from harness.collect import open_probe
from harness.errors import CaseError
from harness.explain.translate import FRAMEWORKS, Translation, call_of, suitable, translate
from harness.findings import Probe

PAGE = Path(__file__).parent.parent / "docs" / "translations.md"
HEAD = """# Translations

Written by `python -m benchmarks.translations`. Every call of the catalog, with its defaults, in every framework: the
code, and in brackets the largest difference of a value seen between it and the original, in units of the last place of
float32. All of it was run beside the original on given, random and extreme inputs of the kinds that the call takes,
value and gradient (the value alone in NumPy, scikit-learn and ONNX, which have no gradient), and agreed within the
rounding of both. What a translation leaves out stands under it; what has none says why.
"""


def rows(api: Api, probe: Probe) -> Iterator[Translation]:
    """A call in every framework."""
    tree, inputs = suitable(call_of(api))
    for to in FRAMEWORKS:
        yield translate(tree, to, inputs, probe)


def section(api: Api, probe: Probe) -> list[str]:
    """The part of the page on one call."""
    lines = [f"### `{call_of(api)}`", ""]
    try:
        lines += [line for found in rows(api, probe) for line in _lines(found)]
    except CaseError as error:
        lines.append(f"- not translated: {error.message}")
    return [*lines, ""]


def _lines(found: Translation) -> Iterator[str]:
    if not found.verified:
        yield f"- **{found.to}**: cannot be expressed, because {'; '.join(found.missing)}"
        return
    yield f"- **{found.to}**: `{found.code}` ({found.worst_ulps:.3g})"
    yield from (f"  - leaves out {words}" for words in found.missing)


def main() -> None:
    """Write the page, and say how long it took."""
    started = time.perf_counter()
    lines = [HEAD]
    with open_probe() as probe:
        for framework in dict.fromkeys(api.framework for api in APIS.values()):
            lines += [f"## {framework}", ""]
            for api in (a for a in APIS.values() if a.framework == framework):
                lines += section(api, probe)
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    found = [line for line in lines if line.startswith("- **")]
    refused = sum("cannot be expressed" in line for line in found)
    print(f"{len(found)} cells, {refused} cannot be expressed, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
