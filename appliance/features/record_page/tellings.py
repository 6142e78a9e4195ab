"""The records that tell of something that happened to another one: notes, calls, tasks, visits. Which those are needs no list:
they point at it, they carry a long text, and nothing points at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from appliance.base import clock
from appliance.features.record_page.looking import Look
from appliance.features.record_page.related import pointing
from appliance.http.pages import formats
from appliance.http.pages.icons import icon_of
from appliance.records.entity import Entity, Field
from appliance.records.query import Sort, parse_condition
from appliance.records.tables import Row, Table

PLAIN = "created_at"
"""The time of those that have none of their own."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A kind of record that tells of something: `when` is the name of its time, `text` that of its text."""

    entity: Entity
    link: Field
    when: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.entity.name}.{self.link.name}"


def tellings(look: Look) -> list[Telling]:
    registry, found = look.reading.registry, []
    for entity, link in pointing(look):
        text = next((f.name for f in entity.fields if f.kind.long and f.kind.plain_text), None)
        if text is None or registry.pointing.get(entity.name):
            continue
        when = next((f.name for f in entity.fields if f.kind.temporal), PLAIN)
        found.append(Telling(entity, link, when, text))
    return found


def writable(look: Look) -> list[tuple[str, str, str]]:
    """[(icon, label, address)]: the records to tell of something with that this person may make, one of each kind."""
    kinds = {
        kind.entity.name: kind for kind in reversed(tellings(look)) if look.actor.reach("create", kind.entity.name)
    }
    return [
        (icon_of(k.entity), look.label(k.entity.label), f"/{k.entity.type}/new?{k.link.name}={look.id}")
        for k in reversed(kinds.values())
    ]


def points_here(look: Look, kind: Telling) -> Any:
    return parse_condition(look.reading.registry, kind.entity, kind.link.name, "eq", str(look.id), "filter")


def in_time(look: Look, kind: Telling, operator: str) -> Any:
    """A day is over when it is over where the reader is; a time when it has passed."""
    day = is_day(kind.entity.by_name[kind.when])
    now = clock.now().astimezone(formats.zone(look.me.timezone))
    text = now.date().isoformat() if day else clock.wire(now)
    return parse_condition(look.reading.registry, kind.entity, kind.when, operator, text, "filter")


def newest(kind: Telling) -> tuple[Sort, ...]:
    return (Sort((kind.when,), True), Sort(("id",), True))


def time_of(table: Table, kind: Telling, row: Row) -> str:
    wire = str(table.show(row, (kind.when,))[kind.when])
    return f"{wire}T12:00:00.000Z" if len(wire) == 10 else wire


def is_day(field: Field) -> bool:
    return field.kind.temporal and not field.kind.has_time
