"""Start by itself: whether Ingot does, what makes it, shown in full before it is written; switched off again."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from gui import autostart
from gui.autostart import Plan
from gui.desk import Desk
from gui.service import Found
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Card, Page, Pill, ask, button, choice, copy, row, text


class Autostart(Page):
    name = "autostart"

    def __init__(self, desk: Desk):
        self._off = button(say("Switch off…"), self._ask_off, "danger")
        self._on = button(say("Write and switch on"), self._switch_on, "primary")
        super().__init__(say("Autostart"), self._off, self._on, scroll=False)
        self.about(say("So that Ingot is there when the computer is, whether somebody signs in or not."))
        self._desk, self._service = desk, desk.service
        self._problem = text("", "problem", wrap=True, selectable=True)
        self.body.addWidget(self._state())
        self.body.addWidget(self._what_is_written(), 1)
        self._service.changed.connect(self._changed)
        self._service.failed.connect(self._failed)
        self._service.done.connect(lambda: self._show())
        desk.watcher.changed.connect(self._condition)
        self._chosen()

    def _state(self) -> Card:
        card = Card(say("How it is"))
        self._pill, self._words, self._hint = Pill(), text("", "strong", wrap=True), text("", wrap=True)
        self._hand_over = button(say("Restart it as a service…"), self._ask_hand_over)
        line = row(self._pill, self._words, gap=10)
        line.setStretch(1, 1)
        card.body.addLayout(line)
        for part in (self._hint, self._problem):
            card.body.addWidget(part)
        card.body.addLayout(row(self._hand_over, None))
        return card

    def _what_is_written(self) -> Card:
        card = Card(say("What is written"))
        self._way = choice(say("Way"))
        self._way.addItems([_way(plan) for plan in self._service.plans])
        self._way.currentIndexChanged.connect(lambda _: self._chosen())
        self._about_way, self._file = text("", "help", wrap=True), text("", "mono", wrap=True, selectable=True)
        self._text, self._commands = _reading(say("The text of the file")), _reading(say("The commands that run"))
        self._commands.setFixedHeight(84)
        self._copy: QPushButton = button(say("Copy"), self._copied, name=say("Copy the text"))
        self._copy_commands: QPushButton = button(say("Copy"), self._copied_commands, name=say("Copy the commands"))
        for part in (self._way, self._about_way):
            card.body.addWidget(part)
        for label, here, what in (
            (self._file, self._copy, self._text),
            (text(say("Then these commands run:"), "soft"), self._copy_commands, self._commands),
        ):
            line = row(label, here)
            line.setStretch(0, 1)
            card.body.addLayout(line)
            card.body.addWidget(what, 0 if what is self._commands else 1)
        return card

    @property
    def plan(self) -> Plan:
        return self._service.plans[max(self._way.currentIndex(), 0)]

    def shown(self) -> None:
        self._service.look()
        self._show()

    # ---- what is shown

    def _chosen(self) -> None:
        plan = self.plan
        self._file.setText(str(plan.file))
        self._text.setPlainText(plan.text)
        lines = [*plan.switch_on, *plan.extra]
        before = "sudo " if plan.as_root else ""
        self._commands.setPlainText("\n".join(before + " ".join(line) for line in lines))
        self._about_way.setText(_about(plan))
        self._show()

    def _changed(self, found: Found) -> None:
        if found.plan:
            self._way.setCurrentIndex(self._service.plans.index(found.plan))
        self._show()

    def _show(self) -> None:
        found, condition = self._service.found, self._desk.watcher.condition
        written, busy = found.plan, self._service.busy
        stale = written is not None and not written.ours()
        if found.obstacle:
            self._pill.show_as(say("Off"), "warn")
            self._words.setText(found.obstacle)
        elif written and found.on:
            self._pill.show_as(say("On"), "ok")
            self._words.setText(_starts(written, found))
        else:
            self._pill.show_as(say("Off"), "")
            self._words.setText(say("It starts when somebody starts it, and is away after a restart of the computer."))
        outside = bool(written and found.on and condition.alive and not self._service.runs(condition.pid))
        self._hand_over.setVisible(outside and self._service.manages)
        hints = []
        if outside and self._service.manages:
            hints.append(say("What runs now was started by hand. A restart hands it over to the service."))
        if stale:
            hints.append(say("The file that is there was changed, or starts another program; writing replaces it."))
        if autostart.PACKAGED.exists():
            hints.append(say("This machine has an Ingot of its own, too: `sudo ingot status` tells about it."))
        self._hint.setText(" ".join(hints))
        self._hint.setVisible(bool(hints))
        self._problem.setVisible(bool(self._problem.text()))
        other = written is not None and written != self.plan  # two would fight for one home
        self._on.setEnabled(not busy and not other and (not found.on or stale))
        self._off.setEnabled(not busy and written is not None)
        self._way.setEnabled(not busy and written is None and self._way.count() > 1)

    def _failed(self, words: str) -> None:
        self._problem.setText(words)
        self._show()

    def _condition(self, _condition: Condition) -> None:
        if self.isVisible():
            self._show()

    # ---- what can be done

    def _switch_on(self) -> None:
        self._problem.setText("")
        self._service.switch_on(self.plan)
        self._show()

    def _ask_off(self) -> None:
        plan = self._service.found.plan
        if plan:
            words = say("{file} is deleted. What runs now goes on; after a restart of the computer somebody has to start it.",
                        file=plan.file)  # fmt: skip
            ask(self, say("Should Ingot not start by itself any more?"), words, say("Switch off"), self.switch_off)

    def switch_off(self) -> None:
        self._problem.setText("")
        if plan := self._service.found.plan:
            self._service.switch_off(plan)
        self._show()

    def _ask_hand_over(self) -> None:
        words = say("It is away for a few seconds. What is under way is answered first; pages catch up by themselves.")
        ask(self, say("Restart Ingot?"), words, say("Restart"), self._desk.launcher.restart)

    def _copied(self) -> None:
        copy(self.plan.text, self._copy)

    def _copied_commands(self) -> None:
        copy(self._commands.toPlainText(), self._copy_commands)


def _reading(name: str) -> QPlainTextEdit:
    edit = QPlainTextEdit()
    edit.setReadOnly(True)
    edit.setTabChangesFocus(True)
    edit.setAccessibleName(name)
    edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    return edit


def _way(plan: Plan) -> str:
    return {
        "user": say("As your own service, without a password"),
        "system": say("As a service of the machine, with the administrator's password"),
        "launchd": say("As an agent of macOS, at the sign-in"),
        "task": say("As a task of Windows, at the sign-in"),
    }[plan.kind]


def _about(plan: Plan) -> str:
    words = {
        "user": say(
            "It runs under your name. It starts with the machine where lingering is allowed, else when you sign in."
        ),
        "system": say("It runs under your name, too, and starts with the machine in any case."),
    }.get(plan.kind, "")
    return words if plan.tested else say("Prepared after the system's manual, but never tried by its makers.")


def _starts(plan: Plan, found: Found) -> str:
    if plan.kind == "system" or (plan.kind == "user" and found.lingers):
        return say("It starts with the machine, as the service {name}.", name=plan.name)
    return say("It starts when you sign in, as the service {name}.", name=plan.name)
