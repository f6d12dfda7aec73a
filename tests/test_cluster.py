"""Collecting on a Dask cluster: one in this process, of two workers."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from distributed import LocalCluster
from test_collect import all_plain, case

from harness.cli import main
from harness.collect import collect, collect_on_dask, load_run
from harness.errors import RunError
from harness.records import BrokenCase, Computed, Crashed, Raised

CASES = [case(f"c{i}", "agrees", "raises", first=float(i)) for i in range(9)]
BROKEN = (BrokenCase("x.yaml", "bad-yaml", "no", 3, 4),)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler with two workers."""
    where = tmp_path_factory.mktemp("dask")
    how = {"processes": False, "dashboard_address": ":0", "protocol": "tcp", "local_directory": str(where)}
    with LocalCluster(n_workers=2, threads_per_worker=1, **how) as cluster:
        yield cluster.scheduler_address


def test_the_parts_of_a_run_merge_to_what_one_machine_says(scheduler, tmp_path):
    told = []
    run = collect_on_dask(
        CASES, BROKEN, scheduler=scheduler, store=tmp_path / "store", progress=lambda *how: told.append(how[:2])
    )
    here = collect(CASES, BROKEN)

    assert [each.id for each in run.cases] == [each.id for each in here.cases]
    assert all_plain(run) == all_plain(here) == all_plain(load_run([tmp_path / "store"]))
    assert (run.broken, run.environment, run.missing) == (BROKEN, here.environment, {})
    assert (run.provenance["parts"], run.provenance["evaluated"]) == ("2", "18")
    assert told[-1] == (9, 9)


def test_a_second_run_asks_only_what_is_new(scheduler, tmp_path):
    first = CASES[:6]
    collect_on_dask(first, scheduler=scheduler, store=tmp_path / "store")
    run = collect_on_dask(CASES, scheduler=scheduler, store=tmp_path / "store")

    assert (run.provenance["recalled"], run.provenance["evaluated"]) == ("12", "6")
    assert [each.id for each in load_run([tmp_path / "store"]).cases] == [each.id for each in CASES]


def test_a_framework_that_crashes_costs_a_cluster_one_observation(scheduler):
    run = collect_on_dask([case("a", "agrees", "dies", "raises")], scheduler=scheduler)

    assert [type(o) for o in run.observations.values()] == [Computed, Crashed, Raised]


def test_a_shard_is_parted_again(scheduler):
    runs = [collect_on_dask(CASES, scheduler=scheduler, shard=(i, 2)) for i in (1, 2)]

    assert sorted(each.id for run in runs for each in run.cases) == [each.id for each in CASES]
    assert [run.provenance["shard"] for run in runs] == ["1/2", "2/2"]


def test_no_case_gives_an_empty_run(scheduler):
    run = collect_on_dask([], BROKEN, scheduler=scheduler)

    assert (run.cases, run.broken) == ((), BROKEN)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_a_scheduler_that_is_not_there_is_told(address, monkeypatch):
    monkeypatch.setattr("harness.collect.cluster.PATIENCE", 0.5)
    with pytest.raises(RunError, match=f"{address}: no scheduler of Dask answers there") as caught:
        collect_on_dask(CASES, scheduler=address)

    assert caught.value.slug == "no-cluster"


def test_a_cluster_without_workers_is_told(tmp_path):
    how = {"processes": False, "dashboard_address": ":0", "local_directory": str(tmp_path)}
    with LocalCluster(n_workers=0, **how) as empty, pytest.raises(RunError, match="the scheduler has no workers"):
        collect_on_dask(CASES, scheduler=empty.scheduler_address)


AGREE = """
id: agree
inputs: {prediction: [0.8, 0.2, 0.4], target: [1, 0, 0]}
sides:
  one: -(target * np.log(prediction)).sum()
  other: -np.sum(target * np.log(prediction))
"""


def command(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_command_asks_a_cluster(scheduler, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cases").mkdir()
    Path("cases", "agree.yaml").write_text(AGREE, encoding="utf-8")
    there = ("--executor", "dask", "--scheduler", scheduler)
    compared = command("compare", *there, "--json")
    collected = command("collect", *there, "--store", "all.sqlite")

    assert (compared.exit_code, collected.exit_code) == (0, 0), compared.output + collected.output
    assert (
        json.loads(compared.stdout)["cases"] == json.loads(command("compare", "--no-cache", "--json").stdout)["cases"]
    )
    assert command("judge", "all.sqlite").exit_code == 0


@pytest.mark.parametrize("half", [("--executor", "dask"), ("--scheduler", "tcp://127.0.0.1:9")])
def test_a_cluster_and_its_address_go_together(half, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cases").mkdir()
    Path("cases", "agree.yaml").write_text(AGREE, encoding="utf-8")
    done = command("compare", *half)

    assert (done.exit_code, "--executor dask and --scheduler ADDRESS go together" in done.output) == (2, True)
