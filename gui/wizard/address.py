"""Who can reach it, and at which port: tried at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

from PySide6.QtCore import QTimeZone
from PySide6.QtGui import QIntValidator
from PySide6.QtNetwork import QAbstractSocket, QHostAddress, QTcpServer
from PySide6.QtWidgets import QCheckBox, QLineEdit

from gui import texts
from gui.texts import say
from gui.widgets.parts import row, text
from gui.wizard.step import Answers, GoOn, Step


class AddressStep(Step):
    def __init__(self, answers: Answers):
        super().__init__(answers, say("Who can open it?"))
        self.everybody, self.alone = self.pick(
            (
                say("Everybody in the office network"),
                say("Computers and phones in the same network; each needs a password."),
            ),
            (say("Only this computer"), say("To try it out. It can be opened to the others later.")),
        )
        (self.everybody if answers.everybody else self.alone).setChecked(True)
        self.encrypted = QCheckBox(say("Encrypt (HTTPS)"))
        self.encrypted.setAccessibleName(self.encrypted.text())
        self.encrypted.setChecked(answers.encrypted)
        self.encrypted.toggled.connect(self._explain)
        self._about_encrypted = text("", "help", wrap=True)
        self._about_encrypted.setContentsMargins(26, 0, 0, 6)
        self.port = QLineEdit(str(answers.port))
        self.port.setValidator(QIntValidator(1, 65535, self.port))
        self.port.setAccessibleName(say("Port"))
        self.port.setFixedWidth(110)
        self.body.addSpacing(4)
        self.body.addWidget(self.encrypted)
        self.body.addWidget(self._about_encrypted)
        self.body.addLayout(row(text(say("Port"), "strong"), self.port, None))
        self.finish()
        self._explain(answers.encrypted)

    def entered(self) -> None:
        """An Ingot that was there before keeps its own; it can be changed afterwards."""
        for part in (self.everybody, self.alone, self.encrypted, self.port):
            part.setEnabled(not self.answers.kept)
        self.problem.setText(say("The folder's own settings are kept; the page Configuration changes them."))
        self.problem.setVisible(self.answers.kept)

    def leave(self, go_on: GoOn) -> None:
        if self.answers.kept:
            go_on()
            return
        if not self.port.hasAcceptableInput():
            self.fail(say("The port is a number from 1 to 65535."))
            return
        host, port = ("0.0.0.0" if self.everybody.isChecked() else "127.0.0.1"), int(self.port.text())
        if why := self._taken(host, port):
            self.fail(why)
            return
        self.fail("")
        answers = self.answers
        answers.everybody, answers.port, answers.encrypted = (
            self.everybody.isChecked(),
            port,
            self.encrypted.isChecked(),
        )
        try:
            write_settings(answers, host)
            answers.written.add(answers.home)
        except OSError as error:
            self.fail(say("{file} cannot be written: {why}", file=answers.home, why=texts.why(error)))
        else:
            go_on()

    def _taken(self, host: str, port: int) -> str:
        """Why nobody could listen there. A server of ours from a step back is no obstacle: it is started anew."""
        desk = self.answers.desk
        if desk and desk.watcher.condition.alive and port == self.answers.port:
            return ""
        if (found := _listen(host, port)) == "":
            return ""
        free = next((p for p in range(max(port + 1, 8400), port + 8500) if _listen(host, p) == ""), 0)
        return say(
            "Port {port} cannot be used: {why} Port {free} is free.", port=port, why=found.rstrip(".") + ".", free=free
        )

    def _explain(self, on: bool) -> None:
        self._about_encrypted.setText(
            say("Browsers warn until they are shown the box's certificate once; a page of the box explains how.") if on
            else say("Whoever listens in your network could read along. It can be switched on later.")
        )  # fmt: skip


def write_settings(answers: Answers, host: str) -> None:
    """The home with its settings.toml, which holds what was chosen here and nothing else. A TOML string is a JSON one."""
    answers.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    zone = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    chosen = {"host": json.dumps(host), "port": str(answers.port)}
    if "/" in zone:
        chosen["timezone"] = json.dumps(zone)
    if answers.encrypted:
        chosen["https"] = json.dumps("on")
    lines = [f"{name} = {value}\n" for name, value in (chosen | answers.extra).items()]
    file = answers.home / "settings.toml"
    beside = Path(f"{file}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.writelines(lines)
    beside.replace(file)


def _listen(host: str, port: int) -> str:
    """Empty when it works, else what the system says."""
    server = QTcpServer()
    worked = server.listen(QHostAddress(host), port)
    known = {
        QAbstractSocket.SocketError.AddressInUseError: say("another program has it"),
        QAbstractSocket.SocketError.SocketAccessError: say("ports below 1024 are for administrators"),
    }
    why = known.get(server.serverError()) or server.errorString()
    server.close()
    return "" if worked else why
