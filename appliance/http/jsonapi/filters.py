"""The filters of a query string: plain ones, groups of which one must hold, and the search inside a list.

filter[stage]=won  filter[close_date][gte]=this_month  filter[q]=berlin
filter[or.1][stage]=won&filter[or.1][city]=Berlin              one of the two
filter[or.1.1][a]=..&filter[or.1.1][b]=..&filter[or.1.2][c]=.. both of the first, or the third"""

from __future__ import annotations

import re

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.records.conditions import Group, Part, Sought
from appliance.records.entity import Entity
from appliance.records.query import MAX_CONDITIONS, parse_condition
from appliance.records.registry import Registry

MAX_TEXT = 1_000
SEARCH = "filter[q]"
_FILTER = re.compile(r"filter\[([^\[\]]+)\](?:\[([a-z_]+)\])?")
_GROUPED = re.compile(r"filter\[or\.([0-9]{1,3})(?:\.([0-9]{1,3}))?\]\[([^\[\]]+)\](?:\[([a-z_]+)\])?")


class Filters:
    """Takes the parameters one after the other. Raises BadRequest that names the one at fault."""

    def __init__(self, registry: Registry, entity: Entity):
        self._registry, self._entity = registry, entity
        self._parts: list[Part] = []
        self._groups: dict[int, dict[int | None, list[Part]]] = {}
        self._count = 0

    def take(self, name: str, value: str) -> bool:
        """False when this is no filter at all."""
        if name == SEARCH and not self._has_field("q"):
            self._search(value)
        elif found := _GROUPED.fullmatch(name):
            group = self._groups.setdefault(int(found[1]), {})
            inner = group.setdefault(int(found[2]) if found[2] else None, [])
            inner.append(self._condition(found[3], found[4], value, name))
        elif found := _FILTER.fullmatch(name):
            self._parts.append(self._condition(found[1], found[2], value, name))
        else:
            return False
        self._count += 1
        if self._count > MAX_CONDITIONS:
            raise BadRequest(say("At most {max} filters.", max=MAX_CONDITIONS), parameter=name)
        return True

    def read(self) -> tuple[Part, ...]:
        """All that must hold."""
        return (*self._parts, *(_any(group) for group in self._groups.values()))

    def _condition(self, path: str, operator: str | None, value: str, name: str) -> Part:
        return parse_condition(self._registry, self._entity, path, operator or "eq", value, name)

    def _search(self, value: str) -> None:
        """An empty text is a search field that nobody filled in."""
        entity = self._entity
        if not (entity.searchable or entity.title_fields):
            raise BadRequest(say("Nothing of {entity} is searched.", entity=entity.plural), parameter=SEARCH)
        if "\x00" in value or len(value) > MAX_TEXT:
            raise BadRequest(say("The text to look for must have 1 to 1000 characters."), parameter=SEARCH)
        if value.strip():
            self._parts.append(Sought(value))

    def _has_field(self, name: str) -> bool:
        return name in self._entity.by_name or name in self._entity.inverse_by_name


def _any(group: dict[int | None, list[Part]]) -> Part:
    alone = group.get(None, [])
    together = [_one(tuple(parts), every=True) for number, parts in group.items() if number is not None]
    return _one((*alone, *together), every=False)


def _one(parts: tuple[Part, ...], *, every: bool) -> Part:
    return parts[0] if len(parts) == 1 else Group(parts, every)
