"""Shall it be there when the computer is?"""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from gui.texts import say
from gui.widgets.parts import text
from gui.wizard.step import Answers, GoOn, Step


class BootStep(Step):
    def __init__(self, answers: Answers):
        super().__init__(answers, say("Should it start by itself?"))
        assert answers.desk
        self._service = answers.desk.service
        self.yes, self.no = self.pick(
            (say("Yes, with the computer"), say("It is there after a power cut and before anybody signs in.")),
            (say("No, somebody starts it in this panel"), ""),
        )
        (self.yes if self._service.found.on else self.no).setChecked(True)
        plan = self._service.plans[0]
        self._shown = QPlainTextEdit(plan.text)
        self._shown.setReadOnly(True)
        self._shown.setAccessibleName(say("The text of the file"))
        self._shown.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._shown.setMaximumHeight(190)
        self._shown.setTabChangesFocus(True)
        self._where = text(say("This is written to {file}:", file=plan.file), "soft", wrap=True)
        for part in (self._where, self._shown):
            self.body.addWidget(part)
            part.setVisible(self.yes.isChecked())
            self.yes.toggled.connect(part.setVisible)
        self.finish()
        self._go_on: GoOn | None = None
        self._service.done.connect(self._done)
        self._service.failed.connect(self._failed)

    def leave(self, go_on: GoOn) -> None:
        self.problem.hide()
        if self.no.isChecked() or self._service.found.on:
            go_on()
            return
        self._go_on = go_on
        self._service.switch_on(self._service.plans[0])

    def _done(self) -> None:
        """What runs was started by hand; handed over now, it is the service's from here on."""
        if self._go_on and self.answers.desk:
            go_on, self._go_on = self._go_on, None
            self.answers.desk.launcher.restart()
            go_on()

    def _failed(self, why: str) -> None:
        self._go_on = None
        self.no.setChecked(True)
        self.fail(why + " " + say("You can go on without it."))
