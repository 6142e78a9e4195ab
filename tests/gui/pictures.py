"""`python tests/gui/pictures.py HOME [FOLDER]`: the panel in a real window, on the server that runs on that home; every page
photographed off the screen, which must be there (`xvfb-run`, say). To be looked at; README shows one of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtWidgets import QApplication

from gui import texts
from gui.desk import open_desk
from gui.looks import Looks
from gui.window import Window

SETTLE = 450  # ms until a page has its answers and is drawn


def photograph(home: Path, folder: Path) -> int:
    """0 when every page was photographed while the server was seen running; 1 when it was not."""
    application = QApplication([])
    texts.speak(QLocale.system().name())
    looks = Looks(application)
    desk = open_desk(home, looks)
    window = Window(desk)
    window.resize(1180, 860)
    desk.watcher.start()
    window.show()
    folder.mkdir(parents=True, exist_ok=True)
    todo = [(theme, name) for theme in ("light", "dark") for name in window.pages]
    done: list[str] = []

    def turn() -> None:
        if not desk.watcher.condition.answers:
            QTimer.singleShot(100, turn)
        elif not todo:
            application.exit(0)
        else:
            theme, name = todo.pop(0)
            looks.wear(Qt.ColorScheme.Dark if theme == "dark" else Qt.ColorScheme.Light)
            window.turn_to(name)
            QTimer.singleShot(SETTLE, lambda: shoot(f"{name}-{theme}", turn))

    def shoot(name: str, then: Callable[[], None]) -> None:
        screen = window.screen()
        place = window.geometry()
        screen.grabWindow(0, place.x(), place.y(), place.width(), place.height()).save(str(folder / f"{name}.png"))
        done.append(name)
        then()

    QTimer.singleShot(1500, turn)  # the charts want a few points
    QTimer.singleShot(60_000, lambda: application.exit(1))
    code = application.exec()
    desk.watcher.stop()
    desk.client.forget()
    return code


if __name__ == "__main__":
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("build/pictures")
    sys.exit(photograph(Path(sys.argv[1]), target))
