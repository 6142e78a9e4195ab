"""Values of seed records that count from today, so that a demo installed next year is as fresh as one installed now.

    {"$days": -12}                       a date, twelve days ago
    {"$workdays": 3}                     a date, three working days ahead; 0 is today, or Monday on a weekend
    {"$workdays": 3, "at": "14:30"}      a time on such a day; "$days" takes "at" too
    {"$hours": 49, "from": "09:00"}      a time, so many hours after today's 09:00; without "from", after midnight

Clock times are UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from appliance.base import clock
from appliance.base.text import say
from appliance.records.kinds import Wrong

_COMPANION = {"$days": "at", "$workdays": "at", "$hours": "from"}
_FARTHEST = 36_500  # days: a hundred years either way keeps every sum inside the calendar


def is_moment(value: Any) -> bool:
    """Is it one of the objects above, well formed or not?"""
    return isinstance(value, dict) and any(word in value for word in _COMPANION)


def resolve(value: Any, today: date) -> Any:
    """The wire form of a moment; any other value comes back as it is. Raises Wrong for a moment that makes no sense."""
    if not is_moment(value):
        return value
    word = next(w for w in _COMPANION if w in value)
    number, companion = value[word], _COMPANION[word]
    if set(value) - {word, companion}:
        raise Wrong(say("{word} goes together with {companion} and nothing else", word=word, companion=companion))
    if type(number) is not int or abs(number) > (_FARTHEST * 24 if word == "$hours" else _FARTHEST):
        raise Wrong(say("{word} must be a whole number of at most a hundred years", word=word))
    if word == "$hours":
        start = _on(today, value.get("from", "00:00"))
        return clock.wire(start + timedelta(hours=number))
    day = _workday(today, number) if word == "$workdays" else today + timedelta(days=number)
    return clock.wire(_on(day, value["at"])) if "at" in value else day.isoformat()


def _on(day: date, text: Any) -> datetime:
    try:
        hours, minutes = text.split(":")
        return datetime.combine(day, time(int(hours), int(minutes)), UTC)
    except (ValueError, AttributeError):
        raise Wrong(say("must be a time of day: 09:30")) from None


def _workday(today: date, number: int) -> date:
    """`number` working days from today, Monday to Friday; a weekend counts as the Monday after it."""
    weekday = today.weekday()
    start = today + timedelta(days=7 - weekday) if weekday > 4 else today
    weeks, rest = divmod(start.weekday() + number, 5)
    return start - timedelta(days=start.weekday()) + timedelta(days=7 * weeks + rest)
