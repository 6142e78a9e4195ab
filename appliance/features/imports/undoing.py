"""A whole import is taken back, from the log: what it created is deleted, what it changed gets its old values. A record
that somebody changed or linked to afterwards is left alone and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from appliance.base.errors import IngotError
from appliance.base.text import Text, say
from appliance.features.imports.history import History, Import, Spans, Trace
from appliance.records.log import Entry
from appliance.records.permissions import Actor
from appliance.records.records import Records
from appliance.records.steps import Steps
from appliance.records.tables import Row, Table
from appliance.records.work import Work

BATCH = 250
"""Entries in one transaction: single writes, which hold the write gate for about 100 ms."""
SHOWN = 1_000
Progress = Callable[[int, int | None, str], None]


@dataclass
class Undone:
    """Counts, and the first thousand records that were left as they are, with the reason."""

    deleted: int = 0
    restored: int = 0
    gone: int = 0
    kept: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    def counts(self) -> list[int]:
        return [self.deleted, self.restored, self.gone, self.kept]

    def add(self, counts: list[int], left: list[dict[str, Any]]) -> None:
        self.deleted, self.restored, self.gone, self.kept = map(sum, zip(self.counts(), counts, strict=True))
        self.left = (self.left + left)[:SHOWN]

    def shown(self) -> dict[str, Any]:
        return {
            "deleted": self.deleted,
            "restored": self.restored,
            "gone": self.gone,
            "kept": self.kept,
            "left": self.left,
        }


def undo_import(
    records: Records, actor: Actor, done: Import, progress: Progress | None = None, steps: Steps | None = None
) -> Undone:
    """Newest entry first, so that what was created last goes first. Runs again behind what an earlier run did; an entry
    that was taken back already is none any more. The actor needs the rights that each single change needs."""
    history = History(records.database)
    spans = history.spans(done.id)
    trace = Trace(records, done.id, undo=True)
    undone = Undone()
    total = sum(last - first + 1 for first, last in spans)
    read = 0
    for number, (first, last) in enumerate(_batches(spans)):
        read += last - first + 1
        if steps and (earlier := steps.result(number)):
            undone.add(earlier["counts"], earlier["left"])
            continue
        one = Undone()
        with records.work(actor) as work, trace.of(work):
            backs = Spans(history.spans(done.id, undo=True))
            _Batch(records, work, Spans(spans), backs, one).run(first, last)
            if steps:
                steps.mark(number, {"counts": one.counts(), "left": one.left})
        undone.add(one.counts(), one.left)
        if progress:
            progress(read, total, f"{undone.deleted} deleted, {undone.restored} restored, {undone.kept} left")
    history.undone(done.id)
    return undone


def _batches(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for first, last in reversed(spans):
        for end in range(last, first - 1, -BATCH):
            yield max(first, end - BATCH + 1), end


class _Batch:
    """Some entries that lie together, taken back in one work."""

    def __init__(self, records: Records, work: Work, ours: Spans, backs: Spans, undone: Undone):
        """`ours`: positions of the import in the log; `backs`: those of its undoing so far."""
        self._records, self._work, self._ours, self._backs, self._undone = records, work, ours, backs, undone
        self._back: set[int] = set()

    def run(self, first: int, last: int) -> None:
        entries = self._records.log.after(first - 1, last - first + 1)
        entries = [e for e in entries if first <= e.position <= last]
        names = self._records.log.names
        for entity in dict.fromkeys(e.entity for e in reversed(entries)):
            now = self._name_of_today(entity, first)
            mine = [e for e in reversed(entries) if e.entity == entity]
            if now is None:
                self._undone.gone += len(mine)  # the whole entity is in the trash, or for good
                continue
            table = self._work.table(now)
            self._back = set()
            touched = self._touched(now, mine)
            for entry in names.today(now, mine):
                self._one(table, entry, touched.get(entry.record, 0) > entry.position)

    def _name_of_today(self, entity: str, position: int) -> str | None:
        """The entity that was called so when the import ran."""
        for name in self._work.registry.entities:
            for span in self._records.log.names.spans(name):
                if span.name == entity and span.after < position <= span.upto:
                    return name
        return None

    def _touched(self, entity: str, entries: list[Entry]) -> dict[int, int]:
        """{record: position of the newest entry that is neither the import's nor its undoing's}"""
        condition, values = self._records.log.names.condition(entity)
        found: dict[int, int] = {}
        ids = list({e.record for e in entries})
        oldest = min(e.position for e in entries)
        marks = ", ".join("?" * len(ids))
        sql = (
            f'SELECT "record", "position" FROM ingot_log WHERE {condition} AND "record" IN ({marks}) AND "position" > ?'
        )
        for record, position in self._work.database.rows(self._work.database.sql(sql), (*values, *ids, oldest)):
            if position in self._backs:
                self._back.add(record)
            elif position not in self._ours and position > found.get(record, 0):
                found[record] = position
        return found

    def _one(self, table: Table, entry: Entry, touched: bool) -> None:
        name, record_id = table.entity.name, entry.record
        row = self._work.row(table, record_id)
        if row is None:
            self._undone.gone += 1
        elif record_id in self._back and not self._stands(table, row, entry):
            return  # an earlier undoing took it back already
        elif touched:
            self._keep(name, record_id, say("somebody changed it after the import"))
        elif entry.action == "created" and (where := self._pointed_at(table, record_id)):
            self._keep(name, record_id, say("{entity} records point at it", entity=where))
        else:
            try:
                with self._work.attempt():
                    if entry.action == "created":
                        self._work.delete(name, record_id)
                        self._undone.deleted += 1
                    elif entry.action == "updated":
                        known = {n: pair[0] for n, pair in entry.change.items() if n in table.entity.by_name}
                        self._work.update(name, record_id, known)
                        self._undone.restored += 1
            except IngotError as error:
                self._keep(name, record_id, error.message)

    def _stands(self, table: Table, row: Row, entry: Entry) -> bool:
        """Are the values those that the entry wrote?"""
        held = table.show(row)
        for name, (_, after) in entry.change.items():
            field_ = table.entity.by_name.get(name)
            if field_ is None:
                continue
            now = [str(i) for i in self._work.linked(table, name, row[0])] if field_.many else held.get(name)
            if now != after:
                return False
        return True

    def _pointed_at(self, table: Table, record_id: int) -> str | None:
        """The entity whose records link here. Those that came with the import are gone when its turn comes."""
        for entity, link in self._work.registry.pointing[table.entity.name]:
            if link.many:
                sql = f'SELECT "source" FROM "{link.column}" WHERE "target" = ? AND "source" <> ? LIMIT 1'
            else:
                sql = f'SELECT "id" FROM "{entity.table}" WHERE "{link.column}" = ? AND "id" <> ? LIMIT 1'
            itself = record_id if entity.name == table.entity.name else 0
            if self._work.database.rows(self._work.database.sql(sql), (record_id, itself)):
                return entity.name
        return None

    def _keep(self, entity: str, record_id: int, why: Text) -> None:
        self._undone.kept += 1
        if len(self._undone.left) < SHOWN:
            self._undone.left.append({"entity": entity, "id": str(record_id), "reason": str(why)})
