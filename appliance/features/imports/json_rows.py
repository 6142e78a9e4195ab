"""JSON as rows: a list of objects, or one object a line. sqlite-utils reads; values become the text a cell would hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlite_utils.utils import Format, rows_from_file

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say

LOOK = 1_000
"""Objects looked at for their keys: not all of them have all."""


def json_columns(path: Path, sample: str) -> tuple[str, ...]:
    """The keys of the objects, in the order they are met; empty when the file is no JSON."""
    if sample.lstrip()[:1] not in ("[", "{") or not _format(sample):
        return ()
    found: dict[str, None] = {}
    for _, row in islice(json_rows(path), LOOK):
        found |= dict.fromkeys(row)
    return tuple(found)


def json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, {key: text}). Invalid, with the number, where the file stops being JSON."""
    number = 0
    with path.open("rb") as file:
        format_ = _format(file.read(65_536).decode("utf-8", "ignore"))
        file.seek(0)
        try:
            read, _ = rows_from_file(file, format=format_)
            for number, row in enumerate(read, 1):
                if not isinstance(row, dict):
                    raise ValueError("a row is no object")
                yield number, {str(key): _text(value) for key, value in row.items()}
        except (ValueError, RecursionError) as error:
            text = say("the file cannot be read after row {row}: {why}", row=number, why=error)
            raise Invalid([Problem("file", text, "unreadable")]) from None


def _format(sample: str) -> Format | None:
    """A list or one object is JSON; where the first line is an object of its own, each line is one."""
    start = sample.lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        return Format.JSON
    try:
        whole = isinstance(json.loads(start.split("\n", 1)[0]), dict)
    except ValueError:
        return Format.JSON if start[:1] == "{" and start[1:].lstrip()[:1] in ('"', "}") else None
    return Format.NL if whole else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str | int) for v in value):
        return "; ".join(map(str, value))
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)
