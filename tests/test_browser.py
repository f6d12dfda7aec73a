"""The report in a browser: from a file, without a network, with and without scripts.

Needs Debian's chromium (`apt install chromium`); CHROMIUM names another. A browser that is missing fails these tests.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from playwright.sync_api import expect, sync_playwright

from harness.report.publish import publish
from harness.report.shelves import OWN_PAGES

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FINDINGS = samples.all_findings()
PAGES = ("index.html", "cases/bce-vs-ce.html", "cases/halved.html", "cases/log-of-zero.html", "cases/unreduced.html")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    out = tmp_path_factory.mktemp("report with a space")
    publish(samples.run_of(FINDINGS), FINDINGS, out)
    return out.as_uri()


@pytest.fixture(scope="module")
def browser():
    assert Path(CHROMIUM).exists(), f"no browser at {CHROMIUM}: apt install chromium, or name one with CHROMIUM="
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, address):
    """Opens a page of the report; whatever the browser complains about or fetches elsewhere fails the test."""
    complaints, contexts = [], []

    def open_page(name="index.html", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"{address}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()

    assert complaints == []


def shown(page):
    """Titles of the rows of the grid that can be seen."""
    rows = page.locator("#grid tbody tr:not(.family):not([hidden]) th")
    return [text.strip() for text in rows.all_inner_texts()]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_from_a_file_without_complaint(opened, name, scheme):
    page = opened(name, color_scheme=scheme)
    lightness = page.evaluate("getComputedStyle(document.body).backgroundColor").strip("rgb()").split(",")

    assert page.locator("h1").is_visible()
    assert (int(lightness[0]) > 128) == (scheme == "light")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_out_of_a_narrow_page(opened, name):
    page = opened(name, viewport={"width": 400, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_verdicts_can_be_seen_on_a_phone(opened):
    page = opened(viewport={"width": 390, "height": 800})
    cells = page.locator("#grid tbody tr:not(.family) th + td")
    boxes = [cells.nth(place).bounding_box() for place in range(cells.count())]

    assert len(boxes) == len(FINDINGS)
    assert [box for box in boxes if box["x"] + box["width"] > 390] == []


def test_a_long_table_shows_what_is_in_view_and_finds_the_rest(browser, tmp_path):
    many = [renamed(n) for n in range(OWN_PAGES + 1)]
    publish(samples.run_of(()), many, tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    page.fill("input[name=text]", f"number {OWN_PAGES}.")

    assert "long" in page.locator("#grid").get_attribute("class")
    assert shown(page) == [f"Case number {OWN_PAGES}."]
    assert page.locator("#grid tbody tr:not(.family):not([hidden]) th").bounding_box()["height"] > 10
    page.close()


def renamed(number):
    """A case that agrees, by another name."""
    found = samples.claimed()
    return replace(found, case=replace(found.case, id=f"c-{number}", title=f"Case number {number}."))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_without_scripts(opened, name):
    page = opened(name, java_script_enabled=False)

    assert page.locator("h1").is_visible()
    assert page.locator("main table").count() >= 1
    assert not page.locator("#theme").is_visible()
    assert page.locator("#filters:visible").count() == 0


def test_every_case_is_in_the_grid_without_scripts(opened):
    assert len(shown(opened(java_script_enabled=False))) == len(FINDINGS)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("verdict", "not as expected", ["typo", "A case called halved"]),
        ("verdict", "incomparable", ["<script>alert('title')</script> & \"quotes\"", "A case called tf-as-printed"]),
        ("framework", "claim", ["A case called printed"]),
        (
            "factor",
            "reduction",
            ["BCELoss and CrossEntropyLoss disagree on the same three numbers", "A case called unreduced"],
        ),
        ("factor", "reduction.batch", ["A case called unreduced"]),
        ("family", "puzzles", None),
    ],
)
def test_the_grid_can_be_filtered(opened, field, value, expected):
    page = opened()
    page.select_option(f"select[name={field}]", value)

    assert shown(page) == (expected or shown(opened()))
    assert page.locator("output").inner_text() == f"{len(shown(page))} of 9 cases"


def test_the_grid_can_be_searched_and_cleared(opened):
    page = opened()
    page.fill("input[name=text]", "HALVED")
    found = shown(page)
    page.click("button[type=reset]")

    assert found == ["A case called halved"]
    expect(page.locator("output")).to_have_text("9 of 9 cases")


def test_a_filter_is_kept_in_the_address(opened):
    page = opened("index.html#verdict=incomparable")

    assert len(shown(page)) == 2


def test_a_cause_leads_to_its_cases(opened):
    page = opened()
    cause = page.locator(".causes details", has_text="reduction.batch")
    cause.locator("summary").click()
    cause.get_by_role("button", name="Show in the table").click()

    assert shown(page) == ["A case called unreduced"]


def test_the_theme_can_be_chosen_by_keyboard_and_stays(opened):
    page = opened(color_scheme="light")
    page.focus("#theme")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.reload()

    assert page.locator("#theme").inner_text() == "Theme: dark"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_script_can_be_copied(opened):
    page = opened("cases/bce-vs-ce.html", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#scripts ~ details summary").first.click()
    page.locator(".code", has_text="def loss").first.get_by_role("button").click()

    assert page.evaluate("navigator.clipboard.readText()").startswith("import torch\n")


def test_an_address_opens_what_is_folded(opened):
    page = opened("cases/bce-vs-ce.html#bce-ce-gradient-float32-eager")

    assert page.locator("details.more[open]").count() == 1


def test_the_first_thing_the_keyboard_reaches_skips_to_the_content(opened):
    page = opened()
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_finds_landmarks_and_headers(opened, name):
    page = opened(name)

    assert [page.locator(landmark).count() for landmark in ("main", "nav", "footer", "h1")] == [1, 1, 1, 1]
    assert page.locator("table thead th:not([scope])").count() == 0
    assert page.locator("main button:not([type]), svg:not([aria-hidden])").count() == 0
    assert page.locator(".scroll:not([aria-labelledby]):not([aria-label])").count() == 0


@pytest.mark.parametrize("name", PAGES[:3])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(opened, name, scheme):
    page = opened(name, color_scheme=scheme)
    low = page.evaluate(CONTRAST)

    assert low == []


# WCAG 2 contrast of every element that has text of its own, against the first opaque background behind it.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (colour) => {
    const [r, g, b] = rgb(colour);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (rgb(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || !node.checkVisibility() || node.namespaceURI.endsWith("svg")) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(node.textContent.trim().slice(0, 40));
  }
  return found;
}"""
