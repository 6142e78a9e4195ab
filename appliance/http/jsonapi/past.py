"""The past of one record: its history, and how it was at a position of the log or at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, NotFound
from appliance.base.text import say
from appliance.http.jsonapi.document import VERSION
from appliance.http.jsonapi.parameters import Asked, write_query
from appliance.records.log import Entry
from appliance.records.permissions import may, sees, visibility
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row, Table


def entry_resource(entry: Entry) -> dict[str, Any]:
    """One log entry as a resource of type `log`; its id is its position."""
    return {
        "type": "log",
        "id": str(entry.position),
        "attributes": {
            "at": clock.wire(clock.from_micros(entry.at)),
            "actor": entry.actor,
            "via": entry.via,
            "transaction": entry.transaction,
            "entity": entry.entity,
            "record": str(entry.record),
            "version": entry.version,
            "action": entry.action,
            "change": entry.change,
        },
    }


def position_of(records: Records, text: str, parameter: str) -> int:
    """A position as it is, or the last one at a time: 907, 2026-11-22, 2026-11-22T12:00:00Z."""
    if is_digits(text):
        return int(text)
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a + in a query string arrives as a space
        if len(text) == 10:
            at = at.replace(hour=23, minute=59, second=59, microsecond=999_999)
        micros = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000) + 999
    except (ValueError, OverflowError):
        raise BadRequest(
            say("{name} must be a position of the log, a date or a time.", name=parameter), parameter=parameter
        ) from None
    return records.log.position_at(micros)


def record_as_of(records: Records, reading: Reading, table: Table, record_id: int, asked: Asked) -> dict[str, Any]:
    """The document of a record as it was; NotFound when it did not exist then, or is hidden from this actor now."""
    entity = table.entity
    position = position_of(records, asked.as_of or "", "as-of")
    row = present(reading, table, record_id)
    values = _values(reading, table, row) if row else None
    found = records.log.values_as_of(entity.name, record_id, values, position)
    if found is None:
        raise NotFound(say("There was no {entity} with id {id} then.", entity=entity.name, id=record_id))
    past, version = found
    chosen = asked.fields.get(entity.type)
    relationships: dict[str, Any] = {}
    for field in entity.relationships:
        if (chosen is not None and field.name not in chosen) or field.target not in reading.registry.entities:
            continue
        type_ = reading.registry.entities[str(field.target)].type
        value = past.get(field.name)
        if field.many:
            data: Any = [{"type": type_, "id": i} for i in value or []]
        else:
            data = {"type": type_, "id": value} if value else None
        relationships[field.name] = {"data": data}
    attributes = {f.name: past.get(f.name) for f in entity.attributes if chosen is None or f.name in chosen}
    resource = {
        "type": entity.type,
        "id": str(record_id),
        "attributes": attributes,
        "relationships": relationships,
        "links": {"self": f"/api/{entity.type}/{record_id}"},
        "meta": {"version": version if version > 0 else row[1] if row else 0, "as_of": position},
    }
    link = f"/api/{entity.type}/{record_id}" + write_query(asked.words)
    return {"jsonapi": VERSION, "data": resource, "links": {"self": link}}


def history(
    records: Records, reading: Reading, table: Table, record_id: int, *, after: int | None, limit: int
) -> list[Entry]:
    """A record's entries, newest first; those that follow the one at `after`, which are older. A deleted record's history
    is there for who may read all of its kind."""
    row = present(reading, table, record_id)
    upto = {} if after is None else {"upto": after - 1}
    entries = records.log.of_record(table.entity.name, record_id, limit=limit, **upto)
    if (
        not entries
        and row is None
        and (after is None or not records.log.of_record(table.entity.name, record_id, limit=1))
    ):
        raise NotFound(say("There is no {entity} with id {id}.", entity=table.entity.name, id=record_id))
    return entries


def present(reading: Reading, table: Table, record_id: int) -> Row | None:
    """The row now, or None for one that is gone; NotFound when the actor may not know of it."""
    may(reading.actor, "read", table.entity.name)
    rows = reading.database.rows(table.select_sql, (record_id,))
    if rows and sees(reading.actor, table, rows[0]):
        return rows[0]
    if not rows and visibility(reading.actor, table.entity.name).every:
        return None
    raise NotFound(say("There is no {entity} with id {id}.", entity=table.entity.name, id=record_id))


def _values(reading: Reading, table: Table, row: Row) -> dict[str, Any]:
    values = table.show(row)
    for field in table.links:
        values[field.name] = [str(i) for i in reading.linked(table, field, [row[0]])[row[0]]]
    return values
