"""Background work: ask for it, look at it, cancel it, try it again. `Worker` does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.engines.queue.protocol import Queue
from appliance.jobs import priority as priorities
from appliance.jobs import row, steering
from appliance.jobs.changes import Changes, Listener
from appliance.jobs.execution import JobHuey, eta
from appliance.jobs.gauges import Gauges
from appliance.jobs.kind import JobKind, LostLease
from appliance.jobs.listing import Listing
from appliance.jobs.outcome import Outcome
from appliance.jobs.row import JobRow
from appliance.jobs.run import Run
from appliance.jobs.schedule_table import ScheduleTable
from appliance.jobs.steering import Swept
from appliance.jobs.table import JobTable, as_json
from appliance.jobs.tree import Tree

KEPT_DAYS = 30
_CHUNK = 500


class Jobs:
    """All jobs of the installation, whichever process runs them. `timezone` (an IANA name) is that of the box: its
    schedules go by it unless they name another."""

    def __init__(self, database: Database, queue: Queue, kinds: Iterable[JobKind] = (), *, timezone: str = "UTC"):
        self.database, self.queue, self.timezone = database, queue, timezone
        self.table = JobTable(database)
        self.kinds: dict[str, JobKind] = {}
        self.changes = Changes(database)
        self.huey = JobHuey(self, queue)
        self.tree = Tree(database, self.table, self.changes, self._release)
        self.numbers = Gauges(self)
        self.tree.on_end(self.numbers.ended)
        self.tree.on_end(ScheduleTable(database, self.table).ended)
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
        priority: str | int | None = None,
        parent: int | None = None,
        expires_in: float | None = None,
        after: int | Iterable[int] = (),
        only_if_success: bool = False,
    ) -> int:
        """Ask for a job and return its id. Inside `Database.write()` it is part of that transaction: rolled back, it
        was never asked for. While a job with the same `key` is not finished, its id is returned and nothing is added.
        `delay` and `expires_in` are seconds; a job that nobody started before it expires becomes stale. `priority` is
        one of very-low, low, normal, high, very-high. A `parent` ends when its own part and all its children have. With
        `after` it is `new` until these jobs with all below them have ended; with `only_if_success` it is cancelled when
        one of them ends otherwise. Raises NotFound for an unknown kind, parent or job to wait for, Conflict for a
        parent that has ended or that would wait for this job for ever, TypeError or ValueError for arguments that are
        not JSON."""
        kind = self.kinds.get(name)
        if kind is None:
            raise NotFound(say("There is no kind of job called {name}.", name=name))
        text = as_json(dict(arguments or {}))
        needs = (after,) if isinstance(after, int) else tuple(after)
        with self.database.write():
            if key is not None and (holder := self.table.holder(key)) is not None:
                return holder
            task = self.huey.fresh(name, priorities.number(priority))
            job_id = self._insert(
                name, actor, key, parent, text,
                state=row.NEW if needs else row.WAITING, lane=kind.lane, priority=task.priority, task=task.id,
                time_limit=kind.time_limit, run_after=_after(delay), expires_at=_after(expires_in),
            )  # fmt: skip
            if not needs:
                self.send(task, job_id, delay)
                return job_id
            self.changes.tell(job_id, row.NEW)
            met, never = self.tree.wait_for(job_id, needs, only_if_success)
            if never:
                self.tree.end(job_id, row.CANCELLED, message=never)
            elif met:
                self._release(self.get(job_id))
        return job_id

    @contextmanager
    def group(
        self, name: str, *, actor: str = "system", key: str | None = None, parent: int | None = None
    ) -> Iterator[int]:
        """A job without a body, that stands for the children enqueued inside the `with` (with `parent=` the yielded id),
        all in one transaction. It is `new` until the first of them begins. Raises Conflict, naming the holder, when
        another active job has the key."""
        with self.database.write():
            if key is not None and (holder := self.table.holder(key)) is not None:
                raise Conflict(say("Job {holder} does the same at the moment.", holder=holder))
            job_id = self._insert(name, actor, key, parent, "{}", state=row.NEW, lane="default", priority=0)
            self.changes.tell(job_id, row.NEW)
            yield job_id
            self.tree.end(job_id, row.SUCCESS)

    def _insert(self, kind: str, actor: str, key: str | None, parent: int | None, arguments: str, **more: Any) -> int:
        if parent is not None:
            above = self.get(parent)
            more["root"] = above.root or above.id
            self.tree.grow(parent)
        values = {
            "kind": kind, "actor": actor, "parent": parent, "unique_key": key, "held_key": key, "arguments": arguments,
            "progress_done": 0, "attempts": 0, "cancel_requested": False, "created_at": clock.wire_now(),
        }  # fmt: skip
        return self.table.insert(values | more)

    def send(self, task: Any, job_id: int, delay: float = 0) -> None:
        """Put the message of a job that waits into the queue; inside the caller's transaction."""
        task.kwargs = {"job": job_id}
        if delay > 0:
            task.eta = eta(delay)
            self.huey.add_schedule(task)
        else:
            self.huey.enqueue(task)
        self.changes.tell(job_id, row.WAITING)

    def _release(self, job: JobRow) -> None:
        """What it waited for has ended."""
        if job.kind not in self.kinds:  # asked for by a newer release: that one may retry it
            unknown = f"This release knows no kind of job called {job.kind}."
            self.tree.end(job.id, row.DEAD, error=unknown, message=unknown)
            return
        task = self.huey.fresh(job.kind, job.priority)
        self.table.queue(job.id, task.id, job.priority, job.run_after)
        self.send(task, job.id, steering.seconds_to(job.run_after))

    # -- looking
    def get(self, job_id: int) -> JobRow:
        """Raises NotFound, also for a job that was pruned."""
        found = self.table.get(job_id)
        if found is None:
            raise NotFound(say("There is no job {id}.", id=job_id))
        return found

    def list(self, **wanted: Any) -> list[JobRow]:
        """Newest first, fifty at most, unless `wanted` says otherwise: see `Listing` for its words. Raises TypeError for
        an unknown word, ValueError for an unknown sort."""
        return self.table.select(Listing(**wanted))

    def counts(self) -> dict[str, int]:
        """How many jobs there are in every state."""
        return dict.fromkeys(row.STATES, 0) | self.table.counts()

    def children(self, job_id: int) -> dict[str, int]:
        """How many direct children a job has in every state that occurs."""
        return self.tree.sums(job_id)

    def gauges(self) -> dict[str, float]:
        """Numbers for /metrics, by name with labels."""
        return self.numbers.read()

    # -- steering
    def cancel(self, job_id: int) -> JobRow:
        """Cancel it and all below it. One that waits is cancelled at once, one that runs is asked to and ends at its
        next `run.progress`; a finished one stays as it is. Raises NotFound."""
        return steering.cancel(self, job_id)

    def retry(self, job_id: int) -> JobRow:
        """Start a finished job anew with its arguments unchanged and all its attempts, and all below it that did not
        succeed; a part of its own that succeeded is not repeated. Raises NotFound, and Conflict when it succeeded, is
        not finished, when its kind is unknown here, or when another active job has its unique key. Those that were
        cancelled because it had not succeeded wait for it again."""
        return steering.retry(self, job_id)

    def discard(self, job_id: int) -> JobRow:
        """Nobody will try it again: a failed, dead or stale job becomes cancelled and keeps its error. It can still be
        retried until it is pruned. Raises NotFound, and Conflict in any other state."""
        return steering.discard(self, job_id)

    def retry_all(self, *, most: int | None = None, **wanted: Any) -> Swept:
        """Retry every job of a listing, oldest first, `most` at most: the dead ones where `wanted` names no states."""
        return steering.sweep(self, {"state": (row.DEAD,), **wanted}, self.retry, most)

    def discard_all(self, *, most: int | None = None, **wanted: Any) -> Swept:
        """Discard every job of a listing, as `retry_all`."""
        return steering.sweep(self, {"state": (row.DEAD,), **wanted}, self.discard, most)

    def run_now(self, job_id: int) -> JobRow:
        """Let a delayed or retrying job, or one that waits for others, start at once. A retrying one keeps the attempts
        it has left. Raises NotFound, and Conflict when it is running or has ended."""
        return steering.run_now(self, job_id)

    def set_priority(self, job_id: int, priority: str | int) -> JobRow:
        """Move a job that has not begun. Raises NotFound, Invalid for an unknown name, Conflict when it has begun."""
        return steering.set_priority(self, job_id, priority)

    def expire(self) -> int:
        """Make stale what nobody started before it expired. Returns how many."""
        late = self.table.expired(_CHUNK)
        if late:
            with self.database.write():
                for job_id in self.table.expired(_CHUNK):  # asked again: one may have begun meanwhile
                    self.tree.end(job_id, row.STALE)
        return len(late)

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

    def on_end(self, callback: Callable[[JobRow, str], None]) -> None:
        """Call `callback(job as it was, final state)` when a job with all below it has ended, inside its transaction."""
        self.tree.on_end(callback)

    # -- for the worker, inside its transactions
    def begin(self, job: JobRow) -> JobRow:
        self.table.begin(job.id)
        self.tree.begin(job)
        self.changes.tell(job.id, row.RUNNING)
        return self.get(job.id)

    def note(self, run: Run, ended: Outcome) -> None:
        """Write down how a start ended. Raises LostLease when the job is no longer this start's."""
        now = self.table.get(run.job_id)
        if now is None or now.state != row.RUNNING or now.attempts != run.attempt or now.own_state is not None:
            raise LostLease(f"job {run.job_id}")
        if last := run.unwritten:
            self.table.progress(run.row, *last)
        if ended.state in (row.RETRYING, row.WAITING) and now.cancel_requested:
            # its message comes back once more and is dropped
            self.tree.end(run.job_id, row.CANCELLED, error=ended.error)
        elif ended.state in (row.RETRYING, row.WAITING):
            self.table.leave(run.row, ended.state, ended.error, ended.message, _after(ended.delay))
            self.numbers.left(ended.state)
            self.changes.tell(run.job_id, ended.state)
        else:
            self.tree.end(run.job_id, ended.state, error=ended.error, result=ended.result, message=ended.message)


def _after(delay: float | None) -> str | None:
    return clock.wire(clock.now() + timedelta(seconds=delay)) if delay else None
