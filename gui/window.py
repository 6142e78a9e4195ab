"""The main window: pages at the side, the chosen one beside them, the state always in sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui import drawings, words
from gui.desk import Desk
from gui.pages.autostart import Autostart
from gui.pages.backups import Backups
from gui.pages.configuration import Configuration
from gui.pages.diagnostics import Diagnostics
from gui.pages.https import Https
from gui.pages.logs import Logs
from gui.pages.overview import Overview
from gui.pages.users import Users
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Page, Pill, row, text


class Window(QMainWindow):
    """`close_to_tray` asks whether there is a tray to go to; without one, closing ends the panel, never the server."""

    def __init__(self, desk: Desk, settings: QSettings | None = None):
        super().__init__()
        self.desk, self._settings = desk, settings
        self.close_to_tray: Callable[[], bool] = lambda: False
        self.setWindowTitle(say("Ingot control panel"))
        self.setWindowIcon(drawings.mark())
        self.setMinimumSize(860, 560)
        self.resize(1180, 860)
        self.stack = QStackedWidget()
        overview = Overview(desk)
        titled = [
            (overview, say("Overview")), (Logs(desk), say("Logs")), (Configuration(desk), say("Configuration")),
            (Https(desk), "HTTPS"), (Users(desk), say("Users")), (Backups(desk), say("Backups")),
            (Autostart(desk), say("Autostart")), (Diagnostics(desk), say("Diagnostics")),
        ]  # fmt: skip
        self.pages: dict[str, Page] = {page.name: page for page, _ in titled}
        overview.log_wanted.connect(lambda: self.turn_to("logs"))
        overview.restore_wanted.connect(lambda: self.turn_to("backups"))
        self.list = QListWidget()
        self.list.setObjectName("pages")
        self.list.setAccessibleName(say("Pages"))
        self.list.setIconSize(QSize(20, 20))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for number, (page, title) in enumerate(titled):
            item = QListWidgetItem(drawings.page_icon(page.name), title)
            item.setSizeHint(QSize(180, 40))
            item.setToolTip(f"Ctrl+{number + 1}")
            self.list.addItem(item)
            self.stack.addWidget(page)
            QShortcut(QKeySequence(f"Ctrl+{number + 1}"), self, lambda n=number: self.list.setCurrentRow(n))
        self._lay_out()
        self.list.currentRowChanged.connect(self._turn)
        self.list.setCurrentRow(0)
        desk.watcher.changed.connect(self._changed)
        self._changed(desk.watcher.condition)
        if desk.looks:
            desk.looks.changed.connect(self._redraw)
        if settings and isinstance(kept := settings.value("geometry"), QByteArray):
            self.restoreGeometry(kept)

    def _lay_out(self) -> None:
        mark, self._pill = text(), Pill()
        mark.setPixmap(drawings.mark(56).scaled(28, 28, mode=Qt.TransformationMode.SmoothTransformation))
        brand = text("Ingot")
        brand.setObjectName("brand")
        foot = text(_short(str(self.desk.home)))
        foot.setObjectName("foot")
        foot.setToolTip(str(self.desk.home))
        foot.setAccessibleName(say("Home folder: {home}", home=self.desk.home))
        side = QWidget()
        side.setObjectName("side")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(212)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 18, 0, 14)
        column.setSpacing(10)
        head = row(mark, brand, None, gap=10)
        head.setContentsMargins(20, 0, 16, 8)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(18, 0, 14, 0)
        bottom.setSpacing(6)
        bottom.addWidget(self._pill)
        bottom.addWidget(foot)
        column.addLayout(bottom)
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(side)
        line.addWidget(self.stack, 1)
        self.setCentralWidget(whole)

    def turn_to(self, name: str) -> None:
        self.list.setCurrentRow(list(self.pages).index(name))

    def come_forward(self) -> None:
        """A second start of the panel, or the tray."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _turn(self, number: int) -> None:
        before = self.stack.currentWidget()
        if isinstance(before, Page):
            before.hidden()
        self.stack.setCurrentIndex(number)
        page = self.stack.currentWidget()
        if isinstance(page, Page) and self.isVisible():
            page.shown()

    def _changed(self, condition: Condition) -> None:
        told = words.tell(condition)
        self._pill.show_as(told.word, told.tone)

    def _redraw(self) -> None:
        for number, name in enumerate(self.pages):
            self.list.item(number).setIcon(drawings.page_icon(name))

    # ---- seen and not seen: what nobody looks at asks for nothing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._looked_at(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._looked_at(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.isVisible():
            self._looked_at(not self.isMinimized())

    def _looked_at(self, looked: bool) -> None:
        self.desk.watcher.rest(not looked)
        page = self.stack.currentWidget()
        if isinstance(page, Page):
            page.shown() if looked else page.hidden()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._settings:
            self._settings.setValue("geometry", self.saveGeometry())
        if self.close_to_tray():
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)


def _short(path: str, most: int = 24) -> str:
    return path if len(path) <= most else "…" + path[-(most - 1) :]
