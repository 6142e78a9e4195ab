"""One start of one job, as its body sees it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from appliance.jobs.kind import Cancelled, JobKind, LostLease, OutOfTime, Stopping
from appliance.jobs.row import JobRow
from appliance.jobs.table import JobTable, storable

BETWEEN_WRITES = 0.5  # seconds: each write of progress is a transaction that others wait for


class Run:
    """Handed to the body. `job_id`, `actor`, `attempt` (1 at the first start) and `log` are for reading."""

    def __init__(self, row: JobRow, kind: JobKind, table: JobTable, told: Callable[[int, str], None]):
        self.row, self.kind = row, kind
        self.job_id, self.actor, self.attempt = row.id, row.actor, row.attempts
        self.log = logging.LoggerAdapter(logging.getLogger(f"appliance.jobs.{kind.name}"), {"job": row.id})
        self.started = time.monotonic()
        self._table, self._told = table, told
        self._cancel, self._stop = threading.Event(), threading.Event()
        self._shown: tuple[int, int | None, str | None] = (0, None, None)
        self._written: tuple[int, int | None, str | None] = self._shown
        self._next_write = 0.0

    def progress(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Say how far the body is; call it as often as you like, it writes twice a second at most. Ends the body by
        raising Cancelled, OutOfTime or Stopping (no Exceptions: see kind.Interrupted), or LostLease when another worker
        has the job. Inside `Database.write()` what it writes appears with your commit."""
        self._shown = (done, total, None if message is None else storable(message))
        self.check()
        if time.monotonic() >= self._next_write:
            self.flush()

    def check(self) -> None:
        """Raise what `progress` would raise, without touching the database."""
        if self._cancel.is_set():
            raise Cancelled
        if self.overdue:
            raise OutOfTime(f"the time limit of {self.row.time_limit} s is over")
        if self._stop.is_set():
            raise Stopping

    def flush(self) -> None:
        """Write the last progress now, and look whether somebody in another process cancelled the job."""
        self._next_write = time.monotonic() + BETWEEN_WRITES
        self._written = self._shown
        cancelled = self._table.progress(self.row, *self._shown)
        if cancelled is None:
            raise LostLease(f"job {self.job_id}")
        self._told(self.job_id, "running")
        if cancelled:
            raise Cancelled

    @property
    def overdue(self) -> bool:
        limit = self.row.time_limit
        return limit is not None and time.monotonic() - self.started > limit

    @property
    def unwritten(self) -> tuple[int, int | None, str | None] | None:
        """Progress that the throttle held back; the end of the job writes it."""
        return self._shown if self._shown != self._written else None

    def cancel(self) -> None:
        self._cancel.set()

    def stop(self) -> None:
        self._stop.set()

    def work(self) -> Any:
        """Call the body. Raises what the body raises."""
        return self.kind.body(self, **self.row.arguments)
