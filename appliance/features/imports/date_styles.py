"""How a date is written, so that a column can be asked whether all of its dates are written alike."""

from __future__ import annotations

import re

from appliance.features.imports import dates
from appliance.records.kinds import Wrong

_SHORT_YEARS = (*range(90, 100), *range(40))
"""Years of two digits that are of this time: what is older may as well be of another century."""
Style = tuple[str, str, str]
"""(how the day is written, how the time, how the zone); empty where there is none."""


def date_style(text: str) -> Style | None:
    """None for what is no date, or one that would come back with less than was written."""
    timed = dates.TIME.fullmatch(text)
    day = (timed[1] if timed else text).strip()
    style = _day_style(day)
    if style is None:
        return None
    if not timed:
        return style, "", ""
    if len(timed[5] or "") > 3 or int(timed[2]) > 23 or int(timed[3]) > 59 or int(timed[4] or 0) > 59:
        return None
    try:
        dates.plain_datetime(text, "dmy" if style.startswith("digits") else None)
    except Wrong:
        try:
            dates.plain_datetime(text, "mdy")
        except (Wrong, OverflowError):
            return None
    except OverflowError:
        return None
    return style, f"{'s' if timed[4] else 'm'}{'p' if timed[6] else ''}", _zone(timed[7] or "")


def _zone(text: str) -> str:
    return "offset" if text[:1] in ("+", "-") else "utc" if text else ""


def _day_style(text: str) -> str | None:
    if not re.fullmatch(r"[^\d]*(?:[0-9]+[^\d]*)+", text):  # other scripts' digits
        return None
    if found := dates.DIGITS.fullmatch(text):
        first, mark, last = found[1], found[2], found[4]
        if not any(_is_day(text, order) for order in ("dmy", "mdy", "ymd")):
            return None
        if len(first) > 2:
            return f"ymd{mark}"
        if len(last) == 2 and int(last) not in _SHORT_YEARS:
            return None
        return f"digits{mark}{len(last)}"
    if not _is_day(text, None):
        return None
    if dates.SOLID.fullmatch(text):
        return "solid"
    return "words" + re.sub(r"[^\W\d_]+", "a", re.sub(r"[0-9]+", "9", text))


def _is_day(text: str, order: str | None) -> bool:
    try:
        dates.day_of(text, order)
    except Wrong:
        return False
    return True


def is_short(style: str) -> bool:
    """Is its year of two digits, and nothing but digits beside it? 10.11.12 may as well be a version."""
    return style.startswith("digits") and style.endswith("2") and "/" not in style
