"""The faces of days and points in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from appliance.base import clock
from appliance.base.text import say
from appliance.http.kinds.face import DAYS, Face, Show, Typed, Viewer
from appliance.http.pages import formats
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.kinds import Wrong


class DateFace(Face):
    formula_safe = True
    operators = DAYS
    input_type = "date"
    icon = "calendar"
    rank = 4

    def show(self, field: Field, viewer: Viewer) -> Show:
        locale = viewer.me.locale
        return lambda v: formats.day(v, locale)

    def cell(self, field: Field, language: str) -> Callable[[Any], Any]:
        return date.fromisoformat


class DatetimeFace(Face):
    """Typed and shown by the clock where the person is."""

    formula_safe = True
    operators = DAYS
    input_type = "datetime-local"
    icon = "calendar-time"
    rank = 5

    def show(self, field: Field, viewer: Viewer) -> Show:
        locale, timezone = viewer.me.locale, viewer.me.timezone
        return lambda v: Markup('<time datetime="{}">{}</time>').format(v, formats.moment(v, locale, timezone))

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        if value is None:
            return ""
        return datetime.fromisoformat(value).astimezone(formats.zone(me.timezone)).strftime("%Y-%m-%dT%H:%M")

    def read(self, field: Field, text: str, me: Person) -> Any:
        """By the clock on the wall, or with a zone of its own."""
        try:
            at = datetime.fromisoformat(text)
            return clock.wire((at if at.tzinfo else at.replace(tzinfo=formats.zone(me.timezone))).astimezone(UTC))
        except (ValueError, OverflowError):
            raise Wrong(say("must be a date and a time"), "type") from None

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        return lambda value: value.removesuffix("Z").removesuffix(".000").replace("T", " ")

    def cell(self, field: Field, language: str) -> Callable[[Any], Any]:
        """Spreadsheets know no zones: it is UTC, as everywhere."""
        return lambda value: datetime.fromisoformat(value).replace(tzinfo=None, microsecond=0)
