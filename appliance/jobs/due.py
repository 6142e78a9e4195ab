"""When a schedule is due next: every so many seconds, or a crontab in a time zone.

A crontab with fixed hours goes by the wall clock: a time that the change to summer time skips runs once, right after the
gap; one that the change back repeats runs once, the first time. With `*` as the hour it goes by real time, so that every
fifteen minutes stay fifteen minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from huey import crontab

Fits = Callable[[datetime], bool]
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_HORIZON = 366 * 8  # days to look ahead: 29 February may be eight years away


def zone(name: str) -> ZoneInfo:
    """Raises ValueError for a zone that is not in the IANA database of this machine."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name}") from None


def next_interval(every: float, planned: datetime | None, now: datetime) -> datetime:
    """The first later than `now` in the rhythm that `planned` belongs to. Raises ValueError below one second."""
    if not every >= 1:
        raise ValueError(f"an interval has at least one second, not {every}")
    if planned is None:
        return now + timedelta(seconds=every)
    return planned + timedelta(seconds=every * max(0, (now - planned).total_seconds() // every + 1))


def next_crontab(text: str, tz: ZoneInfo, after: datetime) -> datetime:
    """The first time later than `after`, in UTC. Raises ValueError for a crontab that is wrong or never comes true."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"a crontab has five fields, not {text!r}")
    minute, hour, day, month, weekday = fields
    on_day = crontab("*", "*", day, month, weekday, strict=True)
    on_minute = crontab(minute, hour, "*", "*", "*", strict=True)
    if hour == "*":
        return _by_real_time(text, on_day, on_minute, tz, after)
    # Three hours back, so that a wall time which a change of the clock moved behind `after` is still looked at.
    at = after.astimezone(tz).replace(tzinfo=None, second=0, microsecond=0, fold=0) - timedelta(hours=3)
    for _ in range(_HORIZON):
        midnight = (at + _DAY).replace(hour=0, minute=0)
        if on_day(at):
            while at < midnight:
                if on_minute(at) and (found := instant(at, tz)) > after:
                    return found
                at += _MINUTE
        at = midnight
    raise ValueError(f"the crontab {text!r} never comes true")


def _by_real_time(text: str, on_day: Fits, on_minute: Fits, tz: ZoneInfo, after: datetime) -> datetime:
    at = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    last = at + _DAY * _HORIZON
    while at < last:
        wall = at.astimezone(tz).replace(tzinfo=None)
        if not on_day(wall):
            at = max(at + _MINUTE, instant((wall + _DAY).replace(hour=0, minute=0), tz))
        elif on_minute(wall):
            return at
        else:
            at += _MINUTE
    raise ValueError(f"the crontab {text!r} never comes true")


def instant(wall: datetime, tz: ZoneInfo) -> datetime:
    """The moment (UTC) at which a wall clock shows this: the first of two in a repeated hour, the end of the gap for a
    time that is skipped."""
    first, second = (wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    skipped = first > second
    return _gap_end(second, first, tz) if skipped else first


def _gap_end(low: datetime, high: datetime, tz: ZoneInfo) -> datetime:
    """Between two moments the offset changes: when, to the second."""
    before = low.astimezone(tz).utcoffset()
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if middle.astimezone(tz).utcoffset() == before else (low, middle)
    return high
