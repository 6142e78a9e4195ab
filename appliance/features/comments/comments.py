"""Comments on records: plain text, with people mentioned as `@[user:7]`. A comment is seen by whoever sees its record, and
only then; whoever sees the record may comment. Authors change and delete their own, administrators all.

A comment knows its record's entity by its number, which no rename changes and which is never given away again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from appliance.base.errors import NotAllowed, NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity
from appliance.records.permissions import SYSTEM, Actor, sees
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry
from appliance.records.tables import Row
from appliance.records.work import Work

_MENTION = re.compile(r"@\[user:([0-9]{1,15})\]")


def entity_key(entity: Entity) -> str:
    """How a comment or a notice names an entity."""
    return entity.name if entity.id is None else str(entity.id)


def entity_of(registry: Registry, key: str | None) -> Entity | None:
    """The entity behind such a name; None while it is in the trash, or gone."""
    by_key = registry.memo("entity keys", lambda: {entity_key(e): e for e in registry.entities.values()})
    return by_key.get(key) if key is not None else None


def mentions(text: str | None) -> list[int]:
    """The ids of the users a text mentions, each once, in order."""
    return list(dict.fromkeys(int(found) for found in _MENTION.findall(text or "")))


# ---------------------------------------------------------------------- reading


def comments_of(
    records: Records, actor: Actor, entity: Entity, record_id: int, *, before: int | None = None, limit: int = 50
) -> list[Row]:
    """A record's comments, newest first; `before` is the id of the last one known. NotFound when the actor may not see the
    record."""
    Reading(records.database, records.registry, actor).get(entity.name, record_id)
    sql = records.database.sql(
        "SELECT id FROM ingot_comment WHERE entity = ? AND record = ? AND id < ? ORDER BY id DESC LIMIT ?"
    )
    values = (entity_key(entity), record_id, before if before is not None else 2**62, limit)
    ids = [row[0] for row in records.database.rows(sql, values)]
    found = Reading(records.database, records.registry, SYSTEM).by_ids("comment", ids)
    return [found[i] for i in ids if i in found]


def count_of(database: Database, entity: Entity, record_ids: Iterable[int]) -> dict[int, int]:
    """How many comments each of these records has; the caller has seen to it that the actor sees them."""
    ids = list(record_ids)
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT record, count(*) FROM ingot_comment WHERE entity = ? AND record IN ({marks}) GROUP BY record"
    rows = database.rows(database.sql(sql), (entity_key(entity), *ids))
    return {row[0]: row[1] for row in rows}


def comment(records: Records, actor: Actor, comment_id: int) -> Row:
    """One comment. NotFound unless its record is there and the actor may see it."""
    found = Reading(records.database, records.registry, SYSTEM).by_ids("comment", [comment_id]).get(comment_id)
    if found is not None and actor.reach("read", "comment"):  # everybody's, but for a token without the scope
        place = records.registry.tables["comment"].place
        entity = entity_of(records.registry, found[place["entity"]])
        if entity and actor.reach("read", entity.name):
            reading = Reading(records.database, records.registry, actor)
            if reading.by_ids(entity.name, [found[place["record"]]]):
                return found
    raise NotFound(say("There is no {entity} with id {id}.", entity="comment", id=comment_id))


# ---------------------------------------------------------------------- writing


def add(work: Work, entity: str, record_id: int, text: str) -> Row:
    """A new comment of the actor. NotFound when he may not see the record, Invalid for a text that is empty or too long."""
    table = work.table(entity)
    work.visible_row(table, record_id)
    return work.create("comment", {"entity": entity_key(table.entity), "record": record_id, "text": text.strip()})


def edit(work: Work, comment_id: int, text: str, *, version: int | None = None) -> Row:
    """Another text. NotFound when the actor may not see it, NotAllowed when it is somebody else's, Stale, Invalid."""
    _check(work, comment_id)
    return work.update("comment", comment_id, {"text": text.strip()}, version=version)


def remove(work: Work, comment_id: int, *, version: int | None = None) -> None:
    """NotFound when the actor may not see it, NotAllowed when it is somebody else's, Stale as `Work.delete` says."""
    _check(work, comment_id)
    work.delete("comment", comment_id, version=version)


def _check(work: Work, comment_id: int) -> None:
    """Who sees the record sees the comment, so that a refusal may say why."""
    table = work.table("comment")
    row = work.row(table, comment_id)
    entity = entity_of(work.registry, row[table.place["entity"]]) if row else None
    missing = NotFound(say("There is no {entity} with id {id}.", entity="comment", id=comment_id))
    if row is None or entity is None:
        raise missing
    there = work.table(entity.name)
    if not sees(work.actor, there, work.row(there, row[table.place["record"]])):
        raise missing
    if not sees(work.actor, table, row, "update"):
        raise NotAllowed(say("This comment is somebody else's."))


# ---------------------------------------------------------------------- purging


def purge(records: Records, before: int) -> int:
    """Delete the comments of records that went before a time (microseconds since 1970), and of entities that are gone for
    good. Returns how many."""
    database, registry = records.database, records.registry
    doomed: list[int] = []
    held = {str(row[0]) for row in database.rows("SELECT id FROM ingot_entity")}
    for (key,) in database.rows("SELECT DISTINCT entity FROM ingot_comment"):
        entity = entity_of(registry, key)
        if entity is None:
            if key not in held:
                sql = database.sql("SELECT id FROM ingot_comment WHERE entity = ?")
                doomed += [row[0] for row in database.rows(sql, (key,))]
            continue
        sql = (
            "SELECT c.id, c.record FROM ingot_comment c WHERE c.entity = ? AND NOT EXISTS "
            f'(SELECT 1 FROM "{entity.table}" r WHERE r.id = c.record)'
        )
        for comment_id, record_id in database.rows(database.sql(sql), (key,)):
            last = records.log.of_record(entity.name, record_id, limit=1)
            if not last or last[0].at < before:
                doomed.append(comment_id)
    for start in range(0, len(doomed), 200):
        with records.work(SYSTEM) as work:
            table = work.table("comment")
            for comment_id in doomed[start : start + 200]:
                if work.row(table, comment_id):
                    work.delete("comment", comment_id)
    return len(doomed)
