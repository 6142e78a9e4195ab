"""The rows of a sheet. 100,000 rows of 20 columns are 100 MB of XML with five million elements; a parser that makes an object of
each takes 20 s for them. So rows that are written as spreadsheet programs write them are read by one pattern; a row that is not
is parsed as XML by itself, and so is a whole sheet in which the pattern could be mistaken. What either reads is the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from appliance.base.digits import is_digits
from appliance.base.errors import TooLarge
from appliance.base.text import say
from appliance.features.imports import limits
from appliance.features.imports.books import MAIN, Book, Meter, Sheet, text_of
from appliance.features.imports.cell_text import CellText

Row = tuple[int, list[str | None], str]
"""Its number, the texts of its cells up to the last that holds something, and why one could not be read, or ""."""

_DATA, _ROW, _CELL = f"{MAIN}sheetData", f"{MAIN}row", f"{MAIN}c"
_INLINE, _VALUE = f"{MAIN}is", f"{MAIN}v"
_PIECE = 1 << 18
_LONGEST_HEAD = 1 << 20
"""Bytes before the rows: views and widths of columns."""

_ATTRIBUTES = r'(?: [A-Za-z0-9:]+="[^"<]*+")*+'
_FORMULA = rf"(?:<f{_ATTRIBUTES} ?(?:/>|>[^<]*+</f>))?"
_PLAIN_CELL = re.compile(
    rf'\s*+<c(?: r="([A-Z]{{1,3}})[0-9]{{1,7}}")?({_ATTRIBUTES}) ?'
    rf'(?:/>|>{_FORMULA}(?:<v>([^<]*+)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*+)</t></is>)?</c>)'
    r"|\s++$|([\s\S]+)"
)
"""(letters of the column, attributes, value, inline text, what comes behind the last plain cell)."""
_PLAIN_ROW = re.compile(rf"\s*+<row({_ATTRIBUTES}) ?(/?)>")
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"]*)"')
_HEAD = re.compile(
    r"(?:\ufeff)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?(?: standalone=[\"']\w+[\"'])? ?\?>)?\s*"
    rf'(<worksheet(?: [A-Za-z0-9:]+="[^"<&]*")*? xmlns="{MAIN[1:-1]}"(?: [A-Za-z0-9:]+="[^"<&]*")*\s*>)',
    re.I,
)
_DATA_BEGINS = b"<sheetData>"
_CONTROL = bytes(set(range(0x20)) - {9, 10, 13})
_NO_CHARACTERS = "\ufffe".encode(), "\uffff".encode()
_ENTITY = re.compile("&(amp|lt|gt|quot|apos);")
_OTHER_ENTITY = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_CHARACTER = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class _NotPlain(Exception):
    """The sheet holds what the patterns could mistake: a comment, other namespaces, another encoding."""


def read_rows(book: Book, sheet: Sheet) -> Iterator[Row]:
    """Rows that are missing are left out, not made up: one may claim to be the two-thousand-millionth. TooLarge for rows beyond
    the limits; errors of any type where the XML is broken, behind the rows above."""
    count = 0
    try:
        for row in plain_rows(book, sheet):
            yield row
            count += 1
    except _NotPlain:
        yield from islice(parsed_rows(book, sheet), count, None)


# ---------------------------------------------------------------------- by patterns


def plain_rows(book: Book, sheet: Sheet) -> Iterator[Row]:
    """As `read_rows`; _NotPlain from the place on from which they cannot be told so."""
    cells = CellText(book)
    plain = _PlainCells(cells)
    with book.part(sheet) as source:
        pieces = _pieces(source)
        head, rest = _head(pieces)
        number = 0
        for rows in _whole_rows(rest, pieces):
            source.mark()
            for text in rows:
                place = 0
                while found := _PLAIN_ROW.match(text, place):  # empty ones stand before the one that ends here
                    number = _number(dict(_ATTRIBUTE.findall(found[1])).get("r", ""), number)
                    place = found.end()
                    if not found[2]:
                        break
                    yield number, [], ""
                else:
                    raise _NotPlain
                body = text[place:]
                if body.count("<") > 2 * limits.ELEMENTS:
                    raise _too_many_elements()
                yield (number, *(plain.read(body) or _odd_cells(cells, head, body)))


def _pieces(source: Meter) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _head(pieces: Iterator[bytes]) -> tuple[str, bytes]:
    """The first tag, in which prefixes are declared, and what was read behind <sheetData>."""
    read = b""
    for piece in pieces:
        read += piece
        before, begins, rest = read.partition(_DATA_BEGINS)
        if begins:
            try:
                found = _HEAD.match(before.decode())
            except UnicodeDecodeError:
                raise _NotPlain from None
            if not found or b"<!" in before:
                raise _NotPlain
            return found[1], rest
        if len(read) > _LONGEST_HEAD:
            break
    raise _NotPlain


def _whole_rows(read: bytes, pieces: Iterator[bytes]) -> Iterator[list[str]]:
    """The texts of rows, without the tag that ends them. Ends with the data."""
    while True:
        rows, found, rest = read.rpartition(b"</row>")
        if found:
            yield _decoded(rows).split("</row>")
            read = rest
        if b"</sheetData>" in read:
            if read.lstrip().startswith(b"</sheetData>"):
                return
            raise _NotPlain  # empty rows at the end, or what is no row
        piece = next(pieces, None)
        if piece is None:
            raise _NotPlain  # it ends too early: the parser says where
        read += piece


def _decoded(rows: bytes) -> str:
    if b"<!" in rows or b"<?" in rows or len(rows.translate(None, _CONTROL)) < len(rows):
        raise _NotPlain
    if any(c in rows for c in _NO_CHARACTERS):
        raise _NotPlain
    try:
        text = rows.decode()
    except UnicodeDecodeError:
        raise _NotPlain from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class _PlainCells:
    """Reads the cells of a row by the pattern."""

    def __init__(self, text: CellText):
        self._text = text
        self._readers: dict[str, tuple[bool, Callable[[str], str]]] = {}

    def read(self, body: str) -> tuple[list[str | None], str] | None:
        """The texts, and why one cannot be read. None when they are not plain."""
        found = _PLAIN_CELL.findall(body)
        escaped = "&" in body
        if (found and found[-1][4]) or (escaped and _OTHER_ENTITY.search(body)):
            return None
        cells: list[str | None] = []
        wrong, place, readers = "", 0, self._readers
        for letters, attributes, value, inline, _ in found:
            try:
                place = _column_of(letters) if letters else place + 1
                is_inline, read = readers.get(attributes) or self._reader(attributes)
                if is_inline:
                    value = inline
                if not value:
                    continue
                if escaped and "&" in value:
                    value = _ENTITY.sub(lambda m: _CHARACTER[m[1]], value)
                text = read(value)
            except _NotPlain:
                return None
            except TooLarge:
                raise
            except Exception:
                wrong = wrong or str(say("the cell {cell} cannot be read", cell=letters or "?"))
                continue
            if place == len(cells) + 1 <= limits.COLUMNS:
                cells.append(text)
            else:
                _put(cells, place, text)
        return cells, wrong

    def _reader(self, attributes: str) -> tuple[bool, Callable[[str], str]]:
        """By what is written in a cell's tag: (is its text inline, what reads it)."""
        listed = _ATTRIBUTE.findall(attributes)
        given = dict(listed)
        if len(given) != len(listed) or "r" in given or "&" in attributes:
            raise _NotPlain
        kind = given.get("t", "n")
        reader = kind == "inlineStr", self._text.reader(kind, int(given.get("s", 0)))
        if len(self._readers) < 10_000:
            self._readers[attributes] = reader
        return reader


# ---------------------------------------------------------------------- as XML


def parsed_rows(book: Book, sheet: Sheet) -> Iterator[Row]:
    """As `read_rows`, however the sheet is written."""
    from openpyxl.xml.functions import iterparse

    cells = CellText(book)
    number = since = 0
    data: Any = None
    with book.part(sheet) as source:
        for event, node in iterparse(source, events=("start", "end")):
            tag = node.tag
            if event == "start":
                since += 1
                if since > limits.ELEMENTS:
                    raise _too_many_elements()
                if tag == _DATA:
                    data = node
            elif tag == _ROW and data is not None:
                number = _number(node.get("r", ""), number)
                yield (number, *_parsed_cells(cells, node))
                source.mark()
                data.clear()
                since = 0
            elif tag == _DATA:
                return  # what follows the cells says nothing about them


def _odd_cells(text: CellText, head: str, body: str) -> tuple[list[str | None], str]:
    from openpyxl.xml.functions import fromstring

    return _parsed_cells(text, fromstring(f"{head}<row>{body}</row></worksheet>")[0])


def _parsed_cells(text: CellText, row: Any) -> tuple[list[str | None], str]:
    cells: list[str | None] = []
    wrong, place = "", 0
    for node in row:
        if node.tag != _CELL:
            continue
        try:
            name = node.get("r")
            place = _column(name) if name else place + 1
            said = _parsed_cell(text, node)
        except TooLarge:
            raise
        except Exception:  # a shared text that is not there, a date that is none, a cell called "1A"
            name = (node.get("r") or "?")[:20]
            wrong = wrong or str(say("the cell {cell} cannot be read", cell=name))
            continue
        if said is not None:
            _put(cells, place, said)
    return cells, wrong


def _parsed_cell(text: CellText, node: Any) -> str | None:
    kind, style = node.get("t", "n"), int(node.get("s", 0))
    if kind == "inlineStr":
        inline = node.find(_INLINE)
        value = text_of(inline) if inline is not None else ""
    else:
        value = node.findtext(_VALUE)
    return text.reader(kind, style)(value) if value else None


# ---------------------------------------------------------------------- for both


def _put(cells: list[str | None], place: int, text: str) -> None:
    limits.check_columns(place)
    if place > len(cells):
        cells.extend([None] * (place - len(cells)))
    cells[place - 1] = text


@lru_cache(maxsize=20_000)
def _column_of(letters: str) -> int:
    from openpyxl.utils import column_index_from_string

    return int(column_index_from_string(letters))


def _column(name: str) -> int:
    """Of B7, the number of B. ValueError for what is no place."""
    return _column_of(name.rstrip("0123456789"))


def _number(given: str, before: int) -> int:
    """TooLarge for a row below all that a spreadsheet can have."""
    number = int(given) if is_digits(given, 11) else before + 1
    number = number if number > before else before + 1
    if number > limits.ROWS:
        raise limits.too_large(say("The sheet has more than {max} rows.", max=limits.ROWS), "too_many_rows")
    return number


def _too_many_elements() -> Exception:
    return limits.too_large(
        say("A row of the sheet has more than {max} parts.", max=limits.ELEMENTS), "too_many_columns"
    )
