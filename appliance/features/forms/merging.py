"""Two people changed one record: what both changed differently is a clash and somebody must choose; everything else goes
together by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.base import clock
from appliance.features.forms.reading import Given, change_links
from appliance.features.forms.values import same, typed
from appliance.http.kinds import Typed
from appliance.http.pages.person import Person
from appliance.records.entity import Entity
from appliance.records.log import Log
from appliance.records.tables import Row, Table
from appliance.records.work import Work


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a field last, since the form was drawn: an actor's key, and when."""

    actor: str
    at: str


@dataclass(frozen=True, slots=True)
class Past:
    """A record's wire values at the version a form was drawn from, and who changed which field since."""

    values: dict[str, Any]
    changed: dict[str, Change]


class Clash(Exception):
    """Fields that were changed here and elsewhere. `texts` fill the form again: mine where I changed something, what is
    stored now everywhere else."""

    def __init__(self, version: int, fields: list[str], texts: dict[str, Typed], past: Past, now: dict[str, Any]):
        self.version, self.fields, self.texts, self.past, self.now = version, fields, texts, past, now
        super().__init__(", ".join(fields))


def wire_values(work: Work, table: Table, row: Row) -> dict[str, Any]:
    """All of a record, links as texts."""
    return table.show(row) | {f.name: [str(t) for t in work.linked(table, f.name, row[0])] for f in table.links}


def past_of(log: Log, entity: str, record_id: int, now: Mapping[str, Any], version: int) -> Past:
    """The present with every later change taken back."""
    values, changed = dict(now), dict[str, Change]()
    for entry in log.of_record(entity, record_id, limit=10_000):
        if entry.version <= version:
            break
        for name, (before, _) in entry.change.items():
            values[name] = before
            changed.setdefault(name, Change(entry.actor, clock.wire(clock.from_micros(entry.at))))
    return Past(values, changed)


def merged(
    entity: Entity, given: Given, past: Past, now: Mapping[str, Any], version: int, me: Person
) -> dict[str, Typed]:
    """What this form changes, by field. Raises Clash where somebody else changed the same to something else."""
    mine: dict[str, Typed] = {}
    clashes = []
    for name, text in given.texts.items():
        field = entity.by_name[name]
        shown, stored = typed(field, past.values.get(name), me), typed(field, now.get(name), me)
        if name in given.theirs or same(text, shown):
            continue
        if field.many:
            text = change_links(text, shown, stored)
        elif not same(shown, stored) and not same(text, stored):
            clashes.append(name)
        if not same(text, stored):
            mine[name] = text
    if clashes:
        texts = {n: mine.get(n, typed(entity.by_name[n], now.get(n), me)) for n in given.texts}
        raise Clash(version, clashes, texts, past, dict(now))
    return mine
