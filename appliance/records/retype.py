"""Changing a field's kind: every value is shown as text and read again by the new kind, so that what does not convert can
be listed first. `0042` and `12,5` are never guessed at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong, record_id
from appliance.records.kinds.number import DecimalKind

CHUNK = 5_000


class Retype:
    """From one field to another; `target_table` is where the new one leads, if it is a link."""

    def __init__(self, database: Database, entity: Entity, field: Field, wanted: Field, target_table: str | None):
        if wanted.kind.assigned and field.kind is not wanted.kind:
            text = say("a field that has values cannot become a running number; add a new field")
            raise Invalid([Problem("kind", text, "unconvertible")])
        self._database, self._entity, self._field, self._wanted = database, entity, field, wanted
        self._show = field.kind.shower(field, database.dialect) or (lambda stored: stored)
        self._clean, self._read = wanted.kind.cleaner(wanted), wanted.kind.reader(wanted)
        self._target_table = target_table

    @staticmethod
    def needed(field: Field, wanted: Field) -> bool:
        """Another kind, another target, or numbers stored with another number of places: a column of its own."""
        if field.kind is not wanted.kind or field.target != wanted.target:
            return True
        return isinstance(field.kind, DecimalKind) and field.kind.places(field) != field.kind.places(wanted)

    def preview(self) -> dict[str, Any]:
        """{"values": how many there are, "bad": how many do not convert, "examples": up to 20 of those}."""
        total = bad = 0
        examples: list[dict[str, Any]] = []
        for id_, shown in self._values():
            total += 1
            try:
                self._converted(shown)
            except Wrong as wrong:
                bad += 1
                if len(examples) < 20:
                    examples.append({"id": str(id_), "value": shown, "reason": str(wrong.message)})
        return {"values": total, "bad": bad, "examples": examples}

    def convert(self, wanted: Field) -> None:
        """Fill the new column, or table of links; values that do not convert stay empty."""
        if wanted.many:
            sql = self._database.sql(f'INSERT INTO "{wanted.column}" ("target", "source") VALUES (?, ?)')
        else:
            sql = self._database.sql(f'UPDATE "{self._entity.table}" SET "{wanted.column}" = ? WHERE "id" = ?')
        chunk: list[tuple[Any, int]] = []
        for id_, shown in self._values():
            try:
                value = self._converted(shown)
            except Wrong:
                continue
            chunk += [(one, id_) for one in value] if wanted.many else [(value, id_)]
            if len(chunk) >= CHUNK:
                self._database.many(sql, chunk)
                chunk = []
        if chunk:
            self._database.many(sql, chunk)

    def _values(self) -> Iterator[tuple[int, Any]]:
        """(record id, wire value) of every record that has one; ids as a list for links to many."""
        column, table = self._field.column, self._entity.table
        if self._field.many:
            sql = self._database.sql(
                f'SELECT "source", "target" FROM "{column}" WHERE "source" IN (SELECT DISTINCT "source" FROM "{column}" '
                f'WHERE "source" > ? ORDER BY "source" LIMIT {CHUNK}) ORDER BY "source", "target"'
            )
        else:
            sql = self._database.sql(
                f'SELECT "id", "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL AND "id" > ? ORDER BY "id" LIMIT {CHUNK}'
            )
        last = 0
        while rows := self._database.rows(sql, (last,)):
            if self._field.many:
                for source, group in groupby(rows, key=itemgetter(0)):
                    yield source, [str(target) for _, target in group]
            else:
                for id_, stored in rows:
                    yield id_, self._show(stored)
            last = rows[-1][0]

    def _converted(self, shown: Any) -> Any:
        """By the wire form where the kinds agree on it (a list stays a list), else by its text."""
        if self._wanted.relational:
            return self._links(shown)
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

    def _links(self, shown: Any) -> Any:
        if self._field.relational and self._field.target != self._wanted.target:
            raise Wrong(say("is a link to another kind of record"), "target")
        ids = sorted({record_id(one) for one in (shown if isinstance(shown, list) else [shown])})
        for one in ids if not self._field.relational else ():
            if one not in self._there:
                raise Wrong(say("there is no {entity} with id {id}", entity=self._wanted.target, id=one), "not_found")
        if self._wanted.many:
            return ids
        if len(ids) > 1:
            raise Wrong(say("holds several links"), "several")
        return ids[0]

    @cached_property
    def _there(self) -> set[int]:
        return {row[0] for row in self._database.rows(f'SELECT "id" FROM "{self._target_table}"')}
