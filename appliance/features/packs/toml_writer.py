"""Writes a declaration as a pack file, in the order a person would: its names, its fields, its views."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from appliance.base.text import headline
from appliance.records.declaration import write_entity
from appliance.records.entity import Entity

_WIDTH = 110
_FIELD_ORDER = (
    "name", "kind", "label", "help", "target", "inverse", "on_delete", "choices", "default", "required", "unique",
    "currency", "places", "min", "max",
)  # fmt: skip
_VIEW_ORDER = ("name", "label", "kind", "group_by", "columns", "filter", "sort")


def write_pack_file(entity: Entity) -> str:
    """TOML text that `read_pack` reads back into the same declaration. Labels that follow from the name are left
    out, and so is the pack: the folder says it. What TOML has no word for (null) is left out too."""
    words = write_entity(entity)
    fields, views = words.pop("fields"), words.pop("views", [])
    words.pop("pack", None)
    follows = {"label": headline(entity.name), "plural_label": headline(entity.plural)}
    lines = _pairs({key: value for key, value in words.items() if follows.get(key) != value})
    for field in fields:
        if field["label"] == headline(field["name"]):
            del field["label"]
        lines += ["", "[[field]]", *_pairs(_ordered(field, _FIELD_ORDER))]
    for view in views:
        lines += ["", "[[views]]", *_pairs(_ordered(view, _VIEW_ORDER))]
    return "\n".join(lines) + "\n"


def _ordered(words: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    return {key: words[key] for key in (*(k for k in order if k in words), *(k for k in words if k not in order))}


def _pairs(words: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in words.items():
        if value is None:
            continue
        line = f"{_key(key)} = {_value(value)}"
        if isinstance(value, list) and (len(line) > _WIDTH or any(isinstance(v, dict) for v in value)):
            line = "\n".join([f"{_key(key)} = [", *(f"    {_value(v)}," for v in value), "]"])
        lines.append(line)
    return lines


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items() if v is not None)
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value if v is not None) + "]"
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _text(text: str) -> str:
    """A TOML basic string; its escapes are JSON's, except that DEL must be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
