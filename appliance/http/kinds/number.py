"""The faces of numbers: typed as the person's language writes them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from string import digits
from typing import Any

from appliance.base.text import say
from appliance.http.kinds.face import NUMBER, Face, Show, Typed, Viewer
from appliance.http.kinds.typed_numbers import read_number, typed_number
from appliance.http.pages import formats
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.kinds import Wrong
from appliance.records.kinds.number import DecimalKind

_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""


class NumberFace(Face):
    formula_safe = True
    operators = NUMBER

    def show(self, field: Field, viewer: Viewer) -> Show:
        locale = viewer.me.locale
        return lambda v: formats.number(v, locale)

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return "" if value is None else typed_number(value, me.locale)

    def read(self, field: Field, text: str, me: Person) -> Any:
        return self.canonical(field, text, me.locale)

    def canonical(self, field: Field, text: str, locale: str) -> str:
        """A number for this field, written as in `locale`, in canonical form. Wrong for what is none, and for what may be two."""
        places = field.kind.places(field) if isinstance(field.kind, DecimalKind) else 0
        return read_number(text, locale, field.currency, places)

    def attributes(self, field: Field) -> dict[str, str]:
        return {"inputmode": "decimal"}

    def cell(self, field: Field, language: str) -> Callable[[Any], Any]:
        return number_cell


class IntegerFace(NumberFace):
    def read(self, field: Field, text: str, me: Person) -> Any:
        whole, _, part = self.canonical(field, text, me.locale).partition(".")
        if part.strip("0"):
            raise Wrong(say("must be a whole number"), "type")
        return int(whole)

    def attributes(self, field: Field) -> dict[str, str]:
        """Telephones show a minus sign on the decimal keyboard alone."""
        return {"inputmode": "decimal" if field.min is None or field.min < 0 else "numeric"}


class MoneyFace(NumberFace):
    icon = "cash"
    rank = 3

    def show(self, field: Field, viewer: Viewer) -> Show:
        locale, currency = viewer.me.locale, field.currency
        return lambda v: formats.money(v, currency, locale)


def number_cell(value: Any) -> Any:
    """A number, or a text where the spreadsheet would round it."""
    text = str(value)
    if sum(c in digits for c in text) > _DIGITS:
        return text
    return Decimal(text) if "." in text else int(text)
