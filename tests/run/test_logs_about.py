"""A line of the log says for which request, actor and job it was written, and a level falls back by itself."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint
from small_site import until

from appliance.base import logs, paths
from appliance.http import requests
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.records.permissions import SYSTEM


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Any]:
    """`lines()` gives the objects of the log so far."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    for handler in before:  # pytest's own: start() would close them
        root.removeHandler(handler)
    logs.start(tmp_path, "info", console=False)
    yield lambda: [json.loads(line) for line in (tmp_path / "ingot.log").read_text("utf-8").splitlines()]
    logs.levels.fall_back()
    logs.start(None, console=False)
    root.handlers[:] = before
    root.setLevel(level)


def test_what_fails_in_a_request_is_found_by_the_id_the_client_saw(lines: Any) -> None:
    boom = Blueprint("boom", __name__)

    @boom.get("/boom")
    def fails() -> str:
        requests.actor()
        raise ZeroDivisionError("by zero")

    app = create_app(
        blueprints=[boom], authenticate=lambda: SYSTEM, hosts=Hosts(), templates=paths.TEMPLATES, max_body=1_000
    )
    seen = [app.test_client().get("/boom").headers["X-Request-ID"] for _ in range(2)]
    given = app.test_client().get("/boom", headers={"X-Request-ID": "proxy-17"}).headers["X-Request-ID"]
    found = [(line["request"], line["actor"], line["message"]) for line in lines()]
    assert found == [(one, "system", "Request failed") for one in (*seen, "proxy-17")]
    assert given == "proxy-17" and len(set(seen)) == 2 and "ZeroDivisionError" in lines()[0]["error"]


def test_threads_do_not_borrow_each_others_names(lines: Any) -> None:
    log, meet = logging.getLogger("appliance.test"), threading.Barrier(2)

    def work(job: int) -> None:
        with logs.about_job(job, f"user:{job}"):
            for _ in range(20):
                meet.wait(5)
                log.info("at %s", job)
        log.info("after %s", job)

    threads = [threading.Thread(target=work, args=(job,)) for job in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    found = lines()
    inside = [line for line in found if line["message"].startswith("at")]
    assert len(inside) == 40
    assert all(line["message"] == f"at {line['job']}" and line["actor"] == f"user:{line['job']}" for line in inside)
    assert not any("job" in line or "actor" in line for line in found if line["message"].startswith("after"))


def test_a_level_is_raised_for_one_component_and_falls_back(lines: Any) -> None:
    mine, other = logging.getLogger("appliance.test.mine"), logging.getLogger("appliance.other")
    raised = logs.levels.set_for("debug", "appliance.test", 60)
    mine.debug("one")
    other.debug("not this")
    logs.levels.set_for("warning", "", 60)
    mine.debug("nor this: the first has fallen back")
    mine.info("nor this")
    logs.levels.set_usual("debug")
    mine.info("not even now")
    logs.levels.set_for("error", "", 0.002)
    until(lambda: logs.levels.raised is None, 10)
    mine.debug("two")
    assert [line["message"] for line in lines()] == ["one", "two"]
    assert (raised.level, raised.component) == ("debug", "appliance.test")
