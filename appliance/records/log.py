"""The log: append-only, one entry for each change of one record, written in the change's own transaction.

It is the audit trail, the outbox, the feed a client resumes from, and the past: a record as of a position is the present
with the later changes taken back. Entries hold the names of their time; names.py knows which those were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.records.names import END, Names

COLUMNS = '"position", "at", "actor", "via", "transaction", "entity", "record", "version", "action", "change"'
Change = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """`change` is {field: [before, after]} in wire values; `at` is microseconds since 1970."""

    position: int
    at: int
    actor: str
    via: str
    transaction: str
    entity: str
    record: int
    version: int
    action: str
    change_text: str

    @property
    def change(self) -> Change:
        change: dict[str, list[Any]] = orjson.loads(self.change_text)
        return change


class Log:
    """Reads and appends. Reading takes no lock; positions become visible in order because writers line up."""

    def __init__(self, database: Database):
        self._database = database
        self.names = Names(database, {})
        """Replaced with each schema revision, by Records."""
        sql = database.sql
        self._append = sql(
            'INSERT INTO ingot_log ("at", "actor", "via", "transaction", "entity", "record", "version", "action", "change")'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._after = sql(f'SELECT {COLUMNS} FROM ingot_log WHERE "position" > ? ORDER BY "position" LIMIT ?')
        self._last = sql('SELECT coalesce(max("position"), 0) FROM ingot_log')
        self._at = sql('SELECT coalesce(max("position"), 0) FROM ingot_log WHERE "at" <= ?')

    def append(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows of (at, actor, via, transaction, entity, record, version, action, change). Only `Work` calls this."""
        if len(rows) == 1:
            self._database.run(self._append, rows[0])
        else:
            self._database.many(self._append, rows)

    def after(self, position: int, limit: int = 1_000) -> list[Entry]:
        return [Entry(*row) for row in self._database.rows(self._after, (position, limit))]

    def last(self) -> int:
        """The newest position; 0 for an empty log."""
        return int(self._database.rows(self._last)[0][0])

    def of_record(self, entity: str, record: int, *, after: int = 0, upto: int = END, limit: int = 500) -> list[Entry]:
        """A record's entries, newest first, in the names that its entity and fields have today."""
        where, values = self.names.condition(entity)
        sql = self._database.sql(
            f'SELECT {COLUMNS} FROM ingot_log WHERE {where} AND "record" = ? AND "position" > ? AND "position" <= ? '
            'ORDER BY "position" DESC LIMIT ?'
        )
        rows = self._database.rows(sql, (*values, record, after, upto, limit))
        return self.names.today(entity, [Entry(*row) for row in rows])

    def position_at(self, micros: int) -> int:
        """The last position written at or before a time."""
        return int(self._database.rows(self._at, (micros,))[0][0])

    def values_as_of(
        self, entity: str, record: int, now: dict[str, Any] | None, position: int
    ) -> tuple[dict[str, Any], int] | None:
        """A record's wire values and version as they were right after `position`: the present (`now`, None for a deleted
        record) with every later change taken back. None when it did not exist then."""
        values = dict(now or {})
        later = self.of_record(entity, record, after=position, limit=1_000_000)
        for entry in later:
            for name, (before, _) in entry.change.items():
                values[name] = before
        if not later:
            return (values, -1) if now is not None else None
        if later[-1].action == "created":
            return None
        if last := self.of_record(entity, record, upto=position, limit=1):
            who, _, number = last[0].actor.partition(":")
            values["updated_at"] = clock.wire(clock.from_micros(last[0].at))
            values["updated_by"] = number if who == "user" else None
        return values, later[-1].version - 1


def entry_row(
    actor: str, via: str, transaction: str, entity: str, record: int, version: int, action: str, change: Change,
    *, at: int | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    at = clock.micros() if at is None else at
    return (at, actor, via, transaction, entity, record, version, action, orjson.dumps(change).decode())
