"""Collecting, with fake adapters in real worker processes."""

import contextlib
import os
import platform
import signal
import subprocess
import sys
import textwrap
import threading
import time
import venv
from itertools import permutations
from pathlib import Path

import docs_adapter
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.collect import Pool, Store, collect, environments, load_run, merge, open_probe, plan
from harness.collect.environments import fingerprint, interpreters, target_of
from harness.collect.line import spec_of
from harness.collect.run import BATCH
from harness.collect.store import RANK, TABLES, Answer
from harness.errors import AdapterError, RunError
from harness.expression import parse
from harness.records import (
    BrokenCase,
    Callable,
    Case,
    Claim,
    Computed,
    Crashed,
    Expression,
    InputArray,
    Key,
    Raised,
    Run,
    TimedOut,
    Unsupported,
)

LOSS = "((prediction - target) ** 2).mean()"
MASKED = "((prediction - target) ** 2 * mask).sum() / mask.sum()"
TESTS = str(Path(__file__).parent)


def side(adapter, text=LOSS, environment="", mode="eager"):
    return Expression(text, parse(text, ("prediction", "target", "mask")), f"zoo:{adapter}", environment, mode)


def case(name, *adapters, first=3.0, **changes):
    """A case whose sides are named after their adapters; every prediction of another `first` is another request."""
    inputs = {
        "prediction": InputArray(np.array([first, 1.0, 2.0])),
        "target": InputArray(np.array([1, 1, 0]), integral=True),
        "mask": InputArray(np.array([1, 0, 0]), integral=True),
    }
    sides = {adapter: side(adapter) for adapter in adapters}
    return Case(name, name, **{"inputs": inputs, "sides": sides} | changes)


def only(run):
    (observation,) = run.observations.values()
    return observation


def plain(observation):
    """An observation as something that compares by value."""
    match observation:
        case Computed(value, gradient, dtype, note):
            return value.tolist(), None if gradient is None else gradient.tolist(), dtype, note
        case _:
            return observation


def all_plain(run):
    return {key: plain(observation) for key, observation in run.observations.items()}


# Who answers at all. (8/3 for [3, 1, 2] against [1, 1, 0].)
@pytest.mark.parametrize(
    ("adapter", "value", "dtype"),
    [
        ("agrees", 8 / 3, "float32"),
        ("halves", 4 / 3, "float32"),
        ("returns_nan", np.nan, "float32"),
        ("lies_about_its_dtype", 8 / 3, "float64"),
        ("prints_rubbish", 8 / 3, "float32"),
    ],
)
def test_numbers_arrive_as_the_adapter_gave_them(adapter, value, dtype):
    observation = only(collect([case("a", adapter)]))

    assert isinstance(observation, Computed)
    np.testing.assert_array_equal(observation.value, value)
    np.testing.assert_array_equal(observation.gradient, [4 / 3, 0, 4 / 3])
    assert observation.dtype == dtype


def test_the_inputs_that_a_side_reads_are_all_it_gets():
    sides = {"agrees": side("agrees", MASKED), "forgets_a_mask": side("forgets_a_mask", MASKED)}
    run = collect([case("a", sides=sides)])

    assert [float(observation.value) for observation in run.observations.values()] == [4.0, 8 / 3]


@pytest.mark.parametrize(
    ("adapter", "expected"),
    [
        ("raises", Raised("ValueError", "no loss today\nsecond line")),
        ("supports_nothing", Unsupported("nothing is supported")),
        ("hangs", TimedOut(0.5)),
    ],
)
def test_an_answer_without_numbers_is_an_observation(adapter, expected):
    assert expected == only(collect([case("a", adapter)], timeout=0.5))


@pytest.mark.parametrize(
    ("adapter", "reason", "stderr"),
    [
        ("dies", "killed by SIGSEGV", "last words"),
        ("leaves", "ended with exit code 3", ""),
        ("returns_text", "found a str, wanted an observation", ""),
        ("returns_an_object", "found a object, which cannot be sent or stored", ""),
    ],
)
def test_a_worker_that_fails_costs_one_observation_with_its_last_words(adapter, reason, stderr):
    observation = only(collect([case("a", adapter)]))

    assert isinstance(observation, Crashed)
    assert reason in observation.reason
    assert stderr in observation.stderr


def test_rubbish_on_the_line_itself_costs_one_observation():
    assert isinstance(only(collect([case("a", "garbles")], timeout=1)), Crashed | TimedOut)


@pytest.mark.parametrize(
    ("adapter", "reason"),
    [
        ("answers_in_texts", "found the text 'x' as the value of a Computed, wanted an array of real numbers"),
        ("answers_in_arrays_of_texts", "found a ndarray as the value of a Computed, wanted an array of real numbers"),
        ("answers_in_complex_numbers", "found a ndarray as the value of a Computed, wanted an array of real numbers"),
        ("makes_up_a_dtype", "found the text 'float99' as the dtype of a Computed, wanted the name of a dtype"),
        ("raises_a_number", "found a int as the message of a Raised, wanted a text"),
        ("differentiates_by_something_else", "a gradient of shape (2,) by an input of shape (3,)"),
    ],
)
def test_an_answer_that_is_none_costs_one_observation_and_no_worker(adapter, reason):
    with Pool() as pool:
        before = only(collect([case("a", "tells_its_process")], pool=pool))
        run = collect([case("a", adapter, "agrees", "tells_its_process", first=2.0)], pool=pool)
    malformed, fine, after = run.observations.values()

    assert isinstance(malformed, Crashed)
    assert reason in malformed.reason
    assert isinstance(fine, Computed)
    assert after.value == before.value


def test_a_gradient_by_an_input_that_was_not_given_is_no_answer():
    unread = {"agrees": Expression("target * 2.0", parse("target * 2.0", ["target"]), "zoo:differentiates_by_anything")}

    assert "by no such input" in only(collect([case("a", sides=unread)])).reason


def test_a_message_is_kept_as_it_can_be_written(tmp_path):
    run = collect([case("a", "raises_half_a_character")], store=tmp_path / "store")

    assert only(run) == only(load_run([tmp_path / "store"])) == Raised("ValueError", "a\ufffdb \ufffd[31mred")


def test_narrow_and_whole_numbers_arrive_as_float64():
    observation = only(collect([case("a", "answers_in_integers")]))

    assert (observation.value.dtype, float(observation.value)) == (np.float64, 3.0)


def test_every_fault_is_blamed_on_the_request_that_it_belongs_to():
    moods = [0, 2, 0, 0, 3, 1, 5, 4, 0, 6, 0, 1, 2, 2, 6, 5, 0, 7, 1, 0, 3, 0]
    kinds = {
        0: Computed,
        1: Raised,
        2: Crashed,
        3: Crashed,
        4: TimedOut,
        5: Computed,
        6: Crashed,
        7: Crashed | TimedOut,
    }
    cases = [case(f"c{i}", "moody", first=mood + i / 100) for i, mood in enumerate(moods)]
    run = collect(cases, timeout=1)

    assert [key.case for key in run.observations] == [each.id for each in cases]
    assert [
        (mood, type(o).__name__)
        for mood, o in zip(moods, run.observations.values(), strict=True)
        if not isinstance(o, kinds[mood])
    ] == []


def test_a_worker_that_is_killed_between_requests_costs_nothing():
    with Pool() as pool:
        first = only(collect([case("a", "tells_its_process")], pool=pool))
        os.kill(int(first.value), signal.SIGKILL)
        second = only(collect([case("a", "tells_its_process")], pool=pool))

    assert isinstance(second, Computed)
    assert first.value != second.value


def test_a_pool_keeps_its_workers_and_ends_them():
    with Pool() as pool:
        pids = {float(only(collect([case("a", "tells_its_process", first=x)], pool=pool)).value) for x in (1.0, 2.0)}

    assert len(pids) == 1
    assert not Path(f"/proc/{int(pids.pop())}").exists()


def test_a_pool_that_was_stopped_starts_again():
    with Pool() as pool:
        first = only(collect([case("a", "tells_its_process")], pool=pool))
        pool.stop()
        second = only(collect([case("a", "tells_its_process")], pool=pool))

    assert first.value != second.value


def test_stopping_a_pool_ends_what_hangs():
    with Pool(timeout=60) as pool:
        threading.Timer(1.5, pool.stop).start()
        began = time.monotonic()
        with pytest.raises(RunError, match="stopped with 1 evaluations to go"):
            collect([case("a", "hangs")], pool=pool)

    assert time.monotonic() - began < 10


def test_inputs_arrive_rounded_to_their_dtype():
    numbers = {"prediction": InputArray(np.array([0.1, 0.2])), "target": InputArray(np.array([0, 0]), integral=True)}
    run = collect([case("a", "agrees", inputs=numbers, dtypes=("float64", "float32", "float16", "bfloat16"))])
    narrow = [float(o.gradient[0]) for o in run.observations.values()]

    assert narrow == [0.1, float(np.float32(0.1)), float(np.float16(0.1)), 0.10009765625]


def test_claims_are_not_asked_and_functions_are_called_here(tmp_path):
    def squared(prediction, target):
        return ((prediction - target) ** 2).mean() + 0 * os.getpid()

    sides = {"printed": Claim("1", np.array(1.0), np.array(0.5)), "mine": Callable("squared", squared, "numpy")}
    run = collect([case("a", sides=sides)], store=tmp_path / "store")
    again = load_run([tmp_path / "store"])

    assert [key.side for key in run.observations] == ["mine"]
    np.testing.assert_array_equal(only(run).value, np.float32(8) / 3)
    assert all_plain(again) == all_plain(run)
    with pytest.raises(RunError, match="hand it in again"):
        again.cases[0].sides["mine"].function(1, 2)


@pytest.mark.parametrize(
    ("adapter", "name", "reason"),
    [
        ("no_such_module:adapter", "no_such_module:adapter", "No module named 'no_such_module'"),
        ("no-such-adapter", "no-such-adapter", "no adapter is called 'no-such-adapter'; known: torch"),
    ],
)
def test_a_missing_adapter_is_missing_and_its_sides_unsupported(adapter, name, reason):
    tree = parse(LOSS, ("prediction", "target"))
    run = collect([case("a", "agrees", sides={"a": Expression(LOSS, tree, adapter)})])

    assert reason in run.missing[name]
    assert isinstance(only(run), Unsupported)


def test_an_import_that_ends_the_process_is_a_missing_adapter(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGBUS)")
    monkeypatch.syspath_prepend(tmp_path)
    tree = parse(LOSS, ("prediction", "target"))
    run = collect([case("a", sides={"a": Expression(LOSS, tree, "deadly:adapter"), "agrees": side("agrees")})])

    assert "killed by SIGBUS" in run.missing["deadly:adapter"]
    assert [type(o) for o in run.observations.values()] == [Unsupported, Computed]


def test_sides_of_frameworks_that_were_not_to_be_asked_are_unsupported_and_not_missing():
    run = collect([case("a", "agrees", "halves")], adapters=["zoo:halves"])

    assert [type(o) for o in run.observations.values()] == [Unsupported, Computed]
    assert run.missing == {}


def test_an_adapter_that_does_not_exist_cannot_be_asked_for():
    with pytest.raises(AdapterError, match="no adapter is called 'tocrh'"):
        collect([], adapters=["tocrh"])


def test_no_cases_give_a_run_without_observations():
    broken = (BrokenCase("x.yaml", "bad-yaml", "no"),)
    run = collect([], broken)

    assert (run.cases, run.broken, dict(run.observations), dict(run.missing)) == ((), broken, {}, {})


# Environments.


def test_another_environment_needs_numpy_and_no_harness(tmp_path, monkeypatch):
    venv.create(tmp_path / "other", with_pip=False)
    python = tmp_path / "other" / "bin" / "python"
    (packages,) = (tmp_path / "other" / "lib").glob("python*/site-packages")
    installed = Path(np.__file__).parent.parent
    for found in installed.glob("numpy*"):
        (packages / found.name).symlink_to(found)
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", f"other={python}")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    tree = parse(LOSS, ("prediction", "target"))
    sides = {name: Expression(LOSS, tree, name, "other") for name in ("numpy", "sklearn")}
    run = collect([case("a", sides=sides)])

    assert [type(o) for o in run.observations.values()] == [Computed, Unsupported]
    assert list(run.missing) == ["sklearn in other"]
    assert "No module named 'sklearn'" in run.missing["sklearn in other"]
    assert run.environment == {
        "harness": plan.version(),
        "other: numpy": np.__version__,
        "other: python": platform.python_version(),
    }


DYING_ONCE = """
import os, signal, pathlib
mark = pathlib.Path({mark!r})
if len(mark.read_text()) < {deaths}:
    mark.write_text(mark.read_text() + "x")
    os.kill(os.getpid(), signal.SIGKILL)
from zoo import agrees as adapter
"""


@pytest.mark.parametrize(("deaths", "missing"), [(1, False), (2, False), (3, True)])
def test_a_worker_that_is_killed_while_importing_is_started_again(deaths, missing, tmp_path, monkeypatch):
    (tmp_path / "mark").touch()
    (tmp_path / "unlucky.py").write_text(DYING_ONCE.format(mark=str(tmp_path / "mark"), deaths=deaths))
    monkeypatch.syspath_prepend(tmp_path)
    sides = {"a": Expression(LOSS, parse(LOSS, ("prediction", "target")), "unlucky:adapter")}
    run = collect([case("a", sides=sides)])

    assert list(run.missing) == ["unlucky:adapter"] * missing
    assert isinstance(only(run), Unsupported if missing else Computed)
    if missing:
        assert (
            "3 workers in a row ended before they had it; the last: killed by SIGKILL" in run.missing["unlucky:adapter"]
        )


def test_an_import_that_raises_is_not_tried_again(tmp_path, monkeypatch):
    (tmp_path / "raising.py").write_text(f"open({str(tmp_path / 'tried')!r}, 'a').write('x')\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    run = collect([case("a", sides={"a": Expression(LOSS, parse(LOSS, ("prediction", "target")), "raising:adapter")})])

    assert "its import raised ZeroDivisionError: division by zero" in run.missing["raising:adapter"]
    assert (tmp_path / "tried").read_text() == "x"


UNLUCKY = """#!/bin/sh
case "$*" in *stdin.readline*) if [ ! -e {mark} ]; then touch {mark}; kill -9 $$; fi;; esac
exec {python} "$@"
"""


def test_a_worker_that_is_killed_while_its_interpreter_starts_is_started_again(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(UNLUCKY.format(mark=tmp_path / "mark", python=sys.executable))
    python.chmod(0o755)
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", f"unlucky={python}")
    monkeypatch.setenv("PYTHONPATH", TESTS)
    run = collect([case("a", sides={"there": side("agrees", environment="unlucky")})])

    assert (tmp_path / "mark").exists()
    assert isinstance(only(run), Computed)


SSH = """#!/bin/sh
echo "$@" >> {log}
for last in "$@"; do :; done
exec sh -c "$last"
"""


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """A program called ssh that runs its command here, in a folder without the harness; the log of what it was told."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH.format(log=tmp_path / "log"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", f"far=ssh=user@host//python={sys.executable}")
    return tmp_path / "log"


def test_another_host_is_asked_through_ssh_and_needs_no_harness(ssh):
    tree = parse(LOSS, ("prediction", "target"))
    run = collect([case("a", sides={"far": Expression(LOSS, tree, "numpy", "far")})])

    np.testing.assert_array_equal(only(run).value, np.float32(8) / 3)
    assert run.environment["far: numpy"] == np.__version__
    assert ssh.read_text().count("-C user@host ") == 2


@pytest.mark.usefixtures("ssh")
def test_another_host_that_cannot_be_reached_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", "far=ssh=user@nowhere//python=python3")
    (tmp_path / "bin" / "ssh").write_text("#!/bin/sh\necho 'ssh: no route to host' >&2\nexit 255\n")
    sides = {"far": Expression(LOSS, parse(LOSS, ("prediction", "target")), "numpy", "far")}
    run = collect([case("a", sides=sides)])

    assert "does not run as a Python interpreter (exit code 255: ssh: no route to host)" in run.missing["numpy in far"]


@pytest.mark.parametrize(
    ("python", "spec"),
    [
        ("", "popen"),
        ("/opt/a b/python", "popen//python='/opt/a b/python'"),
        ("ssh=user@host//python=/opt/python", "ssh=user@host//python=/opt/python"),
    ],
)
def test_an_interpreter_is_named_to_execnet(python, spec):
    assert spec_of(python) == spec


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("", "no environment is called 'other'; set HARNESS_ENVIRONMENTS=other=/path/to/python"),
        (
            "other=/no/such/python",
            "/no/such/python does not run as a Python interpreter (No such file or directory); try /no/such/python -c",
        ),
        ("other=/bin/cat", "/bin/cat does not run as a Python interpreter (exit code 1: Try '/bin/cat --help' "),
        ("other=/bin/echo", "/bin/echo does not run as a Python interpreter (it said something else); try /bin/echo"),
        ("other", "HARNESS_ENVIRONMENTS holds 'other'; write name=/path/to/python"),
    ],
)
def test_an_environment_that_is_not_there_is_missing(setting, reason, monkeypatch):
    monkeypatch.setenv("HARNESS_ENVIRONMENTS", setting)
    run = collect([case("a", sides={"there": side("agrees", environment="other")})])

    assert reason in run.missing["zoo:agrees in other"]
    assert "importlib" not in run.missing["zoo:agrees in other"]
    assert isinstance(only(run), Unsupported)


def test_environments_are_read_from_one_setting():
    found = interpreters("a=/x/python, b=ssh=user@host//python=/y/python")

    assert found == {"": "", "a": "/x/python", "b": "ssh=user@host//python=/y/python"}


def test_a_fingerprint_knows_the_versions_without_importing_anything():
    mark = fingerprint("", "numpy")

    assert mark.versions["numpy"] == np.__version__
    assert mark.text() != fingerprint("", "zoo:agrees").text()


def test_an_adapter_may_be_named_by_its_place():
    assert (target_of("zoo:agrees"), target_of("torch")) == ("zoo:agrees", "harness.adapters.torch:adapter")


# The store.


def counted(cases, store, **how):
    """Collect, and say how many evaluations it took."""
    run = collect(cases, store=store, **how)
    return run, int(run.provenance["evaluated"])


def test_a_second_run_evaluates_nothing_and_says_the_same(tmp_path):
    cases, store = [case("a", "agrees", "raises", "supports_nothing")], tmp_path / "store"
    first, evaluated = counted(cases, store)
    second, again = counted(cases, store)

    assert (evaluated, again) == (3, 0)
    assert all_plain(first) == all_plain(second)


@pytest.mark.parametrize(
    "changed",
    [
        case("a", "agrees", first=4.0),
        case("a", "halves"),
        case("a", "agrees", dtypes=("float64",)),
        case("a", "agrees", gradient=None),
        case("a", sides={"agrees": side("agrees", MASKED)}),
        case("a", sides={"agrees": side("agrees", mode="compiled")}),
    ],
    ids=["inputs", "adapter", "dtype", "gradient", "expression", "mode"],
)
def test_what_changed_is_evaluated_again(changed, tmp_path):
    collect([case("a", "agrees")], store=tmp_path / "store")

    assert counted([changed], tmp_path / "store")[1] == 1


def test_what_did_not_change_is_not(tmp_path):
    collect([case("a", "agrees")], store=tmp_path / "store")
    renamed = case("b", sides={"same": side("agrees")}, why="another reason")

    assert counted([renamed], tmp_path / "store")[1] == 0


def test_a_changed_adapter_is_asked_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = "from zoo import {0} as adapter\n"
    cases = [case("a", sides={"mine": Expression(LOSS, parse(LOSS, ("prediction", "target")), "changing:adapter")})]
    values = []
    for animal in ("agrees", "halves"):
        (tmp_path / "changing.py").write_text(
            text.format(animal) + "#" * len(values)
        )  # bytecode goes by size and second
        _forget()
        values.append(float(only(collect(cases, store=tmp_path / "store")).value))

    assert values == [8 / 3, 4 / 3]


def _forget():
    """As in a new process, which reads each source once."""
    for function in (environments._source, environments.fingerprint, plan.home_of):  # noqa: SLF001
        function.cache_clear()


def test_failures_are_tried_again(tmp_path):
    cases, store = [case("a", "leaves", "agrees")], tmp_path / "store"

    assert [counted(cases, store)[1] for _ in range(2)] == [2, 1]


def test_a_framework_that_was_missing_is_tried_again(tmp_path):
    sides = {"a": Expression(LOSS, parse(LOSS, ("prediction", "target")), "no_such_module:adapter")}

    assert [counted([case("a", sides=sides)], tmp_path / "store")[1] for _ in range(2)] == [1, 1]


def test_equal_requests_are_evaluated_once():
    run = collect([case("a", "agrees"), case("b", "agrees")])

    assert (run.provenance["evaluated"], len(run.observations)) == ("1", 2)


def test_an_interrupted_run_keeps_what_it_has_and_resumes(tmp_path):
    cases, store = [case(f"c{i}", "agrees", first=float(i)) for i in range(20)], tmp_path / "store"

    def interrupt(done, total, _label):
        assert total == 20
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(cases, store=store, progress=interrupt)
    run, evaluated = counted(cases, store)

    assert 0 < evaluated <= 13
    assert all_plain(run) == all_plain(collect(cases))


def test_ctrl_c_ends_a_run_and_its_workers(tmp_path):
    script = f"""
        import sys; sys.path[:0] = [{TESTS!r}]
        from pathlib import Path
        from test_collect import case, collect
        store = Path({str(tmp_path / "store")!r})
        tell = lambda done, total, label: print(label, flush=True)
        collect([case("a", "agrees", "hangs", "tells_its_process")], store=store, progress=tell)
    """
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout is not None
    for _ in range(2):
        run.stdout.readline()
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=20)

    assert b"KeyboardInterrupt" in stderr
    with Store(tmp_path / "store") as store:
        bodies = store.rows("observation")
    assert len(bodies) == 2


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1])
def test_ctrl_c_while_a_worker_starts_is_not_answered_by_the_worker(delay):
    script = f"""
        import sys; sys.path[:0] = [{TESTS!r}]
        from test_collect import case, collect
        print("ready", flush=True)
        try:
            collect([case("a", "hangs")])
        except KeyboardInterrupt:
            print("interrupted")
    """
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert run.stdout is not None
    run.stdout.readline()
    while not _children(run.pid):
        time.sleep(0.001)
    time.sleep(delay)
    os.killpg(run.pid, signal.SIGINT)
    stdout, stderr = run.communicate(timeout=20)

    assert (stdout, stderr) == (b"interrupted\n", b"")


def _children(pid):
    with contextlib.suppress(OSError):  # a thread that ends meanwhile
        return "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))


def test_shards_part_the_cases_and_their_stores_merge_to_the_whole(tmp_path):
    cases = [case(f"c{i}", "agrees", first=float(i)) for i in range(30)]
    runs = [collect(cases, store=tmp_path / f"{i}", shard=(i, 3)) for i in (1, 2, 3)]
    whole = collect(cases, store=tmp_path / "whole")
    merge([tmp_path / "3", tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    merged = load_run([tmp_path / "merged"])

    assert all(run.cases for run in runs)
    assert sorted(each.id for run in runs for each in run.cases) == sorted(each.id for each in cases)
    assert all_plain(merged) == all_plain(whole)
    assert (merged.environment, merged.missing) == (whole.environment, whole.missing)


def test_more_workers_than_frameworks_share_the_longest_list():
    cases = [case(f"c{i}", "tells_its_process", first=float(i)) for i in range(2 * BATCH)]
    run = collect(cases, workers=2)

    assert len({float(o.value) for o in run.observations.values()}) == 2


def test_one_worker_at_a_time_is_enough():
    run = collect([case("a", "agrees", "halves", "raises")], workers=1)

    assert [type(o) for o in run.observations.values()] == [Computed, Computed, Raised]


def test_a_store_holds_a_run_as_it_was(tmp_path):
    sides = {
        "agrees": side("agrees"),
        "printed": Claim("1.0", np.array(1.0), np.array(0.05)),
        "gone": Expression(LOSS, parse(LOSS, ("prediction", "target")), "no_such_module:adapter"),
    }
    broken = BrokenCase("x.yaml", "bad-yaml", "no", 3, 4)
    run = collect([case("a", sides=sides, dtypes=("float16", "float64"))], [broken], store=tmp_path / "store")
    again = load_run([tmp_path / "store"])

    assert all_plain(again) == all_plain(run)
    assert (again.broken, again.environment, again.missing) == (run.broken, run.environment, run.missing)
    assert again.cases[0].sides["agrees"] == sides["agrees"]
    assert again.provenance == run.provenance


def test_a_store_describes_the_run_that_was_collected_last(tmp_path):
    for name in ("a", "b"):
        collect([case(name, "agrees")], store=tmp_path / "store")

    assert [each.id for each in load_run([tmp_path / "store"]).cases] == ["b"]


def test_a_framework_is_missing_from_a_merged_run_only_if_nobody_had_it(tmp_path):
    tree = parse(LOSS, ("prediction", "target"))
    cases = [
        case("a", sides={"n": Expression(LOSS, tree, "numpy"), "g": Expression(LOSS, tree, "no_such_module:adapter")})
    ]
    here = collect(cases, store=tmp_path / "here")
    there = Run(tuple(cases), (), {}, {}, missing={"numpy": "not installed", "no_such_module:adapter": "nor this"})
    with Store(tmp_path / "there") as store:
        store.describe(there, [], [])

    for order in permutations([tmp_path / "here", tmp_path / "there"]):
        merged = load_run(order)
        assert list(merged.missing) == ["no_such_module:adapter"]
        assert all_plain(merged) == all_plain(here)


@pytest.mark.parametrize("content", [b"not a database at all " * 100, b""])
def test_a_file_that_is_no_store_is_named(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    if content:
        with pytest.raises(RunError, match=r"x: this is no store"):
            load_run([tmp_path / "x"])
    else:
        assert load_run([tmp_path / "x"]).cases == ()


def test_a_store_that_is_not_there_cannot_be_merged(tmp_path):
    with pytest.raises(RunError, match="there is no such file"):
        merge([tmp_path / "gone"], tmp_path / "into")


def test_stores_with_different_cases_of_one_name_do_not_merge(tmp_path):
    for name, first in (("a", 1.0), ("b", 2.0)):
        collect([case("same", "agrees", first=first)], store=tmp_path / name)

    for order in permutations([tmp_path / "a", tmp_path / "b"]):
        with pytest.raises(RunError, match="its case 'same' is not the one"):
            load_run(order)


OBSERVATIONS = st.one_of(
    st.builds(lambda x: Computed(np.array(x), None, "float32"), st.sampled_from([1.0, 2.0, float("nan")])),
    st.builds(Raised, st.just("E"), st.sampled_from("ab")),
    st.builds(Unsupported, st.sampled_from("ab")),
    st.builds(TimedOut, st.sampled_from([1.0, 2.0])),
    st.builds(Crashed, st.sampled_from("ab")),
)
ROWS = st.dictionaries(st.sampled_from("pqr"), st.tuples(OBSERVATIONS, st.sampled_from(["1.0", "2.0"])), max_size=3)


def _written(path, rows, missing):
    """A store in which case "c" has one side per row."""
    run = Run((case("c"),), (), {}, {}, missing=missing, provenance={"host": path.name})
    with Store(path) as store:
        for name, (observation, _) in rows.items():
            store.keep(f"digest-{name}", observation)
        answers = [
            Answer(Key("c", name, "float32"), RANK[type(o)], f"digest-{name}", {"torch": version})
            for name, (o, version) in rows.items()
        ]
        store.describe(run, answers, [])
    return path


def _content(path):
    with Store(path) as store:
        return {table: store.rows(table) for table in TABLES}


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(ROWS, min_size=3, max_size=3), missing=st.sampled_from([{}, {"jax": "no"}]))
def test_merging_does_not_depend_on_order_grouping_or_repetition(rows, missing, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    a, b, c = (_written(folder / name, row, missing) for name, row in zip("abc", rows, strict=True))
    for order in ([a, b, c], [c, a, b], [b, c], [folder / "bc", a, folder / "bc"]):
        merge(order, folder / "".join(path.name for path in order))
    contents = [_content(folder / name) for name in ("abc", "cab", "bcabc")]

    assert contents[1:] == contents[:1] * 2


def test_an_answer_beats_a_failure_to_get_one(tmp_path):
    failed = _written(tmp_path / "failed", {"p": (TimedOut(1.0), "1.0")}, {})
    computed = _written(tmp_path / "computed", {"p": (Computed(np.array(2.0), None, "float32"), "1.0")}, {})

    for order in permutations([failed, computed]):
        assert isinstance(only(load_run(order)), Computed)


# Probes.


def test_a_probe_asks_a_live_worker_and_remembers():
    inputs = case("a").inputs
    other = inputs | {"prediction": InputArray(np.array([5.0, 1.0, 2.0]))}
    with open_probe() as probe:
        answers = [
            probe(side("agrees"), inputs, "float64", "prediction"),
            probe(side("agrees"), other, "float64", None),
            probe(side("raises"), inputs, "float64", None),
        ]
        pids = {float(probe(side("tells_its_process"), x, "float64", None).value) for x in (inputs, other)}

    assert [plain(answer) for answer in answers] == [
        (8 / 3, [4 / 3, 0.0, 4 / 3], "float64", ""),
        (20 / 3, None, "float64", ""),
        Raised("ValueError", "no loss today\nsecond line"),
    ]
    assert len(pids) == 1


def test_a_probe_uses_what_a_store_has(tmp_path):
    first = only(collect([case("a", "tells_its_process")], store=tmp_path / "store"))
    with open_probe(store=tmp_path / "store") as probe:
        again = probe(side("tells_its_process"), case("a").inputs, "float32", "prediction")

    assert plain(first) == plain(again)


def test_a_probe_of_what_is_missing_says_so():
    gone = Expression(LOSS, parse(LOSS, ("prediction", "target")), "no_such_module:adapter")
    with open_probe(adapters=["zoo:agrees", "no_such_module:adapter"]) as probe:
        answers = [probe(each, case("a").inputs, "float32", None) for each in (gone, side("halves"), side("agrees"))]

    assert [type(answer) for answer in answers] == [Unsupported, Unsupported, Computed]


def test_the_adapter_in_the_docs_works(tmp_path, monkeypatch, capfd):
    adapter, use = docs_adapter.blocks()
    (tmp_path / "complex_step.py").write_text(adapter, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    exec(use, {})  # noqa: S102  it is ours, and stands in the docs

    assert capfd.readouterr().out == use.split("  # ")[-1]


# Going ahead.
class Watching:
    """Notes what comes ahead, and how much was answered by then."""

    def __init__(self):
        self.taken, self.answered = {}, 0

    def take(self, case, observations):
        assert case.id not in self.taken
        self.taken[case.id] = observations, self.answered

    def step(self):
        return False

    def tell(self, done, _total, _label):
        self.answered = done


def watched(cases, **how):
    ahead = Watching()
    return ahead, collect(cases, ahead=ahead, progress=ahead.tell, **how)


def test_a_case_is_handed_on_as_soon_as_all_its_sides_are_answered():
    first = case("first", "agrees", "returns_nan", sides={"a": side("agrees"), "printed": Claim("1", 1.0, 0.5)})
    absent = case("absent", sides={"a": Expression(LOSS, first.sides["a"].tree, "no_such_module:adapter")})
    ahead, run = watched([first, absent, case("slow", "agrees", "hangs")], timeout=2.0)

    assert [*ahead.taken] == ["first", "absent"] or [*ahead.taken] == ["absent", "first"]
    for name, (observations, answered) in ahead.taken.items():
        own = {key: seen for key, seen in run.observations.items() if key.case == name}
        assert {key: plain(seen) for key, seen in observations.items()} == {key: plain(own[key]) for key in own}
        assert answered < 4


def test_who_goes_ahead_goes_on_while_others_are_asked():
    class Busy(Watching):
        steps = 0

        def step(self):
            self.steps += 1
            return self.steps < 5

    ahead = Busy()
    collect([case("slow", "agrees", "hangs")], ahead=ahead, timeout=1.0)

    assert ahead.steps >= 5


def test_nothing_goes_ahead_where_nothing_is_asked(tmp_path):
    cases = [case("a", "agrees")]
    collect(cases, store=tmp_path / "store")

    assert watched(cases, store=tmp_path / "store")[0].taken == {}


def test_a_case_with_a_function_is_not_handed_on_before_the_function_is_called():
    function = Callable("mine", lambda prediction, target: ((prediction - target) ** 2).sum(), "numpy")
    sides = {"mine": function, "a": side("agrees")}

    assert "mine" not in watched([case("mine", sides=sides), case("other", "hangs")], timeout=1.0)[0].taken


def test_of_equal_requests_every_case_is_told():
    ahead, _ = watched([case("a", "agrees"), case("b", "agrees"), case("slow", "hangs")], timeout=1.0)

    assert {"a", "b"} <= ahead.taken.keys()


def test_who_goes_ahead_may_ask_again_and_keep_the_answer(tmp_path):
    again = {"prediction": InputArray(np.array([5.0, 1.0, 2.0])), "target": InputArray(np.array([1, 1, 0]))}

    class Asking(Watching):
        def take(self, case, observations):
            super().take(case, observations)
            self.seen = probe(side("agrees", LOSS), again, "float32", None)

    ahead, store = Asking(), tmp_path / "store"
    with Pool(2.0) as pool, open_probe(store=store, pool=pool) as probe:
        collect([case("a", "agrees"), case("slow", "hangs")], store=store, pool=pool, ahead=ahead)

    assert plain(ahead.seen)[0] == pytest.approx(20 / 3)
    assert len(load_run([store]).observations) == 2


def test_a_place_serves_one_after_another():
    with Pool() as pool:
        place, answers = pool_place(), []
        request = plan.plan([case("a", "agrees")], None)[0][0].request
        threads = [
            threading.Thread(
                target=pool.serve, args=(place, "zoo:agrees", [request] * 20, lambda *got: answers.append(got))
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(answers) == 80
        assert pool.is_free(place)


def pool_place():
    return plan.plan([case("a", "agrees")], None)[0][0].home.place
