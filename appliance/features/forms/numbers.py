"""Numbers as people type them: with the signs of their own locale, or with those of programs where that cannot be mistaken."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_symbol

from appliance.base.text import say
from appliance.records.kinds import Wrong

LONGEST = 60
_BLANK = re.compile(r"[\s'’\u202f]")


@lru_cache
def separators(locale: str) -> tuple[str, str]:
    """(what stands between thousands, what before decimals)"""
    symbols = Locale.parse(locale).number_symbols["latn"]
    return symbols["group"], symbols["decimal"]


@lru_cache
def currency_sign(currency: str | None, locale: str) -> str:
    return get_currency_symbol(currency, locale) if currency else ""


def typed_number(wire: object, locale: str) -> str:
    """A number of the wire as one would type it: `1234.50` -> `1234,50`."""
    return str(wire).replace(".", separators(locale)[1])


def read_number(text: str, locale: str, currency: str | None = None) -> str:
    """`1.234,50 €` -> `1234.50`. What reads differently in different countries is read as in `locale`; `1234.50` is the same
    everywhere. Empty for a blank; Wrong for what is no number."""
    found = text.strip()
    for sign in (currency, currency_sign(currency, locale)) if currency else ():
        found = found.replace(str(sign), "")
    found = _BLANK.sub("", found).replace("−", "-")
    if not found:
        return ""
    sign, digits = (found[0], found[1:]) if found[0] in "+-" else ("", found)
    point = separators(locale)[1]
    other = "." if point == "," else ","
    plain = _plain(digits, point, other) if len(digits) <= LONGEST and digits.isascii() else None
    if plain is None:
        example = f"1234{point}50"
        raise Wrong(say("must be a number, for example {example}", example=example), "type")
    return sign.replace("+", "") + plain


def _plain(digits: str, point: str, other: str) -> str | None:
    p, o = re.escape(point), re.escape(other)
    if re.fullmatch(rf"\d{{1,3}}({o}\d{{3}})+({p}\d*)?", digits):
        return digits.replace(other, "").replace(point, ".")
    if re.fullmatch(rf"\d+({p}\d*)?|{p}\d+", digits):
        return digits.replace(point, ".")
    if re.fullmatch(rf"\d*{o}\d+", digits):
        return digits.replace(other, ".")
    if re.fullmatch(rf"\d{{1,3}}({p}\d{{3}})+{o}\d*", digits):
        return digits.replace(point, "").replace(other, ".")
    return None
