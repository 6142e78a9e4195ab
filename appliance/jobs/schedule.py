"""Jobs by the clock. When each is due next stands in ingot_schedule, so a restart forgets nothing and a due time that
passed while nobody ran is made up for, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from huey import crontab

from appliance.base import clock
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_HORIZON = 366 * 8  # days to look ahead: 29 February may be eight years away


def next_run(kind: JobKind, after: datetime) -> datetime:
    """The first time later than `after` (UTC). Raises ValueError for a crontab that is wrong or never comes true."""
    if kind.every is not None:
        return after + timedelta(seconds=kind.every)
    minute, hour, day, month, weekday = _fields(kind)
    on_day = crontab("*", "*", day, month, weekday, strict=True)
    on_minute = crontab(minute, hour, "*", "*", "*", strict=True)
    at = after.replace(second=0, microsecond=0) + _MINUTE
    for _ in range(_HORIZON):
        midnight = (at + _DAY).replace(hour=0, minute=0)
        if on_day(at):
            while at < midnight:
                if on_minute(at):
                    return at
                at += _MINUTE
        at = midnight
    raise ValueError(f"{kind.name}: the crontab {kind.crontab!r} never comes true")


def _fields(kind: JobKind) -> list[str]:
    fields = (kind.crontab or "").split()
    if len(fields) != 5:
        raise ValueError(f"{kind.name}: a crontab has five fields, not {kind.crontab!r}")
    return fields


class Schedules:
    """Enqueues what is due. Each due time runs once, however many processes look: it is noted in the same exclusive
    transaction that enqueues. A run still active when the next is due swallows it."""

    def __init__(self, jobs: Jobs):
        self._jobs, self._database = jobs, jobs.database
        sql = jobs.database.sql
        self._get = sql("SELECT spec, next_run FROM ingot_schedule WHERE name = ?")
        self._put = sql("INSERT INTO ingot_schedule (name, spec, next_run) VALUES (?, ?, ?)")
        self._set = sql("UPDATE ingot_schedule SET spec = ?, next_run = ? WHERE name = ?")
        self._due = sql("SELECT name, next_run FROM ingot_schedule WHERE next_run <= ? ORDER BY next_run")

    def settle(self) -> None:
        """At start: write down new schedules and changed ones. Raises ValueError for a bad crontab."""
        for kind in self._kinds().values():
            spec, following = _spec(kind), clock.wire(next_run(kind, clock.now()))
            with self._database.write():
                found = self._database.rows(self._get, (kind.name,))
                if not found:
                    self._database.run(self._put, (kind.name, spec, following))
                elif found[0][0] != spec:
                    self._database.run(self._set, (spec, following, kind.name))

    def fire(self) -> list[int]:
        """Enqueue what is due; the ids of these jobs. Without anything due it takes no lock."""
        kinds = self._kinds()
        due = [name for name, _ in self._database.rows(self._due, (clock.wire_now(),)) if name in kinds]
        return [job_id for name in due if (job_id := self._fire(kinds[name])) is not None]

    def _fire(self, kind: JobKind) -> int | None:
        now = clock.now()
        following = clock.wire(next_run(kind, now))
        with self._database.write():
            ((spec, planned),) = self._database.rows(self._get, (kind.name,))
            if planned > clock.wire(now):  # another process was faster
                return None
            self._database.run(self._set, (spec, following, kind.name))
            return self._jobs.enqueue(kind.name, key=f"schedule:{kind.name}")

    def _kinds(self) -> dict[str, JobKind]:
        return {name: k for name, k in self._jobs.kinds.items() if k.every is not None or k.crontab}


def _spec(kind: JobKind) -> str:
    return f"every {kind.every}" if kind.every is not None else f"crontab {kind.crontab}"
