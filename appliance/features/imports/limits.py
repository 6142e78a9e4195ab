"""How much a file may hold. Bounds are checked before the work they bound is done: a few kilobytes can become gigabytes, and
what reads them has other people to serve. Each bound has a sentence and a code; all of them end as TooLarge."""

from __future__ import annotations

from pathlib import Path

from appliance.base.errors import TooLarge
from appliance.base.text import Text, say

COLUMNS = 1_000
"""Columns of a table, keys of JSON objects, kinds of values in vCards."""
CELL = 10 * 1024 * 1024
"""Characters of one cell: longer ones spoil their row."""
LINE = 16 * 1024 * 1024
"""Bytes of one line of text, and of one row of a sheet."""
NAME = 500
"""Characters of a column's name that are kept."""
UNPACKED = 4 << 30
"""Bytes that a packed file may become."""
RATIO, RATIO_FROM = 200, 64 << 20
"""How many times larger than it was a packed file may become, once it has become this many bytes. Tables shrink to a tenth,
very monotonous ones to a hundredth; a bomb to a thousandth."""
MEMBERS = 100_000
"""Pieces that one gzip file may consist of: block-wise packers write one each 64 KB."""
ENTRIES = 5_000
"""Entries of a ZIP archive."""
PART = 64 << 20
"""Bytes of one part of a workbook that is read as a whole: styles, the list of sheets."""
SHARED, SHARED_COUNT = 128 << 20, 4_000_000
"""Bytes, and number, of the texts that a workbook's cells share: they are held in memory."""
LONG, REPEATED = 10_000, 256 << 20
"""Characters from which a shared text is a long one, and that a sheet's cells may show of long ones in all: a megabyte that is
written once can be shown in a million cells."""
SHEETS = 1_000
ROWS = 1 << 20
"""Rows of one sheet: as many as a spreadsheet program shows."""
ELEMENTS = 100_000
"""XML elements of one row of a sheet: a spreadsheet program's widest have 50,000."""
OBJECT = 64 << 20
"""Characters of one JSON object."""
VALUES = 100
"""Values of one sort (e-mail addresses, say) in one vCard."""


def too_large(text: Text, code: str) -> TooLarge:
    return TooLarge(text, code=code)


def check_columns(count: int) -> None:
    """TooLarge, code `too_many_columns`."""
    if count > COLUMNS:
        text = say("The file has {count} columns; at most {max} can be read.", count=count, max=COLUMNS)
        raise too_large(text, "too_many_columns")


def check_ratio(unpacked: int, packed: int) -> None:
    """TooLarge: `unpacked_size` beyond all bounds, `ratio` when it grows as only a bomb does."""
    if unpacked > UNPACKED:
        raise too_large(say("Unpacked, the file has more than {max} bytes.", max=UNPACKED), "unpacked_size")
    if unpacked > RATIO_FROM and unpacked > packed * RATIO:
        text = say("Unpacked, the file is more than {max} times larger than it came. Send it unpacked.", max=RATIO)
        raise too_large(text, "ratio")


def long_line(number: int | None = None) -> TooLarge:
    if number is None:
        return too_large(
            say("The file has a line of more than {max} bytes: it is no table.", max=LINE), "line_too_long"
        )
    return too_large(say("Row {row} has more than {max} bytes.", row=number, max=LINE), "line_too_long")


def check_lines(path: Path) -> None:
    """TooLarge, code `line_too_long`, for a file of text that has a longer line than any table. One pass over its bytes; in
    UTF-16 a line may look shorter than it is, which is why its readers ask for pieces (see tables.py)."""
    run = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            ends = [at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0]
            first = min(ends, default=len(chunk))
            if run + first > LINE:
                raise long_line()
            if first == len(chunk):
                run += len(chunk)
            else:
                run = len(chunk) - max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) - 1
