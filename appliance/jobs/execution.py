"""huey over leased messages: claim and start in one transaction, note the outcome and acknowledge in another.

The second one is fenced: if the lease was lost, nothing of it happens, not the state, not the retry."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from huey import Huey
from huey.api import Task
from huey.exceptions import HueyException, RetryTask
from huey.registry import Message

from appliance.base import clock
from appliance.engines.queue.protocol import Delivery, Queue
from appliance.jobs import outcome, row
from appliance.jobs.kind import JobKind, LostLease
from appliance.jobs.messages import JsonMessages, KindRegistry
from appliance.jobs.run import Run

if TYPE_CHECKING:
    from appliance.jobs.jobs import Jobs

MOST_DEATHS = 5  # of the process, under one message: whatever kills it so often must not get a sixth chance
_IDLE = 1.0  # seconds a worker sleeps at most; the bell ends it
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Claim:
    """A job in a worker's hands, from the claim to the acknowledgement."""

    delivery: Delivery
    run: Run
    ending: ExitStack | None = None
    give_back: bool = False
    noted: bool = False
    broken: Exception | None = None


class JobTask(Task):
    """One message of a kind; each kind has its own subclass in huey's registry."""

    kind: JobKind
    jobs: Jobs
    claim: Claim

    def execute(self) -> None:
        """Called by huey, which then schedules the retry when we ask for one."""
        claim = self.claim
        ended = outcome.of(claim.run, self.retries)
        assert claim.ending is not None
        claim.ending.enter_context(self.jobs.database.write())  # from here to the acknowledgement: one transaction
        try:
            self.jobs.note(claim.run, ended)
        except Exception as error:  # huey would call that a failure of the task and carry on to the acknowledgement
            claim.broken = error
            return
        claim.noted = True
        claim.give_back = ended.state == row.WAITING
        if ended.delay is not None:
            self.retries -= 1
            raise RetryTask(delay=ended.delay)


class JobHuey(Huey):
    """huey's registry, execution and retries; our queue, our bookkeeping."""

    def __init__(self, jobs: Jobs, queue: Queue):
        self.queue = queue
        super().__init__("ingot", results=False, serializer=JsonMessages())
        self._registry = KindRegistry()
        self.jobs = jobs
        self.lanes: tuple[str, ...] | None = None
        self._running: set[Run] = set()
        self._lock = threading.Lock()

    def get_storage(self, **_: Any) -> Queue:
        return self.queue

    def add_kind(self, kind: JobKind) -> None:
        """Raises ValueError when the name is taken."""
        attributes = {
            "kind": kind,
            "jobs": self.jobs,
            "default_retries": kind.attempts - 1,
            "default_priority": kind.priority,
        }
        self._registry.register(type(kind.name, (JobTask,), attributes))

    def fresh(self, name: str, priority: int | None = None) -> JobTask:
        """A fresh task of a kind, not yet enqueued. Raises HueyException for a kind that is unknown."""
        return self._registry.string_to_task(name)(priority=priority)

    # -- in
    def enqueue(self, task: JobTask) -> None:
        self.queue.put(self.serialize_task(task), priority=task.priority, lane=task.kind.lane)

    def add_schedule(self, task: JobTask) -> None:
        due = task.eta.replace(tzinfo=clock.UTC).timestamp()
        self.queue.put(self.serialize_task(task), priority=task.priority, lane=task.kind.lane, due=due)

    # -- out
    def dequeue(self) -> JobTask | None:
        """The next job, already marked as running; None after a while of nothing to do."""
        heard = self.queue.rings()
        if not self.queue.ready(self.lanes):
            self.queue.wait(heard, _IDLE)
            return None
        with self.jobs.database.write():
            delivery = self.queue.claim(self.lanes)
            task = self._start(delivery) if delivery else None
        if task is None and delivery is not None:
            self.queue.forget(delivery)
        return task

    def _start(self, delivery: Delivery) -> JobTask | None:
        try:
            message = self.serializer.deserialize(delivery.message)
            job = self.jobs.table.get(message.kwargs["job"])
        except ValueError:  # aside with it: at the head of the queue it would stop everything behind it
            log.exception("A message or its job cannot be read; it stays in ingot_task, id %s", delivery.id)
            self.queue.bury(delivery)
            return None
        if job is None or job.final or job.task != message.id:  # cancelled while it waited, or a leftover
            self.queue.acknowledge(delivery)
            return None
        try:
            task = self._fit(job, message, delivery)
        except _Unfit as unfit:
            self.jobs.close(job.id, unfit.state, error=unfit.error)
            self.queue.acknowledge(delivery)
            return None
        started = self.jobs.begin(job)
        task.claim = Claim(delivery, Run(started, task.kind, self.jobs.table, self.jobs.changes.tell))
        return task

    def _fit(self, job: row.JobRow, message: Message, delivery: Delivery) -> JobTask:
        if job.cancel_requested:
            raise _Unfit(row.CANCELLED)
        if job.expires_at and job.expires_at < clock.wire_now():
            raise _Unfit(row.STALE)
        if delivery.number > MOST_DEATHS:
            raise _Unfit(row.DEAD, f"The process ended {MOST_DEATHS} times while it ran this job.")
        try:
            return self._registry.create_task(message)
        except HueyException:
            log.error("Job %s is of the kind %s, which this release does not know", job.id, job.kind)
            raise _Unfit(row.DEAD, f"This release knows no kind of job called {job.kind}.") from None

    def execute(self, task: JobTask, timestamp: Any = None) -> None:
        """Run a claimed job to its acknowledgement. Raises when the outcome could not be written: then the message
        comes back when its lease ends."""
        claim = task.claim
        with self._lock:
            self._running.add(claim.run)
        try:
            with ExitStack() as claim.ending:
                super().execute(task, timestamp)
                if not claim.noted:  # without a note there is nothing to acknowledge
                    raise claim.broken or RuntimeError(f"job {claim.run.job_id} was not run")
                end = self.queue.release if claim.give_back else self.queue.acknowledge
                if not end(claim.delivery):
                    raise LostLease(f"job {claim.run.job_id}")
        except LostLease:
            log.warning("Job %s was taken over by another worker; this outcome is dropped", claim.run.job_id)
        finally:
            with self._lock:
                self._running.discard(claim.run)
            self.queue.forget(claim.delivery)

    def runs(self) -> list[Run]:
        """What this process is working on."""
        with self._lock:
            return list(self._running)


class _Unfit(Exception):
    def __init__(self, state: str, error: str | None = None):
        self.state, self.error = state, error


def eta(delay: float) -> Any:
    """huey's way to say when: UTC without a zone."""
    return (clock.now() + timedelta(seconds=delay)).replace(tzinfo=None)
