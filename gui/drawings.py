"""The panel's own drawings: the mark, and one line icon for each page. Paths on a 24 x 24 grid."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui import looks, places

_LINES = {
    "overview": "M4 20v-7h4v7M10 20V4h4v16M16 20v-10h4v10M3 20h18",
    "logs": "M5 5h14M5 10h9M5 15h14M5 20h6",
    "configuration": "M4 7h9M19 7h1M4 17h2M12 17h8M16 "
    "4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5M9 14.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5",
    "users": "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4.5 20c.6-3.8 3.6-5.5 7.5-5.5s6.9 1.7 7.5 5.5",
    "backups": "M4 5h16v4H4zM5.5 9v10.5h13V9M12 11.5v5M9.5 14.2l2.5 2.5 2.5-2.5",
    "autostart": "M12 3v8M7.2 6.2a7.5 7.5 0 1 0 9.6 0",
    "https": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
    "diagnostics": "M3 12h4l3-8 4 16 3-8h4",
}
_MARK = places.MARK.read_text("utf-8")  # the pages show the same drawing, and packages make their icons of it


def page_icon(name: str) -> QIcon:
    icon = QIcon()
    for mode, token in ((QIcon.Mode.Normal, "soft"), (QIcon.Mode.Selected, "on-selected")):
        icon.addPixmap(_pixmap(_line(_LINES[name], looks.colour(token)), 40), mode)
    return icon


def mark(side: int = 64, dot: QColor | None = None) -> QPixmap:
    """The mark; with a dot in its corner that tells a state (the tray says it in words, too)."""
    circle = (
        f'<circle cx="24.5" cy="24.5" r="6.5" fill="{dot.name()}" stroke="#ffffff" stroke-width="2"/>' if dot else ""
    )
    return _pixmap(_MARK.replace("</svg>", f"{circle}</svg>"), side)


def _line(path: str, colour: QColor) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}" fill="none" stroke="{colour.name()}" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def _pixmap(svg: str, side: int) -> QPixmap:
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap
