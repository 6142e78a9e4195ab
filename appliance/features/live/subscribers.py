"""Who listens to what, and what each of them may be told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from appliance.base.errors import IngotError
from appliance.features.live.messages import SCHEMA, Wish
from appliance.http.sockets.connection import Connection
from appliance.records import scopes
from appliance.records.log import Entry
from appliance.records.permissions import SYSTEM, Actor, lost_sight, sees, visibility
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.registry import Registry
from appliance.records.tables import Row

Again = Callable[[], Actor | None]


@dataclass(slots=True)
class Topic:
    """Entries behind `since` were sent to the client, or will be; those behind `live` by the tail, the others from the
    log."""

    since: int
    live: int


class Subscriber:
    """One client. `again()` says who it is now; None, or an error, when it may no longer come in."""

    __slots__ = ("actor", "again", "connection", "gone", "present", "queued", "replayed", "topics", "wishes")

    def __init__(self, actor: Actor, again: Again):
        self.actor, self.again = actor, again
        self.connection: Connection | None = None
        self.topics: dict[str, Topic] = {}
        self.wishes: deque[Wish | IngotError] = deque()
        self.gone = False
        self.present: set[str] = set()  # records on which it asked who else is there
        self.queued = False  # it stands in the queue of those whose wishes are served
        self.replayed: int | None = None  # how far the wish at hand has come

    def wants(self, topics: Iterable[str], position: int) -> bool:
        """Shall the tail send it an entry of these topics?"""
        mine = self.topics
        return any((topic := mine.get(name)) is not None and topic.live < position for name in topics)

    def knows(self, topics: Iterable[str], position: int) -> bool:
        """Was it sent such an entry, or will be, whatever it wishes for now?"""
        mine = self.topics
        return any((topic := mine.get(name)) is not None and topic.since < position for name in topics)


class Board:
    """Subscribers by topic, so that an entry nobody waits for costs two looks into a dictionary."""

    def __init__(self) -> None:
        self.by_topic: dict[str, set[Subscriber]] = {}

    def add(self, subscriber: Subscriber, topic: str, since: int, live: int) -> None:
        held = subscriber.topics.get(topic)
        if held:
            held.since = min(held.since, since)
        else:
            subscriber.topics[topic] = Topic(since, live)
            self.by_topic.setdefault(topic, set()).add(subscriber)

    def remove(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        for topic in list(topics):
            if subscriber.topics.pop(topic, None):
                others = self.by_topic[topic]
                others.discard(subscriber)
                if not others:
                    del self.by_topic[topic]

    def of(self, *topics: str) -> set[Subscriber]:
        return set().union(*(self.by_topic.get(topic, ()) for topic in topics))


class Sight:
    """What may an actor know of these entries? Rows are read once for all who ask, and only for those who see their own."""

    def __init__(self, records: Records, registry: Registry):
        self._reading = Reading(records.database, registry, SYSTEM)
        self._registry = registry
        self._rows: dict[str, dict[int, Row]] = {}

    def read(self, entity: str, ids: Iterable[int]) -> None:
        self._rows[entity] = self._reading.by_ids(entity, ids)

    def action(self, actor: Actor, entry: Entry) -> str | None:
        """What the actor is told has happened; None when nothing. To somebody who saw the record until then, one that was given
        away is gone. Rows that `read` was not asked for are seen by nobody but who sees every one."""
        seen = visibility(actor, entry.entity)
        if entry.entity in SCHEMA:
            return entry.action if scopes.allow(actor.scopes, "*", "read") else None
        if seen.every:
            return entry.action
        if lost_sight(actor, entry.entity, entry.action, entry.change):
            return "deleted"
        row = self._rows.get(entry.entity, {}).get(entry.record)
        return entry.action if sees(actor, self._registry.tables[entry.entity], row) else None
