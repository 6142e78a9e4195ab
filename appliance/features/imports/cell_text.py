"""What a cell of a sheet says, as the text that our readers know: it may be a number, a date, a truth value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from appliance.base.digits import is_digits
from appliance.base.text import say
from appliance.features.imports import limits
from appliance.features.imports.books import Book
from appliance.features.imports.number_shapes import NumberText

REMEMBERED = 20_000
"""Dates whose texts are kept: columns repeat themselves, and each costs 20 µs."""

_SHORT = re.compile(r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9]")
"""Numbers that are written as `_number_text` writes them."""


class CellText:
    """Of the cells of one workbook."""

    def __init__(self, book: Book):
        self._book = book
        self._shared = [*map(unescaped, book.texts)] if any("_x" in t for t in book.texts) else book.texts
        self._dates: dict[tuple[str, int, str], str] = {}
        self._repeated = 0

    def reader(self, kind: str, style: int) -> Callable[[str], str]:
        """What reads the cells of a kind and a style; `kind` as the file has it: "n" is a number, "s" that of a shared text. It
        takes a value that is not empty, and raises errors of any type for one that cannot be read: a shared text that is not
        there, a date that is none."""
        if kind == "s":
            return self._shared_text
        if kind == "d" or (kind == "n" and style in self._book.dates):
            return partial(self._date, kind, style)
        if kind == "n":
            return _percent if style in self._book.percents else _number
        return _boolean if kind == "b" else _inline

    def _shared_text(self, value: str) -> str:
        index = int(value)
        if index < 0:
            raise IndexError(value)
        text = _bounded(self._shared[index])
        if len(text) > limits.LONG:
            self._repeated += len(text)
            if self._repeated > limits.REPEATED:
                most = limits.REPEATED
                raise limits.too_large(
                    say("The cells show more than {max} characters of long texts.", max=most), "shared_strings"
                )
        return text

    def _date(self, kind: str, style: int, value: str) -> str:
        key = (kind, style, value)
        text = self._dates.get(key)
        if text is None:
            text = self._date_text(kind, style, value)
            if len(self._dates) < REMEMBERED and len(value) < 100:
                self._dates[key] = text
        return text

    def _date_text(self, kind: str, style: int, value: str) -> str:
        from openpyxl.utils.datetime import from_excel, from_ISO8601

        if kind == "d":
            found = from_ISO8601(value)
        else:
            try:
                found = from_excel(_as_number(value), self._book.epoch, timedelta=style in self._book.durations)
            except (OverflowError, ValueError):
                return "#VALUE!"  # as a spreadsheet shows a number that is no date
        return _time_text(found)


def _bounded(text: str) -> str:
    if len(text) > limits.CELL:
        raise ValueError(text[:20])
    return text


def _inline(value: str) -> str:
    return _bounded(unescaped(value) if "_x" in value else value)


def _number(value: str) -> str:
    if is_digits(value, 15):
        return value
    return NumberText(value) if _SHORT.fullmatch(value) else _number_text(_as_number(value), percent=False)


def _percent(value: str) -> str:
    return _number_text(_as_number(value), percent=True)


def _boolean(value: str) -> str:
    return "true" if int(value) else "false"


def unescaped(text: str) -> str:
    """_x000D_: what XML cannot hold."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def _time_text(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _as_number(text: str) -> int | float:
    return int(text) if is_digits(text.removeprefix("-"), 400) else float(text)


def _number_text(value: int | float, *, percent: bool) -> str:
    """Every digit that a spreadsheet knows, and no exponent: it knows 15, and 0.1 + 0.2 is 0.3 there."""
    if not isinstance(value, float):
        return f"{value * 100}%" if percent else str(value)
    number = Decimal(f"{value:.15g}") * (100 if percent else 1)
    text = f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 400 else str(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = text if text != "-0" else "0"
    return f"{text}%" if percent else NumberText(text)
