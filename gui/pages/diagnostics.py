"""Versions, places, room, the last errors; and an archive of all that for whoever helps, shown before it is saved."""

from __future__ import annotations

import contextlib
import platform
import threading
from pathlib import Path
from typing import Any

import PySide6
from PySide6.QtCore import QObject, Qt, QUrl, Signal, qVersion
from PySide6.QtGui import QDesktopServices, QFontDatabase
from PySide6.QtWidgets import QDialog, QGridLayout, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from gui import archive, texts
from gui.client import Trouble
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Card, Page, ask_where, button, row, text
from gui.widgets.table import Table

_LINES = 2_000


class Diagnostics(Page):
    name = "diagnostics"

    def __init__(self, desk: Desk):
        self._folder = button(say("Open home folder"), self._open_home)
        self._archive = button(say("Save an archive…"), self._gather, "primary")
        super().__init__(say("Diagnostics"), self._folder, self._archive, scroll=False)
        self.about(say("For whoever helps you: what runs here, where it lies, what went wrong."))
        self._desk = desk
        self._gathered: dict[str, Any] = {}
        self._builder = ArchiveBuilder(self)
        self._builder.built.connect(self._built)
        self._builder.failed.connect(self._failed)
        card = Card(say("What runs here"))
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(20)
        card.body.addLayout(self._facts)
        self.body.addWidget(card)
        errors = Card(say("The last errors"))
        self.errors = Table(say("The last errors"), (say("Time"), say("Component"), say("Message")), wide=2)
        self._no_errors = text(say("There is none in the log."), "soft")
        errors.body.addWidget(self._no_errors)
        errors.body.addWidget(self.errors)
        self.body.addWidget(errors)
        self.body.addStretch(1)
        desk.watcher.changed.connect(self._changed)
        self._show({})

    def shown(self) -> None:
        if self._desk.watcher.condition.answers:
            self._desk.client.ask("diagnostics", self._show)
        else:
            self._show({})

    def _changed(self, _condition: Condition) -> None:
        if self.isVisible():
            self.shown()

    def _show(self, found: dict[str, Any]) -> None:
        self._archive.setEnabled(bool(found) and not self._builder.busy)
        facts = [
            (say("Panel"), say("Qt {qt}, PySide6 {pyside}, Python {python}", qt=qVersion(), pyside=PySide6.__version__,
                               python=platform.python_version())),
            (say("Home folder"), str(self._desk.home)),
        ]  # fmt: skip
        if found:
            disk = found["disk"]
            room = say(
                "{free} of {total} free", free=texts.size(disk["free_bytes"]), total=texts.size(disk["total_bytes"])
            )
            database = found.get("database_bytes")
            facts = [
                ("Ingot", say("{version}, process {pid}, Python {python}", version=found["version"], pid=found["pid"],
                              python=found["python"])),
                (say("System"), found["system"]), (say("Disk"), room),
                (say("Database"), texts.size(database) if database else str(found["settings"].get("database", ""))),
                *facts,
            ]  # fmt: skip
        self._show_facts(facts)
        told = [(e.get("at", ""), e.get("logger", ""), e.get("message", "")) for e in reversed(found.get("errors", []))]
        self.errors.show_rows(told)
        self.errors.setVisible(bool(told))
        self._no_errors.setVisible(not told)

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        while item := self._facts.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for place, (name, value) in enumerate(facts):
            self._facts.addWidget(text(name, "soft"), place, 0)
            self._facts.addWidget(text(value, wrap=True, selectable=True), place, 1)

    # ---- the archive: three questions, one after the other, then a look at it

    def _gather(self) -> None:
        client = self._desk.client

        def diagnostics(found: dict[str, Any]) -> None:
            self._gathered["diagnostics"] = found
            client.ask("settings", settings, self._failed)

        def settings(found: dict[str, Any]) -> None:
            self._gathered["settings"] = found["settings"]
            client.ask("logs", logs, self._failed, level="debug", lines=_LINES)

        def logs(found: dict[str, Any]) -> None:
            known = self._gathered
            self._builder.build(known["diagnostics"], known["settings"], found["lines"], self._desk.home)

        self._archive.setEnabled(False)
        client.ask("diagnostics", diagnostics, self._failed)

    def _built(self, files: dict[str, str]) -> None:
        self._archive.setEnabled(True)
        Preview(self, files).open()

    def _failed(self, trouble: Trouble) -> None:
        self._archive.setEnabled(True)
        self.about(trouble.message)

    def _open_home(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._desk.home)))


class ArchiveBuilder(QObject):
    """Reads and redacts in a thread of its own: megabytes of log take seconds, in which the window must answer."""

    built = Signal(object)  # {name: text}
    failed = Signal(object)  # Trouble

    def __init__(self, parent: QObject):
        super().__init__(parent)
        self.busy = False

    def build(self, *gathered: Any) -> None:
        if not self.busy:
            self.busy = True
            threading.Thread(target=self._work, args=gathered, name="archive", daemon=True).start()

    def _work(self, *gathered: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the window is gone: nobody waits
            try:
                files = archive.contents(*gathered)
            except Exception as error:
                self.busy = False
                self.failed.emit(Trouble("crashed", f"{type(error).__name__}: {error}"))
            else:
                self.busy = False
                self.built.emit(files)


class Preview(QDialog):
    """Every file of the archive, to read before it is saved."""

    def __init__(self, parent: QWidget, files: dict[str, str]):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(say("What the archive holds"))
        self.resize(820, 560)
        self._files = files
        self._list, self._content = QListWidget(), QPlainTextEdit()
        self._list.setProperty("role", "list")
        self._list.setAccessibleName(say("Files in the archive"))
        self._list.setMaximumWidth(190)
        self._list.addItems(list(files))
        self._content.setReadOnly(True)
        self._content.setTabChangesFocus(True)
        self._content.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._content.setAccessibleName(say("Content of the file"))
        self._list.currentTextChanged.connect(lambda name: self._content.setPlainText(files.get(name, "")))
        self._list.setCurrentRow(0)
        self._said = text("", "soft", wrap=True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 18, 20, 16)
        whole.addWidget(text(say("What the archive holds"), "cardtitle"))
        whole.addWidget(
            text(
                say("Passwords and tokens are taken out. Look through it: names of people may stand in the log."),
                wrap=True,
            )
        )
        line = row(self._list, self._content)
        line.setStretch(1, 1)
        whole.addLayout(line, 1)
        whole.addLayout(
            row(self._said, None, button(say("Close"), self.reject), button(say("Save…"), self._ask_where, "primary"))
        )

    def _ask_where(self) -> None:
        ask_where(self, say("Save the archive"), "ingot-diagnostics.zip", self.save_to)

    def save_to(self, place: str) -> None:
        try:
            archive.write(Path(place), self._files)
            self._said.setText(say("Saved in {file}", file=place))
        except OSError as error:
            self._said.setText(say("{file} cannot be written: {why}", file=place, why=texts.why(error)))
