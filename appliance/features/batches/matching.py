"""Which records a question means: their ids, so that what a change does to the filter does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.http.jsonapi import parameters
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry

PAGE = 500


def question(registry: Registry, entity: Entity, query_string: str) -> Query:
    """The query a list's address stands for. BadRequest when it does not narrow the list: "all" must be said, as
    filter[id][gt]=0."""
    asked = parameters.read(registry, entity, query_string)
    if not asked.query.conditions:
        raise BadRequest(say("To change many records by one resource, say which by filter[...]."), parameter="filter")
    return Query(entity.name, asked.query.conditions)


def matching_ids(records: Records, actor: Actor, query: Query, *, most: int | None = None) -> Iterator[int]:
    """The ids of the records that match now and that the actor may see, in order."""
    reading = Reading(records.database, records.registry, actor, records.find)
    after: tuple[int, ...] | None = None
    given = 0
    while True:
        found = reading.page(replace(query, sorts=(), page=Page(size=PAGE, after=after, cursor=True)))
        for row in found.rows:
            if most is not None and given >= most:
                return
            given += 1
            yield row[0]
        if not found.more:
            return
        after = (found.rows[-1][0],)


def count(records: Records, actor: Actor, query: Query) -> int:
    return Reading(records.database, records.registry, actor, records.find).count(query)
