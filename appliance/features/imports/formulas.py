"""Cells that a spreadsheet would run: an export for spreadsheets puts an apostrophe before them, and reading it back takes that
away again, where the whole file shows that it is such an export."""

from __future__ import annotations

from pathlib import Path

from appliance.features.imports import reading
from appliance.features.imports.layout import CSV, Layout
from appliance.records.entity import Entity

ARMED = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
_PLAIN = ("integer", "decimal", "money", "date", "datetime", "boolean")
"""Kinds whose values are written without an apostrophe."""


def disarmed(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula; and before what looks like that already, so that
    `rearmed` gives back either."""
    return f"'{text}" if text.lstrip("'").startswith(ARMED) else text


def rearmed(text: str) -> str:
    """The opposite of `disarmed`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(ARMED) else text


def is_spreadsheet_export(path: Path, layout: Layout, entity: Entity) -> bool:
    """Is this CSV file our own export of the entity for spreadsheets? It has a byte order mark, its columns are called as the
    fields' labels, the first is the ID, and no text in all of it begins as a formula."""
    kinds = {f.label: f.kind.name for f in entity.by_name.values()}
    known = {*kinds, "ID", "Version"}
    if layout.format != CSV or layout.encoding != "utf-8-sig" or layout.columns[:1] != ("ID",):
        return False
    if any(c not in known and c.rpartition(" (")[0] not in known for c in layout.columns):
        return False
    texts = [c for c in layout.columns[1:] if kinds.get(c, "integer" if c == "Version" else "text") not in _PLAIN]
    return not any((row.get(c) or "").startswith(ARMED) for _, row in reading.sound_rows(path, layout) for c in texts)
