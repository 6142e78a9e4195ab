"""A file becomes rows of text: encoding and dialect are detected, then sqlite-utils reads, row by row, never the whole."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes
from sqlite_utils.utils import Format, rows_from_file

from appliance.base.errors import Invalid, NotFound, Problem
from appliance.base.text import say

SAMPLE = 256 * 1024
EXTRA = "\0extra"
csv.field_size_limit(10 * 1024 * 1024)


@dataclass(frozen=True)
class Layout:
    """How a file is written."""

    encoding: str
    delimiter: str
    quote: str
    columns: tuple[str, ...]


def detect(path: Path) -> Layout:
    """Encoding, delimiter and columns of a CSV or TSV file. Invalid when it is empty or no text."""
    if not path.is_file():
        raise NotFound(say("There is no file {file}.", file=path))
    encoding = detect_encoding(path)
    with path.open("r", encoding=encoding, newline="") as file:
        sample = file.read(SAMPLE)
    if not sample.strip():
        raise Invalid([Problem("file", say("the file is empty"), "empty")])
    dialect = _dialect(sample)
    header = next(csv.reader(sample.splitlines(keepends=True), delimiter=dialect[0], quotechar=dialect[1]), [])
    columns = tuple(h.strip() for h in header)
    twice = sorted({c for c in columns if c and columns.count(c) > 1})
    if twice:
        raise Invalid([Problem("file", say("two columns have the same name: {names}", names=", ".join(twice)), "columns")])
    return Layout(encoding, *dialect, columns)


def detect_encoding(path: Path) -> str:
    """A byte order mark, else UTF-8 when the whole file is, else the likeliest by its letters."""
    with path.open("rb") as file:
        head = file.read(4)
        for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        odd = b""
        while chunk := file.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                odd = chunk
                break
        else:
            try:
                decoder.decode(b"", final=True)
                return "utf-8"
            except UnicodeDecodeError:
                odd = head
    if b"\0" in odd[:1000]:
        raise Invalid([Problem("file", say("this is not a text file"), "binary")])
    best = from_bytes(odd[:SAMPLE]).best()
    return best.encoding if best and best.encoding not in ("ascii", "utf_8") else "cp1252"


def _dialect(sample: str) -> tuple[str, str]:
    """Delimiter and quote. The sniffer is asked about the first lines only: long texts further down lead it astray."""
    first = sample.split("\n", 1)[0]
    counts = {d: first.count(d) for d in ",;\t|"}
    likely = max(counts, key=lambda d: counts[d])
    try:
        found = csv.Sniffer().sniff("\n".join(sample.splitlines()[:20]), delimiters=",;\t|")
        if counts[found.delimiter]:
            return found.delimiter, found.quotechar or '"'
    except csv.Error:
        pass
    return (likely if counts[likely] else ","), '"'


class _Plain(csv.Dialect):
    lineterminator = "\r\n"
    quoting = csv.QUOTE_MINIMAL
    doublequote = True
    skipinitialspace = False


def rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {column: text}) for each data row; the header is row 1. A missing cell is None, surplus ones stand
    under EXTRA. Empty rows are left out, but counted."""
    dialect = type("Dialect", (_Plain,), {"delimiter": layout.delimiter, "quotechar": layout.quote})
    with path.open("rb") as file:
        read, _ = rows_from_file(file, format=Format.CSV, dialect=dialect, encoding=layout.encoding, extras_key=EXTRA)
        for number, row in enumerate(read, 2):
            yield number, row
