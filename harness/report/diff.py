"""What changed between two results.json: verdicts, causes, and which numbers moved by more than their bound."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RunError

Address = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One comparison that is not what it was; `old` or `new` is empty where it exists on one side only."""

    address: Address
    old: str
    new: str

    def __str__(self) -> str:
        case, a, b, dtype, mode, aspect = self.address
        return f"{case}: {a} and {b}, {aspect} in {dtype}, {mode}: {self.old or 'not there'} → {self.new or 'gone'}"


def read_results(path: Path) -> dict[str, Any]:
    """The results of a run.

    Raises:
        RunError: `not-results`, if the file is not a results.json of schema 1.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError("not-results", f"cannot be read as results.json ({error})", str(path)) from error
    if not isinstance(found, dict) or found.get("schema") != 1:
        raise RunError("not-results", "is no results.json of schema 1; name the file that compare wrote", str(path))
    return found


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every comparison whose verdict or set of causes differs, in the order of the new run, then those that are gone.

    The difference of a run with itself is empty.
    """
    before, after = dict(_comparisons(old)), dict(_comparisons(new))
    order = [*after, *(address for address in before if address not in after)]
    told = ((address, before.get(address, ""), after.get(address, "")) for address in order)
    return tuple(Change(*row) for row in told if row[1] != row[2])


def _comparisons(results: Mapping[str, Any]) -> Iterator[tuple[Address, str]]:
    for case in results["cases"]:
        for c in case["comparisons"]:
            factors = ", ".join(factor["factor"] for factor in c["factors"])
            words = f"{c['verdict']} by {factors}" if factors else str(c["verdict"])
            yield (case["id"], *c["between"], c["dtype"], c["mode"], c["aspect"]), words
