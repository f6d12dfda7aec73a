"""The text of one side, read into a checked syntax tree; nothing in it is ever run.

Python's own parser reads the text, and every construct is then either converted by the table `_CONVERT` or refused.
So the language is exactly what that table and the allow-lists of `harness.functions` spell out.
"""

import ast
import math
import warnings
from collections.abc import Callable, Collection

from harness.errors import CaseError
from harness.functions import (
    ALIASES,
    ATTRIBUTES,
    BUILTIN_TYPES,
    BUILTINS,
    CONSTANTS,
    FORBIDDEN_ARGUMENTS,
    FUNCTIONS,
    METHODS,
)
from harness.grammar import MAX_DEPTH, MAX_INTEGER, MAX_LENGTH, MAX_NODES, MAX_STRING, OPERATORS, Reader, refusal
from harness.naming import canonical, framework_of, nearest, nearest_function
from harness.powers import MAX_BITS, bits
from harness.rewrites import is_limit, special_number, text_of, unwritten
from harness.syntax import (
    Apply,
    Attribute,
    Binary,
    Call,
    Constant,
    Ellipsis_,
    Index,
    Input,
    Literal,
    Method,
    Node,
    Sequence,
    Slice,
    Unary,
)
from harness.trees import inputs_of, render, substitute, walk

__all__ = ["canonical", "framework_of", "inputs_of", "parse", "render", "substitute", "walk"]

# A person may break a long expression anywhere: line ends become blanks, so every character keeps its offset.
_BLANKS = str.maketrans("\n\r\t\f", "    ")


def parse(text: str, inputs: Collection[str]) -> Node:
    """The syntax tree of `text`, an expression over the arrays named in `inputs`.

    Functions are resolved to their canonical paths and signs are folded into numbers, so that two spellings of one
    expression are one tree. Nothing is evaluated.

    Raises:
        CaseError: With line and column within `text`, when it is no expression, is too large, or leaves the allow-list.
    """
    flat = text.translate(_BLANKS)
    reader = Reader(text, inputs, len(flat) - len(flat.lstrip(" ")))
    _check_text(reader)
    body = _python_tree(flat, reader)
    if len(text) > MAX_NODES and sum(isinstance(node, ast.expr) for node in ast.walk(body)) > MAX_NODES:
        raise reader.error("expression-too-large", f"more than {MAX_NODES} parts; split the side", reader.indent)
    return _convert(body, reader, 1)


def _check_text(reader: Reader) -> None:
    text = reader.text
    if len(text) > MAX_LENGTH:
        message = f"{len(text)} characters; an expression has at most {MAX_LENGTH}"
        raise reader.error("expression-too-large", message, MAX_LENGTH)
    if reader.indent == len(text):
        raise reader.error("bad-expression", "nothing is written here; write an expression", 0)
    for character, name in (("\\", "a backslash"), ("\0", "a NUL character"), ("#", "a comment")):
        if character in text:
            raise reader.error("forbidden-syntax", f"{name} is not allowed; remove it", text.index(character))


def _python_tree(flat: str, reader: Reader) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # 1if x else y: Python warns of such, and so refuses them here
            return ast.parse(flat[reader.indent :], mode="eval").body
    except SyntaxError as error:
        # Python's columns count from 1; its 0 is the end of the text, where something was still to come.
        offset = reader.indent + error.offset - 1 if error.offset else len(flat.rstrip())
        message = f"{error.msg}; write one Python expression"
        raise reader.error("bad-expression", message, min(offset, len(flat))) from None
    except UnicodeError:  # lone surrogates
        raise reader.error("bad-expression", "not made of characters; write plain text", reader.indent) from None
    except (MemoryError, RecursionError):  # nesting that exhausts Python's parser, which it may say in either way
        raise reader.error("expression-too-large", "nested too deeply; split the side", reader.indent) from None


def _convert(node: ast.expr, reader: Reader, depth: int) -> Node:
    if depth > MAX_DEPTH:
        message = f"nested more than {MAX_DEPTH} deep; split the side or use a sum over an axis"
        raise reader.at("expression-too-large", message, node)
    convert = _CONVERT.get(type(node))
    if convert is None:
        raise reader.at("forbidden-syntax", refusal(type(node)), node)
    return convert(node, reader, depth + 1)


def _each(nodes: list[ast.expr], reader: Reader, depth: int) -> tuple[Node, ...]:
    return tuple(_convert(node, reader, depth) for node in nodes)


def _literal(node: ast.Constant, reader: Reader, _: int) -> Node:
    value = node.value
    if isinstance(value, str):
        _check_string(value, node, reader)
    elif isinstance(value, bytes | complex) or value is ...:
        kind = {bytes: "a byte string", complex: "a complex number"}.get(type(value), "`...` outside an index")
        raise reader.at("forbidden-syntax", f"{kind} is not allowed; write a real number", node)
    elif isinstance(value, float) and math.isinf(value):
        raise reader.at("number-too-large", "beyond float64; write np.inf if infinity is meant", node)
    elif isinstance(value, int) and value > MAX_INTEGER:
        raise reader.at("number-too-large", f"beyond int64; the largest integer is {MAX_INTEGER}", node)
    return Literal(value)


def _check_string(value: str, node: ast.expr, reader: Reader) -> None:
    if len(value) > MAX_STRING or not value.isprintable() or "'" in value or '"' in value:
        message = f"a text argument is at most {MAX_STRING} printable characters without quotes"
        raise reader.at("forbidden-syntax", message, node)


def _name(node: ast.Name, reader: Reader, _: int) -> Node:
    if node.id in reader.inputs:
        return Input(node.id)
    if node.id in BUILTIN_TYPES:
        return Constant(node.id)
    if node.id.startswith("_"):
        raise reader.at("forbidden-name", f"{node.id!r}: names that start with _ are not allowed", node)
    if node.id in ALIASES:
        raise reader.at("unknown-name", f"{node.id!r} is a module; name a function of it", node)
    known = {*reader.inputs, *ALIASES, *BUILTINS}
    hint = nearest(node.id, known) or nearest_function(node.id, FUNCTIONS)
    inputs = ", ".join(sorted(reader.inputs)) or "none"
    message = f"no input or module called {node.id!r}{hint}; inputs: {inputs}; modules: {', '.join(ALIASES)}"
    raise reader.at("unknown-name", message, node)


def _dotted(node: ast.expr, reader: Reader) -> str | None:
    """The canonical path that `node` spells, or None where it is a value."""
    names: list[str] = []
    hidden = None
    inner = node
    while isinstance(inner, ast.Attribute):
        hidden = inner if hidden is None and inner.attr.startswith("_") else hidden
        names.append(inner.attr)
        inner = inner.value
    root = inner.id if isinstance(inner, ast.Name) and inner.id not in reader.inputs else ""
    path = canonical(".".join([root, *reversed(names)])) if names and root in ALIASES else None
    if hidden is not None and path not in FUNCTIONS:
        raise reader.at_name("forbidden-name", f"{hidden.attr!r}: names that start with _ are not allowed", hidden)
    return path


def _attribute(node: ast.Attribute, reader: Reader, depth: int) -> Node:
    path = _dotted(node, reader)
    if path is not None:
        text = text_of(path)
        if text is not None or path in CONSTANTS or path in FUNCTIONS:
            return text or Constant(path)
        raise _unknown_path(path, "function or constant", FUNCTIONS | CONSTANTS, node, reader)
    value = _convert(node.value, reader, depth)
    if node.attr in ATTRIBUTES or is_limit(value, node.attr):
        return Attribute(value, node.attr)
    if node.attr in METHODS:
        raise reader.at_name("unknown-method", f".{node.attr} is a method; call it: .{node.attr}()", node)
    message = f"no attribute {node.attr!r}{nearest(node.attr, ATTRIBUTES | METHODS)}"
    raise reader.at_name("unknown-method", message, node)


def _unknown_path(path: str, kind: str, known: Collection[str], node: ast.expr, reader: Reader) -> CaseError:
    if any(other.startswith(f"{path}.") for other in known):
        return reader.at("unknown-function", f"{path!r} is a module; name a function of it", node)
    return reader.at("unknown-function", f"no {kind} {path!r}{nearest_function(path, known)}", node)


def _call(node: ast.Call, reader: Reader, depth: int) -> Node:
    head = node.func
    path = head.id if isinstance(head, ast.Name) and head.id not in reader.inputs else _dotted(head, reader)
    if path is not None:
        return _function_call(path, node, reader, depth)
    if isinstance(head, ast.Attribute):
        value = _convert(head.value, reader, depth)
        name = unwritten(head.attr, value)
        if name not in METHODS:
            hint = nearest(head.attr, METHODS)
            raise reader.at_name("unknown-method", f"no method {head.attr!r}{hint}", head)
        return Method(value, name, *_arguments(node, reader, depth))
    function = _convert(head, reader, depth)
    if not (isinstance(function, Call) and _is_class(function.function)):
        raise reader.at("not-callable", f"{render(function)} is a value and cannot be called", head)
    return Apply(function, *_arguments(node, reader, depth))


def _function_call(path: str, node: ast.Call, reader: Reader, depth: int) -> Node:
    if path.startswith("_"):
        raise reader.at("forbidden-name", f"{path!r}: names that start with _ are not allowed", node)
    if path not in FUNCTIONS and path not in BUILTINS:
        raise _unknown_path(path, "function", FUNCTIONS | BUILTINS, node, reader)
    args, kwargs = _arguments(node, reader, depth)
    if path == "float" and len(args) == 1 and not kwargs:
        return special_number(path, args[0])
    return Call(path, args, kwargs)


def _is_class(path: str) -> bool:
    """Classes make something that is called in turn: loss objects by their capital, Fenchel-Young by its nature."""
    return path.rpartition(".")[2][0].isupper() or path == "optax.losses.make_fenchel_young_loss"


def _arguments(node: ast.Call, reader: Reader, depth: int) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]]:
    args = _each(node.args, reader, depth)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise reader.at("forbidden-syntax", refusal(ast.Starred), keyword.value)
        if keyword.arg in FORBIDDEN_ARGUMENTS or keyword.arg.startswith("_"):
            raise reader.at("forbidden-argument", f"the argument {keyword.arg!r} is not allowed; leave it out", keyword)
    return args, tuple((keyword.arg or "", _convert(keyword.value, reader, depth)) for keyword in node.keywords)


def _unary(node: ast.UnaryOp, reader: Reader, depth: int) -> Node:
    op = OPERATORS[type(node.op)]
    operand = _convert(node.operand, reader, depth)
    if op == "-" and isinstance(operand, Literal) and isinstance(operand.value, int | float):
        value = operand.value
        if not isinstance(value, bool) and not math.isnan(value):
            return Literal(-value)
    return Unary(op, operand)


def _binary(node: ast.BinOp, reader: Reader, depth: int) -> Node:
    op = OPERATORS.get(type(node.op))
    if op is None:
        raise reader.at("forbidden-syntax", refusal(type(node.op)), node)
    found = Binary(op, _convert(node.left, reader, depth), _convert(node.right, reader, depth))
    if op == "**" and bits(found) > MAX_BITS:
        message = f"a whole number of more than {MAX_BITS} bits; write it with a point, as 9.0**9, for a float"
        raise reader.at("number-too-large", message, node)
    return found


def _comparison(node: ast.Compare, reader: Reader, depth: int) -> Node:
    op = OPERATORS.get(type(node.ops[0]))
    if op is None:
        raise reader.at("forbidden-syntax", refusal(type(node.ops[0])), node)
    if len(node.ops) > 1:
        raise reader.at("forbidden-syntax", "a chained comparison is not allowed; write (a < b) & (b < c)", node)
    return Binary(op, _convert(node.left, reader, depth), _convert(node.comparators[0], reader, depth))


def _subscript(node: ast.Subscript, reader: Reader, depth: int) -> Node:
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return Index(_convert(node.value, reader, depth), tuple(_item(item, reader, depth) for item in items))


def _item(node: ast.expr, reader: Reader, depth: int) -> Node:
    if isinstance(node, ast.Slice):
        parts = (node.lower, node.upper, node.step)
        return Slice(*(part if part is None else _convert(part, reader, depth) for part in parts))
    if isinstance(node, ast.Constant) and node.value is ...:
        return Ellipsis_()
    return _convert(node, reader, depth)


def _list(node: ast.List, reader: Reader, depth: int) -> Node:
    return Sequence(_each(node.elts, reader, depth))


def _tuple(node: ast.Tuple, reader: Reader, depth: int) -> Node:
    return Sequence(_each(node.elts, reader, depth), "tuple")


_CONVERT: dict[type[ast.expr], Callable[..., Node]] = {
    ast.Constant: _literal,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _comparison,
    ast.Subscript: _subscript,
    ast.List: _list,
    ast.Tuple: _tuple,
}
