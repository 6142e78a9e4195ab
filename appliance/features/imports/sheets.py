"""XLSX as rows of text. Cells are typed there: what they hold becomes the text that our readers know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from appliance.base.digits import is_digits
from appliance.base.text import say
from appliance.features.imports import limits
from appliance.features.imports.books import MAIN, Book, Sheet, open_book, text_of
from appliance.features.imports.encodings import refused
from appliance.features.imports.headers import LOOK, find_header, unique_names
from appliance.features.imports.layout import BROKEN, EXTRA, XLSX, Layout, Options
from appliance.features.imports.number_shapes import NumberText

_DATA, _ROW, _CELL = f"{MAIN}sheetData", f"{MAIN}row", f"{MAIN}c"
_INLINE, _VALUE = f"{MAIN}is", f"{MAIN}v"


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
            if not any(any(row) for row in listed):
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
        for number, cells, wrong in Cells(book, sheet):
            if number <= layout.header_row or (not any(cells) and not wrong):
                continue
            row: dict[str, Any] = dict.fromkeys(columns, "")
            row.update((c, t or "") for c, t in zip(columns, cells, strict=False))
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
        for number, cells, _ in Cells(book, sheet):
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


class Cells:
    """The rows of a sheet that stand in the file: (number, texts of the cells, why it cannot be read or ""). Rows that are
    missing are left out, not made up: one may claim to be the two-thousand-millionth."""

    def __init__(self, book: Book, sheet: Sheet):
        self._book, self._sheet = book, sheet

    def __iter__(self) -> Iterator[tuple[int, list[str | None], str]]:
        from openpyxl.xml.functions import iterparse

        number = since = 0
        data: Any = None
        with self._book.part(self._sheet) as source:
            parser = self._parser()
            for event, node in iterparse(source, events=("start", "end")):
                tag = node.tag
                if event == "start":
                    since += 1
                    if since > limits.ELEMENTS:
                        text = say("A row of the sheet has more than {max} parts.", max=limits.ELEMENTS)
                        raise limits.too_large(text, "too_many_columns")
                    if tag == _DATA:
                        data = node
                elif tag == _ROW and data is not None:
                    number = _number(node, number)
                    yield (number, *self._texts(parser, node))
                    source.mark()
                    data.clear()
                    since = 0
                elif tag == _DATA:
                    return  # what follows the cells says nothing about them

    def _parser(self) -> Any:
        from openpyxl.worksheet._reader import WorkSheetParser

        book = self._book
        return WorkSheetParser(
            None,
            book.texts,
            data_only=True,
            epoch=book.epoch,
            date_formats=book.dates,
            timedelta_formats=book.durations,
        )

    def _text(self, parser: Any, node: Any) -> str | None:
        """What a cell says. openpyxl reads those that are dates; the others here, in a fifth of the time."""
        kind = node.get("t", "n")
        if kind == "inlineStr":
            inline = node.find(_INLINE)
            return _unescaped(text_of(inline)) if inline is not None else None
        value = node.find(_VALUE)
        text = value.text if value is not None else None
        if not text:
            return None
        if kind == "s":
            return _unescaped(self._book.texts[int(text)])
        if kind == "str":
            return _unescaped(text)
        style = int(node.get("s", 0))
        if kind == "n" and style not in self._book.dates:
            plain = is_digits(text, 15) and style not in self._book.percents
            return text if plain else _number_text(_as_number(text), percent=style in self._book.percents)
        return _text(parser.parse_cell(node), self._book.percents)

    def _texts(self, parser: Any, row: Any) -> tuple[list[str | None], str]:
        """The cells up to the last that holds something, and the first reason why one could not be read."""
        cells: list[str | None] = []
        wrong, place = "", 0
        for node in row:
            if node.tag != _CELL:
                continue
            try:
                name = node.get("r")
                place = _column(name) if name else place + 1
                text = self._text(parser, node)
                if text is not None and len(text) > limits.CELL:
                    raise ValueError
            except Exception:  # a shared text that is not there, a date that is none, a cell called "1A"
                name = (node.get("r") or "?")[:20]
                wrong = wrong or str(say("the cell {cell} cannot be read", cell=name))
                continue
            if text is None:
                continue
            if place > limits.COLUMNS:
                limits.check_columns(place)
            if place > len(cells):
                cells.extend([None] * (place - len(cells)))
            cells[place - 1] = text
        return cells, wrong


@lru_cache(maxsize=20_000)
def _column_of(letters: str) -> int:
    from openpyxl.utils import column_index_from_string

    return int(column_index_from_string(letters))


def _column(name: str) -> int:
    """Of B7, the number of B. ValueError for what is no place."""
    return _column_of(name.rstrip("0123456789"))


def _number(row: Any, before: int) -> int:
    """TooLarge for a row below all that a spreadsheet can have."""
    given = row.get("r", "")
    number = int(given) if is_digits(given, 11) else before + 1
    number = number if number > before else before + 1
    if number > limits.ROWS:
        raise limits.too_large(say("The sheet has more than {max} rows.", max=limits.ROWS), "too_many_rows")
    return number


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row


def _text(cell: Mapping[str, Any], percents: Collection[int]) -> str | None:
    value = cell["value"]
    if value is None:
        return None
    if isinstance(value, str):
        return _unescaped(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return _number_text(value, percent=cell["style_id"] in percents)


def _unescaped(text: str) -> str:
    """_x000D_: what XML cannot hold."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def _as_number(text: str) -> int | float:
    return int(text) if is_digits(text.removeprefix("-"), 400) else float(text)


def _number_text(value: int | float, *, percent: bool) -> str:
    """Every digit that a spreadsheet knows, and no exponent: it knows 15, and 0.1 + 0.2 is 0.3 there."""
    if not isinstance(value, float):
        return f"{value * 100}%" if percent else str(value)
    number = Decimal(f"{value:.15g}") * (100 if percent else 1)
    text = f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 400 else str(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = text if text != "-0" else "0"
    return f"{text}%" if percent else NumberText(text)
