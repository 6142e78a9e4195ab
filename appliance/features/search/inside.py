"""The search inside a list: a text becomes the ids of one entity's records, for `filter[q]`."""

from __future__ import annotations

import logging
from typing import Any

from appliance.base.errors import Unavailable
from appliance.engines.search.protocol import SearchEngine
from appliance.features.search.finding import MOST_WORDS
from appliance.records.permissions import Actor, may, reader_terms, visibility
from appliance.records.records import Records
from appliance.records.settling import Find, Ids

log = logging.getLogger(__name__)


def make_find(records: Records, engine: SearchEngine) -> Find:
    """For `Records.find`. While the engine is out of order, the database looks for all words in the title."""

    def find(actor: Actor, entity: str, text: str, limit: int) -> Ids:
        may(actor, "read", entity)
        try:
            found = engine.ids(text, readers=reader_terms(actor, [entity]), entity=entity, limit=limit)
            if found[1] or engine.position():
                return Ids(*found)
        except Unavailable:
            log.warning("The search engine is out of order; titles are searched in the database")
        return _plain(records, actor, entity, text, limit)

    return find


def _plain(records: Records, actor: Actor, entity: str, text: str, limit: int) -> Ids:
    """Slow on large tables, and right. `matched` is one more than the limit when there are more."""
    table, database = records.registry.tables[entity], records.database
    fields = [table.entity.by_name[name] for name in table.entity.title_fields]
    columns = [f.column for f in fields if f.kind.plain_text]
    words = text.split()[:MOST_WORDS]
    if not (columns and words):
        return Ids([], 0)
    one = " OR ".join(f"\"{column}\" {database.like} ? ESCAPE '!'" for column in columns)
    where = " AND ".join(f"({one})" for _ in words)
    may(actor, "read", entity)
    mine, owner = visibility(actor, entity).sql()
    params: list[Any] = [*(_pattern(word) for word in words for _ in columns), *owner]
    sql = f'SELECT "id" FROM "{table.entity.table}" WHERE {where} AND {mine} ORDER BY "id" DESC LIMIT ?'
    ids = [row[0] for row in database.rows(database.sql(sql), (*params, limit + 1))]
    return Ids(ids[:limit], len(ids))


def _pattern(word: str) -> str:
    return "%" + word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
