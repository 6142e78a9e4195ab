"""Changing a field's kind: every value is shown as text and read again by the new kind, so that what does not convert can
be listed first. `0042` and `12,5` are never guessed at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong

CHUNK = 5_000


class Retype:
    def __init__(self, database: Database, entity: Entity, field: Field, wanted: Field):
        self._database, self._entity, self._field = database, entity, field
        self._show = field.kind.shower(field, database.dialect) or (lambda stored: stored)
        self._clean, self._read = wanted.kind.cleaner(wanted), wanted.kind.reader(wanted)

    @staticmethod
    def rescales(field: Field, wanted: Field) -> bool:
        """Same kind, but numbers are stored with another number of places: their columns differ too."""
        places = getattr(field.kind, "places", None)
        return bool(places) and field.kind is wanted.kind and places(field) != places(wanted)

    def preview(self) -> dict[str, Any]:
        """{"values": how many there are, "bad": how many do not convert, "examples": up to 20 of those}."""
        total = bad = 0
        examples = []
        for record_id, shown in self._values():
            total += 1
            try:
                self._converted(shown)
            except Wrong as wrong:
                bad += 1
                if len(examples) < 20:
                    examples.append({"id": str(record_id), "value": shown, "reason": str(wrong.message)})
        return {"values": total, "bad": bad, "examples": examples}

    def convert(self, wanted: Field) -> None:
        """Fill the new column; values that do not convert stay empty."""
        sql = self._database.sql(f'UPDATE "{self._entity.table}" SET "{wanted.column}" = ? WHERE "id" = ?')
        chunk: list[tuple[Any, int]] = []
        for record_id, shown in self._values():
            try:
                chunk.append((self._converted(shown), record_id))
            except Wrong:
                continue
            if len(chunk) >= CHUNK:
                self._database.many(sql, chunk)
                chunk = []
        if chunk:
            self._database.many(sql, chunk)

    def _values(self) -> Iterator[tuple[int, Any]]:
        column, table = self._field.column, self._entity.table
        sql = self._database.sql(
            f'SELECT "id", "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL AND "id" > ? ORDER BY "id" LIMIT {CHUNK}'
        )
        last = 0
        while rows := self._database.rows(sql, (last,)):
            for record_id, stored in rows:
                yield record_id, self._show(stored)
            last = rows[-1][0]

    def _converted(self, shown: Any) -> Any:
        """By the wire form where the kinds agree on it (a list stays a list), else by its text."""
        try:
            return self._clean(shown)
        except Wrong:
            if isinstance(shown, bool):
                shown = "true" if shown else "false"
            elif isinstance(shown, list):
                shown = ", ".join(map(str, shown))
            elif isinstance(shown, dict):
                shown = orjson.dumps(shown).decode()
            return self._read(str(shown))
