"""Words for days that move with the calendar: today, last_week, next_30_days. Weeks start on Monday; the days of
last_N_days and next_N_days are counted with today."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from appliance.base import clock

MAX_DAYS = 3650
_DAY = timedelta(days=1)
_COUNTED = re.compile(r"(last|next)_(\d{1,9})_days")


def _month(day: date, step: int) -> date:
    """The first day of the month `step` months away."""
    count = day.year * 12 + day.month - 1 + step
    return date(count // 12, count % 12 + 1, 1)


def _week(day: date, step: int) -> date:
    return day - timedelta(days=day.weekday()) + step * 7 * _DAY


def _quarter(day: date, step: int) -> date:
    return _month(day, step * 3 - (day.month - 1) % 3)


def _year(day: date, step: int) -> date:
    return date(day.year + step, 1, 1)


_STARTS: dict[str, Callable[[date, int], date]] = {
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
}
_STEPS = {"last": -1, "this": 0, "next": 1}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
WORDS = (*_DAYS, *(f"{step}_{unit}" for unit in _STARTS for step in _STEPS))


def is_span(text: str) -> bool:
    """Is it a word for days? ValueError for one with a number of days that is not from 1 to MAX_DAYS."""
    if found := _COUNTED.fullmatch(text):
        if not 1 <= int(found[2]) <= MAX_DAYS:
            raise ValueError(text)
        return True
    return text in WORDS


def days(word: str, today: date) -> tuple[date, date]:
    """The first day, and the day after the last."""
    if word in _DAYS:
        first = today + _DAYS[word] * _DAY
        return first, first + _DAY
    if found := _COUNTED.fullmatch(word):
        count = int(found[2]) * _DAY
        return (today + _DAY - count, today + _DAY) if found[1] == "last" else (today, today + count)
    step, _, unit = word.partition("_")
    start = _STARTS[unit]
    return start(today, _STEPS[step]), start(today, _STEPS[step] + 1)


def bounds(word: str, has_time: bool, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """Stored values for a date or datetime field: from which, and before which."""
    first, after = days(word, now.astimezone(zone).date())
    if not has_time:
        return first.isoformat(), after.isoformat()
    return clock.wire(_midnight(first, zone)), clock.wire(_midnight(after, zone))


def _midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins. Where the clocks skip midnight, fold=0 reckons with the time before and gives the very moment
    they are moved; where it comes twice, the first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """UTC for an empty name, and for one this machine does not know."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC
