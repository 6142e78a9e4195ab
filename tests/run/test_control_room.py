"""What the panel asks of a running box over its private door: measurements, settings, people, logs, backups, diagnostics."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from box import Box, eventually

from appliance.base.errors import IngotError
from appliance.base.paths import Home
from appliance.run.client import ControlClient


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = Box(tmp_path_factory.mktemp("control") / "home")
    box.start()
    yield box
    box.stop()


@pytest.fixture
def door(box: Box) -> ControlClient:
    return ControlClient(Home(box.home), timeout_seconds=30)


def test_measurements_say_what_happened_in_the_last_two_minutes(box: Box, door: ControlClient) -> None:
    for _ in range(50):
        requests.get(box.url("/healthz"), timeout=5)
    points = eventually(lambda: [p for p in door.query("metrics", span="2m")["points"] if p["requests"] > 0])
    assert points[0]["memory_bytes"] > 10_000_000 and points[0]["disk_free_bytes"] > 0
    assert {"at", "cpu", "errors", "busy"} <= set(points[0])
    assert door.query("metrics", span="never") == {"points": []}


def test_a_setting_is_checked_before_it_is_written_and_keeps_the_files_comments(box: Box, door: ControlClient) -> None:
    file = box.home / "settings.toml"
    file.write_text("# ours\nsession_days = 20  # three weeks nearly\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wrong = {"port": taken.getsockname()[1], "threads": "many", "timezone": "Europe/Nowhere", "colour": "red"}
        found = door.call("settings", values=wrong)
    assert set(found["problems"]) == {"port", "threads", "timezone", "colour"} and not found["written"]
    assert "Port" in found["problems"]["port"]
    assert "# ours" in file.read_text() and "many" not in file.read_text()
    tried = door.call("settings", values={"workers": 5}, dry_run=True)
    assert tried == {"problems": {}, "written": False, "restart": ["workers"]}
    assert door.call("settings", values={"workers": 5, "session_days": None})["written"]
    assert file.read_text().startswith("# ours") and "workers = 5" in file.read_text()
    assert "session_days" not in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    listed = {s["name"]: s for s in door.query("settings")["settings"]}
    assert (listed["workers"]["origin"], listed["workers"]["written"], listed["workers"]["value"]) == ("file", 5, 3)
    assert listed["host"]["origin"] == "default"


def test_the_first_administrator_and_a_password_that_was_forgotten(box: Box, door: ControlClient) -> None:
    assert door.query("users")["claimed"] is False
    assert "/claim/" in door.call("claim")["link"]
    with pytest.raises(IngotError):
        door.call("users.first", email="not an address", name="Ada", password="correct horse")
    number = door.call("users.first", email="ada@example.org", name="Ada", password="correct horse")["id"]
    with pytest.raises(IngotError, match="set up already"):
        door.call("users.first", email="eve@example.org", name="Eve", password="correct horse")
    (ada,) = [u for u in door.query("users")["users"] if u["id"] == number]
    assert ada["admin"] and ada["active"] and door.call("claim") == {"link": None}

    def signs_in(password: str) -> bool:
        form = {"email": "ada@example.org", "password": password}
        return requests.post(box.url("/sign-in"), data=form, timeout=10, allow_redirects=False).status_code == 303

    new = door.call("users.reset", id=number)["password"]
    assert signs_in(new) and not signs_in("correct horse")
    door.call("users.active", id=number, active=False)
    assert not signs_in(new)
    door.call("users.active", id=number, active=True)
    with pytest.raises(IngotError, match="no user"):
        door.call("users.reset", id=9_999)


def test_the_log_is_filtered_and_followed(box: Box, door: ControlClient) -> None:
    first = door.query("logs", level="info", lines=50)
    assert any("ready" in line["message"] for line in first["lines"])
    assert door.query("logs", level="error", text="nothing of the kind", lines=5)["lines"] == []
    heard: list[str] = []

    def follow() -> None:
        heard.extend(line["message"] for line in door.query("logs", after=first["next"], wait=15)["lines"])

    waiting = threading.Thread(target=follow)
    waiting.start()
    time.sleep(0.5)
    assert waiting.is_alive(), "nothing new: it waits"
    with (box.home / "logs" / "ingot.log").open("a") as log:
        log.write('{"at":"2026-11-22T22:00:00.000Z","level":"error","logger":"x","message":"something new"}\n')
    waiting.join(20)
    assert heard == ["something new"]


def test_a_backup_is_made_listed_and_verified(box: Box, door: ControlClient) -> None:
    door.call("backup")
    (made,) = eventually(lambda: door.query("backups")["backups"], 60)
    assert made["bytes"] > 1_000 and not made.get("damaged")
    assert door.call("verify", file=made["file"])["position"] == made["position"]
    with pytest.raises(IngotError):
        door.call("verify", file="../../etc/passwd")


def test_diagnostics_tell_all_but_secrets(tmp_path: Path, door: ControlClient) -> None:
    found = door.query("diagnostics")
    assert found["version"] and found["disk"]["free_bytes"] > 0 and "database" in found["health"]
    assert door.query("addresses")["addresses"][0]["url"].startswith("http://127.0.0.1:")
    assert set(door.query("jobs")) == {"counts", "recent"}
