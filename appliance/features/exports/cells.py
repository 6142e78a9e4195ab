"""What stands in a cell of an export. `lossless`: texts that an import reads back into the same value. `spreadsheet`: what a
person wants to see, and nothing that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from appliance.base.text import say
from appliance.features.imports.formulas import disarmed
from appliance.records.entity import Entity, Field

LOSSLESS, SPREADSHEET = "lossless", "spreadsheet"
MODES = (LOSSLESS, SPREADSHEET)
_DIGITS = 15
Cell = Callable[[Any], Any]


def plain_cell(field: Field | None) -> Callable[[Any], str]:
    """Wire value -> text. None for `id` and `version`."""
    if field is not None and field.kind.name == "json":
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
    kind = field.kind.name if field else "integer"
    if field is not None and field.relational:
        return lambda value: safe(
            ", ".join(titles.get(str(v), "") for v in (value if isinstance(value, list) else [value]))
        )
    if kind in ("choice", "multi_choice") and field is not None:
        labels = {c.value: c.label for c in field.choices}
        return lambda value: safe(
            _listed([str(labels.get(v, v)) for v in value])
            if isinstance(value, list)
            else str(labels.get(value, value))
        )
    if kind == "boolean":
        yes, no = say("Yes").render(language), say("No").render(language)
        return lambda value: yes if value else no
    if kind == "date":
        return date.fromisoformat if typed else str
    if kind == "datetime":
        return _moment if typed else (lambda value: value.removesuffix("Z").removesuffix(".000").replace("T", " "))
    if kind in ("integer", "decimal", "money"):
        return _number if typed else str
    if kind == "json":
        return lambda value: safe(orjson.dumps(value).decode())
    return lambda value: safe(str(value))


def _listed(words: list[str]) -> str:
    """As people write several words, so that they can be told apart again."""
    if len(words) > 1 and any(";" in w or "|" in w or "\n" in w for w in words):
        return orjson.dumps(words).decode()
    return ("; " if len(words) > 1 and any("," in w for w in words) else ", ").join(words)


def _moment(text: str) -> datetime:
    """Spreadsheets know no zones: it is UTC, as everywhere."""
    return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)


def _number(value: Any) -> Any:
    """A number, or a text where the spreadsheet would round it."""
    text = str(value)
    if sum(c.isdigit() for c in text) > _DIGITS:
        return text
    return Decimal(text) if "." in text else int(text)
