"""The pages of the panel against a running server: settings, log, users, backups; names on everything."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from box import Box
from panels import Open
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QMessageBox, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from gui.pages.diagnostics import Preview
from gui.single import Single
from gui.tray import Tray
from gui.widgets.first_admin import FirstAdmin
from gui.widgets.log_model import CUT, MOST, Filter, LogModel
from gui.window import Window


@pytest.fixture
def window(box: Box, open_panel: Open, qtbot: QtBot) -> Window:
    opened = open_panel(box.home)
    qtbot.waitUntil(lambda: opened.desk.watcher.condition.kind == "running", timeout=10_000)
    return opened


def test_the_overview_says_how_it_is_and_where(window: Window, box: Box, qtbot: QtBot) -> None:
    page = window.pages["overview"]
    qtbot.waitUntil(lambda: page._reach.address == box.url(""))
    assert page.title.text() == "Ingot is running"
    assert "database" in page._components._rows
    assert page._ownerless.isVisible()


def test_a_wrong_setting_is_refused_beside_its_field_and_nothing_is_lost(
    window: Window, box: Box, qtbot: QtBot
) -> None:
    window.turn_to("configuration")
    form = window.pages["configuration"]
    qtbot.waitUntil(lambda: "threads" in form.lines)
    threads, zone = form.lines["threads"], form.lines["timezone"]
    threads.type_in("6")
    zone.type_in("Mars/Olympus")
    qtbot.waitUntil(lambda: "Europe/Berlin" in zone.problem.text())
    assert not form.save_button.isEnabled()
    assert not (box.home / "settings.toml").exists()
    assert threads.value() == 6
    threads.type_in("six")
    qtbot.waitUntil(lambda: threads.problem.text() == "must be a whole number")
    assert threads._editor.text() == "six"

    threads.type_in("6")
    zone.type_in("Europe/Berlin")
    qtbot.waitUntil(form.save_button.isEnabled)
    form.save()
    qtbot.waitUntil(form._restart.isVisible)
    written = (box.home / "settings.toml").read_text()
    assert "threads = 6" in written
    assert 'timezone = "Europe/Berlin"' in written

    threads.clear()  # back to the default: out of the file
    qtbot.waitUntil(form.save_button.isEnabled)
    form.save()
    qtbot.waitUntil(lambda: "threads" not in (box.home / "settings.toml").read_text())


def test_the_log_is_shown_and_followed(window: Window, box: Box, qtbot: QtBot) -> None:
    window.turn_to("logs")
    page = window.pages["logs"]
    qtbot.waitUntil(lambda: any("ready" in line.message for line in page.model.lines()))
    with (box.home / "logs" / "ingot.log").open("a") as log:
        log.write(
            '{"at": "2026-11-22T22:00:00Z", "level": "error", "logger": "test", "message": "A cow in the corn"}\n'
        )
    qtbot.waitUntil(lambda: any("cow" in line.message for line in page.model.lines()), timeout=3_000)
    page.words.setText("a COW")
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page._next_error()
    assert "A cow in the corn" in page.chosen()


def test_fifty_thousand_lines_stay_and_no_more(qtbot: QtBot) -> None:
    model = LogModel()
    lines = [{"level": "error" if n % 100 == 0 else "info", "logger": "a", "message": f"line {n}"} for n in range(MOST)]
    model.append(lines)
    model.narrow(Filter(level="error"))
    assert model.rowCount() == MOST // 100
    model.append([{"level": "error", "logger": "a", "message": "one more"}])
    assert model.kept == MOST - CUT
    assert model.line(model.rowCount() - 1).message == "one more"
    assert model.next_error(model.rowCount() - 1) == 0


def test_people_are_looked_after(window: Window, box: Box, qtbot: QtBot) -> None:
    window.turn_to("users")
    page = window.pages["users"]
    page.shown()
    qtbot.waitUntil(page._first.isVisible)
    dialog = FirstAdmin(page, window.desk.client, page.shown)
    dialog.email.setText("ada@example.org")
    dialog.password.setText("short")
    dialog._make()
    qtbot.waitUntil(lambda: bool(dialog.problem.text()))
    assert dialog.email.text() == "ada@example.org"
    dialog.password.setText("correct horse battery")
    dialog._make()
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)

    for _ in range(10):
        requests.post(box.url("/sign-in"), data={"email": "ada@example.org", "password": "wrong"}, timeout=10)
    page.shown()
    qtbot.waitUntil(page._unlock.isVisible)
    assert "Locked" in page.table.item(0, 3).text()
    page._do_unlock()
    qtbot.waitUntil(lambda: page.table.item(0, 3).text() == "Active")

    page._ask_reset()
    (question,) = (w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox))
    tokens = question.checkBox()
    assert tokens and not tokens.isChecked(), "tokens go by choice alone"
    tokens.setChecked(True)
    next(b for b in question.buttons() if b.text() == "Reset password").click()
    qtbot.waitUntil(page._fresh.isVisible)
    password = page._password.text()
    assert len(password) > 12
    page._seen()
    assert page._password.text() == ""
    told: list[str] = []
    about = page.about
    page.about = lambda text: (told.append(str(text)), about(text))
    page._do_active(page.chosen())
    qtbot.waitUntil(lambda: any("somebody must remain administrator" in text for text in told))
    assert page.table.item(0, 3).text() == "Active", "the only one stays"
    box.ingot("user", "add", "second@example.org", "--role", "admin")
    page._do_active(page.chosen())
    qtbot.waitUntil(lambda: page.table.item(0, 3).text() == "Disabled")
    page._do_active(page.chosen())
    qtbot.waitUntil(lambda: page.table.item(0, 3).text() == "Active")


def test_a_backup_is_made_and_verified(window: Window, qtbot: QtBot) -> None:
    window.turn_to("backups")
    page = window.pages["backups"]
    page.back_up()
    qtbot.waitUntil(lambda: page.table.rowCount() == 1, timeout=15_000)
    page.table.selectRow(0)
    page._do_verify()
    qtbot.waitUntil(lambda: page.table.item(0, 5).text() == "Whole", timeout=10_000)


def test_the_archive_is_shown_before_it_is_saved(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    window.turn_to("diagnostics")
    page = window.pages["diagnostics"]
    qtbot.waitUntil(page._archive.isEnabled)
    page._archive.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(Preview)))
    preview = page.findChildren(Preview)[0]
    assert "settings.json" in [preview._list.item(n).text() for n in range(preview._list.count())]
    preview.save_to(str(tmp_path / "a.zip"))
    assert (tmp_path / "a.zip").stat().st_size > 500
    preview.reject()


def test_whatever_takes_the_focus_has_a_name(window: Window, qtbot: QtBot) -> None:
    window.turn_to("configuration")
    qtbot.waitUntil(lambda: bool(window.pages["configuration"].lines))
    nameless = [
        f"{type(w).__name__} {w.objectName()} in {type(w.parent()).__name__}"
        for w in window.findChildren(QWidget)
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus and not w.accessibleName()
    ]
    assert nameless == []


def test_every_page_is_reached_and_left_by_keyboard(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    window.list.setFocus()
    for name in window.pages:
        window.turn_to(name)
        if name == "configuration":
            qtbot.waitUntil(lambda: any(w.isVisible() for w in window.pages["configuration"].lines.values()))
        seen = set()
        window.list.setFocus()
        for _ in range(80):
            focused = window.focusWidget()
            if focused in seen:
                break
            seen.add(focused)
            qtbot.keyClick(focused, Qt.Key.Key_Tab)
        assert window.list in seen
        assert len(seen) > 1, name


def test_without_a_tray_the_window_just_closes(window: Window) -> None:
    tray = Tray(window.desk, window, window.close)
    assert tray._state.text() == "Ingot is running"
    assert tray._stop.isEnabled()
    if not QSystemTrayIcon.isSystemTrayAvailable():
        assert not window.close_to_tray()
    window.close()
    assert not window.isVisible()


def test_a_second_panel_brings_the_first_one_forward(tmp_path: Path, qtbot: QtBot) -> None:
    first, second = Single(tmp_path), Single(tmp_path)
    assert first.first()
    with qtbot.waitSignal(first.called, timeout=2_000):
        assert not second.first()


def test_five_thousand_signals_harm_nobody() -> None:
    """PySide6 6.12 on Python 3.11 loses a reference to True at each, and dies after some 600."""

    class Source(QObject):
        told = Signal(int)

    source, heard = Source(), []
    source.told.connect(heard.append)
    for number in range(5_000):
        source.told.emit(number)
    assert len(heard) == 5_000
