"""The log in more detail for an hour; it falls back by itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QPushButton

from gui import texts
from gui.client import ControlClient
from gui.texts import say
from gui.widgets.parts import mark

MINUTES = 60


class MoreDetail(QPushButton):
    """A switch: pressed, the log has every detail until the hour is over, or it is pressed again."""

    def __init__(self, client: ControlClient):
        super().__init__()
        self._client = client
        self._until: str | None = None
        self.clicked.connect(self.turn)
        self._show()

    def look(self) -> None:
        self._client.ask("log_level", lambda told: self._came(told["raised"]))

    def turn(self) -> None:
        wanted: dict[str, Any] = {} if self._until else {"level": "debug", "minutes": MINUTES}
        self._client.tell("log_level", self._came, **wanted)

    def _came(self, told: dict[str, Any] | None) -> None:
        self._until = told["until"] if told else None
        self._show()

    def _show(self) -> None:
        at = QDateTime.fromString(self._until or "", Qt.DateFormat.ISODate).toLocalTime()
        until = texts.locale().toString(at.time(), texts.locale().FormatType.ShortFormat)
        words = say("In detail until {time}", time=until) if at.isValid() else say("More detail for an hour")
        self.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(say("Press to end it") if at.isValid() else say("Every step is logged; it ends by itself"))
        mark(self, "tone", "primary" if at.isValid() else "")
