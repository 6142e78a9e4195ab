"""The registry: everything known about the schema in one revision. Immutable; a change builds a new one and swaps it.

The whole graph of models is rebuilt each time: patching one entity would keep its old classes alive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.records.entity import Entity, Field, Inverse
from appliance.records.tables import Table

T = TypeVar("T")
_MISSING = object()
SHAPES = 2_000


class Registry:
    """Entities by name and by JSON:API type. What is worth keeping as long as the
    revision lives is kept here too."""

    def __init__(self, database: Database, entities: Iterable[Entity], revision: int):
        self.revision = revision
        listed = list(entities)
        known = {e.name for e in listed}
        self.entities = {e.name: replace(e, inverses=tuple(_inverses(e, listed))) for e in listed}
        self.by_type = {e.type: e for e in self.entities.values()}
        self.tables = {name: Table(e, database) for name, e in self.entities.items()}
        self.pointing: dict[str, list[tuple[Entity, Field]]] = {name: [] for name in known}
        for entity in self.entities.values():
            for field in entity.fields:
                if field.target in known:
                    self.pointing[field.target].append((entity, field))
        self._memo: dict[object, Any] = {}

    def entity(self, name: str) -> Entity:
        """By name; NotFound when there is none."""
        if found := self.entities.get(name):
            return found
        raise NotFound(say("There is no entity called {name}.", name=name))

    def of_type(self, type_: str) -> Entity:
        """By JSON:API type; NotFound when there is none."""
        if found := self.by_type.get(type_):
            return found
        raise NotFound(say("There is no resource type {type}.", type=type_))

    def find(self, word: str) -> Entity:
        """By name, plural or type, as a person at a shell may write it."""
        name = word.replace("-", "_")
        for entity in self.entities.values():
            if name in (entity.name, entity.plural):
                return entity
        raise NotFound(say("There is no entity called {name}.", name=word))

    def refused_patterns(self) -> list[tuple[Entity, Field]]:
        """Fields whose declared pattern the engine of today does not take: it is not applied."""
        return [
            (entity, field) for entity in self.entities.values() for field in entity.fields if field.refused_pattern
        ]

    def memo(self, key: object, make: Callable[[], T]) -> T:
        """What `make` makes, made once for a key: compiled SQL, parsed requests, shapes of documents. It dies with the revision.
        What `make` raises is raised, and not remembered. Any thread may ask; two at once may both make it."""
        known: Any = self._memo.get(key, _MISSING)
        if known is not _MISSING:
            found: T = known
            return found
        made = make()
        if len(self._memo) >= SHAPES:  # somebody invents shapes: start over rather than grow
            self._memo.clear()
        self._memo[key] = made
        return made


def _inverses(target: Entity, entities: list[Entity]) -> Iterable[Inverse]:
    for source in entities:
        for field in source.fields:
            if field.target == target.name and field.inverse:
                yield Inverse(field.inverse, source.name, field.name)
