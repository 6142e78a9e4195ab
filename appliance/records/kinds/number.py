"""Kinds whose value is a number: integer, decimal, money. Decimals and money are stored as scaled integers: in SQLite a
DECIMAL column is a float and 0.1 + 0.2 is not 0.3 (decisions.md)."""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import peewee

from appliance.base.text import say
from appliance.records.kinds.kind import Convert, Kind, Wrong, is_whole

if TYPE_CHECKING:
    from appliance.records.entity import Field

BIGGEST = 2**63 - 1
_WHOLE = re.compile(r"[-+]?[0-9]{1,100}")
"""Canonical form, in ASCII digits: int() takes those of all scripts, and underscores."""
_EXACT = Context(prec=200)  # the usual 28 digits would round what must be refused

# ISO 4217, the currencies whose minor unit is not a hundredth.
_MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def minor_units(currency: str) -> int:
    """Digits behind the point of an amount in this currency."""
    return _MINOR_UNITS.get(currency, 2)


def _bounds(field: Field, scale: Decimal) -> tuple[int, int]:
    low = -BIGGEST - 1 if field.min is None else int(Decimal(str(field.min)) * scale)
    high = BIGGEST if field.max is None else int(Decimal(str(field.max)) * scale)
    return low, high


class IntegerKind(Kind):
    name, label = "integer", "Whole number"
    numeric = True
    options = frozenset({"min", "max"})

    def holds(self, value: object) -> bool:
        return is_whole(value)

    def column(self, dialect: str) -> peewee.Field:
        return peewee.BigIntegerField(null=True)

    def cleaner(self, field: Field) -> Convert:
        low, high = _bounds(field, Decimal(1))

        def clean(value: Any) -> int:
            if type(value) is not int:
                if type(value) is not float or not value.is_integer():
                    raise Wrong(say("must be a whole number"), "type")
                value = int(value)
            if not low <= value <= high:
                raise Wrong(say("must be between {min} and {max}", min=low, max=high), "range")
            return int(value)

        return clean

    def reader(self, field: Field) -> Convert:
        clean = self.cleaner(field)

        def read(text: Any) -> Any:
            text = text.strip()
            if not text:
                return None
            if not _WHOLE.fullmatch(text):
                raise Wrong(say("must be a whole number"), "type")
            return clean(int(text))

        return read

    def schema(self, field: Field) -> dict[str, Any]:
        low, high = _bounds(field, Decimal(1))
        return {"type": "integer", "minimum": low, "maximum": high}


class DecimalKind(Kind):
    name, label = "decimal", "Decimal number"
    numeric = True
    exact = True
    options = frozenset({"min", "max", "places"})
    _shape = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")

    def holds(self, value: object) -> bool:
        return is_whole(value)

    def column(self, dialect: str) -> peewee.Field:
        return peewee.BigIntegerField(null=True)

    def places(self, field: Field) -> int:
        return 6 if field.places is None else field.places

    def check(self, field: Field) -> None:
        if not 0 <= self.places(field) <= 9:
            raise Wrong(say("places must be between 0 and 9"))

    def cleaner(self, field: Field) -> Convert:
        places = self.places(field)
        scale = Decimal(10) ** places
        low, high = _bounds(field, scale)
        shape = self._shape.fullmatch

        def clean(value: Any) -> int | None:
            if type(value) is str:
                value = value.strip()
                if not value:
                    return None
                if not shape(value):
                    raise Wrong(say("must be a number, for example 1234.50"), "type")
            elif type(value) not in (int, float, Decimal):
                raise Wrong(say("must be a number, for example 1234.50"), "type")
            text = str(value)
            if len(text) > 100:
                raise Wrong(say("must be a number, for example 1234.50"), "type")
            try:
                scaled = _EXACT.multiply(Decimal(text), scale)
                whole = int(scaled)
            except (InvalidOperation, ValueError, OverflowError):
                raise Wrong(say("must be a number, for example 1234.50"), "type") from None
            if whole != scaled:
                raise Wrong(say("has more than {places} digits after the point", places=places), "places")
            if not low <= whole <= high:
                raise Wrong(say("must be between {min} and {max}", min=low / scale, max=high / scale), "range")
            return whole

        return clean

    def shower(self, field: Field, dialect: str) -> Convert | None:
        places, fixed = self.places(field), field.places is not None or self.name == "money"

        def show(stored: int) -> str:
            if not places:
                return str(stored)
            sign, digits = ("-" if stored < 0 else ""), f"{abs(stored):0{places + 1}d}"
            whole, part = digits[:-places], digits[-places:]
            if not fixed:
                part = part.rstrip("0")
            return f"{sign}{whole}.{part}" if part else sign + whole

        return show

    def schema(self, field: Field) -> dict[str, Any]:
        return {
            "anyOf": [{"type": "string", "pattern": r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"}, {"type": "number"}],
            "description": f"answered as a string with up to {self.places(field)} digits after the point",
        }


class MoneyKind(DecimalKind):
    """An amount in the field's currency, stored in its minor unit (ISO 4217)."""

    name, label = "money", "Money"
    monetary = True
    options = frozenset({"min", "max", "currency"})

    def places(self, field: Field) -> int:
        return minor_units(field.currency or "EUR")

    def check(self, field: Field) -> None:
        if not re.fullmatch(r"[A-Z]{3}", field.currency or "EUR"):
            raise Wrong(say("currency must be a code of three letters, as in ISO 4217: EUR"))

    def cleaner(self, field: Field) -> Convert:
        clean_number = super().cleaner(field)
        currency = field.currency or "EUR"

        def clean(value: Any) -> Any:
            if type(value) is dict:
                if value.get("currency", currency) != currency:
                    raise Wrong(say("must be in {currency}", currency=currency), "currency")
                value = value.get("amount")
                if value is None:
                    return None
            return clean_number(value)

        return clean

    def schema(self, field: Field) -> dict[str, Any]:
        return {**super().schema(field), "x-currency": field.currency or "EUR"}
