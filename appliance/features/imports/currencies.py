"""Which currency a sign or a code means. Codes are those of ISO 4217 and no others: ABC in ABC123 is none."""

from __future__ import annotations

from functools import lru_cache

SIGNS = {
    "€": {"EUR"}, "£": {"GBP", "EGP", "FKP", "GIP", "SHP"}, "¥": {"JPY", "CNY"}, "￥": {"JPY", "CNY"}, "円": {"JPY"},
    "元": {"CNY"},
    "₹": {"INR"}, "₽": {"RUB"}, "₺": {"TRY"}, "₩": {"KRW"}, "₴": {"UAH"}, "₫": {"VND"}, "₪": {"ILS"}, "₱": {"PHP"}, "฿": {"THB"},
    "US$": {"USD"}, "A$": {"AUD"}, "C$": {"CAD"}, "R$": {"BRL"}, "HK$": {"HKD"}, "NZ$": {"NZD"}, "zł": {"PLN"}, "Kč": {"CZK"},
    "Ft": {"HUF"}, "kr": {"SEK", "NOK", "DKK", "ISK"}, "kr.": {"SEK", "NOK", "DKK", "ISK"}, "Fr.": {"CHF"}, "SFr.": {"CHF"},
    "$": {"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP", "FJD", "JMD", "XCD", "BBD", "BSD"},
}  # fmt: skip
_USUAL = {"£": "GBP", "$": "USD", "¥": "JPY", "￥": "JPY"}
"""Of the signs that several countries use, those that mean one of them where nothing else is said."""
_ALSO_WORDS = frozenset(
    [
        "ALL",
        "TOP",
        "TRY",
        "CUP",
        "PEN",
        "MAD",
        "GEL",
        "COP",
        "RON",
        "DOP",
        "SOS",
        "MOP",
        "BOB",
        "BAM",
        "LAK",
        "NAD",
        "SAR",
        "ANG",
        "ARS",
        "MUR",
        "BAN",
        "CAD",
    ]
)
"""Codes that are words or names as well: before a whole number they may be anything."""


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """The codes of money that is paid with today, and of what babel knows from before, without the funds and metals."""
    from babel.numbers import list_currencies

    return frozenset(c for c in list_currencies() if c[0] != "X" or c in ("XAF", "XCD", "XOF", "XPF"))


@lru_cache(maxsize=1)
def _current() -> frozenset[str]:
    from babel.core import get_global

    listed = get_global("territory_currencies").values()
    return frozenset(code for spans in listed for code, _, end, tender in spans if end is None and tender) & codes()


def currencies_of(unit: str) -> set[str]:
    """The currencies a sign or code may mean; empty for what is none."""
    return SIGNS.get(unit) or ({unit} if unit in codes() else set())


def currency_meant(unit: str, *, whole: bool) -> str | None:
    """The one currency that a column with this unit is in, where that needs no guess. `whole`: none of its amounts has a decimal
    or a mark between thousands."""
    if unit in SIGNS:
        return _USUAL.get(unit) or (next(iter(SIGNS[unit])) if len(SIGNS[unit]) == 1 else None)
    return unit if unit in _current() and not (whole and unit in _ALSO_WORDS) else None
