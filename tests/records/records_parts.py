"""What the tests of this room share: entities declared in a line, actors, and the log in a readable form."""

from __future__ import annotations

from typing import Any

from appliance.records.declaration import read_entity, read_field
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.query import Page, Query, parse_condition, parse_sort
from appliance.records.reading import Reading
from appliance.records.records import Records

ALL = dict.fromkeys(("read", "create", "update", "delete"), "all")
OWN = dict.fromkeys(("read", "create", "update", "delete"), "own")
ALICE = Actor("user:1", {"*": ALL, "user": {"read": "all"}}, user=1, name="alice")
CHARLIE = Actor("user:2", {"*": OWN, "user": {"read": "all"}}, user=2, name="charlie")


def declare(records: Records, *declared: dict[str, Any]) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in declared])


def people(records: Records) -> None:
    with records.work(SYSTEM) as work:
        for name in ("alice", "charlie"):
            work.create("user", {"email": f"{name}@office.example", "name": name})


def create(records: Records, entity: str, actor: Actor = SYSTEM, /, **values: Any) -> int:
    with records.work(actor) as work:
        return work.create(entity, values)[0]


def update(records: Records, entity: str, id_: int, actor: Actor = SYSTEM, /, **values: Any) -> int:
    """Returns the version."""
    with records.work(actor) as work:
        return work.update(entity, id_, values)[1]


def delete(records: Records, entity: str, id_: int, actor: Actor = SYSTEM) -> None:
    with records.work(actor) as work:
        work.delete(entity, id_)


def shown(records: Records, entity: str, id_: int) -> dict[str, Any]:
    """Wire values, links to many included."""
    reading = Reading(records.database, records.registry, SYSTEM)
    table = records.registry.tables[entity]
    values = table.show(reading.get(entity, id_))
    return values | {f.name: [str(i) for i in reading.linked(table, f, [id_])[id_]] for f in table.links}


def history(records: Records, entity: str, id_: int) -> list[tuple[str, int, dict[str, Any]]]:
    """Oldest first."""
    return [(e.action, e.version, e.change) for e in reversed(records.log.of_record(entity, id_))]


def found(
    records: Records, entity: str, *filters: tuple[str, str, str], sort: str = "", actor: Actor = SYSTEM, **page: Any
) -> list[int]:
    """Ids of a page of a list, filtered by (path, operator, text)."""
    registry = records.registry  # one for the whole question, as a request has it
    kind = registry.entity(entity)
    conditions = tuple(parse_condition(registry, kind, *f, f"filter[{f[0]}][{f[1]}]") for f in filters)
    query = Query(entity, conditions, parse_sort(registry, kind, sort), Page(**{"size": 500, **page}))
    return [row[0] for row in Reading(records.database, registry, actor).page(query).rows]


def add_field(records: Records, entity: str, **words: Any) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.add_field(schema.entities()[entity], read_field(words))


def change_field(records: Records, entity: str, field: str, /, clear_bad: bool = False, **words: Any) -> None:
    with records.change_schema(SYSTEM) as schema:
        held = schema.entities()[entity]
        schema.change_field(held, held.by_name[field], words, clear_bad=clear_bad)


def change_entity(records: Records, entity: str, /, **words: Any) -> None:
    with records.change_schema(SYSTEM) as schema:
        schema.change_entity(schema.entities()[entity], words)


def remove_field(records: Records, entity: str, name: str) -> int:
    with records.change_schema(SYSTEM) as schema:
        held = schema.entities()[entity]
        schema.remove_field(held, held.by_name[name])
        return held.by_name[name].id or 0
