"""A comment is news of its record: whoever watches the record hears of it, and nobody else."""

from __future__ import annotations

from dataclasses import replace

from appliance.features.comments.comments import entity_of
from appliance.records.log import Entry
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry

COMMENTED = "commented"


def as_heard(records: Records, registry: Registry, entries: list[Entry]) -> list[Entry]:
    """The entries as subscribers hear of them: one about a comment becomes one about its record."""
    if not any(e.entity == "comment" for e in entries):
        return entries
    about = _about(records, registry, [e for e in entries if e.entity == "comment"])
    found = []
    for entry in entries:
        if entry.entity != "comment":
            found.append(entry)
        elif where := about.get(entry.record):
            found.append(replace(entry, entity=where[0], record=where[1], action=COMMENTED))
    return found


def _about(records: Records, registry: Registry, entries: list[Entry]) -> dict[int, tuple[str, int]]:
    """{comment: (entity, record)}: from the entry itself, or, where only the text changed, from the comment."""
    keys: dict[int, tuple[str, int]] = {}
    for entry in entries:
        if entry.action != "updated":
            before, after = entry.change["entity"], entry.change["record"]
            keys[entry.record] = (before[0] or before[1], after[0] or after[1])
    place = registry.tables["comment"].place
    rest = [e.record for e in entries if e.record not in keys]
    for id_, row in Reading(records.database, registry, SYSTEM).by_ids("comment", rest).items():
        keys[id_] = (row[place["entity"]], row[place["record"]])
    named = {id_: (entity_of(registry, key), record) for id_, (key, record) in keys.items()}
    return {id_: (entity.name, record) for id_, (entity, record) in named.items() if entity}
