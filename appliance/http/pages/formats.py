"""Dates, numbers and money as a locale writes them. The patterns come from Babel; a grid shows hundreds of values a page, so
what was worked out once is kept, and plain numbers are grouped here (Babel takes 30 µs for each)."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_currency

from appliance.base.text import LANGUAGES

_DEFAULT = {"en": "en_GB", "de": "de_DE"}
"""The country of a language nobody said more about."""


@lru_cache(maxsize=256)
def locale_for(language: str, accept_language: str) -> str:
    """The locale for somebody who reads `language`: with the country their browser names for it, if any."""
    for part in accept_language.split(",")[:10]:
        name = part.partition(";")[0].strip().replace("-", "_")
        if name.partition("_")[0].lower() == language and "_" in name:
            try:
                return str(Locale.parse(name))
            except (UnknownLocaleError, ValueError):
                continue
    return _DEFAULT.get(language, _DEFAULT[LANGUAGES[0]])


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """UTC for a name this machine does not know."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=20_000)
def day(wire: str, locale: str) -> str:
    """`2026-11-22` -> `22 Nov 2026`. A year Babel cannot write stays as it is."""
    try:
        return format_date(date.fromisoformat(wire), "medium", locale)
    except ValueError:
        return wire


@lru_cache(maxsize=20_000)
def moment(wire: str, locale: str, timezone: str) -> str:
    """A UTC time of the wire in the reader's zone, to the minute."""
    try:
        at = datetime.fromisoformat(wire)
    except ValueError:
        return wire
    here = at.astimezone(zone(timezone))
    return f"{day(here.date().isoformat(), locale)}, {clock(here, locale)}"


def clock(at: datetime, locale: str) -> str:
    """`14:05`, or `2:05 pm` where people write so."""
    return format_time(at, "short", tzinfo=at.tzinfo, locale=locale)


def since(wire: str, locale: str, now: datetime) -> str:
    """`3 days ago`."""
    return format_timedelta(datetime.fromisoformat(wire) - now, add_direction=True, locale=locale)


@lru_cache
def _symbols(locale: str) -> tuple[str, str]:
    """What stands between thousands, and before decimals."""
    symbols = Locale.parse(locale).number_symbols["latn"]
    return symbols["group"], symbols["decimal"]


def number(value: object, locale: str) -> str:
    """A whole or decimal number of the wire (`1234`, `"1234.50"`), grouped; all its decimals stay."""
    group, decimal = _symbols(locale)
    whole, dot, places = str(value).partition(".")
    sign, digits = ("−", whole[1:]) if whole[:1] == "-" else ("", whole)
    if len(digits) > 3 and digits.isdigit():
        digits = f"{int(digits):,}".replace(",", group)
    return f"{sign}{digits}{decimal + places if dot else ''}"


@lru_cache
def _around(currency: str, locale: str) -> tuple[str, str]:
    """What stands before and after an amount: Babel's own, with the digits taken out."""
    before, _, after = format_currency(1, currency, locale=locale).partition("1")
    return before, after.lstrip("0.,\u066b")


def money(value: object, currency: str | None, locale: str) -> str:
    """An amount of the wire with its currency's sign where the locale puts it."""
    text = number(value, locale)
    if not currency:
        return text
    before, after = _around(currency, locale)
    return f"−{before}{text[1:]}{after}" if text[0] == "−" else f"{before}{text}{after}"


def size(count: int, locale: str) -> str:
    """Bytes for people: `1.8 MB`."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{number(f'{amount:.0f}' if unit in 'BkB' else f'{amount:.1f}', locale)} {unit}"
