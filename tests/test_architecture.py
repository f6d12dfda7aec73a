"""The law of the house: who may import whom, and what nobody may do.

The law is the two tables LAYER and BELOW. A module that is in no row of LAYER fails the test until it is given one.
Imports inside functions and under TYPE_CHECKING count like any other: they are knowledge, and knowledge is what is
rationed here.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HARNESS = ROOT / "harness"

LAYER = {
    "records": "words",
    "findings": "words",
    "errors": "words",
    "factors": "words",
    "syntax": "words",
    "semantics": "words",
    "case_schema": "shared",
    "cases": "shared",
    "catalog": "shared",
    "claims": "shared",
    "expression": "shared",
    "fields": "shared",
    "functions": "shared",
    "generators": "shared",
    "grammar": "shared",
    "modules": "shared",
    "naming": "shared",
    "powers": "shared",
    "processes": "shared",
    "rewrites": "shared",
    "sides": "shared",
    "trees": "shared",
    "yaml_reader": "shared",
    "adapters": "left",
    "collect": "left",
    "reference": "right",
    "compare": "right",
    "explain": "right",
    "expected": "right",
    "judge": "right",
    "judging": "right",
    "silence": "right",
    "report": "report",
    "__main__": "top",
    "ahead": "top",
    "boxes": "top",
    "cli": "top",
    "expressing": "top",
    "given": "top",
    "identified": "top",
    "identifying": "top",
    "inventory": "top",
    "library": "top",
    "memory": "top",
    "options": "top",
    "pytest_plugin": "top",
    "running": "top",
    "workers": "top",
    "": "top",  # harness/__init__.py
}

# The columns `left` (asks frameworks) and `right` (judges) meet in a Run, and nowhere else.
BELOW = {
    "words": {"words"},
    "shared": {"words", "shared"},
    "left": {"words", "shared", "left"},
    "right": {"words", "shared", "right"},
    "report": {"words", "shared", "right", "report"},
    "top": {"words", "shared", "left", "right", "report", "top"},
}

FRAMEWORKS = {"torch", "tensorflow", "keras", "jax", "optax", "sklearn", "onnx", "onnxruntime", "scipy"}
# numpy is nobody's framework here: the whole house computes with it.

UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
UNSAFE_CALLS = {"eval", "exec", "__import__", "yaml.load", "yaml.unsafe_load", "yaml.full_load"}
TOLERANCES = {"rtol", "atol", "tolerance", "isclose", "allclose", "approx", "assert_allclose"}

LINES = 300
# Modules that are longer, and how long they may be: a ratchet, which only ever goes down.
LONGER: dict[str, int] = {}

FILES = sorted(path for path in HARNESS.rglob("*.py"))
CASE_FILES = sorted((ROOT / "cases").rglob("*.y*ml"))


def name_of(path: Path) -> str:
    """`harness/report/view.py` is harness.report.view, `harness/report/__init__.py` is harness.report."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path.read_text(encoding="utf-8") for path in FILES}


def imports(module: str, text: str, known: frozenset[str]) -> Iterator[str]:
    """Every module that `text` imports, anywhere in it; `from a import b` is a.b where that is a module."""
    package = module if any(name.startswith(f"{module}.") for name in known) else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=base, names=names, level=level):
                parents = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                origin = ".".join([*parents, *([base] if base else [])])
                for alias in names:
                    full = f"{origin}.{alias.name}"
                    yield full if full in known else origin


def unit_of(module: str) -> str:
    """The row of LAYER that a module of ours belongs to."""
    return [*module.split("."), ""][1]


def breaches(module: str, text: str, known: frozenset[str]) -> list[str]:
    """What `module` imports against the law."""
    mine = LAYER[unit_of(module)]
    found = []
    for name in imports(module, text, known):
        top = name.split(".")[0]
        if top == "harness" and LAYER[unit_of(name)] not in BELOW[mine]:
            found.append(f"{module} ({mine}) imports {name} ({LAYER[unit_of(name)]})")
        if top in FRAMEWORKS and unit_of(module) != "adapters":
            found.append(f"{module} imports the framework {name}: only harness/adapters may")
    return found


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute, else an empty text."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
    return ""


def unsafe(text: str) -> list[str]:
    """Ways to run or load what somebody else wrote."""
    tree = ast.parse(text)
    called = [dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    loaded = [name for name in imports("harness", text, frozenset()) if name.split(".")[0] in UNSAFE_MODULES]
    allowed = [node.arg or "" for node in ast.walk(tree) if isinstance(node, ast.keyword) if node.arg == "allow_pickle"]
    return [name for name in called if name in UNSAFE_CALLS] + loaded + allowed


def identifiers(text: str) -> Iterator[str]:
    """Every name, attribute, parameter and keyword in `text`; not what its strings say."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.keyword(arg=str(name)):
                yield name


def catches_everything(text: str) -> int:
    """How many handlers in `text` catch whatever comes."""
    handlers = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)]
    return sum(node.type is None or bool({"Exception", "BaseException"} & {*_caught(node)}) for node in handlers)


def _caught(handler: ast.ExceptHandler) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [dotted(kind) for kind in kinds if kind]


def case_tolerances(text: str) -> list[str]:
    """Keys of a case file that would loosen a verdict."""
    return re.findall(r"(?:^|[{,])[ \t-]*(rtol|atol|tol|tolerances?|eps_rel|eps_abs)[ \t]*:", text, re.MULTILINE)


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that remain when everything without unresolved imports is taken away, again and again."""
    left = dict(graph)
    while free := [name for name, wants in left.items() if not wants & left.keys() - {name}]:
        left = {name: wants for name, wants in left.items() if name not in free}
    return sorted(left)


KNOWN = frozenset(MODULES)


def test_every_module_has_a_row_in_the_law() -> None:
    missing = {unit_of(module) for module in MODULES} - LAYER.keys()

    assert not missing, f"give these a row in LAYER: {sorted(missing)}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    assert breaches(module, MODULES[module], KNOWN) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {*imports(module, text, KNOWN)} & KNOWN for module, text in MODULES.items()}

    assert cycle(graph) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_enough_to_be_one_thing(module: str) -> None:
    assert len(MODULES[module].splitlines()) <= LONGER.get(module, LINES)


def test_the_ratchet_holds_no_module_that_has_become_short() -> None:
    assert {name for name, most in LONGER.items() if len(MODULES[name].splitlines()) < most} == set()


@pytest.mark.parametrize("module", MODULES)
def test_nothing_can_run_what_a_file_says(module: str) -> None:
    assert unsafe(MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_no_code_carries_a_tolerance(module: str) -> None:
    assert TOLERANCES & {*identifiers(MODULES[module])} == set()


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_no_case_carries_a_tolerance(path: Path) -> None:
    assert case_tolerances(path.read_text(encoding="utf-8")) == []


def test_everything_is_caught_in_one_place_where_a_framework_is_asked() -> None:
    broad = {module: count for module, text in MODULES.items() if (count := catches_everything(text))}

    assert sum(broad.values()) <= 1, broad
    assert {LAYER[unit_of(module)] for module in broad} <= {"left"}, broad


# A case of a family may be called what its loss is called, in the code as well; a puzzle or a report may not.
TOLD = ("puzzles", "reports", "traps")


def test_no_case_is_special_to_the_code() -> None:
    told = [path.read_text(encoding="utf-8") for path in CASE_FILES if path.parent.name in TOLD]
    ids = {found for text in told for found in re.findall(r"^id: *(\S+)", text, re.MULTILINE)}
    named = {
        (module, node.value)
        for module, text in MODULES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ids
    }

    assert named == set()


@pytest.mark.parametrize("module", ["harness", "harness.cli", "harness.pytest_plugin"])
def test_starting_the_harness_imports_no_framework(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert FRAMEWORKS & {*loaded.stdout.split()} == set()


# The checks above must be able to fail: each of these is against the law.
BREACHES = {
    "the right asks the left": ("harness.judge", "import harness.adapters.torch"),
    "the left asks the right": ("harness.collect.pool", "from harness import reference"),
    "inside a function": ("harness.explain", "def f():\n    from harness.collect import pool"),
    "under TYPE_CHECKING": ("harness.compare", "if TYPE_CHECKING:\n    from harness.report.view import View"),
    "relatively": ("harness.cases", "from .judge import judge"),
    "words know nothing": ("harness.records", "from harness.cases import read"),
    "a framework in the house": ("harness.reference.terms", "import scipy.special"),
    "a framework in a function": ("harness.cli", "def f():\n    import torch"),
}


@pytest.mark.parametrize(("module", "text"), BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_law_is_found(module: str, text: str) -> None:
    assert breaches(module, text, KNOWN | {"harness.judge", "harness.reference", "harness.collect.pool"}) != []


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "def f():\n    from marshal import loads",
        "yaml.load(x)",
        "np.load(f, allow_pickle=True)",
    ],
)
def test_an_unsafe_call_is_found(text: str) -> None:
    assert unsafe(text) != []


@pytest.mark.parametrize(
    "text", ["np.isclose(a, b)", "def f(x, *, rtol): ...", "g(atol=0)", "from numpy import allclose"]
)
def test_a_tolerance_is_found(text: str) -> None:
    assert TOLERANCES & {*identifiers(text)} != set()


@pytest.mark.parametrize("text", ["rtol: 1.0e-3", "sides:\n  a: {call: f, atol: 1}", "- tolerance: 3"])
def test_a_tolerance_in_a_case_is_found(text: str) -> None:
    assert case_tolerances(text) != []


@pytest.mark.parametrize("handler", ["except:", "except Exception:", "except (ValueError, Exception) as e:"])
def test_a_handler_of_everything_is_found(handler: str) -> None:
    assert catches_everything(f"try:\n    f()\n{handler}\n    pass") == 1


def test_a_circle_is_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
