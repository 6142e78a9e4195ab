"""Who else is on a record. Only people are seen, only by those who asked and may see the record; a person with two tabs is
there once. Comings and goings are gathered, so that a crowd on one record costs a few frames a second, whatever its size."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.features.live.messages import presence_notice, type_of
from appliance.features.live.publishing import Publisher
from appliance.features.live.subscribers import Subscriber
from appliance.records.permissions import SYSTEM, Actor, sees
from appliance.records.reading import Reading
from appliance.records.records import Records

GATHER = 0.2  # seconds between two tellings about one record
NAMED = 20  # people; of the others the number is told


@dataclass(slots=True)
class _Place:
    """A record that somebody is on: who asked, with what each was told last."""

    there: dict[Subscriber, str] = field(default_factory=dict)
    changed: bool = False
    not_before: float = 0.0


class Presence:
    """`join`, `leave`, `gone` and `look_again` note, in any thread; `tell`, in the live thread, sends."""

    def __init__(self, records: Records, publisher: Publisher):
        self._records, self._publisher = records, publisher
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._changed: set[str] = set()

    # ------------------------------------------------------------------ noting

    def join(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        """Only topics that are records: on the others is nobody."""
        with self._lock:
            for topic in topics:
                if "/" in topic and type_of(topic) in self._records.registry.by_type and not subscriber.gone:
                    self._places.setdefault(topic, _Place()).there.setdefault(subscriber, "")
                    subscriber.present.add(topic)
                    self._changed.add(topic)

    def leave(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        with self._lock:
            for topic in subscriber.present.intersection(topics):
                subscriber.present.discard(topic)
                there = self._places[topic].there
                there.pop(subscriber, None)
                self._changed.add(topic)
                if not there:
                    del self._places[topic]
                    self._changed.discard(topic)

    def gone(self, subscriber: Subscriber) -> None:
        """Its connection has ended."""
        self.leave(subscriber, tuple(subscriber.present))

    def look_again(self, subscriber: Subscriber) -> None:
        """Its rights or its name changed."""
        with self._lock:
            self._changed |= subscriber.present

    # ------------------------------------------------------------------ telling

    def due(self) -> float | None:
        """Seconds until there is something to tell; None when there is nothing."""
        with self._lock:
            waiting = min((self._places[t].not_before for t in self._changed), default=None)
        return None if waiting is None else max(0.0, waiting - time.monotonic())

    def tell(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [t for t in self._changed if self._places[t].not_before <= now]
            self._changed.difference_update(due)
            for topic in due:
                self._places[topic].not_before = now + GATHER
            told = {topic: dict(self._places[topic].there) for topic in due}
        for topic, there in told.items():
            self._tell(topic, there)

    def _tell(self, topic: str, there: dict[Subscriber, str]) -> None:
        registry = self._records.registry
        type_, _, number = topic.partition("/")
        entity = registry.by_type.get(type_)
        if entity is None:
            return
        table = registry.tables[entity.name]
        row = Reading(self._records.database, registry, SYSTEM).by_ids(entity.name, [int(number)]).get(int(number))
        seeing = [s for s in there if sees(s.actor, table, row)]
        people = {s.actor.user: s.actor.name for s in seeing if s.actor.user is not None and _person(s.actor)}
        listed = sorted(people.items(), key=lambda one: (one[1].casefold(), one[0]))
        first = {user for user, _ in listed[: NAMED + 1]}
        texts: dict[str, str] = {}
        frames: dict[str, list[Subscriber]] = {}
        for subscriber in seeing:
            me = subscriber.actor.user
            key = str(me) if me in first else "unnamed" if me in people else "unseen"  # those are told the same
            if key not in texts:
                others = [{"id": str(user), "name": name} for user, name in listed if user != me]
                texts[key] = presence_notice(topic, others[:NAMED], max(0, len(others) - NAMED))
            if there[subscriber] != texts[key]:
                frames.setdefault(texts[key], []).append(subscriber)
        with self._lock:
            place = self._places.get(topic)
            for text, to in frames.items():
                for subscriber in to:
                    if place and subscriber in place.there:
                        place.there[subscriber] = text
        for text, to in frames.items():
            self._publisher.send(to, text)


def _person(actor: Actor) -> bool:
    """Somebody with a page open: programs act by a token."""
    return actor.via == "ui" and actor.key.startswith("user:")
