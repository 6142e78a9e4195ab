"""The wizard's window: the steps at the side, one question beside them, Back and Next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui import drawings
from gui.texts import say
from gui.widgets.parts import button, mark, row, rule, text
from gui.wizard.address import AddressStep
from gui.wizard.administrator import AdministratorStep
from gui.wizard.boot import BootStep
from gui.wizard.folder import FolderStep
from gui.wizard.language import LanguageStep
from gui.wizard.ready import ReadyStep
from gui.wizard.step import Answers, Step


class Wizard(QDialog):
    """Accepted at its end; whoever leaves before finds the control panel on whatever there is by then: see `answers`."""

    def __init__(self, answers: Answers):
        super().__init__()
        self.answers = answers
        self._makers: list[Callable[[], Step]] = [
            lambda: LanguageStep(answers, self._say_anew), lambda: FolderStep(answers), lambda: AddressStep(answers),
            lambda: AdministratorStep(answers), lambda: BootStep(answers), lambda: ReadyStep(answers),
        ]  # fmt: skip
        self.steps: list[Step] = []
        self.setWindowIcon(drawings.mark())
        self.resize(820, 560)
        self.setMinimumSize(720, 520)
        self._stack, self._labels = QStackedWidget(), [text("", "place") for _ in self._makers]
        self.back = button("", self._back)
        self.next = button("", self._forward, "primary")
        self.next.setDefault(True)
        self._lay_out()
        self._say()
        self._enter(0)

    @property
    def step(self) -> Step:
        return self.steps[self._stack.currentIndex()]

    def _lay_out(self) -> None:
        side = QWidget()
        side.setObjectName("side")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(200)
        column = QVBoxLayout(side)
        column.setContentsMargins(20, 22, 16, 20)
        column.setSpacing(10)
        picture, brand = text(), text("Ingot")
        picture.setPixmap(drawings.mark(56).scaled(28, 28, mode=Qt.TransformationMode.SmoothTransformation))
        brand.setObjectName("brand")
        column.addLayout(row(picture, brand, None, gap=10))
        column.addSpacing(14)
        for label in self._labels:
            column.addWidget(label)
        column.addStretch(1)
        right = QVBoxLayout()
        right.setContentsMargins(28, 26, 28, 18)
        right.setSpacing(14)
        right.addWidget(self._stack, 1)
        right.addWidget(rule())
        right.addLayout(row(None, self.back, self.next))
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addLayout(right, 1)

    def _say(self) -> None:
        """All that stands around the steps, in the language of the moment."""
        self.setWindowTitle(say("Set up Ingot"))
        names = (
            say("Language"),
            say("Home folder"),
            say("Address"),
            say("Administrator"),
            say("Autostart"),
            say("Ready"),
        )
        for number, (label, name) in enumerate(zip(self._labels, names, strict=True)):
            label.setText(f"{number + 1}  {name}")
        self._show_place()

    def _show_place(self) -> None:
        at = self._stack.currentIndex()
        for number, label in enumerate(self._labels):
            mark(label, "here", "yes" if number == at else "done" if number < at else "")
        self.back.setText(say("Back"))
        self.back.setAccessibleName(say("Back"))
        self.back.setVisible(0 < at < len(self._makers) - 1)
        words = (self.steps[at].forward if self.steps else "") or say("Next")
        self.next.setText(words)
        self.next.setAccessibleName(words)

    def _say_anew(self) -> None:
        """Those that were answered already are made again when somebody comes to them; the answers stay."""
        old, self.steps = self.steps, [self._makers[0]()]
        self._stack.insertWidget(0, self.steps[0])
        self._stack.setCurrentIndex(0)
        for step in old:
            self._stack.removeWidget(step)
            step.deleteLater()
        self._say()

    def _enter(self, number: int) -> None:
        if number == len(self.steps):
            self.steps.append(self._makers[number]())
            self._stack.addWidget(self.steps[number])
            self.steps[number].failed = lambda: self.next.setEnabled(True)
        self._stack.setCurrentIndex(number)
        self._show_place()
        self.next.setEnabled(True)
        self.steps[number].entered()

    def _back(self) -> None:
        at = self._stack.currentIndex()
        if isinstance(self.steps[at], BootStep):  # it shows the service of one home, and another one may be chosen now
            gone = self.steps.pop()
            self._stack.removeWidget(gone)
            gone.deleteLater()
        self._enter(at - 1)

    def _forward(self) -> None:
        at = self._stack.currentIndex()
        self.next.setEnabled(False)
        try:
            self.steps[at].leave(lambda: self._left(at))
        except Exception:  # one may always try again
            self.next.setEnabled(True)
            raise

    def _left(self, at: int) -> None:
        """Once for each Next: an answer that comes late, after a Back, leads nowhere."""
        if at != self._stack.currentIndex():
            return
        if at + 1 < len(self._makers):
            self._enter(at + 1)
        else:
            self.accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reject()
        event.accept()
