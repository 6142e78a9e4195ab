"""Services in a row, the lock, the run file, the control door over loopback, the tail of a log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.run import run_file
from appliance.run.client import ControlClient
from appliance.run.control import ControlDoor, tail
from appliance.run.home_lock import HomeLock
from appliance.run.run_file import RunInfo
from appliance.run.services import Health, Services

INFO = RunInfo(1, "starting", "1", "2026-11-22T17:34:57.120Z")


class Noted:
    """A service that writes down what is done to it."""

    def __init__(self, name: str, notes: list[str], spoiled: str = ""):
        self.name, self._notes, self._spoiled = name, notes, spoiled

    def start(self) -> None:
        if self._spoiled == "start":
            raise StartRefused("no", 5)
        self._notes.append(f"+{self.name}")

    def stop(self, deadline_seconds: float) -> None:
        self._notes.append(f"-{self.name}")
        if self._spoiled == "stop":
            raise ValueError("no")

    def health(self) -> Health:
        if self._spoiled == "health":
            raise ValueError("cannot say")
        return Health()


def test_services_stop_in_reverse_even_when_one_fails_to() -> None:
    notes: list[str] = []
    services = Services()
    services.start([Noted("a", notes), Noted("b", notes, "stop"), Noted("c", notes)])
    assert services.stop(5) == []
    assert notes == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_one_that_does_not_start_stops_those_before_it() -> None:
    notes: list[str] = []
    services = Services()
    with pytest.raises(StartRefused):
        services.start([Noted("a", notes), Noted("b", notes), Noted("c", notes, "start"), Noted("d", notes)])
    assert notes == ["+a", "+b", "-b", "-a"]
    assert services.running == []


def test_a_service_that_cannot_say_how_it_does_is_down() -> None:
    services = Services()
    services.start([Noted("a", []), Noted("b", [], "health")])
    assert services.health() == {"a": Health(), "b": Health("down", "cannot say")}


def test_a_lock_is_free_again_after_its_release(home: Home) -> None:
    with HomeLock(home), pytest.raises(StartRefused) as refused:
        HomeLock(home).acquire(patience_seconds=0)
    assert refused.value.exit_code == 7
    HomeLock(home).acquire(patience_seconds=0)


def test_a_run_file_of_a_later_version_or_in_pieces_is_no_accident(home: Home) -> None:
    run_file.write(home, INFO)
    text = run_file.path(home).read_text()
    run_file.path(home).write_text(text.replace("{", '{"news": 1,', 1))
    assert run_file.read(home) == INFO
    for broken in (text[:20], "[]", "{}", ""):
        run_file.path(home).write_text(broken)
        assert run_file.read(home) is None
    run_file.remove(home)
    run_file.remove(home)


def test_a_loopback_control_door_wants_its_token(home: Home) -> None:
    door = ControlDoor(home, {"status": lambda _: {"pid": 1}}, {"say": lambda asked: asked}, unix=False)
    door.start()
    run_file.write(
        home,
        RunInfo(1, "ready", "1", INFO.started_at, control_address=door.address, control_token=door.token),
    )
    assert ControlClient(home).status() == {"pid": 1}
    assert ControlClient(home).call("say", word="ä") == {"word": "ä"}
    assert door.address
    assert requests.get(door.address + "/status", timeout=10).status_code == 403
    wrong = {"Authorization": "Bearer ä"}
    assert requests.get(door.address + "/status", headers={k: v.encode() for k, v in wrong.items()}).status_code == 403
    right = {"Authorization": f"Bearer {door.token}"}
    assert requests.post(door.address + "/say", data="[]", headers=right, timeout=10).status_code == 400
    assert requests.post(door.address + "/status", headers=right, timeout=10).status_code == 404
    assert requests.get(door.address + "/say", headers=right, timeout=10).status_code == 404
    door.stop(1)


@pytest.fixture(scope="module")
def loopback_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlDoor]:
    place = Home(tmp_path_factory.mktemp("loopback")).create()
    door = ControlDoor(place, {"status": lambda _: {"pid": 1}}, {"say": lambda asked: asked}, unix=False)
    door.start()
    yield door
    door.stop(1)


def asked(door: ControlDoor, method: str, path: str, **headers: str) -> int:
    assert door.address
    headers = {"Authorization": f"Bearer {door.token}"} | headers
    return requests.request(method, door.address + path, headers=headers, timeout=10).status_code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:{port}", "localhost:{port}", "LOCALHOST.", "[::1]:{port}", "127.8.8.8"]
)
def test_a_loopback_control_door_answers_to_loopback_names(loopback_door: ControlDoor, host: str) -> None:
    port = str(loopback_door.address).rpartition(":")[2]
    assert asked(loopback_door, "GET", "/status", Host=host.format(port=port)) == 200


FOREIGN = [
    {"Host": host}
    for host in (
        "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "192.168.1.5",
        "0.0.0.0",
        "[::]", "[2001:db8::1]:{port}", "localhost@evil.example", "127.0.0.1, evil.example", "127.1", "2130706433", "::1:x", "",
    )
] + [{"Origin": origin} for origin in ("https://evil.example", "null", "http://127.0.0.1:{port}", "")]  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/say"), ("OPTIONS", "/say")])
def test_a_loopback_control_door_refuses_web_pages_even_with_the_token(
    loopback_door: ControlDoor, headers: dict[str, str], method: str, path: str
) -> None:
    port = str(loopback_door.address).rpartition(":")[2]
    foreign = {name: value.format(port=port) for name, value in headers.items()}
    assert asked(loopback_door, method, path, **foreign) == 403


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 5000])
def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path, size: int) -> None:
    lines = [f"{n} " + "x" * 200 for n in range(size)]
    log = tmp_path / "ingot.log"
    log.write_text("".join(line + "\n" for line in lines))
    assert tail(log, 100) == lines[-100:]


def test_the_tail_of_no_log_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log", 10) == []
