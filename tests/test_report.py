"""The HTML report: what it says, what it must never contain, and how large it may become."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import samples
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from harness.explain.parting import described, variations
from harness.explain.standing import as_arrays
from harness.records import Case, Expectation, InputArray, Key, TimedOut, Verdict
from harness.report import render
from harness.report.formula import mathml
from harness.report.grid import marks_of
from harness.report.markdown import markdown
from harness.report.page import page
from harness.report.render import fragment, single_page, write_report
from harness.report.sentences import kill_sentence
from harness.report.shelves import agrees, shelf
from harness.report.terminal import counts, render_finding
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


def test_a_case_that_agrees_has_its_conclusion_and_its_numbers_and_nothing_to_explain():
    shown = page(samples.equal())

    assert shown.conclusion == "All three sides agree: no two numbers are further apart than rounding allows."
    assert [(each.name, each.number) for each in shown.sections[0].headlines] == [
        ("bce", "0.319037"),
        ("keras", "0.319038"),
    ]
    assert (len(shown.sections), shown.sections[0].steps, len(shown.lines)) == (1, (), 3)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (samples.explained(), "Both comparisons are explained."),
        (samples.unexplained(), ""),
        (samples.arrays(), "Of two comparisons, one agrees and one is explained."),
        (samples.infinite(), "Of two comparisons, one is explained and one is unexplained."),
    ],
)
def test_a_page_begins_with_what_all_comparisons_come_to(found, said):
    assert page(found).conclusion == said


def test_a_convention_that_widens_the_gap_is_said_to_on_its_page(report):
    assert read(report / "cases" / "bce-vs-ce.html").text.count("widens the gap") == 1


def test_steps_and_shares_are_told_apart_where_they_stand(report):
    text = read(report / "cases" / "bce-vs-ce.html").text

    assert "Step, in this order" in text
    assert "Share, whatever the order" in text
    assert "a share is its mean over all orders" in text


def test_shares_that_are_no_numbers_are_told_in_words(report):
    step = page(samples.infinite()).sections[1].steps[1]

    assert (step.amount, step.share) == ("infinite", "parts a number from an infinity")
    assert "0 of the gap of nan" not in read(report / "index.html").text


def test_a_number_that_no_side_returned_is_said_to_be_what_it_is():
    shown = page(samples.arrays()).sections[0]

    assert [each.about for each in shown.headlines] == ["the mean of its three numbers", ""]
    assert shown.sentence == (
        "none and mean differ only in form: none returns three numbers and mean returns one number, and brought to one "
        "form they agree."
    )
    assert shown.steps == ()


def test_of_arrays_the_element_is_named_that_is_shown():
    gradient = page(samples.explained()).sections[1]

    assert [each.about for each in gradient.headlines] == ["element [2] of 3", "element [2] of 3"]


def test_arrays_are_told_element_by_element():
    table = page(samples.explained()).sections[1].elements

    assert [row.at for row in table.rows] == ["[0]", "[1]", "[2]"]
    assert [number.strip() for number in table.rows[2].numbers] == ["0.555556", "0.302039"]
    assert (table.rows[2].difference, table.rows[2].bound, table.rows[2].beyond) == ("-0.253517", "2e-07", True)
    assert table.more == 0


def test_of_long_arrays_those_elements_are_told_that_exceed_their_bounds_the_most():
    found = samples.explained()
    first, second = np.zeros(1000), np.where(np.arange(1000) % 100 == 99, 1.0, 0.0)
    keys = [Key("bce-vs-ce", side, "float32") for side in ("bce", "ce")]
    seen = {key: samples.computed(0.5, slopes) for key, slopes in zip(keys, (first, second), strict=True)}
    comparison = replace(found.comparisons[1], divergence=samples.divergence(1.0, 1e-7, (99,), second))
    table = page(replace(found, observations=seen, comparisons=(comparison,))).sections[0].elements

    assert [row.at for row in table.rows if row.beyond] == [f"[{place}]" for place in range(99, 1000, 100)]
    assert (len(table.rows), table.more) == (50, 950)


@pytest.mark.parametrize("found", [samples.claimed(), samples.unexplained()], ids=["digits", "far apart"])
def test_units_in_the_last_place_are_left_out_where_they_say_nothing(found):
    assert page(found).lines[0].ulps == ""
    assert page(found).has_ulps is False


def test_digits_that_agree_agree_to_the_digits_printed():
    line = page(samples.claimed()).lines[0]

    assert line.note == "to the digits printed"
    assert "all other inputs" not in page(samples.claimed()).sections[0].sentence


def test_a_remedy_says_which_side_is_changed_and_that_it_is_one_way():
    section = page(samples.explained()).sections[0]

    assert section.remedy_sentence == "One way to make bce return what ce returns; it was run, and they agree:"


def test_a_question_without_a_case_is_not_held_against_what_a_case_expects():
    found = samples.unexplained()
    asked = replace(found, case=replace(found.case, path=""))
    shown = page(asked)

    assert (shown.status, shown.failed, shown.notes, shown.sections[0].unmet) == ("", False, (), "")
    assert "expect" not in render_finding(asked)


def test_what_nobody_can_explain_is_told_though_no_case_asks():
    asked, gap = samples.claimed(), replace(samples.unexplained().comparisons[0], expected=True, expectation=None)
    named = replace(asked.comparisons[0], expectation=Expectation(("bce", "printed"), Verdict.EQUAL))
    sides = {**asked.case.sides, "by_hand": samples.BY_HAND}
    found = replace(asked, case=replace(asked.case, sides=sides), comparisons=(named, gap))
    shown, first = page(found), index(samples.run_of([found]), [found])

    assert [each.verdict for each in (*shown.sections, *shown.gaps)] == ["equal", "unexplained"]
    assert (len(shown.gaps), shown.others) == (1, ())
    assert [each.status for each in first.gaps] == ["one of two comparisons unexplained"]
    assert first.groups[0].rows[0].verdict.startswith("equal; 1 unexplained")


def test_the_tiles_are_all_comparisons_there_are():
    shown = index(samples.run_of(FINDINGS), FINDINGS)

    assert sum(int(tally.count) for tally in shown.tallies) == 13
    assert shown.total == "13 comparisons"
    assert [(tally.label, tally.count, tally.cases) for tally in shown.tallies][-1] == (
        "unexplained",
        "2",
        "in 2 cases",
    )


def test_terminal_page_and_summary_count_the_same():
    shown = index(samples.run_of(FINDINGS), FINDINGS)
    counted = [f"{tally.symbol} {tally.count} {tally.label}" for tally in shown.tallies]

    assert all(each in counts(FINDINGS) for each in counted)
    assert all(each in markdown(samples.run_of(FINDINGS), FINDINGS) for each in counted)
    assert shown.headline in markdown(samples.run_of(FINDINGS), FINDINGS)


def test_page_and_summary_have_the_same_causes():
    found = samples.explained()
    of_form = samples.arrays().comparisons[0].explanation
    other = replace(found.comparisons[0], between=("ce", "bce"), expectation=None, explanation=of_form)
    named = replace(found, comparisons=(found.comparisons[0], other))
    causes = index(samples.run_of([named]), [named]).causes

    assert [cause.factors for cause in causes] == ["activation, term.sides, reduction.classes"]
    assert "reduction.batch" not in markdown(samples.run_of([named]), [named])


def test_a_missing_framework_is_told_once_and_not_with_every_case_that_wants_it():
    found = samples.incomparable()
    unmet = replace(found.comparisons[0], expected=False, message="bce was not run; ce was not run")
    waiting = [
        replace(found, case=replace(found.case, id=f"case-{n}"), status="fail", observations={}, comparisons=(unmet,))
        for n in range(3)
    ]
    run = replace(samples.run_of(waiting), missing={"torch": "No module named torch"})
    shown = index(run, [*waiting, samples.equal()])

    assert shown.headline == "3 of 4 cases could not be judged: a framework is missing"
    assert shown.missing == (
        "torch was asked for and is missing: No module named torch. Three cases cannot be judged without it.",
    )
    assert shown.urgent == ()
    assert [row.verdict for row in shown.groups[0].rows] == ["not judged"] * 3
    assert markdown(run, waiting).count("was asked for and is missing") == 1
    assert "case-1" not in markdown(run, waiting)


@pytest.mark.parametrize(
    ("tried", "survived", "said"),
    [
        (1, 0, "Could it have failed? Yes: 1 planted change of a side, and it was noticed."),
        (17, 0, "Could it have failed? Yes: 17 planted changes of a side, each of them noticed."),
        (17, 2, "Could it have failed? Not always: of 17 planted changes of a side, 2 went unnoticed."),
        (0, 0, ""),
    ],
)
def test_planted_changes_are_counted_as_people_count(tried, survived, said):
    assert kill_sentence(tried, survived) == said


def test_a_side_that_gave_no_answer_in_time_is_told_in_words():
    found = samples.incomparable()
    late = replace(found, observations={Key("tf-as-printed", "ce", "float32"): TimedOut(10.0)})

    assert page(late).sides[1].answer == "timed out: no answer within 10 s"


def test_every_side_that_can_be_asked_has_a_script_also_where_all_agree():
    assert [script.title for script in page(samples.equal()).scripts] == ["bce", "keras", "again"]
    assert [script.title for script in page(samples.claimed()).scripts] == ["bce"]


def parted(size):
    """Two sides that agree on `size` inputs, told in short with an input on which they do not."""
    found = samples.equal()
    inputs = {
        "prediction": InputArray(np.linspace(0.1, 0.9, size)),
        "target": InputArray(np.arange(size) % 2, integral=True),
    }
    arrays = as_arrays(inputs, "float32")
    told = described(next(variations(arrays)), arrays)
    comparison = replace(found.comparisons[0], parting_input=told)
    return told, replace(found, case=replace(found.case, inputs=inputs), comparisons=(comparison,))


def test_an_input_that_parts_two_sides_can_be_run_again():
    told, found = parted(25)
    shown = page(found)

    assert "..." in told
    assert "..." not in shown.lines[0].parting
    assert "others part them" in shown.sections[0].sentence
    assert shown.sections[0].parting == shown.lines[0].parting
    assert shown.sections[0].parting.count(",") == 48
    assert [script.title for script in shown.scripts] == ["bce", "keras", "again"]


def test_a_longer_input_that_parts_two_sides_is_in_a_script():
    _, found = parted(40)
    shown = page(found)

    assert (shown.sections[0].parting, shown.lines[0].parting) == ("", "")
    assert [script.title for script in shown.scripts][3:] == [
        "bce, on inputs that part bce and keras",
        "keras, on inputs that part bce and keras",
    ]
    assert shown.scripts[3].code != shown.scripts[0].code


def test_formulas_are_shown_with_what_their_symbols_mean():
    found = samples.explained()
    formulas = "(x-t)^2", r"p\quad\text{where }p=\sigma(x);\;\text{0 where nothing is left}"
    why = replace(found.comparisons[0].explanation, formulas=formulas)
    shown = page(replace(found, comparisons=(replace(found.comparisons[0], explanation=why),))).sections[0]

    assert shown.symbols == "x is the prediction, t the target, σ the sigmoid."
    assert [bool(formula.where) for formula in shown.formulas] == [False, True]
    assert [formula.remarks for formula in shown.formulas] == ["", "0 where nothing is left"]


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

    assert index(run, FINDINGS).missing == ("jax was asked for and is missing: no module named jax.",)


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
        "mspace",
    }
