"""A file becomes rows of text, whatever it is written in: what it is gets detected, then it is read row by row. All that a
stranger can make expensive is bounded, by limits.py: TooLarge, with a code."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.base.errors import Invalid, Problem, TooLarge
from appliance.base.text import say
from appliance.features.imports.encodings import SAMPLE, Encoding, detect_encoding, known_encoding, refused
from appliance.features.imports.foreign import check_known
from appliance.features.imports.json_rows import json_layout, json_rows
from appliance.features.imports.layout import BROKEN, CSV, EXTRA, SHORT, VCARD, XLSX, Layout, Options
from appliance.features.imports.sheets import sheet_layout, sheet_rows
from appliance.features.imports.tables import errors_for, table_layout, table_rows
from appliance.features.imports.unpacking import is_zip
from appliance.features.imports.vcards import is_vcard, vcard_layout, vcard_rows

UNREADABLE = (Invalid, TooLarge, UnicodeError, csv.Error)
"""What reading a file raises at the place where it is broken."""
Rows = Iterator[tuple[int, dict[str, Any]]]


def detect(path: Path, options: Options | None = None) -> Layout:
    """How a plain (unpacked) file is written. Invalid when it is empty or nothing that we read."""
    options = options or Options()
    if is_zip(path):
        return sheet_layout(path, options)
    check_known(path)
    found = Encoding(known_encoding(options.encoding)) if options.encoding else detect_encoding(path)
    with path.open("r", encoding=found.name, errors=errors_for(options, found.name), newline="") as file:
        try:
            sample = file.read(SAMPLE)
        except UnicodeError:
            raise refused(say("this is not a text file"), "binary") from None
    if is_vcard(sample):
        layout = vcard_layout(path, found.name)
    else:
        layout = json_layout(path, found.name, sample) or table_layout(path, found.name, options)
    return replace(layout, encoding_sure=found.sure, encodings=found.others)


def detect_surely(path: Path, options: Options) -> Layout:
    """As `detect`, for those who are about to store what they read: Invalid, code `ambiguous`, when the file's letters could
    be others and nobody has said which."""
    layout = detect(path, options)
    if not layout.encoding_sure:
        text = say(
            "the file can be read in several encodings: say encoding, one of {names}", names=", ".join(layout.encodings)
        )
        raise Invalid([Problem("encoding", text, "ambiguous")])
    return layout


def rows(path: Path, layout: Layout) -> Rows:
    """(row number, {column: text}) for each row, and under BROKEN, EXTRA or SHORT what is wrong with it."""
    if layout.format == CSV:
        return table_rows(path, layout)
    if layout.format == XLSX:
        return sheet_rows(path, layout)
    return vcard_rows(path, layout) if layout.format == VCARD else json_rows(path, layout)


def sound_rows(path: Path, layout: Layout) -> Rows:
    """As `rows`, for those who only look: where the file is broken, they have seen all there is."""
    with suppress(*UNREADABLE):
        yield from rows(path, layout)


__all__ = ["BROKEN", "EXTRA", "SHORT", "Layout", "Options", "detect", "detect_surely", "rows", "sound_rows"]
