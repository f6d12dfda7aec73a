"""A side as a script that runs on its own: what a reader pastes into a terminal or a bug report."""

from collections.abc import Iterable

from harness.catalog import index_inputs
from harness.records import Case, Claim, Computed, Expression, InputArray, Observation, Side
from harness.report.literals import UNPACK, UNPACK_IMPORTS, is_packed, literal
from harness.report.phrases import is_inline, short
from harness.report.styles import IMPORTS, LAZY, NUMPY, NUMPY_DTYPES, STYLES, Style
from harness.syntax import Call, Constant, Literal, Node
from harness.trees import inputs_of, rebuild, render, spelling, walk

# More text than this is no script to paste; the case file has the inputs.
MOST_CHARACTERS = 200_000


# Who has no derivatives; whoever is not known here may have some.
WITHOUT_GRADIENT = frozenset({"onnx", *(name for name, style in STYLES.items() if not style.gradient)})


def reproducer(case: Case, side: Expression, dtype: str, seen: Observation | None = None) -> str:
    """A Python script that computes `side` on the inputs of `case`, value and gradient, and prints both.

    Returns:
        The script; empty where the framework has no plain way to write one, or the inputs are too long to paste.
    """
    style = STYLES.get(side.framework)
    if style is None:
        return ""
    tree = _spelled(side.tree)
    read, indices = inputs_of(tree), index_inputs(side.tree, case.inputs)
    used = {name: array for name, array in case.inputs.items() if name in read}
    wanted = case.gradient if style.gradient and case.gradient in used else None
    filled = {"arguments": ", ".join(used), "wanted": wanted}
    packed = any(map(is_packed, used.values()))
    imports = {*style.imports, *_imports(tree), *_dtype_imports(style, dtype), *(UNPACK_IMPORTS if packed else ())}
    parts = [
        "\n".join(sorted(imports, key=_by_module)) + "\n",
        f"\n{UNPACK}".rstrip("\n") + "\n\n" if packed else "",
        style.setup + (style.wide if dtype == "float64" else ""),
        "".join(
            f"{name} = {_array(array, style, 'int64' if name in indices else dtype, name == wanted)}\n"
            for name, array in used.items()
        ),
        f"\n\ndef loss({', '.join(used)}):\n    return {render(tree)}\n\n",
        style.compiled if side.mode == "compiled" else "",
        (style.gradient if wanted else style.value).format(**filled),
        f'print("value", value){_remark(seen)}\n',
        f'print("d value / d {wanted}", gradient)\n' if wanted else "",
    ]
    code = "\n".join(part for part in parts[:4] if part) + "".join(parts[4:])
    return code if len(code) <= MOST_CHARACTERS else ""


def differentiates(side: Side) -> bool:
    """Whether a side can have a gradient at all: printed digits and plain NumPy have none."""
    return not isinstance(side, Claim) and side.framework not in WITHOUT_GRADIENT


def _array(given: InputArray, style: Style, dtype: str, wanted: bool) -> str:  # noqa: FBT001  it is what is asked
    """One input, in the dtype that it pins, else in `dtype`."""
    kind = given.dtype or dtype
    text = literal(given, kind)
    if style.imports[0] == NUMPY.imports[0]:
        kind = NUMPY_DTYPES.get(kind, f"np.{kind}")
    return (style.differentiable if wanted else style.array).format(literal=text, dtype=kind)


def _spelled(tree: Node) -> Node:
    """The tree as Python finds its functions.

    `onnx.Operator(…)` is a call of the function `operator` that the script begins with.
    """
    match rebuild(tree, _spelled):
        case Call(function=path, args=args, kwargs=kwargs) if path.startswith("onnx."):
            return Call("operator", (Literal(path.removeprefix("onnx.")), *args), kwargs)
        case other:
            return other


def _by_module(line: str) -> tuple[bool, str]:
    """What Python brings along comes first."""
    return line.split()[1] not in {"base64", "zlib"}, line


def _imports(tree: Node) -> Iterable[str]:
    """An import for every module that the expression names."""
    for node in walk(tree):
        match node:
            case Call(function=path) | Constant(path=path) if "." in path:
                root = spelling(path).partition(".")[0]
                module = path.rpartition(".")[0] if root in LAZY else root
                yield IMPORTS.get(root, f"import {module}")
            case _:
                pass


def _dtype_imports(style: Style, dtype: str) -> tuple[str, ...]:
    return ("import ml_dtypes",) if style is NUMPY and dtype == "bfloat16" else ()


def _remark(seen: Observation | None) -> str:
    """What was observed, to be held against what is printed."""
    told = isinstance(seen, Computed) and is_inline(seen.value.shape)
    return f"  # it was {short(seen.value)}" if isinstance(seen, Computed) and told else ""
