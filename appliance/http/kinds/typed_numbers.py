"""Numbers as people type them: with the signs of their own locale, or with those of programs where that cannot be mistaken."""

from __future__ import annotations

import re
from decimal import Decimal
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


def read_number(text: str, locale: str, currency: str | None = None, places: int | None = None) -> str:
    """`1.234,50 €` -> `1234.50`. What reads differently in different countries is read as in `locale`; `1234.50` is the same
    everywhere. Empty for a blank; Wrong for what is no number, and for what may well have been meant as another one: where the
    field has less than three digits behind the point (`places`), 12.500 is twelve thousand in some countries, twelve and a half
    in others, and whoever typed it must say which."""
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
    whole, _, part = plain.partition(".")
    if places is not None and places < 3 and len(part) == 3 and re.fullmatch(r"[1-9][0-9]{0,2}", whole):
        words = {"large": whole + part, "small": typed_number(str(Decimal(plain).normalize()), locale)}
        text_ = say("{value} can be read as two numbers: write {large} or {small}", value=text.strip(), **words)
        raise Wrong(text_, "ambiguous")
    return sign.replace("+", "") + plain


def _plain(digits: str, point: str, other: str) -> str | None:
    p, o = re.escape(point), re.escape(other)
    if re.fullmatch(rf"[0-9]{{1,3}}({o}[0-9]{{3}})+({p}[0-9]*)?", digits):
        return digits.replace(other, "").replace(point, ".")
    if re.fullmatch(rf"\d+({p}\d*)?|{p}\d+", digits):
        return digits.replace(point, ".")
    if re.fullmatch(rf"\d*{o}\d+", digits):
        return digits.replace(other, ".")
    if re.fullmatch(rf"\d{{1,3}}({p}\d{{3}})+{o}\d*", digits):
        return digits.replace(point, "").replace(other, ".")
    return None
