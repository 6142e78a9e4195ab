"""Where declarations are kept: ingot_entity and ingot_field, one row each, the words as JSON. What was removed keeps its
row (and its table or column) until the trash is emptied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.records.declaration import read_entity, read_field, write_entity, write_field
from appliance.records.entity import Entity, Field

_HIDDEN = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
"""Columns every table of PostgreSQL has; not used on SQLite either, so that a database can move."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Something in the trash."""

    id: int
    name: str
    entity: int | None
    physical: str
    removed_at: str


class Definitions:
    """Reads and writes the two tables. Writing is for schema.py, inside its transaction."""

    def __init__(self, database: Database):
        self.database = database

    def revision(self) -> int:
        return int(self.database.rows("SELECT value FROM ingot_meta WHERE key = 'schema'")[0][0])

    def advance(self) -> None:
        self.database.run("UPDATE ingot_meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'schema'")

    def load(self) -> list[Entity]:
        """All entities that are not in the trash. A field whose target is in the trash is hidden with it."""
        rows = self.database.rows(
            "SELECT id, definition, table_name FROM ingot_entity WHERE removed_at IS NULL ORDER BY position, id"
        )
        fields: dict[int, list[Field]] = {}
        for entity_id, field in self._fields():
            fields.setdefault(entity_id, []).append(field)
        entities = [
            replace(_unchecked(definition), id=id_, table=table, fields=tuple(fields.get(id_, ())))
            for id_, definition, table in rows
        ]
        known = {e.name for e in entities} | {"user", "file", "role"}
        return [replace(e, fields=tuple(f for f in e.fields if not f.target or f.target in known)) for e in entities]

    def _fields(self) -> Iterable[tuple[int, Field]]:
        rows = self.database.rows(
            "SELECT id, entity, definition, column_name FROM ingot_field WHERE removed_at IS NULL ORDER BY position, id"
        )
        for id_, entity, definition, column in rows:
            yield entity, replace(read_field(orjson.loads(definition), stored=True), id=id_, column=column)

    def removed_fields(self) -> list[Removed]:
        return [
            Removed(*row)
            for row in self.database.rows(
                "SELECT id, name, entity, column_name, removed_at FROM ingot_field WHERE removed_at IS NOT NULL"
            )
        ]

    def removed_entities(self) -> list[Removed]:
        return [
            Removed(id_, name, None, table, at)
            for id_, name, table, at in self.database.rows(
                "SELECT id, name, table_name, removed_at FROM ingot_entity WHERE removed_at IS NOT NULL"
            )
        ]

    def field_in_trash(self, field_id: int) -> tuple[int, Field] | None:
        rows = self.database.rows(
            self.database.sql(
                "SELECT entity, definition, column_name FROM ingot_field WHERE id = ? AND removed_at IS NOT NULL"
            ),
            (field_id,),
        )
        return (
            (rows[0][0], replace(read_field(orjson.loads(rows[0][1])), id=field_id, column=rows[0][2]))
            if rows
            else None
        )

    # ------------------------------------------------------------------ writing

    def add_entity(self, entity: Entity) -> Entity:
        sql = self.database.sql(
            "INSERT INTO ingot_entity (name, definition, table_name, position) "
            "VALUES (?, ?, ?, (SELECT count(*) FROM ingot_entity)) RETURNING id"
        )
        return replace(entity, id=self.database.rows(sql, (entity.name, _words(entity), entity.table))[0][0])

    def save_entity(self, entity: Entity) -> None:
        self._run(
            "UPDATE ingot_entity SET name = ?, definition = ? WHERE id = ?", entity.name, _words(entity), entity.id
        )

    def add_field(self, entity: Entity, field: Field, *, removed: bool = False) -> Field:
        sql = self.database.sql(
            "INSERT INTO ingot_field (entity, name, definition, column_name, position, removed_at) VALUES (?, ?, ?, ?, "
            "(SELECT count(*) FROM ingot_field WHERE entity = ?), ?) RETURNING id"
        )
        at = clock.wire_now() if removed else None
        params = (entity.id, field.name, _json(write_field(field)), field.column, entity.id, at)
        return replace(field, id=self.database.rows(sql, params)[0][0])

    def save_field(self, field: Field) -> None:
        words = _json(write_field(field))
        self._run(
            "UPDATE ingot_field SET name = ?, definition = ?, column_name = ? WHERE id = ?",
            field.name,
            words,
            field.column,
            field.id,
        )

    def order_fields(self, ids: list[int]) -> None:
        for n, field_id in enumerate(ids):
            self._run("UPDATE ingot_field SET position = ? WHERE id = ?", n, field_id)

    def mark(self, what: str, id_: int, removed: bool) -> None:
        """Into the trash, or out of it. `what` is entity or field."""
        table = {"entity": "ingot_entity", "field": "ingot_field"}[what]
        self._run(f"UPDATE {table} SET removed_at = ? WHERE id = ?", clock.wire_now() if removed else None, id_)

    def forget(self, what: str, id_: int) -> None:
        """Out of the trash for good; the caller has dropped the column or table."""
        if what == "entity":
            self._run("DELETE FROM ingot_field WHERE entity = ?", id_)
        self._run(f"DELETE FROM ingot_{what} WHERE id = ?", id_)

    def all_fields(self) -> list[tuple[int, Field, bool]]:
        """(entity id, field, whether it is in the trash) of every field there is, also of entities in the trash."""
        rows = self.database.rows("SELECT id, entity, definition, column_name, removed_at FROM ingot_field ORDER BY id")
        return [
            (entity, replace(read_field(orjson.loads(d), stored=True), id=id_, column=c), bool(at))
            for id_, entity, d, c, at in rows
        ]

    def columns_taken(self, entity: Entity) -> set[str]:
        """Names a new column of the entity's table cannot have, in small letters."""
        rows = self.database.rows(
            self.database.sql("SELECT column_name FROM ingot_field WHERE entity = ?"), (entity.id,)
        )
        return {r[0].lower() for r in rows} | {"id", "version"} | {f.column for f in entity.system_fields} | _HIDDEN

    def tables_taken(self) -> set[str]:
        """Names a new table cannot have, in small letters: tables, indexes and sequences share them."""
        if self.database.dialect == "sqlite":
            names = self.database.rows("SELECT name FROM sqlite_master")
        else:
            names = self.database.rows(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            )
        return {name.lower() for (name,) in names}

    def _run(self, sql: str, *params: Any) -> None:
        self.database.run(self.database.sql(sql), params)


def _json(words: Any) -> str:
    return orjson.dumps(words).decode()


def _words(entity: Entity) -> str:
    return _json(write_entity(entity, fields=False))


def _unchecked(definition: str) -> Entity:
    """A stored definition was checked against its fields when it was written; alone, its names would look wrong."""
    words = orjson.loads(definition)
    alone = read_entity({k: v for k, v in words.items() if k not in ("indexes", "unique", "title")})
    return replace(
        alone,
        title=words.get("title", ""),
        indexes=tuple(tuple(g) for g in words.get("indexes", ())),
        unique=tuple(tuple(g) for g in words.get("unique", ())),
    )
