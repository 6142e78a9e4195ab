"""The table of security events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.engines.database.protocol import Database, Row
from appliance.features.security_events.event import SecurityEvent

_COLUMNS = 'id, at, kind, actor, "user", account, client_ip, agent, via, detail, count'
_INSERT = (
    'INSERT INTO ingot_security_event (at, kind, actor, "user", account, client_ip, agent, via, detail, count, gathered) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LONGEST_DETAIL = 4_000
"""Characters of JSON. Of a longer one its names are kept."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    id: int
    at: str
    kind: str
    actor: str
    user: int | None
    account: int | None
    client_ip: str
    agent: str
    via: str
    detail: dict[str, Any]
    count: int


class SecurityEventTable:
    """What writes, does so inside `database.write()`."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._insert = sql(_INSERT)
        self._held = sql("SELECT detail FROM ingot_security_event WHERE gathered = ?")
        self._add = sql("UPDATE ingot_security_event SET count = count + ?, detail = ? WHERE gathered = ?")
        since = "SELECT count(*) FROM ingot_security_event WHERE gathered IS NOT NULL AND at >= ? AND at < ? AND actor"
        self._of_people, self._of_strangers = sql(f"{since} <> ''"), sql(f"{since} = ''")
        self._first_use = sql("UPDATE ingot_token SET first_used_at = ? WHERE id = ? AND first_used_at IS NULL")
        self._sweep = sql("DELETE FROM ingot_security_event WHERE at < ?")

    def insert(self, event: SecurityEvent, *, count: int = 1, gathered: str | None = None) -> None:
        self._database.run(self._insert, _values(event, count, gathered))

    def gather(self, event: SecurityEvent, count: int, gathered: str, *, new: bool = True) -> bool:
        """Count on to the row of this name. Without one it is made, if a `new` one may be: was it?"""
        rows = self._database.rows(self._held, (gathered,))
        if rows:
            detail = _merged(orjson.loads(rows[0][0]), event.detail)
            self._database.run(self._add, (count, _json(detail), gathered))
        elif new:
            self.insert(event, count=count, gathered=gathered)
            return True
        return False

    def has(self, gathered: str) -> bool:
        return bool(self._database.rows(self._held, (gathered,)))

    def gathered_on(self, day: str, *, known: bool) -> int:
        """Rows of gathered ones of a day: of known people's doing, or of strangers'."""
        sql = self._of_people if known else self._of_strangers
        return int(self._database.rows(sql, (f"{day}T", f"{day}U"))[0][0])

    def note_first_use(self, token: int, at: str) -> bool:
        """False when it was used before."""
        return bool(self._database.run(self._first_use, (at, token)))

    def sweep(self, before: str) -> int:
        return self._database.run(self._sweep, (before,))

    def list(self, conditions: Sequence[str], params: Sequence[Any], limit: int) -> list[StoredEvent]:
        """The newest first."""
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql = self._database.sql(f"SELECT {_COLUMNS} FROM ingot_security_event{where} ORDER BY id DESC LIMIT ?")
        rows = self._database.rows(sql, (*params, limit))
        return [_stored(row) for row in rows]


def _stored(row: Row) -> StoredEvent:
    id_, at, kind, actor, user, account, client_ip, agent, via, detail, count = row
    return StoredEvent(id_, at, kind, actor, user, account, client_ip, agent, via, orjson.loads(detail), count)


def _values(event: SecurityEvent, count: int, gathered: str | None) -> tuple[Any, ...]:
    return (
        event.at, event.kind, event.actor, event.user, event.account, event.client_ip, event.agent[:100], event.via,
        _json(event.detail), count, gathered,
    )  # fmt: skip


def _json(detail: dict[str, Any]) -> str:
    text = orjson.dumps(detail, default=str, option=orjson.OPT_NON_STR_KEYS).decode().replace("\\u0000", "")
    return text if len(text) <= LONGEST_DETAIL else orjson.dumps({"names": sorted(map(str, detail))[:50]}).decode()


def _merged(held: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The first one's detail, with the codes of all counted."""
    codes = dict(held.get("codes") or {})
    for code, number in (more.get("codes") or {}).items():
        if code in codes or len(codes) < 20:
            codes[code] = codes.get(code, 0) + number
    return {**held, "codes": codes} if codes else held
