"""The life of a real process: signals, exit codes, the run file, the lock and the control door."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from small_site import until

from appliance.base.errors import IngotError, Unavailable
from appliance.base.paths import Home
from appliance.run import ports, run_file
from appliance.run.client import ControlClient

TINY = Path(__file__).with_name("tiny_server.py")
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Start tiny_server.py; waits until it is ready unless a mode spoils that."""
    children: list[subprocess.Popen[str]] = []

    def starter(port: int = 0, mode: str = "", ready: bool = True, at: Home = home) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, str(TINY), str(at.root), str(port), mode],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        if ready:

            def ready_now() -> bool:
                assert child.poll() is None, child.communicate()
                info = run_file.read(at)
                return info is not None and info.pid == child.pid and info.state == "ready"

            until(ready_now, 30)
        return child

    yield starter
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()


def address(home: Home) -> str:
    info = run_file.read(home)
    assert info
    return info.addresses[0]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_sigterm_answers_the_request_in_flight_and_leaves_no_trace(home: Home, start: Start) -> None:
    child, answers = start(), list[str]()
    asker = threading.Thread(target=lambda: answers.append(requests.get(address(home) + "/slow", timeout=30).text))
    asker.start()
    until(lambda: ControlClient(home).query("entered")["entered"])
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    asker.join(10)
    assert answers == ["whole"]
    assert run_file.read(home) is None
    assert not (home.run / "control.sock").exists()
    assert child.communicate() == ("", "")


def test_a_second_start_on_the_same_home_exits_7_and_names_the_first(home: Home, start: Start) -> None:
    first = start()
    second = start(ready=False)
    assert second.wait(20) == 7
    said = second.communicate()[1]
    assert said == f"The home folder {home.root} is in use by Ingot process {first.pid} at {address(home)}.\n"
    assert ControlClient(home).status()["pid"] == first.pid  # and has not harmed it


def test_a_killed_process_is_no_obstacle(home: Home, start: Start) -> None:
    first = start()
    first.kill()
    first.wait(20)
    assert run_file.read(home) is not None
    with pytest.raises(Unavailable, match="is not running"):
        ControlClient(home).status()
    second = start()
    assert ControlClient(home).status()["pid"] == second.pid


def test_a_taken_port_exits_5_with_one_sentence(home: Home, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = start(port=port, ready=False)
        assert child.wait(20) == 5
    assert (
        child.communicate()[1]
        == f"127.0.0.1:{port} is taken by {ports.program(os.getpid())} (process {os.getpid()}).\n"
    )
    assert run_file.read(home) is None


def test_a_service_that_refuses_says_so_and_a_crash_is_a_1(home: Home, start: Start) -> None:
    refused = start(mode="refuses", ready=False)
    assert refused.wait(20) == 1
    assert refused.communicate()[1] == "The sleeper cannot sleep.\n"
    crashed = start(mode="crashes", ready=False)
    assert crashed.wait(20) == 1
    assert crashed.communicate()[1] == "Ingot crashed: ZeroDivisionError: by zero\n"
    assert "Traceback" in (home.logs / "ingot.log").read_text()


def test_a_blocked_process_keeps_its_control_door_and_says_why(home: Home, start: Start) -> None:
    child = start(mode="migration", ready=False)

    def blocked() -> bool:
        info = run_file.read(home)
        return info is not None and info.state == "blocked"

    until(blocked, 30)
    status = ControlClient(home).status()
    assert (status["state"], status["reason"], status["addresses"]) == ("blocked", "Migration 3 failed.", [])
    assert status["code"] == "migration_failed"
    assert ControlClient(home).stop(wait_seconds=20)
    assert child.wait(20) == 6


def test_status_tells_of_the_process_and_its_parts(home: Home, start: Start) -> None:
    child = start()
    status = ControlClient(home).status()
    assert status["pid"] == child.pid
    assert status["state"] == "ready"
    assert status["version"] == "1.2.3"
    assert status["addresses"] == [address(home)]
    assert status["rss_bytes"] is None or status["rss_bytes"] > 10_000_000
    assert status["uptime_seconds"] >= 0
    told = {name: (one["state"], one["reason"]) for name, one in status["health"].items()}
    assert told["sleeper"] == ("degraded", "it yawns") and told["web"] == told["database"] == ("ok", "")
    assert {"home", "disk", "clock"} < set(told) and all(one["since"] for one in status["health"].values())


def test_the_control_door_runs_commands_and_shows_the_log(home: Home, start: Start) -> None:
    start()
    client = ControlClient(home)
    assert client.call("add", a=2, b=3) == {"sum": 5}
    with pytest.raises(IngotError, match="knows no POST /subtract") as unknown:
        client.call("subtract")
    assert unknown.value.code == "not_found"
    with pytest.raises(IngotError, match="KeyError") as crashed:
        client.call("add", a=2)
    assert crashed.value.code == "crashed"
    assert any("ready: http://" in line for line in client.logs(50))
    assert len(client.logs(1)) == 1


def test_stop_over_the_control_door_is_answered_and_done(home: Home, start: Start) -> None:
    child = start()
    assert ControlClient(home).stop(wait_seconds=20)
    assert child.wait(20) == 0
    with pytest.raises(Unavailable):
        ControlClient(home).stop()


def test_restart_is_an_exit_code(home: Home, start: Start) -> None:
    child = start()
    ControlClient(home).call("restart")
    assert child.wait(20) == 3


@pytest.mark.skipif(os.name != "posix", reason="modes and Unix sockets")
def test_nobody_else_can_open_what_lies_in_the_run_folder(home: Home, start: Start) -> None:
    start()
    for file in (run_file.path(home), home.run / "control.sock", home.run / "lock"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.skipif(os.name != "posix", reason="no Unix sockets")
def test_a_home_too_deep_for_a_socket_path_gets_one_elsewhere(tmp_path: Path, start: Start) -> None:
    deep = Home(tmp_path / ("d" * 120)).create()
    child = start(at=deep)
    assert ControlClient(deep).status()["pid"] == child.pid
    place = Path(str(getattr(run_file.read(deep), "control_socket", "")))
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert ControlClient(deep).stop(wait_seconds=20)
    assert child.wait(20) == 0
    assert not place.parent.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_a_service_that_hangs_cannot_keep_the_process_alive(home: Home, start: Start) -> None:
    child = start(mode="hangs")
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0  # the service would take ten minutes
    assert "sleeper did not stop in time" in (home.logs / "ingot.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_a_second_signal_hurries(home: Home, start: Start) -> None:
    child = start(mode="hangs")
    child.send_signal(signal.SIGINT)
    until(lambda: (info := run_file.read(home)) is not None and info.state == "stopping")
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_a_signal_while_starting_is_not_lost(home: Home, start: Start) -> None:
    child = start(ready=False)
    until(lambda: run_file.read(home), 30)
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0


def test_an_idle_browser_does_not_delay_the_stop(home: Home, start: Start) -> None:
    child = start()
    idle = http.client.HTTPConnection(address(home).removeprefix("http://"), timeout=10)
    idle.request("GET", "/nothing")
    idle.getresponse().read()
    assert ControlClient(home).stop(wait_seconds=5)
    assert child.wait(20) == 0
    idle.close()


def test_a_home_that_cannot_be_made_is_told_with_its_reason(tmp_path: Path, start: Start) -> None:
    (tmp_path / "file").write_text("in the way")
    code = "from appliance.run import process; from appliance.base.paths import Home; from pathlib import Path; "
    code += f"raise SystemExit(process.run(Home(Path({str(tmp_path / 'file' / 'home')!r})), lambda p: [], version='1'))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert child.returncode == 11
    assert child.stderr.endswith("cannot be used: a part of the path is no folder\n")
