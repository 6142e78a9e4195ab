"""A view: what a list shows and how, as the query string of its address. Also those of a declaration, read into the same
form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from appliance.base.errors import BadRequest
from appliance.base.text import Text, headline, say
from appliance.http.jsonapi import parameters
from appliance.records.entity import Entity
from appliance.records.registry import Registry

KINDS = ("grid", "board", "calendar")
EXTRA = ("group_by", "widths", "pinned")
"""Words of a page's address that the API's list does not know."""
_PASSING = ("page[number]", "page[after]", "page[before]", "view", "as-of")


@dataclass(frozen=True, slots=True)
class View:
    """`id`: a number, or ENTITY:NAME for one of the declaration. `problem`: why its query cannot be asked (any more)."""

    id: str
    entity: str
    name: str
    label: str
    kind: str
    query: str
    owner: int | None = None
    shared: bool = True
    role: str | None = None
    position: int = 0
    version: int = 1
    created_at: str | None = None
    updated_at: str | None = None
    problem: Text | None = None

    @property
    def declared(self) -> bool:
        return ":" in self.id


def declared_views(registry: Registry, entity: Entity) -> tuple[View, ...]:
    """The views of the declaration, in its order. Read-only."""
    return registry.memo(
        ("declared views", entity.name),
        lambda: tuple(_declared(registry, entity, n, words) for n, words in enumerate(entity.views)),
    )


def _declared(registry: Registry, entity: Entity, number: int, words: Mapping[str, Any]) -> View:
    name = str(words["name"])
    query = query_of(entity, words)
    return View(
        f"{entity.name}:{name}", entity.name, name, str(words.get("label") or headline(name)),
        str(words.get("kind", "grid")), query, position=number, problem=problem_of(registry, entity, query),
    )  # fmt: skip


def query_of(entity: Entity, words: Mapping[str, Any]) -> str:
    """A declared view's columns, filter, sort and group_by as a query string."""
    pairs: list[tuple[str, str]] = []
    if words.get("columns"):
        pairs.append((f"fields[{entity.type}]", _listed(words["columns"])))
    filters = words.get("filter")
    pairs += _filters(filters) if isinstance(filters, Mapping) else []
    pairs += [(name, _listed(words[name])) for name in ("sort", "group_by") if words.get(name)]
    return write(pairs)


def _filters(filters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`stage = "won"`, `"stage[neq]" = "won"` and `stage = {neq = "won"}` alike."""
    for key, value in filters.items():
        path, bracket, rest = str(key).partition("[")
        name = f"filter[{path}]{bracket}{rest}"
        if isinstance(value, Mapping):
            yield from ((f"{name}[{operator}]", _listed(one)) for operator, one in value.items())
        else:
            yield name, _listed(value)


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_listed, value)) if isinstance(value, list) else str(value)


def write(pairs: list[tuple[str, str]]) -> str:
    """As a person would write it: brackets, commas and colons as they are."""
    return urlencode(pairs, safe="[],:")


def tidy(query: str) -> str:
    """Without the page one happens to be on, and without a question mark."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=200)
    return write([(name, value) for name, value in pairs if name not in _PASSING])


def to_stored(entity: Entity, query: str) -> str:
    """The plural may be renamed: the entity's own columns are stored as fields[]."""
    own = f"fields[{entity.type}]"
    return write([("fields[]" if name == own else name, v) for name, v in parse_qsl(query, keep_blank_values=True)])


def from_stored(entity: Entity, query: str) -> str:
    own = f"fields[{entity.type}]"
    return write([(own if name == "fields[]" else name, v) for name, v in parse_qsl(query, keep_blank_values=True)])


def problem_of(registry: Registry, entity: Entity, query: str) -> Text | None:
    """Why the query cannot be asked; None when it can."""
    return registry.memo(("view", entity.name, query), lambda: _problem(registry, entity, query))


def _problem(registry: Registry, entity: Entity, query: str) -> Text | None:
    try:
        asked = parameters.read(registry, entity, query, extra=EXTRA)
    except BadRequest as refused:
        return refused.message
    group = next((value for name, value in asked.words if name == "group_by"), None)
    if group is not None and (group not in entity.by_name or not entity.by_name[group].kind.single_choice):
        return say("{name} is not a choice field to group by.", name=group[:100])
    return None
