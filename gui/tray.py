"""The sign in the tray: its state, and what one wants without the window. Where there is no tray, nothing is missing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from gui import drawings, looks, words
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.window import Window

_ALERTS = ("degraded", "blocked", "frozen", "killed")


class Tray(QObject):
    """Made always: a tray may come late after the login. `leave` ends the panel."""

    def __init__(self, desk: Desk, window: Window, leave: Callable[[], None]):
        super().__init__(window)
        self._desk, self._window = desk, window
        self._icon = QSystemTrayIcon(self)
        self._menu = QMenu()
        self._state = self._entry("", lambda: None)
        self._state.setEnabled(False)
        self._menu.addSeparator()
        self._entry(say("Show the panel"), window.come_forward)
        self._open = self._entry(say("Open in browser"), self._browse)
        self._start = self._entry(say("Start"), desk.launcher.start)
        self._stop = self._entry(say("Stop"), desk.launcher.stop)
        self._menu.addSeparator()
        self._entry(say("Quit the panel; Ingot goes on"), leave)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        desk.watcher.changed.connect(self._changed)
        self._changed(desk.watcher.condition, quiet=True)
        self._icon.show()
        self._told = False
        window.close_to_tray = self._take_window

    def _entry(self, label: str, do: Callable[[], object]) -> QAction:
        action = self._menu.addAction(label)
        action.triggered.connect(lambda: do())
        return action

    def _take_window(self) -> bool:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return False
        if not self._told:
            self._told = True
            self._icon.showMessage(say("The panel is in the tray"), say("Ingot goes on either way."), self._icon.icon())
        return True

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self._window.come_forward()

    def _changed(self, condition: Condition, quiet: bool = False) -> None:
        told = words.tell(condition)
        dot = looks.colour(told.tone) if told.tone in ("ok", "warn", "bad") else looks.colour("line-strong")
        self._icon.setIcon(QIcon(drawings.mark(64, dot)))
        self._icon.setToolTip(told.title)
        self._state.setText(told.title)
        up = condition.kind in ("running", "degraded")
        self._open.setEnabled(up)
        self._stop.setEnabled(up)
        self._start.setEnabled(not condition.alive)
        if condition.kind in _ALERTS and not quiet and QSystemTrayIcon.isSystemTrayAvailable():
            self._icon.showMessage(told.title, told.cause, QSystemTrayIcon.MessageIcon.Warning)

    def _browse(self) -> None:
        own = (self._desk.watcher.status or {}).get("addresses") or []
        if own:
            QDesktopServices.openUrl(QUrl(own[0]))
