"""Jobs by the clock. When each is due next stands in ingot_schedule, so a restart forgets nothing.

Missed runs are made up for once, however many there were. A clock that jumps ahead is like a time nobody was up: one run.
A clock set back by up to an hour waits until the time comes that it has not served yet; by more, it begins anew."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from appliance.base import clock
from appliance.jobs import due
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.schedule_table import KEY, Schedule, ScheduleTable

_RECHECK = 60.0  # seconds
_HELD = timedelta(hours=1)
log = logging.getLogger(__name__)


class Schedules:
    """Enqueues what is due. Each due time runs once, however many processes look: it is noted in the same exclusive
    transaction that enqueues. A run still active when the next is due swallows it."""

    def __init__(self, jobs: Jobs):
        self._jobs, self._database = jobs, jobs.database
        self.table = ScheduleTable(jobs.database, jobs.table)
        self._wall, self._mono = time.time(), time.monotonic()
        self._rechecked = self._mono

    # -- when
    def next_run(self, schedule: Schedule, now: datetime, planned: datetime | None = None) -> datetime:
        """The first due time later than `now`. Raises ValueError for a bad crontab, interval or zone."""
        if schedule.every is not None:
            return due.next_interval(schedule.every, planned, now)
        return due.next_crontab(schedule.crontab or "", due.zone(schedule.timezone or self._jobs.timezone), now)

    # -- at start
    def settle(self) -> None:
        """Write down new schedules of kinds and changed ones; what people set stays. Raises ValueError for a bad crontab
        in a kind."""
        with self._database.write():
            known = {schedule.name: schedule for schedule in self.table.all()}
            for kind in self._jobs.kinds.values():
                if kind.every is not None or kind.crontab:
                    self._settle(kind, known.get(kind.name))
                elif (old := known.get(kind.name)) and old.built_in:  # this release runs it by the clock no longer
                    self.table.delete(kind.name)
        self.recheck()

    def _settle(self, kind: JobKind, found: Schedule | None) -> None:
        spec = _spec(kind)
        times = {"crontab": kind.crontab if kind.every is None else None, "every": kind.every}
        fresh = clock.wire(self.next_run(_plain(kind), clock.now()))
        if found is None:
            self.table.insert(
                {"name": kind.name, "kind": kind.name, "spec": spec, "next_run": fresh, "created_at": clock.wire_now()}
                | times
            )
        elif found.changed:
            self.table.update(kind.name, {"spec": spec})
        elif found.spec != spec:
            self.table.update(kind.name, {"kind": kind.name, "spec": spec, "next_run": fresh} | times)
        elif (found.crontab, found.every) != (times["crontab"], times["every"]):  # written by an older release
            self.table.update(kind.name, {"kind": kind.name} | times)

    # -- every second
    def tick(self) -> None:
        """Look for what is due; look at all of them again when the clock was set back, and now and then."""
        wall, mono = time.time(), time.monotonic()
        lost = (mono - self._mono) - (wall - self._wall)
        self._wall, self._mono = wall, mono
        if lost > 1.0 or abs(mono - self._rechecked) >= _RECHECK:
            self._rechecked = mono
            self.recheck()
        self.fire()

    def recheck(self) -> None:
        """Plan again what, after a clock was set back or the box's time zone was changed, is planned for a wrong time."""
        now = clock.now()
        for schedule in self.table.all():
            try:
                planned = datetime.fromisoformat(schedule.next_run)
                fresh = self.next_run(schedule, now)
            except ValueError:
                continue  # `fire` tells
            wrong = planned > fresh or (schedule.every is None and planned != fresh)
            if planned <= now or not wrong:
                continue
            served = datetime.fromisoformat(schedule.due_run) if schedule.due_run else None
            if served is None or fresh > served or served - now > _HELD:
                with self._database.write():
                    self.table.update(schedule.name, {"next_run": clock.wire(fresh)})

    def fire(self) -> list[int]:
        """Enqueue what is due; the ids of these jobs. Without anything due it takes no lock."""
        return [job_id for name in self.table.due(clock.wire_now()) if (job_id := self._fire(name)) is not None]

    def _fire(self, name: str) -> int | None:
        with self._database.write():
            schedule, now = self.table.get(name), clock.now()
            if schedule is None or schedule.paused or schedule.next_run > clock.wire(now):  # another process was faster
                return None
            if schedule.kind not in self._jobs.kinds:  # of another release: that one sees to it
                return None
            try:
                following = self.next_run(schedule, now, datetime.fromisoformat(schedule.next_run))
            except ValueError as error:
                log.error("The schedule %s is paused: %s", name, error)
                self.table.update(name, {"paused": True, "last_message": str(error)})
                return None
            self.table.update(name, {"next_run": clock.wire(following), "due_run": schedule.next_run})
            return start(self._jobs, self.table, schedule)


def start(jobs: Jobs, table: ScheduleTable, schedule: Schedule) -> int:
    """Enqueue a run inside the caller's transaction; the id of the one that is still active, if there is one."""
    job_id = jobs.enqueue(schedule.kind, schedule.arguments, key=KEY + schedule.name, actor=schedule.actor)
    if job_id != schedule.last_job:
        table.update(schedule.name, {"last_run": clock.wire_now(), "last_job": job_id, "last_state": None})
    return job_id


def _plain(kind: JobKind) -> Schedule:
    """As it is without anything people set."""
    nothing = dict.fromkeys(("due_run", "last_run", "last_job", "last_seconds", "last_state", "last_message"))
    return Schedule(
        name=kind.name, spec="", next_run="", kind=kind.name, arguments={}, crontab=kind.crontab, every=kind.every,
        timezone=None, actor="system", changed=False, paused=False, last_result=None, created_at=None, **nothing,
    )  # fmt: skip


def _spec(kind: JobKind) -> str:
    return f"every {kind.every}" if kind.every is not None else f"crontab {kind.crontab}"
