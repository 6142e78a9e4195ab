"""CSV and its cousins: which delimiter, where the header stands, and the rows, read one by one."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from appliance.base.text import say
from appliance.features.imports.encodings import SAMPLE, refused
from appliance.features.imports.layout import BROKEN, CSV, EXTRA, SHORT, Layout, Options

LOOK = 100
"""Rows that the dialect is judged by."""
PREAMBLE = 30
"""Rows that may stand above the header."""
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n?", re.I)
_NUMBER = re.compile(r"[\s\d.,:/€$£%()+-]*\d[\s\d.,:/€$£%()+-]*")
csv.field_size_limit(10 * 1024 * 1024)


def table_layout(path: Path, encoding: str, options: Options) -> Layout:
    """Invalid when the file is empty, or no text."""
    with path.open("r", encoding=encoding, errors=errors_for(options), newline="") as file:
        try:
            sample = file.read(SAMPLE)
        except UnicodeError:
            raise refused(say("this is not a text file"), "binary") from None
    if not sample.strip("\ufeff \t\r\n"):
        raise refused(say("the file is empty"), "empty")
    told = _SEP.match(sample)  # Excel writes and reads this line
    quote = _quote(sample)
    delimiter = options.delimiter or (told[1] if told else _delimiter(sample, quote))
    listed = _records(sample, delimiter, quote)
    row = options.header_row
    if row is None:
        row = header_row(listed[1:]) + 1 if told else header_row(listed)
    if row > len(listed):
        raise refused(say("the file has no row {row}", row=row), "empty")
    columns = unique_names(listed[row - 1] if row else [""] * max(map(len, listed)))
    return Layout(CSV, columns, encoding, delimiter, quote, row)


def errors_for(options: Options) -> str:
    """What to do with bytes that are not of the encoding: where a person has named it, they are their rows' affair."""
    return "surrogateescape" if options.encoding else "strict"


def table_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {column: text}) for each row below the header, which has its own number: a row with line breaks in
    quotes is one row. A missing cell is None and the row marked SHORT, surplus ones stand under EXTRA. Empty rows are
    left out, but counted. A row with bytes that are not of the encoding, or that csv cannot read, is marked BROKEN."""
    columns, width = layout.columns, len(layout.columns)
    # Undecodable bytes become half surrogates, and those the row's own affair: one of them would else end the import.
    with path.open("r", encoding=layout.encoding, errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        # not sqlite-utils' reader for this one: it skips empty lines without counting, and a person looks for row 17
        read = csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote)
        number = 0
        while True:
            lines.of_row.clear()
            number += 1
            try:
                cells = next(read)
            except StopIteration:
                return
            except csv.Error as error:
                text = "".join(lines.of_row)
                yield number, {BROKEN: str(say("the row cannot be read: {why}", why=error)), "": text}
                continue
            if number <= layout.header_row:
                continue
            if lines.odd() and (text := "".join(lines.of_row)):
                yield number, {BROKEN: str(say("the row is not {encoding}", encoding=layout.encoding)), "": text}
                continue
            if len(cells) == width and cells[0]:
                yield number, dict(zip(columns, cells, strict=True))
                continue
            if not any(c.strip() for c in cells):
                continue
            row: dict[str, Any] = dict(zip_longest(columns, cells[:width]))
            if len(cells) < width:
                row[SHORT] = True
            elif any(c.strip() for c in cells[width:]):
                row[EXTRA] = cells[width:]
            yield number, row


class _Lines:
    """The lines of a file, which remembers those of the row at hand."""

    def __init__(self, file: Iterable[str]):
        self._lines = iter(file)
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.of_row.append(line)
        return line

    def odd(self) -> bool:
        """Is there half a surrogate in the row: a byte that is not of the encoding?"""
        for line in self.of_row:
            if not line.isascii():
                try:
                    line.encode()
                except UnicodeEncodeError:
                    return True
        return False


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Headers that can be told apart: `Name`, `Name (2)`, and `Column 3` where there is none."""
    stripped = [" ".join(c.replace("\ufeff", "").replace("\0", "").split()) for c in cells]
    taken = set(stripped)
    found: list[str] = []
    for n, name in enumerate(stripped, 1):
        base = wanted = name or f"Column {n}"
        count = 2
        while wanted in found or (wanted != name and wanted in taken):
            wanted = f"{base} ({count})"
            count += 1
        found.append(wanted)
    return tuple(found)


def header_row(listed: Sequence[Sequence[str]]) -> int:
    """The number of the row that names the columns. Above it may stand a title, the date of the report, empty rows: rows
    with less cells than most. The first row that is no such thing is the header, unless all look alike."""
    width = usual_width(listed)
    first = next((n for n, row in enumerate(listed, 1) if any(c.strip() for c in row)), 1)
    if width < 2:
        return first
    wide = None
    for number, row in enumerate(listed[:PREAMBLE], 1):
        filled = [c.strip() for c in row if c.strip()]
        if len(filled) * 2 <= width or len(filled) < 2 or len(row) * 2 <= width:
            continue
        wide = wide or number
        # a half-empty first row may still be the header: mostly names must follow a preamble
        if number == first or sum(bool(_NUMBER.fullmatch(c)) for c in filled) * 2 < len(filled):
            return number
    return first if len(listed[first - 1]) == width else wide or first


def usual_width(listed: Sequence[Sequence[str]]) -> int:
    """How many cells most of the rows have."""
    counts = Counter(len(r) for r in listed if any(c.strip() for c in r))
    return max(counts, key=lambda w: (counts[w], w)) if counts else 0


def _delimiter(sample: str, quote: str) -> str:
    """The one by which most of the first rows have the same number of cells. csv.Sniffer is led astray by long texts."""

    def score(delimiter: str) -> tuple[float, int]:
        listed = [r for r in _records(sample, delimiter, quote) if any(c.strip() for c in r)]
        width = usual_width(listed)
        if width < 2:
            return (0, width)
        return (sum(len(r) == width for r in listed) / len(listed), width)

    return max(",;\t|", key=score)


def _quote(sample: str) -> str:
    """Single quotes, where they stand around cells and double ones do not."""
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", sample[:20_000], re.M))
    return "'" if single > 3 and '"' not in sample[:20_000] else '"'


def _records(sample: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first rows. The last of a cut sample may be half a row, which is why it does not count."""
    found = []
    try:
        read = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote)
        found = list(islice(read, LOOK + 1))
    except csv.Error:
        pass
    if len(sample) >= SAMPLE and 1 < len(found) <= LOOK:
        found.pop()
    return found[:LOOK] or [[sample[:1_000]]]
