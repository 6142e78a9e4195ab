"""One setting as a line of a form: what it is called and does, its value, where that comes from, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from gui import texts
from gui.texts import say
from gui.widgets.parts import Pill, button, choice, mark, row, text

DOTS = "••••"


class SettingLine(QWidget):
    """`edited` at each change. `value()` raises ValueError, with a sentence, for what cannot be a value of its kind."""

    edited = Signal()

    def __init__(self, told: dict[str, Any]):
        super().__init__()
        self.told = told
        self.name: str = told["name"]
        self._kind, self._cleared = told["kind"], False
        label = text(texts.label(_name(self.name)), "strong")
        self._editor = self._made_editor()
        self._editor.setAccessibleName(label.text())
        self._editor.setAccessibleDescription(texts.label(told["help"]))
        label.setBuddy(self._editor)
        self._origin, self._changed = Pill(), Pill()
        self._usual = button(say("Default"), self.clear, "quiet", say("Take the default of {name}", name=label.text()))
        stays = self._usual.sizePolicy()
        stays.setRetainSizeWhenHidden(True)  # or the fields would be of two widths
        self._usual.setSizePolicy(stays)
        self._usual.setToolTip(self._written(told["default"]))
        self.problem = text("", "problem", wrap=True)
        help_text = texts.label(told["help"]) + " · " + say("default: {value}", value=self._written(told["default"]))
        self._lay_out(label, text(help_text, "help", wrap=True))
        self.show_value()

    def _lay_out(self, label: QWidget, help_line: QWidget) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 8, 0, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        grid.setColumnMinimumWidth(0, 300)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        grid.addLayout(row(label, self._changed, self._origin, None), 0, 0)
        grid.addWidget(help_line, 1, 0)
        line = row(self._editor, self._usual)
        line.setStretch(0, 1)
        grid.addLayout(line, 0, 1)
        grid.addWidget(self.problem, 1, 1)

    def _made_editor(self) -> QWidget:
        if self._kind == "bool":
            box = QCheckBox(say("On"))
            box.toggled.connect(self._touched)
            return box
        if self.told.get("choices"):
            several = choice(self.name)
            several.addItems([str(one) for one in self.told["choices"]])
            several.currentTextChanged.connect(self._touched)
            return several
        edit = QLineEdit()
        edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        edit.textEdited.connect(self._touched)
        if self._kind == "list":
            edit.setPlaceholderText(say("several, with commas between them"))
        return edit

    # ---- values

    @property
    def kept(self) -> Any:
        """What stands in the file, or is in force."""
        return self.told["value"] if self.told["written"] is None else self.told["written"]

    def value(self) -> Any:
        if isinstance(self._editor, QCheckBox):
            return self._editor.isChecked()
        if isinstance(self._editor, QComboBox):
            return self._editor.currentText()
        assert isinstance(self._editor, QLineEdit)
        words = self._editor.text().strip()
        if self._kind == "list":
            return [word.strip() for word in words.split(",") if word.strip()]
        if self._kind == "int":
            try:
                return int(words.replace(" ", "").replace("\u202f", ""))
            except ValueError:
                raise ValueError(say("must be a whole number")) from None
        return words

    def change(self) -> tuple[Any] | None:
        """What is to be written, in a box of one (None in it takes the setting out of the file); None: nothing changed."""
        if self._cleared:
            return (None,) if self.told["written"] is not None else None
        value = self.value()
        return (value,) if value != self.kept else None

    def changed(self) -> bool:
        try:
            return self.change() is not None
        except ValueError:
            return True

    def clear(self) -> None:
        """Out of the file with it: the default counts again."""
        self._cleared = True
        self._set(self.told["default"])
        self._after()

    def show_value(self, keep: bool = False) -> None:
        """As the server has it; what was typed is forgotten, or kept."""
        if not (keep and self.changed()):
            self._cleared = False
            self._set(self.kept)
        fixed = self.told["origin"] == "environment"
        self._editor.setEnabled(not fixed)
        self._usual.setVisible(not fixed and self.told["written"] is not None)
        self._say_origin()
        self._after(quiet=True)

    def type_in(self, words: str) -> None:
        """As somebody types: for the form's own tests."""
        assert isinstance(self._editor, QLineEdit)
        self._editor.setText(words)
        self._touched()

    def show_problem(self, words: str) -> None:
        self.problem.setText(words)
        mark(self._editor, "wrong", bool(words))

    def _set(self, value: Any) -> None:
        self._editor.blockSignals(True)
        if isinstance(self._editor, QCheckBox):
            self._editor.setChecked(bool(value))
        elif isinstance(self._editor, QComboBox):
            self._editor.setCurrentText(str(value))
        elif isinstance(self._editor, QLineEdit):
            self._editor.setText(", ".join(value) if isinstance(value, list) else str(value))
        self._editor.blockSignals(False)

    def _touched(self) -> None:
        self._cleared = False
        self._after()

    def _after(self, quiet: bool = False) -> None:
        self._changed.show_as(say("Changed"), "brand")
        self._changed.setVisible(self.changed())
        if not quiet:
            self.edited.emit()

    def _say_origin(self) -> None:
        told = self.told
        waits = told["written"] is not None and told["written"] != told["value"] and told["origin"] != "environment"
        if told["origin"] == "environment":
            self._origin.show_as(say("Set by the environment"), "")
            self._origin.setToolTip(f"INGOT_{self.name.upper()}")
        elif waits or (told["written"] is None and told["origin"] == "default" and told["value"] != told["default"]):
            self._origin.show_as(say("After a restart") if waits else say("Set at the start"), "warn" if waits else "")
        elif told["written"] is not None:
            self._origin.show_as(say("Set here"), "ok")
        self._origin.setVisible(bool(self._origin.text()))

    def _written(self, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(value) or say("no value")
        if value == "":
            return say("no value")
        return texts.size(value) if self._kind == "int" and "bytes" in self.told["help"] else str(value)


def _name(setting: str) -> str:
    """`http_port` is called HTTP port."""
    words = [word.upper() if word in ("http", "https") else word for word in setting.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
