"""Records as a SQLite file of their own, written in pages so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.records.permissions import Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records

PAGE = 500


def rows(records: Records, actor: Actor, entity: str) -> Iterator[dict[str, Any]]:
    """{field: wire value} with id and version, in the order of ids; links to many as lists of ids."""
    reading = Reading(records.database, records.registry, actor)
    table = reading.table(entity)
    after: tuple[Any, ...] | None = None
    while True:
        found = reading.page(Query(entity, (), (), Page(size=PAGE, after=after, cursor=True)))
        links = {f.name: reading.linked(table, f, [r[0] for r in found.rows]) for f in table.links}
        for row in found.rows:
            values = {"id": str(row[0]), "version": row[1], **table.show(row)}
            yield {**values, **{name: [str(i) for i in ids[row[0]]] for name, ids in links.items()}}
        if not found.more:
            return
        after = (found.rows[-1][0],)


def write_sqlite(path: str, listed: Iterator[dict[str, Any]], table: str) -> int:
    """A stand-alone SQLite file that any SQL tool opens."""
    import sqlite_utils  # here: not needed to start

    database = sqlite_utils.Database(path)
    database[table].insert_all(({**v, "id": int(v["id"])} for v in listed), pk="id", batch_size=PAGE)  # type: ignore[union-attr]
    count = database[table].count
    database.close()
    return count
