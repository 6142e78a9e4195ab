"""How the panel looks: Fusion with one style sheet, filled from the tokens, light or dark as the system is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyleFactory

from gui.tokens import CONTROL, RADIUS, RADIUS_CARD, TOKENS

_dark = False


def colour(token: str) -> QColor:
    return QColor(TOKENS[token][_dark])


def is_dark() -> bool:
    return _dark


class Looks(QObject):
    """Keeps the application looking as the system wishes; `changed` tells whoever paints by hand."""

    changed = Signal()

    def __init__(self, application: QApplication):
        super().__init__(application)
        self._application, self._folder = application, QTemporaryDir()
        style: QStyle | None = QStyleFactory.create("Fusion")
        if style:
            application.setStyle(style)
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self.wear)
        self.wear(hints.colorScheme())

    def wear(self, scheme: Qt.ColorScheme) -> None:
        global _dark
        _dark = scheme == Qt.ColorScheme.Dark
        self._application.setPalette(_palette())
        self._application.setStyleSheet(_sheet(Path(self._folder.path())))
        self.changed.emit()


def _palette() -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    for place, token in {
        role.Window: "ground", role.WindowText: "text", role.Base: "surface", role.AlternateBase: "sunk",
        role.Text: "text", role.Button: "surface", role.ButtonText: "text", role.BrightText: "on-brand",
        role.Highlight: "brand", role.HighlightedText: "on-brand", role.PlaceholderText: "soft",
        role.ToolTipBase: "surface", role.ToolTipText: "text", role.Link: "brand", role.Mid: "line",
    }.items():  # fmt: skip
        palette.setColor(place, colour(token))
    for place in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, place, colour("soft"))
    return palette


def _drawing(folder: Path, name: str, path: str, token: str) -> str:
    """A small picture as a file, for a style sheet can name nothing else."""
    file = folder / f"{name}-{'dark' if _dark else 'light'}.svg"
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16"><path d="{path}" fill="none" '
        f'stroke="{TOKENS[token][_dark]}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
    return file.as_posix()


def _sheet(folder: Path) -> str:
    sheet = _SHEET.replace("@arrow", _drawing(folder, "arrow", "M4 6l4 4 4-4", "soft"))
    sheet = sheet.replace("@check", _drawing(folder, "check", "M3.5 8.5l3 3 6-6.5", "on-brand"))
    for name in sorted(TOKENS, key=len, reverse=True):
        sheet = sheet.replace(f"${name}", TOKENS[name][_dark])
    return sheet.replace("%radius-card", f"{RADIUS_CARD}px").replace("%radius", f"{RADIUS}px").replace(
        "%inner", f"{CONTROL - 2}px"
    )  # fmt: skip


_SHEET = """
QWidget { font-size: 10pt; }
QToolTip { background: $surface; color: $text; border: 1px solid $line-strong; padding: 4px 6px; }
#side { background: $surface; border-right: 1px solid $line; }
#brand { font-size: 12.5pt; font-weight: 650; }
#foot { color: $soft; font-size: 9pt; }
QListWidget#pages { background: transparent; border: none; outline: none; padding: 0 10px; }
QListWidget#pages::item { padding: 0 10px; margin: 1px 0; border-radius: %radius; border: 2px solid transparent; color: $text; }
QListWidget#pages::item:hover { background: $sunk; }
QListWidget#pages::item:selected { background: $selected; color: $on-selected; font-weight: 600; }
QListWidget#pages::item:selected:focus { border: 2px solid $focus; }
QLabel[role="title"] { font-size: 18pt; font-weight: 650; }
QLabel[role="soft"], QLabel[role="help"] { color: $soft; }
QLabel[role="help"] { font-size: 9pt; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="problem"] { color: $bad; font-size: 9pt; }
QLabel[role="mono"] { font-family: "DejaVu Sans Mono", monospace; }
QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: %radius-card; }
QFrame[role="card"][tone="bad"] { border-color: $bad; }
QFrame[role="card"][tone="warn"] { border-color: $warn; }
QFrame[role="card"][tone="brand"] { background: $selected; border-color: $focus; }
QFrame[role="rule"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QLabel[role="cardtitle"] { font-size: 10.5pt; font-weight: 650; }
QLabel[role="pill"] { border-radius: 9px; padding: 3px 9px; font-size: 9pt; font-weight: 600; background: $sunk; color: $soft; }
QLabel[role="pill"][tone="ok"] { color: $ok; }
QLabel[role="pill"][tone="warn"] { color: $warn; }
QLabel[role="pill"][tone="bad"] { color: $bad; }
QLabel[role="pill"][tone="brand"] { background: $selected; color: $on-selected; }
QPushButton { background: $surface; color: $text; border: 1px solid $line-strong; border-radius: %radius; padding: 0 14px;
  min-height: %inner; font-weight: 500; }
QPushButton:hover { background: $sunk; }
QPushButton:focus { border: 2px solid $focus; padding: 0 13px; min-height: 30px; }
QPushButton:disabled { color: $soft; border-color: $line; background: $sunk; }
QPushButton[tone="primary"] { background: $brand; color: $on-brand; border-color: $brand; }
QPushButton[tone="primary"]:hover { background: $brand-hover; }
QPushButton[tone="primary"]:focus { border: 2px solid $text; }
QPushButton[tone="primary"]:disabled { background: $sunk; color: $soft; border-color: $line; }
QPushButton[tone="danger"] { color: $bad; }
QPushButton[tone="danger"]:disabled { color: $soft; }
QPushButton[tone="quiet"] { background: transparent; border-color: transparent; padding: 0 10px; }
QPushButton[tone="quiet"]:hover { background: $sunk; }
QPushButton[tone="quiet"]:focus { border: 2px solid $focus; }
QPushButton[tone="segment"] { min-height: 26px; border-color: $line; font-weight: 500; }
QPushButton[tone="segment"]:checked { background: $selected; color: $on-selected; border-color: $focus; }
QPushButton[tone="segment"]:focus { border: 2px solid $focus; padding: 0 13px; min-height: 24px; }
QLineEdit, QComboBox { background: $surface; color: $text; border: 1px solid $line-strong;
  border-radius: %radius; padding: 0 10px; min-height: %inner; selection-background-color: $brand; selection-color: $on-brand; }
QLineEdit:focus, QComboBox:focus:focus { border: 2px solid $focus; padding: 0 9px; min-height: 30px; }
QLineEdit:disabled, QComboBox:disabled:disabled, QLineEdit[readOnly="true"] { background: $sunk; color: $soft; }
QLineEdit[wrong="true"] { border: 2px solid $bad; padding: 0 9px; min-height: 30px; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url(@arrow); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line-strong; outline: none; padding: 4px;
  selection-background-color: $selected; selection-color: $on-selected; }
QLabel[role="place"] { color: $soft; padding: 5px 0; }
QLabel[role="place"][here="yes"] { color: $brand; font-weight: 650; }
QLabel[role="place"][here="done"] { color: $text; }
QCheckBox, QRadioButton { spacing: 8px; min-height: 26px; }
QRadioButton::indicator { width: 16px; height: 16px; border: 1px solid $line-strong; border-radius: 9px; background: $surface; }
QRadioButton::indicator:checked { border: 5px solid $brand; width: 8px; height: 8px; }
QRadioButton::indicator:focus { border-color: $focus; }
QRadioButton:focus { text-decoration: underline; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $line-strong; border-radius: 4px; background: $surface; }
QCheckBox::indicator:checked { background: $brand; border-color: $brand; image: url(@check); }
QCheckBox::indicator:focus { border: 2px solid $focus; }
QScrollArea, QScrollArea > QWidget > QWidget[role="content"] { background: transparent; border: none; }
QTableView, QPlainTextEdit, QListWidget[role="list"] { background: $surface; color: $text; border: 1px solid $line;
  border-radius: %radius; gridline-color: $line; alternate-background-color: $surface; outline: none;
  selection-background-color: $selected; selection-color: $on-selected; }
QTableView:focus, QPlainTextEdit:focus { border: 1px solid $focus; }
QTableView::item { padding: 4px 8px; border: none; border-bottom: 1px solid $line; }
QTableView::item:selected { background: $selected; color: $on-selected; }
QHeaderView { background: $surface; border: none; border-top-left-radius: %radius; border-top-right-radius: %radius; }
QHeaderView::section { background: $surface; color: $soft; border: none; border-bottom: 1px solid $line-strong; padding: 6px 11px;
  font-weight: 600; font-size: 9pt; }
QListWidget[role="list"] { padding: 4px; }
QListWidget[role="list"]::item { padding: 6px 8px; border-radius: 6px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: $line-strong; border-radius: 4px; min-height: 28px; min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
  background: none; border: none; width: 0; height: 0; }
QMessageBox QLabel#qt_msgbox_label { font-size: 11.5pt; font-weight: 650; }
QMessageBox QLabel#qt_msgbox_informativelabel { min-width: 340px; }
QMenu { background: $surface; border: 1px solid $line-strong; padding: 5px; }
QMenu::item { padding: 6px 22px 6px 14px; border-radius: 5px; }
QMenu::item:selected { background: $selected; color: $on-selected; }
"""
