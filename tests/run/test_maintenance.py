"""A box closed for maintenance: announced beforehand, people and programs get their sentence, watchers their answers, jobs wait,
open sockets are sent away, and a restart changes nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from box import Box, eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from appliance.base import clock
from appliance.base.errors import BadRequest, IngotError
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.features.maintenance.plan import Plan, Plans, wish
from appliance.run.client import ControlClient


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("maintenance") / "home")
    box.start()
    box.sign_in()
    yield box
    box.stop()


@pytest.fixture
def door(box: Box) -> Iterator[ControlClient]:
    door = ControlClient(Home(box.home), timeout_seconds=30)
    yield door
    door.call("maintenance", on=False)


def page(box: Box, path: str, language: str = "de") -> requests.Response:
    return requests.get(box.url(path), headers={"Accept": "text/html", "Accept-Language": language}, timeout=10)


def soon(seconds: float = 3600) -> str:
    return clock.wire(clock.now() + timedelta(seconds=seconds))


def test_people_read_why_programs_get_an_error_and_watchers_their_answers(box: Box, door: ControlClient) -> None:
    until = soon(7200)
    assert door.call("maintenance", on=True, message="A <new> disk", until=until)["closed"]
    german = page(box, "/contacts")
    assert german.status_code == 503 and 7000 < int(german.headers["Retry-After"]) <= 7200
    assert say("Closed for maintenance").render("de") in german.text and "A &lt;new&gt; disk" in german.text
    assert "Closed for maintenance" in page(box, "/", "en").text
    (error,) = box.get("/api/users", 503)["errors"]
    assert (error["code"], error["status"]) == ("maintenance", "503") and "A <new> disk" in error["detail"]
    style = german.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert requests.get(box.url(style), timeout=10).status_code == 200
    assert requests.get(box.url("/healthz"), timeout=10).status_code == 200
    ready = requests.get(box.url("/readyz"), timeout=10)
    assert ready.status_code == 503 and ready.json()["status"] == "maintenance"
    assert "ingot_maintenance 1" in requests.get(box.url("/metrics"), timeout=10).text
    door.call("maintenance", on=False)
    assert box.get("/api/users")["data"] and box.get("/readyz")["status"] != "maintenance"


def test_an_announcement_reaches_open_sockets_and_the_beginning_sends_them_away(box: Box, door: ControlClient) -> None:
    address = box.url("/live").replace("http", "ws")
    headers = {"Authorization": box.session.headers["Authorization"]}
    with connect(address, additional_headers=headers) as socket:
        socket.send(json.dumps({"subscribe": ["users"]}))
        told = door.call("maintenance", on=True, message="At six", at=soon())
        assert told["on"] and not told["closed"]
        said = next(word for word in map(json.loads, socket) if "maintenance" in word)["maintenance"]
        assert (said["message"], said["at"]) == ("At six", told["at"])
        assert box.get("/api/users")["data"], "it is not time yet"
        with connect(address, additional_headers=headers) as later:
            assert json.loads(later.recv(timeout=10))["maintenance"]["message"] == "At six"
        door.call("maintenance", on=True, message="At six", at=soon(0.3))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(timeout=10)
        assert closed.value.rcvd and closed.value.rcvd.code == 1013
    assert box.get("/api/users", 503)


def test_jobs_wait_and_a_restart_changes_nothing(box: Box, door: ControlClient) -> None:
    door.call("maintenance", on=True, message="Longer")
    job = door.call("reindex")["job"]
    box.stop()
    box.start()
    assert door.query("maintenance")["closed"] and door.query("maintenance")["message"] == "Longer"
    assert box.get("/api/users", 503)
    found = {row["id"]: row["state"] for row in door.query("jobs")["recent"]}
    assert found[job] == "waiting"
    door.call("maintenance", on=False)
    eventually(lambda: {r["id"]: r["state"] for r in door.query("jobs")["recent"]}[job] == "success")


def test_the_command_line_closes_and_opens(box: Box, door: ControlClient) -> None:
    assert "planned" in box.ingot("maintenance", "on", "--message", "Tonight", "--at", soon())
    assert json.loads(box.ingot("maintenance", "--json"))["message"] == "Tonight"
    assert "open" in box.ingot("maintenance", "off")


def test_a_wish_that_cannot_be_is_refused_in_the_readers_language(box: Box, door: ControlClient) -> None:
    with pytest.raises(IngotError, match="must be a time like"):
        door.call("maintenance", on=True, at="tonight")
    with pytest.raises(BadRequest):
        wish({"on": True, "until": soon(-5)})
    with pytest.raises(BadRequest):
        wish({"on": "yes"})


def test_a_plan_that_cannot_be_read_closes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "maintenance.json"
    file.write_text('{"on": tr')
    assert Plans(file).current == Plan()
    Plans(file).change(Plan(True, "now"))
    assert Plans(file).current.closed()
