"""One record as it was: some values or all of them from an earlier version, and a deleted record with what went with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from appliance.base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from appliance.base.text import say
from appliance.features.undo.nets import Net
from appliance.features.undo.taking_back import Undone, creation, same
from appliance.features.undo.undoing import undo_transaction
from appliance.records.log import COLUMNS, Entry
from appliance.records.permissions import Actor, may, saw, sees
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.tables import Row
from appliance.records.work import Work


def restore(work: Work, entity: str, record_id: int, version: int, fields: Sequence[str] | None = None) -> Row:
    """Give a record the values it had in a version, all of them or those of some fields; what is the same is not written.
    Fields that came later are emptied, those that are gone are left out. A deleted record comes back as it was then. Raises
    NotFound for a record or version that there is not, Invalid for a field that cannot be restored (what it led to is gone,
    or its rules have changed since), NotAllowed, and what `update` and `bring_back` raise."""
    table = work.table(entity)
    row = work.row(table, record_id)
    may(work.actor, "read", entity)
    if not (_deletion(work, entity, record_id) if row is None else sees(work.actor, table, row)):
        raise NotFound(say("There is no {entity} with id {id}.", entity=entity, id=record_id))
    held = None
    if row is not None:
        may(work.actor, "update", entity)  # also where nothing would change
        if not sees(work.actor, table, row, "update"):
            raise NotAllowed(say("You may not change this record."))
        held = table.show(row) | {f.name: [str(i) for i in work.linked(table, f.name, record_id)] for f in table.links}
    position = _position_of(work, entity, record_id, version)
    past = work.log.values_as_of(entity, record_id, held, position)
    if past is None:
        raise NotFound(say("There is no version {version} of this record.", version=version))
    known = {f.name for f in table.entity.by_name.values() if f.writable}
    unknown = [n for n in fields or () if n not in known]
    if unknown:
        raise Invalid([Problem(n, say("cannot be restored"), "read_only") for n in unknown])
    then = {n: v for n, v in past[0].items() if n in known or table.entity.by_name.get(n, None) in table.entity.fields}
    if held is None or row is None:
        if fields is not None:
            raise Conflict(say("This record was deleted; bring it back as a whole first."), code="deleted")
        values = {n: v for n, v in then.items() if n in table.entity.by_name}
        at, by = creation(work, entity, record_id)
        return work.bring_back(entity, record_id, values, at=at, by=by)
    wanted = {n: then.get(n) for n in (known if fields is None else fields)}
    many = {n: table.entity.by_name[n].many for n in wanted}
    changed = {n: (v or [] if many[n] else v) for n, v in wanted.items() if not same(v, held.get(n), many[n])}
    return work.update(entity, record_id, changed, as_was=True) if changed else row


def bring_back(work: Work, entity: str, record_id: int) -> Undone:
    """A deleted record comes back with its id, its links and files; so do the records that were deleted along with it, and
    the links to it that were cleared. What cannot be is reported. Raises NotFound when it was not deleted, NotAllowed without
    the right to create one."""
    table = work.table(entity)
    deleted = _deletion(work, entity, record_id)
    if deleted is None:
        raise NotFound(say("There is no deleted {entity} with id {id}.", entity=entity, id=record_id))
    may(work.actor, "create", entity)
    along: set[tuple[str, int]] = {(entity, record_id)}

    def wanted(net: Net) -> bool:
        """In the turns of undoing a record comes before those that were deleted because of it."""
        if net.entity is None:
            return False
        if (net.entity, net.record) in along:
            return True
        if not _pointed(work, net, along, cascade=net.doing == "bring back"):
            return False
        if net.doing == "bring back":
            along.add((net.entity, net.record))
        return True

    assert table.entity.name == entity
    return undo_transaction(work, deleted.transaction, partly=True, wanted=wanted)


def deleted_records(
    records: Records, actor: Actor, entity: str, *, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The trash of one entity, newest first: {"id", "title", "at" (microseconds), "actor", "position", "transaction"}. `before`
    is the position of the last one known. Only records that are gone still, and that the actor could read."""
    may(actor, "read", entity)
    table = records.registry.tables[entity]
    reading = Reading(records.database, records.registry, actor)
    condition, values = records.log.names.condition(entity)
    sql = records.database.sql(
        f'SELECT {COLUMNS} FROM ingot_log WHERE {condition} AND "action" = \'deleted\' AND "position" < ? '
        'ORDER BY "position" DESC LIMIT ?'
    )
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    position = before if before is not None else 2**62
    while len(found) < limit:
        rows = [Entry(*row) for row in records.database.rows(sql, (*values, position, 200))]
        if not rows:
            break
        position = rows[-1].position
        ids = [e.record for e in rows]
        marks = ", ".join("?" * len(ids))
        there = records.database.sql(f'SELECT "id" FROM "{table.entity.table}" WHERE "id" IN ({marks})')
        present = {r[0] for r in reading.database.rows(there, ids)}
        for entry in records.log.names.today(entity, rows):
            if (
                entry.record in present
                or entry.record in seen
                or not saw(actor, entry.entity, entry.change)
                or len(found) >= limit
            ):
                continue
            seen.add(entry.record)
            title = table.entity.title_of({n: before_ for n, (before_, _) in entry.change.items()})
            found.append({
                "id": entry.record, "title": title, "at": entry.at, "actor": entry.actor, "position": entry.position,
                "transaction": entry.transaction,
            })  # fmt: skip
    return found


def _deletion(work: Work, entity: str, record_id: int) -> Entry | None:
    """The entry of a record that is gone, if the actor could see it until then."""
    last = work.log.of_record(entity, record_id, limit=1)
    found = last and last[0].action == "deleted" and saw(work.actor, entity, last[0].change)
    return last[0] if found else None


def _pointed(work: Work, net: Net, along: set[tuple[str, int]], *, cascade: bool) -> bool:
    """Did the record link to one of these before? With `cascade`, by a link that took it along."""
    declared = work.table(str(net.entity)).entity.by_name
    for name, (before, _) in net.change.items():
        link = declared.get(name)
        if link is None or not link.relational or not before or (cascade and link.on_delete != "cascade"):
            continue
        if any((link.target, int(t)) in along for t in (before if link.many else [before])):
            return True
    return False


def _position_of(work: Work, entity: str, record_id: int, version: int) -> int:
    for entry in work.log.of_record(entity, record_id, limit=1_000_000):
        if entry.version == version and entry.action != "deleted":
            return entry.position
    raise NotFound(say("There is no version {version} of this record.", version=version))
