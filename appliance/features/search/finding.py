"""Finding records for an actor: the engine proposes, the tables decide.

A stale index shows too little, never too much."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from html import escape
from typing import Any

from appliance.base.errors import Unavailable
from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.documents import DocumentMaker
from appliance.records.permissions import Actor, reader_terms, visibility
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry
from appliance.records.tables import Row, Table

log = logging.getLogger(__name__)

MOST_PLAIN = 500  # hits of one entity that the database is asked for while the engine is down
MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Item:
    """A record that was found. `highlights`: field name -> escaped HTML with <mark>."""

    table: Table
    row: Row
    title: str
    score: float
    highlights: dict[str, str]


@dataclass(frozen=True, slots=True)
class Finds:
    """`counts` by entity name. `degraded`: the engine is out of order, and only titles were searched."""

    total: int = 0
    items: list[Item] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    degraded: bool = False


class Finder:
    def __init__(self, records: Records, engine: SearchEngine):
        self._records, self._engine = records, engine

    def find(
        self, actor: Actor, text: str, *, entities: tuple[str, ...] | None = None, limit: int = 25, offset: int = 0
    ) -> Finds:
        """Records that this actor may read, best first. Answers from the database while the engine cannot."""
        registry = self._records.registry
        reading = Reading(self._records.database, registry, actor)
        readers = _readers(registry, actor)
        try:
            hits = self._engine.search(text, readers=readers, entities=entities, limit=limit, offset=offset)
            if not hits.counts and self._engine.position() == 0:  # new, or lost and not yet made anew
                return self._plain(reading, text, entities, limit, offset)
        except Unavailable:
            log.warning("The search engine is out of order; titles are searched in the database")
            return self._plain(reading, text, entities, limit, offset)
        wanted: dict[str, list[int]] = {}
        for hit in hits.items:
            wanted.setdefault(hit.entity, []).append(hit.id)
        rows = {name: reading.by_ids(name, ids) for name, ids in wanted.items() if name in registry.tables}
        items = []
        for hit in hits.items:
            row = rows[hit.entity].get(hit.id) if hit.entity in rows else None
            if row is not None:
                maker = _maker(registry, hit.entity)
                title = hit.title if maker.updated(row) == hit.updated else maker.title(row)
                items.append(Item(registry.tables[hit.entity], row, title, hit.score, hit.highlights))
        return Finds(hits.total, items, {n: c for n, c in hits.counts.items() if n in registry.tables})

    def _plain(self, reading: Reading, text: str, entities: tuple[str, ...] | None, limit: int, offset: int) -> Finds:
        """All words somewhere in the title, newest record first. Slow on large tables, and right."""
        database, actor = reading.database, reading.actor
        words = text.split()[:MOST_WORDS]
        counts: dict[str, int] = {}
        items: list[Item] = []
        for name, table in reading.registry.tables.items() if words else ():
            seen = visibility(actor, name)
            fields = [f for f in table.entity.title_fields if table.entity.by_name[f].kind.plain_text]
            if not (seen and fields):
                continue
            columns = [table.entity.by_name[f].column for f in fields]
            one = " OR ".join(f"\"{column}\" {database.like} ? ESCAPE '!'" for column in columns)
            where = " AND ".join(f"({one})" for _ in words)
            mine, owner = seen.sql()
            params: list[Any] = [*(_pattern(word) for word in words for _ in columns), *owner]
            select = table.select_sql.rpartition(" WHERE ")[0]
            sql = select + database.sql(f' WHERE {where} AND {mine} ORDER BY "id" DESC LIMIT ?')
            rows = database.rows(sql, (*params, MOST_PLAIN))
            if rows:
                counts[name] = len(rows)
            if entities is None or name in entities:
                maker = _maker(reading.registry, name)
                items += [_plain_item(table, row, maker.title(row), words) for row in rows]
        total = sum(n for name, n in counts.items() if entities is None or name in entities)
        return Finds(total, items[offset : offset + limit], counts, True)


def _plain_item(table: Table, row: Row, title: str, words: list[str]) -> Item:
    spot = next((at for word in words if (at := title.lower().find(word.lower())) >= 0), -1)
    if spot < 0 or len(title.lower()) != len(title):
        return Item(table, row, title, 0.0, {})
    end = spot + next(len(w) for w in words if title.lower().startswith(w.lower(), spot))
    marked = f"{escape(title[:spot])}<mark>{escape(title[spot:end])}</mark>{escape(title[end:])}"
    return Item(table, row, title, 0.0, {"title": marked})


def _readers(registry: Registry, actor: Actor) -> list[str]:
    return registry.memo(("search readers", actor.rights), lambda: reader_terms(actor, list(registry.entities)))


def _maker(registry: Registry, entity: str) -> DocumentMaker:
    return registry.memo(("search document", entity), lambda: DocumentMaker(registry.tables[entity]))


def _pattern(word: str) -> str:
    return "%" + word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


__all__ = ["Finder", "Finds", "Item"]
