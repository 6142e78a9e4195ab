"""Cards, pills, buttons, headings: the small parts that all pages share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.texts import say


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property the style sheet looks at, and have it look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def text(words: str = "", role: str = "", wrap: bool = False, selectable: bool = False) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(wrap)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def button(words: str, pressed: Callable[[], object], tone: str = "", name: str = "") -> QPushButton:
    made = QPushButton(words)
    made.setProperty("tone", tone)
    made.setAccessibleName(name or words)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.clicked.connect(lambda: pressed())
    return made


def choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.view().setAccessibleName(name)
    return made


def row(*parts: QWidget | None, gap: int = 8) -> QHBoxLayout:
    """Side by side; None is what takes the room that is left."""
    line = QHBoxLayout()
    line.setSpacing(gap)
    line.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        if part is None:
            line.addStretch(1)
        else:
            line.addWidget(part)
    return line


def rule() -> QFrame:
    line = QFrame()
    line.setProperty("role", "rule")
    return line


class Pill(QLabel):
    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_as(self, words: str, tone: str) -> None:
        self.setText(words)
        mark(self, "tone", tone)


class Card(QFrame):
    def __init__(self, title: str = "", tone: str = ""):
        super().__init__()
        self.setProperty("role", "card")
        self.setProperty("tone", tone)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 14, 16, 14)
        self.body.setSpacing(8)
        self.head = QHBoxLayout()
        if title:
            self.head.addWidget(text(title, "cardtitle"))
            self.head.addStretch(1)
            self.body.addLayout(self.head)


class Page(QWidget):
    """A title, what can be done, and what there is to see. `shown` is called whenever somebody comes to look."""

    name = ""

    def __init__(self, title: str, *actions: QWidget, scroll: bool = True):
        super().__init__()
        self.title, self.subtitle = text(title, "title", wrap=True), text("", "soft", wrap=True)
        heads = QVBoxLayout()
        heads.setSpacing(2)
        heads.addWidget(self.title)
        heads.addWidget(self.subtitle)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        for action in actions:
            self._actions.addWidget(action, 0, Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.addLayout(heads, 1)
        top.addLayout(self._actions)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 18)
        whole.setSpacing(14)
        whole.addLayout(top)
        content = QWidget()
        content.setProperty("role", "content")
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(12)
        if scroll:
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setAccessibleName(title)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus, and it follows
            area.setWidget(content)
            whole.addWidget(area, 1)
        else:
            whole.addWidget(content, 1)

    def shown(self) -> None: ...

    def hidden(self) -> None: ...

    def about(self, words: str) -> None:
        self.subtitle.setText(words)
        self.subtitle.setVisible(bool(words))


def copy(words: str, said_on: QPushButton | None = None) -> None:
    """Into the clipboard; the button says so for a moment."""
    QGuiApplication.clipboard().setText(words)
    if said_on:
        before = said_on.property("words") or said_on.text()
        said_on.setProperty("words", before)
        said_on.setText(say("Copied"))
        QTimer.singleShot(1500, said_on, lambda: said_on.setText(str(before)))


def ask(
    parent: QWidget,
    title: str,
    words: str,
    yes: str,
    then: Callable[[], object],
    danger: bool = False,
    option: QCheckBox | None = None,
) -> QMessageBox:
    """A question in a box; the panel goes on meanwhile. `then` is called on the yes alone. An `option` stands below the
    words; whoever asks keeps it, and looks at it in `then`."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning if danger else QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(title)
    box.setInformativeText(words)
    if option:
        box.setCheckBox(option)
    go = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    go.setProperty("tone", "danger" if danger else "primary")
    no = box.addButton(say("Cancel"), QMessageBox.ButtonRole.RejectRole)
    for part in (go, no):
        part.setAccessibleName(part.text())
    box.setDefaultButton(no if danger else go)
    box.setEscapeButton(no)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.buttonClicked.connect(lambda pressed: then() if pressed is go else None)
    box.open()
    return box


def tell(parent: QWidget, title: str, words: str) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.Information, title, title, QMessageBox.StandardButton.NoButton, parent)
    box.setInformativeText(words)
    box.addButton(say("Close"), QMessageBox.ButtonRole.AcceptRole).setAccessibleName(say("Close"))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def ask_where(parent: QWidget, title: str, name: str, then: Callable[[str], None]) -> None:
    """Ask for a place to save a file in, without standing still meanwhile; `then` gets the path that was chosen, if any."""
    dialog = QFileDialog(parent, title, str(Path.home() / name))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(then)
    dialog.open()
