"""One page of a list with all that is said of the whole: for the API, and for pages that show the same list to people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from appliance.base import clock
from appliance.http.jsonapi import parameters
from appliance.http.jsonapi.answers import Kept, Memory
from appliance.http.jsonapi.parameters import Asked
from appliance.records.entity import Entity
from appliance.records.permissions import Actor, may
from appliance.records.reading import Found, Reading, Totals
from appliance.records.records import PROCESS, Records
from appliance.records.registry import Registry
from appliance.records.settling import settle
from appliance.records.tables import Table


@dataclass(frozen=True, slots=True)
class Looked:
    """`asked` with its query settled; `sums` in wire form by field, None when none were asked for; `matched`: how many
    records the search matched, when more than were taken; `mark` changes whenever the list may have."""

    reading: Reading
    asked: Asked
    found: Found
    sums: dict[str, Any] | None
    matched: int | None
    mark: str


@dataclass
class Lists:
    records: Records
    memory: Memory

    def asked(
        self, registry: Registry, entity: Entity, query: bytes, *, listing: bool = True, extra: tuple[str, ...] = ()
    ) -> Asked:
        """A query string read; remembered for as long as the schema stands. `extra`: words of it that are not the list's.
        Raises BadRequest that names the parameter."""
        key = ("asked", entity.name, listing, extra, query)

        def read() -> Asked:
            return parameters.read(registry, entity, query.decode("latin-1"), listing=listing, extra=extra)

        return registry.memo(key, read)

    def look(self, registry: Registry, actor: Actor, entity: Entity, asked: Asked) -> Looked:
        """Read the page now. NotAllowed when the actor may read none of its kind, BadRequest when it cannot be settled."""
        versions = self.versions(asked.depends)
        asked, matched = self.settled(asked, actor)
        reading = Reading(self.records.database, registry, actor)
        found, sums = self.page(reading, asked, versions)
        mark = digest(registry.revision, asked.words, asked.query.conditions, matched, actor.rights, versions, PROCESS)
        return Looked(reading, asked, found, sums, matched, mark)

    def settled(self, asked: Asked, actor: Actor) -> tuple[Asked, int | None]:
        """With its days, its `me` and its search as they are now."""
        if not asked.open:
            return asked, None
        may(actor, "read", asked.query.entity)
        found = settle(asked.query, actor, clock.now(), self.records.find)
        return replace(asked, query=found.query), found.matched

    def page(self, reading: Reading, asked: Asked, versions: tuple[int, ...]) -> tuple[Found, dict[str, Any] | None]:
        """The page and its sums; what is said of the whole list is remembered beside the lists, for whoever turns the
        pages asks for it again and again. `versions` are those from before."""
        query = asked.query
        if not (query.page.totals or query.page.sums):
            return reading.page(query), None
        conditions = digest(query.conditions) if asked.open else query.conditions  # those of a search may be long
        key = ("totals", reading.registry.revision, query.entity, conditions, query.page.sums, reading.actor.rights)
        kept = self.memory.get(key)
        if kept is None or kept.versions != versions or kept.depends != asked.depends:
            totals = reading.totals(query)
            body = orjson.dumps([totals.count, sums_of(reading.table(query.entity), totals)])
            kept = Kept(asked.depends, versions, "", body)
            self.memory.put(key, kept)
        count, sums = orjson.loads(kept.body)
        found = reading.page(replace(query, page=replace(query.page, totals=False)), count)
        found = replace(found, total=count) if query.page.totals else found
        return found, sums if query.page.sums else None

    def versions(self, entities: Sequence[str]) -> tuple[int, ...]:
        """Ask before reading rows: a commit in between makes the answer old, never wrong."""
        return tuple(map(self.records.versions.of, entities))


def sums_of(table: Table, totals: Totals) -> dict[str, Any]:
    """Sums in wire form; whole numbers too large for the 64 bits of programs are strings."""
    found: dict[str, Any] = {}
    for name, value in totals.sums.items():
        shown = table.shown(name, value)
        found[name] = shown if isinstance(shown, str) or -(2**63) <= shown < 2**63 else str(shown)
    return found


def digest(*parts: Any) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()
