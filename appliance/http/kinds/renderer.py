"""A value of a record as HTML: grid, record page, board and history show the same value alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.http.kinds import Show, face_of
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.registry import Registry

Titles = Mapping[int, str]


class ValueRenderer:
    """How one person sees values. `titles` of related records come in {entity: {id: title}}: the caller looks them up for a
    whole page at once; a record that is not in it is one this person may not see. `short`: for a cell, not for a page."""

    def __init__(self, registry: Registry, me: Person, titles: Mapping[str, Titles], *, short: bool = True):
        self.registry, self.me, self.titles, self.short = registry, me, titles, short

    def of(self, field: Field) -> Show:
        """The function for a field's wire values that are not None. Safe HTML, or plain text to be escaped."""
        return face_of(field).show(field, self)

    def show(self, field: Field, value: Any) -> str:
        return "" if value is None else self.of(field)(value)
