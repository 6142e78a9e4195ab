"""What an administrator steers beside settings: maintenance, a log in more detail, settings that travel as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from box import Box
from panels import Open
from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.maintenance import PlanMaintenance
from gui.window import Window


@pytest.fixture
def window(open_panel: Open, box: Box, qtbot: QtBot) -> Window:
    window = open_panel(box.home)
    qtbot.waitUntil(lambda: window.desk.watcher.condition.answers)
    return window


def test_a_box_is_closed_for_maintenance_and_opened_again(window: Window, box: Box, qtbot: QtBot) -> None:
    card = window.pages["overview"].maintenance
    plan = PlanMaintenance(window, window.desk.client, card.show_plan)
    plan.show()
    plan.message.setText("A bigger disk goes in")
    plan.until.setDateTime(QDateTime.currentDateTime().addSecs(-60))
    plan.go.click()
    qtbot.waitUntil(lambda: "beginning" in plan.problem.text())  # and what was typed is still there
    assert plan.message.text() == "A bigger disk goes in"
    plan.until.setDateTime(QDateTime.currentDateTime().addSecs(3600))
    plan.go.click()
    qtbot.waitUntil(card.isVisible)
    closed = requests.get(box.url("/sign-in"), timeout=10)
    assert closed.status_code == 503 and "A bigger disk goes in" in closed.text and "Retry-After" in closed.headers
    assert "A bigger disk goes in" in card._words.text()
    card.end()
    qtbot.waitUntil(lambda: not card.isVisible())
    assert requests.get(box.url("/sign-in"), timeout=10).status_code == 200


def test_the_log_tells_more_for_an_hour_and_less_at_a_press(window: Window, qtbot: QtBot) -> None:
    window.turn_to("logs")
    switch = window.pages["logs"].detail
    switch.click()
    qtbot.waitUntil(lambda: switch.text().startswith("In detail until"))
    found = []
    window.desk.client.ask("log_level", found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found[0]["raised"]["level"] == "debug"
    switch.click()
    qtbot.waitUntil(lambda: switch.text() == "More detail for an hour")


def test_settings_travel_as_a_file_and_a_wrong_one_changes_nothing(
    window: Window, box: Box, qtbot: QtBot, tmp_path: Path
) -> None:
    window.turn_to("configuration")
    form = window.pages["configuration"]
    qtbot.waitUntil(lambda: "threads" in form.lines)
    (tmp_path / "wrong.toml").write_text('threads = 7\ntimezone = "Mars/Olympus"\n')
    form.import_from(str(tmp_path / "wrong.toml"))
    qtbot.waitUntil(lambda: any("Nothing was taken over" in box.text() for box in _boxes(form)))
    assert "threads" not in _written(box)
    (tmp_path / "right.toml").write_text("threads = 7\n")
    form.import_from(str(tmp_path / "right.toml"))
    qtbot.waitUntil(lambda: "threads = 7" in _written(box))
    form.export_to(str(tmp_path / "saved.toml"))
    qtbot.waitUntil((tmp_path / "saved.toml").exists)
    assert "threads = 7" in (tmp_path / "saved.toml").read_text()


def _boxes(form: QWidget) -> list[QMessageBox]:
    return form.findChildren(QMessageBox)


def _written(box: Box) -> str:
    file = box.home / "settings.toml"
    return file.read_text() if file.exists() else ""
