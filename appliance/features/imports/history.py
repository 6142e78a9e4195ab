"""What imports there were: who asked for what, with which result, and which entries of the log are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.digits import is_id
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.undo import tracing
from appliance.records.records import Records

SHELL = "shell-"
"""An import's public id is the number of its job; at the shell there is none, and it is this with a number of its own."""
_TRACE = "CASE WHEN job IS NULL THEN 'import:' || id ELSE 'job:' || job END"
_UNDONE = f"(SELECT u.at FROM ingot_undone u WHERE u.name = {_TRACE})"
_COLUMNS = "id, job, actor, entity, file_name, plan, report, rejects, created_at, finished_at, undo_job"


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
    def trace(self) -> str:
        """The name of the trace it left in the log: see features/undo/tracing.py."""
        return f"import:{self.id}" if self.job is None else tracing.trace_of_job(self.job)

    @property
    def public_id(self) -> str:
        return str(self.job) if self.job is not None else f"{SHELL}{self.id}"


class History:
    """Reads and writes ingot_import."""

    def __init__(self, database: Database):
        self._database = database

    def begin(self, job: int | None, actor: str, entity: str, file_name: str, plan: dict[str, Any]) -> int:
        """Inside a write of the caller. The id that `Trace` and the others take."""
        sql = self._database.sql(
            "INSERT INTO ingot_import (job, actor, entity, file_name, plan, created_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
        )
        values = (job, actor, entity, file_name, orjson.dumps(plan).decode(), clock.wire_now())
        return int(self._database.rows(sql, values)[0][0])

    def finish(self, import_id: int, report: dict[str, Any], rejects: int | None) -> None:
        self._set(import_id, report=orjson.dumps(report).decode(), rejects=rejects, finished_at=clock.wire_now())

    def undoing(self, import_id: int, job: int | None) -> None:
        self._set(import_id, undo_job=job)

    def trace(self, import_id: int) -> str:
        return str(
            self._database.rows(self._database.sql(f"SELECT {_TRACE} FROM ingot_import WHERE id = ?"), (import_id,))[0][
                0
            ]
        )

    def get(self, public_id: str) -> Import:
        """By its public id. Raises NotFound."""
        number, column = public_id.removeprefix(SHELL), "id" if public_id.startswith(SHELL) else "job"
        if is_id(number):
            found = self._select(f"WHERE {column} = ?" + (" AND job IS NULL" if column == "id" else ""), int(number))
            if found:
                return found[0]
        raise NotFound(say("There is no import {id}.", id=public_id[:30]))

    def newest(self, actor: str | None, limit: int = 50, before: int | None = None) -> list[Import]:
        """Of one actor, or of all; `before` the one with this id."""
        asked = [("actor = ?", actor)] if actor else []
        asked += [("id < ?", str(before))] if before else []
        where = "WHERE " + " AND ".join(w for w, _ in asked) + " " if asked else ""
        values = [int(v) if w == "id < ?" else v for w, v in asked]
        return self._select(f"{where}ORDER BY id DESC LIMIT {int(limit)}", *values)

    def _set(self, import_id: int, **values: Any) -> None:
        sets = ", ".join(f"{name} = ?" for name in values)
        with self._database.write():
            self._database.run(
                self._database.sql(f"UPDATE ingot_import SET {sets} WHERE id = ?"), (*values.values(), import_id)
            )

    def _select(self, rest: str, *values: Any) -> list[Import]:
        rows = self._database.rows(self._database.sql(f"SELECT {_COLUMNS}, {_UNDONE} FROM ingot_import {rest}"), values)
        return [Import(*(*r[:5], orjson.loads(r[5]), orjson.loads(r[6]) if r[6] else None, *r[7:])) for r in rows]


class Trace(tracing.Trace):
    """Notes which entries of the log an import leaves, in the transactions that leave them."""

    def __init__(self, records: Records, import_id: int):
        super().__init__(records, History(records.database).trace(import_id))
        self.import_id = import_id
