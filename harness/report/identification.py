"""An identification for a terminal and for a notebook, from finished strings."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from markupsafe import Markup

from harness.explain.formula import taken_apart
from harness.explain.latex_text import as_text
from harness.explain.nearest import Near
from harness.explain.symbols import symbols
from harness.report.formula import mathml
from harness.report.words import meaning

WIDTH = 100
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that is told of an identification.

    `latex` is the formula of the point, or empty outside the space; then `closest` is that of the closest point,
    `left_at` the stage and `refuting` the input. `audit` is None for what is no catalog call; else what was found
    where the catalog says something else.
    """

    name: str
    latex: str
    closest: str
    left_at: str
    refuting: tuple[str, ...]
    word: str
    calls: int
    dtype: str
    stages: tuple[tuple[str, str], ...]
    nearest: tuple[Near, ...]
    undetermined: tuple[str, ...]
    probes: tuple[tuple[str, str], ...]
    audit: tuple[tuple[str, str, str], ...] | None
    rivals: tuple[tuple[str, str, str], ...]


def text(shown: Shown) -> str:
    """An identification in plain words of at most 100 columns, without a final newline."""
    parts = [
        in_brief(shown),
        _columns("stage by stage", shown.stages),
        _columns("settled by", shown.probes),
        _list("nearest in the catalog", map(near_in_words, shown.nearest)),
        _list("depends on none of the answers", shown.undetermined),
        _list("these numbers cannot tell it from", (f"{f}  ({words}){_parted(p)}" for f, words, p in shown.rivals)),
    ]
    return "\n\n".join(part for part in parts if part)


def sentence(shown: Shown) -> str:
    """One sentence: that a point was found and how, or where the space was left."""
    asked = f"in {shown.calls} calls in {shown.dtype}" if shown.calls else "from the printed digits"
    if shown.latex:
        return (
            f"{shown.name} was identified {asked}, and confirmed on inputs that it was not found with."
            if shown.calls
            else f"{shown.name} is what this gives, {asked}."
        )
    if shown.word:
        return f"{shown.name} was not identified ({shown.calls} calls in {shown.dtype})."
    where = f" It leaves the space of conventions at {shown.left_at}: {meaning(shown.left_at)}" if shown.left_at else ""
    return f"{shown.name} was not identified ({shown.calls} calls in {shown.dtype}).{where}"


def in_brief(shown: Shown) -> str:
    """An identification in a few lines, for whoever asked about something else: the formula, or where it ends."""
    return "\n".join(wrapped for line in _answer(shown) for wrapped in _wrap(line))


def near_in_words(near: Near) -> str:
    """A catalog call and what parts it: "torch.nn.BCELoss()(…), but reduction.batch: mean → sum"."""
    if not near.differences:
        return f"{near.expression}, the same"
    parted = "; ".join(f"{factor}: {before} → {after}" for factor, before, after in near.differences)
    return f"{near.expression}, but {parted}"


def fragment(shown: Shown) -> str:
    """An identification for a notebook, with its style."""
    from harness.report.render import notebook  # noqa: PLC0415  Jinja only where something is drawn

    return notebook("identified.html", named(shown))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A formula as a page shows it: what its letters stand for under it, and in words what no letter shows."""

    body: Markup
    where: Markup
    remarks: str
    symbols: str


def named(shown: Shown) -> dict[str, object]:
    """What the template of an identification repeats."""
    known = {field.name: getattr(shown, field.name) for field in fields(shown)}
    return known | {
        "sentence": sentence(shown),
        "verdict": "identified" if shown.latex else "not identified",
        "formula": drawn(shown.latex) if shown.latex else None,
        "closest": drawn(shown.closest) if shown.closest else None,
        "stages": [(factor, choice, meaning(factor)) for factor, choice in shown.stages],
        "near": [
            (near.expression, [f"{factor}: {before} → {after}" for factor, before, after in near.differences])
            for near in shown.nearest
        ],
        "audit": audit_in_words(shown.audit),
    }


def drawn(latex: str) -> Drawn:
    """A formula in LaTeX for a page."""
    body, where, remarks = taken_apart(latex)
    said = "; ".join(remarks)
    return Drawn(mathml(body), mathml(where) if where else Markup(), f"{said}." if said else "", symbols([latex]))


def audit_in_words(audit: Sequence[tuple[str, str, str]] | None) -> str:
    """Whether the catalog's word on a call was borne out; empty for what is no catalog call."""
    if audit is None:
        return ""
    if not audit:
        return "The catalog says the same of this call."
    told = "; ".join(f"{factor}: {declared}, found: {found}" for factor, declared, found in audit)
    return f"The catalog says something else of this call. It declares {told}."


def _answer(shown: Shown) -> Iterator[str]:
    yield sentence(shown)
    if shown.word:
        yield shown.word[0].upper() + shown.word[1:]
    if shown.latex:
        yield f"{INDENT}{as_text(shown.latex)}"
    if shown.closest:
        yield f"The closest that was found: {as_text(shown.closest)}"
    if shown.refuting:
        yield "It is refuted by:"
        yield from (f"{INDENT}{line}" for line in shown.refuting)
    if shown.audit is not None:
        yield audit_in_words(shown.audit)


def _parted(parted: str) -> str:
    return f"; to tell, print it for {parted}" if parted else ""


def _columns(title: str, rows: Sequence[tuple[str, str]]) -> str:
    if not rows:
        return ""
    width = max(len(name) for name, _ in rows)
    return "\n".join([title, *(f"{INDENT}{name.ljust(width)}  {said}" for name, said in rows)])


def _list(title: str, rows: Iterator[str] | Sequence[str]) -> str:
    lines = [wrapped for row in rows for wrapped in _wrap(f"{INDENT}{row}")]
    return "\n".join([title, *lines]) if lines else ""


def _wrap(line: str) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent + INDENT, break_long_words=False, break_on_hyphens=False)
