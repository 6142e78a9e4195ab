"""Numbers as people and programs write them: 1.234,50 € and $1,234.50 and (5) and 12 %. Which of point and comma is the
decimal sign is asked of the whole column: of 1,234 alone nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from appliance.base.text import say
from appliance.features.imports.currencies import currencies_of
from appliance.features.imports.number_shapes import NumberText
from appliance.records.entity import Field
from appliance.records.kinds import Wrong

_BLANKS = " \u00a0\u2007\u2009\u202f'’"
_SPACES = str.maketrans("", "", _BLANKS)
_UNIT = r"[^\d\s.,()+'’−-]{1,4}\.?"
_SHAPE = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-−+])?\s*(?P<before>{_UNIT})?\s*(?P<sign>[-−+])?\s*"
    rf"(?P<digits>[0-9][0-9.,'’\s\u00a0\u202f]*|[.,][0-9]+)\s*(?P<after>{_UNIT})?\s*(?P<tail>-|−)?\s*(?P<close>\))?"
)
_POINT = re.compile(r"(\d*|\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})*,\d{3})(\.\d*)?")  # and as in India: 12,34,567
_COMMA = re.compile(r"(\d*|\d{1,3}(\.\d{3})+)(,\d*)?")


def decimal_sign(texts: Iterable[str]) -> tuple[str | None, bool]:
    """(the decimal sign that all values agree on, or None; whether some values mean two numbers without one). Of 1,234 and of
    1.234 alone nobody knows; what a file holds as a number has a point before its decimals."""
    seen: set[str] = set()
    unclear = False
    for text in texts:
        found = _SHAPE.fullmatch(text.strip())
        if not found:
            continue
        digits = found["digits"].translate(_SPACES)
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            seen.add(max(".,", key=digits.rfind))
        elif points > 1 or commas > 1:
            seen.add("." if commas else ",")
        elif commas or points:
            mark = "," if commas else "."
            whole, _, part = digits.partition(mark)
            if len(part) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0") or text.__class__ is NumberText:
                seen.add(mark)
            else:
                unclear = True
    return (next(iter(seen)) if len(seen) == 1 else None), (unclear and len(seen) != 1) or len(seen) > 1


def parts(text: str) -> tuple[str, str, str] | None:
    """(sign, digits with their marks, unit) of a number; None for what is none."""
    found = _SHAPE.fullmatch(text.strip())
    if not found or bool(found["open"]) != bool(found["close"]) or (found["before"] and found["after"]):
        return None
    if not _blanks_between_thousands(found["digits"]):
        return None
    marks = [m for m in (found["minus"], found["sign"], found["tail"], found["open"]) if m]
    if len(marks) > 1:
        return None
    sign = "-" if marks and marks[0] != "+" else ""
    return sign, found["digits"].translate(_SPACES), found["before"] or found["after"] or ""


def _blanks_between_thousands(digits: str) -> bool:
    """Where blanks or apostrophes stand between digits, are they three by three? 114 55 is a postcode."""
    whole = re.split(r"[.,](?=[0-9]*$)", digits.strip(), maxsplit=1)[0]
    groups = re.split(rf"[{_BLANKS}]", whole)
    return len(groups) == 1 or bool(1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:]))


def plain_number(text: str, field: Field, decimal: str | None) -> str:
    """The number as our readers know it. Wrong for what is none, and where it is not clear which number is meant."""
    found = parts(text)
    if found is None:
        raise Wrong(say("must be a number, for example 1234.50"), "type")
    sign, digits, unit = found
    _check_unit(unit, field)
    if decimal is None:
        decimal, unclear = decimal_sign([text])
        if unclear:
            raise Wrong(
                say("{value} can be read as two numbers: say which decimal sign is meant", value=text), "ambiguous"
            )
    if decimal == ",":
        if not _COMMA.fullmatch(digits):
            raise Wrong(say("must be a number, for example 1234.50"), "type")
        plain = digits.replace(".", "").replace(",", ".")
    else:
        if not _POINT.fullmatch(digits):
            raise Wrong(say("must be a number, for example 1234.50"), "type")
        plain = digits.replace(",", "")
    plain = plain.rstrip(".") if plain.endswith(".") else plain
    if not field.kind.exact and "." in plain and not plain.partition(".")[2].strip("0"):
        plain = plain.partition(".")[0]
    if (
        unit == "%" and field.max is not None and float(field.max) <= 1
    ):  # the field holds shares of one, not of a hundred
        whole, _, part = plain.partition(".")
        whole = whole.rjust(3, "0")
        plain = f"{whole[:-2]}.{whole[-2:]}{part}"
    return sign + plain


def _check_unit(unit: str, field: Field) -> None:
    if not unit or (unit == "%" and not field.kind.monetary):
        return
    meant = {unit} if unit == field.currency else currencies_of(unit)
    if not meant:
        raise Wrong(say("must be a number, for example 1234.50"), "type")
    currency = field.currency or "EUR"
    if field.kind.monetary and currency not in meant:
        raise Wrong(say("must be in {currency}", currency=currency), "currency")
