"""Lines of text become rows of cells, as csv does it, and what csv gets wrong is put right: a quote that is opened and never
closed would swallow all the rows below it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from appliance.base.text import Text, say
from appliance.features.imports import limits

csv.field_size_limit(limits.CELL)
Row = tuple[list[str], str, Text | None]
"""(cells, the row as it stands in the file when it is broken, why it is broken or None)"""


def split(
    lines: Iterable[str], delimiter: str, quote: str, *, skip_blanks: bool = False, width: int = 0
) -> Iterator[Row]:
    """Each row of the lines. A row that cannot be read is one with a reason; one whose quote is not closed ends with its
    line, and the next line begins the next row. `width`: cells of a usual row, where it is known.

    Each line is split twice at most: a quote left open swallows all lines below that hold no odd run of quotes, and such
    lines leave none open themselves."""
    source = _Lines(lines)
    read = csv.reader(source, delimiter=delimiter, quotechar=quote, skipinitialspace=skip_blanks)
    while True:
        source.of_row.clear()
        try:
            cells = next(read)
        except StopIteration:
            return
        except csv.Error as error:
            if len(source.of_row) > 1:
                yield [], source.keep_first(), _open_quote()
            else:
                yield [], source.of_row[0], say("the row cannot be read: {why}", why=error)
            continue
        of_row = source.of_row
        spans = (len(of_row) > 1 or source.ended) and quote in of_row[0]
        if spans and (_left_open(of_row, delimiter, quote, skip_blanks) or _swallowed(of_row, cells, delimiter, width)):
            yield [], source.keep_first(), _open_quote()
            continue
        yield cells, *_unfit(of_row)


def _open_quote() -> Text:
    return say("a quote is opened and not closed")


def _left_open(lines: list[str], delimiter: str, quote: str, skip_blanks: bool) -> bool:
    """Does strict csv see the text end within quotes, or go on behind a closing one? Of one line, only the former counts:
    people do write 5" in cells."""
    strict = csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=skip_blanks, strict=True)
    try:
        for _ in strict:
            pass
    except csv.Error as error:
        return len(lines) > 1 or "unexpected end" in str(error)
    return False


def _swallowed(lines: list[str], cells: list[str], delimiter: str, width: int) -> bool:
    """A row of several lines that has not the usual cells, while its second line alone has them."""
    return bool(width > 1 and len(lines) > 1 and len(cells) != width and lines[1].count(delimiter) == width - 1)


def _unfit(lines: list[str]) -> tuple[str, Text | None]:
    """(the row, why) when it holds what no cell can: NUL, or half a surrogate, a byte that is not of the encoding."""
    for line in lines:
        if "\0" in line:
            return "".join(lines), say("the row holds characters that are none (NUL)")
        if not line.isascii():
            try:
                line.encode()
            except UnicodeEncodeError:
                return "".join(lines), say("the row is not in the file's encoding")
    return "", None


class _Lines:
    """The lines of a file, which remembers those of the row at hand, and can be given back all but the first."""

    def __init__(self, lines: Iterable[str]):
        self._lines, self._back = iter(lines), list[str]()
        self.of_row: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._back:
            line = self._back.pop()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.of_row.append(line)
        return line

    def keep_first(self) -> str:
        """The first line of the row; the others come again."""
        first, *rest = self.of_row
        self._back.extend(reversed(rest))
        return first


def bounded_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file of wide characters, whose bytes do not tell how long they are. TooLarge for an endless one."""
    number = 0
    while line := file.readline(limits.LINE):
        number += 1
        if len(line) >= limits.LINE:
            raise limits.long_line(number)
        yield line
