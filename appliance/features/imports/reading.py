"""A file becomes rows of text: encoding and delimiter are detected, then it is read row by row, never the whole. JSON is
read too, see json_rows.py."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import Text, say
from appliance.features.imports.json_rows import json_columns, json_rows

SAMPLE = 256 * 1024
EXTRA, SHORT = "\0extra", "\0short"
JSON = "json"
"""Stands for the delimiter of a file that is no table."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LIKELY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr"]
"""Encodings files come in that are not Unicode; asked about all there are, the detector sees Turkish in a German list."""
csv.field_size_limit(10 * 1024 * 1024)


@dataclass(frozen=True)
class Layout:
    """How a file is written."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]


def detect(path: Path) -> Layout:
    """Encoding, delimiter and columns of a CSV, TSV or JSON file. Invalid when it is empty or no text."""
    if not path.is_file():
        raise NotFound(say("There is no file {file}.", file=path))
    encoding = detect_encoding(path)
    with path.open("r", encoding=encoding, newline="") as file:
        try:
            sample = file.read(SAMPLE)
        except UnicodeError:
            raise _refused(say("this is not a text file"), "binary") from None
    if not sample.strip():
        raise _refused(say("the file is empty"), "empty")
    if columns := json_columns(path, sample):
        return Layout(encoding, JSON, columns)
    delimiter = _delimiter(sample)
    columns = tuple(h.strip() for h in next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), []))
    twice = sorted({c for c in columns if c and columns.count(c) > 1})
    if twice:
        raise _refused(say("two columns have the same name: {names}", names=", ".join(twice)), "columns")
    return Layout(encoding, delimiter, columns)


def _refused(text: Text, code: str) -> Invalid:
    return Invalid([Problem("file", text, code)])


def detect_encoding(path: Path) -> str:
    """A byte order mark, else UTF-8 when the whole file is, else the likeliest by its letters."""
    with path.open("rb") as file:
        head = file.read(2_000)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            return _wide(head)
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        chunk = b""
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError as error:
            start = max(0, error.start - SAMPLE // 2)
            odd = (chunk or head)[start : start + SAMPLE]
    best = from_bytes(odd, cp_isolation=LIKELY).best()
    return best.encoding if best else "cp1252"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: of plain letters, every other byte is nothing."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 20 > len(head):
        raise _refused(say("this is not a text file"), "binary")
    return "utf-16-be" if even > odd else "utf-16-le"


def _delimiter(sample: str) -> str:
    """The one by which most of the first rows have as many cells as the header. csv.Sniffer is led astray by long texts."""

    def score(delimiter: str) -> tuple[int, int]:
        rows = [r for r in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 20) if r]
        width = len(rows[0]) if rows else 0
        return (sum(len(r) == width for r in rows) if width > 1 else 0, width)

    return max(",;\t|", key=score)


def rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {column: text}) for each row. In a table the header is row 1, and a row with line breaks in quotes is
    one row. A missing cell is None and the row marked SHORT, surplus ones
    stand under EXTRA. Empty rows are left out, but counted."""
    if layout.delimiter == JSON:
        yield from json_rows(path)
        return
    columns, width = layout.columns, len(layout.columns)
    with path.open("r", encoding=layout.encoding, newline="") as file:
        # not sqlite-utils' reader for this one: it skips empty lines without counting, and a person looks for row 17
        read = csv.reader(file, delimiter=layout.delimiter)
        next(read)
        for number, cells in enumerate(read, 2):
            if not any(c.strip() for c in cells):
                continue
            row: dict[str, Any] = dict(zip_longest(columns, cells[:width]))
            if len(cells) < width:
                row[SHORT] = True
            elif any(c.strip() for c in cells[width:]):
                row[EXTRA] = cells[width:]
            yield number, row
