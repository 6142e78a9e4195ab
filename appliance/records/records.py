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
from appliance.records.names import Names
from appliance.records.permissions import Actor
from appliance.records.registry import Registry
from appliance.records.schema import Schema
from appliance.records.settling import Find
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
        self.find: Find | None = None  # the search inside lists, where a process has one
        self._reload = threading.Lock()
        self._here = _Here()
        self._registry = Registry(database, BUILTIN, -1)
        self._listeners: list[Callable[[Registry], None]] = []
        self._guards: dict[str, list[Callable[[Work], None]]] = {}
        database.on_commit(self._committed)
        self.refresh()

    @property
    def registry(self) -> Registry:
        return self._here.registry or self._registry

    def refresh(self) -> Registry:
        """Make the registry what the database says; a comparison of numbers when nothing changed. Inside
        `change_schema`, the answer is for this thread alone: what is not committed yet may never be."""
        revision = self.definitions.revision()
        if revision == self.registry.revision:
            return self.registry
        if self._here.changing:
            found = Registry(self.database, [*BUILTIN, *self.definitions.load()], revision)
            if self._here.rehearsing:
                self._here.registry = found
            return found
        with self._reload:
            # The entities are read twice if need be: a change between the two queries would give new ones an old number.
            while (revision := self.definitions.revision()) != self.registry.revision:
                entities = [*BUILTIN, *self.definitions.load()]
                if self.definitions.revision() == revision:
                    registry = Registry(self.database, entities, revision)
                    self.log.names = Names(self.database, registry.entities)
                    self._registry = registry
                    for listener in self._listeners:
                        listener(registry)
        return self.registry

    def on_schema(self, listener: Callable[[Registry], None]) -> None:
        """Call `listener` with each new registry, from the thread that noticed."""
        self._listeners.append(listener)

    def guard(self, entity: str, check: Callable[[Work], None]) -> None:
        """Call `check` before each commit that touched records of this entity, whoever wrote them: what it raises takes the
        whole work back. For what must hold of all records together, and for what is written beside them."""
        self._guards.setdefault(entity, []).append(check)

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """The one door for writing: everything inside commits together, or nothing does."""
        with self.database.write():
            # Under the write transaction the schema cannot move: what is read here holds until the commit.
            work = Work(self.database, self.refresh(), self.log, actor)
            yield work
            for entity in work.touched & self._guards.keys():
                for check in self._guards[entity]:
                    check(work)
            work.flush()
            self._here.touched |= work.touched

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """All that is written inside is taken back at the end, also a change of the schema: for telling what would happen. What
        reads inside, reads what was written. Others wait from the first write on, and not for what goes before it."""
        outer, self._here.changing, self._here.rehearsing = self._here.changing, True, True
        try:
            with self.database.rehearsal():
                yield
        finally:
            self._here.changing, self._here.rehearsing, self._here.registry = outer, False, None
            self._here.touched.clear()

    @contextmanager
    def change_schema(self, actor: Actor) -> Iterator[Schema]:
        """The same door for the schema."""
        outer, self._here.changing = self._here.changing, True
        try:
            with self.work(actor) as work, self.database.unlimited():
                yield Schema(work)
        finally:
            self._here.changing = outer
        if not outer or self._here.rehearsing:
            self.refresh()

    def _committed(self) -> None:
        """The first bell after a commit: whoever hears of the change later must find the new version already, or a list
        asked for again would come back as unchanged."""
        touched, self._here.touched = self._here.touched, set()
        if touched:
            self.versions.bump(touched)


class _Here(threading.local):
    """What belongs to a thread: entities touched by work that its transaction has not committed yet, whether it is changing the
    schema, and the registry that a rehearsal has made."""

    def __init__(self) -> None:
        self.touched: set[str] = set()
        self.changing = False
        self.rehearsing = False
        self.registry: Registry | None = None


__all__ = ["PROCESS", "Records", "Versions"]
