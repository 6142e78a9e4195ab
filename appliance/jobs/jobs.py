"""Background work: ask for it, look at it, cancel it, try it again. `Worker` does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.engines.queue.protocol import Queue
from appliance.jobs import row
from appliance.jobs.changes import Changes, Listener
from appliance.jobs.execution import JobHuey, eta
from appliance.jobs.kind import JobKind, LostLease
from appliance.jobs.outcome import Outcome
from appliance.jobs.row import JobRow
from appliance.jobs.run import Run
from appliance.jobs.table import JobTable, as_json

KEPT_DAYS = 30
_CHUNK = 500


class Jobs:
    """All jobs of the installation, whichever process runs them."""

    def __init__(self, database: Database, queue: Queue, kinds: Iterable[JobKind] = ()):
        self.database, self.queue = database, queue
        self.table = JobTable(database)
        self.kinds: dict[str, JobKind] = {}
        self.huey = JobHuey(self, queue)
        self.changes = Changes(database)
        for kind in kinds:
            self.add(kind)

    def add(self, kind: JobKind) -> None:
        """Make a kind known, before the worker starts. Raises ValueError when the name is taken."""
        self.huey.add_kind(kind)
        self.kinds[kind.name] = kind

    # -- asking
    def enqueue(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        actor: str = "system",
        key: str | None = None,
        delay: float = 0,
        priority: int | None = None,
        parent: int | None = None,
        expires_in: float | None = None,
    ) -> int:
        """Ask for a job and return its id. Inside `Database.write()` it is part of that transaction: rolled back, it
        was never asked for. While a job with the same `key` is not finished, its id is returned and nothing is added.
        `delay` and `expires_in` are seconds; a job that nobody started before it expires becomes stale. Raises
        NotFound for an unknown kind or parent, TypeError or ValueError for arguments that are not JSON."""
        kind = self.kinds.get(name)
        if kind is None:
            raise NotFound(say("There is no kind of job called {name}.", name=name))
        text = as_json(dict(arguments or {}))
        with self.database.write():
            if key is not None and (holder := self.table.holder(key)) is not None:
                return holder
            task = self.huey.fresh(name, priority)
            job_id = self.table.insert(
                {
                    "kind": name,
                    "state": row.WAITING,
                    "actor": actor,
                    "lane": kind.lane,
                    "priority": task.priority,
                    "root": self._root(parent),
                    "parent": parent,
                    "unique_key": key,
                    "held_key": key,
                    "arguments": text,
                    "progress_done": 0,
                    "attempts": 0,
                    "cancel_requested": False,
                    "task": task.id,
                    "time_limit": kind.time_limit,
                    "created_at": clock.wire_now(),
                    "run_after": _after(delay),
                    "expires_at": _after(expires_in),
                }
            )
            self._send(task, job_id, delay)
        return job_id

    def _root(self, parent: int | None) -> int | None:
        if parent is None:
            return None
        above = self.get(parent)
        return above.root or above.id

    def _send(self, task: Any, job_id: int, delay: float = 0) -> None:
        task.kwargs = {"job": job_id}
        if delay > 0:
            task.eta = eta(delay)
            self.huey.add_schedule(task)
        else:
            self.huey.enqueue(task)
        self.changes.tell(job_id, row.WAITING)

    # -- looking
    def get(self, job_id: int) -> JobRow:
        """Raises NotFound, also for a job that was pruned."""
        found = self.table.get(job_id)
        if found is None:
            raise NotFound(say("There is no job {id}.", id=job_id))
        return found

    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        actor: str | None = None,
        parent: int | None = None,
        root: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[JobRow]:
        """Newest first. `before` is the id of the last job of the page before this one."""
        wanted = {"state": state, "kind": kind, "actor": actor, "parent": parent, "root": root}
        return self.table.select(wanted, before, limit)

    def counts(self) -> dict[str, int]:
        """How many jobs there are in every state."""
        return dict.fromkeys(row.STATES, 0) | self.table.counts()

    # -- steering
    def cancel(self, job_id: int) -> JobRow:
        """Cancel it and what it is parent of. One that waits is cancelled at once, one that runs is asked to and ends
        at its next `run.progress`; a finished one stays as it is. Raises NotFound."""
        self.get(job_id)
        with self.database.write():
            for job in self.table.family(job_id):
                if job.state == row.RUNNING:
                    self.table.ask_to_cancel(job.id)
                    self.changes.tell(job.id, row.RUNNING)
                else:
                    self.close(job.id, row.CANCELLED)
        for run in self.huey.runs():  # in this process it need not wait for the next look at the table
            if job_id in (run.job_id, run.row.parent, run.row.root):
                run.cancel()
        return self.get(job_id)

    def retry(self, job_id: int) -> JobRow:
        """Start a finished job anew, with all its attempts. Raises NotFound, and Conflict when it succeeded, is not
        finished, when its kind is unknown here, or when another active job has its unique key."""
        with self.database.write():
            job = self.get(job_id)
            if not job.final or job.state == row.SUCCESS:
                raise Conflict(say("Job {id} is in the state {state}: nothing to retry.", id=job_id, state=job.state))
            if job.kind not in self.kinds:
                raise Conflict(say("This release knows no kind of job called {name}.", name=job.kind))
            if job.unique_key is not None and (holder := self.table.holder(job.unique_key)) is not None:
                raise Conflict(say("Job {holder} does the same at the moment.", holder=holder))
            task = self.huey.fresh(job.kind, job.priority)
            self.table.again(job_id, task.id)
            self._send(task, job_id)
        return self.get(job_id)

    def prune(self, days: float = KEPT_DAYS) -> int:
        """Delete jobs that finished longer ago; in small transactions. Returns how many."""
        before = clock.wire(clock.now() - timedelta(days=days))
        total = 0
        while count := self.table.prune(before, _CHUNK):
            total += count
        return total

    # -- live notices
    def on_change(self, callback: Listener) -> None:
        """Call `callback(job_id, state)` after every commit in this process that changed a job, progress included. A
        hint: it may come twice, and changes made by other processes are not heard here."""
        self.changes.listen(callback)

    # -- for the worker, inside its transactions
    def begin(self, job: JobRow) -> JobRow:
        self.table.begin(job.id)
        self.changes.tell(job.id, row.RUNNING)
        return self.get(job.id)

    def note(self, run: Run, ended: Outcome) -> None:
        """Write down how a start ended. Raises LostLease when the job is no longer this start's."""
        now = self.table.get(run.job_id)
        if now is None or now.state != row.RUNNING or now.attempts != run.attempt:
            raise LostLease(f"job {run.job_id}")
        if last := run.unwritten:
            self.table.progress(run.row, *last)
        if ended.state in (row.RETRYING, row.WAITING) and now.cancel_requested:
            self.close(run.job_id, row.CANCELLED, error=ended.error)  # its message comes back once more and is dropped
        elif ended.state in (row.RETRYING, row.WAITING):
            self.table.leave(run.row, ended.state, ended.error, ended.message, _after(ended.delay))
            self.changes.tell(run.job_id, ended.state)
        else:
            self.close(run.job_id, ended.state, error=ended.error, result=ended.result, message=ended.message)

    def close(self, job_id: int, state: str, **what: str | None) -> None:
        """Into a final state."""
        if self.table.finish(job_id, state, **what):
            self.changes.tell(job_id, state)


def _after(delay: float | None) -> str | None:
    return clock.wire(clock.now() + timedelta(seconds=delay)) if delay else None
