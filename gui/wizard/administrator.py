"""The first administrator. The server starts while the name is being typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QLineEdit

from gui import words
from gui.client import Trouble
from gui.desk import Desk, open_desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Pill, row, text
from gui.wizard.step import Answers, GoOn, Step

UP = ("running", "degraded")


class AdministratorStep(Step):
    def __init__(self, answers: Answers):
        super().__init__(
            answers, say("Who looks after it?"), say("The first administrator invites the others, in the browser.")
        )
        self.pill = Pill()
        self.body.addLayout(row(self.pill, None))
        self.email, self.person, self.password, self.again = (QLineEdit() for _ in range(4))
        for edit in (self.password, self.again):
            edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._form = []
        for label, edit in (
            (say("Name"), self.person), (say("Email"), self.email),
            (say("Password"), self.password), (say("Password once more"), self.again),
        ):  # fmt: skip
            above = text(label, "strong")
            above.setBuddy(edit)
            edit.setAccessibleName(label)
            self.body.addWidget(above)
            self.body.addWidget(edit)
            self._form += [above, edit]
        self._owned: bool | None = None
        self._desk: Desk | None = None
        self._waiting: GoOn | None = None
        self.finish()

    def entered(self) -> None:
        """Start the server, or start it anew when what it is to do was changed a step back."""
        answers, self._waiting = self.answers, None
        asked = (answers.home, answers.everybody, answers.port, answers.encrypted)
        left = answers.desk if answers.desk and answers.desk.home != answers.home else None
        if answers.desk is None or left:
            answers.desk = open_desk(answers.home, answers.looks)
            answers.desk.watcher.start()
        desk = answers.desk
        if self._desk is not desk:
            if self._desk:
                self._desk.watcher.changed.disconnect(self._changed)
            self._desk, self._owned = desk, None
            desk.watcher.changed.connect(self._changed)
        alive, launcher = desk.watcher.condition.alive, desk.launcher
        if left and left.watcher.condition.alive:
            end(left, launcher.start)  # not before it has gone: the two may want the same port
        elif alive and answers.asked not in (None, asked):
            launcher.stop(launcher.start)
        elif not alive:
            launcher.start()
        else:
            self._ask_for_owner(desk)
        answers.asked = asked
        self._changed(desk.watcher.condition)
        self.person.setFocus()

    def leave(self, go_on: GoOn) -> None:
        """Waits for a server that is still starting; starts one anew that could not."""
        desk = self.answers.desk
        assert desk
        if self._owned:
            go_on()
        elif self.password.text() != self.again.text():
            self.fail(say("The two passwords are not the same."))
        elif desk.watcher.condition.kind in UP:
            self.fail("")
            desk.client.tell(
                "users.first", lambda _: self._made(go_on), self._refused,
                email=self.email.text(), name=self.person.text() or self.email.text(), password=self.password.text(),
            )  # fmt: skip
        else:
            self._waiting = go_on
            if desk.watcher.condition.kind in ("stopped", "killed") or (
                desk.watcher.condition.kind == "blocked" and not desk.watcher.condition.alive
            ):
                desk.launcher.start()
            elif desk.watcher.condition.kind == "blocked":
                desk.launcher.stop(desk.launcher.start)

    def _made(self, go_on: GoOn) -> None:
        self._owned = True
        go_on()

    def _refused(self, trouble: Trouble) -> None:
        self.fail(trouble.message)

    def _changed(self, condition: Condition) -> None:
        told = words.tell(condition)
        self.pill.show_as(told.word, told.tone)
        if condition.kind in UP:
            self.problem.hide()
            assert self.answers.desk
            self._ask_for_owner(self.answers.desk)
            if self._waiting and self.isVisible():  # else somebody went back meanwhile
                go_on, self._waiting = self._waiting, None
                self.leave(go_on)
        elif condition.kind in ("blocked", "killed", "frozen") and (self.isVisible() or self._waiting):
            self._waiting = None
            self.fail(f"{told.cause} {told.remedy}".strip())

    def _ask_for_owner(self, desk: Desk) -> None:
        def came(found: dict[str, Any]) -> None:
            if desk is not self._desk:
                return
            self._owned = bool(found["claimed"])
            for part in self._form:
                part.setVisible(not self._owned)
            if self._owned:
                self.problem.setText(say("This Ingot has its administrators already."))
                self.problem.show()

        if self._owned is None:
            desk.client.ask("users", came)


def end(desk: Desk, then: Callable[[], None]) -> None:
    """Another home was chosen: the server that was started on the first one ends again."""

    def gone() -> None:
        desk.watcher.stop()
        then()

    desk.launcher.stop(gone)
