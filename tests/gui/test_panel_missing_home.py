"""A disk that is not mounted: the panel says that the folder is gone, makes nothing there, and goes on when it is back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from panels import Open
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import app, places
from gui.known_homes import KnownHomes
from gui.window import Window
from gui.wizard.wizard import Wizard


def memory(folder: Path) -> QSettings:
    return QSettings(str(folder / "panel.ini"), QSettings.Format.IniFormat)


def test_a_home_is_known_again_and_told_from_one_that_never_was(tmp_path: Path) -> None:
    home, never = tmp_path / "home", tmp_path / "never"
    home.mkdir()
    assert not KnownHomes(memory(tmp_path)).gone(never)
    (home / "installation").write_text("0123\n")
    KnownHomes(memory(tmp_path)).remember(home)
    known = KnownHomes(memory(tmp_path))  # the panel's next start
    assert known.id_of(home) == "0123" and not known.gone(home)
    shutil.rmtree(home)
    assert str(home) in known.gone(home)
    home.mkdir()
    assert "empty" in known.gone(home), "a mount point with nothing mounted"
    (home / "backups").mkdir()
    assert not known.gone(home), "what is left of it is for the server to judge"


def test_the_panel_makes_nothing_where_its_home_was(home: Path, open_panel: Open, qtbot: QtBot) -> None:
    (home / "installation").write_text("0123\n")
    window = open_panel(home)
    window.desk.watcher.known.remember(home)
    away = home.with_name("unplugged")
    home.rename(away)
    window.desk.launcher.start()
    condition = window.desk.watcher.condition
    assert condition.kind == "blocked" and str(home) in condition.reason and not condition.alive
    assert not home.exists()
    away.rename(home)
    window.desk.watcher.look()
    qtbot.waitUntil(lambda: window.desk.watcher.condition.kind == "stopped", timeout=5_000)


def test_it_opens_no_wizard_over_a_missing_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    home, kept = tmp_path / "home", memory(tmp_path)
    home.mkdir()
    (home / "installation").write_text("0123\n")
    KnownHomes(kept).remember(home)
    shutil.rmtree(home)
    shown: list[Window] = []

    def loop(_: object) -> int:
        shown.extend(w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.desk.home == home)
        return 0

    class Application:
        """What `run` makes, which there can be but one of in a process."""

        def __new__(cls, _: list[str]) -> QApplication:
            return qapp

    monkeypatch.setattr(app, "QApplication", Application)
    monkeypatch.setattr(QApplication, "exec", loop)
    monkeypatch.setattr(app, "kept_settings", lambda: kept)
    monkeypatch.setattr(Wizard, "exec", lambda self: pytest.fail("a wizard over a missing home"))
    assert app.run(home) == 0
    assert len(shown) == 1 and shown[0].desk.watcher.condition.kind == "blocked"
    assert not home.exists()
    shown[0].close()


def test_only_the_first_start_makes_a_new_one(home: Path, open_panel: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("gui.launcher._detached", lambda program, words, *_: asked.append(words) or _Ended())
    window = open_panel(home)
    window.desk.launcher.start()
    assert "--existing" not in asked[-1] and not places.established(home)
    window.desk.watcher.not_launched("")
    (home / "ingot.db").touch()
    window.desk.launcher.start()
    assert "--existing" in asked[-1]


class _Ended:
    pid = 2**22 + 1

    def poll(self) -> int:
        return 0
