"""Somebody starts the server with the panel, stops it, loses it, and is told what is the matter within three seconds."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from panels import Open
from pytestqt.qtbot import QtBot

from gui import places, watcher
from gui.state import Kind
from gui.window import Window

assert (
    watcher.EVERY + watcher.PATIENCE < 3_000
)  # ms: the promise for a killed or frozen server, on a machine that has time
SOON = 9_000  # on one that runs other tests beside
LONG = 40_000


def until(qtbot: QtBot, window: Window, *kinds: Kind, within: int = LONG) -> None:
    qtbot.waitUntil(lambda: window.desk.watcher.condition.kind in kinds, timeout=within)


def pid_of(home: Path) -> int:
    run = places.run_file(home)
    assert run
    return run.pid


def test_a_server_from_start_to_stop(home: Path, open_panel: Open, qtbot: QtBot) -> None:
    """One long story, for every start of a server costs seconds."""
    window = open_panel(home)
    assert window.desk.watcher.condition.kind == "stopped"
    window.desk.launcher.start()
    window.desk.launcher.restart()  # there is nobody to stop yet: the wish must not wait for the next end
    until(qtbot, window, "starting")
    until(qtbot, window, "running")
    first = pid_of(home)
    assert os.getsid(first) != os.getsid(0)  # a process of its own: it gets no signal of the panel's terminal

    window.close()  # and the server goes on
    window.desk.watcher.stop()
    window.desk.client.forget()
    assert places.alive(first)
    window = open_panel(home)
    until(qtbot, window, "running")
    title = window.pages["overview"].title

    os.kill(first, signal.SIGSTOP)
    until(qtbot, window, "frozen", within=SOON)
    assert title.text() == "Ingot does not answer"
    os.kill(first, signal.SIGCONT)
    until(qtbot, window, "running")

    os.kill(first, signal.SIGKILL)
    until(qtbot, window, "killed", within=SOON)
    assert title.text() == "Ingot was ended from outside"
    window.turn_to("logs")  # what it said last can be read all the same
    qtbot.waitUntil(lambda: any("ready" in line.message for line in window.pages["logs"].model.lines()))
    left = home / "run" / "ingot.json"
    left.write_text(left.read_text().replace(str(first), str(os.getpid())).replace('"ready"', '"starting"'))
    window.desk.watcher.look()  # somebody else has its number by now: no server of ours, nothing to end by force
    assert (window.desk.watcher.condition.kind, window.desk.watcher.condition.alive) == ("killed", False)
    window.desk.launcher.start()  # over what the killed one left behind
    until(qtbot, window, "running")
    second = pid_of(home)

    window.turn_to("backups")
    backups = window.pages["backups"]
    backups.back_up()
    qtbot.waitUntil(lambda: backups.table.rowCount() == 1, timeout=LONG)
    backups.restore(backups._place(backups.chosen()["file"]))  # stops it, swaps, starts it
    qtbot.waitUntil(lambda: window.desk.watcher.condition.pid not in (None, second), timeout=LONG)
    until(qtbot, window, "running")
    assert (home / "previous").is_dir()
    third = pid_of(home)

    window.desk.launcher.stop()
    until(qtbot, window, "stopped")
    assert not places.alive(third)


def test_a_taken_port_is_explained_and_can_be_changed_right_there(home: Path, open_panel: Open, qtbot: QtBot) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (home / "settings.toml").write_text(f"port = {other.getsockname()[1]}\n")
        window = open_panel(home)
        window.desk.launcher.start()
        until(qtbot, window, "blocked")
        assert str(other.getsockname()[1]) in window.desk.watcher.condition.reason
        window.turn_to("configuration")
        form = window.pages["configuration"]
        qtbot.waitUntil(lambda: "port" in form.lines)
        form.lines["port"].type_in("0")
        qtbot.waitUntil(form.save_button.isEnabled)
        form.save()
        qtbot.waitUntil(lambda: "port = 0" in (home / "settings.toml").read_text())
        window.desk.launcher.restart()
        until(qtbot, window, "running")


def test_settings_that_stop_a_start_are_put_right_in_the_panel(home: Path, open_panel: Open, qtbot: QtBot) -> None:
    (home / "settings.toml").write_text("port = 0\nhost = many things\nworkers = 5\n")
    window = open_panel(home)
    window.desk.launcher.start()
    until(qtbot, window, "blocked")
    assert "settings.toml" in window.desk.watcher.condition.reason
    window.turn_to("configuration")
    form = window.pages["configuration"]
    qtbot.waitUntil(form.save_button.isEnabled)
    assert "cannot be read" in form._why.text()
    form.save()
    qtbot.waitUntil(form._restart.isVisible)
    assert (home / "settings.toml.before-1").read_text().startswith("port = 0\nhost = many")
    form._restarted()
    until(qtbot, window, "running")
    assert (home / "settings.toml").read_text() == "port = 0\nworkers = 5\n"


def test_a_database_of_a_later_version_is_explained_and_left_alone(
    home: Path, migrated: Path, open_panel: Open, qtbot: QtBot
) -> None:
    shutil.copy(migrated, home / "ingot.db")
    with closing(sqlite3.connect(home / "ingot.db")) as connection, connection:
        (columns,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'ingot_migration'").fetchone()
        assert "name" in columns
        connection.execute(
            "UPDATE ingot_migration SET name = '9999_of_later' WHERE id = (SELECT max(id) FROM ingot_migration)"
        )
    before = (home / "ingot.db").read_bytes()
    window = open_panel(home)
    window.desk.launcher.start()
    until(qtbot, window, "blocked")
    assert "9999_of_later" in window.desk.watcher.condition.reason or "newer" in window.desk.watcher.condition.reason
    assert (home / "ingot.db").read_bytes() == before
    window.desk.launcher.stop()
    until(qtbot, window, "stopped", "blocked")
