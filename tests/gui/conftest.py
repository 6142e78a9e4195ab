"""The panel without a screen, against a real server."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box
from panels import Open
from PySide6.QtWidgets import QApplication

from gui import app, places
from gui.desk import Desk, open_desk
from gui.looks import Looks
from gui.window import Window


@pytest.fixture(scope="session")
def looks(qapp: QApplication) -> Looks:
    return Looks(qapp)


@pytest.fixture
def open_panel(looks: Looks, qapp: QApplication) -> Iterator[Open]:
    """A panel on a home, shown; its desk is `window.desk`. Closed at the end, which leaves servers alone."""
    made: list[tuple[Desk, Window]] = []

    def opened(home: Path) -> Window:
        desk = open_desk(home, looks)
        window = Window(desk)
        made.append((desk, window))
        desk.watcher.start()
        window.show()
        return window

    yield opened
    for desk, window in made:
        app.close(desk)
        window.close()
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home nobody runs on yet, whose server takes any free port; whatever the panel started there is ended at the end."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    (place / "settings.toml").write_text("port = 0\n")
    yield place
    run = places.run_file(place)
    if run and places.alive(run.pid):
        os.kill(run.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    running = Box(tmp_path_factory.mktemp("panel") / "home")
    running.start()
    yield running
    if running.process and running.process.poll() is None:
        running.stop()
