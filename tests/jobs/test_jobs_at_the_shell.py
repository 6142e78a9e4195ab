"""`ingot jobs`: list, show, retry and cancel, whether Ingot runs or not."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from appliance import assembly
from appliance.base.settings import load
from appliance.cli import main


@pytest.fixture
def ingot(tmp_path):
    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["jobs", *words, "--home", str(tmp_path)])
        assert result.exit_code == code, result.output
        return result.output

    run.jobs = assembly.open_house(load(tmp_path)).jobs
    return run


def test_jobs_are_listed_shown_cancelled_and_tried_again_at_the_shell(ingot):
    kind = "house.sweep"
    first = ingot.jobs.enqueue(kind, {"token": "t"}, delay=3600, priority="high")
    second = ingot.jobs.enqueue(kind)
    listed = json.loads(ingot("list", "--json"))
    assert [(j["id"], j["state"], j["priority"]) for j in listed] == [
        (second, "waiting", "normal"),
        (first, "waiting", "high"),
    ]
    assert "Job" in ingot("cancel", str(second))
    assert [j["id"] for j in json.loads(ingot("list", "--json", "--state", "cancelled", "--kind", kind))] == [second]
    assert json.loads(ingot("show", str(first)))["arguments"] == {"token": "••••"}
    ingot("retry", str(first), str(second))
    assert ingot.jobs.get(first).run_after is None and ingot.jobs.get(second).state == "waiting"
    assert "There is no job 999." in ingot("show", "999", code=1)
    assert kind in ingot("list")


def test_the_dead_are_retried_or_discarded_all_at_once(ingot):
    ids = [ingot.jobs.enqueue("house.sweep") for _ in range(3)]
    for job_id in ids:
        ingot.jobs.tree.end(job_id, "dead", error="it broke")
    assert "0 jobs retried" in ingot("retry", "--all-dead", "--kind", "other")
    assert "cancelled" in ingot("discard", str(ids[0]))
    assert "2 jobs retried" in ingot("retry", "--all-dead")
    assert "0 jobs discarded" in ingot("discard", "--all-dead")
    assert ingot("retry", code=2) and ingot("retry", "--all-dead", "3", code=2)
