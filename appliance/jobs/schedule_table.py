"""The statements on ingot_schedule, and a schedule as it stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.jobs.row import JobRow
from appliance.jobs.table import JobTable

KEY = "schedule:"  # and the name: the unique key of its runs, so that one which is still active swallows the next
RESULT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times are wire texts. A built-in one has the `spec` its kind declares; one that people made has an empty one."""

    name: str
    spec: str
    next_run: str
    kind: str
    arguments: dict[str, Any]
    crontab: str | None
    every: float | None
    timezone: str | None
    actor: str
    changed: bool
    paused: bool
    due_run: str | None
    last_run: str | None
    last_job: int | None
    last_seconds: float | None
    last_state: str | None
    last_message: str | None
    last_result: Any
    created_at: str | None

    @property
    def built_in(self) -> bool:
        return bool(self.spec)

    @classmethod
    def read(cls, stored: tuple[Any, ...]) -> Schedule:
        values = dict(zip(_COLUMNS, stored, strict=True))
        values["kind"] = values["kind"] or values["name"]
        values["arguments"] = json.loads(values["arguments"])
        values["last_result"] = None if values["last_result"] is None else json.loads(values["last_result"])
        values |= {flag: bool(values[flag]) for flag in ("changed", "paused")}
        return cls(**values)


_COLUMNS = tuple(field.name for field in fields(Schedule))
_ALL = ", ".join(_COLUMNS)


class ScheduleTable:
    """Callers hold `Database.write()` where more than one statement belongs together."""

    def __init__(self, database: Database, jobs: JobTable):
        self._database, self._jobs = database, jobs
        sql = database.sql
        self._get = sql(f"SELECT {_ALL} FROM ingot_schedule WHERE name = ?")
        self._all = sql(f"SELECT {_ALL} FROM ingot_schedule ORDER BY name")
        self._due = sql("SELECT name FROM ingot_schedule WHERE next_run <= ? AND NOT paused ORDER BY next_run")
        self._delete = sql("DELETE FROM ingot_schedule WHERE name = ?")
        self._ended = sql(
            "UPDATE ingot_schedule SET last_state = ?, last_seconds = ?, last_message = ?, last_result = ? "
            "WHERE last_job = ?"
        )

    def get(self, name: str) -> Schedule | None:
        found = self._database.rows(self._get, (name,))
        return Schedule.read(found[0]) if found else None

    def all(self) -> list[Schedule]:
        return [Schedule.read(row) for row in self._database.rows(self._all)]

    def due(self, now: str) -> list[str]:
        return [name for (name,) in self._database.rows(self._due, (now,))]

    def insert(self, values: Mapping[str, Any]) -> None:
        text = f"INSERT INTO ingot_schedule ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        self._database.run(self._database.sql(text), list(values.values()))

    def update(self, name: str, values: Mapping[str, Any]) -> None:
        text = f"UPDATE ingot_schedule SET {', '.join(f'{column} = ?' for column in values)} WHERE name = ?"
        self._database.run(self._database.sql(text), [*values.values(), name])

    def delete(self, name: str) -> None:
        self._database.run(self._delete, (name,))

    def ended(self, job: JobRow, state: str) -> None:
        """A job has ended, maybe the last run of a schedule; inside the job's transaction."""
        if not (job.unique_key or "").startswith(KEY):
            return
        done = self._jobs.get(job.id)
        if done is None:
            return
        seconds = None
        if done.started_at:
            seconds = (clock.now() - datetime.fromisoformat(done.started_at)).total_seconds()
        result = None if done.result is None else json.dumps(done.result)
        kept = result if result is None or len(result) <= RESULT_LIMIT else None
        self._database.run(self._ended, (state, seconds, done.message, kept, job.id))
