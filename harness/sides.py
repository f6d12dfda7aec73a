"""The sides of a case: expressions, claims, and calls with an environment or a mode of their own."""

import re
from dataclasses import replace
from functools import lru_cache

from harness import fields
from harness.catalog import check_arguments, complete
from harness.claims import read_claim
from harness.errors import CaseError
from harness.expression import framework_of, parse
from harness.records import Expression, InputArray, Side
from harness.syntax import Constant, Literal, Node
from harness.yaml_reader import Entry, Listing, Scalar, Table, fail, place_within, resolve

SIDE_KEYS = ("call", "adapter", "environment", "mode", "claim")
MODES = ("eager", "compiled")

# Every pair of sides is compared, so their number bounds the work that a file can ask for.
MAX_SIDES = 40

ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,99}")
# No colon: a case names an adapter that somebody has installed, and no place to import one from.
ADAPTER = re.compile(r"[A-Za-z][\w.-]{0,59}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,59}", re.ASCII)


def read_sides(entry: Entry, inputs: dict[str, InputArray], source: str) -> dict[str, Side]:
    """The sides by name, at least two; `source` is the whole file, for the places within expressions.

    Raises:
        CaseError: For anything that is not a side.
    """

    def read(value: Entry, key: Scalar) -> Side:
        name = fields.pattern(key, "the name of a side", _NAME, "letters, digits and _ . -")
        return _side(value, name, inputs, source)

    sides = fields.named(entry, "sides", read)
    if not 2 <= len(sides) <= MAX_SIDES:  # noqa: PLR2004  two sides make a comparison
        message = f"a case has 2 to {MAX_SIDES} sides to compare with each other; found {len(sides)}"
        raise fail("number-of-sides", message, entry)
    return sides


def _side(entry: Entry, name: str, inputs: dict[str, InputArray], source: str) -> Side:
    if isinstance(entry, Listing):
        raise fail("bad-side", f"the side {name!r} is a list; write {{claim: [ … ]}} if it was printed", entry)
    if not isinstance(entry, Table):
        return _expression(entry, name, inputs, source)
    found = fields.table(entry, f"the side {name!r}", SIDE_KEYS)
    if ("call" in found.entries) == ("claim" in found.entries):
        raise fail("bad-side", f"the side {name!r} needs either `call` or `claim`", entry)
    if "claim" not in found.entries:
        return _call(found, name, inputs, source)
    for key in ("adapter", "environment", "mode"):
        if key in found.keys:
            raise fail("bad-side", f"a claim was printed, not run: remove {key!r}", found.keys[key])
    return read_claim(found.entries["claim"])


def _call(found: Table, name: str, inputs: dict[str, InputArray], source: str) -> Expression:
    environment = fields.optional(found, "environment", _environment, "")
    mode = fields.optional(found, "mode", lambda entry: fields.choice(entry, "mode", MODES), "eager")
    side = _expression(found.entries["call"], name, inputs, source, elsewhere=bool(environment))
    framework = fields.optional(found, "adapter", _adapter, side.framework)
    return replace(side, framework=framework, environment=environment, mode=mode)


def _adapter(entry: Entry) -> str:
    return fields.pattern(entry, "adapter", ADAPTER, "letters, digits and . _ -, a letter first")


def _environment(entry: Entry) -> str:
    return fields.pattern(entry, "environment", ENVIRONMENT, "letters, digits and . _ + = -")


def _expression(
    entry: Entry, name: str, inputs: dict[str, InputArray], source: str, *, elsewhere: bool = False
) -> Expression:
    """A side; what is asked `elsewhere` may be a release whose calls take other arguments."""
    text = fields.text(entry, f"the side {name!r}")
    assert isinstance(entry, Scalar)
    if isinstance(resolve(entry), bool | int | float):
        raise fail("bad-side", f"the side {name!r} is a bare number; write {{claim: {text}}} if it was printed", entry)
    try:
        tree, framework = _read(text, tuple(inputs), elsewhere)
    except CaseError as error:
        raise _in_file(error, entry, source) from None
    if isinstance(tree, Literal | Constant):
        raise fail("bad-side", f"the side {name!r} computes nothing; call a function, or write {{claim: …}}", entry)
    return Expression(text.strip(), tree, framework)


@lru_cache(maxsize=4096)  # cases of one suite ask the same calls again and again
def _read(text: str, inputs: tuple[str, ...], elsewhere: bool) -> tuple[Node, str]:  # noqa: FBT001  as above
    """The tree of a side's text, and its framework."""
    tree = complete(parse(text, inputs), inputs)
    if not elsewhere:
        check_arguments(tree)
    return tree, framework_of(tree)


def _in_file(error: CaseError, entry: Scalar, source: str) -> CaseError:
    """The error with its place in the file instead of its place in the expression."""
    if error.line is None or error.column is None:
        return fail(error.slug, error.message, entry)
    line, column = place_within(source, entry, error.line, error.column)
    return CaseError(error.slug, error.message, line=line, column=column)
