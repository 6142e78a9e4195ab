"""The last 50,000 lines of the log as a table, and those of them that pass the filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QDateTime, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontDatabase

from gui import looks
from gui.texts import say

MOST, CUT = 50_000, 2_500
"""Lines kept; how many of the oldest go at once when there are more."""
LEVELS = ("debug", "info", "warning", "error", "critical")
Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    at: str
    level: str
    logger: str
    message: str
    error: str
    folded: str

    @property
    def whole(self) -> str:
        return "  ".join(p for p in (self.at, self.level.upper(), self.logger, self.message) if p) + (
            f"\n{self.error}" if self.error else ""
        )


@dataclass(frozen=True, slots=True)
class Filter:
    level: str = "debug"
    component: str = ""
    text: str = ""

    def passes(self, line: Line) -> bool:
        if line.level in LEVELS and LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        return line.logger.startswith(self.component) and self.text in line.folded


class LogModel(QAbstractTableModel):
    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._lines: list[Line] = []
        self._shown: list[Line] = []
        self._filter, self._next = Filter(), 0
        self._font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._font.setPointSizeF(9)

    @property
    def kept(self) -> int:
        return len(self._lines)

    def line(self, row: int) -> Line:
        return self._shown[row]

    def lines(self) -> list[Line]:
        return self._shown

    def append(self, told: list[dict[str, Any]]) -> None:
        """Lines as the control door tells them, oldest first."""
        fresh = [self._understood(one) for one in told[-MOST:]]
        self._lines += fresh
        passing = [line for line in fresh if self._filter.passes(line)]
        if passing:
            self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown) + len(passing) - 1)
            self._shown += passing
            self.endInsertRows()
        if len(self._lines) > MOST:
            self._forget(len(self._lines) - MOST + CUT)

    def narrow(self, wanted: Filter) -> None:
        if wanted == self._filter:
            return
        self.beginResetModel()
        self._filter = Filter(wanted.level, wanted.component, wanted.text.casefold())
        self._shown = [line for line in self._lines if self._filter.passes(line)]
        self.endResetModel()

    def clear(self) -> None:
        self.beginResetModel()
        self._lines, self._shown = [], []
        self.endResetModel()

    def next_error(self, after: int) -> int | None:
        """The row of the next error behind this one, from the top again at the end; None when there is none."""
        rows = [n for n, line in enumerate(self._shown) if line.level in ("error", "critical")]
        return next((n for n in rows if n > after), rows[0] if rows else None)

    def _understood(self, told: dict[str, Any]) -> Line:
        self._next += 1
        level, logger = str(told.get("level", "info")).lower(), str(told.get("logger", ""))
        message, error = str(told.get("message", "")), str(told.get("error") or "")
        return Line(
            self._next, str(told.get("at", "")), level, logger, message, error, f"{message} {error} {logger}".casefold()
        )

    def _forget(self, count: int) -> None:
        last = self._lines[count - 1].number
        del self._lines[:count]
        gone = next((n for n, line in enumerate(self._shown) if line.number > last), len(self._shown))
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self._shown[:gone]
            self.endRemoveRows()

    # ---- what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 4

    def headerData(self, section: int, way: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if role == _ROLE.DisplayRole and way == Qt.Orientation.Horizontal:
            return (say("Time"), say("Level"), say("Component"), say("Message"))[section]
        if role == _ROLE.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        line = self._shown[index.row()]
        if role == _ROLE.DisplayRole:
            return self._cell(line, index.column())
        if role == _ROLE.ForegroundRole and index.column() < 3:
            tone = {"error": "bad", "critical": "bad", "warning": "warn"}.get(line.level, "soft")
            return looks.colour(tone if index.column() == 1 else "soft")
        if role == _ROLE.FontRole:
            return self._font
        if role == _ROLE.ToolTipRole and index.column() == 3 and line.error:
            return line.error[-1500:]
        if role == _ROLE.AccessibleTextRole:
            return line.whole
        return None

    def _cell(self, line: Line, column: int) -> str:
        if column == 0:
            at = QDateTime.fromString(line.at, Qt.DateFormat.ISODateWithMs)
            return at.toLocalTime().toString("dd.MM. HH:mm:ss") if at.isValid() else line.at
        if column == 3:
            last = line.error.strip().rpartition("\n")[2] if line.error else ""
            return f"{line.message}: {last}" if last else line.message
        return (line.at, line.level.upper(), line.logger.removeprefix("appliance."), "")[column]
