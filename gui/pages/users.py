"""Who has an account, and what whoever owns the box may do without signing in."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.first_admin import FirstAdmin
from gui.widgets.parts import Card, Page, ask, button, copy, row, text
from gui.widgets.table import Table


class Users(Page):
    name = "users"

    def __init__(self, desk: Desk):
        self._reset = button(say("Reset password…"), self._ask_reset)
        self._active = button(say("Disable…"), self._ask_active)
        self._first = button(say("Make the first administrator…"), self._first_admin, "primary")
        self._unlock = button(say("Unlock"), self._do_unlock)
        super().__init__(say("Users"), self._first, self._unlock, self._active, self._reset, scroll=False)
        self._desk = desk
        self._users: list[dict[str, Any]] = []
        self._claimed = True
        self._fresh = Card(tone="brand")
        self._words, self._password = text("", "strong", wrap=True), text("", "mono", selectable=True)
        self._copy = button(say("Copy"), lambda: copy(self._password.text(), self._copy), name=say("Copy the password"))
        self._fresh.body.addWidget(self._words)
        self._fresh.body.addLayout(row(self._password, self._copy, None, button(say("Done"), self._seen)))
        self._fresh.hide()
        self.body.addWidget(self._fresh)
        columns = (say("Name"), say("Email"), say("Roles"), say("State"))
        self.table = Table(say("Users"), columns, wide=1)
        self.table.itemSelectionChanged.connect(self._state)
        self.body.addWidget(self.table, 1)
        desk.watcher.changed.connect(self._changed)
        self._state()

    def shown(self) -> None:
        if self._desk.watcher.condition.serves:
            self._desk.client.ask("users", self._came, self._failed)
        self._state()

    def hidden(self) -> None:
        self._seen()

    def _changed(self, _condition: Condition) -> None:
        if self.isVisible():
            self.shown()
        self._state()

    def _came(self, found: dict[str, Any]) -> None:
        self._users, self._claimed = found["users"], found["claimed"]
        self.table.show_rows([_row(one) for one in self._users])
        active = [one for one in self._users if one["active"]]
        admins = sum(one["admin"] for one in active)
        people = (
            say("1 person can sign in") if len(active) == 1 else say("{count} people can sign in", count=len(active))
        )
        of_them = (
            say("1 of them an administrator") if admins == 1 else say("{count} of them administrators", count=admins)
        )
        locked = sum(one["locked"] for one in active)
        shut = "" if not locked else ", " + say("{count} locked", count=locked)
        self.about(f"{people}, {of_them}{shut}" if active else say("Nobody has an account yet."))
        self._state()

    def _failed(self, trouble: Trouble) -> None:
        self.about(trouble.message)

    def chosen(self) -> dict[str, Any] | None:
        row = self.table.currentRow()
        return self._users[row] if 0 <= row < len(self._users) else None

    def _state(self) -> None:
        answers, one = self._desk.watcher.condition.serves, self.chosen()
        self._first.setVisible(answers and not self._claimed)
        self._reset.setEnabled(answers and one is not None)
        self._active.setEnabled(answers and one is not None)
        self._unlock.setVisible(one is not None and one["locked"])
        self._unlock.setEnabled(answers)
        label = say("Enable") if one and not one["active"] else say("Disable…")
        self._active.setText(label)
        self._active.setAccessibleName(label)
        if not answers:
            self.about(say("Users show here while Ingot runs."))

    # ---- what can be done

    def _ask_reset(self) -> None:
        if one := self.chosen():
            words = say(
                "{name} gets a new password, which is shown here once, and is signed out everywhere.", name=_name(one)
            )
            tokens = QCheckBox(say("Revoke the tokens as well"), self)
            ask(
                self, say("Reset the password?"), words, say("Reset password"),
                lambda: self._do_reset(one, tokens.isChecked()), option=tokens,
            )  # fmt: skip

    def _do_reset(self, one: dict[str, Any], revoke_tokens: bool = False) -> None:
        def done(found: dict[str, Any]) -> None:
            self._words.setText(say("The new password of {name}. It is shown this once.", name=_name(one)))
            self._password.setText(found["password"])
            self._fresh.show()

        self._desk.client.tell("users.reset", done, self._failed, id=one["id"], revoke_tokens=revoke_tokens)

    def _do_unlock(self) -> None:
        if one := self.chosen():
            self._desk.client.tell("users.unlock", lambda _: self.shown(), self._failed, id=one["id"])

    def _seen(self) -> None:
        self._fresh.hide()
        self._password.setText("")

    def _ask_active(self) -> None:
        one = self.chosen()
        if one and one["active"]:
            words = say(
                "{name} cannot sign in any more. Records stay as they are; it can be undone here.", name=_name(one)
            )
            ask(self, say("Disable this account?"), words, say("Disable"), lambda: self._do_active(one), danger=True)
        elif one:
            self._do_active(one)

    def _do_active(self, one: dict[str, Any]) -> None:
        self._desk.client.tell(
            "users.active", lambda _: self.shown(), self._failed, id=one["id"], active=not one["active"]
        )

    def _first_admin(self) -> None:
        FirstAdmin(self, self._desk.client, self.shown).open()


def _name(one: dict[str, Any]) -> str:
    return str(one["name"] or one["email"])


def _row(one: dict[str, Any]) -> tuple[str, str, str, str]:
    state = say("Active") if one["active"] else say("Disabled")
    if one["active"] and not one["has_password"]:
        state = say("No password yet")
    elif one["active"] and one["locked"]:
        state = say("Locked: too many wrong passwords")
    return _name(one), one["email"], ", ".join(texts.label(role) for role in one["roles"]), state
