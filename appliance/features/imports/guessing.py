"""What kind of field a column would be, by about a thousand of its values. Careful where a guess would destroy something:
leading zeros and long numbers stay text, two possible dates are said to be two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from appliance.base.text import fold, snake
from appliance.features.imports.dates import has_time, looks_like_date
from appliance.features.imports.numbers import currency_of, decimal_sign, parts, plain_number
from appliance.features.imports.values import NOTHING, WORDS
from appliance.records.entity import Field
from appliance.records.kinds import KINDS, Wrong

FEW = 20
"""Different values that a choice may have."""
_INTEGER = re.compile(r"[-+]?\d{1,15}")
_SOLID_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_PHONE = re.compile(r"\+?[\d\s()/.–-]{6,25}( ?(x|ext\.?) ?\d+)?")
_PHONE_WORD = re.compile(r"(^|_)(phone|telephone|tel|telefon|mobile|cell|handy|mobil|fax|telefax|telefono)(_|$)")
_DATE_WORD = re.compile(r"date|datum|day|born|birth|fecha|jour|_on$|_at$")
_CODE_WORD = re.compile(
    r"(^|_)(id|ids|code|key|number|nummer|nr|no|ref|reference|uuid|guid|sku|isbn|iban|zip|plz|postcode)(_|$)"
)
_FLAG_WORD = re.compile(r"^(is|has|ist|hat)_|active|aktiv|enabled|flag")


@dataclass
class Guess:
    """`kind` and the options a declaration would hold; `ambiguous` when dates or numbers can be read in two ways."""

    kind: str = "text"
    options: dict[str, Any] = field(default_factory=dict)
    ambiguous: bool = False
    identifier: bool = False
    """All values differ, and it is called or looks like a key."""


def guess(header: str, texts: Sequence[str], decimal: str | None = None, *, unclear: bool = False) -> Guess:
    """`texts` are the cells that hold something; `decimal` and `unclear` what styles.py found out about the column."""
    word = snake(header)
    found = [t.strip() for t in texts if t.strip() and t.strip().lower() not in NOTHING]
    if not found:
        return Guess()
    made = _guess(word, found, decimal, unclear)
    distinct = len(set(found))
    if made.kind in ("text", "integer", "email") and len(found) > 1 and distinct == len(found) == len(texts):
        made.identifier = bool(_CODE_WORD.search(word)) or made.kind == "email"
    if made.kind == "text" and not made.identifier:
        return _words(found, distinct)
    return made


def _guess(word: str, found: Sequence[str], decimal: str | None, unclear: bool) -> Guess:
    folded = {fold(t) for t in found}
    if folded <= WORDS.keys() and len(folded) <= 2 and (not folded <= {"0", "1", "x"} or _FLAG_WORD.search(word)):
        return Guess("boolean")
    if all(_SOLID_DATE.fullmatch(t) for t in found) and _DATE_WORD.search(word):
        return Guess("date")
    digits = [t.lstrip("+-") for t in found]
    if all(d.isdigit() for d in digits):
        if _PHONE_WORD.search(word):
            return Guess("phone")
        if any((d[0] == "0" and len(d) > 1) or len(d) > 15 for d in digits) or any(t[0] == "+" for t in found):
            return Guess()
        return Guess("integer")
    if all(looks_like_date(t) for t in found):
        return Guess("datetime" if any(has_time(t) for t in found) else "date", ambiguous=unclear)
    if all(map(_fits("email"), found)):
        return Guess("email")
    if all(map(_fits("url"), found)):
        return Guess("url")
    if number := _number(found, decimal, unclear):
        return number
    if all(_PHONE.fullmatch(t) for t in found) and (_PHONE_WORD.search(word) or any(t[0] == "+" for t in found)):
        return Guess("phone")
    return Guess()


def _number(found: Sequence[str], decimal: str | None, unclear: bool) -> Guess | None:
    units: set[str] = set()
    for text in found:
        shape = parts(text)
        if shape is None or (re.match(r"0\d", shape[1]) and "," not in shape[1] and "." not in shape[1]):
            return None
        if shape[2]:
            units.add(shape[2])
    currencies = set.intersection(*(currency_of(u) for u in units)) if units and units != {"%"} else set()
    if units - {"%"} and not currencies:
        return None
    decimal = decimal or decimal_sign(found)[0] or "."
    currency = next((c for c in ("EUR", "USD", "GBP", "JPY", *sorted(currencies)) if c in currencies), None)
    words: dict[str, Any] = {"currency": currency} if currency else {}
    kind = "money" if currency else "decimal"
    free = Field("x", KINDS[kind], "", **words)
    most = 0
    try:
        for text in found:
            plain = plain_number(text, free, decimal)
            most = max(most, len(plain.partition(".")[2].rstrip("0")))
    except Wrong:
        if not unclear:
            return None
    if currency:
        return Guess("money", words, unclear)
    if not most and not unclear and not units:
        if any(len(re.sub(r"\D", "", t)) > 15 for t in found):
            return None
        return Guess("integer")
    return Guess("decimal", {"places": most} if 0 < most <= 4 else {}, unclear)


def _words(found: Sequence[str], distinct: int) -> Guess:
    if any(len(t) > 500 or "\n" in t for t in found):
        return Guess("long_text")
    if len(found) >= FEW and distinct <= min(FEW, len(found) // 5) and max(map(len, found)) <= 60:
        by_word: dict[str, str] = {}
        for text in found:
            by_word.setdefault(fold(text), text)
        return Guess("choice", {"choices": sorted(by_word.values(), key=fold)})
    return Guess()


def _fits(kind: str) -> Any:
    clean = KINDS[kind].cleaner(Field("x", KINDS[kind], ""))

    def fits(text: str) -> bool:
        try:
            return clean(text) is not None
        except Wrong:
            return False

    return fits
