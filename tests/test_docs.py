"""The docs say what the code does: every name has its entry, every link leads somewhere, every example runs."""

import ast
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import docs_adapter
import pytest

from harness.cases import read_case
from harness.factors import FACTORS
from harness.semantics import STAGES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md"])
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "harness").rglob("*.py"))
}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADAPTERS = sorted(PYPROJECT["project"]["entry-points"]["harness.adapters"])


def text_of(page):
    return page.read_text(encoding="utf-8")


def headings(page):
    """The headings of a page as written, outside code blocks."""
    return re.findall(
        r"^#+ +(.+?)\s*$", re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )


def anchor(heading):
    """The fragment under which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def takers(tree):
    """The functions that `tree` defines which take a slug, with the position they take it in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [arg.arg for arg in node.args.args if arg.arg != "self"]
            if "slug" in names:
                yield node.name, names.index("slug")


def slugs(modules):
    """Every literal slug given to an error, or to a function that takes one and is defined or imported from here."""
    defined = {name: dict(takers(tree)) for name, tree in modules.items()}
    found = set()
    for name, tree in modules.items():
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        positions = dict.fromkeys(("CaseError", "AdapterError", "RunError"), 0)
        for origin in {name, *imported} & defined.keys():
            positions |= defined[origin]
        found |= {given.value for node in ast.walk(tree) for given in given_slug(node, positions)}
    return found


def given_slug(node, positions):
    """The literal that a call gives as its slug, if it is such a call."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        named = [keyword.value for keyword in node.keywords if keyword.arg == "slug"]
        given = [*node.args[positions[name] :][:1], *named] if name in positions else []
        yield from (each for each in given if isinstance(each, ast.Constant))


SLUGS = sorted(slugs(SOURCES))


def examples(language):
    """The code blocks of one language in all pages, named page:line."""
    return [
        pytest.param(block[1], id=f"{page.relative_to(ROOT)}:{text_of(page)[: block.start()].count(chr(10)) + 1}")
        for page in PAGES
        for block in re.finditer(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    ]


def links(page):
    """Relative links of a page, with their fragments."""
    return re.findall(
        r"\]\((?!\w+:)([^)\s]+)\)", re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_every_error_has_its_section(slug):
    assert slug in headings(DOCS / "errors.md")


def test_every_section_on_errors_is_of_an_error_that_exists():
    assert {*headings(DOCS / "errors.md")[1:]} - {*SLUGS} == set()


def test_slugs_are_found_through_functions_that_take_one():
    modules = {
        "m": "def no(text, slug):\n    raise CaseError(slug, text)\nno('c', 'a-b')\nRunError(slug='d-e')",
        "n": "from m import no\nno('c', 'f-g')",
        "o": "from p import no\nno('c', 'h-i')",
    }

    assert slugs({name: ast.parse(text) for name, text in modules.items()}) == {"a-b", "d-e", "f-g"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_page_with_a_row_for_each_of_its_factors(stage):
    page = text_of(DOCS / "factors" / f"{stage}.md")
    of_stage = [name for name in FACTORS if name.partition(".")[0] == stage]

    assert page.startswith(f"# {stage}\n")
    assert [name for name in of_stage if f"\n| `{name}` " not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_factor_that_does_not_exist(page):
    named = set(re.findall(rf"`((?:{'|'.join(STAGES)})\.[a-z_]+)`", text_of(page)))

    assert named - {*FACTORS} == set()


def test_every_page_on_a_factor_is_of_a_stage():
    assert {page.stem for page in (DOCS / "factors").glob("*.md")} == {*STAGES}


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_adapter_has_its_section(name):
    assert name in headings(DOCS / "adapters.md")


def test_every_command_is_described_as_it_describes_itself():
    written = runpy.run_path(str(DOCS / "write_commands.py"))["page"]()

    assert written == text_of(DOCS / "commands.md"), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    dead = []
    for link in links(page):
        path, _, fragment = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (fragment and fragment not in map(anchor, headings(target))):
            dead.append(link)

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_folder_of_somebodys_machine(page):
    assert re.findall(r"(?<![\w.])/(?:tmp|work|root|home|opt)/\S*", text_of(page)) == []


@pytest.mark.parametrize("text", examples("yaml"))
def test_every_example_is_a_case_that_can_be_read(text):
    assert read_case(text, "example.yaml").sides


@pytest.mark.parametrize("text", examples("python"))
def test_every_python_example_is_python(text):
    assert ast.parse(text).body


@pytest.mark.frameworks
def test_every_example_comes_out_as_its_page_says(tmp_path):
    for number, example in enumerate(examples("yaml")):
        (tmp_path / f"{number}.yaml").write_text(example.values[0], encoding="utf-8")
    (tmp_path / "packages").mkdir()
    docs_adapter.install(tmp_path / "packages")
    command = [sys.executable, "-m", "harness", "compare", tmp_path, "--out", tmp_path / "reports", "--no-cache"]
    where = {**os.environ, "PYTHONPATH": f"{tmp_path / 'packages'}:{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def shown():
    """Every command that a page shows, with what it prints: a block that begins with `$ harness`, or two blocks."""
    for page in PAGES:
        text = text_of(page)
        blocks = [block[1] for block in re.finditer(r"^```\n\$ (harness .*?)^```", text, re.MULTILINE | re.DOTALL)]
        pairs = re.finditer(
            r"^```\n(harness .*?)^```\s+<!-- output -->\s+```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL
        )
        blocks += [pair[1] + pair[2] for pair in pairs]
        for block in blocks:
            command, printed = re.match(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", block, re.DOTALL).groups()
            yield pytest.param(command.replace("\\\n", " "), printed, id=f"{page.name}: {command[:50]}")


COMMANDS_SHOWN = [*shown()]


def test_commands_are_shown_with_what_they_print():
    assert len(COMMANDS_SHOWN) >= 6


@pytest.mark.frameworks
@pytest.mark.parametrize(("command", "printed"), COMMANDS_SHOWN)
def test_a_command_prints_what_its_page_shows(command, printed, tmp_path):
    losses = next(each.values[0] for each in examples("python") if "def loss(" in each.values[0])
    (tmp_path / "losses.py").write_text(losses, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    left = iter(done.stdout.splitlines())

    assert [line for line in printed.splitlines() if line not in left] == [], done.stdout + done.stderr
