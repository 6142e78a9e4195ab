"""Ingot as a service of the system: what would be written is what the managers' own tools accept, and a real systemd, a user's,
starts it, starts it again when it is killed, stops it, and forgets it."""

from __future__ import annotations

import os
import plistlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import control_group
import pytest
from panels import Open
from pytestqt.qtbot import QtBot

from gui import autostart, places
from gui.state import Kind
from gui.window import Window

LONG = 40_000
COMMAND = ["/opt/an ingot/bin/ingot", "serve", "--home", "/srv/100 % $HOME"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")


@linux
def test_systemd_reads_the_unit_as_it_was_meant(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    home, program = tmp_path / "100 % $HOME", tmp_path / "an ingot"
    home.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for plan in autostart.plans(home, [str(program), "serve", "--home", str(home)], "linux"):
        unit = tmp_path / "ingot.service"
        unit.write_text(plan.text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)],
            capture_output=True,
            text=True,
            env=os.environ | {"LC_ALL": "C"},
        )
        assert done.returncode == 0 and "ingot.service" not in done.stderr, done.stderr
    assert f'ExecStart="{program}" serve --home "{tmp_path}/100 %% $$HOME"' in plan.text


def test_launchd_and_windows_get_well_formed_texts() -> None:
    agent = autostart.plans(Path("/srv/a & b"), COMMAND, "darwin")[0]
    assert plistlib.loads(agent.text.encode())["ProgramArguments"] == COMMAND
    task = autostart.plans(Path("/srv/a & b"), COMMAND, "win32")[0]
    words = ElementTree.fromstring(task.text.partition("\n")[2])
    assert words.findtext(".//{*}Command") == COMMAND[0]
    assert words.findtext(".//{*}WorkingDirectory") == "/srv/a & b"
    assert not agent.tested and not task.tested


def test_what_root_does_takes_paths_as_they_are(tmp_path: Path) -> None:
    """The one command for pkexec, without pkexec and with a systemctl that says yes: what stands in a path is no script."""
    plan = replace(autostart.plans(tmp_path, COMMAND, "linux")[1], file=tmp_path / "it's; touch $0")
    draft = tmp_path / "a draft"
    draft.write_text(plan.text)
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemctl").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(autostart.in_one_go(plan, draft, on=True)[1:], env=environment, check=True, cwd=tmp_path)
    assert plan.ours()
    subprocess.run(autostart.in_one_go(plan, draft, on=False)[1:], env=environment, check=True, cwd=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a draft", "systemctl"]


@linux
def test_without_systemd_it_says_so_and_offers_the_text(
    home: Path, tmp_path: Path, open_panel: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    window = open_panel(home)
    window.turn_to("autostart")
    page = window.pages["autostart"]
    page._on.click()
    qtbot.waitUntil(lambda: "no systemd" in page._problem.text() and page._problem.isVisible())
    qtbot.waitUntil(lambda: "no systemd" in page._words.text())
    assert str(home) in page._text.toPlainText()
    page.switch_off()
    qtbot.waitUntil(lambda: page._on.isEnabled())
    assert not page.plan.file.exists()


# ---- with systemd itself

_BEGIN = (
    control_group.JOIN
    + "mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system && exec /lib/systemd/systemd --user"
)


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The process number of a user's systemd of our own, in a view of the file system of its own, for it takes a machine that
    systemd has not booted for one that it cannot help."""
    program = Path("/lib/systemd/systemd")
    if not (os.geteuid() == 0 and program.exists() and shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("needs root, systemd and unshare, to start a systemd beside whatever runs the machine")
    with control_group.own_groups() as groups:
        if not groups:
            pytest.skip("no control groups can be made here, for a systemd beside whatever runs the machine")
        yield from _run_systemd(groups, monkeypatch)


def _run_systemd(groups: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))  # short: sockets lie in it
    for name in ("run", "home", "bin"):
        (folder / name).mkdir(mode=0o700)
    for name, value in (("XDG_RUNTIME_DIR", "run"), ("HOME", "home"), ("XDG_CONFIG_HOME", "home/.config")):
        monkeypatch.setenv(name, str(folder / value))
    Path("/run/systemd").mkdir(exist_ok=True)
    log = (folder / "log").open("w")
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", _BEGIN, "sh", *groups], stdout=log, stderr=log)
    for name in ("systemctl", "loginctl"):
        real = shutil.which(name)
        (folder / "bin" / name).write_text(f'#!/bin/sh\nexec nsenter -t {process.pid} -m {real} "$@"\n')
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    try:
        end = time.monotonic() + 15
        while subprocess.run(["systemctl", "--user", "is-system-running"], capture_output=True).returncode != 0:
            if process.poll() is not None or time.monotonic() > end:
                pytest.skip(f"no systemd can be started here: {(folder / 'log').read_text()[-500:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def until(qtbot: QtBot, window: Window, *kinds: Kind) -> int:
    qtbot.waitUntil(lambda: window.desk.watcher.condition.kind in kinds, timeout=LONG)
    return window.desk.watcher.condition.pid or 0


@linux
@pytest.mark.slow
def test_a_service_from_switching_on_to_switching_off(systemd: int, home: Path, open_panel: Open, qtbot: QtBot) -> None:
    window = open_panel(home)
    window.turn_to("autostart")
    page, service, launcher = window.pages["autostart"], window.desk.service, window.desk.launcher
    assert not page.plan.file.exists()  # shown, not written
    page._on.click()
    qtbot.waitUntil(lambda: service.found.on, timeout=LONG)
    assert page.plan.file.read_text() == page._text.toPlainText()
    assert page._pill.text() == "On"

    launcher.start()
    first = until(qtbot, window, "running")
    qtbot.waitUntil(lambda: service.runs(first), timeout=LONG)
    assert _parent(first) == systemd

    os.kill(first, signal.SIGKILL)
    until(qtbot, window, "killed", "starting")
    second = until(qtbot, window, "running")  # by systemd, two seconds later, and nobody asked
    assert second != first
    qtbot.waitUntil(lambda: service.runs(second), timeout=LONG)

    launcher.restart()
    qtbot.waitUntil(lambda: window.desk.watcher.condition.pid not in (None, second), timeout=LONG)
    third = until(qtbot, window, "running")
    assert _parent(third) == systemd

    launcher.stop()
    until(qtbot, window, "stopped")
    qtbot.waitUntil(lambda: not places.alive(third), timeout=LONG)  # its run file goes a moment before it

    with (
        socket.socket() as other
    ):  # what it says at its door can be mended there: so it stays, and systemd lets go of it
        other.bind(("127.0.0.1", 0))
        other.listen()
        (home / "settings.toml").write_text(f"port = {other.getsockname()[1]}\n")
        launcher.start()
        qtbot.waitUntil(lambda: window.desk.watcher.condition.answers, timeout=LONG)
        assert str(other.getsockname()[1]) in window.desk.watcher.condition.reason
        launcher.stop()
        until(qtbot, window, "stopped")

    page.switch_off()
    qtbot.waitUntil(lambda: service.found.plan is None and not service.busy, timeout=LONG)
    assert not page.plan.file.exists()
    assert page._on.isEnabled()
    assert not list(page.plan.file.parent.rglob("ingot*"))  # nor a link that would start it


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
