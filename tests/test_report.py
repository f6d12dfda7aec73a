"""The HTML report: what it says, what it must never contain, and how large it may become."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import samples
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from harness.records import Case, Key
from harness.report import render
from harness.report.formula import mathml
from harness.report.grid import marks_of
from harness.report.page import page
from harness.report.render import fragment, single_page, write_report
from harness.report.shelves import agrees, shelf
from harness.report.view import index

FINDINGS = samples.all_findings()
VOID = {"meta", "link", "br", "input"}
# The grid leaves out closing tags that HTML does not need: 10,000 rows notice.
OPTIONAL = {"td", "th", "tr", "option"}


class Gold(SingleFileSnapshotExtension):
    """A snapshot that a browser opens."""

    _write_mode = WriteMode.TEXT
    file_extension = "html"


@pytest.fixture
def gold(snapshot):
    return snapshot.use_extension(Gold)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    write_report(samples.run_of(FINDINGS), FINDINGS, out)
    return out


def text_of(path):
    return path.read_text(encoding="utf-8")


def pages(report):
    return [report / "index.html", *sorted((report / "cases").iterdir())]


class Reader(HTMLParser):
    """Collects what a page links to, its elements, its text, and tags that do not match."""

    def __init__(self):
        super().__init__()
        self.links, self.elements, self.open, self.faults, self.text = [], [], [], [], ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.elements.append((tag, given))
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.faults.append((tag, self.getpos()))

    def handle_data(self, data):
        self.text += data


def read(path):
    reader = Reader()
    reader.feed(text_of(path))
    return reader


@pytest.mark.parametrize("name", ["index", "bce-vs-ce", "halved", "hostile"])
def test_the_pages_look_like_this(report, gold, name):
    page_of = {path.stem: path for path in pages(report)}

    assert text_of(page_of[name]) == gold


def test_every_readable_case_has_a_page_and_no_other(report):
    assert {path.stem for path in (report / "cases").iterdir()} == {
        each.case.id for each in FINDINGS if isinstance(each.case, Case)
    }


def test_pages_of_cases_that_are_gone_are_removed(tmp_path):
    write_report(samples.run_of(FINDINGS), FINDINGS, tmp_path)
    write_report(samples.run_of(FINDINGS[:1]), FINDINGS[:1], tmp_path)

    assert [path.name for path in (tmp_path / "cases").iterdir()] == ["bce-docs.html"]


def test_the_same_findings_give_the_same_bytes(report, tmp_path):
    write_report(samples.run_of(FINDINGS), FINDINGS[::-1], tmp_path)

    assert [text_of(path) for path in pages(tmp_path)] == [text_of(path) for path in pages(report)]


def test_tags_match(report):
    for path in pages(report):
        reader = read(path)

        assert (path.name, reader.faults, reader.open) == (path.name, [], [])


def test_no_text_of_a_case_becomes_markup(report):
    for path in pages(report):
        scripts = [attributes for tag, attributes in read(path).elements if tag == "script"]

        assert [each.get("src", "").endswith("static/report.js") for each in scripts] == [True]
        assert not [tag for tag, _ in read(path).elements if tag == "img"]
    assert "<script>alert('title')</script>" in read(report / "cases" / "hostile.html").text


def test_only_web_addresses_become_links(report):
    assert "javascript:alert('source')" in read(report / "cases" / "hostile.html").text
    assert [link for link in read(report / "cases" / "hostile.html").links if link.startswith("javascript")] == []
    assert "https://example.org/bce-vs-ce" in read(report / "cases" / "bce-vs-ce.html").links


def test_nothing_is_loaded_from_anywhere_else(report):
    for path in [*pages(report), *(report / "static").iterdir()]:
        loaded = re.findall(r"(?:src|@import|url\(|<link[^>]*href)=?[\"'(]?\s*(\w+:)?//", text_of(path))

        assert (path.name, loaded) == (path.name, [])


def test_every_link_leads_somewhere(report):
    for path in pages(report):
        reader = read(path)
        anchors = {attributes["id"] for _, attributes in reader.elements if "id" in attributes}
        local = [link for link in reader.links if not link.startswith(("https://", "data:"))]

        assert [link for link in local if link.startswith("#") and link[1:] not in anchors] == []
        files = [link for link in local if not link.startswith("#") and link != "results.json"]
        assert [link for link in files if not (path.parent / link).is_file()] == []


def test_no_script_and_no_style_stands_in_a_page(report):
    for path in pages(report):
        reader = read(path)

        assert [tag for tag, _ in reader.elements if tag == "style"] == []
        assert [
            name for _, given in reader.elements for name in given if name.startswith("on") or name == "style"
        ] == []
        assert "default-src 'none'" in text_of(path)


def test_what_is_wrong_or_unexplained_stands_first(report):
    text = read(report / "index.html").text
    order = [text.index(words) for words in ("2 of 9 cases are not as expected", "typo.yaml:7:3", "called halved")]

    assert order == sorted(order)
    assert text.index("called halved") < text.index("BCELoss and CrossEntropyLoss disagree")


def test_the_bars_of_the_waterfall_sum_to_the_gap():
    bars = [step.bar for step in page(samples.explained()).sections[0].steps]
    first, last = ((float(bar.left), float(bar.left) + float(bar.width)) for bar in (bars[0], bars[-1]))

    assert [bar.before for bar in bars[1:]] == [bar.after for bar in bars[:-1]]
    assert (first[0], last[0]) == (0, 0)
    assert float(bars[1].before) == pytest.approx(first[1], abs=0.02)
    assert float(bars[-1].before) == pytest.approx(last[1], abs=0.02)


def test_the_stages_that_differ_are_lit():
    stages = page(samples.explained()).sections[0].stages

    assert [stage.name for stage in stages if stage.differs] == [
        "layout.class_axis",
        "activation",
        "guard.clamp",
        "term.sides",
        "reduction.classes",
    ]


def test_a_case_that_agrees_has_nothing_to_explain():
    assert page(samples.equal()).sections == ()
    assert len(page(samples.equal()).lines) == 3


def test_long_arrays_are_folded_and_cut():
    found = samples.explained()
    key = Key("bce-vs-ce", "bce", "float32")
    long = samples.computed(range(1000), range(1000))
    table = page(replace(found, observations={**found.observations, key: long})).elements[0]

    assert (table.caption, table.folded, len(table.rows), table.more) == ("value, float32", True, 200, 800)


def test_a_side_is_marked_by_how_it_stands_to_the_first():
    found = samples.equal()

    assert {name: words.symbol for name, words in marks_of(found, found.case).items()} == {"keras": "≈", "again": "="}


def test_a_side_that_raised_is_no_baseline():
    found = samples.incomparable()
    turned = replace(found, case=replace(found.case, sides=dict(reversed(found.case.sides.items()))))

    assert list(marks_of(turned, turned.case)) == ["ce"]


def test_cases_with_one_cause_stand_together():
    many = [replace(samples.explained(), case=replace(samples.explained().case, id=f"c-{n}")) for n in range(20)]
    cause = index(samples.run_of(many), many).causes[0]

    assert (cause.count, cause.factors) == (20, "activation, term.sides, reduction.classes")
    assert (len(cause.cases), cause.more) == (12, 8)


def test_missing_frameworks_are_told():
    run = replace(samples.run_of(FINDINGS), missing={"jax": "no module named jax"})

    assert index(run, FINDINGS).missing == (("jax", "no module named jax"),)


def test_an_empty_run_has_a_page(tmp_path):
    write_report(samples.run_of(()), (), tmp_path)

    assert "No case was run" in read(tmp_path / "index.html").text


def numbered(amount, title="A case with a title of a usual length, number {}"):
    """Cases that agree, explain and fail, in ten families."""
    kinds = (samples.equal, samples.explained, samples.unexplained)
    made = [kind() for kind in kinds]
    for number in range(amount):
        found = made[number % len(made)]
        renamed = replace(
            found.case,
            id=f"{found.case.id}-{number}",
            title=title.format(number),
            path=f"cases/family-{number % 10}/case-{number}.yaml",
        )
        keyed = {replace(key, case=renamed.id): seen for key, seen in found.observations.items()}
        yield replace(found, case=renamed, observations=keyed)


@pytest.mark.parametrize(
    "title",
    ["A case with a title of a usual length, number {}", "long " * 60 + "{}", "名前" * 30 + "{}", "<&>" * 20 + "{}"],
)
def test_a_first_page_of_10000_cases_is_below_2_megabytes(title):
    found = list(numbered(10_000, title))
    shown = render._named(index(samples.run_of(()), found))  # noqa: SLF001  only this page
    text = render._templates().get_template("index.html").render(shown, root="", style="")  # noqa: SLF001

    assert len(text.encode()) < 2_000_000
    assert text.count("<tr") > 10_000


def test_thousands_of_cases_that_agree_share_pages(tmp_path):
    found = list(numbered(1500))
    write_report(samples.run_of(found), found, tmp_path)
    names = [path.name for path in (tmp_path / "cases").iterdir()]
    shelves = [name for name in names if name.startswith("_agree")]
    rows = re.findall(r"<a href=(cases/[^>]+)>", text_of(tmp_path / "index.html"))
    told = {link for link in rows if not is_there(tmp_path, link)}

    assert (len(names), shelves) == (1001, ["_agree-1.html"])
    assert (len(rows), told) == (1500, set())


def is_there(folder, link):
    """Whether a link from the first page leads to a page, and to a place on it."""
    name, _, anchor = link.partition("#")
    return (folder / name).is_file() and (not anchor or f'id="{anchor}"' in text_of(folder / name))


def test_a_case_is_on_a_shelf_with_its_answers_and_how_far_they_are_apart():
    told = shelf(1, [samples.equal()]).cases[0]

    assert told.answers == "bce 0.319037, keras 0.319038, again 0.319037"
    assert told.note == "2.9e-08 apart at most, where rounding allows 1e-07; one pair on these inputs only"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (samples.equal(), True),
        (samples.claimed(), True),
        (samples.explained(), False),
        (samples.unexplained(), False),
        (samples.incomparable(), False),
        (replace(samples.equal(), status="fail"), False),
    ],
)
def test_only_what_agrees_is_put_on_a_shelf(found, expected):
    assert agrees(found) is expected


def test_one_page_stands_alone():
    found = samples.explained()
    reader = Reader()
    reader.feed(single_page(samples.run_of([found]), found))

    assert [link for link in reader.links if not link.startswith(("#", "https://", "data:"))] == []
    assert "script" not in {tag for tag, _ in reader.elements}
    assert "three conventions" in reader.text


def test_a_notebook_gets_the_answer_with_a_style_of_its_own():
    html = fragment(samples.explained())

    assert "@scope (.loss-harness)" in html
    assert "three conventions" in html
    assert "<html" not in html


@pytest.mark.parametrize("latex", [r"a < b", r"\text{<script>x</script>}", r"\frac{1}{3}\sum_{i} t_i \log p_i"])
def test_a_formula_is_mathml_and_nothing_else(latex):
    reader = Reader()
    reader.feed(mathml(latex))

    assert reader.faults == []
    assert {tag for tag, _ in reader.elements} <= {
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "mtext",
        "msub",
        "mfrac",
        "munder",
        "mstyle",
    }
