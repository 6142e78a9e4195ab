"""XLSX as rows of text. Cells are typed there: what they hold becomes the text that our readers know."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from appliance.base.text import say
from appliance.features.imports.encodings import refused
from appliance.features.imports.layout import EXTRA, XLSX, Layout, Options
from appliance.features.imports.tables import LOOK, header_row, unique_names

_DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, ParseError, OSError, EOFError)
WIDEST = 1_000
"""Columns: some files claim to have 16,384 of them."""


def sheet_layout(path: Path, options: Options) -> Layout:
    """The first sheet that holds something, or the one that `sheet` names. Invalid for what is no XLSX file."""
    with _book(path) as book:
        names = tuple(s.title for s in book.worksheets)
        if options.sheet is not None and options.sheet not in names:
            text = say(
                "there is no sheet {name}; the sheets are: {names}", name=options.sheet[:100], names=", ".join(names)
            )
            raise refused(text, "sheet")
        for sheet in book.worksheets:
            if sheet.title != (options.sheet or sheet.title) or (
                options.sheet is None and sheet.sheet_state != "visible"
            ):
                continue
            listed: list[list[str]] = []
            try:
                listed.extend([c or "" for c in cells] for cells in islice(_cells(sheet), LOOK))
            except _DAMAGE:  # whoever reads the rows meets it again, behind those that can be read
                if not listed:
                    raise
            if not any(any(row) for row in listed):
                continue
            width = max(len(r) for r in listed)
            listed = [r + [""] * (width - len(r)) for r in listed]
            row = header_row(listed) if options.header_row is None else options.header_row
            columns = unique_names(_trimmed(listed[row - 1]) if row else [""] * width)
            return Layout(XLSX, columns, header_row=row, sheet=sheet.title, sheets=names)
    raise refused(say("the file is empty"), "empty")


def sheet_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """As `table_rows`. Empty cells at the end of a row are not stored in these files, so no row is short."""
    columns, width = layout.columns, len(layout.columns)
    with _book(path) as book:
        for number, cells in enumerate(_cells(book[layout.sheet]), 1):
            if number <= layout.header_row or not any(cells):
                continue
            row: dict[str, Any] = dict.fromkeys(columns, "")
            row.update(zip(columns, cells, strict=False))
            if any(cells[width:]):
                row[EXTRA] = [c or "" for c in cells[width:]]
            yield number, row


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    import openpyxl  # here, as in exports/sheet.py: 0.2 s of every start that only a spreadsheet is worth
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    # Where a file does not say how large its sheets are, openpyxl reads each to its end to find out, for nothing:
    # `_cells` forgets it. The two openings of an import spent about a fifth of its reading on that.
    ReadOnlyWorksheet._get_size = lambda _sheet: None
    with path.open("rb") as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "workbook contains no default style": nobody here cares
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            yield book
            book.close()
        except _DAMAGE as error:
            raise refused(say("this is not an XLSX file: {why}", why=error), "unreadable") from None


def _cells(sheet: Any) -> Iterator[list[str | None]]:
    sheet.reset_dimensions()  # what the file claims of its size is often wrong
    for row in sheet.iter_rows():
        cells = [_text(cell) for cell in row[:WIDEST]]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row


def _text(cell: Any) -> str | None:
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        if "_x" not in value:
            return value
        from openpyxl.utils.escape import unescape

        return unescape(value)  # _x000D_: what XML cannot hold
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    percent = "%" in str(cell.number_format)
    number = value * 100 if percent else value
    # 15 digits are what a spreadsheet knows: 0.1 + 0.2 is 0.3 there
    text = f"{number:.15g}" if isinstance(number, float) else str(number)
    if "e" in text and isinstance(number, float):
        text = f"{number:.6f}".rstrip("0").rstrip(".") if abs(number) < 1 else f"{number:.0f}"
    return text + "%" if percent else text
