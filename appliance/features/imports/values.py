"""The functions that turn a cell into a stored value: the field's own reader first, then what people write instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import orjson

from appliance.base.digits import is_digits
from appliance.base.text import fold, say
from appliance.features.imports.dates import plain_date, plain_datetime
from appliance.features.imports.formulas import rearmed
from appliance.features.imports.numbers import plain_number
from appliance.records.entity import Field
from appliance.records.kinds import Wrong
from appliance.records.kinds.kind import Convert
from appliance.records.kinds.number import DecimalKind

# What exporting programs write for "nothing". Only where a value of the field's kind cannot look like this.
NOTHING = {
    "(blank)",
    "null",
    "none",
    "n/a",
    "na",
    "#n/a",
    "#value!",
    "#ref!",
    "nil",
    "-",
    "--",
    "nan",
    "\\n",
    "k.a.",
    "s.o.",
}
_TRUE = (
    "true t yes y on 1 ja j x wahr richtig oui vrai si verdadero vero sim da tak prawda hai igen kylla ✓ ✔ ☑ да 是 はい"
)
_FALSE = "false f no n off 0 nein falsch non faux falso nao nie nej nee ei nem net ✗ ✘ ☐ нет 否 いいえ"
WORDS = {**dict.fromkeys(_TRUE.split(), True), **dict.fromkeys(_FALSE.split(), False)}
NUMBERS = ("integer", "decimal", "money")


@dataclass(frozen=True)
class Style:
    """How a column's values are meant: its decimal sign, its order of day and month; None where nothing tells."""

    decimal: str | None = None
    order: str | None = None
    separator: str | None = None
    disarmed: bool = False
    """An apostrophe before what looks like a formula was put there by our export."""
    rounds: bool = False
    """Digits that the field does not hold are rounded away: somebody said so."""


_EXACT = Context(prec=200)
LONGEST = 500
"""Characters of a cell that may be a number or a date."""


def forgiving(field: Field, read: Convert, style: Style = Style()) -> Convert:
    """A reader of cells. Words for "nothing" are read as nothing where they are no value."""
    lenient = _lenient(field, read, style)
    patterned = field.kind.numeric or field.kind.temporal

    def cell(text: Any) -> Any:
        if not text:
            return None
        if text.__class__ is not str:  # a NumberText
            text = str(text)
        if patterned and len(text) > LONGEST:  # patterns look for its square
            raise Wrong(say("must be at most {max} characters", max=LONGEST))
        if style.disarmed:
            text = rearmed(text)
        try:
            return lenient(text)
        except Wrong:
            if text.strip().lower() in NOTHING:
                return None
            if text[0] == "'" and not style.disarmed and text[1:2] in ("=", "+", "-", "@"):  # disarmed by some export
                return lenient(text[1:])
            raise

    return cell


def _lenient(field: Field, read: Convert, style: Style) -> Convert:
    kind = field.kind
    if kind.numeric:
        return _number(field, _rounding(field, read) if style.rounds else read, style.decimal)
    if kind.has_time:
        return _then(read, lambda text: read(plain_datetime(text, style.order).isoformat()))
    if kind.temporal:
        return _then(read, lambda text: read(plain_date(text, style.order)))
    if kind.yes_or_no:
        return _then(read, lambda text: _truth(text))
    if kind.single_choice:
        by_word = {fold(w).strip(): c.value for c in field.choices for w in (c.label, c.value)}
        return _then(read, lambda text: read(by_word.get(fold(text).strip(), text)))
    if kind.has_choices:
        return _choices(field, style.separator)
    if field.many:
        return lambda text: field.kind.cleaner(field)([w.strip() for w in split(text, style.separator) if w.strip()])
    return read


def _then(read: Convert, other: Callable[[str], Any]) -> Convert:
    """The usual way first: it is compiled and fast, and nearly all cells are so."""

    def cell(text: str) -> Any:
        try:
            return read(text)
        except Wrong:
            return other(text)

    return cell


def _rounding(field: Field, read: Convert) -> Convert:
    kind = field.kind
    if not isinstance(kind, DecimalKind):
        return read
    last = Decimal(1).scaleb(-kind.places(field))

    def rounded(text: str) -> Any:
        try:
            return read(text)
        except Wrong as wrong:
            if wrong.code != "places":
                raise
            return read(str(Decimal(text.strip()).quantize(last, ROUND_HALF_UP, _EXACT)))

    return rounded


def _number(field: Field, read: Convert, decimal: str | None) -> Convert:
    """Never rounded: what has more digits than the field is refused, and says so."""

    def other(text: str) -> Any:
        return read(plain_number(text, field, decimal))

    if decimal == ",":  # 1.234 would pass as it is, and mean something else

        def comma(text: str) -> Any:
            return read(text) if is_digits(text) else other(text)

        return comma

    def point(text: str) -> Any:
        try:
            return read(text)
        except Wrong as wrong:
            if wrong.code in ("range", "places"):
                raise
            return other(text)

    return point


def _truth(text: str) -> bool:
    word = fold(text).strip()
    if word not in WORDS:
        raise Wrong(say("must be true or false"), "type")
    return WORDS[word]


def _choices(field: Field, separator: str | None) -> Convert:
    by_word = {fold(w).strip(): c.value for c in field.choices for w in (c.label, c.value)}
    clean = field.kind.cleaner(field)

    def cell(text: str) -> Any:
        if one := by_word.get(fold(text).strip()):
            return clean([one])
        words = [w.strip() for w in split(text, separator)]
        return clean([by_word.get(fold(w), w) for w in words if w])

    return cell


def split(text: str, separator: str | None = None) -> list[str]:
    """Several values in one cell: a JSON list, or apart by the separator, else by the first of ; | line break , that is
    there."""
    if separator:
        return text.split(separator)
    if text.startswith("["):
        try:
            found = orjson.loads(text)
            if isinstance(found, list) and all(isinstance(v, str | int) for v in found):
                return [str(v) for v in found]
        except orjson.JSONDecodeError:
            pass
    mark = next((m for m in (";", "|", "\n", ",") if m in text), None)
    return text.split(mark) if mark else [text]


def several(read: Convert, separator: str | None = None) -> Convert:
    """A cell that holds several keys of other records."""

    def cell(text: Any) -> Any:
        if not text:
            return None
        found = [read(word.strip()) for word in split(text, separator)]
        return list(dict.fromkeys(v for v in found if v is not None)) or None

    return cell
