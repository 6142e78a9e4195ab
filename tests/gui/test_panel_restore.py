"""When the server cannot start, the panel lists, verifies and restores; when it runs, nobody is stopped for a backup that is not
whole."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from box import Box
from panels import Open
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gui.pages.backups import Backups
from gui.window import Window

LONG = 40_000


def until(qtbot: QtBot, window: Window, *kinds: str) -> None:
    qtbot.waitUntil(lambda: window.desk.watcher.condition.kind in kinds, timeout=LONG)


def backups_of(window: Window, qtbot: QtBot, rows: int) -> Backups:
    window.turn_to("backups")
    page = window.pages["backups"]
    assert isinstance(page, Backups)
    qtbot.waitUntil(lambda: page.table.rowCount() == rows, timeout=LONG)
    return page


def flip(place: Path) -> None:
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What message boxes say; none is opened."""
    told: list[str] = []
    monkeypatch.setattr("gui.pages.backups.tell", lambda _page, title, words: told.append(f"{title}: {words}"))
    monkeypatch.setattr(QMessageBox, "open", lambda self: None)
    return told


def test_a_home_whose_database_is_damaged_is_restored_from_the_panel(
    home: Path, open_panel: Open, qtbot: QtBot, said: list[str], tmp_path: Path
) -> None:
    """One story: damaged, blocked, listed, one of two is not whole, restored, up again."""
    box = Box(home)
    box.ingot("init")
    box.ingot("user", "add", "ada@example.org", "--role", "admin")
    box.ingot("backup")
    good = next((home / "backups").glob("ingot-*.ingot"))
    elsewhere = tmp_path / "usb stick" / "ingot from elsewhere.ingot"
    elsewhere.parent.mkdir()
    shutil.copy(good, elsewhere)
    bad = good.with_name("ingot-20200101-000000.ingot")
    shutil.copy(good, bad)
    flip(bad)
    with (home / "ingot.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 100_000)

    window = open_panel(home)
    page = backups_of(window, qtbot, 2)  # nobody answers: the folder is read
    window.desk.launcher.start()
    until(qtbot, window, "blocked")
    assert window.desk.watcher.condition.wants_restore and str(good) in window.desk.watcher.condition.reason
    assert window.pages["overview"]._to_restore.isVisibleTo(window.pages["overview"])
    assert not page._now.isEnabled(), "a server that cannot start makes no backup"
    page = backups_of(window, qtbot, 2)

    row = next(n for n in range(2) if page.table.item(n, 1).text() == bad.name)
    page.table.selectRow(row)
    assert page._restore.isEnabled()
    page._do_verify()
    qtbot.waitUntil(lambda: not page._restore.isEnabled() and not page._busy, timeout=LONG)
    assert "damaged" in page.table.item(row, 5).text()

    flip(elsewhere)
    page.restore(elsewhere)
    qtbot.waitUntil(lambda: bool(said), timeout=LONG)
    assert said[0].startswith("Nothing was restored") and window.desk.watcher.condition.kind == "blocked"
    flip(elsewhere)
    page.restore(elsewhere)
    until(qtbot, window, "running", "degraded")  # it tells of the damaged backup
    assert said[1].startswith("Restored: Ingot starts again.")
    with closing(sqlite3.connect(home / "ingot.db")) as database:
        assert database.execute("SELECT email FROM ingot_user").fetchall() == [("ada@example.org",)]

    # and now that it runs: a damaged one stops nobody
    pid = window.desk.watcher.condition.pid
    page.restore(bad)
    qtbot.waitUntil(lambda: len(said) == 3, timeout=LONG)
    assert said[2].startswith("Nothing was restored")
    assert window.desk.watcher.condition.pid == pid and window.desk.watcher.condition.serves
    box.ingot("stop")


def test_nothing_is_restored_where_the_disk_is_not_mounted(home: Path, open_panel: Open, qtbot: QtBot) -> None:
    (home / "installation").write_text("0123\n")
    window = open_panel(home)
    window.desk.watcher.known.remember(home)
    shutil.rmtree(home)
    window.desk.watcher.look()
    page = backups_of(window, qtbot, 0)
    assert not page._other.isEnabled() and not page._restore.isEnabled() and not page._back.isVisible()
    assert not home.exists()
