"""What stands in a cell of an export. `lossless`: texts that an import reads back into the same value. `spreadsheet`: what a
person wants to see, and nothing that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from appliance.features.imports.formulas import disarmed
from appliance.http.kinds import face_of
from appliance.http.kinds.number import number_cell
from appliance.records.entity import Entity, Field

LOSSLESS, SPREADSHEET = "lossless", "spreadsheet"
MODES = (LOSSLESS, SPREADSHEET)
Cell = Callable[[Any], Any]


def plain_cell(field: Field | None) -> Callable[[Any], str]:
    """Wire value -> text. None for `id` and `version`."""
    if field is not None and field.kind.structured:
        return lambda value: "" if value is None else orjson.dumps(value).decode()
    return plain


def plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = [str(v) for v in value]
        if any(c in t for t in texts for c in ",;|\n") or (texts and texts[0].startswith("[")):
            return orjson.dumps(texts).decode()
        return ",".join(texts)
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def people_cell(entity: Entity, name: str, titles: Mapping[str, str], language: str, *, typed: bool) -> Cell:
    """Wire value -> what people read. `titles` {id: title} is asked at each call. `typed`: numbers and dates stay such,
    and texts are marked as texts by the format, which makes them harmless without an apostrophe."""
    field = entity.by_name.get(name)
    safe = (lambda text: text) if typed else disarmed
    if field is None:
        return number_cell if typed else str
    if field.relational:
        return lambda value: safe(
            ", ".join(titles.get(str(v), "") for v in (value if isinstance(value, list) else [value]))
        )
    face = face_of(field)
    write = face.cell(field, language) if typed else face.written(field, language)
    return write if face.formula_safe else lambda value: safe(write(value))
