"""Puts the panel together: language, looks, one instance, window, tray."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QLocale, QSettings
from PySide6.QtWidgets import QApplication

from gui import drawings, places, texts
from gui.desk import Desk, open_desk
from gui.known_homes import KnownHomes
from gui.looks import Looks
from gui.single import Single
from gui.tray import Tray
from gui.window import Window
from gui.wizard.step import Answers
from gui.wizard.wizard import Wizard


def kept_settings() -> QSettings:
    """The panel's own memory: where its window was, and which home it looked at. The server's settings are the server's."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "ingot", "panel")


def run(home: Path | None) -> int:
    """Until the window is closed (or, with a tray, until the panel is quit). 0, also when another panel was there already."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Ingot")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal it was started from ends it, not a slot of it
    application.setDesktopFileName("ingot-panel")
    application.setWindowIcon(drawings.mark())
    kept = kept_settings()
    texts.speak(str(kept.value("language") or QLocale.system().name()))
    chosen = home or Path(str(kept.value("home") or places.default_home()))
    single = Single(chosen)
    if not single.first():
        return 0
    answers = Answers(chosen, Looks(application))
    known = KnownHomes(kept)
    known.remember(chosen)
    if not places.lived_in(chosen) and not known.gone(chosen):
        Wizard(answers).exec()  # the one loop that runs inside another: nothing else is there yet
        kept.setValue("language", texts.language())
        if answers.home != chosen:
            single = Single(answers.home)
            if not single.first():
                return 0
    kept.setValue("home", str(answers.home))
    desk = answers.desk or open_desk(answers.home, answers.looks)
    desk.watcher.known = known
    window = Window(desk, kept)

    def leave() -> None:
        window.close_to_tray = lambda: False
        window.close()
        application.quit()

    tray = Tray(desk, window, leave)
    single.called.connect(window.come_forward)
    desk.watcher.start()
    window.show()
    code = application.exec()
    close(desk)
    del tray
    return code


def close(desk: Desk) -> None:
    """Nothing is asked any more. The server is not told: it goes on."""
    desk.watcher.stop()
    desk.client.forget()
    desk.backups.forget()
