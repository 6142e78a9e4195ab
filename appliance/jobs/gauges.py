"""Numbers of jobs for /metrics: what the tables say now, and what this process has seen since it started."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from appliance.jobs import row
from appliance.jobs.lanes import LANES
from appliance.jobs.row import JobRow

if TYPE_CHECKING:
    from appliance.jobs.jobs import Jobs


class Gauges:
    """Counting is a hint: what a rolled-back transaction counted stays counted."""

    def __init__(self, jobs: Jobs):
        self._jobs = jobs
        self._ended: Counter[tuple[str, str]] = Counter()
        self._retries = 0
        self._lock = threading.Lock()

    def ended(self, job: JobRow, state: str) -> None:
        with self._lock:
            self._ended[job.lane, state] += 1

    def left(self, state: str) -> None:
        if state == row.RETRYING:
            with self._lock:
                self._retries += 1

    def read(self) -> dict[str, float]:
        """One grouped look at each table; the states are counted from an index, the lanes from what waits."""
        jobs = self._jobs
        found: dict[str, float] = {f'ingot_jobs{{state="{state}"}}': n for state, n in jobs.counts().items()}
        waiting = jobs.queue.waiting()
        running = jobs.huey.book.running()
        for lane in sorted({*LANES, *waiting}):
            count, oldest = waiting.get(lane, (0, 0.0))
            found[f'ingot_jobs_waiting{{lane="{lane}"}}'] = count
            found[f'ingot_jobs_oldest_waiting_seconds{{lane="{lane}"}}'] = oldest
            found[f'ingot_jobs_running_here{{lane="{lane}"}}'] = running.get(lane, 0)
        with self._lock:
            ended, retries = dict(self._ended), self._retries
        for (lane, state), count in sorted(ended.items()):
            found[f'ingot_jobs_ended_total{{lane="{lane}",state="{state}"}}'] = count
        found["ingot_job_retries_total"] = retries
        return found
