"""XLSX, written row by row. Every text is marked as a text: a cell that begins with = is no formula then."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say

LONGEST = 32_767
MOST_ROWS = 1_048_576
"""Limits of the format."""
# What XML cannot hold, and the line end it would change; and what looks like such an escape already. ECMA-376, ST_Xstring
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def write_sheet(path: Path, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, cut: bool) -> int:
    """The number of rows. Texts that are too long for the format are cut, or with `cut` false Invalid; too many rows are
    Invalid."""
    from openpyxl import Workbook  # here: 0.2 s of every start that only a spreadsheet is worth
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]*:/\\?]", " ", title)[:31] or "Sheet")
    sheet.freeze_panes = "A2"
    if header:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}1"
    bold = Font(bold=True)

    def text(value: str) -> Any:
        value = _ODD.sub(lambda m: f"_x{ord(m[0]):04X}_", value)
        if len(value) > LONGEST:
            if not cut:
                raise Invalid(
                    [Problem("format", say("a text is too long for XLSX: {text}", text=value[:50]), "too_long")]
                )
            value = value[: LONGEST - 1] + "…"
        cell = WriteOnlyCell(sheet, None)
        cell._value, cell.data_type = value, "s"  # by the front door it would look for formulas and dates
        return cell

    names = [text(name) for name in header]
    for cell in names:
        cell.font = bold
    sheet.append(names)
    count = 0
    try:
        for row in rows:
            count += 1
            if count >= MOST_ROWS:
                raise Invalid([Problem("format", say("XLSX holds at most {max} rows", max=MOST_ROWS), "too_many")])
            sheet.append([text(v) if isinstance(v, str) and v else (v if v != "" else None) for v in row])
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # the rows wait in a temporary file until the book is saved
        raise
    book.save(path)
    return count
