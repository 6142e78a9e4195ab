"""The end: where it is, as words and as a picture for telephones."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices

from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Pill, button, copy, row, text
from gui.widgets.qr import QrCode
from gui.wizard.administrator import UP
from gui.wizard.step import Answers, Step


class ReadyStep(Step):
    def __init__(self, answers: Answers):
        super().__init__(
            answers, say("Ingot is ready"), say("Sign in there with the email and password you have just given.")
        )
        self.forward = say("To the control panel")
        self.pill, self.address, self._code = Pill(), text("", "strong", selectable=True), QrCode()
        self.open = button(say("Open in browser"), self._opened, "primary")
        self._copy = button(say("Copy"), lambda: copy(self.address.text(), self._copy), name=say("Copy the address"))
        self.body.addLayout(row(self.pill, self.address, None))
        self.body.addWidget(self._code, 0, Qt.AlignmentFlag.AlignLeft)
        self._about_code = text(say("A telephone in the same network opens it by this picture."), "help", wrap=True)
        self.body.addWidget(self._about_code)
        self.body.addLayout(row(self.open, self._copy, None))
        self.finish()
        assert answers.desk
        answers.desk.watcher.changed.connect(self._changed)

    def entered(self) -> None:
        assert self.answers.desk
        self._changed(self.answers.desk.watcher.condition)

    def _changed(self, condition: Condition) -> None:
        desk, up = self.answers.desk, condition.kind in UP
        self.pill.show_as(say("Running") if up else say("Starting"), "ok" if up else "brand")
        for part in (self.open, self._copy):
            part.setEnabled(up)
        if up and desk:
            desk.client.ask("addresses", lambda found: self._show(found["addresses"]))

    def _show(self, found: list[dict[str, Any]]) -> None:
        """The name before the numbers before what only this computer can open."""
        ranked = sorted(
            found, key=lambda one: ("name", "network").index(one["reach"]) if one["reach"] in ("name", "network") else 9
        )
        best = ranked[0] if ranked else {"url": "", "reach": ""}
        self.address.setText(best["url"])
        lan = next((one["url"] for one in ranked if one["reach"] == "network"), "")
        self._code.show_words(lan)
        for part in (self._code, self._about_code):
            part.setVisible(bool(lan))

    def _opened(self) -> None:
        own = next(iter(((self.answers.desk and self.answers.desk.watcher.status) or {}).get("addresses") or []), "")
        QDesktopServices.openUrl(QUrl(own or self.address.text()))
