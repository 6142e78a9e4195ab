"""A table of plain rows: read, sorted by nobody, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem


class Table(QTableWidget):
    """The chosen row stays chosen over `show_rows`, by its number."""

    def __init__(self, name: str, columns: Sequence[str], wide: int = 0):
        super().__init__(0, len(columns))
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(38)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(200)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        chosen = self.currentRow()
        self.setRowCount(len(rows))
        for y, cells in enumerate(rows):
            for x, words in enumerate(cells):
                item = self.item(y, x)
                if item is None:
                    self.setItem(y, x, QTableWidgetItem(words))
                elif item.text() != words:
                    item.setText(words)
        if rows and not 0 <= chosen < len(rows):
            self.selectRow(0)
