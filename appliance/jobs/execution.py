"""huey over leased messages: claim and start in one transaction, note the outcome and acknowledge in another.

The second one is fenced: if the lease was lost, nothing of it happens, not the state, not the retry."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from huey import Huey
from huey.api import Task
from huey.exceptions import HueyException, RetryTask
from huey.registry import Message

from appliance.base import clock
from appliance.base.logs import about_job
from appliance.engines.queue.protocol import Delivery, Queue
from appliance.jobs import outcome, row
from appliance.jobs import priority as priorities
from appliance.jobs.helper import Helper
from appliance.jobs.kind import JobKind, LostLease, OutOfTime
from appliance.jobs.lanes import LONG, LaneBook
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
    lane: str
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
        self.book = LaneBook()
        self.helper = Helper()
        self._paused = False
        self._running: dict[Run, JobTask] = {}
        self._lock = threading.Lock()

    def get_storage(self, **_: Any) -> Queue:
        return self.queue

    def add_kind(self, kind: JobKind) -> None:
        """Raises ValueError when the name is taken."""
        attributes = {
            "kind": kind,
            "jobs": self.jobs,
            "default_retries": kind.attempts - 1,
            "default_priority": priorities.number(kind.priority),
        }
        self._registry.register(type(kind.name, (JobTask,), attributes))
        self.book.know(kind.lane)

    def fresh(self, name: str, priority: int | None = None) -> JobTask:
        """A fresh task of a kind, not yet enqueued. Raises HueyException for a kind that is unknown."""
        task: JobTask = self._registry.string_to_task(name)(priority=priority)
        return task

    # -- in
    def enqueue(self, task: JobTask) -> None:
        self.queue.put(self.serialize_task(task), priority=task.priority, lane=task.kind.lane)

    def add_schedule(self, task: JobTask) -> None:
        due = task.eta.replace(tzinfo=UTC).timestamp()
        self.queue.put(self.serialize_task(task), priority=task.priority, lane=task.kind.lane, due=due)

    # -- out
    def dequeue(self) -> JobTask | None:
        """The next job, already marked as running; None after a while of nothing to do."""
        heard = self.queue.rings()
        lane = self.next_lane()
        if lane is None:
            self.queue.wait(heard, _IDLE)
            return None
        if not self.book.enter(lane):
            return None
        task = None
        try:
            with self.jobs.database.write():
                delivery = self.queue.claim((lane,))
                task = self._start(delivery, lane) if delivery else None
            if task is None and delivery is not None:
                self.queue.forget(delivery)
        finally:
            if task is None:
                self.book.leave(lane)
        return task

    def pause(self, paused: bool) -> None:
        """Begin no job until it is lifted; those that run go on."""
        self._paused = paused
        self.queue.ring()

    def next_lane(self) -> str | None:
        """The lane a free thread should serve: one with room and something ready. None while jobs are paused."""
        if self._paused:
            return None
        free = self.book.open()
        ready = set(self.queue.lanes_ready(free))
        return next((lane for lane in free if lane in ready), None)

    def _start(self, delivery: Delivery, lane: str) -> JobTask | None:
        try:
            message = self.serializer.deserialize(delivery.message)
            job = self.jobs.table.get(message.kwargs["job"])
        except ValueError:  # aside with it: at the head of the queue it would stop everything behind it
            log.exception("A message or its job cannot be read; it stays in ingot_task, id %s", delivery.id)
            self.queue.bury(delivery)
            return None
        if job is None or job.final or job.own_state or job.task != message.id:  # cancelled meanwhile, or a leftover
            self.queue.acknowledge(delivery)
            return None
        try:
            task = self._fit(job, message, delivery)
        except _Unfit as unfit:
            self.jobs.tree.end(job.id, unfit.state, error=unfit.error)
            self.queue.acknowledge(delivery)
            return None
        started = self.jobs.begin(job)
        task.claim = Claim(delivery, Run(started, task.kind, self.jobs), lane)
        return task

    def _fit(self, job: row.JobRow, message: Message, delivery: Delivery) -> JobTask:
        if job.cancel_requested:
            raise _Unfit(row.CANCELLED)
        if job.expires_at and job.expires_at < clock.wire_now():
            raise _Unfit(row.STALE)
        if delivery.number > MOST_DEATHS:
            raise _Unfit(row.DEAD, f"The process ended {MOST_DEATHS} times while it ran this job.")
        try:
            task: JobTask = self._registry.create_task(message)
            return task
        except HueyException:
            log.error("Job %s is of the kind %s, which this release does not know", job.id, job.kind)
            raise _Unfit(row.DEAD, f"This release knows no kind of job called {job.kind}.") from None

    def execute(self, task: JobTask, timestamp: Any = None) -> None:
        """Run a claimed job to its acknowledgement. Raises when the outcome could not be written: then the message
        comes back when its lease ends."""
        claim = task.claim
        claim.run.thread = threading.get_ident()
        with self._lock:
            self._running[claim.run] = task
        try:
            with about_job(claim.run.job_id, claim.run.actor), ExitStack() as claim.ending:
                super().execute(task, timestamp)
                if not claim.noted:  # without a note there is nothing to acknowledge
                    raise claim.broken or RuntimeError(f"job {claim.run.job_id} was not run")
                end = self.queue.release if claim.give_back else self.queue.acknowledge
                if not end(claim.delivery):
                    raise LostLease(f"job {claim.run.job_id}")
        except LostLease:
            log.warning("Job %s was taken over by another worker; this outcome is dropped", claim.run.job_id)
        finally:
            self._leave(claim)
            self.queue.forget(claim.delivery)

    def _leave(self, claim: Claim) -> None:
        with self._lock:
            if self._running.pop(claim.run, None) is None:
                return
        self.book.leave(claim.lane)
        if claim.lane in LONG:  # somebody may have waited for the place, not for a message
            self.queue.ring()

    def abandon(self, run: Run) -> bool:
        """A body has outlived its time limit in silence. Write down the failure, plan the retry, and leave its thread to
        itself: whatever it still wants to note is void. False when it has ended meanwhile."""
        with self._lock:
            task = self._running.get(run)
        if task is None:
            return False
        late = OutOfTime(f"the time limit of {run.row.time_limit} s is over, and the body did not react")
        ended = outcome.failed(run, late, task.retries, f"{late}. It was here:\n{where(run.thread)}")
        try:
            with self.jobs.database.write():
                self.jobs.note(run, ended)
                if ended.delay is not None:
                    again = self.fresh(run.kind.name, task.priority)
                    again.id, again.retries, again.kwargs = task.id, task.retries - 1, {"job": run.job_id}
                    again.eta = eta(ended.delay)
                    self.add_schedule(again)
                if not self.queue.acknowledge(task.claim.delivery):
                    raise LostLease(f"job {run.job_id}")
        except LostLease:
            return False
        run.abandoned = True
        self.queue.forget(task.claim.delivery)
        self._leave(task.claim)
        return True

    def runs(self) -> list[Run]:
        """What this process is working on."""
        with self._lock:
            return list(self._running)


class _Unfit(Exception):
    def __init__(self, state: str, error: str | None = None):
        self.state, self.error = state, error


def where(thread: int) -> str:
    """The stack of a thread, for people."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame else "(the thread is gone)"


def eta(delay: float) -> Any:
    """huey's way to say when: UTC without a zone."""
    return (clock.now() + timedelta(seconds=delay)).replace(tzinfo=None)
