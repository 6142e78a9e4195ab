"""The settings as a form made from what the server says there is: checked while one types, written all together or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Card, Page, ask_where, button, row, rule, tell, text
from gui.widgets.setting import SettingLine

_DEBOUNCE = 400  # ms after the last key until the server is asked


class Configuration(Page):
    name = "configuration"

    def __init__(self, desk: Desk):
        self._revert = button(say("Revert"), self.revert)
        self.save_button = button(say("Save"), self.save, "primary")
        self._export = button(say("Export…"), self._ask_export, name=say("Save the settings as a file"))
        self._import = button(say("Import…"), self._ask_import, name=say("Take settings from a file"))
        super().__init__(say("Configuration"), self._import, self._export, self._revert, self.save_button)
        self._desk, self.lines = desk, dict[str, SettingLine]()
        self._asked, self._loaded = 0, False
        self._restart = Card(tone="brand")
        restart = button(say("Restart now"), self._restarted, "primary")
        self._restart.body.addLayout(row(text(say("Saved. It takes effect after a restart."), "strong"), None, restart))
        self._restart.hide()
        self._absent = text("", "soft", wrap=True)
        self._trouble = Card(say("Ingot cannot read its settings"), tone="bad")
        self._why = text("", "", wrap=True, selectable=True)
        self._trouble.body.addWidget(self._why)
        words = say("What can be read stands below. Look through it and save: the file is written anew, and the one there is "
                    "kept beside it.")  # fmt: skip
        self._trouble.body.addWidget(text(words, "soft", wrap=True))
        self._trouble.hide()
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._restart)
        self.body.addWidget(self._absent)
        self._cards: list[Card] = []
        self.body.addStretch(1)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_DEBOUNCE)
        self._typing.timeout.connect(self._check)
        desk.watcher.changed.connect(self._changed)
        self._state()

    def shown(self) -> None:
        if not self.changes()[0] and not self.changes()[1]:
            self.load()

    def load(self) -> None:
        if self._desk.watcher.condition.answers:
            self._desk.client.ask("settings", self._came, self._failed)
        self._state()

    def _changed(self, condition: Condition) -> None:
        """What was typed stays through a restart of the server."""
        if condition.answers and self.isVisible():
            self.shown()
        self._state()

    def _came(self, found: dict[str, Any], keep: bool = False) -> None:
        """`keep`: what somebody typed while the answer was under way stays."""
        settings = found["settings"]
        self._why.setText(str(found.get("trouble") or ""))
        self._trouble.setVisible(bool(found.get("trouble")))
        if [s["name"] for s in settings] != list(self.lines):
            self._lay_out(settings)
        for told in settings:
            self.lines[told["name"]].told = told
            self.lines[told["name"]].show_value(keep)
            self.lines[told["name"]].show_problem(_sentence(str(told.get("problem") or ""), told["name"]))
        self._loaded = True
        self._state()

    def _lay_out(self, settings: list[dict[str, Any]]) -> None:
        for card in self._cards:
            card.deleteLater()
        self._cards, self.lines = [], {told["name"]: SettingLine(told) for told in settings}
        titles = {
            "network": say("Network"), "keeping": say("Where things are kept"), "mail": say("Mail"), "running": say("Operation"),
        }  # fmt: skip
        groups: dict[str, list[str]] = {}
        for told in settings:
            groups.setdefault(told["group"], []).append(told["name"])
        for group, names in groups.items():
            card = Card(titles.get(group) or say("More"))
            card.body.setSpacing(2)
            for place, name in enumerate(names):
                if place:
                    card.body.addWidget(rule())
                card.body.addWidget(self.lines[name])
                self.lines[name].edited.connect(self._edited)
            self._cards.append(card)
            self.body.insertWidget(self.body.count() - 1, card)

    # ---- changing

    def changes(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What is to be written, and what cannot be a value at all, by name."""
        values, wrong = {}, {}
        for name, line in self.lines.items():
            try:
                if changed := line.change():
                    values[name] = changed[0]
            except ValueError as error:
                wrong[name] = str(error)
        return values, wrong

    def revert(self) -> None:
        for line in self.lines.values():
            line.show_value()
            line.show_problem("")
        self._state()

    def save(self) -> None:
        values, wrong = self.changes()
        if wrong:
            self._show_problems(wrong)
            return
        self.save_button.setEnabled(False)
        self._desk.client.tell("settings", lambda found: self._saved(found, values), self._failed, values=values)

    # ---- to a file, and from one

    def _ask_export(self) -> None:
        ask_where(self, say("Save the settings as a file"), "ingot-settings.toml", self.export_to)

    def export_to(self, place: str) -> None:
        """Without what is secret: the file may travel."""

        def came(found: dict[str, str]) -> None:
            try:
                Path(place).write_text(found["toml"], "utf-8")
            except OSError as error:
                self.about(say("{file} cannot be written: {why}", file=place, why=texts.why(error)))
            else:
                self.about(say("Saved as {file}, without what is secret.", file=place))

        self._desk.client.ask("settings.export", came, self._failed, secrets="no")

    def _ask_import(self) -> None:
        dialog = QFileDialog(self, say("Take settings from a file"), str(Path.home()), "TOML (*.toml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.import_from)
        dialog.open()

    def import_from(self, place: str) -> None:
        """All of it, or nothing while there is one problem in it."""
        try:
            toml = Path(place).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.about(say("{file} cannot be read: {why}", file=place, why=texts.why(error)))
            return

        def came(found: dict[str, Any]) -> None:
            if found["written"]:
                self._saved(found, {})
            else:
                problems = [f"{name}: {_sentence(why, name)}" for name, why in found["problems"].items()]
                tell(self, say("Nothing was taken over"), "\n".join(problems))

        def refused(trouble: Trouble) -> None:
            tell(self, say("Nothing was taken over"), trouble.message)

        self._desk.client.tell("settings.import", came, refused, toml=toml)

    def _edited(self) -> None:
        self._typing.start()
        self._state()

    def _check(self) -> None:
        values, wrong = self.changes()
        self._asked += 1
        number = self._asked
        if not values or not self._desk.watcher.condition.answers:
            self._show_problems(wrong)
            return

        def checked(found: dict[str, Any]) -> None:
            if number == self._asked:  # else somebody typed on
                self._show_problems(found["problems"] | wrong)

        def not_checked(trouble: Trouble) -> None:
            if number == self._asked:
                self._show_problems(wrong)
                self.about(trouble.message)

        self._desk.client.tell("settings", checked, not_checked, values=values, dry_run=True)

    def _saved(self, found: dict[str, Any], values: dict[str, Any]) -> None:
        """What was written is known at once: who types on before the server has told it all anew sees no change of before."""
        self._asked += 1
        self._show_problems(found["problems"])
        if not found["written"]:
            return
        for name, value in values.items():
            self.lines[name].told = self.lines[name].told | {"written": value}
        if found["restart"] or found.get("aside"):
            self._restart.show()
        if found.get("aside"):
            tell(self, say("The settings are written anew"), say("The file as it was: {file}", file=found["aside"]))
        self._desk.client.ask("settings", lambda now: self._came(now, keep=True), self._failed)

    def _failed(self, trouble: Trouble) -> None:
        self.about(trouble.message)
        self.save_button.setEnabled(True)

    def _show_problems(self, problems: dict[str, str]) -> None:
        for name, line in self.lines.items():
            line.show_problem(_sentence(problems.get(name, ""), name))
        self._state()

    def _restarted(self) -> None:
        self._restart.hide()
        self._desk.launcher.restart()

    def _state(self) -> None:
        values, wrong = self.changes()
        count = len(values) + len(wrong)
        answers = self._desk.watcher.condition.answers
        problems = any(line.problem.text() for line in self.lines.values())
        self._revert.setEnabled(bool(count))
        mends = self._trouble.isVisibleTo(self)
        self.save_button.setEnabled((bool(count) or mends) and not problems and answers)
        self._absent.setVisible(not answers)
        self._absent.setText(
            say("Settings can be changed while Ingot runs. They lie in {file}.", file=self._desk.home / "settings.toml")
        )
        if problems:
            self.about(say("Something is not right yet; nothing was written."))
        elif count:
            self.about(
                say("1 change, not saved yet") if count == 1 else say("{count} changes, not saved yet", count=count)
            )
        else:
            self.about(say("As it is saved") if self._loaded and not mends else "")


def _sentence(problem: str, name: str) -> str:
    """Beside the field nobody needs to be told which one it is."""
    plain = problem.removeprefix(f"--{name}: ").removeprefix(f"{name} ")
    return texts.retold(plain)
