"""One question of the wizard, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.looks import Looks
from gui.widgets.parts import text

GoOn = Callable[[], None]


@dataclass
class Answers:
    """What has been said so far. `desk` is there from the moment on that a server was started."""

    home: Path
    looks: Looks | None = None
    everybody: bool = True
    port: int = 8400
    encrypted: bool = False
    desk: Desk | None = None
    kept: bool = False
    """The folder holds an Ingot already: its settings are left alone."""
    written: set[Path] = field(default_factory=set)
    """The homes whose settings were written here: those may be written again."""
    asked: tuple[object, ...] | None = None
    """What the server that runs was started with."""
    extra: dict[str, str] = field(default_factory=dict)
    """Further settings to write, as they stand in settings.toml."""


class Step(QWidget):
    """`entered` is called whenever somebody comes to it. `leave` tries the answer: it calls `go_on`, at once or later, or `fail`s
    with a sentence. Steps are made when they are needed, so that they speak the language chosen in the first."""

    title = ""
    forward = ""
    """What the button says that leads on; empty for the usual."""

    def __init__(self, answers: Answers, name: str, about: str = ""):
        super().__init__()
        self.answers, self.name = answers, name
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        heading = text(name, "title", wrap=True)
        self.body.addWidget(heading)
        if about:
            self.body.addWidget(text(about, "", wrap=True))
        self.body.addSpacing(6)
        self.problem = text("", "problem", wrap=True, selectable=True)
        self.failed: Callable[[], None] = lambda: None

    def finish(self) -> None:
        """After the parts of the step itself: the place for problems, and the room that is left."""
        self.body.addWidget(self.problem)
        self.body.addStretch(1)
        self.problem.hide()

    def entered(self) -> None: ...

    def leave(self, go_on: GoOn) -> None:
        go_on()

    def fail(self, why: str) -> None:
        self.problem.setText(why)
        self.problem.setVisible(bool(why))
        self.failed()

    def pick(self, *options: tuple[str, str]) -> list[QRadioButton]:
        """One of several, each with a word of explanation; put below one another."""
        group, made = QButtonGroup(self), []
        for words, explained in options:
            one = QRadioButton(words)
            one.setAccessibleName(words)
            one.setAccessibleDescription(explained)
            group.addButton(one)
            self.body.addWidget(one)
            if explained:
                told = text(explained, "help", wrap=True)
                told.setContentsMargins(26, 0, 0, 6)
                self.body.addWidget(told)
            made.append(one)
        return made
