"""The log as it is written: narrowed by level, component and words; followed; copied; saved."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHeaderView, QLineEdit, QTableView

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.log_model import LEVELS, Filter, LogModel
from gui.widgets.more_detail import MoreDetail
from gui.widgets.parts import Page, ask_where, button, choice, copy, row

FIRST, WAIT = 2_000, 20  # lines at the beginning; seconds a question for more may stay open
_TAIL = 512 * 1024  # bytes read from the file when nobody answers


class Logs(Page):
    name = "logs"

    def __init__(self, desk: Desk):
        self._error = button(say("Next error"), self._next_error)
        self._copy = button(say("Copy"), self._copied, name=say("Copy the chosen lines"))
        self._save = button(say("Save…"), self._ask_where, name=say("Save the log"))
        self.detail = MoreDetail(desk.client)
        super().__init__(say("Logs"), self.detail, self._error, self._copy, self._save, scroll=False)
        self._desk, self._mark, self._asking, self._looking = desk, "", False, False
        self.model = LogModel(self)
        self._filters()
        self._lay_out_table()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._follow_on)
        desk.watcher.changed.connect(self._changed)

    def _filters(self) -> None:
        self.level, self.component, self.words = choice(say("Level")), choice(say("Component")), QLineEdit()
        known = (say("Everything"), say("From info"), say("From warning"), say("Errors"))
        for value, label in zip(LEVELS, known, strict=False):
            self.level.addItem(label, value)
        self.component.addItem(say("All components"), "")
        self.component.setMinimumWidth(190)
        self.words.setPlaceholderText(say("Find in the log"))
        self.words.setAccessibleName(say("Find in the log"))
        self.words.setClearButtonEnabled(True)
        self.follow = QCheckBox(say("Follow"))
        self.follow.setAccessibleName(say("Follow"))
        self.follow.setToolTip(say("Stay at the newest line"))
        self.follow.setChecked(True)
        line = row(self.level, self.component, self.words, self.follow, gap=10)
        line.setStretch(2, 1)
        self.body.addLayout(line)
        self._narrowing = QTimer(self)
        self._narrowing.setSingleShot(True)
        self._narrowing.setInterval(150)
        self._narrowing.timeout.connect(self._narrow)
        self.level.currentIndexChanged.connect(self._narrowing.start)
        self.component.currentIndexChanged.connect(self._narrowing.start)
        self.words.textChanged.connect(self._narrowing.start)
        self.follow.toggled.connect(self._to_the_newest)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.words.setFocus)
        QShortcut(QKeySequence("F8"), self, self._next_error)
        self._error.setToolTip("F8")

    def _lay_out_table(self) -> None:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(say("Log lines"))
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)  # a fixed height: nobody measures 50,000 rows
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.table.horizontalHeader()
        head.setHighlightSections(False)
        for column, width in enumerate((132, 84, 230)):
            self.table.setColumnWidth(column, width)
        head.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Copy),
            self.table,
            self._copied,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        self.model.rowsInserted.connect(self._grown)
        self.body.addWidget(self.table, 1)

    # ---- following

    def shown(self) -> None:
        self._looking = True
        self.detail.look()
        self._follow_on()

    def hidden(self) -> None:
        self._looking = False  # a question that is open is answered and kept; the next waits until somebody looks

    def _changed(self, condition: Condition) -> None:
        self.detail.setEnabled(condition.answers)
        if self._looking:
            self._again.start(300 if condition.alive else 0)

    def _follow_on(self) -> None:
        if self._asking or not self._looking:
            return
        condition = self._desk.watcher.condition
        if not condition.alive or condition.kind == "frozen":
            self._read_file()
            return
        self._asking = True
        asked: dict[str, Any] = {"level": "debug", "lines": FIRST}
        if self._mark:
            asked |= {"after": self._mark, "wait": WAIT}
        self._desk.client.ask("logs", self._came, self._failed, patience=(WAIT + 10) * 1000, **asked)

    def _came(self, found: dict[str, Any]) -> None:
        self._asking = False
        if not self._mark:
            self.model.clear()
        self._mark = found["next"]
        self.model.append(found["lines"])
        self._know_components()
        self._count()
        self._again.start(50)

    def _failed(self, _trouble: Trouble) -> None:
        self._asking = False
        self._again.start(1500)

    def _read_file(self) -> None:
        """Nobody answers: what was written last is what one wants to see now."""
        try:
            with (self._desk.home / "logs" / "ingot.log").open("rb") as file:
                end = file.seek(0, 2)
                known, place = self._mark.partition("-")[
                    ::2
                ]  # as the server marks its answers: file number, then place
                same = known == str(os.fstat(file.fileno()).st_ino) and place.isdigit() and int(place) <= end
                start = file.seek(int(place) if same else max(0, end - _TAIL))
                lines = file.read(end - start).split(b"\n")
                self._mark = f"{os.fstat(file.fileno()).st_ino}-{end}"
        except OSError:
            return
        if not same:
            self.model.clear()
        self.model.append([told for line in lines if (told := _parsed(line))])
        self._know_components()
        self._count()

    def _know_components(self) -> None:
        have = {self.component.itemData(n) for n in range(self.component.count())}
        for logger in sorted({line.logger for line in self.model.lines()} - have):
            self.component.addItem(logger.removeprefix("appliance."), logger)

    def _grown(self, _parent: QModelIndex, _first: int, _last: int) -> None:
        if self.follow.isChecked():
            self.table.scrollToBottom()

    def _to_the_newest(self, follow: bool) -> None:
        if follow:
            self.table.scrollToBottom()

    def _narrow(self) -> None:
        self.model.narrow(Filter(self.level.currentData(), self.component.currentData(), self.words.text().casefold()))
        self._count()
        if self.follow.isChecked():
            self.table.scrollToBottom()

    def _count(self) -> None:
        shown, kept = self.model.rowCount(), self.model.kept
        self.about(say("{shown} of {kept} lines", shown=texts.number(shown), kept=texts.number(kept)))

    # ---- what can be done

    def _next_error(self) -> None:
        found = self.model.next_error(self.table.currentIndex().row())
        if found is None:
            self.about(say("There is no error among these lines."))
            return
        self.follow.setChecked(False)
        self.table.selectRow(found)
        self.table.scrollTo(self.model.index(found, 3), QAbstractItemView.ScrollHint.PositionAtCenter)
        self.table.setFocus()

    def chosen(self) -> str:
        """The chosen lines, or all that are shown."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = [self.model.line(n) for n in rows] if rows else self.model.lines()
        return "\n".join(line.whole for line in lines)

    def _copied(self) -> None:
        copy(self.chosen(), self._copy)

    def _ask_where(self) -> None:
        ask_where(self, say("Save the log"), "ingot-log.txt", self.save_to)

    def save_to(self, place: str) -> None:
        try:
            Path(place).write_text("\n".join(line.whole for line in self.model.lines()) + "\n", "utf-8")
            self.about(say("Saved in {file}", file=place))
        except OSError as error:
            self.about(say("{file} cannot be written: {why}", file=place, why=texts.why(error)))


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        parsed: dict[str, Any] | None = json.loads(line)
        return parsed
    except ValueError:
        return None
