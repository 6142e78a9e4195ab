"""The four charts of the overview, over two minutes, an hour or a day."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QWidget

from gui import texts
from gui.client import ControlClient
from gui.texts import say
from gui.widgets.chart import Chart, Point, Series
from gui.widgets.parts import Card, button, row, text

SPANS = {"2m": (60, 3_000), "1h": (120, 30_000), "24h": (144, 60_000)}
"""Name -> (points it holds, ms between two questions)."""
_MIB = 1024 * 1024


class Charts(QWidget):
    def __init__(self, client: ControlClient):
        super().__init__()
        self._client, self._span = client, "2m"
        per_second = say("{n} /s", n="{n}")
        requests = Series(say("Requests"), "brand", lambda p: p.get("requests", 0.0), _rate(per_second), 1.0)
        errors = Series(say("Errors"), "bad", lambda p: p.get("errors", 0.0), _rate(per_second), 1.0)
        self._charts = [
            Chart(
                say("Processor"), [Series(say("Processor"), "brand", lambda p: p.get("cpu", 0.0) * 100, _percent, 20)]
            ),
            Chart(say("Memory"), [Series(say("Memory"), "ok", lambda p: p.get("memory_bytes", 0.0) / _MIB, _mib, 100)]),
            Chart(say("Requests"), [requests, errors]),
            Chart(say("Waiting jobs"), [Series(say("Waiting jobs"), "accent", _waiting, _whole, 4)]),
        ]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        grid.addLayout(self._heading(), 0, 0, 1, 2)
        for place, chart in enumerate(self._charts):
            card = Card()
            card.body.addWidget(chart)
            grid.addWidget(card, 1 + place // 2, place % 2)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)

    def _heading(self) -> Any:
        self._disk: QLabel = text("", "soft")
        group = QButtonGroup(self)
        made = []
        for span, words in (("2m", say("2 minutes")), ("1h", say("1 hour")), ("24h", say("24 hours"))):
            one = button(words, partial(self._choose, span), "segment")
            one.setCheckable(True)
            one.setChecked(span == self._span)
            group.addButton(one)
            made.append(one)
        return row(text(say("How it does"), "cardtitle"), self._disk, None, *made, gap=6)

    def watch(self, looking: bool) -> None:
        """Ask for measurements while somebody looks at them."""
        if looking and not self._timer.isActive():
            self._timer.start(SPANS[self._span][1])
            self.refresh()
        elif not looking:
            self._timer.stop()

    def refresh(self) -> None:
        span = self._span
        self._client.ask("metrics", lambda found: self._came(span, found["points"]), span=span, patience=4000)

    def repaint_all(self) -> None:
        for chart in self._charts:
            chart.update()

    def _choose(self, span: str) -> None:
        self._span = span
        self._timer.setInterval(SPANS[span][1])
        self._came(span, [])
        self.refresh()

    def _came(self, span: str, points: list[Point]) -> None:
        if span != self._span:
            return
        for chart in self._charts:
            chart.show_points(points, SPANS[span][0])
        if points:
            free = texts.size(points[-1].get("disk_free_bytes", 0))
            self._disk.setText(say("{size} free on the disk", size=free))


def _waiting(point: Point) -> float:
    return float(sum(point.get(f'ingot_jobs{{state="{state}"}}', 0.0) for state in ("new", "waiting", "retrying")))


def _rate(template: str) -> Any:
    return lambda number: template.format(n=texts.number(number, 0 if number >= 10 or number == int(number) else 1))


def _percent(number: float) -> str:
    return say("{n} %", n=texts.number(number))


def _mib(number: float) -> str:
    return say("{n} MB", n=texts.number(number))


def _whole(number: float) -> str:
    return texts.number(number, 0 if number == int(number) else 1)
