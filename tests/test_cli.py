"""The command: exit codes, messages and files. NumPy is the framework here, since it starts at once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import docs_adapter
import pytest
from click.testing import CliRunner

from harness import processes
from harness.cli import STORE, main
from harness.collect import Pool
from harness.processes import FEWEST
from harness.running import MOST_LINES

ROOT = Path(__file__).parent.parent
SUM = "-(target * np.log(prediction)).sum()"
MEAN = "-(target * np.log(prediction)).mean()"
ARRAYS = ("--prediction", "[0.8, 0.2, 0.4]", "--target", "[1, 0, 0]")

AGREE = """
id: agree
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  one: -(target * np.log(prediction)).sum()
  other: -np.sum(target * np.log(prediction))
"""
WRONG = """
id: wrong
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  sum: -(target * np.log(prediction)).sum()
  mean: -(target * np.log(prediction)).mean()
expect:
  - {between: [sum, mean], verdict: equal}
"""
MALFORMED = """
id: malformed
sidez: {}
"""
ELSEWHERE = """
id: elsewhere
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  here: -(target * np.log(prediction)).sum()
  there: {call: -(target * np.log(prediction)).sum(), environment: numpy-0.1}
"""
CASES = {"agree": AGREE, "wrong": WRONG, "malformed": MALFORMED, "elsewhere": ELSEWHERE}


@pytest.fixture
def harness(tmp_path, monkeypatch):
    """Runs the command in an empty folder with some of the cases above in `cases`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cases").mkdir()

    def run(*arguments, cases=()):
        for name in cases:
            Path("cases", f"{name}.yaml").write_text(CASES[name], encoding="utf-8")
        return CliRunner().invoke(main, arguments)

    return run


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        (["agree"], 0),
        (["agree", "wrong"], 1),
        (["agree", "malformed"], 2),
        (["agree", "wrong", "malformed"], 2),
        (["agree", "elsewhere"], 3),
        ([], 2),
    ],
)
def test_the_exit_code_says_what_came_of_it(harness, cases, code):
    assert harness("compare", cases=cases).exit_code == code


def test_a_malformed_case_costs_no_other(harness):
    done = harness("compare", "--json", cases=["agree", "malformed"])
    results = json.loads(done.stdout)

    assert {case["id"]: case["status"] for case in results["cases"]} == {"agree": "pass", "malformed": "error"}
    assert "sidez" in next(case["error"]["message"] for case in results["cases"] if case["error"])


def test_compare_leaves_a_report_for_everybody(harness):
    harness("compare", "--out", "there", cases=["agree", "wrong"])

    assert {path.name for path in Path("there").iterdir() if not path.name.startswith(".")} == {
        "cases",
        "static",
        "index.html",
        "junit.xml",
        "results.json",
        "summary.md",
    }


def test_compare_says_what_failed_and_where_the_report_is(harness):
    done = harness("compare", cases=["agree", "wrong"])

    assert "✗  wrong" in done.stdout
    assert "the case says equal, and it is explained by reduction" in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-1] == f"report: {Path('reports', 'index.html')}"


def test_a_second_run_asks_nothing_and_says_the_same(harness):
    first = harness("compare", cases=["agree", "wrong"])
    results = Path("reports", "results.json").read_bytes()
    second = harness("compare")

    assert (second.stdout, second.exit_code) == (first.stdout, first.exit_code) == (first.stdout, 1)
    assert Path("reports", "results.json").read_bytes() == results


def test_without_a_cache_nothing_is_kept(harness):
    harness("compare", "--no-cache", cases=["agree"])

    assert not STORE.exists()


def test_a_job_summary_is_appended_where_ci_asks_for_one(harness, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "job.md")
    Path("job.md").write_text("before\n", encoding="utf-8")
    harness("compare", cases=["agree"])

    assert Path("job.md").read_text(encoding="utf-8").startswith("before\n## The case is as expected")


def test_shards_merge_to_what_one_run_says(harness):
    whole = json.loads(harness("compare", "--json", "--no-cache", cases=["agree", "wrong"]).stdout)
    for part in ("1/2", "2/2"):
        assert harness("collect", "--shard", part, "--store", f"{part[0]}.sqlite").exit_code == 0
    assert harness("merge", "1.sqlite", "2.sqlite", "--store", "all.sqlite").exit_code == 0
    merged = json.loads(harness("judge", "all.sqlite", "--json").stdout)
    together = json.loads(harness("judge", "2.sqlite", "1.sqlite", "--json").stdout)

    assert merged["cases"] == together["cases"]
    assert [*map(without_asking, merged["cases"])] == [*map(without_asking, whole["cases"])]
    assert harness("judge", "all.sqlite").exit_code == 1


def without_asking(case):
    """A case without what only a framework that is asked once more can say."""
    kept = [{**c, "remedy": 0, "rivals": 0, "proofs": {**c["proofs"], "framework": 0}} for c in case["comparisons"]]
    return {**case, "comparisons": kept}


def test_judging_without_a_framework_says_what_was_not_sought(harness):
    harness("collect", "--store", "all.sqlite", cases=["agree", "wrong"])
    harness("compare")
    done = harness("judge", "all.sqlite")
    results = json.loads(Path("reports", "results.json").read_text(encoding="utf-8"))

    assert "no framework was asked while judging" in done.stdout
    assert "no framework was asked while judging" in results["provenance"]["remedies"]
    assert results["cases"][1]["comparisons"][0]["remedy"] is None
    assert "no framework was asked while judging" not in harness("compare").stdout


def test_a_merged_run_is_of_all_its_parts(harness):
    for part in ("1/2", "2/2"):
        harness("collect", "--shard", part, "--store", f"{part[0]}.sqlite", cases=["agree", "wrong"])
    provenance = json.loads(harness("judge", "1.sqlite", "2.sqlite", "--json").stdout)["provenance"]

    assert (provenance["shard"], provenance["parts"], provenance["evaluated"]) == ("1/2, 2/2", "2", "4")


def test_a_report_of_which_a_file_is_gone_is_written_again(harness):
    harness("compare", cases=["agree"])
    Path("reports", "results.json").unlink()

    assert json.loads(harness("compare", "--json").stdout)["cases"][0]["id"] == "agree"


def test_a_mistyped_path_leaves_the_last_report_as_it_was(harness):
    harness("compare", cases=["agree"])
    before = Path("reports", "results.json").read_bytes()
    done = harness("compare", "caes")

    assert (done.exit_code, "caes: there is no such file or folder" in done.output) == (2, True)
    assert Path("reports", "results.json").read_bytes() == before


def test_merging_what_does_not_fit_leaves_no_store(harness):
    harness("collect", "--store", "one.sqlite", cases=["agree"])
    Path("bad.sqlite").write_bytes(b"no store" * 1000)

    assert harness("merge", "one.sqlite", "bad.sqlite", "--store", "all.sqlite").exit_code == 2
    assert not Path("all.sqlite").exists()


def test_a_long_overview_says_how_much_it_leaves_out(harness):
    for number in range(MOST_LINES + 3):
        Path("cases", f"{number}.yaml").write_text(WRONG.replace("wrong", f"wrong-{number}"), encoding="utf-8")
    done = harness("compare")

    assert done.stdout.count("✗") == MOST_LINES
    assert "… and 3 more, in the report" in done.stdout


def test_judging_says_how_far_it_is(harness):
    assert "2 of 2 judged, last wrong" in harness("compare", cases=["agree", "wrong"]).stderr


def test_only_those_asked_for_are_held_to_what_a_case_says(harness):
    harness("compare", cases=["agree", "wrong"])
    done = harness("compare", "--adapters", "torch")

    assert done.exit_code == 0
    assert "2 incomparable (2 of them not asked)" in done.stdout
    assert "one was not asked: only torch was to be asked" in " ".join(done.stdout.split())


@pytest.mark.parametrize(("setting", "said"), [("", "no environment is called"), ("=", "HARNESS_ENVIRONMENTS holds")])
def test_an_environment_that_is_missing_is_a_finding_with_its_reason(harness, monkeypatch, setting, said):
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", setting)
    done = harness("compare", cases=["elsewhere"])

    assert done.exit_code == 3
    assert f"missing: numpy in numpy-0.1: {said}" in " ".join(done.stdout.split())


def test_one_evaluation_takes_no_longer_than_it_is_given(harness):
    Path("cases", "slow.yaml").write_text(
        AGREE.replace("agree", "slow").replace(
            "np.sum(", "np.sum(np.ones((9000, 9000)) @ np.ones((9000, 9000))[0] * 0 + "
        ),
        encoding="utf-8",
    )
    done = harness("compare", "--timeout", "0.01")

    assert "other gave no answer within 0.01 s" in " ".join(done.stdout.split())
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "--out", "taken"], "taken: nothing can be written there"),
        (["compare", "--out", "/dev/null"], "/dev/null: nothing can be written there"),
        (["judge", "one.sqlite", "--out", "taken"], "taken: nothing can be written there"),
        (["compare"], ".cache/harness.sqlite: no store can be kept there"),
        (["collect", "--store", "taken/store"], "taken/store: no store can be kept there"),
        (["collect", "--store", "foreign.sqlite"], "this is a database of another program, with their"),
        (["judge", "foreign.sqlite"], "this is a database of another program, with their"),
        (["judge", "posing.sqlite"], "its table 'missing' is not one of ours"),
        (["explain", SUM, MEAN, *ARRAYS, "--html", "nowhere/x.html"], "nowhere: nothing can be written there"),
        (["explain", SUM, MEAN, *ARRAYS, "--html", "cases"], "cases: this is a folder; name a file in it"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_before_anybody_is_asked(harness, monkeypatch, arguments, said):
    harness("collect", "--store", "one.sqlite", cases=["agree"])
    Path("taken").touch()
    Path(".cache").touch()
    _database("foreign.sqlite", "CREATE TABLE their (own)")
    _database("posing.sqlite", "CREATE TABLE missing (other)", "PRAGMA user_version=1")
    monkeypatch.setattr(Pool, "serve", None)
    done = harness(*arguments)

    assert (done.exit_code, said in done.output) == (2, True), done.output


def _database(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("option", [("--dtype", "float64"), ("--adapters", "numpy"), ("--workers", "2")])
def test_a_run_can_be_narrowed(harness, option):
    done = harness("compare", "--json", *option, cases=["agree"])

    assert done.exit_code == 0
    assert json.loads(done.stdout)["cases"][0]["comparisons"][0]["dtype"] == (
        "float64" if "--dtype" in option else "float32"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["compare", "--shard", "3/2"], 2, "'3/2' is no part of a whole"),
        (["compare", "--dtype", "float8"], 2, "float8"),
        (["compare", "--adapters", "theano"], 3, "no adapter is called 'theano'"),
        (["compare", "nowhere"], 2, "nowhere"),
        (["judge", "nowhere.sqlite"], 2, "nowhere.sqlite"),
        (["explain", SUM], 2, "Missing argument"),
        (["explain", SUM, MEAN, "--prediction", "[0.8, x]", "--target", "[1, 0]"], 2, "prediction:1:7: "),
        (["explain", SUM, MEAN, "--prediction", "[0.8"], 2, "prediction:1:5: "),
        (["explain", "__import__('os')", MEAN, *ARRAYS], 2, "A:1:1: "),
        (["explain", SUM, "np.lgo(prediction)", *ARRAYS], 2, "B:1:"),
        (["explain", SUM, MEAN, *ARRAYS, "--input", "w"], 2, "'w' is not NAME=ARRAY"),
        (["explain", SUM, MEAN, *ARRAYS, "--gradient", "w"], 2, "no input called 'w'"),
        (["explain", "my.losses:focal", MEAN, *ARRAYS, "--allow-import", "my.losses:focal"], 2, "cannot be imported"),
        (["bogus"], 2, "No such command"),
        (["compare", "--adapters", "nothing.at:all"], 3, "no module 'nothing.at' is there"),
        (["compare", "--adapters", "torhc"], 3, "no adapter is called 'torhc'; nearest: torch"),
        (["compare", "--timeout", "0"], 2, "--timeout"),
        (["list", "cases", "nowhere"], 2, "nowhere: there is no such file or folder"),
        (["explain", "0.3", "0.4", "--gradient", "p"], 2, "no input called 'p'; there are no inputs"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(harness, arguments, code, said):
    done = harness(*arguments, cases=["agree"])

    assert (done.exit_code, said in done.output) == (code, True), done.output
    assert "Traceback" not in done.output


def test_explain_answers_in_words(harness):
    done = harness("explain", SUM, MEAN, *ARRAYS)

    assert done.exit_code == 0
    assert "A and B differ in one convention, reduction." in done.stdout
    assert "0.223144" in done.stdout


def test_explain_takes_two_printouts_and_nothing_else(harness):
    done = harness("explain", "0.3", "0.4")

    assert done.exit_code == 1
    assert "A and B differ, and no known convention says why: they are 0.1 apart" in done.stdout


def test_explain_answers_in_json(harness):
    case = json.loads(harness("explain", SUM, MEAN, *ARRAYS, "--json").stdout)

    assert case["comparisons"][0]["verdict"] == "explained"
    assert case["sides"]["A"]["expression"] == SUM


def test_explain_takes_printed_digits_and_generators(harness):
    done = harness("explain", SUM, "0.223", *ARRAYS)
    random = harness(
        *("explain", SUM, MEAN),
        *("--prediction", "{probabilities: {shape: [7, 5]}}"),
        *("--target", "{one_hot: {shape: [7, 5]}}"),
    )

    assert "printed: 0.223" in done.stdout
    assert done.exit_code == random.exit_code == 0


def test_explain_writes_one_page(harness):
    harness("explain", SUM, MEAN, *ARRAYS, "--html", "answer.html")

    assert "<style>" in Path("answer.html").read_text(encoding="utf-8")


def test_explain_imports_a_function_only_when_told_to(harness):
    Path("mine.py").write_text(
        "def loss(prediction, target):\n    return (prediction - target).sum()\n", encoding="utf-8"
    )
    refused = harness("explain", "mine:loss", MEAN, *ARRAYS)
    allowed = harness("explain", "mine:loss", "(prediction - target).sum()", *ARRAYS, "--allow-import", "mine:loss")

    assert refused.exit_code == 2
    assert "A and B" in allowed.stdout


@pytest.mark.parametrize("name", [*main.commands])
def test_every_command_shows_an_example(harness, name):
    done = harness(name, "--help")

    assert done.exit_code == 0
    assert f"Example:\n    harness {name}" in done.output


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("apis", "torch.nn.BCELoss"),
        ("adapters", "harness.adapters.torch:adapter"),
        ("factors", "reduction.denominator"),
        ("factors", "target.shift"),
        ("factors", "target.encoding"),
        ("factors", "target.bad_index"),
        ("cases", "cases/agree.yaml"),
    ],
)
def test_list_says_what_there_is(harness, what, expected):
    done = harness("list", what, cases=["agree", "malformed"])

    assert done.exit_code == 0
    assert expected in done.stdout


def test_doctor_imports_no_framework():
    script = "import sys; from harness.cli import main; main(['doctor'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {*done.stdout.splitlines()[-1].split()}

    assert "ready" in done.stdout
    assert {"torch", "tensorflow", "keras", "jax", "sklearn"} & loaded == set()


def test_doctor_tells_of_other_environments(harness, monkeypatch):
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", f"same={sys.executable},gone=/nowhere/python")
    done = harness("doctor")

    assert "numpy in same" in done.stdout
    assert "/nowhere/python does not run" in done.stdout


def test_the_schema_is_a_json_schema(harness):
    assert json.loads(harness("schema").stdout)["$schema"].startswith("https://json-schema.org/")


def test_help_is_there_without_loading_the_house():
    script = "import sys; import harness.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"jinja2", "rich", "execnet", "flint", "latex2mathml"} & {*done.stdout.split()} == set()


def test_results_do_not_depend_on_how_many_processes_judge(harness, monkeypatch):
    Path("cases", "many").mkdir()
    for number in range(FEWEST):
        text = (AGREE, WRONG)[number % 2].replace("\nid: ", f"\nid: number-{number}-")
        Path("cases", "many", f"{number}.yaml").write_text(text, encoding="utf-8")
    seen = []
    for others in (0, 1):
        monkeypatch.setattr(processes, "helpers", lambda others=others: others)
        done = harness("compare", "--json", "--no-cache", "--out", f"of-{others}", cases=["elsewhere", "malformed"])
        seen.append((json.loads(done.stdout) | {"provenance": None}, done.exit_code))

    assert len(seen[0][0]["cases"]) == FEWEST + 2
    assert seen[0] == seen[1]


def test_an_interrupted_run_goes_on_from_where_it_was(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    for number in range(100):
        text = AGREE.replace("id: agree", f"id: case-{number}").replace("0.8", f"0.{8000 + number}")
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "harness", "compare", "--json"]
    where = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(command, cwd=tmp_path, env=where, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert "answered" in run.stderr.readline()
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    again = subprocess.run(command, cwd=tmp_path, env=where, capture_output=True, text=True, check=False)
    provenance = json.loads(again.stdout)["provenance"]

    assert run.returncode == 130, said
    assert "the same command goes on from there" in said
    assert int(provenance["recalled"]) > 0
    assert int(provenance["recalled"]) + int(provenance["evaluated"]) == 200


ADAPTED = """
id: adapted
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
dtype: float64
sides:
  stepped: {call: -(target * np.log(prediction)).sum(), adapter: complex_step}
  halved: {call: -(target * np.log(prediction)).mean(), adapter: complex_step}
  sum: -(target * torch.log(prediction)).sum()
"""


@pytest.fixture
def adapters(tmp_path, monkeypatch):
    """An adapter that a package has registered, and another whose module is not there."""
    (tmp_path / "packages").mkdir()
    docs_adapter.install(tmp_path / "packages")
    monkeypatch.syspath_prepend(tmp_path / "packages")


@pytest.mark.usefixtures("adapters")
def test_a_registered_adapter_is_asked_where_a_side_names_it(harness):
    Path("cases", "adapted.yaml").write_text(ADAPTED, encoding="utf-8")
    done = harness("compare", "--json", "--adapters", "complex_step")
    results = json.loads(done.stdout)
    verdicts = {(*c["between"], c["aspect"]): c["verdict"] for c in results["cases"][0]["comparisons"]}

    assert done.exit_code == 0
    assert results["environment"]["complex-step"] == "1.2"
    assert results["cases"][0]["sides"]["stepped"]["framework"] == "complex_step"
    assert verdicts["stepped", "halved", "gradient"] == "explained"
    assert verdicts["stepped", "sum", "value"] == "incomparable"


@pytest.mark.usefixtures("adapters")
def test_registered_adapters_are_listed_and_looked_after(harness):
    rows = harness("doctor").stdout.splitlines()

    assert [" ".join(row.split()) for row in rows if row.startswith(("complex_step", "absent"))] == [
        "absent missing no module 'not_there' is there for the adapter 'absent'; install it",
        "complex_step ready complex-step 1.2",
    ]
    assert "complex_step:adapter" in harness("list", "adapters").stdout


def test_an_adapter_that_nobody_has_registered_is_missing(harness):
    Path("cases", "adapted.yaml").write_text(ADAPTED.replace("complex_step", "torhc"), encoding="utf-8")
    done = harness("compare", "--no-cache")

    assert done.exit_code == 3
    assert "no adapter is called 'torhc'; nearest: torch" in " ".join(done.stdout.split())
