"""Dates as people and programs write them: 31.12.2026, 12/31/26, 31 Dec 2026. The order of day and month is asked of the
whole column; where it stays open, a person must say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone

from appliance.base.text import fold, say
from appliance.records.kinds import Wrong

_MONTHS = {
    **{name: n for n, names in enumerate((
        "jan january januar janvier enero gennaio", "feb february februar fevrier febrero febbraio fev",
        "mar march marz mrz maerz mars marzo", "apr april avril abril aprile avr abr", "may mai mayo maggio mag",
        "jun june juni juin junio giugno giu", "jul july juli juillet julio luglio lug", "aug august aout agosto ago",
        "sep sept september septembre septiembre settembre set", "oct october okt oktober octobre octubre ottobre ott",
        "nov november novembre noviembre", "dec december dez dezember decembre diciembre dic",
    ), 1) for name in names.split()},
}  # fmt: skip
DIGITS = re.compile(r"([0-9]{1,4})([./-]) ?([0-9]{1,2})\2 ?([0-9]{1,4})\.?")
SOLID = re.compile(r"(19|20)[0-9]{6}")
_CJK = re.compile(r"([0-9]{4})年 ?([0-9]{1,2})月 ?([0-9]{1,2})日")
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[. -]+([^\W\d_]+)\.?[, -]+([0-9]{4}|[0-9]{2})")
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.? +([0-9]{1,2})(?:st|nd|rd|th)?,? +([0-9]{4})")
_WEEKDAY = re.compile(r"[^\W\d_]+\.?, *")
TIME = re.compile(
    r"(.*?\d.?)[ T,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6}))?)? ?([ap]\.?m\.?)?(?: Uhr)? ?"
    r"(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?",
    re.I,
)


def date_order(texts: Iterable[str]) -> tuple[str | None, bool]:
    """(dmy, mdy or ymd when the values tell; whether some values mean two dates as long as nobody says which)."""
    seen, unclear = order_evidence(texts)
    return (next(iter(seen)) if len(seen) == 1 else None), len(seen) > 1 or (unclear and not seen)


def order_evidence(texts: Iterable[str]) -> tuple[set[str], bool]:
    """(the orders that some value has for sure, whether some value has two)."""
    seen: set[str] = set()
    unclear = False
    for text in texts:
        timed = TIME.fullmatch(text.strip())
        found = DIGITS.fullmatch(timed[1].strip() if timed else text.strip())
        if not found or len(found[1]) > 2 or found[2] == ".":
            continue
        first, second = int(found[1]), int(found[3])
        if first > 31 or second > 31 or (first > 12 and second > 12):
            if first > 31 and second <= 12 and len(found[4]) <= 2:  # else no date at all: it has no say
                seen.add("ymd")
        elif first > 12:
            seen.add("dmy")
        elif second > 12:
            seen.add("mdy")
        elif first != second:
            unclear = True
    return seen, unclear


def looks_like_date(text: str) -> bool:
    timed = TIME.fullmatch(text.strip())
    try:
        day_of(timed[1] if timed else text, "dmy")
    except Wrong:
        try:
            day_of(timed[1] if timed else text, "mdy")
        except Wrong:
            return False
    return True


def has_time(text: str) -> bool:
    """Does it name a time of day other than midnight?"""
    timed = TIME.fullmatch(text.strip())
    midnight = 12 if timed and (timed[6] or "").lower().startswith("a") else 0
    return timed is not None and (int(timed[2]), timed[3], timed[4] or "00") != (midnight, "00", "00")


def plain_date(text: str, order: str | None) -> str:
    """YYYY-MM-DD. A time is allowed when it is midnight: what spreadsheets make of a date. Raises Wrong."""
    timed = TIME.fullmatch(text.strip())
    if timed and (int(timed[2]) or int(timed[3]) or int(timed[4] or 0)):
        raise Wrong(say("must be a date without a time"), "type")
    return day_of(timed[1] if timed else text, order).isoformat()


def plain_datetime(text: str, order: str | None) -> datetime:
    """Without a zone it is taken for UTC, as everywhere. Raises Wrong."""
    timed = TIME.fullmatch(text.strip())
    day = day_of(timed[1] if timed else text, order)
    if not timed:
        return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)  # noqa: UP017
    hour, half = int(timed[2]), (timed[6] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        raise _no_date()
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    zone = timezone.utc  # noqa: UP017
    if timed[7] and timed[7][0] in "+-":
        minutes = int(timed[7][1:3]) * 60 + int(timed[7][-2:])
        if minutes >= 1440:
            raise _no_date()
        zone = timezone(timedelta(minutes=-minutes if timed[7][0] == "-" else minutes))
    micros = int((timed[5] or "0").ljust(6, "0"))
    try:
        return datetime(day.year, day.month, day.day, hour, int(timed[3]), int(timed[4] or 0), micros, tzinfo=zone)
    except ValueError:
        raise _no_date() from None


def _no_date() -> Wrong:
    return Wrong(say("must be a date: YYYY-MM-DD"), "type")


def day_of(text: str, order: str | None) -> date:
    """The day that a text without a time means. Raises Wrong, also where it means two."""
    text = text.strip().rstrip(",")
    if found := DIGITS.fullmatch(text):
        return _from_digits(text, found[1], found[3], found[4], found[2], order)
    if found := _CJK.fullmatch(text):
        return _made(found[1], found[2], found[3])
    if SOLID.fullmatch(text):
        return _made(text[:4], text[4:6], text[6:])
    bare = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    if (found := _DAY_FIRST.fullmatch(bare)) and (month := _MONTHS.get(fold(found[2]))):
        return _made(found[3], month, found[1])
    if (found := _MONTH_FIRST.fullmatch(bare)) and (month := _MONTHS.get(fold(found[1]))):
        return _made(found[3], month, found[2])
    raise _no_date()


def _from_digits(text: str, first: str, second: str, third: str, mark: str, order: str | None) -> date:
    if len(first) > 2:
        if len(first) == 3 or len(third) > 2:
            raise _no_date()
        return _made(first, second, third)
    if len(third) not in (2, 4):
        raise _no_date()
    if order != "ymd" and mark == ".":
        order = "dmy"  # nobody writes months first with points
    if order is None:
        order, unclear = date_order([text])
        if unclear:
            raise Wrong(
                say("{value} can be read as two dates: say in which order day and month stand", value=text), "ambiguous"
            )
    if order == "mdy":
        return _made(third, first, second)
    if order == "ymd":
        return _made(first, second, third)
    return _made(third, second, first)


def _made(year: str, month: str | int, day: str) -> date:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 69 else 2000  # as POSIX strptime has it
    try:
        return date(number, int(month), int(day))
    except ValueError:
        raise _no_date() from None
