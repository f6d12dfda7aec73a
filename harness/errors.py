"""Whose fault it was: one class per party, one slug per cause, one section of docs/errors.md per slug."""

from dataclasses import dataclass


@dataclass(eq=False)
class HarnessError(Exception):
    """A failure somebody can act on.

    Attributes:
        slug: The cause in kebab-case, a section of `docs/errors.md`.
        message: What was found, what was wanted, and what to do.
        where: The file, environment or expression concerned; empty when there is none.
        line: 1-based line in `where`, or None.
        column: 1-based column in `where`, or None.
    """

    slug: str
    message: str
    where: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """The message behind its address, as compilers print it."""
        address = ":".join(str(part) for part in (self.where, self.line, self.column) if part not in {"", None})
        return f"{address}: {self.message}" if address else self.message


class CaseError(HarnessError):
    """The case file, or an expression in it, is wrong; the other cases still run."""


class AdapterError(HarnessError):
    """An adapter or its framework is missing or broken."""


class RunError(HarnessError):
    """Collecting, storing or merging failed."""
