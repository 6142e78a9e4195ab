"""The service that does the jobs: huey's consumer inside our process, woken by the commit that enqueued."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from huey import consumer
from huey.consumer import WorkerRecycle

from appliance.base.text import say, told
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import GRACE
from appliance.jobs.lanes import LaneBook
from appliance.jobs.run import Run
from appliance.jobs.schedule import Schedules

log = logging.getLogger(__name__)

_LOOK = 0.025  # seconds between looks for messages of other processes; those of this one ring the bell
_PROMOTE = 0.2
_CLOCK = 1.0
_EXPIRE = 2.0
_LANES = 60.0
_PRUNE = 3600.0
_HEALTH = 5.0
_LOOK_AFTER = 1.0
_GRACE = GRACE


class _Hand(consumer.Worker):
    retired = False  # its body was given up, and another thread has its place

    def loop(self, now: Any = None) -> None:
        super().loop(now)
        if self.retired:
            raise WorkerRecycle

    def shutdown(self) -> None:
        super().shutdown()
        self.huey.jobs.database.release()


class _Ticker(consumer.Scheduler):
    """In place of huey's scheduler, which takes due tasks out of the storage and skips minutes nobody was up for."""

    def initialize(self) -> None:
        self._schedules = Schedules(self.huey.jobs)
        self._pause = {
            self._promote: _PROMOTE,
            self._schedules.tick: _CLOCK,
            self.huey.jobs.expire: _EXPIRE,
            self._lanes: _LANES,
            self._prune: _PRUNE,
        }
        self._next = dict.fromkeys(self._pause, 0.0) | {self._prune: time.monotonic() + 60}

    def loop(self, now: Any = None) -> None:
        queue = self.huey.queue
        try:
            if self.huey.next_lane():
                queue.ring()
            for action, due in self._next.items():
                if time.monotonic() >= due:
                    self._next[action] = time.monotonic() + self._pause[action]
                    action()
        except Exception:
            log.exception("The queue cannot be looked after; trying again")
            self.stop_flag.wait(1.0)
        self.stop_flag.wait(_LOOK)

    def _promote(self) -> None:
        self.huey.queue.promote()

    def _lanes(self) -> None:
        """Messages of a kind that only another release knows may lie in a lane that only it knows."""
        for lane in self.huey.queue.waiting():
            self.huey.book.know(lane)

    def _prune(self) -> None:
        if count := self.huey.jobs.prune():
            log.info("%s old jobs were deleted", count)

    def shutdown(self) -> None:
        self.huey.jobs.database.release()


class _InProcess(consumer.Consumer):
    worker_class = _Hand
    scheduler_class = _Ticker

    def _set_signal_handlers(self) -> None:
        """Signals belong to run/: huey's handlers would restart the program on SIGHUP."""


class Worker:
    """A service: `start`, `stop`, `health`. Several may serve one database, in one process or in many, each with a `Jobs`
    of its own. `lanes` binds it to these (see lanes.py for the places each has); `context` is what heavy bodies get."""

    name = "worker"

    def __init__(
        self,
        jobs: Jobs,
        threads: int = 3,
        lanes: tuple[str, ...] | None = None,
        context: Mapping[str, Any] | None = None,
    ):
        self._jobs, self._threads, self._lanes = jobs, threads, lanes
        self._context = dict(context or {})
        self._given_up = 0
        self._consumer: _InProcess | None = None
        self._heart: threading.Thread | None = None

    def start(self) -> None:
        """Free the leases of dead processes and begin. Raises ValueError when a kind's crontab is wrong."""
        queue = self._jobs.queue
        Schedules(self._jobs).settle()
        if freed := queue.recover():
            log.info("%s jobs of a process that died start again", freed)
        huey = self._jobs.huey
        huey.book, huey.helper.context = LaneBook(self._threads, self._lanes), self._context
        for kind in self._jobs.kinds.values():
            huey.book.know(kind.lane)
        self._consumer = _InProcess(self._jobs.huey, workers=self._threads, periodic=False, max_delay=2.0)
        self._heart = threading.Thread(target=self._beat, args=(self._consumer,), name="jobs-heartbeat", daemon=True)
        self._heart.start()
        self._consumer.start()

    def _beat(self, running: _InProcess) -> None:
        queue = self._jobs.queue
        renewed = checked = time.monotonic()
        # Beats on while a body outlasts `stop`: its thread is alive, so nobody else may have the job.
        while not running.stop_flag.wait(min(_LOOK_AFTER, queue.lease / 6)) or self._jobs.huey.runs():
            try:
                if time.monotonic() - renewed >= queue.lease / 3:
                    renewed = time.monotonic()
                    queue.renew()
                for run in self._jobs.huey.runs():
                    if run.overdue_by(_GRACE) and not run.kind.heavy:
                        self._give_up(running, run)
                if time.monotonic() - checked >= _HEALTH and not running.stop_flag.is_set():
                    checked = time.monotonic()
                    running.check_worker_health()
            except Exception:
                log.exception("The heartbeat of jobs failed; trying again")
            if running.stop_flag.is_set():
                time.sleep(0.1)
        self._jobs.database.release()

    def _give_up(self, running: _InProcess, run: Run) -> None:
        """A silent body past its limit: its job fails, and a new thread takes the place of the one it sits in."""
        if not self._jobs.huey.abandon(run):
            return
        self._given_up += 1
        log.error("Job %s (%s) hangs; its thread is left to itself", run.job_id, run.kind.name)
        for n, (hand, thread) in enumerate(running.worker_threads):
            if thread.ident == run.thread:
                hand.retired = True
                fresh = running._create_worker()
                started = running._create_process(fresh, f"Worker-{n + 1}")
                running.worker_threads[n] = (fresh, started)
                started.start()

    def stop(self, deadline: float = 20.0) -> bool:
        """Take no more jobs and wait for those that run. After half of `deadline` (seconds) `run.progress` ends them,
        and they go back to the queue; one that never calls it is left to the end of the process, and starts again in
        the next. True when all have ended."""
        running = self._consumer
        if running is None:
            return True
        running.stop_flag.set()
        self._jobs.queue.ring()
        ended = self._join(running, deadline / 2)
        if not ended:
            for run in self._jobs.huey.runs():
                run.stop()
            ended = self._join(running, deadline / 2)
        self._jobs.huey.helper.stop()
        ended = ended or self._join(running, 1.0)
        if ended and self._heart:
            self._heart.join(1.0)
            self._consumer = None
        return ended

    def _join(self, running: _InProcess, seconds: float) -> bool:
        until = time.monotonic() + seconds
        threads = [thread for _, thread in running.worker_threads] + [running.scheduler]
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)

    def health(self) -> tuple[str, str]:
        """("ok" | "degraded" | "down", reason)."""
        running = self._consumer
        if running is None or running.stop_flag.is_set():
            return "down", told(say("not running"))
        alive = sum(thread.is_alive() for _, thread in running.worker_threads)
        fewer = told(say("{alive} of {all} threads alive", alive=alive, all=self._threads))
        if not alive or not running.scheduler.is_alive():
            return "down", fewer
        overdue = [f"{run.job_id} ({run.kind.name})" for run in self._jobs.huey.runs() if run.overdue]
        if overdue:
            return "degraded", told(say("past their time limit: {jobs}", jobs=", ".join(overdue)))
        state, reason = self._jobs.queue.check()
        if alive < self._threads:
            return "degraded", fewer
        if self._given_up:
            return "degraded", told(
                say("{count} jobs hung and were given up; {more}", count=self._given_up, more=reason)
            )
        return state, told(say("{count} threads, {more}", count=alive, more=reason))
