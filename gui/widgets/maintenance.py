"""Closing the box for a while: what people read meanwhile, from when and until when; and opening it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QDateTimeEdit, QDialog, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from gui import texts
from gui.client import ControlClient, Trouble
from gui.texts import say
from gui.widgets.parts import Card, button, row, text


class Maintenance(Card):
    """Seen while the box is closed, or announced to be."""

    def __init__(self, client: ControlClient):
        super().__init__(tone="warn")
        self._client = client
        self._title, self._words = text("", "cardtitle"), text("", "", wrap=True)
        self.problem = text("", "problem", wrap=True)
        self.body.addWidget(self._title)
        self.body.addWidget(self._words)
        self.body.addWidget(self.problem)
        self._end = button("", self.end, "primary")
        self.body.addLayout(row(self._end, None))
        self.hide()

    def look(self) -> None:
        self._client.ask("maintenance", self.show_plan, lambda _: self.hide())

    def show_plan(self, plan: dict[str, Any]) -> None:
        closed = bool(plan["closed"])
        words = say("Open again") if closed else say("Do not close it")
        self._title.setText(
            say("Closed for maintenance") if closed else say("Maintenance begins {moment}", moment=_moment(plan["at"]))
        )
        until = say("Announced until {moment}.", moment=_moment(plan["until"])) if plan["until"] else ""
        told = say("People read: {message}", message=plan["message"]) if plan["message"] else ""
        waiting = say("Nobody but you gets in; jobs wait.") if closed else say("Open pages tell of it already.")
        self._words.setText(" ".join(part for part in (waiting, until, told) if part))
        self._end.setText(words)
        self._end.setAccessibleName(words)
        self.problem.hide()
        self.setVisible(bool(plan["on"]))

    def end(self) -> None:
        self._client.tell("maintenance", self.show_plan, self._failed, on=False)

    def _failed(self, trouble: Trouble) -> None:
        self.problem.setText(trouble.message)
        self.problem.show()


class PlanMaintenance(QDialog):
    """Asks for it. A refusal keeps what was typed; `done` gets the plan that holds."""

    def __init__(self, parent: QWidget, client: ControlClient, done: Callable[[dict[str, Any]], None]):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(say("Close for maintenance"))
        self.setMinimumWidth(460)
        self._client, self._done = client, done
        whole = QVBoxLayout(self)
        whole.setContentsMargins(22, 20, 22, 18)
        whole.setSpacing(8)
        whole.addWidget(text(say("Close for maintenance"), "cardtitle"))
        about = say("Everybody sees a page that says so, programs are told when to come again, and jobs wait. Nothing is lost; "
                    "it opens again when you say so.")  # fmt: skip
        whole.addWidget(text(about, wrap=True))
        self.message = QLineEdit()
        self.message.setAccessibleName(say("What people read"))
        self.message.setPlaceholderText(say("such as: We are moving to a bigger disk."))
        whole.addWidget(text(say("What people read"), "strong"))
        whole.addWidget(self.message)
        self.now, self.later = QRadioButton(say("At once")), QRadioButton(say("Announced, from"))
        self.at, self.until = _when(say("Begins"), 3600), _when(say("Ends"), 7200)
        self.now.setChecked(True)
        self.at.setEnabled(False)
        self.later.toggled.connect(self.at.setEnabled)
        whole.addWidget(self.now)
        whole.addLayout(row(self.later, self.at, None))
        whole.addLayout(row(text(say("People are told it lasts until"), "strong"), self.until, None))
        self.problem = text("", "problem", wrap=True)
        whole.addWidget(self.problem)
        self.go = button(say("Close it"), self._close_it, "danger")
        whole.addLayout(row(None, button(say("Cancel"), self.reject), self.go))

    def _close_it(self) -> None:
        at = _wire(self.at) if self.later.isChecked() else None
        self._client.tell(
            "maintenance", self._closed, lambda trouble: self.problem.setText(trouble.message),
            on=True, message=self.message.text(), at=at, until=_wire(self.until),
        )  # fmt: skip

    def _closed(self, plan: dict[str, Any]) -> None:
        self.accept()
        self._done(plan)


def _when(name: str, ahead: int) -> QDateTimeEdit:
    edit = QDateTimeEdit(QDateTime.currentDateTime().addSecs(ahead))
    edit.setAccessibleName(name)
    edit.setCalendarPopup(True)
    edit.setLocale(texts.locale())
    return edit


def _wire(edit: QDateTimeEdit) -> str:
    return str(edit.dateTime().toUTC().toString(Qt.DateFormat.ISODate))


def _moment(wire: object) -> str:
    at = QDateTime.fromString(str(wire or ""), Qt.DateFormat.ISODate).toLocalTime()
    return texts.locale().toString(at, texts.locale().FormatType.ShortFormat) if at.isValid() else "–"
