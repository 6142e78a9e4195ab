"""What people do to jobs: cancel, retry, run now, move. `Jobs` has a method for each, with the promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from appliance.base import clock
from appliance.base.errors import Conflict
from appliance.base.text import say
from appliance.jobs import priority as priorities
from appliance.jobs import row
from appliance.jobs.listing import Listing
from appliance.jobs.revival import revive
from appliance.jobs.row import JobRow

if TYPE_CHECKING:
    from appliance.jobs.jobs import Jobs

_CHUNK = 500  # jobs a transaction: others want to write as well
_SWEEP = 100
_BEFORE = (row.NEW, row.WAITING, row.RETRYING)
WRONG = (row.FAILED, row.DEAD, row.STALE)
_AGAIN = (row.FAILED, row.DEAD, row.STALE, row.CANCELLED)


@dataclass
class Swept:
    """What became of many: ids of those it was done to, the refusals of others, and whether some are left."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, Conflict] = field(default_factory=dict)
    more: bool = False

    @property
    def count(self) -> int:
        return len(self.done) + len(self.refused)


def cancel(jobs: Jobs, job_id: int) -> JobRow:
    jobs.get(job_id)
    family = jobs.table.family(job_id)
    asked = {job.id for job in family if job.state == row.RUNNING}
    with jobs.database.write():  # first of all: one that runs must not go on making children
        for running in asked:
            _ask(jobs, running)
    ids = [job.id for job in family]  # children before parents
    for start in range(0, len(ids), _CHUNK):
        with jobs.database.write():
            for one in ids[start : start + _CHUNK]:
                now = jobs.get(one)
                if now.state == row.RUNNING:
                    _ask(jobs, one)
                    asked.add(one)
                elif not now.final and now.own_state is None:
                    jobs.tree.end(one, row.CANCELLED)
    for run in jobs.huey.runs():  # in this process it need not wait for the next look at the table
        if run.job_id in asked:
            run.cancel()
    return jobs.get(job_id)


def _ask(jobs: Jobs, job_id: int) -> None:
    jobs.table.ask_to_cancel(job_id)
    jobs.changes.tell(job_id, row.RUNNING)


def retry(jobs: Jobs, job_id: int) -> JobRow:
    with jobs.database.write():
        job = jobs.get(job_id)
        if not job.final or job.state == row.SUCCESS:
            raise Conflict(say("Job {id} is in the state {state}: nothing to retry.", id=job_id, state=job.state))
        if job.own_state != row.SUCCESS or not job.children:
            _again(jobs, job)
        for child, _, _, state in jobs.table.children(job_id) if job.children else ():
            if state in _AGAIN:
                retry(jobs, child)
    return jobs.get(job_id)


def discard(jobs: Jobs, job_id: int) -> JobRow:
    with jobs.database.write():
        job = jobs.get(job_id)
        if not jobs.table.discard(job_id):
            raise Conflict(say("Job {id} is in the state {state}: nothing to discard.", id=job_id, state=job.state))
        jobs.changes.tell(job_id, row.CANCELLED)
    return jobs.get(job_id)


def _again(jobs: Jobs, job: JobRow) -> None:
    if job.kind not in jobs.kinds:
        raise Conflict(say("This release knows no kind of job called {name}.", name=job.kind))
    if job.unique_key is not None and (holder := jobs.table.holder(job.unique_key)) is not None:
        raise Conflict(say("Job {holder} does the same at the moment.", holder=holder))
    task = jobs.huey.fresh(job.kind, job.priority)
    jobs.tree.forget_needs(job.id)
    jobs.table.again(job.id, task.id)
    opened = jobs.tree.reopen(job)
    jobs.send(task, job.id)
    revive(jobs, [job.id, *opened])


def sweep(jobs: Jobs, wanted: Mapping[str, Any], step: Callable[[int], object], most: int | None) -> Swept:
    """Do `step` to each job of a listing, oldest first, `most` at most. Those that a step changes on its way, a retried
    tree's, are not done again. Killed half-way, it has done what it has done."""
    swept = Swept()
    states, after = wanted["state"], 0
    while page := jobs.table.select(Listing(**{**wanted, "after": after, "sort": "id", "limit": _SWEEP})):
        with jobs.database.write():
            for job in page:
                if swept.count == most:
                    swept.more = True
                    return swept
                after = job.id
                if jobs.get(job.id).state not in states:
                    continue
                try:
                    step(job.id)
                    swept.done.append(job.id)
                except Conflict as conflict:
                    swept.refused[job.id] = conflict
    return swept


def run_now(jobs: Jobs, job_id: int) -> JobRow:
    with jobs.database.write():
        job = _before(jobs, job_id)
        if job.state == row.WAITING and seconds_to(job.run_after) <= 0:
            return job  # it may start any moment; a new message would put it behind those of its time
        return _requeue(jobs, job, None)


def set_priority(jobs: Jobs, job_id: int, priority: str | int) -> JobRow:
    wanted = priorities.number(priority)
    with jobs.database.write():
        return _requeue(jobs, _before(jobs, job_id), wanted)


def _before(jobs: Jobs, job_id: int) -> JobRow:
    job = jobs.get(job_id)
    if job.state not in _BEFORE or job.own_state is not None:
        raise Conflict(say("Job {id} is in the state {state}: it has begun or ended.", id=job_id, state=job.state))
    if job.kind not in jobs.kinds:
        raise Conflict(say("This release knows no kind of job called {name}.", name=job.kind))
    return job


def _requeue(jobs: Jobs, job: JobRow, priority: int | None) -> JobRow:
    """A new message takes the job over; the old one finds out when its time comes, and is dropped. With a priority the
    job keeps its time; without, it starts at once."""
    if priority is not None and job.state == row.NEW:
        jobs.table.set_priority(job.id, priority)
        return jobs.get(job.id)
    task = jobs.huey.fresh(job.kind, job.priority if priority is None else priority)
    if job.state == row.RETRYING:
        task.retries = max(jobs.kinds[job.kind].attempts - 1 - job.attempts, 0)
    run_after = job.run_after if priority is not None else None
    jobs.tree.forget_needs(job.id)
    jobs.table.queue(job.id, task.id, task.priority, run_after)
    jobs.send(task, job.id, seconds_to(run_after))
    return jobs.get(job.id)


def seconds_to(at: str | None) -> float:
    """From now to a wire time; 0 for none."""
    return (datetime.fromisoformat(at) - clock.now()).total_seconds() if at else 0.0
