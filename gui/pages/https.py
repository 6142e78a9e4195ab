"""HTTPS by one switch: the certificate, the authority that phones and PCs must know once, or a certificate of one's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Card, Page, Pill, ask, ask_where, button, copy, row, text

_OWN = ("certificate", "certificate_key", "certificate_password")


class Https(Page):
    name = "https"

    def __init__(self, desk: Desk):
        self._off = button(say("Switch off…"), self._ask_off, "danger")
        self._on = button(say("Switch on…"), self._ask_on, "primary")
        super().__init__("HTTPS", self._off, self._on)
        self._desk, self._told = desk, dict[str, Any]()
        self.body.addWidget(self._how_it_is())
        self.body.addWidget(self._authority())
        self.body.addWidget(self._of_ones_own())
        self.body.addStretch(1)
        desk.watcher.changed.connect(self._changed)
        self._show()

    def _how_it_is(self) -> Card:
        card = Card(say("How it is"))
        self._pill, self._words = Pill(), text("", "strong", wrap=True)
        self._facts, self.problem = text("", "", wrap=True, selectable=True), text("", "problem", wrap=True)
        line = row(self._pill, self._words, gap=10)
        line.setStretch(1, 1)
        card.body.addLayout(line)
        for part in (self._facts, self.problem):
            card.body.addWidget(part)
        self._renew = button(say("Renew now"), self._renewed, name=say("Renew the certificate now"))
        card.body.addLayout(row(self._renew, None))
        return card

    def _authority(self) -> Card:
        self._trust = card = Card(say("So that phones and PCs trust it"))
        about = say("Each device is shown the box's authority once; from then on its browser no longer warns. The page explains "
                    "how, for each system.")  # fmt: skip
        card.body.addWidget(text(about, wrap=True))
        self._link = text("", "strong", selectable=True)
        self._copy: QPushButton = button(
            say("Copy"), lambda: copy(self._link.text(), self._copy), name=say("Copy the address")
        )
        line = row(self._link, self._copy, None)
        card.body.addLayout(line)
        self._print = text("", "mono", wrap=True, selectable=True)
        card.body.addWidget(self._print)
        card.body.addLayout(
            row(
                button(say("Open the page"), lambda: QDesktopServices.openUrl(QUrl(self._link.text()))),
                button(say("Save the authority…"), self._ask_where),
                None,
            )
        )
        return card

    def _of_ones_own(self) -> Card:
        card = Card(say("A certificate of your own"))
        card.body.addWidget(
            text(
                say("From your IT or a public authority: a PEM file with its chain and its key, or one PFX file."),
                wrap=True,
            )
        )
        labels = (say("Certificate"), say("Key, if it lies in a file of its own"), say("Password, if it has one"))
        self.edits = {name: QLineEdit() for name in _OWN}
        self._verdict: QLabel = text("", "", wrap=True)
        self.edits["certificate_password"].setEchoMode(QLineEdit.EchoMode.Password)
        for label, (name, edit) in zip(labels, self.edits.items(), strict=True):
            above = text(label, "strong")
            above.setBuddy(edit)
            edit.setAccessibleName(label)
            edit.textChanged.connect(lambda _: self._verdict.setText(""))
            card.body.addWidget(above)
            if name == "certificate_password":
                card.body.addWidget(edit)
            else:
                choose = button(say("Choose…"), partial(self._choose, edit), name=f"{label}: {say('Choose…')}")
                line = row(edit, choose)
                line.setStretch(0, 1)
                card.body.addLayout(line)
        card.body.addWidget(self._verdict)
        self._use = button(say("Check and use it…"), self._check_own)
        self._back_to_local = button(say("Use one made here again…"), self._ask_local)
        card.body.addLayout(row(self._use, self._back_to_local, None))
        return card

    # ---- what there is

    def shown(self) -> None:
        if self._desk.watcher.condition.serves:
            self._desk.client.ask("certificate", self._came, self._failed)

    def _changed(self, _condition: Condition) -> None:
        if self.isVisible():
            self.shown()
        self._show()

    def _came(self, told: dict[str, Any]) -> None:
        self._told = told
        self._show()

    def _failed(self, trouble: Trouble) -> None:
        self.about(trouble.message)

    def _show(self) -> None:
        told, answers = self._told, self._desk.watcher.condition.serves
        on = told.get("https") == "on"
        self.about("" if answers else say("Ingot must run for this."))
        self._on.setVisible(not on)
        self._off.setVisible(on)
        for part in (self._on, self._off, self._use, self._renew):
            part.setEnabled(answers and bool(told))
        self._pill.show_as(say("On") if on else say("Off"), "ok" if on else "warn")
        if not on:
            self._words.setText(say("What people see and type crosses the network readable."))
        elif told.get("kind") == "own":
            self._words.setText(say("Encrypted, with your own certificate."))
        else:
            self._words.setText(say("Encrypted, with a certificate made here. It renews itself."))
        self._facts.setText(_facts(told))
        self._facts.setVisible(on)
        self.problem.setText(str(told.get("problem") or ""))
        self.problem.setVisible(bool(told.get("problem")))
        local = on and told.get("kind") == "local"
        self._renew.setVisible(local)
        self._trust.setVisible(local)
        self._link.setText(str(told.get("trust_url") or ""))
        self._print.setText(say("Fingerprint: {digits}", digits=told.get("fingerprint") or "–"))
        self._back_to_local.setVisible(on and told.get("kind") == "own")

    # ---- what can be done

    def _ask_on(self) -> None:
        words = say("Ingot restarts. Its address then begins with https; bookmarks with http lead to a page that says so. "
                    "Programs need the authority's file, too.")  # fmt: skip
        ask(self, say("Switch HTTPS on?"), words, say("Switch on and restart"), lambda: self.write({"https": "on"}))

    def _ask_off(self) -> None:
        words = say("What people see and type crosses the network readable from then on. Ingot restarts.")
        ask(self, say("Switch HTTPS off?"), words, say("Switch off and restart"),
            lambda: self.write({"https": None}), danger=True)  # fmt: skip

    def _ask_local(self) -> None:
        words = say("Devices then need the authority of this box. Ingot restarts.")
        values = dict.fromkeys(_OWN)
        ask(self, say("Use a certificate made here?"), words, say("Use it and restart"), lambda: self.write(values))

    def write(self, values: dict[str, Any]) -> None:
        """Into the settings, and a restart; a refusal stands where the problem is."""

        def written(found: dict[str, Any]) -> None:
            if found["written"]:
                self._desk.launcher.restart()
            else:
                self.problem.setText(" ".join(texts.retold(why) for why in found["problems"].values()))
                self.problem.show()

        self._desk.client.tell("settings", written, self._failed, values=values)

    def _renewed(self) -> None:
        self._renew.setEnabled(False)
        self._desk.client.tell("certificate.renew", self._came, self._failed)

    def _check_own(self) -> None:
        chosen: dict[str, Any] = {name: edit.text().strip() for name, edit in self.edits.items()}

        def checked(found: dict[str, Any]) -> None:
            if found["problem"]:
                self._verdict.setText(str(found["problem"]))
                return
            names = ", ".join(found["names"])
            words = say("It is for {names}, until {day}. Ingot restarts.", names=names, day=_day(found["not_after"]))
            values = {"https": "on"} | {name: value or None for name, value in chosen.items()}
            ask(self, say("Use this certificate?"), words, say("Use it and restart"), lambda: self.write(values))

        self._desk.client.tell("certificate.check", checked, self._failed, **chosen)

    def _choose(self, edit: QLineEdit) -> None:
        dialog = QFileDialog(self, say("Certificate"), edit.text() or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(edit.setText)
        dialog.open()

    def _ask_where(self) -> None:
        ask_where(self, say("Save the authority…"), "ingot-authority.crt", self.save_to)

    def save_to(self, place: str) -> None:
        try:
            Path(place).write_bytes(Path(str(self._told["authority_file"])).read_bytes())
        except OSError as error:
            self.about(say("{file} cannot be written: {why}", file=place, why=texts.why(error)))
        else:
            self.about(say("Saved as {file}.", file=place))


def _facts(told: dict[str, Any]) -> str:
    if not told.get("names"):
        return ""
    return say("For {names}; until {day}.", names=", ".join(told["names"]), day=_day(told["not_after"]))


def _day(moment: object) -> str:
    at = QDateTime.fromString(str(moment or ""), Qt.DateFormat.ISODate).toLocalTime()
    return texts.locale().toString(at.date(), texts.locale().FormatType.ShortFormat) if at.isValid() else "–"
