"""The jobs in a backup that were under way or waiting when it was made. Some have run since, in the history that the restore
replaces: none of them runs again by itself. They end as dead, say why, and a person retries or discards them."""

from __future__ import annotations

import sqlite3

from appliance.base import clock
from appliance.jobs.row import CANCELLED, DEAD, FINAL

WHY = (
    "Waits for an administrator: this job was under way or waiting when the backup was made. Retry runs it again, discard puts "
    "it aside."
)
FAR = "9999-01-01T00:00:00.000Z"
MAKER = "house.backup"
"""The job that made the backup is under way in it: it has done its work, and nobody need be asked."""


def hold(database: sqlite3.Connection) -> int:
    """Inside the caller's transaction; returns how many. A backup of an older release may lack columns: those it has are set."""
    there = {row[1] for row in database.execute("PRAGMA table_info(ingot_job)")}
    if not there:
        return 0
    wanted = {
        "state": DEAD, "message": WHY, "error": WHY, "held_key": None, "run_after": None, "own_state": None,
        "open_children": 0, "finished_at": clock.wire_now(),
    }  # fmt: skip
    values = {name: value for name, value in wanted.items() if name in there}
    database.execute("UPDATE ingot_job SET state = ?, held_key = NULL, finished_at = ? WHERE kind = ? AND state = 'running'",
                     (CANCELLED, clock.wire_now(), MAKER))  # fmt: skip
    final = ", ".join(f"'{state}'" for state in sorted(FINAL))
    names = ", ".join(f"{name} = ?" for name in values)
    done = database.execute(f"UPDATE ingot_job SET {names} WHERE state NOT IN ({final})", list(values.values()))
    database.execute("DELETE FROM ingot_task")
    _plan_anew(database)
    return done.rowcount


def _plan_anew(database: sqlite3.Connection) -> None:
    """What was due since the backup has run, or was missed, in the other history. A time that far ahead is planned anew at the
    next start (jobs/schedule.py, recheck): the first due time after it."""
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'ingot_schedule'").fetchone():
        database.execute("UPDATE ingot_schedule SET next_run = ?", (FAR,))
