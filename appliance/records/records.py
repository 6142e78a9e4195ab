"""Records: the heart of the house in one object. It holds the registry in force, opens work, changes the schema, and
counts each entity's version, which lists and caches compare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.engines.database.protocol import Database
from appliance.records.builtin import BUILTIN
from appliance.records.definitions import Definitions
from appliance.records.log import Log
from appliance.records.permissions import Actor
from appliance.records.registry import Registry
from appliance.records.schema import Schema
from appliance.records.work import PROCESS, Work


class Versions:
    """A number per entity that moves with each commit that touched it. In memory: whoever keeps one across a restart must
    keep `PROCESS` with it."""

    def __init__(self) -> None:
        self._by_entity: dict[str, int] = {}
        self._lock = threading.Lock()

    def of(self, entity: str) -> int:
        return self._by_entity.get(entity, 0)

    def bump(self, entities: set[str] | frozenset[str]) -> None:
        with self._lock:
            for entity in entities:
                self._by_entity[entity] = self._by_entity.get(entity, 0) + 1


class Records:
    """`registry` is replaced as a whole when the schema changes, here or in another process; hold on to one for the length
    of a request."""

    def __init__(self, database: Database):
        self.database = database
        self.definitions = Definitions(database)
        self.log = Log(database)
        self.versions = Versions()
        self._reload = threading.Lock()
        self.registry = Registry(database, BUILTIN, -1)
        self._listeners: list[Callable[[Registry], None]] = []
        self.refresh()

    def refresh(self) -> Registry:
        """Make the registry what the database says; a comparison of numbers when nothing changed."""
        if self.definitions.revision() != self.registry.revision:
            with self._reload:
                revision = self.definitions.revision()
                if revision != self.registry.revision:
                    self.registry = Registry(self.database, [*BUILTIN, *self.definitions.load()], revision)
                    for listener in self._listeners:
                        listener(self.registry)
        return self.registry

    def on_schema(self, listener: Callable[[Registry], None]) -> None:
        """Call `listener` with each new registry, from the thread that noticed."""
        self._listeners.append(listener)

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """The one door for writing: everything inside commits together, or nothing does."""
        with self.database.write():
            # Under the write transaction the schema cannot move: what is read here holds until the commit.
            work = Work(self.database, self.refresh(), self.log, actor)
            yield work
            work.flush()
        self.versions.bump(work.touched)

    @contextmanager
    def change_schema(self, actor: Actor) -> Iterator[Schema]:
        """The same door for the schema."""
        with self.work(actor) as work:
            yield Schema(work)
        self.refresh()


__all__ = ["PROCESS", "Records", "Versions"]
