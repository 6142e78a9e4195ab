"""Who may read a file: its owner, administrators, everybody when it is public, and whoever may read a record that
links to it."""

from __future__ import annotations

from appliance.base.errors import NotFound, NotSignedIn
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.permissions import Actor, sees, visibility
from appliance.records.reading import Reading
from appliance.records.registry import Registry
from appliance.records.tables import Row, Table

SOURCES = 1_000  # records of one kind that are asked when the actor may read only some of them


def readable_file(database: Database, registry: Registry, actor: Actor | None, file_id: int) -> Row:
    """The row of the file. NotFound when it is not there for this actor, NotSignedIn when nobody is named and it is not
    known to be public."""
    table = registry.tables["file"]
    rows = database.rows(table.select_sql, (file_id,))
    row = rows[0] if rows else None
    if row is not None and row[table.place["public"]]:
        return row
    if actor is None:
        raise NotSignedIn()
    if row is None or not (sees(actor, table, row) or linked_for(Reading(database, registry, actor), file_id)):
        raise NotFound(say("There is no {entity} with id {id}.", entity="file", id=file_id))
    return row


def linked_for(reading: Reading, file_id: int) -> bool:
    """Does a record that the actor may read link to the file?"""
    for entity, field in reading.registry.pointing["file"]:
        seen = visibility(reading.actor, entity.name)
        if not seen:
            continue
        table = reading.registry.tables[entity.name]
        sources = _sources(reading.database, table, field.name, file_id, 1 if seen.every else SOURCES)
        if sources and (seen.every or reading.by_ids(entity.name, sources)):
            return True
    return False


def _sources(database: Database, table: Table, name: str, file_id: int, limit: int) -> list[int]:
    field = table.entity.by_name[name]
    if field.many:
        sql = f'SELECT "source" FROM "{field.column}" WHERE "target" = ? LIMIT ?'
    else:
        sql = f'SELECT "id" FROM "{table.entity.table}" WHERE "{field.column}" = ? LIMIT ?'
    return [r[0] for r in database.rows(database.sql(sql), (file_id, limit))]
