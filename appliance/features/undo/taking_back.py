"""One record's net change is taken back in a work: what was created is deleted, what was deleted comes back, what was changed
gets its old values. What somebody changed since is not touched; it is reported field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, IngotError
from appliance.base.text import Text, say
from appliance.features.undo.nets import SCHEMA, Net
from appliance.records.permissions import sees
from appliance.records.tables import Row, Table
from appliance.records.work import Work

SHOWN = 1_000
CIRCLE = 20
"""Records that may point at one that goes, and go too."""
UNTOUCHED = ("user", "role")
"""Rights are not a thing to take back along with records."""
Doing = Callable[[str, int], str]


@dataclass
class Undone:
    """Counts, and the first thousand records that were left as they are, wholly or in part: {"entity", "id", "reason",
    "fields": [{"field", "now", "would_be"}]}."""

    deleted: int = 0
    restored: int = 0
    brought_back: int = 0
    gone: int = 0
    kept: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    def counts(self) -> list[int]:
        return [self.deleted, self.restored, self.brought_back, self.gone, self.kept]

    def add(self, counts: list[int], left: list[dict[str, Any]]) -> None:
        sums = [a + b for a, b in zip(self.counts(), counts, strict=True)]
        self.deleted, self.restored, self.brought_back, self.gone, self.kept = sums
        self.left = (self.left + left)[:SHOWN]

    def shown(self) -> dict[str, Any]:
        return {
            "deleted": self.deleted,
            "restored": self.restored,
            "brought_back": self.brought_back,
            "gone": self.gone,
            "kept": self.kept,
            "left": self.left,
        }


class UndoRefused(Conflict):
    """Something changed since, and only the whole was wanted: nothing was done. `left` says what hinders, as in Undone."""

    def __init__(self, left: list[dict[str, Any]]):
        text = say("{count} records were changed since or cannot be taken back; nothing was done.", count=len(left))
        super().__init__(text, code="changed_since")
        self.left = left


class TakingBack:
    """Bound to one work. `doing(entity, id)` is what the same undoing means for another record, as `Net.doing`. Links to a
    record that is yet to come are put into `waiting`."""

    def __init__(self, work: Work, undone: Undone, doing: Doing):
        self._work, self._undone, self._doing = work, undone, doing
        self.waiting: list[tuple[str, int, dict[str, Any]]] = []

    def one(self, net: Net) -> None:
        if net.entity is None:
            if net.was in SCHEMA:
                self._keep(net, say("changes of the schema are taken back in its own trash"))
            else:
                self._undone.gone += 1  # the whole entity is in the trash, or for good
            return
        if net.entity in UNTOUCHED:
            self._keep(net, say("users and roles are not taken back here"))
            return
        table = self._work.table(net.entity)
        row = self._work.row(table, net.record)
        act = {"delete": self._delete, "restore": self._restore, "bring back": self._bring_back}[net.doing]
        before = len(self.waiting)
        try:
            with self._work.attempt():
                act(table, row, net)
        except IngotError as error:
            del self.waiting[before:]
            self._keep(net, error.message)

    def link(self) -> None:
        """Set the links that waited, now that the records are there."""
        for entity, record_id, values in self.waiting:
            try:
                with self._work.attempt():
                    self._work.update(entity, record_id, values, as_was=True)
            except IngotError as error:
                self._keep(Net(entity, record_id, entity), error.message)
        self.waiting = []

    # ------------------------------------------------------------------ the three ways back

    def _delete(self, table: Table, row: Row | None, net: Net) -> None:
        if row is None:
            self._undone.gone += 1
            return
        held = self._held(table, row)
        differ = []
        for name in {**net.change, **dict.fromkeys(sorted(net.later))}:
            was = net.change.get(name, [None, None])[1]
            many = name in held and table.entity.by_name[name].many
            if (
                name in held
                and not same(held[name], was, many)
                and not same(held[name], self._still(table, name, was), many)
            ):
                differ.append(_conflict(name, held[name], None))
        if differ:
            self._changed(table, row, net, differ)
        elif where := self._pointed_at(table, net.record):
            self._keep(net, say("{entity} records point at it", entity=where))
        else:
            self._work.delete(table.entity.name, net.record)
            self._undone.deleted += 1

    def _restore(self, table: Table, row: Row | None, net: Net) -> None:
        fields = table.entity.by_name
        wanted = {n: b for n, (b, a) in net.change.items() if n in fields and not same(b, a, fields[n].many)}
        if row is None:
            if wanted:
                self._keep(net, say("it was deleted since"))
            return
        held = self._held(table, row)
        values, differ = {}, []
        for name, before in wanted.items():
            if same(held[name], before, fields[name].many):
                continue
            if same(held[name], net.change[name][1], fields[name].many):
                values[name] = before
            else:
                differ.append(_conflict(name, held[name], before))
        if values:
            self._work.update(table.entity.name, net.record, values, as_was=True)
            self._undone.restored += 1
        if differ:
            self._changed(table, row, net, differ)

    def _bring_back(self, table: Table, row: Row | None, net: Net) -> None:
        if row is not None:
            self._undone.gone += 1
            return
        entity = table.entity
        values = {n: b for n, (b, _) in net.change.items() if n in entity.by_name}
        later: dict[str, Any] = {}
        differ = []
        for name, value in list(values.items()):
            declared = entity.by_name[name]
            if not declared.relational or not value or declared.target not in self._work.registry.entities:
                continue
            there, missing = self._targets(str(declared.target), value if declared.many else [value])
            if missing:
                lost = [t for t in missing if self._doing(str(declared.target), int(t)) != "bring back"]
                whole = [t for t in value if t not in lost] if declared.many else (None if lost else value)
                if lost:
                    differ.append(_conflict(name, there if declared.many else None, value))
                if len(lost) < len(missing):
                    later[name] = whole
                values[name] = there if declared.many else None
        at, by = creation(self._work, entity.name, net.record)
        self._work.bring_back(entity.name, net.record, values, at=at, by=by)
        self._undone.brought_back += 1
        if later:
            self.waiting.append((entity.name, net.record, later))
        if differ:
            self._keep(net, say("records it led to are gone"), differ)

    # ------------------------------------------------------------------ steps

    def _held(self, table: Table, row: Row) -> dict[str, Any]:
        held = table.show(row)
        return held | {f.name: [str(i) for i in self._work.linked(table, f.name, row[0])] for f in table.links}

    def _still(self, table: Table, name: str, was: Any) -> Any:
        """What deletions elsewhere have left of a link: nobody worked on this record then."""
        declared = table.entity.by_name[name]
        if not declared.relational or not was or declared.target not in self._work.registry.entities:
            return was
        there, _ = self._targets(str(declared.target), was if declared.many else [was])
        return there if declared.many else was if there else None

    def _targets(self, target: str, ids: list[Any]) -> tuple[list[Any], list[Any]]:
        """(those that are there, those that are not)"""
        table = self._work.table(target)
        there = [t for t in ids if self._work.row(table, int(t)) is not None]
        return there, [t for t in ids if t not in there]

    def _pointed_at(self, table: Table, record_id: int) -> str | None:
        """The entity whose records link here. Those that came with the same work go too: most are gone when the turn
        comes, others stand in a circle."""
        for entity, link in self._work.registry.pointing[table.entity.name]:
            if link.many:
                sql = f'SELECT "source" FROM "{link.column}" WHERE "target" = ? LIMIT {CIRCLE}'
            else:
                sql = f'SELECT "id" FROM "{entity.table}" WHERE "{link.column}" = ? LIMIT {CIRCLE}'
            found = [r[0] for r in self._work.database.rows(self._work.database.sql(sql), (record_id,))]
            others = [i for i in found if (entity.name, i) != (table.entity.name, record_id)]
            if len(found) == CIRCLE or any(self._doing(entity.name, i) != "delete" for i in others):
                return entity.name
        return None

    def _changed(self, table: Table, row: Row, net: Net, fields: list[dict[str, Any]]) -> None:
        """Who may not see the record is not told its values either."""
        told = fields if sees(self._work.actor, table, row) else []
        self._keep(net, say("somebody changed it since"), told)

    def _keep(self, net: Net, why: Text, fields: list[dict[str, Any]] | None = None) -> None:
        self._undone.kept += 1
        if len(self._undone.left) < SHOWN:
            reason = why.render(self._work.actor.language or "en")
            left = {"entity": net.entity or net.was, "id": str(net.record), "reason": reason, "fields": fields or []}
            self._undone.left.append(left)


def creation(work: Work, entity: str, record_id: int) -> tuple[str | None, int | None]:
    """When and by whom a record was created, from its first entry."""
    condition, values = work.log.names.condition(entity)
    database = work.database
    sql = f'SELECT "at", "actor" FROM ingot_log WHERE {condition} AND "record" = ? ORDER BY "position" LIMIT 1'
    rows = database.rows(database.sql(sql), (*values, record_id))
    if not rows:
        return None, None
    kind, _, number = rows[0][1].partition(":")
    if kind == "token":
        held = database.rows(database.sql('SELECT "user" FROM ingot_token WHERE id = ?'), (int(number),))
        return clock.wire(clock.from_micros(rows[0][0])), held[0][0] if held else None
    return clock.wire(clock.from_micros(rows[0][0])), int(number) if kind == "user" else None


def _conflict(name: str, now: Any, would_be: Any) -> dict[str, Any]:
    return {"field": name, "now": now, "would_be": would_be}


def same(one: Any, other: Any, many: bool) -> bool:
    """Are two wire values of a field the same? Nothing and no links are, to a link to many; [] in JSON is something."""
    return (one or []) == (other or []) if many else type(one) is type(other) and one == other
