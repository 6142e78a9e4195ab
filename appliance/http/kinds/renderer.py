"""A value of a record as HTML: grid, record page, board and history show the same value alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.http.kinds import Show, face_of
from appliance.http.kinds.face import Titles, Viewer
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.registry import Registry


class ValueRenderer:
    """How one person sees values. The caller looks up `titles` of related records for a whole page at once: see Viewer."""

    def __init__(self, registry: Registry, me: Person, titles: Mapping[str, Titles], *, short: bool = True):
        self._viewer = Viewer(registry, me, titles, short)

    @property
    def titles(self) -> Mapping[str, Titles]:
        return self._viewer.titles

    def of(self, field: Field) -> Show:
        """The function for a field's wire values that are not None. Safe HTML, or plain text to be escaped."""
        return face_of(field).show(field, self._viewer)

    def show(self, field: Field, value: Any) -> str:
        return "" if value is None else self.of(field)(value)
