"""The parts of the server: what is in trouble first, with its reason; all that is in order as a short list in two columns."""

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
        self._troubled, self._fine = QGridLayout(), QGridLayout()
        for grid in (self._troubled, self._fine):
            grid.setVerticalSpacing(6)
            grid.setHorizontalSpacing(12)
            grid.setColumnStretch(1, 1)
            self.body.addLayout(grid)
        self._fine.setColumnStretch(4, 1)
        self._fine.setColumnMinimumWidth(2, 12)
        self.body.addStretch(1)
        self._rows: dict[str, tuple[QLabel, Pill]] = {}
        self._shape: list[tuple[str, bool]] = []
        self._empty = text(say("They show here while Ingot runs."), "soft", wrap=True)
        self.body.insertWidget(1, self._empty)

    def show_health(self, found: dict[str, Any]) -> None:
        shape = [(name, health["state"] == "ok") for name, health in found.items()]
        if shape != self._shape:
            self._lay_out(shape)
        for name, health in found.items():
            detail, pill = self._rows[name]
            reason = texts.retold(str(health["reason"]))
            told = "\n".join(part for part in (reason, _since(str(health.get("since") or ""))) if part)
            pill.show_as(*words.health(health["state"]))
            if health["state"] != "ok":
                detail.setText(reason)
            for part in (detail, pill):
                part.setToolTip(told)
                part.setAccessibleDescription(told)

    def _lay_out(self, shape: list[tuple[str, bool]]) -> None:
        for grid in (self._troubled, self._fine):
            while item := grid.takeAt(0):
                if widget := item.widget():
                    widget.hide()
                    widget.deleteLater()
        self._rows, self._shape = {}, shape
        self._empty.setVisible(not shape)
        for place, name in enumerate(name for name, fine in shape if not fine):
            detail, pill = text("", "", wrap=True, selectable=True), Pill()
            self._troubled.addWidget(text(words.part(name), "strong"), place * 2, 0)
            self._troubled.addWidget(detail, place * 2, 1)
            self._troubled.addWidget(pill, place * 2, 2)
            self._troubled.addWidget(rule(), place * 2 + 1, 0, 1, 3)
            self._rows[name] = (detail, pill)
        fine = [name for name, fine in shape if fine]
        half = -(-len(fine) // 2)
        for place, name in enumerate(fine):
            line, column = place % half, place // half * 3
            label, pill = text(words.part(name), "strong"), Pill()
            self._fine.addWidget(label, line * 2, column, 1, 1)
            self._fine.addWidget(pill, line * 2, column + 1, Qt.AlignmentFlag.AlignRight)
            if line < half - 1:
                self._fine.addWidget(rule(), line * 2 + 1, column, 1, 2)
            self._rows[name] = (label, pill)


def _since(wire: str) -> str:
    at = QDateTime.fromString(wire, Qt.DateFormat.ISODateWithMs).toLocalTime()
    moment = texts.locale().toString(at, texts.locale().FormatType.ShortFormat)
    return say("so since {moment}", moment=moment) if at.isValid() else ""
