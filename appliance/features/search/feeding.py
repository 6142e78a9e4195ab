"""What one step of following does: entries of the log become documents, changes of the schema a backlog of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from appliance.engines.database.protocol import Database
from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.documents import DocumentMaker, shape
from appliance.features.search.pacing import slices
from appliance.features.search.rebuild import page
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry
from appliance.records.tables import Row, Table

BATCH = 1_000
SCHEMA = ("entity", "field")


@dataclass
class Again:
    """An entity all of whose rows are indexed again. Until then the index may not claim more than `position`, so that a
    crash repeats it."""

    position: int
    after: int = 0


class Feeding:
    """Not safe for threads: the follower's alone. Rows are read fresh, so an entry that is met twice does no harm."""

    def __init__(self, database: Database, records: Records, engine: SearchEngine):
        self._database, self._records, self._engine = database, records, engine
        self._entries = database.sql(
            "SELECT position, entity, record FROM ingot_log WHERE position > ? ORDER BY position LIMIT ?"
        )
        self._changes = database.sql(
            "SELECT position, record, entity, change FROM ingot_log WHERE entity IN ('entity', 'field') "
            "AND position > ? AND position <= ? ORDER BY position"
        )
        self._read: int | None = None  # how far the log was read
        self._committed = -1
        self._again: dict[str, Again] = {}
        self._shapes: dict[str, Any] = {}  # of the documents in the index, where that is known for sure

    def forget(self) -> None:
        """Trust only the index: go on from its position."""
        self._read = None
        self._again.clear()
        self._shapes.clear()

    def step(self) -> bool:
        """Put one batch and commit it; True when there is more. Raises Unavailable when the index cannot be written:
        call `forget` then."""
        position = self._engine.position()
        if self._read is None or position != self._committed:  # another index has taken over
            self.forget()
            self._read = self._committed = position
        before = self._records.registry.revision
        entries = self._database.rows(self._entries, (self._read, BATCH))
        # After the entries: a registry older than an entry would not know the entity it speaks of.
        registry = self._records.refresh()
        if entries:
            self._follow(registry, entries)
            self._read = entries[-1][0]
        more = len(entries) == BATCH or self._index_again(registry)
        safe = min([self._read, *(a.position for a in self._again.values())])
        self._engine.commit(safe)
        self._committed = safe
        if not more and registry.revision == before:  # else the registry may be ahead of the entries that were read
            self._shapes = {name: shape(table.entity) for name, table in registry.tables.items()}
        return more

    # ------------------------------------------------------------------ entries

    def _follow(self, registry: Registry, entries: list[Row]) -> None:
        assert self._read is not None
        touched: dict[str, dict[int, None]] = {}
        schema = False
        for _, entity, record in entries:
            if entity in SCHEMA:
                schema = True
            else:
                touched.setdefault(entity, {})[record] = None
        if schema:
            for change in self._database.rows(self._changes, (self._read, entries[-1][0])):
                self._schema_changed(registry, *change)
        for entity, ids in touched.items():
            table = registry.tables.get(entity)
            if table:  # else its removal or new name is an entry too, met already or soon
                self._put(registry, table, list(ids))

    def _put(self, registry: Registry, table: Table, ids: list[int]) -> None:
        reading, maker = Reading(self._database, registry, SYSTEM), DocumentMaker(table)
        for some in slices(ids):
            rows = reading.by_ids(table.entity.name, some)
            self._engine.put([maker.make(row) for row in rows.values()])
            if gone := [i for i in some if i not in rows]:
                self._engine.delete(table.entity.name, gone)

    # ------------------------------------------------------------------ the schema

    def _schema_changed(self, registry: Registry, position: int, thing: int, kind: str, text: str) -> None:
        before, after = orjson.loads(text).get("declaration", (None, None))
        key = "name" if kind == "entity" else "entity"
        had, has = (words.get(key) if isinstance(words, dict) else None for words in (before, after))
        names = {name for name in (had, has) if name}
        if kind == "entity":
            names |= {e.name for e in registry.entities.values() if e.id == thing}
            if had and had != has:  # removed or renamed; by now another entity may have that name
                self._forget_entity(had)
        for name in names:
            self._check_shape(registry, name, position)

    def _check_shape(self, registry: Registry, name: str, position: int) -> None:
        table = registry.tables.get(name)
        if table is None:
            self._forget_entity(name)
            return
        now = shape(table.entity)
        if self._shapes.get(name) == now:
            return
        self._shapes[name] = now
        held = self._again.get(name)
        self._again[name] = Again(held.position if held else position - 1)

    def _forget_entity(self, name: str) -> None:
        self._engine.drop(name)
        self._again.pop(name, None)
        self._shapes.pop(name, None)

    def _index_again(self, registry: Registry) -> bool:
        """A part of the backlog; the old documents answer until theirs are replaced. True when some is left."""
        for name, again in list(self._again.items()):
            table = registry.tables.get(name)
            rows = page(self._database, table, again.after, BATCH) if table else []
            if table and rows:
                maker = DocumentMaker(table)
                for part in slices(rows):
                    self._engine.put([maker.make(row) for row in part])
                again.after = rows[-1][0]
            if len(rows) < BATCH:
                del self._again[name]
            return bool(self._again)
        return False
