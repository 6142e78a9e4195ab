"""The log: append-only, one entry for each change of one record, written in the change's own transaction.

It is the audit trail, the outbox, the feed a client resumes from, and the past: a record as of a position is the present
with the later changes taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base import clock
from appliance.engines.database.protocol import Database

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
        return orjson.loads(self.change_text)


class Log:
    """Reads and appends. Reading takes no lock; positions become visible in order because writers line up."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._append = sql(
            'INSERT INTO ingot_log ("at", "actor", "via", "transaction", "entity", "record", "version", "action", "change")'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._after = sql(f'SELECT {COLUMNS} FROM ingot_log WHERE "position" > ? ORDER BY "position" LIMIT ?')
        self._record = sql(
            f'SELECT {COLUMNS} FROM ingot_log WHERE "entity" = ? AND "record" = ? AND "position" > ? ORDER BY "position" DESC LIMIT ?'
        )
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
        return self._database.rows(self._last)[0][0]

    def of_record(self, entity: str, record: int, *, after: int = 0, limit: int = 500) -> list[Entry]:
        """A record's entries, newest first."""
        return [Entry(*row) for row in self._database.rows(self._record, (entity, record, after, limit))]

    def position_at(self, micros: int) -> int:
        """The last position written at or before a time."""
        return self._database.rows(self._at, (micros,))[0][0]

    def values_as_of(self, entity: str, record: int, now: dict[str, Any] | None, position: int) -> tuple[dict[str, Any], int] | None:
        """A record's wire values and version as they were right after `position`: the present (`now`, None for a deleted
        record) with every later change taken back. None when it did not exist then."""
        values = dict(now or {})
        exists = now is not None
        version = None
        for entry in self.of_record(entity, record, after=position, limit=1_000_000):
            for name, (before, _) in entry.change.items():
                values[name] = before
            exists = entry.action != "created"
            version = entry.version - 1
        return (values, version if version is not None else -1) if exists else None


def entry_row(
    actor: str, via: str, transaction: str, entity: str, record: int, version: int, action: str, change: Change
) -> tuple[Any, ...]:
    return (clock.micros(), actor, via, transaction, entity, record, version, action, orjson.dumps(change).decode())
