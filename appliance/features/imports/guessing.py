"""What kind of field a column would be, by all of its values. A kind is proposed only where no value loses anything by it: a
digit, a sign, a letter, a leading zero, a unit. Everything else stays text, which a person may make more of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from appliance.base.text import fold, snake
from appliance.features.imports.column_profiles import ColumnProfile, is_phone_word
from appliance.features.imports.currencies import currency_meant
from appliance.features.imports.date_styles import is_short
from appliance.features.imports.number_shapes import Shape
from appliance.records.kinds.number import minor_units

FEW = 20
"""Values that a column must have before some of them are called its choices."""
LONGEST = 500
"""Characters beyond which a text is a long one."""
PLACES, USUAL = 9, 6
"""Digits behind the point that a decimal can have, and has where its declaration says nothing."""
DIGITS = 18
"""Digits of a decimal that fit the databases' integers."""
_DATE_WORD = re.compile(r"date|datum|day|born|birth|fecha|jour|geburt|fallig|_on$|_at$")
_BIRTH_WORD = re.compile(r"birth|born|geb|nasc|nacim|naiss|dob")
_CODE_WORD = re.compile(
    r"(^|_)(id|ids|code|key|number|nummer|nr|no|ref|reference|uuid|guid|sku|isbn|iban|zip|plz|postcode)(_|$)"
)
_TEXT_WORD = re.compile(
    r"(^|_)(code\w*|kod|codigo|codice|sku|isbn|issn|ean|gtin|upc|asin|iban|bic|blz|swift|sort_code|zip\w*|plz|post_?codes?|postal\w*|"
    r"postleitzahl\w*|postnr|postnummer|psc|cap|cep|pin|pin_?code|vat\w*|ust\w*|steuernummer|tax_?id|ssn|nif|cif|siret|siren|"
    r"size\w*|grosse\w*|konfektion\w*|taille|talla|version\w*|release|revision|firmware|build|ip|ip_address\w*|"
    r"serial\w*|seriennummer|imei|mac|account|account_(no|nr|number)|konto\w*|artikelnummer|article_(no|number)|part_(no|number)|"
    r"model\w*|modell\w*|hs_code|naics|sic|fips\w*|extension|durchwahl|hausnummer|house_(no|number))(_|$)"
)
_FLAG_WORD = re.compile(r"^(is|has|ist|hat)_|active|aktiv|enabled|flag")
_PLACE_WORD = re.compile(
    r"(^|_)(country|land|lander\w*|nation\w*|pays|pais|paese|kraj|lang|language\w*|sprache\w*|locale|region|state|iso)(_|$)|country|sprach"
)
_PAIRS = (
    "true false", "yes no", "ja nein", "wahr falsch", "richtig falsch", "oui non", "vrai faux", "si no", "verdadero falso",
    "vero falso", "sim nao", "verdadeiro falso", "tak nie", "ja nee", "ja nej", "ja nei", "kylla ei", "igen nem", "ano ne",
    "evet hayir", "да нет", "так ні", "on off", "an aus", "✓ ✗", "✔ ✘", "☑ ☐", "是 否", "はい いいえ",
)  # fmt: skip
_SHORT_PAIRS = ("y n", "t f", "j n")
"""Only under a header that asks a question."""


def _pair(words: str) -> frozenset[str]:
    return frozenset(fold(w) for w in words.split())


_TWO_VALUED = frozenset(map(_pair, _PAIRS))
_SHORT = frozenset(map(_pair, _SHORT_PAIRS))


@dataclass
class Guess:
    """`kind` and the options a declaration would hold; `ambiguous` when dates or numbers can be read in two ways."""

    kind: str = "text"
    options: dict[str, Any] = field(default_factory=dict)
    ambiguous: bool = False
    identifier: bool = False
    """It is called or looks like a key; whether its values all differ is another question."""


def guess(header: str, texts: Sequence[str], decimal: str | None = None) -> Guess:
    """For a few values at hand."""
    profile = ColumnProfile(header)
    profile.take([t for t in texts if t.strip()])
    return guess_kind(header, profile, decimal)


def guess_kind(header: str, profile: ColumnProfile, decimal: str | None = None, order: str | None = None) -> Guess:
    """`decimal` and `order` (of day and month) are what somebody said, or the other columns of the file; they count where the
    column itself leaves it open."""
    word = snake(header)
    if not profile.filled:
        return Guess()
    found = _two_valued(word, profile) or _date(word, profile, order) or _address(profile)
    if found is None and not _TEXT_WORD.search(word):
        found = _number(word, profile, decimal)
    found = found or Guess()
    if found.kind in ("text", "integer", "email"):
        found.identifier = bool(_CODE_WORD.search(word)) or found.kind == "email"
    return _text(profile, found) if found.kind == "text" else found


def _two_valued(word: str, profile: ColumnProfile) -> Guess | None:
    """Both words of one language's pair, in whatever case. NO and SI are countries where nobody asks a question."""
    if not profile.words or len(profile.words) != 2:
        return None
    both = frozenset(profile.words)
    if both in _SHORT:
        return Guess("boolean") if _FLAG_WORD.search(word) else None
    if both not in _TWO_VALUED or _PLACE_WORD.search(word):
        return None
    as_codes = all(len(t) == 2 and t.isascii() for t in profile.words.values())
    return None if as_codes and not _FLAG_WORD.search(word) else Guess("boolean")


def _date(word: str, profile: ColumnProfile, order: str | None) -> Guess | None:
    if not (profile.dated and profile.date_styles) or _TEXT_WORD.search(word):
        return None
    called = bool(_DATE_WORD.search(word))
    days = {s[0] for s in profile.date_styles}
    times = {s[1] for s in profile.date_styles} - {""}
    zones = {s[2] for s in profile.date_styles if s[1]}
    if len(days) > 1 or len(times) > 1 or len(zones) > 1 or len(profile.orders) > 1:
        return None
    day = next(iter(days))
    if day == "solid" and not called:
        return None
    if (is_short(day) and not called) or (day.endswith("2") and _BIRTH_WORD.search(word)):
        return None
    unclear = profile.order_open and not profile.orders and order is None
    return Guess("datetime" if times else "date", ambiguous=unclear)


def _address(profile: ColumnProfile) -> Guess | None:
    for kind in ("email", "url"):
        if kind in profile.texts:
            return Guess(kind)
    return Guess("phone") if "phone" in profile.texts or profile.phone_like else None


def _number(word: str, profile: ColumnProfile, decimal: str | None) -> Guess | None:
    signs = profile.signs
    if not signs or is_phone_word(word):
        return None
    shapes = list(profile.shapes.values())
    units = {s.unit for s in shapes}
    currency = None
    if units != {""}:
        whole = not any(s.marked or s.group for s in shapes)
        currency = currency_meant(next(iter(units)), whole=whole) if len(units) == 1 else None
        code = len(units) == 1 and next(iter(units)).isalpha() and next(iter(units)).isascii()
        if currency is None or (code and any(s.glued and not s.marked for s in shapes)):
            return None
    sign = decimal if decimal in signs else next(iter(signs)) if len(signs) == 1 else None
    unclear = sign is None and profile.marked
    if not _grouped_for_sure(profile, shapes):
        return None
    places = {s.places_with(sign or ".") for s in shapes} | ({s.places_with(",") for s in shapes} if unclear else set())
    most = max(places)
    if currency:
        return Guess("money", {"currency": currency}, unclear) if most <= minor_units(currency) or unclear else None
    if not most:
        return Guess("integer")
    if (
        most > PLACES
        or max(s.whole for s in shapes) + max(most, USUAL) > DIGITS
        or _looks_like_versions(profile, shapes, places)
    ):
        return None
    written = most <= 2 or most > USUAL or places <= {0, most}
    return Guess("decimal", {"places": most} if written else {}, unclear)


def _grouped_for_sure(profile: ColumnProfile, shapes: list[Shape]) -> bool:
    """A blank between digits is one between thousands only where small numbers have none and all others do: 110 001 and
    200 300 are codes of a post office."""
    if not any(" " in text and shape.group == " " for text, shape in profile.shapes.items()):
        return True
    return len({s.whole for s in shapes}) > 1 and all(s.group or s.whole <= 3 for s in shapes)


def _looks_like_versions(profile: ColumnProfile, shapes: list[Shape], places: set[int]) -> bool:
    """1.9 and 1.10 are no numbers: as such the second would be the smaller."""
    return (
        profile.trailing_zeros
        and len(places - {0}) > 1
        and max(places) <= 3
        and all(s.whole <= 2 and not s.unit for s in shapes)
    )


def _text(profile: ColumnProfile, found: Guess) -> Guess:
    if profile.longest > LONGEST or profile.control:
        return Guess("long_text", identifier=False)
    words, most = profile.words, profile.filled // 5
    if words and profile.filled >= FEW and 2 <= len(words) <= most and not (profile.alike or found.identifier):
        return Guess("choice", {"choices": sorted(words.values(), key=fold)})
    return found
