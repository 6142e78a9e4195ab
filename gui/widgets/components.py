"""The parts of the server, one under the other: state, name, one line of detail."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QGridLayout, QLabel

from gui import texts, words
from gui.texts import say
from gui.widgets.parts import Card, Pill, rule, text


class Components(Card):
    def __init__(self) -> None:
        super().__init__(say("Components"))
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(6)
        self._grid.setHorizontalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.body.addStretch(1)
        self._rows: dict[str, tuple[QLabel, Pill]] = {}
        self._empty = text(say("They show here while Ingot runs."), "soft", wrap=True)
        self.body.insertWidget(1, self._empty)

    def show_health(self, found: dict[str, Any]) -> None:
        if list(found) != list(self._rows):
            self._lay_out(list(found))
        for name, health in found.items():
            detail, pill = self._rows[name]
            detail.setText(texts.retold(str(health["reason"])))
            detail.setToolTip(_since(str(health.get("since") or "")))
            pill.setToolTip(detail.toolTip())
            pill.show_as(*words.health(health["state"]))

    def _lay_out(self, names: list[str]) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        self._empty.setVisible(not names)
        for place, name in enumerate(names):
            detail, pill = text("", "soft", wrap=True), Pill()
            self._grid.addWidget(text(words.part(name), "strong"), place * 2, 0)
            self._grid.addWidget(detail, place * 2, 1)
            self._grid.addWidget(pill, place * 2, 2)
            if place < len(names) - 1:
                self._grid.addWidget(rule(), place * 2 + 1, 0, 1, 3)
            self._rows[name] = (detail, pill)


def _since(wire: str) -> str:
    at = QDateTime.fromString(wire, Qt.DateFormat.ISODateWithMs).toLocalTime()
    moment = texts.locale().toString(at, texts.locale().FormatType.ShortFormat)
    return say("so since {moment}", moment=moment) if at.isValid() else ""
