"""What the panel asks of a running box over its private door: measurements, settings, people, logs, backups, diagnostics."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from box import Box, eventually

from appliance.base.errors import IngotError
from appliance.base.paths import Home
from appliance.run import run_file
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
    with pytest.raises(IngotError, match="somebody must remain administrator"):
        door.call("users.active", id=number, active=False)
    assert signs_in(new)
    box.ingot("user", "add", "second@example.org", "--role", "admin")
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


def in_log(box: Box, text: str) -> list[dict[str, Any]]:
    """The log's lines with this in the message."""
    lines = (box.home / "logs" / "ingot.log").read_text("utf-8").splitlines()
    return [line for line in map(json.loads, lines) if text in line["message"]]


def ask(box: Box, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Any, dict[str, str]]:
    """The door as the panel asks it: with headers of its own."""
    info = run_file.read(Home(box.home))
    assert info and info.control_socket
    door = http.client.HTTPConnection("localhost")
    door.sock = socket.socket(socket.AF_UNIX)
    door.sock.connect(info.control_socket)
    door.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = door.getresponse()
    found = json.loads(answer.read())
    door.close()
    return found, dict(answer.getheaders())


def test_the_door_speaks_the_readers_language(box: Box, door: ControlClient) -> None:
    wish = json.dumps({"values": {"threads": 0, "log_level": "loud"}, "dry_run": True}).encode()
    german, _ = ask(box, "POST", "/settings", wish, Accept_Language="de-DE,de;q=0.9")
    assert "muss mindestens 1 sein" in german["problems"]["threads"]
    assert "muss einer dieser Werte sein: debug" in german["problems"]["log_level"]
    english, _ = ask(box, "POST", "/settings", wish)
    assert "must be 1 or more" in english["problems"]["threads"]
    refused, _ = ask(box, "GET", "/nothing", Accept_Language="de")
    assert refused["error"]["code"] == "not_found" and refused["error"]["message"].startswith("Der ")
    health, _ = ask(box, "GET", "/status", Accept_Language="de")
    assert health["health"]["worker"]["reason"] == "3 Threads, leer"
    assert door.status()["health"]["worker"]["reason"] == "3 threads, empty"


def test_every_part_says_since_when_it_is_as_it_is(box: Box, door: ControlClient) -> None:
    first, again = door.status(), door.status()
    assert first["health"].keys() >= {"database", "worker", "web", "disk", "clock", "home", "search index"}
    assert first["started_at"] <= first["health"]["database"]["since"] == again["health"]["database"]["since"]
    assert "since" not in box.ingot("status").splitlines()[0] and first["health"]["disk"]["since"] in box.ingot(
        "status"
    )
    assert (first["reason"], first["code"]) == ("", "")


def test_settings_tell_their_bounds_and_are_tried_before_they_are_written(box: Box, door: ControlClient) -> None:
    listed = {s["name"]: s for s in door.query("settings")["settings"]}
    assert (listed["port"]["min"], listed["port"]["max"], listed["port"]["group"]) == (0, 65535, "network")
    assert listed["synchronous"]["choices"] == ["full", "normal"] and all(s["group"] for s in listed.values())
    nowhere = "postgresql://ada:secret@127.0.0.1:1/none"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        values = {"port": taken.getsockname()[1], "database": nowhere, "host": "192.0.2.1", "threads": 65}
        found = door.call("settings", values={**values, "host": "127.0.0.1"}, dry_run=True)["problems"]
        assert f"(process {os.getpid()})" in found["port"] and "taken by" in found["port"]
    assert "does not answer" in found["database"] and "secret" not in found["database"]
    assert "64 or less" in found["threads"]
    others = door.call("settings", values={"cache": "redis://x", "mail": "pigeon"}, dry_run=True)["problems"]
    assert "disk, memory" in others["cache"] and "one of none" in others["mail"]
    assert "192.0.2.1" in door.call("settings", values={"host": "192.0.2.1"}, dry_run=True)["problems"]["host"]


def test_settings_go_out_and_come_back_without_their_secrets(box: Box, door: ControlClient) -> None:
    file = box.home / "settings.toml"
    file.write_text('# kept\nworkers = 4\ndatabase = "postgresql://ada:secret@db/ingot"\n')
    out = door.query("settings.export", secrets="no")["toml"]
    assert "# kept" in out and "workers = 4" in out and "secret@" not in out and "# database: left out" in out
    assert "secret@" in door.query("settings.export", secrets="yes")["toml"]
    tried = door.call("settings.import", toml="workers = 6\nthreads = 900", dry_run=True)
    assert list(tried["problems"]) == ["threads"] and not tried["written"]
    assert door.call("settings.import", toml="workers = 6")["restart"] == ["workers"]
    assert "workers = 6" in file.read_text() and "secret@" in file.read_text(), "what a file does not name stays"
    with pytest.raises(IngotError, match="no file of settings"):
        door.call("settings.import", toml="workers = = 6")
    file.unlink()


def test_a_level_is_raised_for_a_while_and_a_changed_setting_holds_at_once(box: Box, door: ControlClient) -> None:
    assert door.query("log_level") == {"level": "info", "raised": None}
    raised = door.call("log_level", level="debug", component="appliance.run", minutes=60)
    assert door.query("log_level")["raised"] == raised and raised["level"] == "debug"
    assert "until" in box.ingot("logs", "--level", "debug", "--for", "0.005")
    eventually(lambda: door.query("log_level")["raised"] is None)
    assert door.call("settings", values={"log_level": "error"}) == {"problems": {}, "written": True, "restart": []}
    assert door.query("log_level")["level"] == "error"
    door.call("settings", values={"log_level": None})
    assert door.query("log_level")["level"] == "info"
    with pytest.raises(IngotError, match="minutes"):
        door.call("log_level", level="debug", minutes=0)


def test_lines_of_the_log_name_request_actor_and_job(box: Box, door: ControlClient) -> None:
    answer = requests.get(box.url("/healthz"), headers={"X-Request-ID": "from-the-proxy_7"}, timeout=5)
    assert answer.headers["X-Request-ID"] == "from-the-proxy_7"
    for wrong in ("a b", "<script>", "x" * 65, "no"):
        own = requests.get(box.url("/healthz"), headers={"X-Request-ID": wrong}, timeout=5).headers["X-Request-ID"]
        assert own != wrong and own.replace("-", "").isalnum()
    with pytest.raises(IngotError):
        door.call("verify", file="nowhere.ingot")
    door.call("log_level", level="debug", minutes=1)
    job = door.call("reindex")["job"]
    eventually(lambda: any(line.get("job") == job for line in in_log(box, "")))
    door.call("log_level")


def test_diagnostics_tell_all_but_secrets(tmp_path: Path, door: ControlClient) -> None:
    found = door.query("diagnostics")
    assert found["version"] and found["disk"]["free_bytes"] > 0 and "database" in found["health"]
    assert door.query("addresses")["addresses"][0]["url"].startswith("http://127.0.0.1:")
    assert set(door.query("jobs")) == {"counts", "recent"}
