"""The input for one field: to edit a cell in place, and to choose a value in a bulk change."""

from __future__ import annotations

from typing import Any

from appliance.base.errors import NotAllowed
from appliance.base.text import say
from appliance.features.grid.options import Option, options
from appliance.http import requests
from appliance.http.jsonapi.lists import Lists
from appliance.http.jsonapi.resources import read_id
from appliance.http.kinds import face_of
from appliance.http.pages.person import person
from appliance.records.entity import Entity, Field
from appliance.records.permissions import may, sees
from appliance.records.reading import Reading
from appliance.records.records import Records


def cell_values(records: Records, lists: Lists, entity: Entity, field: Field, row_id: str) -> dict[str, Any]:
    """What the template needs. NotAllowed for a field or record that this person cannot
    change, NotFound for a record that is not there."""
    actor, me, registry = requests.actor(), person(), records.registry
    may(actor, "update", entity.name)
    if not field.writable:
        raise NotAllowed(say("cannot be set"))
    value: Any = [] if field.many else None
    version = 0
    reading = Reading(records.database, registry, actor)
    if row_id:
        table = reading.table(entity.name)
        row = reading.get(entity.name, read_id(entity, row_id))
        if not sees(actor, table, row, "update"):
            raise NotAllowed(say("You may not change this record."))
        version = row[1]
        if field.many:
            value = reading.linked(table, field, [row[0]], limit=200)[row[0]]
        else:
            value = table.show(row, [field.name])[field.name]
    target = registry.entities.get(field.target or "")
    ids = [str(v) for v in (value if field.many else [value]) if v] if field.relational and target else []
    found = options(records, lists, me, target.name, "", ids) if target else []
    if field.relational and target:
        # what is chosen but not to be seen stays chosen: saving must not cut links that nobody saw
        known = {o.value for o in found}
        found = [Option(i, f"#{i}", True) for i in ids if i not in known] + [o for o in found if o.value != "me"]
    if value is not None and (field.kind.numeric or field.kind.has_time):
        value = face_of(field).typed(field, value, me)
    return {
        "entity": entity,
        "field": field,
        "kind": field.kind.name,
        "face": face_of(field),
        "value": value,
        "version": version,
        "options": found,
        "chosen": bool(ids),
        "target": target.type if target else "",
    }
