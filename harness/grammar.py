"""What the expression language is made of besides names: its limits, its operators, what it refuses, and its errors."""

import ast
from collections.abc import Collection
from dataclasses import dataclass

from harness.errors import CaseError

MAX_LENGTH = 4000
MAX_NODES = 2000
MAX_DEPTH = 60
MAX_STRING = 200
MAX_INTEGER = 2**63 - 1

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.UAdd: "+",
    ast.USub: "-",
    ast.Invert: "~",
    ast.Not: "not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

_COMPREHENSION = ("a comprehension", "use an operation on whole arrays")

# What is refused, as a person would name it, and what to write instead.
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lambda: ("a lambda", "write the expression out"),
    ast.GeneratorExp: ("a generator expression", "use a sum or a mean over an axis"),
    ast.ListComp: _COMPREHENSION,
    ast.SetComp: _COMPREHENSION,
    ast.DictComp: _COMPREHENSION,
    ast.NamedExpr: ("an assignment", "repeat the expression instead"),
    ast.JoinedStr: ("an f-string", "write the text out"),
    ast.Starred: ("a starred argument", "write the arguments out"),
    ast.IfExp: ("a conditional", "use a where function"),
    ast.BoolOp: ("`and` or `or`", "arrays have & and |, with parentheses around both sides"),
    ast.Dict: ("a dictionary", "use a list"),
    ast.Set: ("a set", "use a list"),
    ast.LShift: ("a shift", "multiply by a power of 2"),
    ast.RShift: ("a shift", "divide by a power of 2"),
    ast.Is: ("`is`", "use =="),
    ast.IsNot: ("`is not`", "use !="),
    ast.In: ("`in`", "use =="),
    ast.NotIn: ("`not in`", "use !="),
    ast.Slice: ("a slice outside an index", "index an array with it"),
}


def refusal(kind: type[ast.AST]) -> str:
    """The sentence that refuses a construct of Python."""
    found, instead = _REFUSED.get(kind, (f"`{kind.__name__.lower()}`", "write an expression over arrays"))
    return f"{found} is not allowed; {instead}"


@dataclass(frozen=True, slots=True)
class Reader:
    """The text that is being read, the names that stand for arrays in it, and the blanks before its first word."""

    text: str
    inputs: Collection[str]
    indent: int

    def error(self, slug: str, message: str, offset: int) -> CaseError:
        """A CaseError at a character of the text."""
        before = self.text[:offset]
        return CaseError(slug, message, line=before.count("\n") + 1, column=offset - before.rfind("\n"))

    def at(self, slug: str, message: str, node: ast.expr | ast.keyword) -> CaseError:
        """A CaseError at the start of `node`."""
        return self.error(slug, message, self._offset(node.col_offset))

    def at_name(self, slug: str, message: str, node: ast.Attribute) -> CaseError:
        """A CaseError at the name behind the dot of `node`."""
        return self.error(slug, message, self._offset(node.end_col_offset or 0) - len(node.attr))

    def _offset(self, byte: int) -> int:
        """The character at a UTF-8 offset: Python's parser counts bytes."""
        return self.indent + len(self.text[self.indent :].encode()[:byte].decode(errors="ignore"))
