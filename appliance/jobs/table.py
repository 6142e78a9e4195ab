"""The statements on ingot_job. Every change of state is here, and each names the state it starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.jobs.row import COLUMNS, FINAL, WAITING, JobRow

_ALL = ", ".join(COLUMNS)
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL))
_HERE = "WHERE id = ? AND attempts = ? AND state = 'running'"  # attempts is the fence: a second start has raised it


class JobTable:
    """Rows in, rows out; knows neither huey nor the queue. Callers hold `Database.write()` where more than one
    statement belongs together."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._get = sql(f"SELECT {_ALL} FROM ingot_job WHERE id = ?")
        self._holder = sql("SELECT id FROM ingot_job WHERE held_key = ?")
        self._family = sql(
            f"SELECT {_ALL} FROM ingot_job WHERE (id = ? OR root = ? OR parent = ?) AND state NOT IN ({_FINAL}) "
            "ORDER BY id"
        )
        self._begin = sql(
            "UPDATE ingot_job SET state = 'running', attempts = attempts + 1, started_at = ?, progress_done = 0, "
            "progress_total = NULL, message = NULL, run_after = NULL WHERE id = ?"
        )
        self._progress = sql(
            f"UPDATE ingot_job SET progress_done = ?, progress_total = ?, message = ? {_HERE} "
            "RETURNING cancel_requested"
        )
        self._leave = sql(
            f"UPDATE ingot_job SET state = ?, error = ?, message = coalesce(?, message), run_after = ? {_HERE}"
        )
        self._finish = sql(
            "UPDATE ingot_job SET state = ?, error = ?, result = ?, message = coalesce(?, message), finished_at = ?, "
            f"run_after = NULL, held_key = NULL WHERE id = ? AND state NOT IN ({_FINAL})"
        )
        self._again = sql(
            "UPDATE ingot_job SET state = ?, task = ?, held_key = unique_key, attempts = 0, cancel_requested = ?, "
            "progress_done = 0, progress_total = NULL, result = NULL, finished_at = NULL, started_at = NULL, "
            f"expires_at = NULL WHERE id = ? AND state IN ({_FINAL})"
        )
        self._ask = sql("UPDATE ingot_job SET cancel_requested = ? WHERE id = ? AND state = 'running'")
        self._old = sql("SELECT id FROM ingot_job WHERE finished_at < ? ORDER BY finished_at LIMIT ?")
        self._delete = sql("DELETE FROM ingot_job WHERE id = ?")

    # -- reading
    def get(self, job_id: int) -> JobRow | None:
        found = self._database.rows(self._get, (job_id,))
        return JobRow.read(found[0]) if found else None

    def holder(self, key: str) -> int | None:
        found = self._database.rows(self._holder, (key,))
        return found[0][0] if found else None

    def select(self, wanted: Mapping[str, Any], before: int | None, limit: int) -> list[JobRow]:
        """Newest first; `wanted` is column -> value, None values are ignored."""
        tests = {column: value for column, value in wanted.items() if value is not None}
        where = [f"{column} = ?" for column in tests] + (["id < ?"] if before is not None else [])
        text = f"SELECT {_ALL} FROM ingot_job{' WHERE ' if where else ''}{' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        params = [*tests.values(), *([before] if before is not None else []), limit]
        return [JobRow.read(row) for row in self._database.rows(self._database.sql(text), params)]

    def family(self, job_id: int) -> list[JobRow]:
        """The job and what it is root or parent of, as far as it is not finished."""
        return [JobRow.read(row) for row in self._database.rows(self._family, (job_id,) * 3)]

    def counts(self) -> dict[str, int]:
        return dict(self._database.rows("SELECT state, count(*) FROM ingot_job GROUP BY state"))

    # -- writing
    def insert(self, values: Mapping[str, Any]) -> int:
        names = list(values)
        text = f"INSERT INTO ingot_job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) RETURNING id"
        return self._database.rows(self._database.sql(text), list(values.values()))[0][0]

    def begin(self, job_id: int) -> None:
        self._database.run(self._begin, (clock.wire_now(), job_id))

    def progress(self, job: JobRow, done: int, total: int | None, message: str | None) -> bool | None:
        """Is the job to be cancelled? None when it is no longer ours."""
        with self._database.write():
            found = self._database.rows(self._progress, (done, total, message, job.id, job.attempts))
        return bool(found[0][0]) if found else None

    def leave(self, job: JobRow, state: str, error: str | None, message: str | None, run_after: str | None) -> bool:
        """Out of `running`, to be started again. False when it is no longer ours."""
        return self._database.run(self._leave, (state, error, message, run_after, job.id, job.attempts)) == 1

    def finish(
        self,
        job_id: int,
        state: str,
        *,
        error: str | None = None,
        result: str | None = None,
        message: str | None = None,
    ) -> bool:
        """False when somebody else has finished it."""
        return self._database.run(self._finish, (state, error, result, message, clock.wire_now(), job_id)) == 1

    def ask_to_cancel(self, job_id: int) -> None:
        self._database.run(self._ask, (True, job_id))

    def again(self, job_id: int, task: str) -> bool:
        """From a final state back to waiting. False when it was not final."""
        return self._database.run(self._again, (WAITING, task, False, job_id)) == 1

    def prune(self, before: str, limit: int) -> int:
        """Delete up to `limit` jobs that finished before a time."""
        with self._database.write():
            old = self._database.rows(self._old, (before, limit))
            self._database.many(self._delete, old)
        return len(old)


def as_json(value: Any) -> str:
    """Raises TypeError or ValueError for what is not JSON: NaN is not, nor is half a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text.encode()
    return text


def storable(text: str) -> str:
    """Without what a database refuses in a text: NUL, and the surrogates in names of files that are not UTF-8."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
