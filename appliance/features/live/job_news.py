"""News of jobs for those who asked for them, or who administrate."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

from appliance.base.errors import NotFound
from appliance.features.live.messages import JOBS, job_notice
from appliance.features.live.publishing import Publisher
from appliance.features.live.subscribers import Subscriber
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import JobRow
from appliance.records import scopes
from appliance.records.permissions import Actor


class JobNews:
    """Changes are collected where they happen and told by the live thread. A job may be told of twice."""

    def __init__(self, publisher: Publisher, jobs: Jobs, wake: threading.Event):
        self._publisher, self._jobs, self._wake = publisher, jobs, wake
        self._changed: dict[int, str] = {}
        self._mine = threading.Lock()
        jobs.on_change(self._note)

    def _note(self, job: int, state: str) -> None:
        """In the thread that changed the job: no more than a note, and none when nobody listens."""
        listened = self._publisher.board.by_topic
        if JOBS in listened or f"{JOBS}/{job}" in listened:
            with self._mine:
                self._changed[job] = state
            self._wake.set()

    def now(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """How the jobs that are named in `topics` stand, for who begins to listen: jobs are not in the log, and one may have
        ended between the page that showed it and this wish."""
        for topic in topics:
            kind, _, number = topic.partition("/")
            if kind == JOBS and number:
                with contextlib.suppress(NotFound):
                    job = self._jobs.get(int(number))
                    if _may_know(subscriber.actor, job):
                        self._publisher.send([subscriber], job_notice(job.id, job.state))

    def tell(self) -> None:
        """Send what was noted."""
        with self._mine:
            changed, self._changed = self._changed, {}
        for job_id, state in changed.items():
            with self._publisher.lock:
                listening = self._publisher.board.of(JOBS, f"{JOBS}/{job_id}")
            try:
                job = self._jobs.get(job_id)
            except NotFound:
                continue
            self._publisher.send([s for s in listening if _may_know(s.actor, job)], job_notice(job_id, state))


def _may_know(actor: Actor, job: JobRow) -> bool:
    """Who asked for the job, by whatever way of theirs that may read jobs, and administrators."""
    if not scopes.allow(actor.scopes, "job", "read"):
        return False
    return actor.admin or job.actor == actor.key or (actor.user is not None and job.actor == f"user:{actor.user}")
