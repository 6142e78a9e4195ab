"""Dates and times. A datetime is UTC with milliseconds, `2026-11-22T17:34:57.120Z`: fixed width, so text order is time
order in SQLite and JavaScript reads it as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import peewee

from appliance.base import clock
from appliance.base.text import say
from appliance.records.kinds.kind import Convert, Kind, Wrong

if TYPE_CHECKING:
    from appliance.records.entity import Field


class _TimestampTz(peewee.DateTimeField):
    field_type = "TIMESTAMPTZ"


def _is_moment(value: object) -> bool:
    try:
        return type(value) is str and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


class DateKind(Kind):
    name, label = "date", "Date"
    temporal = True

    def holds(self, value: object) -> bool:
        return _is_moment(value)

    def column(self, dialect: str) -> peewee.Field:
        return peewee.DateField(null=True) if dialect == "postgres" else peewee.TextField(null=True)

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str | None:
            if type(value) is date:
                return value.isoformat()
            if type(value) is not str:
                raise Wrong(say("must be a date: YYYY-MM-DD"), "type")
            text = value.strip()
            if not text:
                return None
            try:
                return (
                    date.fromisoformat(text).isoformat() if len(text) == 10 and text[4] == text[7] == "-" else _refuse()
                )
            except ValueError:
                raise Wrong(say("must be a date: YYYY-MM-DD"), "type") from None

        return clean

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return _date_shown if dialect == "postgres" else None

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


def _refuse() -> str:
    raise ValueError


def _date_shown(stored: date | str) -> str:
    """PostgreSQL gives dates back as objects; what was cleaned and not read back yet is text already."""
    return stored if type(stored) is str else stored.isoformat()  # type: ignore[union-attr]


def _datetime_shown(stored: datetime | str) -> str:
    return stored if type(stored) is str else clock.wire(stored)  # type: ignore[arg-type]


class DatetimeKind(Kind):
    name, label = "datetime", "Date and time"
    temporal = True
    has_time = True

    def holds(self, value: object) -> bool:
        return _is_moment(value)

    def column(self, dialect: str) -> peewee.Field:
        return _TimestampTz(null=True) if dialect == "postgres" else peewee.TextField(null=True)

    def cleaner(self, field: Field) -> Convert:
        def clean(value: Any) -> str | None:
            if isinstance(value, str):
                text = value.strip()
                if not text:
                    return None
                try:
                    value = datetime.fromisoformat(text)
                except ValueError:
                    value = None
            if not isinstance(value, datetime):
                raise Wrong(say("must be a date and time: 2026-01-31T12:00:00Z"), "type")
            try:
                return clock.wire(value if value.tzinfo else value.replace(tzinfo=UTC))
            except OverflowError:
                raise Wrong(say("must be a date and time: 2026-01-31T12:00:00Z"), "range") from None

        return clean

    def shower(self, field: Field, dialect: str) -> Convert | None:
        return _datetime_shown if dialect == "postgres" else None

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}
