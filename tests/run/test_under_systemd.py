"""As systemd and Prometheus see it: units that verify, ready and alive said in time, metrics that promtool accepts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests
from box import Box

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed, and CI must test with it")
        pytest.skip(f"{name} is not installed")
    return str(found)


@pytest.mark.parametrize("unit", ["ingot.service", "ingot-user.service"])
def test_the_units_verify(unit: str, tmp_path: Path) -> None:
    program = tmp_path / "ingot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (ROOT / "packaging" / "systemd" / unit).read_text("utf-8")
    for place in ("/usr/bin/ingot", "%h/.local/bin/ingot"):
        text = text.replace(place, str(program))
    (tmp_path / "ingot.service").write_text(text)
    done = subprocess.run(
        [tool("systemd-analyze"), "verify", "--man=no", str(tmp_path / "ingot.service")], capture_output=True, text=True
    )
    told = [line for line in done.stderr.splitlines() if "ingot.service" in line]
    assert done.returncode == 0 and not told, done.stderr


def test_systemd_hears_ready_alive_and_stopping_and_promtool_likes_the_metrics(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        place = tmp_path / "notify"
        listening.bind(str(place))
        listening.settimeout(20)
        box = Box(tmp_path / "home", NOTIFY_SOCKET=str(place), WATCHDOG_USEC="400000")
        box.start()
        assert [listening.recv(100) for _ in range(3)] == [b"STATUS=starting", b"STATUS=ready", b"READY=1"]
        assert listening.recv(100) == b"WATCHDOG=1"
        metrics = requests.get(box.url("/metrics"), timeout=10).text
        box.stop()
        heard = set()
        while b"STOPPING=1" not in heard:
            heard.add(listening.recv(100))
    checked = subprocess.run([tool("promtool"), "check", "metrics"], input=metrics, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
