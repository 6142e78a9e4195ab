"""HTTPS is one switch in the panel: on, the authority saved and good for programs, and off again."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from panels import Open
from pytestqt.qtbot import QtBot

LONG = 40_000


@pytest.mark.slow
def test_one_switch_encrypts_and_the_saved_authority_is_what_programs_need(
    home: Path, open_panel: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    (home / "settings.toml").write_text("port = 0\nhttp_port = 0\n")
    window = open_panel(home)
    watcher = window.desk.watcher
    window.desk.launcher.start()
    qtbot.waitUntil(lambda: watcher.condition.kind == "running", timeout=LONG)
    first = watcher.condition.pid
    window.turn_to("https")
    page = window.pages["https"]
    qtbot.waitUntil(lambda: page._told.get("https") == "off")
    assert "readable" in page._words.text()

    page.edits["certificate"].setText(str(tmp_path / "nothing.pem"))
    page._check_own()
    qtbot.waitUntil(lambda: "nothing.pem" in page._verdict.text())

    page.write({"https": "on"})
    qtbot.waitUntil(lambda: watcher.condition.kind == "running" and watcher.condition.pid != first, timeout=LONG)
    qtbot.waitUntil(lambda: page._told.get("https") == "on", timeout=LONG)
    assert "renews itself" in page._words.text() and "localhost" in page._facts.text()
    page.save_to(str(tmp_path / "authority.crt"))
    url = watcher.status["addresses"][0]
    assert url.startswith("https://")
    assert requests.get(f"{url}/healthz", verify=str(tmp_path / "authority.crt"), timeout=10).status_code == 200

    second = watcher.condition.pid
    page.write({"https": None})
    qtbot.waitUntil(lambda: watcher.condition.kind == "running" and watcher.condition.pid != second, timeout=LONG)
    assert watcher.status["addresses"][0].startswith("http://")
