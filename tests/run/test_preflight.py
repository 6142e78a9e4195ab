"""What a start looks at first: each trouble is a sentence with its remedy and has an exit code of its own."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_site import until

from appliance import assembly
from appliance.base import settings
from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.run import preflight, process, run_file
from appliance.run.client import ControlClient
from appliance.run.preflight import Clock, Ground


def test_a_full_disk_refuses_and_a_nearly_full_one_is_told(home: Home) -> None:
    huge = 1 << 60
    with pytest.raises(StartRefused, match=r"is full: .* are free") as refused:
        Ground(home, least_free=huge).begin()
    assert refused.value.exit_code == 10
    (warning,) = Ground(home, little_free=huge).begin()
    assert warning.state == "degraded" and "nearly full" in warning.reason
    assert Ground(home, least_free=huge).health()["disk"].state == "degraded", "one that runs goes on"
    assert Ground(home).begin() == [] and "free" in Ground(home).health()["disk"].reason


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_a_home_that_was_open_to_all_is_closed_and_that_is_told(home: Home) -> None:
    home.root.chmod(0o777)
    assert preflight.prepare(home).begin() == [], "a new one: there was nothing to see in it"
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    home.database.touch()
    for mode, could in ((0o777, "could write"), (0o755, "could read")):
        home.root.chmod(mode)
        ground = preflight.prepare(home)
        assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
        (warning,) = ground.begin()
        assert f"mode {mode:o}" in warning.reason and "closed now" in warning.reason and could in warning.reason
    assert preflight.prepare(home).begin() == []


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can become another user")
def test_the_home_of_another_user_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir(mode=0o755)
    code = (
        "import os, pwd, logging; from pathlib import Path; from appliance.base.paths import Home; from appliance.run import "
        f"process; os.chdir({str(root)!r}); os.setgid(65534); os.setuid(65534); "
        "raise SystemExit(process.run(Home(Path('.')), lambda p: [], version='1'))"
    )
    child = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=30)
    assert child.returncode == 11, child.stderr
    assert "may not write in the home folder" in child.stderr and "--home" in child.stderr
    assert list(root.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can become another user")
def test_what_another_user_left_in_the_home_is_named_with_the_way_out(home: Home) -> None:
    (home.logs / "ingot.log").touch(mode=0o600)
    for place in (home.root, *(p for p in home.root.rglob("*") if p.name != "ingot.log")):
        os.chown(place, 65534, 65534)
    code = (
        "import os; from pathlib import Path; from appliance.base.paths import Home; from appliance.run import preflight; "
        f"os.chdir({str(home.root)!r}); os.setgid(65534); os.setuid(65534); preflight.prepare(Home(Path('.')))"
    )
    child = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=30)
    assert "logs/ingot.log belongs to root" in child.stderr and "chown -R" in child.stderr


def test_a_full_disk_is_told_as_such_and_ends_no_stop(home: Home) -> None:
    refused = preflight.refusal(home.root, OSError(errno.ENOSPC, "No space left on device"))
    assert refused.exit_code == 10 and "old backups first" in str(refused.message)
    running = process.Process(home, "1")
    assert running.write_if_possible(state="ready")
    run_file.path(home).with_suffix(".new").mkdir()  # as good as a full disk
    assert not running.write_if_possible(state="stopping")
    (home.run / "ingot.new").rmdir()


def test_a_clock_that_cannot_be_right_or_went_back_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, now = home.root / "run" / "last-alive", time.time()
    Clock(kept).mark()
    assert Clock(kept).look().state == "ok"
    for at, words in ((now - 3 * 86_400, "3 days before Ingot last ran"), (now + 400 * 86_400, "400 days after")):
        with monkeypatch.context() as patch:
            patch.setattr(preflight.time, "time", lambda at=at: max(at, preflight.RELEASED.timestamp()))
            kept.write_text(str(now if at > now else preflight.time.time() + 3 * 86_400))
            health = Clock(kept).look()
        assert health.state == "degraded" and words in health.reason
    monkeypatch.setattr(preflight.time, "time", lambda: 0.0)
    assert "cannot be" in Clock(kept).look().reason and "timedatectl" in Clock(kept).look().reason


def test_a_clock_that_is_set_while_ingot_runs_is_told_until_the_next_start(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, real = Clock(home.root / "run" / "last-alive"), time.time
    assert clock.look().state == "ok"
    with monkeypatch.context() as patch:
        patch.setattr(preflight.time, "time", lambda: real() + 10_800)
        assert "set forward by 3 hours" in clock.look().reason
    assert "set back by 3 hours" in clock.look().reason
    assert clock.look().state == "degraded" and Clock(home.root / "nothing").look().state == "ok"


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path / "home", {}, {})
    database = assembly.open_house(loaded).database
    database.run("INSERT INTO ingot_migration (name, applied) VALUES ('9999_tomorrow', '2031-01-01 00:00:00')")
    database.close()
    with pytest.raises(StartRefused, match=r"newer Ingot .*9999_tomorrow.*ingot restore") as refused:
        assembly.open_house(loaded)
    assert refused.value.exit_code == 9


def test_a_taken_port_is_told_at_the_control_door_and_by_check(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "appliance"]
        serve = [*command, "serve", "--home", str(home.root), "--port", str(port), "--stay"]
        child = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until(lambda: (found := run_file.read(home)) is not None and found.state == "blocked", 30)
            status = ControlClient(home).status()
            assert (status["state"], status["code"]) == ("blocked", "port_taken")
            assert str(port) in status["reason"] and str(os.getpid()) in status["reason"]
            door = ControlClient(home)
            assert door.call("settings", values={"port": 0})["written"], "it can be mended from there"
            assert door.query("diagnostics")["state"] == "blocked"
            assert door.stop(wait_seconds=20)
            assert child.wait(20) == 5
        finally:
            child.kill()
            child.communicate()
        (home.settings).write_text(f"port = {port}\n")
        checked = subprocess.run([*command, "check", "--home", str(home.root)], capture_output=True, text=True)
        assert checked.returncode == 1
        (line,) = [line for line in checked.stdout.splitlines() if line.startswith("port ") and " down " in line]
        assert f"process {os.getpid()}" in line
