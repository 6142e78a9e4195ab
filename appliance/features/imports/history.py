"""What imports there were: who asked for what, with which result, and which entries of the log are theirs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.records import Records
from appliance.records.work import Work

SHELL = "shell-"
"""An import's public id is the number of its job; at the shell there is none, and it is this with a number of its own."""
_COLUMNS = "id, job, actor, entity, file_name, plan, report, rejects, created_at, finished_at, undo_job, undone_at"


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `plan` holds mapping, keys, mode, dry_run and options; `rejects` is the file record of refused rows."""

    id: int
    job: int | None
    actor: str
    entity: str
    file_name: str
    plan: dict[str, Any]
    report: dict[str, Any] | None
    rejects: int | None
    created_at: str
    finished_at: str | None
    undo_job: int | None
    undone_at: str | None

    @property
    def public_id(self) -> str:
        return str(self.job) if self.job is not None else f"{SHELL}{self.id}"


class History:
    """Reads and writes ingot_import and ingot_import_chunk."""

    def __init__(self, database: Database):
        self._database = database

    def begin(self, job: int | None, actor: str, entity: str, file_name: str, plan: dict[str, Any]) -> int:
        """Inside a write of the caller. The id that `Trace` and the others take."""
        sql = self._database.sql(
            "INSERT INTO ingot_import (job, actor, entity, file_name, plan, created_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
        )
        values = (job, actor, entity, file_name, orjson.dumps(plan).decode(), clock.wire_now())
        return self._database.rows(sql, values)[0][0]

    def finish(self, import_id: int, report: dict[str, Any], rejects: int | None) -> None:
        self._set(import_id, report=orjson.dumps(report).decode(), rejects=rejects, finished_at=clock.wire_now())

    def undoing(self, import_id: int, job: int | None) -> None:
        self._set(import_id, undo_job=job)

    def undone(self, import_id: int) -> None:
        self._set(import_id, undone_at=clock.wire_now())

    def get(self, public_id: str) -> Import:
        """By its public id. Raises NotFound."""
        number, column = public_id.removeprefix(SHELL), "id" if public_id.startswith(SHELL) else "job"
        if number.isascii() and number.isdigit() and len(number) < 18:
            found = self._select(f"WHERE {column} = ?" + (" AND job IS NULL" if column == "id" else ""), int(number))
            if found:
                return found[0]
        raise NotFound(say("There is no import {id}.", id=public_id[:30]))

    def newest(self, actor: str | None, limit: int = 50) -> list[Import]:
        """Of one actor, or of all."""
        where, values = ("WHERE actor = ? ", [actor]) if actor else ("", [])
        return self._select(f"{where}ORDER BY id DESC LIMIT {int(limit)}", *values)

    def note(self, import_id: int, first: int, last: int, *, undo: bool = False) -> None:
        sql = self._database.sql("INSERT INTO ingot_import_chunk (import, undo, first, last) VALUES (?, ?, ?, ?)")
        self._database.run(sql, (import_id, undo, first, last))

    def spans(self, import_id: int, *, undo: bool = False) -> list[tuple[int, int]]:
        """(first, last) positions in the log, oldest first."""
        sql = self._database.sql(
            "SELECT first, last FROM ingot_import_chunk WHERE import = ? AND undo = ? ORDER BY first"
        )
        return [(row[0], row[1]) for row in self._database.rows(sql, (import_id, undo))]

    def _set(self, import_id: int, **values: Any) -> None:
        sets = ", ".join(f"{name} = ?" for name in values)
        with self._database.write():
            self._database.run(
                self._database.sql(f"UPDATE ingot_import SET {sets} WHERE id = ?"), (*values.values(), import_id)
            )

    def _select(self, rest: str, *values: Any) -> list[Import]:
        rows = self._database.rows(self._database.sql(f"SELECT {_COLUMNS} FROM ingot_import {rest}"), values)
        return [Import(*(*r[:5], orjson.loads(r[5]), orjson.loads(r[6]) if r[6] else None, *r[7:])) for r in rows]


class Spans:
    """Is a position in the log one of these?"""

    def __init__(self, *lists: list[tuple[int, int]]):
        self._spans = sorted(span for one in lists for span in one)
        self._firsts = [first for first, _ in self._spans]

    def __contains__(self, position: int) -> bool:
        place = bisect_right(self._firsts, position) - 1
        return place >= 0 and position <= self._spans[place][1]


class Trace:
    """Notes which entries of the log an import leaves, in the transactions that leave them."""

    def __init__(self, records: Records, import_id: int, *, undo: bool = False):
        self._records, self.import_id, self._undo = records, import_id, undo
        self._history = History(records.database)

    @contextmanager
    def of(self, work: Work) -> Iterator[None]:
        """Around what one work does: nobody else writes meanwhile, so all that comes is ours."""
        before = self._records.log.last()
        yield
        work.flush()
        last = self._records.log.last()
        if last > before:
            self._history.note(self.import_id, before + 1, last, undo=self._undo)
