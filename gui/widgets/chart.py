"""A line of numbers over time, painted here: up to two series, the newest at the right edge, the value under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QDateTime, QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import looks, texts
from gui.texts import say

Point = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """`value` reads its number from a point; `written` says a number to a person; `fine` is the least the scale spans."""

    label: str
    token: str
    value: Callable[[Point], float]
    written: Callable[[float], str]
    fine: float = 1.0


class Chart(QWidget):
    def __init__(self, title: str, series: Sequence[Series]):
        super().__init__()
        self._title, self._series = title, list(series)
        self._points: list[Point] = []
        self._slots = 60
        self.setMinimumHeight(108)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName(title)

    def show_points(self, points: list[Point], slots: int) -> None:
        self._points, self._slots = points[-slots:], slots
        self.setAccessibleDescription("; ".join(self._summary(s) for s in self._series))
        self.update()

    def _summary(self, series: Series) -> str:
        if not self._points:
            return say("{what}: no measurements yet", what=series.label)
        numbers = [series.value(p) for p in self._points]
        now, most = series.written(numbers[-1]), series.written(max(numbers))
        return say("{what}: now {now}, at most {most}", what=series.label, now=now, most=most)

    # ---- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._legend(painter)
        top, plot = self._top(), self._plot()
        small = self.font()
        small.setPointSizeF(8)
        painter.setFont(small)
        for step in range(3):
            y = plot.bottom() - plot.height() * step / 2
            painter.setPen(QPen(looks.colour("line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(looks.colour("soft"))
            words = self._series[0].written(top * step / 2)
            painter.drawText(
                QRectF(0, y - 9, plot.left() - 8, 18),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                words,
            )
        for place, series in enumerate(self._series):
            self._line(painter, plot, top, series, filled=place == 0)

    def _legend(self, painter: QPainter) -> None:
        bold = self.font()
        bold.setPointSizeF(10.5)
        bold.setWeight(bold.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(looks.colour("text"))
        painter.drawText(QRectF(0, 0, self.width(), 20), Qt.AlignmentFlag.AlignVCenter, self._title)
        plain = self.font()
        plain.setPointSizeF(9.5)
        painter.setFont(plain)
        measure, right = QFontMetricsF(plain), float(self.width())
        for series in reversed(self._series):
            number = series.written(series.value(self._points[-1])) if self._points else "–"
            words = f"{series.label} {number}" if len(self._series) > 1 else number
            right -= measure.horizontalAdvance(words)
            painter.setPen(looks.colour("text"))
            painter.drawText(QPointF(right, 14.5), words)
            right -= 15
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(looks.colour(series.token))
            painter.drawRoundedRect(QRectF(right, 5.5, 10, 10), 3, 3)
            right -= 16

    def _line(self, painter: QPainter, plot: QRectF, top: float, series: Series, filled: bool) -> None:
        if not self._points:
            return
        step = plot.width() / max(self._slots - 1, 1)
        left = plot.right() - step * (len(self._points) - 1)
        line = QPolygonF(
            [
                QPointF(left + step * n, plot.bottom() - plot.height() * min(series.value(p) / top, 1.0))
                for n, p in enumerate(self._points)
            ]
        )
        ink = looks.colour(series.token)
        if filled:
            area = QPolygonF([QPointF(left, plot.bottom()), *line.toList(), QPointF(plot.right(), plot.bottom())])
            wash = QColor(ink)
            wash.setAlphaF(0.14)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(wash)
            painter.drawPolygon(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(line)

    def _plot(self) -> QRectF:
        small = self.font()
        small.setPointSizeF(8)
        words = self._series[0].written(self._top())
        left = max(38.0, QFontMetricsF(small).horizontalAdvance(words) + 12)
        return QRectF(left, 34, self.width() - left - 2, self.height() - 44)

    def _top(self) -> float:
        most = max((s.value(p) for p in self._points for s in self._series), default=0.0)
        return _round_up(max(most, *(s.fine for s in self._series)))

    # ---- the value under the pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot()
        if not self._points or plot.width() <= 0:
            return
        step = plot.width() / max(self._slots - 1, 1)
        back = round((plot.right() - event.position().x()) / step)
        if not 0 <= back < len(self._points):
            QToolTip.hideText()
            return
        point = self._points[-1 - back]
        at = QDateTime.fromString(str(point["at"]), Qt.DateFormat.ISODateWithMs).toLocalTime()
        lines = [texts.locale().toString(at.time(), "HH:mm:ss")]
        lines += [f"{s.label}: {s.written(s.value(point))}" for s in self._series]
        QToolTip.showText(event.globalPosition().toPoint(), "\n".join(lines), self)

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()
        super().leaveEvent(event)


def _round_up(number: float) -> float:
    """To the next of 1, 2, 5 times a power of ten: a scale people can read."""
    power = 1.0
    while power * 10 <= number:
        power *= 10
    while power > number:
        power /= 10
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= number - 1e-9)
