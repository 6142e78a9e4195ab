"""One start of one job, as its body sees it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from appliance.jobs.kind import Cancelled, Interrupted, JobKind, LostLease, OutOfTime, Stopping
from appliance.jobs.row import FINAL, SUCCESS, JobRow
from appliance.jobs.table import as_json, storable

if TYPE_CHECKING:
    from appliance.jobs.jobs import Jobs

BETWEEN_WRITES = 0.5  # seconds: each write of progress is a transaction that others wait for


class Run:
    """Handed to the body. `job_id`, `actor`, `attempt` (1 at the first start) and `log` are for reading."""

    def __init__(self, row: JobRow, kind: JobKind, jobs: Jobs):
        self.row, self.kind = row, kind
        self.job_id, self.actor, self.attempt = row.id, row.actor, row.attempts
        self.log = logging.LoggerAdapter(logging.getLogger(f"appliance.jobs.{kind.name}"), {"job": row.id})
        self.started = time.monotonic()
        self.thread = threading.get_ident()
        self.abandoned = False  # overdue in silence: another start has taken over, this thread is left to itself
        self._jobs = jobs
        self._children: dict[tuple[str, str], list[tuple[int, str]]] | None = None
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
        if self.overdue or self.abandoned:
            raise OutOfTime(f"the time limit of {self.row.time_limit} s is over")
        if self._stop.is_set():
            raise Stopping

    def due_to_look(self) -> bool:
        """Is it time for the next look at the table?"""
        return time.monotonic() >= self._next_write

    def flush(self) -> None:
        """Write the last progress now, and look whether somebody in another process cancelled the job."""
        self._next_write = time.monotonic() + BETWEEN_WRITES
        self._written = self._shown
        cancelled = self._jobs.table.progress(self.row, *self._shown)
        if cancelled is None:
            raise LostLease(f"job {self.job_id}")
        self._jobs.changes.tell(self.job_id, "running")
        if cancelled:
            raise Cancelled

    def child(self, name: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> int:
        """Ask for a job below this one, for the same actor; options as for `Jobs.enqueue`. This job then ends when all
        its children have. Safe to run twice: the n-th call with the same name and arguments finds the n-th such child
        of an earlier start, and tries it again if it did not succeed. Raises Cancelled and the like as `progress` does."""
        self.check()
        jobs, text = self._jobs, as_json(dict(arguments or {}))
        with jobs.database.write():
            if self._children is None:
                self._children = {}
                for job_id, kind, stored, state in jobs.table.children(self.job_id):
                    self._children.setdefault((kind, stored), []).append((job_id, state))
            if earlier := self._children.get((name, text)):
                job_id, state = earlier.pop(0)
                if state in FINAL and state != SUCCESS:
                    jobs.retry(job_id)
                return job_id
            return jobs.enqueue(name, arguments, actor=self.actor, parent=self.job_id, **options)

    @property
    def overdue(self) -> bool:
        limit = self.row.time_limit
        return limit is not None and time.monotonic() - self.started > limit

    def overdue_by(self, seconds: float) -> bool:
        return self.row.time_limit is not None and time.monotonic() - self.started > self.row.time_limit + seconds

    @property
    def unwritten(self) -> tuple[int, int | None, str | None] | None:
        """Progress that the throttle held back; the end of the job writes it."""
        return self._shown if self._shown != self._written else None

    @property
    def interrupted(self) -> type[Interrupted] | None:
        """Why the body should end, if it should."""
        return Cancelled if self._cancel.is_set() else Stopping if self._stop.is_set() else None

    def cancel(self) -> None:
        self._cancel.set()

    def stop(self) -> None:
        self._stop.set()

    def work(self) -> Any:
        """Call the body, in the helper process when it is heavy. Raises what the body raises."""
        if self.kind.heavy:
            return self._jobs.huey.helper.run(self)
        return self.kind.body(self, **self.row.arguments)
