"""CSV and its cousins: which delimiter, which quotes, where the header stands, and the rows, read one by one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, TextIO

from appliance.base.text import Text, say
from appliance.features.imports import limits
from appliance.features.imports.encodings import SAMPLE, refused
from appliance.features.imports.headers import LOOK, find_header, unique_names, usual_width
from appliance.features.imports.layout import BROKEN, CSV, EXTRA, SHORT, Layout, Options
from appliance.features.imports.splitting import bounded_lines, split

JUDGED = 20_000
"""Characters that quotes are judged by."""
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n?", re.I)
_SOMETHING = re.compile(r"[^\s,;|\"\ufeff\0\x1a]")
"""What no row of empty cells holds."""
_NOTHING = " \t\r\n\x1a"
"""What an empty cell may hold; DOS ends its files with the last."""


def table_layout(path: Path, encoding: str, options: Options) -> Layout:
    """Invalid when the file is empty, or no text; TooLarge when it is wider than any table."""
    limits.check_lines(path)
    with path.open("r", encoding=encoding, errors=errors_for(options, encoding), newline="") as file:
        try:
            sample = file.read(SAMPLE)
        except UnicodeError:
            raise refused(say("this is not a text file"), "binary") from None
    if not sample.strip("\ufeff\0" + _NOTHING) or (len(sample) < SAMPLE and not _SOMETHING.search(sample)):
        raise refused(say("the file is empty"), "empty")
    told = _SEP.match(sample)  # Excel writes and reads this line
    quote = _quote(sample)
    delimiter = options.delimiter or (told[1] if told else _delimiter(sample, quote))
    skip_blanks = _skips_blanks(sample, delimiter, quote)
    listed = _records(sample, delimiter, quote, skip_blanks)
    found = find_header(listed[1:] if told else listed)
    row, sure = options.header_row, True
    if row is None:
        row, sure = found.row + bool(told and found.row), found.sure
        row = 1 if told and not row else row  # that line is never a record
    if row > len(listed):
        raise refused(say("the file has no row {row}", row=row), "empty")
    names = listed[row - 1] if row and not (told and row == 1) else [""] * max(map(len, listed))
    limits.check_columns(len(names))
    return Layout(
        CSV, unique_names(names), encoding, delimiter, quote, row, skip_blanks=skip_blanks, header_sure=sure
    )  # fmt: skip


def errors_for(options: Options, encoding: str = "") -> str:
    """What to do with bytes that are not of the encoding: where a person has named it, or all others are UTF-8, they are their
    rows' affair."""
    return "surrogateescape" if options.encoding or encoding == "utf-8" else "strict"


def table_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {column: text}) for each row below the header, which has its own number: a row with line breaks in
    quotes is one row. A missing cell is None and the row marked SHORT, surplus ones stand under EXTRA. Empty rows are
    left out, but counted. A row with bytes that are not of the encoding, with NUL, or with a quote that is not closed is
    marked BROKEN."""
    columns, width = layout.columns, len(layout.columns)
    # Undecodable bytes become half surrogates, and those the row's own affair: one of them would else end the import.
    with path.open("r", encoding=layout.encoding, errors="surrogateescape", newline="") as file:
        # not sqlite-utils' reader for this one: it skips empty lines without counting, and a person looks for row 17
        rows = split(_lines(file, layout), layout.delimiter, layout.quote, skip_blanks=layout.skip_blanks, width=width)
        for number, (cells, text, why) in enumerate(rows, 1):
            if number <= layout.header_row:
                continue
            if why is not None:
                yield number, _broken(text, why, layout)
                continue
            if len(cells) == width and cells[0]:
                yield number, dict(zip(columns, cells, strict=True))
                continue
            if not any(c.strip(_NOTHING) for c in cells):
                continue
            row: dict[str, Any] = dict(zip_longest(columns, cells[:width]))
            if len(cells) < width:
                row[SHORT] = True
            elif any(c.strip() for c in cells[width:]):
                row[EXTRA] = cells[width:]
            yield number, row


def preamble_rows(path: Path, layout: Layout) -> list[list[str]]:
    """The rows above the header."""
    with path.open("r", encoding=layout.encoding, errors="surrogateescape", newline="") as file:
        rows = split(_lines(file, layout), layout.delimiter, layout.quote, skip_blanks=layout.skip_blanks)
        return [cells or ([text] if text else []) for cells, text, _ in islice(rows, max(0, layout.header_row - 1))]


def _lines(file: TextIO, layout: Layout) -> Iterator[str]:
    """In UTF-16 and UTF-32 a line may be longer than its bytes tell."""
    return bounded_lines(file) if layout.encoding.startswith(("utf-16", "utf_16", "utf-32", "utf_32")) else iter(file)


def _broken(text: str, why: Text, layout: Layout) -> dict[str, Any]:
    if why.template == "the row is not in the file's encoding":
        why = say("the row is not {encoding}", encoding=layout.encoding)
    return {BROKEN: str(why), "": text}


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
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", sample[:JUDGED], re.M))
    return "'" if single > 3 and '"' not in sample[:JUDGED] else '"'


def _skips_blanks(sample: str, delimiter: str, quote: str) -> bool:
    """Do cells in quotes have a blank before them? csv would then take the quotes for letters."""
    if delimiter.isspace() or f"{delimiter} {quote}" not in sample:
        return False
    one, two = re.escape(delimiter), re.escape(quote)
    return bool(re.search(rf"{one} +{two}[^{two}]*{two} *(?:{one}|[\r\n]|$)", sample))


def _records(sample: str, delimiter: str, quote: str, skip_blanks: bool = False) -> list[list[str]]:
    """The first rows. The last of a cut sample may be half a row, which is why it does not count."""
    rows = split(io.StringIO(sample, newline=""), delimiter, quote, skip_blanks=skip_blanks)
    found = [cells or ([text] if text else []) for cells, text, _ in islice(rows, LOOK + 1)]
    if len(sample) >= SAMPLE and 1 < len(found) <= LOOK:
        found.pop()
    return found[:LOOK] or [[sample[:1_000]]]
