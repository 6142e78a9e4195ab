"""The records of an export: a list with its filter, sort and fields, read page by page so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from appliance.base.errors import BadRequest, Invalid, Problem
from appliance.base.text import say
from appliance.features.exports.cells import LOSSLESS, MODES
from appliance.http.jsonapi import parameters
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.titles import titles

PAGE = 500
FORMATS = ("csv", "xlsx", "jsonl")
Values = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What to export, and how. `names` are the columns, in order; `query` is without a page."""

    entity: str
    query: Query
    names: tuple[str, ...]
    format: str = "csv"
    mode: str = LOSSLESS
    language: str = "en"


def read_wanted(
    records: Records, type_: str, query_string: str, format_: str, mode: str, language: str = "en"
) -> Wanted:
    """`query_string` as for the list: filter, sort, fields[type]. Raises NotFound, BadRequest, Invalid."""
    registry = records.registry
    entity = registry.of_type(type_)
    problems = []
    if format_ not in FORMATS:
        problems.append(Problem("format", say("must be one of: {choices}", choices=", ".join(FORMATS)), "choice"))
    if mode not in MODES:
        problems.append(Problem("mode", say("must be one of: {choices}", choices=", ".join(MODES)), "choice"))
    if problems:
        raise Invalid(problems)
    asked = parameters.read(registry, entity, query_string, extra=("mode",))
    for name, _ in asked.words:
        if name.startswith("page[") or name == "include":
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    chosen = asked.fields.get(entity.type)
    if chosen is not None and (far := [n for n in chosen if n not in entity.by_name]):
        text = say("{entity} has no field called {name}.", entity=entity.type, name=far[0])
        raise BadRequest(text, parameter=f"fields[{entity.type}]")
    names = columns_of(entity) if chosen is None else ("id", *chosen)
    return Wanted(entity.name, replace(asked.query, page=Page()), names, format_, mode, language)


def columns_of(entity: Entity) -> tuple[str, ...]:
    return ("id", "version", *(f.name for f in (*entity.fields, *entity.system_fields)))


def count(records: Records, actor: Actor, wanted: Wanted) -> int:
    return Reading(records.database, records.registry, actor, records.find).count(wanted.query)


def pages(records: Records, actor: Actor, wanted: Wanted) -> Iterator[list[Values]]:
    """Records as {field: wire value} with id and version; links to many as lists of ids. Each page is read for itself:
    what changes behind it while it is written is seen, as in a list."""
    reading = Reading(records.database, records.registry, actor, records.find)
    table = reading.table(wanted.entity)
    links = [f for f in table.links if f.name in wanted.names]
    plain = [n for n in wanted.names if n in table.place and n not in ("id", "version")]
    after: tuple[Any, ...] | None = None
    while True:
        found = reading.page(replace(wanted.query, page=Page(size=PAGE, after=after, cursor=True)))
        ids = [r[0] for r in found.rows]
        far = {f.name: reading.linked(table, f, ids, limit=10_000) for f in links}
        listed = []
        for row in found.rows:
            values: Values = (
                {"id": str(row[0]), "version": row[1], **table.show(row, plain)} if plain else {"id": str(row[0])}
            )
            listed.append({**values, **{name: [str(i) for i in of[row[0]]] for name, of in far.items()}})
        if listed:
            yield listed
        if not found.more or not found.keys:
            return
        after = found.keys[-1]


def titles_of(records: Records, actor: Actor, wanted: Wanted, listed: list[Values]) -> dict[str, dict[str, str]]:
    """{relation: {id: what the record is called}} for a page; records that the actor may not see have no title."""
    reading = Reading(records.database, records.registry, actor, records.find)
    entity = records.registry.entity(wanted.entity)
    found: dict[str, dict[str, str]] = {}
    for name in wanted.names:
        field = entity.by_name.get(name)
        if field is None or not field.relational or field.target not in records.registry.entities:
            continue
        values = [v for row in listed for v in (row[name] if isinstance(row[name], list) else [row[name]]) if v]
        called = titles(reading, field.target or "", (int(v) for v in values))
        found[name] = {str(i): title for i, title in called.items()}
    return found
