"""XLSX as rows of text: which sheet, which of its rows is the header, and the rows below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from appliance.base.text import say
from appliance.features.imports import limits
from appliance.features.imports.books import Book, Sheet, open_book
from appliance.features.imports.encodings import refused
from appliance.features.imports.headers import LOOK, find_header, unique_names
from appliance.features.imports.layout import BROKEN, EXTRA, XLSX, Layout, Options
from appliance.features.imports.sheet_rows import read_rows


def sheet_layout(path: Path, options: Options) -> Layout:
    """The first sheet that holds something, or the one that `sheet` names. Invalid for what is no XLSX file."""
    with open_book(path) as book:
        names = tuple(s.title for s in book.sheets)
        if options.sheet is not None and options.sheet not in names:
            text = say(
                "there is no sheet {name}; the sheets are: {names}",
                name=options.sheet[:100],
                names=", ".join(names)[:1_000],
            )
            raise refused(text, "sheet")
        for sheet in book.sheets:
            if sheet.title != (options.sheet or sheet.title) or (options.sheet is None and not sheet.visible):
                continue
            listed = _first_rows(book, sheet)
            if not any(cell and cell.strip() for row in listed for cell in row):
                continue
            found = find_header(listed)
            row = found.row if options.header_row is None else options.header_row
            if row > len(listed):
                raise refused(say("the file has no row {row}", row=row), "empty")
            columns = unique_names(_trimmed(listed[row - 1]) if row else [""] * max(map(len, listed)))
            limits.check_columns(len(columns))
            sure = options.header_row is not None or found.sure
            return Layout(XLSX, columns, header_row=row, sheet=sheet.title, sheets=names, header_sure=sure)
    raise refused(say("the file is empty"), "empty")


def sheet_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """As `table_rows`. Empty cells at the end of a row are not stored in these files, so no row is short. A row with a cell
    that cannot be read is marked BROKEN."""
    columns, width = layout.columns, len(layout.columns)
    with open_book(path) as book:
        sheet = next((s for s in book.sheets if s.title == layout.sheet), None)
        if sheet is None:
            raise refused(say("the file is empty"), "empty")
        for number, cells, wrong in read_rows(book, sheet):
            if number <= layout.header_row or (not any(cells) and not wrong):
                continue
            texts = [t or "" for t in cells[:width]]
            row: dict[str, Any] = dict(zip(columns, texts + [""] * (width - len(texts)), strict=True))
            if wrong:
                yield number, row | {BROKEN: wrong, "": orjson.dumps(cells).decode()}
                continue
            if any(cells[width:]):
                row[EXTRA] = [c or "" for c in cells[width:]]
            yield number, row


def _first_rows(book: Book, sheet: Sheet) -> list[list[str]]:
    """The first rows, all of one width, empty ones included. Where the sheet is broken, those above."""
    listed: list[list[str]] = []
    try:
        for number, cells, _ in read_rows(book, sheet):
            if number > LOOK:
                break
            listed.extend([] for _ in range(len(listed) + 1, number))
            listed.append([c or "" for c in cells])
    except MemoryError:
        raise
    except Exception:  # whoever reads the rows meets it again, behind those that can be read
        if not listed:
            raise
    width = max(map(len, listed), default=0)
    return [r + [""] * (width - len(r)) for r in listed]


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row
