"""pytest and case files: run in a pytest of its own."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest_plugins = ["pytester"]

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
GONE = """
id: gone
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  one: -(target * np.log(prediction)).sum()
  other: -np.sum(target * np.log(prediction))
known:
  - {side: other, status: notyet, reason: it used to be wrong}
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project with some case files; runs pytest there as its users do."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(*arguments, folder="cases/family", **files):
        for name, text in files.items():
            path = pytester.path / folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        # The plugin is on already where the harness is installed.
        loaded = [] if pytest_has_the_plugin(pytester) else ["-p", "harness.pytest_plugin"]
        return pytester.runpytest_subprocess(*loaded, *arguments)

    return run


def pytest_has_the_plugin(pytester):
    return "harness_cases" in pytester.runpytest_subprocess("--help").stdout.str()


def test_every_comparison_is_an_item(project):
    done = project("--collect-only", "-q", agree=AGREE)

    done.stdout.fnmatch_lines(["*agree.yaml::agree[[]one-other-float32-value[]]", "*agree.yaml::agree"])


def test_what_is_as_expected_passes(project):
    project(agree=AGREE).assert_outcomes(passed=2)


def test_a_failure_is_the_explanation_and_no_traceback(project):
    done = project(agree=AGREE, wrong=WRONG)

    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["*wrong · value · float32 · EXPLAINED", "*sum and mean differ in one convention*"])
    assert "Traceback" not in done.stdout.str()
    assert "pytest_plugin.py" not in done.stdout.str()


def test_a_known_divergence_that_is_gone_fails_the_case(project):
    done = project(gone=GONE)

    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*the known divergence of other is gone: it used to be wrong*"])


def test_a_malformed_file_fails_with_its_place(project):
    done = project(agree=AGREE, malformed="id: malformed\nsidez: {}\n")

    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["*malformed.yaml:2:1: *sidez*"])


def test_one_comparison_can_be_run_alone(project):
    project("-k", "value", agree=AGREE, wrong=WRONG).assert_outcomes(passed=1, failed=1, deselected=2)


def test_a_single_file_can_be_named(project):
    project("cases/family/agree.yaml", agree=AGREE, wrong=WRONG).assert_outcomes(passed=2)


def test_yaml_elsewhere_is_left_alone(project):
    project(folder="settings", agree=AGREE).assert_outcomes()


def test_another_folder_can_be_named(project, pytester):
    pytester.makeini("[pytest]\nharness_cases = losses")

    project(folder="losses/deep", agree=AGREE).assert_outcomes(passed=2)


def test_two_files_with_one_id_do_not_speak_for_each_other(project):
    done = project(a=AGREE, b=WRONG.replace("id: wrong", "id: agree"))

    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["*b.yaml:2:1: the id 'agree' is taken by *a.yaml:2; give each case an id of its own"])


def test_a_file_that_is_named_twice_is_no_duplicate(project):
    project("--keep-duplicates", "cases", "cases/family/agree.yaml", agree=AGREE).assert_outcomes(passed=4)


ELSEWHERE = """
id: elsewhere
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  here: ((prediction - target) ** 2).mean()
  there: {call: torch.nn.MSELoss(), environment: torch-0.1}
  other: {call: torch.nn.L1Loss(), environment: torch-0.1}
"""


def test_no_test_passes_because_a_framework_is_missing(project):
    done = project(elsewhere=ELSEWHERE)

    done.assert_outcomes(failed=5)
    done.stdout.fnmatch_lines(["there had nobody to ask: torch in torch-0.1 is missing: no environment is called *"])


def test_an_explanation_comes_with_the_call_that_was_run(project):
    done = project("-k", "value", wrong=WRONG)

    mended = "One way to make mean return what sum returns; it was run,*"
    done.stdout.fnmatch_lines(["*passed * the framework itself agrees*", mended])
