// Everything here is a convenience: without it the report shows the same facts.
"use strict";

const THEMES = ["system", "light", "dark"];
const VERDICTS = { "": "agree", x: "explained", n: "incomparable", u: "unexplained", f: "not as expected" };

function storedTheme() {
  try { return localStorage.getItem("theme") || "system"; } catch { return "system"; }
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  // A browser may refuse storage to a page from a file; the choice then lasts for this page.
  try { localStorage.setItem("theme", theme); } catch { /* as said */ }
}

function themeButton() {
  const button = document.getElementById("theme");
  let theme = storedTheme();
  const label = () => { button.textContent = `Theme: ${theme}`; };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setTheme(theme);
    label();
  });
  label();
  button.hidden = false;
}

function copyButtons() {
  for (const block of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await copy(block.querySelector("code"));
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  }
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
  } catch {
    // Pages from a file may not reach the clipboard directly; a selection can always be copied.
    getSelection().selectAllChildren(element);
    document.execCommand("copy");
  }
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
}

function option(select, value, text = value) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  select.append(made);
}

/** One record per row, read once: 10,000 rows are filtered without touching the page's text again. */
function readRows(grid) {
  const rows = [];
  for (const body of grid.tBodies) {
    for (const row of body.rows) {
      if (row.className === "family") continue;
      const cells = row.cells;
      const said = cells[1].textContent.trim().split(", ");
      const link = cells[0].querySelector("a");
      rows.push({
        row, body, verdict: row.className, factors: said.slice(1),
        family: body.dataset.family || (row.dataset.family ?? ""),
        frameworks: [...cells].slice(2).map((cell) => cell.textContent.trim() !== ""),
        text: `${cells[0].textContent} ${link ? link.getAttribute("href") : ""} ${said}`.toLowerCase(),
      });
    }
  }
  return rows;
}

function matches(entry, wanted, columns) {
  return (!wanted.text || entry.text.includes(wanted.text.toLowerCase()))
    && (!wanted.family || entry.family === wanted.family)
    && (!wanted.framework || entry.frameworks[columns.indexOf(wanted.framework)])
    && (!wanted.factor || wanted.factor.split(", ").every((name) => entry.factors.some((has) => has === name || has.startsWith(`${name}.`))))
    && (!wanted.verdict || VERDICTS[entry.verdict] === wanted.verdict);
}

function filters() {
  const form = document.getElementById("filters");
  const grid = document.getElementById("grid");
  if (!form || !grid) return;
  const rows = readRows(grid);
  const columns = [...grid.tHead.rows[0].cells].slice(2).map((cell) => cell.textContent);
  const fields = form.elements;
  const sets = [...document.querySelectorAll(".factors")].map((each) => each.dataset.factors);
  const single = rows.flatMap((entry) => entry.factors);
  const stages = single.map((name) => name.split(".")[0]);
  for (const name of sorted(rows.map((entry) => entry.family).filter(Boolean))) option(fields.family, name);
  for (const name of columns) option(fields.framework, name);
  for (const name of sorted([...single, ...stages, ...sets])) option(fields.factor, name);
  for (const name of sorted(rows.map((entry) => VERDICTS[entry.verdict]))) option(fields.verdict, name);

  const apply = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const left = new Map([...grid.tBodies].map((body) => [body, 0]));
    let shown = 0;
    for (const entry of rows) {
      const fits = matches(entry, wanted, columns);
      entry.row.hidden = !fits;
      if (fits) { shown += 1; left.set(entry.body, left.get(entry.body) + 1); }
    }
    for (const [body, count] of left) body.hidden = count === 0;
    fields.shown.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} cases`;
    const given = Object.entries(wanted).filter(([, value]) => value);
    history.replaceState(null, "", given.length ? `#${new URLSearchParams(given)}` : location.pathname);
  };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (fields[name]) fields[name].value = value;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  causeButtons(fields, apply);
  form.hidden = false;
  apply();
}

function causeButtons(fields, apply) {
  for (const each of document.querySelectorAll(".factors")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Show in the table";
    button.addEventListener("click", () => {
      fields.factor.value = each.dataset.factors;
      apply();
      document.getElementById("grid-title").scrollIntoView();
    });
    each.closest("details").querySelector("ul").before(button);
  }
}

function sorted(names) {
  return [...new Set(names)].sort();
}

setTheme(storedTheme());
addEventListener("hashchange", openTarget);
document.addEventListener("DOMContentLoaded", () => {
  themeButton();
  copyButtons();
  filters();
  openTarget();
});
