"""The docs say what the code does: every name has its entry, every link leads somewhere, every example runs."""

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from harness.cases import read_case
from harness.semantics import STAGES, Semantics

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md"])
SOURCES = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "harness").rglob("*.py"))]
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


def slug_positions(trees):
    """Every function and class that takes a slug, with the position it takes it in."""
    positions = {"CaseError": 0, "AdapterError": 0, "RunError": 0}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [arg.arg for arg in node.args.args if arg.arg not in {"self", "cls"}]
                positions |= {node.name: names.index("slug")} if "slug" in names else {}
    return positions


def slugs(trees):
    """Every literal slug that `trees` give to an error."""
    positions, found = slug_positions(trees), set()
    for tree in trees:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if name in positions:
                named = [keyword.value for keyword in node.keywords if keyword.arg == "slug"]
                given = [*node.args[positions[name] :][:1], *named]
                found |= {each.value for each in given if isinstance(each, ast.Constant)}
    return found


SLUGS = sorted(slugs(SOURCES))


def examples(language):
    """The code blocks of one language in all pages, named page:line."""
    for page in PAGES:
        for block in re.finditer(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL):
            line = text_of(page)[: block.start()].count("\n") + 1
            yield pytest.param(block.group(1), id=f"{page.relative_to(ROOT)}:{line}")


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


def test_slugs_are_found_through_helpers_that_take_one():
    tree = ast.parse("def no(slug, text):\n    raise CaseError(slug, text)\nno('a-b', 'c')\nRunError(slug='d-e')")

    assert slugs([tree]) == {"a-b", "d-e"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_page_that_lists_its_choices(stage):
    page = text_of(DOCS / "factors" / f"{stage}.md")
    kind = next(f.default_factory for f in fields(Semantics) if f.name == stage)

    assert page.startswith(f"# {stage}\n")
    assert [f.name for f in fields(kind) if f"`{stage}.{f.name}`" not in page] == []


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
    command = [sys.executable, "-m", "harness", "compare", str(tmp_path), "--out", str(tmp_path / "reports")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
