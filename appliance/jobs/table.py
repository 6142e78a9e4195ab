"""The statements on ingot_job. Every change of state is here, and each names the state it starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from appliance.base import clock
from appliance.engines.database.protocol import Database
from appliance.jobs.listing import Listing
from appliance.jobs.row import COLUMNS, FINAL, NEW, WAITING, JobRow

_ALL = ", ".join(COLUMNS)
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL))
_FRESH = (  # a job with children shows how many of them have ended
    "progress_done = CASE WHEN children > 0 THEN children - open_children ELSE 0 END, "
    "progress_total = CASE WHEN children > 0 THEN children END"
)
# attempts is the fence: a second start has raised it
_HERE = "WHERE id = ? AND attempts = ? AND state = 'running' AND own_state IS NULL"


class JobTable:
    """Rows in, rows out; knows neither huey nor the queue. Callers hold `Database.write()` where more than one
    statement belongs together."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._get = sql(f"SELECT {_ALL} FROM ingot_job WHERE id = ?")
        self._holder = sql("SELECT id FROM ingot_job WHERE held_key = ?")
        self._family = sql(
            "WITH RECURSIVE below(id) AS (SELECT id FROM ingot_job WHERE id = ? UNION ALL "
            "SELECT job.id FROM ingot_job AS job JOIN below ON job.parent = below.id) "
            f"SELECT {_ALL} FROM ingot_job WHERE id IN (SELECT id FROM below) AND state NOT IN ({_FINAL}) "
            "ORDER BY id DESC"
        )
        self._begin = sql(
            "UPDATE ingot_job SET state = 'running', attempts = attempts + 1, started_at = ?, own_state = NULL, "
            f"{_FRESH}, message = NULL, run_after = NULL, expires_at = NULL WHERE id = ?"
        )
        self._progress = sql(
            "UPDATE ingot_job SET progress_done = CASE WHEN children > 0 THEN children - open_children ELSE ? END, "
            f"progress_total = CASE WHEN children > 0 THEN children ELSE ? END, message = ? {_HERE} "
            "RETURNING cancel_requested"
        )
        self._leave = sql(
            f"UPDATE ingot_job SET state = ?, error = ?, message = coalesce(?, message), run_after = ? {_HERE}"
        )
        ended = f"run_after = NULL, held_key = NULL WHERE id = ? AND state NOT IN ({_FINAL})"
        self._finish = sql(
            "UPDATE ingot_job SET state = ?, own_state = ?, error = ?, result = ?, message = coalesce(?, message), "
            f"finished_at = ?, {ended}"
        )
        self._finish_kept = sql(  # its own part has written these
            "UPDATE ingot_job SET state = ?, own_state = ?, error = coalesce(?, error), result = coalesce(?, result), "
            f"message = coalesce(?, message), finished_at = ?, {ended}"
        )
        self._again = sql(
            "UPDATE ingot_job SET state = ?, task = ?, held_key = unique_key, attempts = 0, cancel_requested = ?, "
            f"own_state = NULL, {_FRESH}, result = NULL, finished_at = NULL, started_at = NULL, "
            f"expires_at = NULL WHERE id = ? AND state IN ({_FINAL})"
        )
        self._discard = sql(
            "UPDATE ingot_job SET state = 'cancelled' WHERE id = ? AND state IN ('failed', 'dead', 'stale')"
        )
        self._forget = sql("DELETE FROM ingot_need WHERE job = ? OR needs = ?")
        self._queue = sql(
            "UPDATE ingot_job SET state = ?, task = ?, priority = ?, run_after = ? "
            "WHERE id = ? AND state IN ('new', 'waiting', 'retrying')"
        )
        self._move = sql("UPDATE ingot_job SET priority = ? WHERE id = ?")
        self._expired = sql(  # the || keeps it off the index of states, where everything that waits stands
            "SELECT id FROM ingot_job WHERE expires_at < ? AND expires_at IS NOT NULL "
            "AND state || '' IN ('new', 'waiting') LIMIT ?"
        )
        self._children = sql("SELECT id, kind, arguments, state FROM ingot_job WHERE parent = ? ORDER BY id")
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

    def select(self, listing: Listing) -> list[JobRow]:
        where, params = listing.where()
        text = f"SELECT {_ALL} FROM ingot_job{where} ORDER BY {listing.order()} LIMIT ? OFFSET ?"
        rows = self._database.rows(self._database.sql(text), [*params, listing.limit, listing.offset])
        return [JobRow.read(row) for row in rows]

    def family(self, job_id: int) -> list[JobRow]:
        """The job and all below it, as far as they are not finished; children before their parents."""
        return [JobRow.read(row) for row in self._database.rows(self._family, (job_id,))]

    def children(self, job_id: int) -> list[tuple[int, str, str, str]]:
        """(id, kind, arguments as stored, state) of its direct children, oldest first."""
        return self._database.rows(self._children, (job_id,))

    def expired(self, limit: int) -> list[int]:
        """Jobs that nobody started before they expired."""
        return [job_id for (job_id,) in self._database.rows(self._expired, (clock.wire_now(), limit))]

    def counts(self) -> dict[str, int]:
        return dict(self._database.rows("SELECT state, count(*) FROM ingot_job GROUP BY state"))

    # -- writing
    def insert(self, values: Mapping[str, Any]) -> int:
        names = list(values)
        text = f"INSERT INTO ingot_job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) RETURNING id"
        return int(self._database.rows(self._database.sql(text), list(values.values()))[0][0])

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
        own: str | None = None,
        keep: bool = False,
        error: str | None = None,
        result: str | None = None,
        message: str | None = None,
    ) -> bool:
        """False when somebody else has finished it. `keep`: what is not given stays as it is."""
        statement = self._finish_kept if keep else self._finish
        values = (state, own or state, error, result, message, clock.wire_now(), job_id)
        return self._database.run(statement, values) == 1

    def queue(self, job_id: int, task: str, priority: int, run_after: str | None) -> bool:
        """Into the queue with a new message, from any state before running. False when it is in none of these."""
        return self._database.run(self._queue, (WAITING, task, priority, run_after, job_id)) == 1

    def set_priority(self, job_id: int, priority: int) -> None:
        self._database.run(self._move, (priority, job_id))

    def ask_to_cancel(self, job_id: int) -> None:
        self._database.run(self._ask, (True, job_id))

    def again(self, job_id: int, task: str) -> bool:
        """From a final state back to waiting. False when it was not final."""
        return self._database.run(self._again, (WAITING, task, False, job_id)) == 1

    def renew(self, job_id: int) -> bool:
        """From a final state back to where it waits for others. False when it was not final."""
        return self._database.run(self._again, (NEW, None, False, job_id)) == 1

    def discard(self, job_id: int) -> bool:
        """From the states of what went wrong to cancelled; its error stays. False when it is in none of them."""
        return self._database.run(self._discard, (job_id,)) == 1

    def prune(self, before: str, limit: int) -> int:
        """Delete up to `limit` jobs that finished before a time."""
        with self._database.write():
            old = self._database.rows(self._old, (before, limit))
            self._database.many(self._delete, old)
            self._database.many(self._forget, [(job_id, job_id) for (job_id,) in old])
        return len(old)


def as_json(value: Any) -> str:
    """Raises TypeError or ValueError for what is not JSON: NaN is not, nor is half a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text.encode()
    return text


def storable(text: str) -> str:
    """Without what a database refuses in a text: NUL, and the surrogates in names of files that are not UTF-8."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
