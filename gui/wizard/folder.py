"""Where everything is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit

from gui import places, texts
from gui.texts import say
from gui.widgets.parts import button, row, text
from gui.wizard.step import Answers, GoOn, Step

_LEAST = 500 * 1024 * 1024  # bytes free; below that a team would soon stand still


class FolderStep(Step):
    def __init__(self, answers: Answers):
        super().__init__(
            answers, say("Where is everything kept?"),
            say("Records, files, settings and backups lie in one folder, the home. It belongs on a disk of this computer."),
        )  # fmt: skip
        self.edit = QLineEdit(str(answers.home))
        self.edit.setAccessibleName(say("Home folder"))
        self.edit.textChanged.connect(lambda _: self._look())
        line = row(self.edit, button(say("Choose…"), self._choose, name=say("Choose another folder")))
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self._found = text("", "help", wrap=True)
        self.body.addWidget(self._found)
        self.finish()
        self._look()

    def _typed(self) -> Path:
        place = Path(self.edit.text().strip())
        try:
            return place.expanduser()
        except RuntimeError:  # ~ of somebody nobody knows: no whole path
            return place

    def leave(self, go_on: GoOn) -> None:
        home = self._typed()
        if why := obstacle(home):
            self.fail(why)
            return
        self.fail("")
        self.answers.home = home.resolve()
        known = (home / "settings.toml").exists() or (home / "ingot.db").exists()
        self.answers.kept = known and self.answers.home not in self.answers.written
        go_on()

    def _look(self) -> None:
        """What can be said of it while one types, without touching anything."""
        home = self._typed()
        self.problem.hide()
        if places.lived_in(home):
            self._found.setText(say("There is an Ingot in it already: it is taken over as it is."))
        elif home.is_absolute() and (there := _nearest(home)):
            self._found.setText(say("{free} free on this disk.", free=texts.size(shutil.disk_usage(there).free)))
        else:
            self._found.setText("")

    def _choose(self) -> None:
        dialog = QFileDialog(self, say("Home folder"), self.edit.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.edit.setText)
        dialog.open()


def obstacle(home: Path) -> str:
    """Why this folder cannot be a home, as a sentence with the remedy; empty when it can. Makes nothing."""
    if not home.is_absolute():
        return say("Give the whole path, one that begins at the root of the disk.")
    there = _nearest(home)
    if there is None:
        return say("There is no such place; choose another folder.")
    if not there.is_dir():
        return say("{place} is a file; choose a folder.", place=there)
    if not os.access(there, os.W_OK | os.X_OK):
        return say("You may not write in {place}; choose another folder, or ask whoever owns it.", place=there)
    if there == home and any(home.iterdir()) and not places.lived_in(home):
        return say("There is something else in this folder; choose an empty one, or a new one inside it.")
    if shutil.disk_usage(there).free < _LEAST:
        return say("There is too little room on this disk: {size} at least.", size=texts.size(_LEAST))
    return ""


def _nearest(home: Path) -> Path | None:
    """The folder itself, or the deepest one above it that exists."""
    try:
        return next((place for place in (home, *home.parents) if place.exists()), None)
    except OSError:
        return None
