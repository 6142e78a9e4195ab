"""What tests of jobs share: a queue, jobs and a worker over a database, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from appliance.engines.queue.database import DatabaseQueue
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.row import JobRow
from appliance.jobs.worker import Worker

PATIENCE = 20.0  # seconds: for a machine under load; nothing here takes one


def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Poll for something that is going to be true, and return it."""
    deadline = time.monotonic() + patience
    while True:
        if value := true():
            return value
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


class Shop:
    def __init__(self, database: Any, kinds: Iterable[JobKind], *, lease: float = 60.0, threads: int = 2):
        self.database = database
        self.queue = DatabaseQueue(database, lease)
        self.jobs = Jobs(database, self.queue, kinds)
        self.worker = Worker(self.jobs, threads)

    def start(self) -> Shop:
        self.worker.start()
        return self

    def stop(self) -> bool:
        return self.worker.stop(10)

    def reaches(self, job_id: int, *states: str) -> JobRow:
        return until(lambda: (job := self.jobs.get(job_id)).state in states and job)
