"""An address as a QR code, for the telephone on the desk."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.texts import say


class QrCode(QWidget):
    """Dark on white in both themes: cameras want it so."""

    def __init__(self) -> None:
        super().__init__()
        self._words, self._rows = "", [b""]
        self.setFixedSize(QSize(132, 132))

    def show_words(self, words: str) -> None:
        if words == self._words:
            return
        self._words = words
        self._rows = [bytes(line) for line in segno.make(words, micro=False).matrix] if words else []
        self.setAccessibleName(say("QR code for {address}", address=words) if words else say("No address yet"))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._words:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("white"))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(QColor("#111820"))
        count = len(self._rows)
        side = (self.width() - 16) // count
        edge = (self.width() - side * count) / 2
        for y, line in enumerate(self._rows):
            for x, dark in enumerate(line):
                if dark:
                    painter.drawRect(QRectF(edge + x * side, edge + y * side, side, side))
