"""Where people reach the box: each address with a button that copies it, and one of them as a QR code."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton

from gui.texts import say
from gui.widgets.parts import Card, button, choice, copy, row, text
from gui.widgets.qr import QrCode


class Reach(Card):
    """`open_up` is asked to serve the whole network; offered as long as only this computer is served."""

    def __init__(self, open_up: Callable[[], None]) -> None:
        super().__init__(say("Where people reach it"))
        self._code = QrCode()
        self.body.addWidget(self._code, 0, Qt.AlignmentFlag.AlignHCenter)
        self._choice = choice(say("Address"))
        self._choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._choice.setMinimumContentsLength(14)
        self._choice.currentTextChanged.connect(self._show_code)
        self._lan: list[str] = []
        self._named: set[str] = set()
        self._copy: QPushButton = button(say("Copy"), self._copied, name=say("Copy the address"))
        line = row(self._choice, self._copy)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self._hint = text("", "help", wrap=True)
        self.body.addWidget(self._hint)
        self._open_up = button(say("Open it to the office network…"), open_up)
        self.body.addWidget(self._open_up)
        self.body.addStretch(1)
        self.show_addresses([])

    @property
    def address(self) -> str:
        return self._choice.currentText()

    def show_addresses(self, found: list[dict[str, str]]) -> None:
        urls = [one["url"] for one in found]
        self._lan = lan = [one["url"] for one in found if one.get("reach") == "network"]
        named = [one["url"] for one in found if one.get("reach") == "name"]
        self._named = set(named)
        ordered = named + lan + [url for url in urls if url not in lan and url not in named]
        if ordered != [self._choice.itemText(n) for n in range(self._choice.count())]:
            self._choice.clear()
            self._choice.addItems(ordered)
        self._show_code(self.address)
        for part in (self._choice, self._copy):
            part.setEnabled(bool(urls))
        self._code.setVisible(bool(lan))  # a telephone cannot open what only this computer can
        self._open_up.setVisible(bool(urls) and not lan)
        if not urls:
            self._hint.setText(say("Its addresses show here while Ingot runs."))
        elif lan:
            self._hint.setText(say("Everybody in the office network can open it."))
        else:
            self._hint.setText(say("Only this computer can open it."))

    def _show_code(self, chosen: str) -> None:
        """A telephone may not know names like ingot.local (Android before 12): it gets the number."""
        self._code.show_words(self._lan[0] if chosen in self._named and self._lan else chosen)

    def say_why_not(self, why: str) -> None:
        self._hint.setText(why)

    def _copied(self) -> None:
        copy(self.address, self._copy)
