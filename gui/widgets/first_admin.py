"""Asks for the first administrator of a box that nobody owns."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from gui.client import ControlClient, Trouble
from gui.texts import say
from gui.widgets.parts import button, row, text


class FirstAdmin(QDialog):
    """A refusal keeps what was typed and says what is wrong with it."""

    def __init__(self, parent: QWidget, client: ControlClient, done: Callable[[], None]):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(say("The first administrator"))
        self.setMinimumWidth(420)
        self._client, self._done = client, done
        whole = QVBoxLayout(self)
        whole.setContentsMargins(22, 20, 22, 18)
        whole.setSpacing(6)
        whole.addWidget(text(say("The first administrator"), "cardtitle"))
        self.email, self.person, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        for words, edit in ((say("Email"), self.email), (say("Name"), self.person), (say("Password"), self.password)):
            label = text(words, "strong")
            label.setBuddy(edit)
            edit.setAccessibleName(words)
            whole.addSpacing(6)
            whole.addWidget(label)
            whole.addWidget(edit)
        self.problem = text("", "problem", wrap=True)
        whole.addWidget(self.problem)
        self.make = button(say("Make the administrator"), self._make, "primary")
        self.make.setDefault(True)
        whole.addSpacing(6)
        whole.addLayout(row(None, button(say("Cancel"), self.reject), self.make))

    def _make(self) -> None:
        self.make.setEnabled(False)
        self._client.tell(
            "users.first", self._made, self._refused,
            email=self.email.text(), name=self.person.text() or self.email.text(), password=self.password.text(),
        )  # fmt: skip

    def _made(self, _answer: object) -> None:
        self.accept()
        self._done()

    def _refused(self, trouble: Trouble) -> None:
        self.make.setEnabled(True)
        self.problem.setText(trouble.message)
